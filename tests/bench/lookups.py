# SPDX-License-Identifier: MIT
"""What authd answers a second over its sockets, with 1,000 users and with 1,000,000, beside a server that echoes."""

import statistics
import subprocess
import sys
import time

from directory import LARGE, SMALL, address_of
from ground.gatepost import Daemon
from stage import cpu_ms

CONNECTIONS, SECONDS = 20, 3
ASKED = 1000  # different users, all over the directory
RATE_MIN, LARGE_TIMES_MAX, START_S_MAX = 0.6, 1.2, 0.1
ECHO = "/run/echo"
GREETING = "gatepost-login\t1\n"


def socketmap(address):
    key = f"mailboxes {address}"
    return f"{len(key)}:{key},"


def login_lookup(address):
    return f"1\tlookup\tuser={address}\n"


# By protocol: the socket, what ends requests and answers, a request, what is said first, a word of each answer.
PROTOCOLS = {
    "socketmap": ("/var/spool/postfix/gatepost/lookup", ",", socketmap, "", "OK "),
    "login protocol": ("/run/gatepost/authd", "\n", login_lookup, GREETING, "\tok\t"),
}


class Asker:
    """ask.c, in the machine."""

    def __init__(self, stage):
        self.stage, self.program = stage, stage.compile("ask")

    def ask(self, path, end, requests, greeting="", welcome="", word="", connections=CONNECTIONS, seconds=SECONDS):
        """Requests a second, and the microseconds of the median and of the 99th percentile."""
        self.stage.machine.write("/root/requests", "".join(requests))
        done = self.stage.machine.run(
            self.program, path, connections, seconds, end, "/root/requests", greeting, welcome, word)
        return tuple(map(int, done.stdout.split()))


class Echo:
    """echo-server.c, in the machine."""

    def __init__(self, stage):
        self.stage, self.program, self.process = stage, stage.compile("echo-server"), None

    def start(self):
        self.process = subprocess.Popen(self.stage.machine.command([self.program, ECHO]), stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def stop(self):
        self.process.kill()
        self.process.wait()


class Lookups:

    def __init__(self, stage, rounds, directory):
        self.stage, self.rounds, self.directory = stage, rounds, directory
        self.asker = self.echo = None
        self.found = {}  # (protocol, users or 0 for the echo): of each round rate, p99 us, CPU us a request
        self.start_s = {SMALL: [], LARGE: []}

    def prepare(self):
        self.asker, self.echo = Asker(self.stage), Echo(self.stage)
        for count in self.start_s:
            self.directory.prepare(count)

    def measure(self, protocol, count, path, pid):
        _, end, request, greeting, word = PROTOCOLS[protocol]
        step = (count or SMALL) // ASKED
        requests = [request(address_of(number * step)) for number in range(ASKED)]
        before = cpu_ms(pid)
        rate, _, slow = self.asker.ask(path, end, requests, greeting, end if greeting else "", word if count else "")
        used = (cpu_ms(pid) - before) * 1000 / (rate * SECONDS)
        self.found.setdefault((protocol, count), []).append((rate, slow, used))

    def with_users(self, count):
        authd = Daemon(self.stage.machine, "authd", config=self.directory.conf(count))
        began = time.monotonic()
        authd.start()
        self.start_s[count].append(time.monotonic() - began)
        for protocol, (path, *_) in PROTOCOLS.items():
            self.measure(protocol, count, path, authd.process.pid)
        authd.stop()

    def run(self):
        print("lookups", file=sys.stderr, flush=True)
        self.prepare()
        for _ in range(self.rounds):
            self.echo.start()
            for protocol in PROTOCOLS:
                self.measure(protocol, 0, ECHO, self.echo.process.pid)
            self.echo.stop()
            for count in self.start_s:
                self.with_users(count)

    def medians(self, protocol, count):
        return [statistics.median(values) for values in zip(*self.found[protocol, count])]

    def report(self):
        print(f"\n| lookups, {CONNECTIONS} connections | a second | beside the echo | at least | p99, us | CPU us each |"
              "\n|---|---|---|---|---|---|")
        for protocol in PROTOCOLS:
            floor = self.medians(protocol, 0)[0]
            for count, name in ((0, "echo"), (SMALL, f"{SMALL:,} users"), (LARGE, f"{LARGE:,} users")):
                rate, slow, used = self.medians(protocol, count)
                bound = RATE_MIN if count else ""
                print(f"| {protocol}, {name} | {rate:,.0f} | {rate / floor:.2f} | {bound} | {slow:.0f} | {used:.1f} |")
        self.report_sizes()

    def report_sizes(self):
        print(f"\n| authd, {LARGE:,} users | measured | at most |\n|---|---|---|")
        for protocol in PROTOCOLS:
            small, large = (self.medians(protocol, count)[0] for count in (SMALL, LARGE))
            print(f"| {protocol}: times as long as with {SMALL:,} | {small / large:.2f} | {LARGE_TIMES_MAX} |")
        print(f"| start, s | {statistics.median(self.start_s[LARGE]):.3f} | {START_S_MAX} |")
