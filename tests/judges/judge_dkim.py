#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our DKIM beside libopendkim: the same messages, the same keys.

The table of differences is that of "mailctl verify --compare" (lib/engines/dkim-differences.c), and our
program looks them up."""

import random
import sys

import judging
from dkim_generator import Case

USUAL_SEED = 6376
BATCH = 2000


class Opinion:
    """One signature of a case."""

    def __init__(self, case, number):
        self.case, self.number = case, number

    def description(self):
        yield f"signature {self.number}: {self.case.field(self.number)!r}"
        yield from self.case.description()


def compare(bench, case, ours, theirs, why):
    for number, (mine, other, reason) in enumerate(zip(ours, theirs, why)):
        if mine.split(" ")[0] == other.split(" ")[0]:
            mine = other = mine.split(" ")[0]
        bench.compare(Opinion(case, number), mine, other, reason)


def main():
    table = [judging.Difference(*map(judging.text_of, fields)) for fields in judging.ask("dkim_answers", [["table"]])]
    bench = judging.Bench(f"signatures of {judging.count()} messages with DKIM", table, USUAL_SEED,
                          least={"success": 33, "permfail": 33})
    rng = random.Random(bench.seed)
    left = judging.count()
    while left > 0:
        cases = [Case(rng) for _ in range(min(BATCH, left))]
        left -= len(cases)
        for case, (message,) in zip(cases, judging.ask("dkim_answers", [case.forge_line() for case in cases])):
            case.change(message)
        answers = judging.ask("dkim_answers", [case.judge_line() for case in cases])
        for number, case in enumerate(cases):
            compare(bench, case, *(line[1:] for line in answers[3 * number:3 * number + 3]))
    return bench.report()


sys.exit(main())
