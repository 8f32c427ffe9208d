#!/usr/bin/python3
"""HTTP: every endpoint, who may ask, bodies, limits, peers that are slow, stall or go away."""
import json
import os
import signal
import socket
import tempfile
import time
import unittest

from daemon import PATIENCE_S, Daemon, FAST, event, now_ms, send
from web import NDJSON, ONE, Answer, Stream, connect, get, post, raw, read_to_end, request

TOKEN = "correct-horse-battery"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Endpoints(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(ONE + "policies: [{id: p, resolution: 1h}]\n").__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        publisher = cls.daemon.publisher()
        now = now_ms()
        send(publisher, [event("opened", "T-1", ts=now - 60000, team="billing", agent="ada", seq=1),
                         event("message", "T-1", ts=now - 30000, by="agent", agent="ada", seq=2),
                         event("opened", "T-2", ts=now - 20000, team="a b.c%\"\\", seq=3)])
        cls.daemon.wait_messages(1)

    def test_the_same_answers_as_the_wire(self):
        """Member by member: only when it was made, and counters of asking itself, may differ."""
        moving = {"at", "seq", "now", "from", "to", "windows", "quality", "turns", "longest_us"}

        def still(value):
            if isinstance(value, dict):
                return {k: still(v) for k, v in value.items() if k not in moving}
            return [still(v) for v in value] if isinstance(value, list) else value
        for path, ask in (
                ("snapshot", {"op": "snapshot"}),
                ("snapshot?scope=team&name=billing&window=1h",
                 {"op": "snapshot", "scope": "team", "name": "billing", "window": "1h"}),
                ("hold?prefix=kpi.all.", {"op": "hold", "prefix": "kpi.all."}),
                ("alerts?since_seq=0", {"op": "alerts", "since_seq": 0}),
                ("alerts?active=true&prefix=alert.kpi.", {"op": "alerts", "active": True,
                                                          "prefix": "alert.kpi."}),
                ("scorecard?scope=agent", {"op": "scorecard", "scope": "agent"})):
            got = get(self.daemon, "/api/v1/" + path)
            self.assertEqual((got.status, got.headers["Content-Type"]), (200, "application/json"))
            got = got.json()
            wire = self.daemon.ask(**ask)
            self.assertEqual(still(got.pop("answers")), still(wire[:-1]), path)
            self.assertEqual(got, wire[-1], path)
            self.assertGreater(len(wire), 1, path)

    def test_explain_and_worklist(self):
        answers = get(self.daemon, "/api/v1/explain?ticket=T-1").json()["answers"]
        self.assertEqual(answers[0]["message"]["clocks"][0]["policy"], "p")
        answers = get(self.daemon, "/api/v1/worklist?team=billing").json()["answers"]
        self.assertEqual([w["ticket"] for a in answers for w in a["message"].get("works", [])],
                         ["T-1"])
        status = get(self.daemon, "/api/v1/status").json()["answers"][0]["message"]
        self.assertEqual((status["events"], status["rejected"]), (3, {}))
        self.assertGreaterEqual(status["http"]["responses"]["2xx"], 2)

    def test_trend(self):
        """The minute at hand is measured once it began; a team nobody knows has no points."""
        got = get(self.daemon, "/api/v1/trend").json()
        self.assertEqual((got["scope"], got["name"], got["step_ms"]), ("all", "-", 60000))
        self.assertGreaterEqual(len(got["open"]), 1)
        self.assertEqual({len(got[k]) for k in ("open", "waiting", "first_response_p90",
                                                "first_response_attainment")}, {len(got["open"])})
        self.assertEqual(get(self.daemon, "/api/v1/trend?team=nobody").json()["open"], [])
        self.assertEqual(get(self.daemon, "/api/v1/trend?team=" + "x" * 64).status, 200)
        for name, error in ("x" * 65, "name_long"), ("%FF", "not_utf8"), ("", "name_empty"):
            got = get(self.daemon, "/api/v1/trend?team=" + name)
            self.assertEqual((got.status, got.json()["error"]), (400, error))
        # Bytes that grow when they are written as JSON, as they stand and many.
        for name in b"\x01" * 20000, b"\xff" * 20000:
            with raw(self.daemon) as s:
                s.sendall(b"GET /api/v1/trend?team=" + name + b" HTTP/1.1\r\nHost: localhost\r\n"
                          b"Connection: close\r\n\r\n")
                self.assertRegex(read_to_end(s), rb"^HTTP/1\.1 400 ")

    def test_the_page_and_its_files(self):
        for path, kind in (("/", "text/html"), ("/board.css", "text/css"),
                           *((f"/{name}.js", "text/javascript")
                             for name in ("board", "desk", "words", "chart"))):
            got = get(self.daemon, path)
            self.assertEqual((got.status, got.headers["Content-Type"]),
                             (200, kind + "; charset=utf-8"), path)
            again = get(self.daemon, path, If_None_Match=got.headers["ETag"])
            self.assertEqual((again.status, again.body), (304, b""), path)
        page = get(self.daemon, "/").text
        self.assertNotRegex(page, r"https?://|<script>|style=|\son\w+=")

    def test_refusals(self):
        for path, status, error in (
                ("/api/v1/explain?ticket=none", 404, "no_ticket"),
                ("/api/v1/explain", 400, "missing_field"),
                ("/api/v1/alerts", 400, "missing_field"),
                ("/api/v1/snapshot?scope=nobody", 400, "bad_word"),
                ("/api/v1/snapshot?window=5h", 400, "bad_word"),
                ("/api/v1/snapshot?nonsense=1", 400, "bad_key"),
                ("/api/v1/alerts?since_seq=-1", 400, "bad_key"),
                ("/api/v1/alerts?active=perhaps", 400, "bad_key"),
                ("/api/v1/snapshot?prefix=" + "x" * 600, 400, "name_long"),
                ("/api/v1/snapshot?prefix=" + "x" * 3000, 400, "too_large"),
                ("/api/v1/stream?window=5h", 400, "bad_word"),
                ("/api/v1/stream?" + "prefix=a&" * 9, 400, "bad_word"),
                ("/api/v1/", 404, "not_found"),
                ("/nothing", 404, "not_found"),
                ("/../etc/passwd", 404, "not_found"),
                ("/api/v1/events", 405, "bad_method")):
            got = get(self.daemon, path)
            self.assertEqual((got.status, got.json()["error"]), (status, error), path)
            self.assertTrue(got.json()["reason"])
        for method in "POST", "PUT", "DELETE", "OPTIONS":
            got = request(self.daemon, method, "/metrics")
            self.assertEqual((got.status, got.headers["Allow"]), (405, "GET, HEAD"), method)
        self.assertEqual(get(self.daemon, "/api/v1/events").headers["Allow"], "POST")

    def test_health(self):
        self.assertEqual((get(self.daemon, "/healthz").text, get(self.daemon, "/readyz").text),
                         ("ok\n", "ready\n"))
        head = request(self.daemon, "HEAD", "/healthz")
        self.assertEqual((head.status, head.body, head.headers["Content-Length"]), (200, b"", "3"))

    def test_headers(self):
        for path in "/healthz", "/metrics", "/api/v1/status", "/nothing":
            headers = get(self.daemon, path).headers
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"], path)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff", path)
            self.assertNotIn("Access-Control-Allow-Origin", headers, path)

    def test_pages_of_others(self):
        for headers in {"Host": "evil.example"}, {"Origin": "http://evil.example"}, \
                {"Origin": "null"}, {"Host": "localhost.evil.example:80"}:
            for path in "/", "/healthz", "/metrics", "/api/v1/status", "/api/v1/stream":
                got = get(self.daemon, path, **headers)
                self.assertEqual((got.status, got.json()["error"]), (403, "forbidden"), headers)
        ours = self.daemon.url.rstrip("/")
        self.assertEqual(get(self.daemon, "/healthz", Origin=ours).status, 200)

    def test_not_http(self):
        for bytes_sent in b"\x00\x01\x02\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", \
                b"GET /" + b"x" * 100000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20000, \
                b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\n" \
                b"Transfer-Encoding: chunked\r\n\r\nzzz\r\n":
            with raw(self.daemon) as s:
                try:
                    s.sendall(bytes_sent)
                    s.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                got = read_to_end(s)
                self.assertRegex(got, rb"^(HTTP/1\.[01] [45]\d\d |$)", bytes_sent[:40])
        self.assertEqual(get(self.daemon, "/healthz").status, 200)

    def test_many_requests_on_one_connection(self):
        connection = connect(self.daemon)
        for path in ["/healthz", "/api/v1/status", "/metrics"] * 20:
            connection.request("GET", path)
            self.assertEqual(Answer(connection.getresponse()).status, 200)
        connection.close()


