#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: tally.py SKIPS AREA...

Counts what test.sh left in each build area, names what failed or was skipped
without leave, and prints the one last line: N passed, N failed[, N skipped].
"""

import sys
import xml.etree.ElementTree as xml
from pathlib import Path


def unit_outcomes(area):
    """Yields (outcome, name) for each TAP line that automake's driver noted."""
    listing = area / "result/units.list"
    for trs in listing.read_text().split() if listing.exists() else []:
        test = trs.removesuffix(".trs").removeprefix("test/obj/").replace("/obj/", ": ")
        lines = (area / trs).read_text().splitlines()
        results = [l.removeprefix(":test-result: ") for l in lines if l.startswith(":test-result: ")]
        if not results:
            yield "failed", f"{test}: said nothing"
        for result in results:
            word, _, rest = result.partition(" ")
            outcome = {"PASS": "passed", "XFAIL": "passed", "SKIP": "skipped"}.get(word, "failed")
            yield outcome, f"{test}: {rest}"


def aside_outcomes(area):
    """Yields (outcome, name) for what ran beside the integration tests."""
    for path in sorted((area / "result").glob("*.aside")):
        outcome, _, name = path.read_text().strip().partition(" ")
        yield outcome, name


def integration_outcomes(area):
    """Yields (outcome, name) for each integration test."""
    report = area / "result/integration.xml"
    if not report.exists():
        yield "failed", "integration tests: did not run to their end"
        return
    for case in xml.parse(report).iter("testcase"):
        name = f"{case.get('classname')}: {case.get('name')}".removeprefix("tests.integration.")
        if case.find("failure") is not None or case.find("error") is not None:
            yield "failed", name
        elif case.find("skipped") is not None:
            yield "skipped", name
        else:
            yield "passed", name


def outcomes(area):
    if (area / "result/broken").exists():
        yield "failed", (area / "result/broken").read_text().strip()
    elif not (area / "result").exists():
        yield "failed", "nothing ran"
    else:
        yield from unit_outcomes(area)
        yield from integration_outcomes(area)
        yield from aside_outcomes(area)


def leave_to_skip(path):
    """The names in the skips file: all before the first two blanks of a line."""
    lines = [l for l in path.read_text().splitlines() if l.strip() and not l.startswith("#")]
    return [line.split("  ")[0] for line in lines]


def main():
    allowed = leave_to_skip(Path(sys.argv[1]))
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for area in map(Path, sys.argv[2:]):
        for outcome, name in outcomes(area):
            if outcome == "skipped" and not any(name.startswith(a) for a in allowed):
                outcome, name = "failed", f"{name} (skipped, and not in {sys.argv[1]})"
            count[outcome] += 1
            if outcome != "passed":
                print(f"{outcome.upper()} {area.name} {name}")
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped}", flush=True)
    return 1 if count["failed"] or not count["passed"] else 0


sys.exit(main())
