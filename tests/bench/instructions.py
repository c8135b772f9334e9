# SPDX-License-Identifier: MIT
"""Instructions per message, counted by Callgrind: they hardly differ from run to run. Two runs of
the milter, one with more messages; the difference is the messages' own."""

import re
import sys

from ground.gatepost import Daemon

COUNTER = "/root/counted-milter"
RESULT = "/root/callgrind/out"
FEW, MORE = 40, 240
LOG_MAX = 2000
COLLECTED = re.compile(r"^(?:summary|totals): (\d+)", re.M)


class Instructions:
    def __init__(self, stage, throughput):
        self.stage, self.throughput, self.found = stage, throughput, {}

    def count(self, job, messages):
        line = self.throughput.jobs[job][2]
        milter = line.filters[0]
        letters = self.stage.signed if job == "verify" else self.stage.plain
        # Opened as root, and opened again as the milter's user, who may not do so under /tmp.
        self.stage.machine.write(RESULT, "", 0o666)
        milter.start()
        self.throughput.send(line, letters["4 KB"], messages)
        milter.stop()
        counted = COLLECTED.search(self.stage.machine.read(RESULT))
        if counted is None:
            sys.exit(f"bench: Callgrind left no count in {RESULT}:\n{milter.gatepost.milter.log()[-LOG_MAX:]}")
        return int(counted.group(1))

    def run(self):
        print("instructions", file=sys.stderr, flush=True)
        machine = self.stage.machine
        machine.write(COUNTER, "#!/bin/sh\nexec valgrind --quiet --tool=callgrind"
                      f" --callgrind-out-file={RESULT} /usr/sbin/gatepost-milter \"$@\"\n", 0o755)
        plain = self.stage.gatepost.daemons["milter"]
        self.stage.gatepost.daemons["milter"] = Daemon(machine, "milter", COUNTER)
        for job in self.throughput.jobs:
            self.found[job] = (self.count(job, MORE) - self.count(job, FEW)) / (MORE - FEW)
        self.stage.gatepost.daemons["milter"] = plain

    def report(self):
        print("\nInstructions of gatepost-milter for a message of 4 KB: "
              + ", ".join(f"{job} {count / 1e6:.2f} million" for job, count in self.found.items()))