class Events(unittest.TestCase):
    def test_json_and_ndjson(self):
        with Daemon() as daemon:
            now = now_ms()
            one = event("opened", "T-1", ts=now - 5000, seq=1)
            two = event("message", "T-1", ts=now, by="agent", agent="ada", seq=2)
            self.assertEqual(post(daemon, one).json(), {"accepted": 1, "duplicates": 0, "late": 0,
                                                        "rejected": []})
            got = post(daemon, [one, two, {"type": "nonsense"}, dict(two, seq=3, by="nobody")])
            self.assertEqual(got.status, 200)
            self.assertEqual(got.json(), {
                "accepted": 1, "duplicates": 1, "late": 0,
                "rejected": [{"index": 2, "reason": "unknown_type"},
                             {"index": 3, "reason": "bad_word"}]})
            lines = json.dumps(one) + "\r\n\nno json\n" + json.dumps(dict(two, seq=4)) + "\n"
            self.assertEqual(post(daemon, lines, NDJSON).json(), {
                "accepted": 1, "duplicates": 1, "late": 0,
                "rejected": [{"index": 1, "reason": "bad_text"}]})
            pretty = json.dumps(event("resolved", "T-1", seq=5, agent="ada"), indent=2)
            self.assertEqual(post(daemon, pretty, "application/json; charset=utf-8")
                             .json()["accepted"], 1)
            status = daemon.status()
            self.assertEqual(status["rejected"], {"unknown_type": 1, "bad_word": 1, "bad_text": 1})
            self.assertEqual((status["engine"]["applied"], status["engine"]["duplicates"]), (4, 2))
            self.assertEqual(daemon.snapshot(scope="all")[("all", "-")]["windows"]["1h"]
                             ["resolved"]["num"], 1)

    def test_what_was_accepted_outlives_a_crash(self):
        with tempfile.TemporaryDirectory(prefix="ticketpulse-") as state:
            first = Daemon(FAST, state=state)
            for seq in range(1, 41):
                last = event("opened", f"T-{seq}", seq=seq, team="billing")
                got = post(first, last).json()
                self.assertEqual(got["accepted"], 1)
            first.kill()
            with Daemon(FAST, state=state) as second:
                self.assertEqual(second.snapshot(scope="team")[("team", "billing")]["now"]["open"],
                                 40)
                self.assertEqual(post(second, last).json()["duplicates"], 1)

    def test_a_late_event_is_told(self):
        with Daemon() as daemon:
            def minutes_ago(n, seq, kind="message", **fields):
                return event(kind, "T", ts=now_ms() - n * 60000, seq=seq, **fields)
            got = post(daemon, [minutes_ago(25, 1, "opened"),
                                minutes_ago(15, 2, by="agent", agent="ada"),
                                minutes_ago(5, 3, by="customer"),
                                minutes_ago(1, 4, by="agent", agent="ada"),
                                minutes_ago(20, 5, by="agent", agent="bob")]).json()
            self.assertEqual((got["accepted"], got["late"]), (4, 1))

    def test_bodies_refused_whole(self):
        with Daemon(http=", body_max: 2000") as daemon:
            for body, kind, status, error in (
                    ("", "application/json", 400, "bad_text"),
                    ("[{}", "application/json", 400, "bad_text"),
                    ("{} {}", "application/json", 400, "trailing"),
                    ("5", "application/json", 400, "bad_text"),
                    ("x" * 2001, "application/json", 413, "too_large"),
                    ("{}", "text/plain", 415, "bad_media_type"),
                    ("{}", "application/x-www-form-urlencoded", 415, "bad_media_type"),
                    ("\n" * 2000, NDJSON, 400, "bad_text")):
                got = post(daemon, body, kind)
                self.assertEqual((got.status, got.json()["error"]), (status, error), body[:20])
            self.assertEqual(daemon.status()["events"], 0)
            self.assertEqual(daemon.status()["rejected"], {"bad_text": 4, "trailing": 1})

    def test_chunked_and_too_large(self):
        with Daemon(http=", body_max: 2000") as daemon:
            def chunks(n):
                connection = connect(daemon)
                connection.request("POST", "/api/v1/events", iter([b" " * 500] * n + [b"[]"]),
                                   {"Content-Type": "application/json"}, encode_chunked=True)
                answer = Answer(connection.getresponse())
                connection.close()
                return answer
            self.assertEqual(chunks(3).json()["accepted"], 0)
            got = chunks(40)
            self.assertEqual((got.status, got.json()["error"]), (413, "too_large"))

    def test_a_batch_has_its_bound(self):
        with Daemon() as daemon:
            full = [event("heartbeat", "x", seq=i) for i in range(1, 4098)]
            got = post(daemon, full)
            self.assertEqual((got.status, got.json()["error"]), (413, "too_many"))
            got = post(daemon, full[:4096]).json()
            self.assertEqual((got["accepted"], got["duplicates"], got["rejected"]), (4096, 0, []))
            got = post(daemon, [{}] * 4096).json()
            self.assertEqual([r["index"] for r in got["rejected"]], list(range(4096)))


