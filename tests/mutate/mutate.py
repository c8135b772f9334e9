#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: mutate.py SOURCE OBJECTS [FILE]

Removes or loosens each bound and check of table.py, one by one, in a copy of the sources that is
configured in OBJECTS; builds the tests that should notice, and demands that one of them fails. With
FILE only the rows of files with that in their names.
"""

import os
import subprocess
import sys
from pathlib import Path

from table import TABLE

SECONDS_MAX = 60


def folder_of(test):
    return next(Path("tests/unit", room) for room in ("mailauth", "dns") if Path(sys.argv[1], "tests/unit", room, f"{test}.c").exists())


def mutated(text, line, replacement, which=1):
    """The text with that line replaced; None where it is not there, or not once."""
    lines = text.split("\n")
    found = [number for number, candidate in enumerate(lines) if candidate.strip() == line]
    if len(found) < which:
        return None
    at = found[which - 1]
    lines[at] = lines[at].replace(line, replacement)
    return "\n".join(lines)


def build(objects, programs):
    return subprocess.run(["make", "--silent", "-j2", *programs], cwd=objects, capture_output=True, check=False).returncode == 0


def passes(objects, program):
    """True where the test passes: a check that is gone and noticed by nobody."""
    try:
        done = subprocess.run([program], cwd=objects, capture_output=True, check=False, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def outcome(objects, path, programs, row):
    """None where a test noticed, else what is wrong."""
    original = path.read_text()
    text = mutated(original, *row)
    if text is None:
        return "the table no longer fits the source"
    path.write_text(text)
    try:
        if not build(objects, programs):
            return "does not compile"
        return "no test noticed" if all(passes(objects, program) for program in programs) else None
    finally:
        path.write_text(original)


def main():
    source, objects = Path(sys.argv[1]), Path(sys.argv[2])
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
    rows, bad = 0, 0
    for file, tests, changes in TABLE:
        if wanted not in file:
            continue
        programs = [str(folder_of(test) / test) for test in tests]
        if not build(objects, programs) or not all(passes(objects, program) for program in programs):
            print(f"mutate: the tests of {file} do not pass as it is")
            return 1
        for row in changes:
            rows += 1
            problem = outcome(objects, source / file, programs, row)
            if problem is not None:
                bad += 1
                print(f"{file}: {problem}: {row[1]}{f' ({row[2]})' if len(row) > 2 else ''}", flush=True)
    print(f"mutate: {rows - bad} of {rows} changes were noticed")
    return 1 if bad or not rows else 0


sys.exit(main())
