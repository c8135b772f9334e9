#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: long.py [--seconds N] [--quiet N] [--cap N] [--workers N] [TARGET...]

Runs fuzz targets one after the other, those of the engine unless some are named, from build/fuzz
where run.sh has built them: each for --seconds (1200) in --workers (2) processes that share one
corpus, and on until the last --quiet seconds (300) brought no new edge, but never longer than --cap
(3600). What reaches an edge that no seed reaches joins the seeds, within bounds. One line a target
goes into tests/fuzz/LOG.md, with the processor time that the workers had. Fails where an input
crashed or edges were still being found.
"""

import argparse
import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

ENGINE = [
    "header_block", "header_address", "received", "taglist", "message", "mailauth", "authres", "spf", "spf_record",
    "dmarc", "dmarc_record", "key_record", "signature_field", "signing", "arc", "dns_name", "dns_packet",
]  # fmt: skip
SEEDS_MAX, SEED_MAX_BYTES, SEEDS_MAX_BYTES = 128, 8192, 98304
INPUT_MAX_BYTES = 16384
STOP_SECONDS_MAX = 60
EDGES = re.compile(r"^#(\d+)\s+(\w+)\s+cov: (\d+)")
EXECUTIONS = re.compile(r"^stat::number_of_executed_units:\s+(\d+)")

top = Path(__file__).resolve().parents[2]
area = top / "build/fuzz"


def processor_s():
    """What the processes that have been waited for have used, themselves and the kernel for them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def command(name, *options):
    dictionary = top / f"tests/fuzz/dict/{name}.dict"
    known = [f"-dict={dictionary}"] if dictionary.exists() else []
    return [area / f"obj/tests/fuzz/fuzz_{name}", "-timeout=10", "-rss_limit_mb=2048", f"-max_len={INPUT_MAX_BYTES}", *known, *options]


class Worker:
    """One process of libFuzzer, and what it has told. Its new edges are told to the run."""

    def __init__(self, run, number):
        self.executions, self.run = 0, run
        self.log = open(area / f"{run.name}-{number}.log", "w", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(
            command(run.name, "-reload=1", "-print_final_stats=1", f"-artifact_prefix={area}/crashes/{run.name}-", run.corpus, run.seeds),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
        )  # fmt: skip
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.log.write(line)
            if match := EDGES.match(line):
                self.executions = max(self.executions, int(match.group(1)))
                self.run.edges_seen(int(match.group(3)))
            elif match := EXECUTIONS.match(line):
                self.executions = int(match.group(1))
        self.log.close()
        self.run.ended.set()

    def stop(self):
        """True where it had not ended by itself, which only a crash makes it do."""
        is_well = self.process.poll() is None
        if is_well:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.reader.join()
        self.process.wait()
        return is_well


class Run:
    """One target's run. edges: the most that a worker has seen; they share what they find.
    ended is set once one of them ends."""

    def __init__(self, name, options):
        self.name, self.options, self.edges = name, options, 0
        self.corpus, self.seeds = area / "corpus" / name, top / "tests/fuzz/seeds" / name
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.started = self.last_edge = time.monotonic()
        self.crashes = set()

    def edges_seen(self, edges):
        with self.lock:
            if edges > self.edges:
                self.edges, self.last_edge = edges, time.monotonic()

    def quiet_s(self):
        return time.monotonic() - self.last_edge

    def is_quiet(self):
        return self.quiet_s() >= self.options.quiet

    def is_done(self, workers):
        elapsed = time.monotonic() - self.started
        if any(worker.process.poll() is not None for worker in workers):
            return True
        return elapsed >= self.options.cap or (elapsed >= self.options.seconds and self.is_quiet())

    def fuzz(self):
        """True where nothing crashed and the edges were at their end."""
        used_before = processor_s()
        before = set((area / "crashes").glob(f"{self.name}-*"))
        workers = [Worker(self, number) for number in range(self.options.workers)]
        try:
            while not self.is_done(workers):
                self.ended.wait(1)
        finally:
            self.seconds, self.quiet_at_end_s = time.monotonic() - self.started, self.quiet_s()
            was_quiet = self.is_quiet()
            all_well = all([worker.stop() for worker in workers])
            self.processor_s = processor_s() - used_before
        self.executions = sum(worker.executions for worker in workers)
        self.crashes = set((area / "crashes").glob(f"{self.name}-*")) - before
        return all_well and was_quiet and not self.crashes

    def keep_seeds(self):
        """Adds what reaches edges that the seeds do not; returns how many."""
        with tempfile.TemporaryDirectory(dir=area) as folder:
            merged = Path(folder, "merged")
            shutil.copytree(self.seeds, merged)
            subprocess.run(command(self.name, "-set_cover_merge=1", "-use_counters=0", merged, self.corpus), capture_output=True, check=True)
            had = {path.read_bytes() for path in self.seeds.iterdir()}
            room, count, added = SEEDS_MAX_BYTES - sum(map(len, had)), len(had), 0
            for data in sorted({path.read_bytes() for path in merged.iterdir()} - had, key=len):
                if len(data) > min(room, SEED_MAX_BYTES) or count >= SEEDS_MAX:
                    continue
                (self.seeds / f"found-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)
                room, count, added = room - len(data), count + 1, added + 1
        return added

    def record(self):
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=top, capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "*.c", "*.h"], cwd=top, check=False).returncode
        row = [
            datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M"), commit + "+" * (changed != 0), self.name, self.options.workers, f"{self.seconds:.0f}",
            f"{self.processor_s:.0f}", self.executions, self.edges, f"{self.quiet_at_end_s:.0f}", len(self.crashes),
        ]  # fmt: skip
        with open(top / "tests/fuzz/LOG.md", "a", encoding="utf-8") as log:
            log.write(f"| {' | '.join(map(str, row))} |\n")


def read_options():
    parser = argparse.ArgumentParser(prog="./dev fuzz --long")
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--quiet", type=int, default=300)
    parser.add_argument("--cap", type=int, default=3600)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    options = parser.parse_args()
    for target in options.targets:
        if not os.access(command(target)[0], os.X_OK):
            parser.error(f"there is no target {target}")
    return options


def main():
    options, is_good = read_options(), True
    for name in options.targets or ENGINE:
        run = Run(name, options)
        done = run.fuzz()
        run.record()
        added = 0 if run.crashes else run.keep_seeds()
        print(
            f"fuzz: {name}: {run.seconds:.0f} s, {run.executions} executions, {run.edges} edges, the last one {run.quiet_at_end_s:.0f} s before the end, {added} new seeds",
            flush=True,
        )
        for crash in sorted(run.crashes):
            print(f"fuzz: {name}: CRASHED on {crash}: mend it, and keep the input in tests/fuzz/seeds/{name}")
        if not done and not run.crashes:
            print(f"fuzz: {name}: NOT DONE: new edges up to the end, or a worker that ended")
        is_good = is_good and done
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
