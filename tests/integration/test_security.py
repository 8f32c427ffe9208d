"""Who may do what, with real sockets: keys, roles, sources, prefixes, and keys that are revoked."""
import os
import subprocess
import sys
import unittest

import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import (FAST, PATIENCE_S, Daemon, answers_of, event, held_port,  # noqa: E402
                    port_of, send)

COMPANION = os.path.join(os.environ["TP_BUILD"], "ticketpulse")

ALL = """
sockets:
  events: {bind: ["tcp://127.0.0.1:*"]}
  out: ["tcp://127.0.0.1:*"]
  query: ["tcp://127.0.0.1:*", "ipc://%(dir)s/query"]
"""


class Keys:
    """The server's key file in the daemon's directory, and pairs of clients."""

    def __init__(self):
        self.public, self.secret = {}, {}
        for name in ("server", "crm", "pager", "desk", "chief", "stranger"):
            public, secret = zmq.curve_keypair()
            self.public[name], self.secret[name] = public.decode(), secret.decode()

    def clients(self, *lines):
        return FAST + "security:\n  server_key: server.key\n  clients:\n" + "".join(
            "    - {name: %s, key: '%s', %s}\n" % (name, self.public[name], rest)
            for name, rest in lines)


EVERYBODY = (("crm", "roles: emit, sources: [crm, shop]"),
             ("pager", "roles: subscribe, prefixes: [alert., kpi.all.]"),
             ("desk", "roles: [emit, subscribe]"),
             ("chief", "roles: operate"))


class Guarded(Daemon):
    def __init__(self, keys, config, sockets=ALL, pairs=None):
        self.keys, self.pairs = keys, dict(pairs or {}, **{"server.key": "server"})
        super().__init__(config=config, sockets=sockets)

    def endpoint(self, name):
        return self.wait_line(rf"listening socket={name} endpoint=(tcp\S+) curve=yes").group(1)

    def write(self, config):
        for name, pair in self.pairs.items():
            path = os.path.join(self.dir, name)
            if not os.path.exists(path):
                with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                    file.write("public: %s\nsecret: %s\n" % (self.keys.public[pair],
                                                             self.keys.secret[pair]))
        super().write(config)

    def as_client(self, kind, name, endpoint, server="server"):
        """A socket that shows this client's key; name None: none at all."""
        s = self.socket(kind)
        if name is not None:
            s.curve_publickey = self.keys.public[name].encode()
            s.curve_secretkey = self.keys.secret[name].encode()
            s.curve_serverkey = self.keys.public[server].encode()
        s.connect(endpoint)
        return s

    def emitter(self, name):
        s = self.as_client(zmq.XPUB, name, self.events)
        assert s.recv()[0] == 1
        return s

    def asker(self):
        return self.as_client(zmq.DEALER, "chief", self.query_endpoint)

    def query(self, name, **request):
        return answers_of(self.as_client(zmq.DEALER, name, self.query_endpoint), request)

    def status(self):
        return self.query("chief", op="status")[0]["message"]


