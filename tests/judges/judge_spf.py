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


class ForgetfulQuery(spf.query):
    """Chooses a validated name for %{p} anew for each domain."""

    def getp(self):
        self.p = None
        return super().getp()


def as_characters(text):
    """They want characters where we have the bytes of UTF-8."""
    return text.encode("latin-1").decode("utf-8")


def as_bytes(text):
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


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
    spf.MAX_VOID_LOOKUPS = case.void_limit
    query = (ForgetfulQuery if case.forgets_name else spf.query)(i=case.ip, s=as_characters(case.sender), h=case.helo)
    query.t = NOW
    try:
        result, _, words = query.check()
    except Exception as error:  # one that python3-spf did not expect
        return f"crash {type(error).__name__}: {error}"
    if result == "fail":
        return f"fail {'' if words == NO_EXPLANATION else as_bytes(words)}"
    return f"{result} {words.partition(': ')[2]}" if result.endswith("error") else result


def ours(fields):
    _, result, explanation, problem, _, _ = fields
    if result == "fail":
        return f"fail {explanation}"
    return f"{result} {problem}" if result.endswith("error") else result


def without_words(text):
    """Errors count, their words do not."""
    return text.split(" ")[0] if "error" in text.split(" ")[0] else text


def again(case, mine):
    """None where they say of a mended case what we have said of the one that it was made from."""
    result = theirs(case)
    return None if without_words(mine) == without_words(result) else result


def main():
    bench = judging.Bench("cases of SPF", TABLE, USUAL_SEED, again)
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