class Guard(unittest.TestCase):
    def test_token(self):
        with Daemon() as daemon:
            self.assertEqual(get(daemon, "/metrics").status, 200)
            token = os.path.join(daemon.dir, "token")
            with open(token, "w", encoding="ascii") as file:
                file.write(TOKEN + "\n")
            daemon.sockets = daemon.sockets.replace("*\"}", f'*", token_file: "{token}"}}')
            daemon.write(FAST)
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("^<6>reloaded")
            self.tokens_wanted(daemon, TOKEN)
            with open(token, "w", encoding="ascii") as file:
                file.write(TOKEN[::-1] + "\n")
            daemon.signal(signal.SIGHUP)
            self.tokens_wanted(daemon, TOKEN[::-1])
            os.unlink(token)
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("^<3>token not read .*No such file")
            self.tokens_wanted(daemon, TOKEN[::-1])

    def tokens_wanted(self, daemon, token):
        deadline = time.monotonic() + PATIENCE_S
        while get(daemon, "/metrics", Authorization=f"Bearer {token}").status != 200:
            self.assertLess(time.monotonic(), deadline)
        for path in "/metrics", "/api/v1/status", "/api/v1/stream", "/api/v1/events", "/nothing":
            for header in {}, {"Authorization": "Bearer " + token[:-1]}, \
                    {"Authorization": "Bearer " + token + "x"}, {"Authorization": token}, \
                    {"Authorization": "Basic " + token}, {"Authorization": "Bearer " + "y" * 5000}:
                got = get(daemon, path, **header)
                self.assertEqual((got.status, got.json()["error"], got.headers["WWW-Authenticate"]),
                                 (401, "unauthorized", "Bearer"), header)
        self.assertEqual(post(daemon, [], Authorization="Bearer " + token).status, 200)
        self.assertEqual(post(daemon, []).status, 401)
        for path in "/healthz", "/readyz":
            self.assertEqual(get(daemon, path).status, 200)
        # The token is what protects: a proxy may call us by any name.
        self.assertEqual(get(daemon, "/healthz", Host="desk.example").status, 200)

    def test_a_short_token_does_not_start(self):
        with Daemon() as daemon:
            token = os.path.join(daemon.dir, "token")
            with open(token, "w", encoding="ascii") as file:
                file.write("short\n")
            bad = Daemon(http=f', token_file: "{token}"', ready=False)
            bad.wait_line("http failed .*a token has 16 to 256 characters")
            self.assertEqual(bad.ended(), 1)


