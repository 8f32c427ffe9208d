"""A client of the daemon's HTTP: requests, raw connections, Server-Sent Events."""
import http.client
import json
import socket
from urllib.parse import quote, urlparse

from daemon import PATIENCE_S, FAST, event, now_ms

NDJSON = "application/x-ndjson"


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.text = self.body.decode()

    def json(self):
        return json.loads(self.body)


def connect(daemon):
    at = urlparse(daemon.url)
    return http.client.HTTPConnection(at.hostname, at.port, timeout=PATIENCE_S)


def request(daemon, method, path, body=None, **headers):
    connection = connect(daemon)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def get(daemon, path, **headers):
    return request(daemon, "GET", path, **headers)


def post(daemon, events, kind="application/json", path="/api/v1/events", **headers):
    body = events if isinstance(events, (str, bytes)) else json.dumps(events)
    return request(daemon, "POST", path, body, Content_Type=kind, **headers)


def raw(daemon):
    at = urlparse(daemon.url)
    return socket.create_connection((at.hostname, at.port), timeout=PATIENCE_S)


def read_to_end(s):
    """What comes until the other side ends it, by whatever means."""
    got = b""
    try:
        while piece := s.recv(65536):
            got += piece
    except ConnectionError:
        pass
    return got


class Stream:
    """A reader of Server-Sent Events that knows the standard, not us."""

    def __init__(self, daemon, *arguments, last_id=None, **headers):
        self.connection = connect(daemon)
        if last_id:
            headers["Last_Event_ID"] = last_id
        path = "/api/v1/stream?" + "&".join(f"{k}={quote(v)}" for k, v in arguments)
        self.connection.request("GET", path, headers={k.replace("_", "-"): v
                                                      for k, v in headers.items()})
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.id, self.comments = last_id, 0

    def next(self):
        """(event, data) of the next message."""
        kind, data = "message", []
        while True:
            line = self.response.readline().decode()
            assert line.endswith("\n"), "the stream ended"
            line = line.rstrip("\n")
            if not line and data:
                return kind, json.loads("\n".join(data))
            key, _, value = line.partition(": ")
            if line.startswith(":"):
                self.comments += 1
            elif key == "event":
                kind = value
            elif key == "data":
                data.append(value)
            elif key == "id":
                self.id = value

    def wait(self, kind, condition=lambda data: True):
        while True:
            got, data = self.next()
            if got == kind and condition(data):
                return data

    def close(self):
        self.connection.close()


def overdue(n, team="billing", source="test"):
    """Tickets that fire an alert of the rule below, each of its own."""
    return [event("opened", f"T-{source}-{n}", ts=now_ms() - 1000, team=f"{team}{n}", id=f"{n}")]


ONE = FAST + """
rules:
  - {id: any, indicator: waiting, scope: team, fire: ">= 1", clear: 0, for: 0s, severity: warning}
targets: {first_response: 30m}
scorecards:
  - {id: c, window: 1h, min_n: 1,
     items: [{indicator: first_response, field: mean, weight: 1, baseline: 1h, target: 1m}]}
"""