class Security(unittest.TestCase):
    def setUp(self):
        self.keys = Keys()

    def test_strangers_stay_out_and_are_counted(self):
        with Guarded(self.keys, self.keys.clients(*EVERYBODY)) as d:
            d.wait_line("listening socket=out .* curve=yes")
            keyless = d.as_client(zmq.SUB, None, d.out)
            keyless.subscribe("")
            stranger = d.as_client(zmq.SUB, "stranger", d.out)
            stranger.subscribe("")
            lost = d.as_client(zmq.SUB, "pager", d.out, server="stranger")
            lost.subscribe("sys.heartbeat.")
            sends_only = d.as_client(zmq.SUB, "crm", d.out)
            sends_only.subscribe("")
            reads_only = d.as_client(zmq.XPUB, "pager", d.events)
            status = d.wait_status(lambda s: s["peers"]["refused"] >= 3
                                   and s["peers"]["handshakes_failed"] >= 2)
            self.assertGreaterEqual(status["peers"]["accepted"], 1)
            d.wait_line('peer refused socket=out reason="unknown key" address=127.0.0.1')
            d.wait_line('peer refused socket=out reason="wrong role" address=127.0.0.1')
            d.wait_line('peer refused socket=events reason="wrong role" address=127.0.0.1')
            d.wait_line("handshake failed endpoint=tcp://127.0.0.1:")
            # A heartbeat later every one of them would have had one, if it were let in.
            reader = d.as_client(zmq.SUB, "desk", d.out)
            reader.subscribe("sys.heartbeat.")
            for _ in range(2):
                self.assertEqual(reader.recv_multipart()[0], b"sys.heartbeat.")
            for s in (keyless, stranger, lost, sends_only):
                self.assertEqual(s.poll(0), 0)
            self.assertEqual(reads_only.poll(0), 0)

    def test_foreign_sources_are_refused_one_by_one(self):
        with Guarded(self.keys, self.keys.clients(*EVERYBODY)) as d:
            crm, desk = d.emitter("crm"), d.emitter("desk")
            own = dict(event("opened", "T1"), src="shop")
            foreign = dict(event("opened", "T2"), src="erp")
            nobody = event("opened", "T3")
            del nobody["src"]
            send(crm, [own, foreign, nobody, dict(own, ticket="T4", id=7)])
            send(desk, [dict(event("opened", "T5"), src="anything")])
            status = d.wait_status(lambda s: s["events"] == 3)
            self.assertEqual(status["rejected"]["forbidden"], 2)
            d.wait_line("event refused reason=forbidden src=erp")
            everything = d.query("chief", op="snapshot", scope="all")[0]["message"]
            self.assertEqual(everything["now"]["open"], 3)

    def test_topics_of_others_are_refused(self):
        with Guarded(self.keys, self.keys.clients(*EVERYBODY)) as d:
            pager = d.as_client(zmq.SUB, "pager", d.out)
            for prefix in ("kpi.", "kpi.all.", "kpi.agent.", "alert.sla.", "sys.heartbeat."):
                pager.subscribe(prefix)
            chief = d.as_client(zmq.SUB, "chief", d.out)
            chief.subscribe("kpi.agent.")
            chief.subscribe("kpi.")
            status = d.wait_status(lambda s: s["peers"]["subscriptions_refused"] == 2)
            self.assertEqual(status["peers"]["subscriptions_refused"], 2)
            d.wait_line('subscription refused client=pager prefix=kpi.agent.')
            desk = d.emitter("desk")
            send(desk, dict(event("opened", "T1", agent="ada"), src="x"))
            topics = set()
            while b"kpi.all.-." not in topics or b"sys.heartbeat." not in topics:
                topics.add(pager.recv_multipart()[0])
            self.assertLessEqual(topics, {b"kpi.all.-.", b"sys.heartbeat."})
            pager.close()  # takes its refused prefix along, and leaves the other's alone
            while chief.recv_multipart()[0] != b"kpi.agent.ada.":
                pass
            for answer in (d.query("pager", op="hold", prefix="kpi.")[-1],
                           d.query("pager", op="snapshot")[-1],
                           answers_of(d.as_client(zmq.DEALER, "pager", d.query_endpoint),
                                      dict(op="snapshot", scope="agent", name="ada"))[-1],
                           d.query("desk", op="compare", config="rules: []")[-1]):
                self.assertEqual(answer["error"], "forbidden", answer)
            self.assertEqual(d.query("pager", op="hold", prefix="alert.")[-1]["count"], 0)
            self.assertEqual(d.status()["peers"]["queries_refused"], 4)
            for request in (dict(scope="all"), dict(prefix="kpi.all.")):  # that is its own
                got = d.query("pager", op="snapshot", **request)
                self.assertEqual([a["topic"] for a in got[:-1]], ["kpi.all.-."])

    def test_a_revoked_key_is_cut_at_once(self):
        with Guarded(self.keys, self.keys.clients(*EVERYBODY)) as d:
            pager = d.as_client(zmq.SUB, "pager", d.out)
            pager.subscribe("sys.heartbeat.")
            desk = d.as_client(zmq.SUB, "desk", d.out)
            desk.subscribe("sys.heartbeat.")
            pager.recv_multipart()
            desk.recv_multipart()
            d.write(self.keys.clients(*[e for e in EVERYBODY if e[0] != "pager"]))
            d.signal(1)
            d.wait_line("connections cut endpoints=3")
            d.wait_line('peer refused socket=out reason="unknown key"')  # it came back in vain
            while pager.poll(0):
                pager.recv_multipart()
            for _ in range(3):  # the others are back
                desk.recv_multipart()
            self.assertEqual(pager.poll(0), 0)
            d.write(self.keys.clients(*EVERYBODY))
            d.signal(1)
            d.wait_line("reloaded", nth=2)
            again = d.as_client(zmq.SUB, "pager", d.out)
            again.subscribe("sys.heartbeat.")
            self.assertEqual(again.recv_multipart()[0], b"sys.heartbeat.")

    def test_two_server_keys_while_clients_move(self):
        held = [held_port() for _ in range(6)]
        for port in held:
            self.addCleanup(port.close)
        ports = tuple(map(port_of, held))
        sockets = """
sockets:
  events: {bind: ["tcp://127.0.0.1:%d", "tcp://127.0.0.1:%d"]}
  out: ["tcp://127.0.0.1:%d", "tcp://127.0.0.1:%d"]
  query: ["tcp://127.0.0.1:%d", "tcp://127.0.0.1:%d"]
""" % ports
        old = "".join('"tcp://127.0.0.1:%d",' % port for port in ports[::2])
        config = self.keys.clients(*EVERYBODY).replace(
            "  clients:", "  previous: {server_key: old.key, endpoints: [%s]}\n  clients:" % old)
        with Guarded(self.keys, config, sockets, {"old.key": "stranger"}) as d:
            d.wait_line("listening socket=out endpoint=tcp://127.0.0.1:%d curve=previous"
                        % ports[2])
            at = {port: "tcp://127.0.0.1:%d" % port for port in ports}
            readers = [d.as_client(zmq.SUB, "desk", at[ports[2]], server="stranger"),
                       d.as_client(zmq.SUB, "desk", at[ports[3]], server="server")]
            wrong = [d.as_client(zmq.SUB, "desk", at[ports[2]], server="server"),
                     d.as_client(zmq.SUB, "desk", at[ports[3]], server="stranger")]
            for s in readers + wrong:
                s.subscribe("sys.heartbeat.")
            for s in readers:
                self.assertEqual(s.recv_multipart()[0], b"sys.heartbeat.")
            crm = [d.as_client(zmq.XPUB, "crm", at[port], server=server)
                   for port, server in zip(ports, ("stranger", "server"))]
            for n, s in enumerate(crm):
                self.assertEqual(s.recv()[0], 1)
                send(s, dict(event("opened", f"T{n}", seq=n + 1), src="crm"))
                send(s, dict(event("opened", f"X{n}"), src="erp"))
            d.query_endpoint = at[ports[5]]
            status = d.wait_status(lambda s: s["events"] == 2
                                   and s["peers"]["handshakes_failed"] >= 2)
            self.assertEqual(status["rejected"]["forbidden"], 2)  # roles hold on both
            self.assertEqual(status["peers"]["previous"], 2)
            for s in wrong:
                self.assertEqual(s.poll(0), 0)
            # Who is revoked is cut on both, and each comes back by the key of its own endpoint.
            d.write(config.replace("name: pager", "name: pagers"))
            d.signal(1)
            d.wait_line("connections cut endpoints=6")
            status = d.wait_status(lambda s: s["peers"]["previous"] >= 3)
            for s in readers:
                while s.poll(0):
                    s.recv_multipart()
                self.assertEqual(s.recv_multipart()[0], b"sys.heartbeat.")

    def test_a_publisher_that_we_connect_to_is_who_it_says(self):
        context = zmq.Context()
        publisher = context.socket(zmq.XPUB)
        publisher.rcvtimeo = PATIENCE_S * 1000
        publisher.linger = 0
        publisher.curve_server = True
        publisher.curve_secretkey = self.keys.secret["crm"].encode()
        port = publisher.bind_to_random_port("tcp://127.0.0.1")
        publishers = ("  publishers:\n    - {endpoint: 'tcp://127.0.0.1:%d', key: '%s', "
                      "sources: crm}\n" % (port, self.keys.public["crm"]))
        sockets = ALL.replace("{bind:", "{connect: ['tcp://127.0.0.1:%d'], bind:" % port)
        config = self.keys.clients(*EVERYBODY) + publishers
        with Guarded(self.keys, config, sockets) as d:
            self.assertEqual(publisher.recv()[0], 1)
            send(publisher, [dict(event("opened", "T1"), src="crm"),
                             dict(event("opened", "T2"), src="erp")])
            status = d.wait_status(lambda s: s["events"] == 1)
            self.assertEqual(status["rejected"]["forbidden"], 1)
        context.destroy(linger=0)

    def test_the_companion_shows_its_key(self):
        with Guarded(self.keys, self.keys.clients(*EVERYBODY)) as d:
            path = os.path.join(d.dir, "chief.key")
            with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write("secret: %s\n" % self.keys.secret["chief"])
            ask = [COMPANION, "query", "status", "--query", d.query_endpoint, "--json"]
            said = subprocess.run(ask + ["--key", path, "--server-key",
                                         self.keys.public["server"]],
                                  capture_output=True, text=True, check=True).stdout
            self.assertIn('"peers"', said)
            os.chmod(path, 0o640)
            no = subprocess.run(ask + ["--key", path, "--server-key",
                                       os.path.join(d.dir, "server.key")],
                                capture_output=True, text=True, check=False)
            self.assertEqual(no.returncode, 1)
            self.assertIn("chmod 600", no.stderr)
            half = subprocess.run(ask + ["--key", path], capture_output=True, text=True,
                                  check=False)
            self.assertIn("--server-key", half.stderr)
            made = os.path.join(d.dir, "new.key")
            public = subprocess.run([COMPANION, "keygen", made], capture_output=True, text=True,
                                    check=True).stdout.strip()
            self.assertEqual(len(public), 40)
            self.assertEqual(os.stat(made).st_mode & 0o777, 0o600)
            with open(made, encoding="utf-8") as file:
                self.assertIn("public: " + public, file.read())
            twice = subprocess.run([COMPANION, "keygen", made], capture_output=True, text=True,
                                   check=False)
            self.assertEqual(twice.returncode, 1)

    def test_no_secret_is_told(self):
        with Guarded(self.keys, self.keys.clients(*EVERYBODY) + "log_level: debug\n") as d:
            said = repr(d.query("chief", op="status")) + repr(d.query("chief", op="hold"))
            d.stop()
            self.assertNotIn(self.keys.secret["server"], said + "".join(d.log))


if __name__ == "__main__":
    unittest.main()
