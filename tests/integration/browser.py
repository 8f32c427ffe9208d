"""A real Chromium, by the WebDriver protocol and nothing else (chromium and chromium-driver)."""
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from daemon import PATIENCE_S, die_with_parent

MISSING = None if shutil.which("chromedriver") and shutil.which("chromium") \
    else "no chromium and chromedriver here"


class Browser:
    def __init__(self, width=1600, height=900, language="en"):
        self.scratch = tempfile.mkdtemp(prefix="ticketpulse-")
        self.process = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, start_new_session=True, preexec_fn=die_with_parent,
            env=dict(os.environ, HOME=self.scratch))
        for line in self.process.stdout:
            if started := re.search(r"started successfully on port (\d+)", line):
                self.at = f"http://127.0.0.1:{started[1]}"
                break
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                     "--disable-dev-shm-usage", f"--user-data-dir={self.scratch}/profile",
                     f"--window-size={width},{height}", f"--lang={language}"]
        session = self.call("POST", "/session", capabilities={"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"}}})
        self.at += "/session/" + session["sessionId"]

    def call(self, method, path, **body):
        request = Request(self.at + path, method=method,
                          data=json.dumps(body).encode() if method == "POST" else None,
                          headers={"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=2 * PATIENCE_S) as response:
                return json.load(response)["value"]
        except HTTPError as error:
            raise AssertionError(error.read().decode()[:600]) from None

    def open(self, url):
        self.call("POST", "/url", url=url)

    def run(self, script, *arguments):
        """What the function body returns."""
        return self.call("POST", "/execute/sync", script=script, args=list(arguments))

    def wait(self, condition, *arguments):
        """Until this expression is true; its value."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := self.run(f"return ({condition})", *arguments)):
            assert time.monotonic() < deadline, \
                f"never so: {condition}; {self.run('return document.body.innerText')}; {self.log()}"
        return value

    def size(self, width, height):
        """Of the page itself; phones are narrower than a window may be."""
        self.call("POST", "/goog/cdp/execute", cmd="Emulation.setDeviceMetricsOverride", params={
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def log(self):
        """What the console was told since the last time."""
        return self.call("POST", "/se/log", type="browser")

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE_S)
            self.process.stdout.close()
            shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()
