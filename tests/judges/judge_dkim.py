#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our DKIM beside libopendkim: the same messages, the same keys."""

import random
import sys

import judging
from dkim_differences import TABLE
from dkim_generator import Case

USUAL_SEED = 6376
BATCH = 2000


class Opinion:
    """One signature of a case, for the predicates."""

    def __init__(self, case, number):
        self.case, self.number = case, number
        self.value = case.field(number)
        self.tags = {}
        for piece in self.value.split(";"):
            name, _, value = piece.partition("=")
            self.tags.setdefault(name.strip(), value.strip())
        name = f"{self.tags.get('s', '')}._domainkey.{self.tags.get('d', '')}".lower()
        self.key = case.keys.get(name.rstrip("."), ("ABSENT", ""))

    def description(self):
        yield f"signature {self.number}: {self.value!r}"
        yield from self.case.description()


def compare(bench, case, ours, theirs):
    if len(ours) != len(theirs):
        bench.compare(case, f"{len(ours)} signatures", f"{len(theirs)} signatures {theirs}")
        return
    for number, (mine, other) in enumerate(zip(ours, theirs)):
        if mine.split(" ")[0] == other.split(" ")[0]:
            mine = other = mine.split(" ")[0]
        bench.compare(Opinion(case, number), mine, other)


def main():
    bench = judging.Bench(f"signatures of {judging.count()} messages with DKIM", TABLE, USUAL_SEED)
    rng = random.Random(bench.seed)
    left = judging.count()
    while left > 0:
        cases = [Case(rng) for _ in range(min(BATCH, left))]
        left -= len(cases)
        for case, (message,) in zip(cases, judging.ask("dkim_answers", [case.forge_line() for case in cases])):
            case.change(message)
        answers = judging.ask("dkim_answers", [case.judge_line() for case in cases])
        for number, case in enumerate(cases):
            compare(bench, case, answers[2 * number][1:], answers[2 * number + 1][1:])
    return bench.report()


sys.exit(main())