class Limits(unittest.TestCase):
    def test_slow_and_stalled_clients_are_cut(self):
        limits = ", header_deadline: 400ms, body_deadline: 600ms, connections: 20"
        with Daemon(http=limits) as daemon:
            with daemon.held():  # what it takes has sent already: a head in time
                slow_head, no_head, slow_body = raw(daemon), raw(daemon), raw(daemon)
                slow_head.sendall(b"GET /healthz HTTP/1.1\r\n")
                slow_body.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\n"
                                  b"Content-Type: application/json\r\n"
                                  b"Content-Length: 1000\r\n\r\n[")
            deadline = time.monotonic() + PATIENCE_S
            while slow_head or slow_body:  # each sends on and on, a byte at a time
                self.assertLess(time.monotonic(), deadline)
                for s in filter(None, (slow_head, slow_body)):
                    s.settimeout(0.02)
                    try:
                        s.sendall(b" " if s is slow_body else b"X")
                        ended = s.recv(1000) == b""
                    except TimeoutError:
                        ended = False
                    except ConnectionError:
                        ended = True
                    if ended:
                        s.close()
                        slow_head = None if s is slow_head else slow_head
                        slow_body = None if s is slow_body else slow_body
            with no_head:
                self.assertEqual(read_to_end(no_head), b"")
            status = daemon.status()["http"]
            self.assertEqual((status["cut"]["head"], status["cut"]["body"]), (2, 1))
            self.assertEqual(get(daemon, "/healthz").status, 200)

    def test_who_does_not_read_an_answer_is_cut(self):
        with Daemon(FAST, http=", body_deadline: 500ms") as daemon:
            publisher = daemon.publisher()
            now = now_ms()
            send(publisher, [event("opened", f"T{i}", ts=now, agent=f"a{i}" + "x" * 40, seq=i)
                             for i in range(1, 2001)])
            daemon.wait_messages(1)
            with raw(daemon) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                s.sendall(b"GET /api/v1/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n")
                daemon.wait_status(lambda st: st["http"]["cut"]["answer"] == 1)
                self.assertLess(len(read_to_end(s)), 1 << 20)

    def test_heads_that_can_be_read_in_two_ways(self):
        post = (b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\n")
        inner = (b"\r\n\r\n0\r\n\r\n"
                 b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        get_ = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n"
        with Daemon() as daemon:
            for head in (
                    post + b"Content-Length: 5\r\nContent-Length: 99" + inner,
                    post + b"Content-Length: 6\r\nTransfer-Encoding: chunked" + inner,
                    post + b"Transfer-Encoding: chunked\r\nContent-Length: 3" + inner,
                    post + b"Transfer-Encoding: chunked, identity" + inner,
                    post + b"Transfer-Encoding: xchunked" + inner,
                    get_ + b"Host: other.example" + inner,
                    get_.replace(b"status", b"status%00.css") + b"A: b" + inner,
                    get_.replace(b"status", b"snapshot?name=a%00b") + b"A: b" + inner):
                with raw(daemon) as s:
                    s.sendall(head)
                    got = read_to_end(s)  # it ends the connection
                self.assertEqual(got.count(b"HTTP/1.1 "), 1, head)
                self.assertTrue(got.startswith(b"HTTP/1.1 400 "), (head, got))
                self.assertIn(b'"error":"bad_request"', got)
            self.assertEqual(daemon.status()["http"]["responses"]["2xx"], 0)

    def test_a_peer_that_is_no_step_further_costs_little(self):
        """Its buffer is full, and libmicrohttpd wants to go on at once, again and again."""
        with Daemon(http=", body_deadline: 60s") as daemon, raw(daemon) as s:
            s.settimeout(1)
            s.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\n"
                      b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2;x=")
            try:
                s.sendall(b"x" * 500000)
            except TimeoutError:
                pass  # nobody takes it
            beats = daemon.subscriber("sys.heartbeat.")
            beats.next()
            began, turns = time.monotonic(), daemon.status()["loop"]["turns"]
            beats.next()  # meanwhile nothing happens
            turns = daemon.status()["loop"]["turns"] - turns
            self.assertLess(turns / (time.monotonic() - began), 2500)
            beats.close()

    def test_an_address_has_its_requests_a_second(self):
        with Daemon(http=", requests_per_second: 1") as daemon:
            with daemon.held():  # so that they come as one
                sockets = [raw(daemon) for _ in range(20)]
                for s in sockets:
                    s.sendall(b"GET /api/v1/nothing HTTP/1.0\r\nHost: localhost\r\n\r\n")
            got = "".join(read_to_end(s).decode() for s in sockets)
            for s in sockets:
                s.close()
            refused = got.count(" 429 ")
            self.assertGreaterEqual(got.count(" 404 "), 1)
            self.assertEqual(refused + got.count(" 404 "), 20)
            self.assertGreaterEqual(refused, 1)
            self.assertEqual(got.count("Retry-After: 1\r\n"), refused)
            self.assertEqual(got.count('"error":"busy"'), refused)
            for path in ("/healthz", "/readyz"):  # refusing would be no cheaper
                self.assertEqual(get(daemon, path).status, 200)
            told = daemon.status()["http"]["limited"]
            self.assertEqual((told["requests"] >= refused, told["bytes"]), (True, 0))
            daemon.wait_line("http request refused.* address=127.0.0.1 reason=")

    def test_an_address_has_its_bytes_a_second_and_its_streams_wait(self):
        with Daemon(http=", bytes_per_second: 1") as daemon:
            publisher = daemon.publisher()
            for low in range(0, 2000, 100):
                send(publisher, [event("opened", f"T{n}", agent=f"a{n}", seq=n + 1)
                                 for n in range(low, low + 100)])
            daemon.wait_status(lambda s: s["events"] == 2000)
            stream = Stream(daemon, ("prefix", "sys.heartbeat."))
            last = stream.wait("sys")["message"]["seq"]
            wait = 0
            while wait < 3:  # heartbeats long; again, where the answer took as long to come
                refused = get(daemon, "/api/v1/snapshot")
                wait = int(refused.headers.get("Retry-After", 0))
                if refused.status == 200:  # it may have more, and owes it
                    self.assertGreater(len(refused.body), 7 << 19)
            self.assertEqual((refused.status, refused.json()["error"]), (429, "busy"))
            while (now := stream.wait("sys")["message"]["seq"]) == last + 1:
                last = now
            self.assertGreater(now, last + 1)  # it waited, and was told the latest then
            stream.close()
            told = daemon.status()["http"]["limited"]
            self.assertEqual((told["requests"], told["bytes"] >= 1), (0, True))

    def test_more_connections_than_allowed_wait(self):
        with Daemon(http=", connections: 8") as daemon:
            held = [Stream(daemon, ("prefix", "sys.heartbeat.")) for _ in range(8)]
            for stream in held:  # a request is under way on each
                stream.wait("sys")
            daemon.wait_status(lambda s: s["http"]["connections"] == 8)
            with raw(daemon) as waits:
                waits.sendall(HEALTH)
                self.assertEqual(daemon.status()["http"]["connections"], 8)
                held.pop().close()
                self.assertIn(b"200 OK", waits.recv(4096))
            for s in held:
                s.close()

    def test_who_never_ends_requests_keeps_nobody_out(self):
        with Daemon(http=", connections: 8, header_deadline: 1h, body_deadline: 1h") as daemon:
            begun = (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
            with daemon.held():
                held = [raw(daemon) for i in range(20)]  # more than there are places
                for i, s in enumerate(held):
                    s.sendall(begun[i % 2])
            self.assertEqual(get(daemon, "/healthz").status, 200)
            cut = daemon.status()["http"]["cut"]
            self.assertGreaterEqual(cut["head"] + cut["body"], 20 + 1 - 8)
            self.assertEqual((cut["head"] > 0, cut["body"] > 0, cut["idle"]), (True, True, 0))
            daemon.wait_line(r"http full connections=8 cut=(head|body) address=127\.0\.0\.1")
            for s in held:
                s.close()

    def test_who_keeps_idle_connections_keeps_nobody_out(self):
        with Daemon(http=", connections: 32") as daemon:
            streams = [Stream(daemon, ("prefix", "sys.heartbeat.")) for _ in range(3)]
            for stream in streams:
                stream.wait("sys")
            kept = [raw(daemon) for _ in range(100)]  # three times as many as there are places
            for s in kept:
                s.sendall(HEALTH)
            for s in kept:  # each has its answer, then asks nothing more and stays
                self.assertIn(b"200 OK", s.recv(4096))
            for _ in range(5):
                self.assertEqual(get(daemon, "/healthz").status, 200)
            with raw(daemon) as last:  # the one that asked last is not the one that goes
                for _ in range(5):
                    last.sendall(HEALTH)
                    self.assertIn(b"200 OK", last.recv(4096))
            for stream in streams:
                stream.wait("sys")
                stream.close()
            status = daemon.status()["http"]
            self.assertGreaterEqual(status["cut"]["idle"], 100 + 3 - 32)
            self.assertEqual(sum(status["cut"].values()), status["cut"]["idle"])
            daemon.wait_line(r"http full connections=32 cut=idle")
            for s in kept:
                s.close()


if __name__ == "__main__":
    unittest.main()
