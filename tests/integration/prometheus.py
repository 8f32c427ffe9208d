"""A real Prometheus that scrapes one daemon (Debian: prometheus)."""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlparse
from urllib.request import urlopen

from daemon import PATIENCE_S, die_with_parent, held_port, port_of

MISSING = None if shutil.which("prometheus") else "no prometheus here"
RULES = os.path.join(os.environ["TP_SOURCE"], "systemd", "prometheus-rules.yaml")


class Prometheus:
    def __init__(self, daemon):
        self.scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.held = held_port()
        self.port = port_of(self.held)
        config = os.path.join(self.scratch.name, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 200ms}}
rule_files: [{RULES}]
scrape_configs:
  - job_name: ticketpulse
    static_configs: [{{targets: ["{urlparse(daemon.url).netloc}"]}}]
""")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}",
             f"--storage.tsdb.path={self.scratch.name}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def ask(self, query):
        """The samples, or None: it is not there yet. A query that it does not take is a failure."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?query={quote(query)}",
                         timeout=PATIENCE_S) as response:
                return json.load(response)["data"]["result"]
        except HTTPError as error:
            if error.code == 503:
                return None
            raise AssertionError(f"{query}: {error.read().decode()}") from None
        except (URLError, ConnectionError):
            return None

    def wait(self, query, condition=bool):
        """The samples, once there are some and the condition holds for them."""
        deadline = time.monotonic() + PATIENCE_S
        while not (got := self.ask(query)) or not condition(got):
            assert time.monotonic() < deadline, f"never so: {query}: {got}"
            threading.Event().wait(0.05)  # between two questions
        return got

    def wait_value(self, query, value):
        self.wait(query, lambda got: float(got[0]["value"][1]) == value)

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.held.close()
        self.scratch.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()
