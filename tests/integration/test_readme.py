#!/usr/bin/python3
"""The README's commands and its client, run as they stand there, in an empty directory.

Its default ports may be taken on this machine: with user namespaces the test has a network of its
own. Blocks marked sh and python are run, in order, console and text are not.
"""
import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD = os.environ["TP_SOURCE"], os.environ["TP_BUILD"]
PATIENCE_S = 500


def blocks(kind):
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
        return re.findall(rf"^```{kind}\n(.*?)^```$", file.read(), re.M | re.S)


def loopback_up():
    """lo of a new network is down; SIOCGIFFLAGS, then SIOCSIFFLAGS with IFF_UP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = fcntl.ioctl(s, 0x8913, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", request)[1]
        fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", flags | 1))


class Readme(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.environment = dict(os.environ, PATH=BUILD + ":/usr/bin:/bin", LC_ALL="C.UTF-8")

    def shell(self, script):
        """Each command must succeed; what it left running is ended."""
        process = subprocess.Popen(
            ["/bin/bash", "-e", "-o", "pipefail", "-c", script + "\nkill %% 2>/dev/null || true"],
            cwd=self.dir, env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            said, _ = process.communicate(timeout=PATIENCE_S)
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.assertEqual(process.returncode, 0, said)
        return said

    def test_commands(self):
        scripts = blocks("sh")
        self.assertEqual(len(scripts), 3)
        said = self.shell(scripts[0])
        for shown in ('{"summary":', "technical", "sent ", "breached", "王芳", "engine.applied"):
            self.assertIn(shown, said)
        said = self.shell(scripts[1])
        self.assertIn("my.yaml: fine", said)
        self.assertIn("slow: ", said)
        self.assertTrue(os.path.getsize(os.path.join(self.dir, "reference.yaml")) > 1000)
        keys = self.shell(scripts[2]).splitlines()
        self.assertEqual([len(key) for key in keys], [40, 40])

    def test_configurations(self):
        """The blocks that are a whole file of their own."""
        said = ""
        for block in blocks("yaml"):
            name = block.split(":")[0]
            with open(os.path.join(self.dir, f"{name}.yaml"), "w", encoding="utf-8") as file:
                file.write(block)
            if name == "scorecards":
                said += self.shell("ticketpulse check scorecards.yaml")
            elif name == "measures":
                said += self.shell("ticketpulse simulate --to log --start 2026-01-05T00:00Z "
                                   "--for 3h\n"
                                   "ticketpulse report log --measures measures.yaml --format md")
        for shown in ("scorecard      month", "rule           poor: month", "slower: Δ",
                      "on Mondays"):
            self.assertIn(shown, said)

    def test_client(self):
        client, = blocks("python")
        daemon = subprocess.Popen([os.path.join(BUILD, "ticketpulsed")], stderr=subprocess.PIPE,
                                  text=True)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait, PATIENCE_S)
        self.addCleanup(daemon.terminate)
        while "ready" not in (line := daemon.stderr.readline()):
            self.assertNotEqual(line, "", "the daemon ended")
        done = subprocess.run(["/usr/bin/python3", "-c", client], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=True)
        self.assertRegex(done.stdout, r"^alert\.kpi\.breached\.billing\.-\. many_waiting: ")

    def test_files_that_it_names_are_there(self):
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
            names = re.findall(r"\]\(([^)]+)\)", file.read())
        self.assertGreater(len(names), 8)
        for name in names:
            self.assertTrue(os.path.exists(os.path.join(SOURCE, name)), name)


if __name__ == "__main__":
    alone = ["unshare", "-rn", "true"]
    if "TP_ALONE" in os.environ:
        loopback_up()
    elif shutil.which("unshare") and subprocess.run(alone, capture_output=True,
                                                    check=False).returncode == 0:
        os.environ["TP_ALONE"] = "1"
        os.execvp("unshare", ["unshare", "-rn", sys.executable, "-B", *sys.argv])
    unittest.main()
