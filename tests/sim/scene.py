"""The daemon under test: its directory, its disk, its clock, its configuration, its process."""
import ctypes
import mmap
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

CONFIG = """
windows: [1m, 5m]
exact_samples: 1000
lateness: 60s
limits: {tickets: 1000, history: 400000, agents: %(agents)d, teams: 20}
policies: [{id: gold, first_response: 2s}]
rules:
  - {id: many, indicator: waiting, scope: team, fire: ">= %(many)d", clear: %(clear)d}
scorecards:
  - {id: card, window: 1m, min_n: 1, items: [{indicator: first_response, field: mean, weight: 50,
     bands: [1s, 2s, 3s, 4s]}, {indicator: csat, weight: 50, baseline: 2, target: 5}]}
snapshot_every: 1s
full_every: 5s
alerts_kept: 500
sockets:
  events: {bind: ["tcp://127.0.0.1:%(events)d"]}
  ingest: ["tcp://127.0.0.1:%(ingest)d"]
  out: ["tcp://127.0.0.1:%(out)d"]
  query: ["tcp://127.0.0.1:%(query)d"]
http: {bind: "127.0.0.1:%(http)d"}
state: {dir: "%(state)s", checkpoint_every: 1m}
"""
DISK_MB = 64

# The daemon's wall clock, set by whoever writes into the file: no other program notices.
CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
static volatile int64_t *offset;
static int (*next)(clockid_t, struct timespec *);
__attribute__((constructor)) static void begin(void)
{
    next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    offset = mmap(0, 4096, PROT_READ, MAP_SHARED, open(getenv("SOAK_CLOCK"), O_RDONLY), 0);
}
int clock_gettime(clockid_t clock, struct timespec *at)
{
    if (!next)
        begin();
    int rc = next(clock, at);
    if (clock == CLOCK_REALTIME && offset) {
        int64_t ns = at->tv_sec * 1000000000LL + at->tv_nsec + *offset * 1000000;
        at->tv_sec = ns / 1000000000;
        at->tv_nsec = ns % 1000000000;
    }
    return rc;
}
"""


def free_ports(n):
    """Below those that the system hands out by itself: the daemon needs them again and again."""
    held = []
    while len(held) < n:
        s = socket.socket()
        try:
            s.bind(("127.0.0.1", random.randrange(12000, 32000)))
            held.append(s)
        except OSError:
            s.close()
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Scene:
    """The directory, its disk, the clock, the configuration, and the process."""

    def __init__(self, build, agents=100):
        self.agents = agents
        self.dir = tempfile.mkdtemp(prefix="soak-")
        self.disk = os.path.join(self.dir, "disk")
        os.mkdir(self.disk)
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "soak", self.disk],
            stderr=subprocess.DEVNULL, check=False).returncode == 0
        self.program = os.path.join(build, "ticketpulsed")
        self.log = open(os.path.join(self.dir, "log"), "ab", buffering=0)
        self.names = ["events", "ingest", "out", "query", "http"]
        self.ports = dict(zip(self.names, free_ports(5)))
        self.many, self.process, self.lives = 30, None, []
        self.environment = dict(os.environ)
        self.clock = self._clock()

    def _clock(self):
        """Eight bytes: by how many ms the daemon's clock is ahead. None: no compiler here."""
        source, path = os.path.join(self.dir, "clock.c"), os.path.join(self.dir, "clock")
        with open(source, "w", encoding="ascii") as file:
            file.write(CLOCK)
        with open(path, "wb") as file:
            file.write(bytes(4096))
        made = subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", source + ".so", source,
                               "-ldl"], stderr=subprocess.DEVNULL, check=False)
        if made.returncode != 0:
            return None
        self.environment.update(LD_PRELOAD=source + ".so", SOAK_CLOCK=path)
        with open(path, "r+b") as file:
            return mmap.mmap(file.fileno(), 4096)

    def set_clock(self, ms):
        self.clock[:8] = int(ms).to_bytes(8, "little", signed=True)

    def endpoint(self, name):
        return f"tcp://127.0.0.1:{self.ports[name]}"

    def write(self, text=""):
        with open(os.path.join(self.dir, "config.yaml"), "w", encoding="utf-8") as file:
            file.write(CONFIG % dict(self.ports, many=self.many, clear=self.many - 1,
                                     agents=self.agents,
                                     state=os.path.join(self.disk, "state")) + text)

    def start(self):
        self.write()
        self.process = subprocess.Popen(
            [self.program, "--config", os.path.join(self.dir, "config.yaml")], stderr=self.log,
            env=self.environment,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))  # PR_SET_PDEATHSIG
        self.lives.append(time.time())
        self.wait_ready()

    def wait_ready(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert self.process.poll() is None, "the daemon ended: " + self.tail()
            try:
                url = f"http://127.0.0.1:{self.ports['http']}/readyz"
                with urllib.request.urlopen(url, timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the daemon is not ready: " + self.tail())

    def check_alive(self):
        code = self.process.poll()
        assert code is None, f"the daemon ended by itself, with {code}: " + self.tail()

    def tail(self):
        with open(self.log.name, "rb") as file:
            return file.read()[-3000:].decode(errors="replace")

    def rss_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.mounted:
            subprocess.run(["umount", "-l", self.disk], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
