"""The documented nginx before the daemon: TLS, tokens, live streams, bodies."""
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import (FAST, PATIENCE_S, Daemon, die_with_parent, event,  # noqa: E402
                    held_port, port_of)

EXAMPLE = os.path.join(os.environ["TP_SOURCE"], "systemd", "nginx-ticketpulse.conf")
TOKEN = "0123456789abcdefghij"
NAME = "desk.example.org"
AROUND = """
daemon off;
pid %(dir)s/pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path %(dir)s/body;
    proxy_temp_path %(dir)s/proxy;
    fastcgi_temp_path %(dir)s/fastcgi;
    uwsgi_temp_path %(dir)s/uwsgi;
    scgi_temp_path %(dir)s/scgi;
    include %(dir)s/site;
}
"""


class Proxy:
    """The example as it stands, but for ports and the certificate."""

    def __init__(self, upstream):
        self.dir = tempfile.mkdtemp(prefix="ticketpulse-nginx-")
        self.held, self.opened = held_port(), []
        self.port = port_of(self.held)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
                        "-keyout", self.path("key"), "-out", self.path("pem")],
                       check=True, capture_output=True)
        with open(EXAMPLE, encoding="utf-8") as file:
            site = file.read()
        for old, new in (("listen 443 ", f"listen 127.0.0.1:{self.port} "),
                         (f"/etc/ssl/certs/{NAME}.pem", self.path("pem")),
                         (f"/etc/ssl/private/{NAME}.key", self.path("key")),
                         ("http://127.0.0.1:9570;", upstream.rstrip("/") + ";")):
            assert old in site, old
            site = site.replace(old, new)
        for name, text in (("site", site), ("conf", AROUND % {"dir": self.dir})):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)
        subprocess.run([self.program(), "-t", "-q", "-c", self.path("conf")], check=True)
        self.process = subprocess.Popen([self.program(), "-c", self.path("conf")],
                                        preexec_fn=die_with_parent)

    @staticmethod
    def program():
        return shutil.which("nginx") or "/usr/sbin/nginx"

    def path(self, name):
        return os.path.join(self.dir, name)

    def connect(self):
        """HTTPS to the outer name, whose certificate is checked."""
        trust = ssl.create_default_context(cafile=self.path("pem"))
        while True:  # it listens a moment after its start, or has ended
            assert self.process.poll() is None, "nginx ended"
            try:
                plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
                break
            except ConnectionRefusedError:
                continue
        connection = http.client.HTTPConnection(NAME, self.port, timeout=PATIENCE_S)
        connection.sock = trust.wrap_socket(plain, server_hostname=NAME)
        self.opened.append(connection)
        return connection

    def request(self, method, path, body=None, token=TOKEN, **headers):
        connection = self.connect()
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        if token:
            headers["Authorization"] = "Bearer " + token
        connection.request(method, path, body, headers)
        self.opened.append(connection.getresponse())
        return self.opened[-1]

    def close(self):
        for one in self.opened:
            one.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)
        self.held.close()
        shutil.rmtree(self.dir)


class Documented(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.NamedTemporaryFile("w", suffix=".token")
        self.addCleanup(scratch.close)
        scratch.write(TOKEN + "\n")
        scratch.flush()
        self.daemon = Daemon(FAST, http=f", token_file: {scratch.name}")
        self.addCleanup(self.daemon.context.destroy, 0)
        self.addCleanup(self.daemon.stop)
        self.proxy = Proxy(self.daemon.url)
        self.addCleanup(self.proxy.close)

    def test_tls_in_front(self):
        p = self.proxy
        self.assertEqual(p.request("GET", "/healthz", token=None).status, 200)
        page = p.request("GET", "/", token=None)
        self.assertEqual(page.status, 200)
        self.assertIn("max-age", page.headers["Strict-Transport-Security"])
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
        self.assertEqual(p.request("GET", "/api/v1/status", token=None).status, 401)
        self.assertEqual(p.request("GET", "/api/v1/status", token=TOKEN[:-1] + "x").status, 401)
        status = json.loads(p.request("GET", "/api/v1/status").read())
        self.assertIn("version", status["answers"][0]["message"])
        answer = p.request("POST", "/api/v1/events", json.dumps([event("opened", "T1")]),
                           Content_Type="application/json")
        self.assertEqual(json.loads(answer.read())["accepted"], 1)
        ours = p.request("GET", "/api/v1/status", Origin=f"https://{NAME}:{p.port}")
        self.assertEqual(ours.status, 200)
        other = p.request("GET", "/api/v1/status", Origin="https://evil.example")
        self.assertEqual(other.status, 403)

    def test_streams_are_passed_on_as_they_come(self):
        stream = self.proxy.request("GET", "/api/v1/stream?prefix=sys.heartbeat.")
        self.assertEqual(stream.status, 200)
        beats = 0
        while beats < 2:  # the stream never ends: buffered, nothing would come
            line = stream.readline()
            self.assertTrue(line, "the stream ended")
            beats += line.startswith(b"event: sys")


if __name__ == "__main__":
    unittest.main()
