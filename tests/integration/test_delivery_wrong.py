"""Receivers that are not what they should be (a wrong token, a wrong URL): no alert is lost."""
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon  # noqa: E402
from test_delivery import Hook, make_wait, one  # noqa: E402


class WrongReceiver(unittest.TestCase):
    def test_a_wrong_token_or_url_costs_no_alert(self):
        """The server is not what it should be for a while: that is no word about the alerts."""
        hook = Hook()
        hook.answers = [404, 401, 200, 405, 302]  # for the token and in the middle, too
        with Daemon(one(hook.port)) as d:
            publisher = d.publisher()
            make_wait(d, publisher, "a")
            d.wait_line('delivery failed receiver=h error="HTTP status 404: check its URL, then '
                        'its token_file" answer=no retry_ms=1000')
            make_wait(d, publisher, "b", "c")
            d.wait_status(lambda s: s["published"]["alert"] == 3)
            d.signal(1)  # no need to wait for the next attempt
            d.wait_line('HTTP status 401: check its token_file, then its URL" answer=no')
            d.signal(1)
            d.wait_line("HTTP status 405: check its URL")
            d.signal(1)
            d.wait_line("HTTP status 302: check its URL")
            make_wait(d, publisher, "e")
            d.signal(1)
            got = hook.alerts(4)
            self.assertEqual([(a["seq"], a["name"]) for a in got],
                             [(1, "a"), (2, "b"), (3, "c"), (4, "e")])
            status = d.wait_status(lambda s: s["deliveries"]["delivered"] == 4)["deliveries"]
            self.assertEqual(status, dict(delivered=4, failed=4, refused=0, lost=0))
            self.assertTrue(hook.bodies.empty())
        hook.close()

    def test_what_waited_goes_to_the_url_that_was_corrected(self):
        hook, wrong = Hook(), Hook()
        wrong.answers = [404] * 1000
        state = tempfile.mkdtemp(prefix="ticketpulse-")
        self.addCleanup(shutil.rmtree, state)
        with Daemon(one(wrong.port), state=state) as d:
            publisher = d.publisher()
            teams = [f"t{i}" for i in range(100)]
            make_wait(d, publisher, *teams)
            d.wait_line("delivery failed receiver=h")
            d.wait_status(lambda s: s["published"]["alert"] == 100)
            d.write(one(hook.port, "right"))
            d.signal(1)
            self.assertEqual([a["name"] for a in hook.alerts(100)], teams)
            self.assertEqual(hook.seen[0][1], "/right")
            d.wait_status(lambda s: s["deliveries"]["delivered"] == 100 and
                          s["record"]["waiting_bytes"] == 0)
        with Daemon(one(hook.port, "right"), state=state) as d:  # its place is known there
            make_wait(d, d.publisher(), "u")
            self.assertEqual([a["name"] for a in hook.alerts(1)], ["u"])
        self.assertEqual(wrong.all, [])
        hook.close()
        wrong.close()

    def test_what_waited_goes_to_the_url_that_was_corrected_by_a_restart(self):
        hook, wrong = Hook(), Hook()
        wrong.answers = [404] * 1000
        state = tempfile.mkdtemp(prefix="ticketpulse-")
        self.addCleanup(shutil.rmtree, state)
        with Daemon(one(wrong.port), state=state) as d:
            make_wait(d, d.publisher(), "a", "b", "c")
            d.wait_line("delivery failed receiver=h")
            d.wait_status(lambda s: s["published"]["alert"] == 3)
        with Daemon(one(hook.port, "right"), state=state) as d:
            make_wait(d, d.publisher(), "e")
            self.assertEqual([a["name"] for a in hook.alerts(4)], ["a", "b", "c", "e"])
        hook.close()
        wrong.close()

    def test_one_that_fails_for_long_is_told_to_the_others(self):
        hook, wrong = Hook(), Hook()
        wrong.answers = [500] * 1000
        config = one(wrong.port).replace("name: h,", "name: h, failing_after: 1s,").replace(
            "receivers:", "receivers:\n  - {name: other, webhook: 'http://127.0.0.1:%d/o', "
            "prefixes: [alert.ops.]}" % hook.port)
        with Daemon(config) as d:
            make_wait(d, d.publisher(), "a")
            told = hook.alerts(1)[0]
            self.assertEqual((told["metric"], told["scope"], told["name"], told["state"]),
                             ("receiver", "receiver", "h", "breached"))
            self.assertEqual(told["detail"], "HTTP status 500")
            self.assertGreaterEqual(told["value"], 1000)
            self.assertEqual(d.status()["ops"]["receiver"], {"active": 1, "raised": 1})
            wrong.answers.clear()
            d.signal(1)  # no need to wait for the next attempt
            over = hook.alerts(1)[0]
            self.assertEqual((over["alert_id"], over["state"]), (told["alert_id"], "cleared"))
            d.wait_status(lambda s: s["ops"]["receiver"]["active"] == 0)
        hook.close()
        wrong.close()


if __name__ == "__main__":
    unittest.main()
