#!/usr/bin/python3
"""Alerts of kind ops: what is wrong with a source is told, shown, taken on, and over in the end."""
import unittest

from daemon import FAST, Daemon, event, now_ms, send


def quick(metric, after):
    """Only this one is quick: on a busy machine the others would come in between."""
    sources = {"gap": "1h", "silent": "1h", "lag": "1h", metric: after}
    return FAST + "rules: []\nsources: {%s}\n" % ", ".join(
        f"{name}_after: {value}" for name, value in sources.items())


def numbered(seq, src="crm", kind="opened", ts=None, **more):
    return dict(type=kind, src=src, seq=seq, ts=ts or now_ms(), **more)


class Ops(unittest.TestCase):
    def told(self, alerts, metric, state="breached"):
        topic, alert = alerts.wait(lambda _, a: a.get("metric") == metric and a["state"] == state)
        self.assertEqual(topic, f"alert.ops.{state}.-.-.")
        self.assertEqual((alert["kind"], alert["scope"], alert["name"]), ("ops", "source", "crm"))
        return alert

    def test_a_gap_from_beginning_to_end(self):
        with Daemon(quick("gap", "1s")) as daemon:
            alerts, publisher = daemon.subscriber("alert."), daemon.publisher()
            send(publisher, [numbered(n, ticket="T") for n in (1, 2, 5)])
            gap = self.told(alerts, "gap")
            self.assertEqual((gap["value"], gap["rev"], gap["severity"]), (2, 1, "warning"))
            self.assertIn("source crm: 2 events did not come", gap["text"])
            status = daemon.status()
            self.assertEqual(status["ops"], {"gap": {"active": 1, "raised": 1}})
            self.assertEqual({k: status["sources"]["crm"][k] for k in ("seq", "missing",
                                                                       "restarts")},
                             {"seq": 5, "missing": 2, "restarts": 0})
            self.assertEqual(status["active_alerts"], 1)
            active = daemon.ask(op="alerts", active=True)[0]["message"]
            self.assertEqual(active["alert_id"], gap["alert_id"])
            held = daemon.ask(op="hold", prefix="alert.ops.")[0]
            self.assertEqual(held["message"]["alert_id"], gap["alert_id"])
            said = daemon.ask(op="ack", alert_id=gap["alert_id"], by="ada")[0]["message"]
            self.assertEqual((said["acked_by"], said["rev"]), ("ada", 2))
            send(publisher, [numbered(n, ticket="T") for n in (4, 3)])
            over = self.told(alerts, "gap", "cleared")
            self.assertEqual((over["alert_id"], over["rev"]), (gap["alert_id"], 3))
            self.assertGreaterEqual(over["ended_at"], gap["since"])
            self.assertEqual(daemon.status()["ops"], {"gap": {"active": 0, "raised": 1}})
            self.assertEqual(len(daemon.ask(op="alerts", since_seq=0)[:-1]), 3)

    def test_silence(self):
        with Daemon(quick("silent", "2s") + "language: zh\n") as daemon:
            alerts, publisher = daemon.subscriber("alert."), daemon.publisher()
            send(publisher, numbered(1, kind="heartbeat"))
            silent = self.told(alerts, "silent")
            self.assertEqual(silent["severity"], "critical")
            self.assertGreaterEqual(silent["value"], 2000)
            self.assertIn("来源 crm：已 ", silent["text"])
            send(publisher, numbered(2, kind="heartbeat"))
            self.told(alerts, "silent", "cleared")

    def test_lag(self):
        with Daemon(quick("lag", "10s")) as daemon:
            alerts, publisher = daemon.subscriber("alert."), daemon.publisher()
            late, seq = now_ms() - 60000, 1
            while not daemon.status()["ops"].get("lag"):  # it speaks, but of things long past
                send(publisher, numbered(seq, ticket="T", ts=late + seq))
                seq += 1
                alerts.socket.poll(300)
            self.assertGreaterEqual(self.told(alerts, "lag")["value"], 50000)
            send(publisher, numbered(seq, ticket="T"))
            self.told(alerts, "lag", "cleared")

    def test_at_a_stop_they_are_cancelled(self):
        daemon = Daemon(quick("gap", "1s"))
        alerts, publisher = daemon.subscriber("alert."), daemon.publisher()
        send(publisher, [numbered(n, ticket="T") for n in (1, 5)])
        gap = self.told(alerts, "gap")
        with daemon:
            daemon.signal(15)
            over = self.told(alerts, "gap", "cancelled")
            self.assertEqual((over["alert_id"], over["rev"]), (gap["alert_id"], 2))


if __name__ == "__main__":
    unittest.main()
