#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our SPF beside python3-spf: the same records, the same answers of the DNS."""

import random
import sys
import time

import spf

import judging
from spf_differences import TABLE
from spf_generator import Case

USUAL_SEED = 50
NOW = "1794009600"
BATCH = 2000
NO_EXPLANATION = spf.EXPLANATIONS["fail"]


def lookup_in(case):
    """What python3-spf asks instead of the network."""
    def lookup(name, kind, *_):
        answer = case.answer(name, kind)
        if answer is None:
            raise spf.TempError("DNS timeout")
        found = []
        for record_kind, data in answer:
            if record_kind == "MX":
                preference, _, exchange = data.partition(" ")
                data = (int(preference), exchange)
            elif record_kind == "TXT":
                data = [data.encode("latin-1")]
            found.append(((name, record_kind), data))
        return found
    return lookup


def theirs(case):
    """Their result, and either the explanation of a fail or their words for what is wrong."""
    spf.DNSLookup = lookup_in(case)
    query = spf.query(i=case.ip, s=case.sender, h=case.helo)
    query.t = NOW
    try:
        result, _, words = query.check()
    except Exception as error:  # one that python3-spf did not expect
        return f"crash {type(error).__name__}: {error}"
    if result == "fail":
        return f"fail {'' if words == NO_EXPLANATION else words}"
    return f"{result} {words.partition(': ')[2]}" if result.endswith("error") else result


def ours(fields):
    _, result, explanation, problem, _, _ = fields
    if result == "fail":
        return f"fail {explanation}"
    return f"{result} {problem}" if result.endswith("error") else result


def without_words(text):
    """Errors count, their words do not."""
    return text.split(" ")[0] if "error" in text.split(" ")[0] else text


def main():
    bench = judging.Bench("cases of SPF", TABLE, USUAL_SEED)
    rng = random.Random(bench.seed)
    left = judging.count()
    while left > 0:
        cases = [Case(rng) for _ in range(min(BATCH, left))]
        left -= len(cases)
        other = [theirs(case) for case in cases]
        answers = judging.ask("spf_answers", [line for number, case in enumerate(cases) for line in case.lines(number)])
        for case, answer, result in zip(cases, answers, other):
            mine = ours(answer)
            case.words = (mine, result)
            if without_words(mine) == without_words(result):
                mine = result = without_words(mine)
            bench.compare(case, mine, result)
    return bench.report()


sys.exit(main())
