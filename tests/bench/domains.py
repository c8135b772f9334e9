# SPDX-License-Identifier: MIT
"""Signing for one domain of 100,000: start, memory, CPU a signature."""

import sqlite3
import statistics
import sys
import time

from ground.raw_milter import RawMilter
from lines import SPOOL
from memory import status_mib
from stage import ADDRESS

COUNT = 100_000
FIRST_MAX_S, MEMORY_MAX_MIB, COST_MAX = 0.1, 25, 1.05
BASES = {"domain": "/var/lib/gatepost/directory/directory.db", "dkim_key": "/var/lib/gatepost/keys/keys.db"}


class Domains:

    def __init__(self, stage, throughput):
        self.stage, self.throughput = stage, throughput
        self.first_s, self.mib, self.cpu = [], 0.0, {"one": [], "many": []}

    def multiply(self):
        """Further domains with copies of the one key: what a row holds does not matter here."""
        for table, name in BASES.items():
            with sqlite3.connect(self.stage.machine.path(name)) as base:
                base.row_factory = sqlite3.Row
                row = dict(base.execute(f"SELECT * FROM {table}").fetchone())
                row.pop("id", None)
                column = "name" if table == "domain" else "domain"
                names = ", ".join(row)
                values = ", ".join(f":{key}" for key in row)
                base.executemany(
                    f"INSERT INTO {table} ({names}) VALUES ({values})",
                    ({**row, column: f"d{number}.example"} for number in range(COUNT)))
            base.close()

    def first(self, milter):
        """Seconds from the start of the program to a signed message."""
        message = self.stage.machine.path(self.stage.plain["4 KB"]).read_bytes().replace(b"\n", b"\r\n")
        began = time.monotonic()
        milter.start()
        server = RawMilter(self.stage.machine.path(f"{SPOOL}/gatepost/milter"), ADDRESS)
        signed = server.message("alice@example.org", message).inserted("DKIM-Signature")
        seconds = time.monotonic() - began
        server.quit()
        assert signed, "the first message was not signed"
        return seconds

    def measure(self, kind, line):
        milter = line.filters[0]
        seconds = self.first(milter)
        if kind == "many":
            self.first_s.append(seconds)
        self.throughput.send(line, self.stage.plain["4 KB"], 40)
        before = milter.cpu()
        self.throughput.send(line, self.stage.plain["4 KB"], self.throughput.messages)
        self.cpu[kind].append((milter.cpu() - before) / self.throughput.messages)
        self.mib = status_mib(milter.gatepost.milter.process.pid, "VmRSS")
        milter.stop()

    def run(self):
        print("domains", file=sys.stderr, flush=True)
        line = self.throughput.jobs["sign"][2]
        for kind in ("one", "many"):
            if kind == "many":
                self.multiply()
            for _ in range(self.throughput.rounds):
                self.measure(kind, line)

    def report(self):
        one, many = (statistics.median(self.cpu[kind]) for kind in ("one", "many"))
        print(f"\n| {COUNT:,} signing domains | measured | at most |\n|---|---|---|")
        print(f"| from start to the first signature, s | {statistics.median(self.first_s):.3f} | {FIRST_MAX_S} |")
        print(f"| resident, MiB | {self.mib:.1f} | {MEMORY_MAX_MIB} |")
        print(f"| CPU a signature, beside one domain's | {many / one:.2f} | {COST_MAX} |")
