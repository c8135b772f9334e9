#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: mutate.py SOURCE OBJECTS [FILE]

Takes away each bound and check of the files in table.py, one at a time, and demands that a test
fails; mutants.py says what counts as one. SOURCE is a copy of the sources, configured in OBJECTS:
all checks are made switchable in it, the tests are built once, and run with one check off after
the other. With FILE only files with that in their names. An exemption that fits nothing, or that
a test notices all the same, is an error as well.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mutants
from table import EXEMPT, FILES

SECONDS_MAX = 300  # of a test by the clock: one that hangs without working
CPU_FACTOR, CPU_MIN_S = 10, 0.3  # of what it takes with every check in place
RSS_MAX_MB = 1500


def run(program, objects, number, cpu_s):
    """True where that program passes with that check off; a test that does not end has noticed."""

    def limit():
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    environment = os.environ | {"GATEPOST_MUTANT": str(number)}
    try:
        done = subprocess.run(
            [objects / program], cwd=objects, env=environment, preexec_fn=limit, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def instrument(source, files):
    """All mutants of those files by number, from 1 on."""
    found = {}
    for file in files:
        path = source / file
        text = path.read_text()
        numbered = list(enumerate(mutants.find(text), start=len(found) + 1))
        if not numbered:
            sys.exit(f"mutate: {file} has no check")
        path.write_text(mutants.instrumented(text, numbered))
        found |= {number: (file, mutant) for number, mutant in numbered}
    return found


def build(objects, programs):
    done = subprocess.run(["make", "--silent", f"-j{os.cpu_count()}", *programs], cwd=objects, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{done.stderr[-4000:]}\nmutate: the build failed")


def cpu_limits(objects, programs):
    """Seconds for each program, from what it takes as it is; it must pass."""
    found = {}
    for program in programs:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if not run(program, objects, 0, SECONDS_MAX):
            sys.exit(f"mutate: {program} does not pass with every check in place")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found[program] = CPU_MIN_S + CPU_FACTOR * taken
    return found


def reason(file, mutant):
    """Why nobody needs to notice, or None."""
    for function, change, condition, why in EXEMPT.get(file, []):
        if (function, change, condition) == (mutant.function, mutant.change, mutant.condition):
            return why
    return None


def stale(files, found):
    """Exemptions that fit nothing in the source."""
    there = {(file, mutant.function, mutant.change, mutant.condition) for file, mutant in found.values()}
    for file in files:
        for function, change, condition, _ in EXEMPT.get(file, []):
            if (file, function, change, condition) not in there:
                yield f"{file}: {function}: {change}: {condition}: exempt, but not in the source"


def judge(objects, limits, number, file, mutant):
    """None, or what is wrong with that mutant."""
    noticed = any(not run(program, objects, number, limits[program]) for program in FILES[file])
    if noticed and reason(file, mutant) is not None:
        return f"{file}:{mutant}: exempt, but noticed"
    if not noticed and reason(file, mutant) is None:
        return f"{file}:{mutant}: no test noticed"
    return None


def main():
    source, objects = Path(sys.argv[1]), Path(sys.argv[2])
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    started = time.monotonic()
    files = [file for file in FILES if wanted in file]
    os.environ |= {"ASAN_OPTIONS": f"detect_leaks=0:hard_rss_limit_mb={RSS_MAX_MB}", "top_srcdir": str(source), "top_builddir": str(objects)}
    programs = sorted({program for file in files for program in FILES[file]})
    found = instrument(source, files)
    build(objects, programs)
    limits = cpu_limits(objects, programs)
    problems = list(stale(files, found))
    print(*problems, sep="\n", end="\n" if problems else "", flush=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for problem in pool.map(lambda item: judge(objects, limits, item[0], *item[1]), found.items()):
            if problem is not None:
                problems.append(problem)
                print(problem, flush=True)
    exempt = sum(reason(*item) is not None for item in found.values())
    print(f"mutate: {len(found)} bounds and checks in {len(files)} files, {exempt} exempt: {len(problems)} wrong; {time.monotonic() - started:.0f} s")
    return 1 if problems or not found else 0


if __name__ == "__main__":
    sys.exit(main())
