#!/usr/bin/python3
"""daemon/quickstart: shows numbers and an alert, ends when asked, leaves nothing behind."""
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import unittest
import uuid

SOURCE = os.environ["TP_SOURCE"]
SCRIPT = os.path.join(SOURCE, "daemon", "quickstart")
PATIENCE_S = 900  # it builds


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(self.scratch.cleanup)
        self.mark = f"TP_MARK={uuid.uuid4()}"
        name, _, value = self.mark.partition("=")
        self.environment = {k: v for k, v in os.environ.items()
                            if k not in ("CFLAGS", "LD_PRELOAD")}
        self.environment.update({name: value, "TMPDIR": self.scratch.name, "TERM": "xterm"})

    def start(self, *arguments, **more):
        return subprocess.Popen([SCRIPT, "--lang", "en", *arguments], env=self.environment,
                                cwd="/", text=True, start_new_session=True, **more)

    def nothing_is_left(self):
        self.assertEqual(os.listdir(self.scratch.name), [])
        left = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if self.mark.encode() in file.read():
                        left.append(pid)
            except OSError:
                pass
        self.assertEqual(left, [])

    def test_without_a_terminal_it_ends_by_itself(self):
        process = self.start("--for", "20s", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        said, _ = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, said)
        self.assertRegex(said, r"\d\d:\d\d:\d\d  breached +\w+: ")
        self.assertRegex(said, r"all +1h:  open \d+  .*opened \d+  .*first p50 \d+m")
        self.assertRegex(said, r"\n technical +\d+ ")
        self.assertNotIn("\033", said)
        self.nothing_is_left()

    def test_interrupted_in_the_middle(self):
        process = self.start(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        said = ""
        while "breached" not in said:
            line = process.stdout.readline()
            self.assertNotEqual(line, "", f"it ended: {said}")
            said += line
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0)
        self.nothing_is_left()

    def test_on_a_terminal_the_live_table(self):
        ours, theirs = pty.openpty()
        process = self.start(stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        seen = b""
        while b"\033[?1049h" not in seen or not re.search(rb" technical +\S*\d", seen):
            self.assertTrue(select.select([ours], [], [], PATIENCE_S)[0], seen[-2000:])
            seen += os.read(ours, 4096)
        os.write(ours, b"q")
        try:
            while chunk := os.read(ours, 4096):
                seen += chunk
        except OSError:  # the last of them has ended
            pass
        os.close(ours)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertIn(b"\033[?1049l", seen)
        self.nothing_is_left()

    def test_wrong_usage(self):
        process = self.start("--bogus", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _, said = process.communicate(timeout=PATIENCE_S)
        self.assertEqual((process.returncode, len(said.splitlines())), (2, 1))


if __name__ == "__main__":
    unittest.main()
