"""The companion, `ticketpulse`, run to its end, and files for it."""
import gzip
import json
import os
import subprocess
import tempfile
import unittest

from daemon import PATIENCE_S

PROGRAM = os.path.join(os.environ["TP_BUILD"], "ticketpulse")


def run(*arguments, code=0, input=None, **more):
    """With bytes as input its output is bytes too. Any other exit status fails the test."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, input=input,
                          text=not isinstance(input, bytes), timeout=PATIENCE_S * 4, check=False,
                          **more)
    assert done.returncode == code, f"{arguments}: {done.returncode}: {done.stdout}{done.stderr}"
    return done


class Scratch(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(self.dir.cleanup)

    def path(self, name, lines=None):
        """Lines that are maps are written as JSON; a name with .gz is compressed."""
        path = os.path.join(self.dir.name, name)
        if lines is not None:
            with (gzip.open if name.endswith(".gz") else open)(path, "wt") as file:
                file.writelines(json.dumps(line) + "\n" if isinstance(line, dict) else line
                                for line in lines)
        return path
