# SPDX-License-Identifier: MIT
"""Signing for one domain of 100,000: start, memory, CPU a signature."""

import sqlite3
import statistics
import sys
import time

from memory import status_mib

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

    def measure(self, kind, line):
        milter = line.filters[0]
        began = time.monotonic()
        milter.start()
        self.throughput.send(line, self.stage.plain["4 KB"], 1)
        if kind == "many":
            self.first_s.append(time.monotonic() - began)
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
