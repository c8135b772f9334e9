# SPDX-License-Identifier: MIT
"""What the milter's memory does: under one message of 100 MB, and under 10,000 idle connections."""

import resource
import sys
from pathlib import Path

from ground.raw_milter import RawMilter
from ground.waiting import wait_until
from lines import SPOOL

LARGE_BYTES, CONNECTIONS = 100 * 1000 * 1000, 10000
LARGE_MAX_MIB, IDLE_MAX_MIB = 2, 100
DESCRIPTORS = CONNECTIONS * 2


class Memory:
    def __init__(self, stage, throughput):
        self.stage, self.throughput = stage, throughput
        self.rows = []

    def large(self):
        """Through Postfix, signed."""
        line = self.throughput.jobs["sign"][2]
        milter = line.filters[0]
        milter.start()
        self.throughput.send(line, self.stage.plain["100 KB"], 40)
        pid = milter.gatepost.milter.process.pid
        before = status_mib(pid, "VmHWM")
        self.stage.machine.run(
            "smtp-source", "-l", LARGE_BYTES, "-f", "alice@example.org", "-t", "bob@example.net",
            f"inet:{self.stage.machine.address}:{line.port}", seconds=600)
        self.rows.append(("a message of 100 MB raises the peak by", status_mib(pid, "VmHWM") - before, LARGE_MAX_MIB))
        milter.stop()

    def idle(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        milter = self.throughput.jobs["verify"][2].filters[0]
        plain, milter.text = milter.text, milter.text.replace("milter {", f"milter {{ max_connections = {CONNECTIONS + 100} ")
        milter.start()
        pid = milter.gatepost.milter.process.pid
        path = self.stage.machine.path(f"{SPOOL}/gatepost/milter")
        held = [RawMilter(path, "203.0.113.66") for _ in range(CONNECTIONS)]
        wait_until(lambda: len(list(Path(f"/proc/{pid}/fd").iterdir())) > CONNECTIONS, "the connections to be taken")
        self.rows.append((f"{CONNECTIONS:,} idle connections: resident", status_mib(pid, "VmRSS"), IDLE_MAX_MIB))
        for each in held:
            each.close()
        milter.stop()
        milter.text = plain

    def run(self):
        print("memory", file=sys.stderr, flush=True)
        self.large()
        self.idle()

    def report(self):
        print("\n| memory | MiB | less than |\n|---|---|---|")
        for name, measured, bound in self.rows:
            print(f"| {name} | {measured:.1f} | {bound} |")


def status_mib(pid, field):
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(field)
