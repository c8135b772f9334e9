# SPDX-License-Identifier: MIT
"""What the judges share: lines to and from our programs, the seed, and the table of differences.

Bytes are held as str of code points below 256 throughout.

A judge makes cases, asks both sides, and compares. Where the two differ, an entry of its table
must say why: a predicate on the input, both results, and the section of the standard that we
follow. An entry that cannot name the results writes the input in another way, of the same meaning,
on which the other side must come to our result. There is no entry that catches all; a difference without an entry fails the test, and so
does an entry that the usual cases never show.
"""

import os
import re
import subprocess
from collections import Counter
from typing import Callable, NamedTuple

USUAL_COUNT = 10000
SHOWN_MAX = 20


class Difference(NamedTuple):
    name: str
    section: str
    ours: str = ""  # regular expression for our whole result
    theirs: str = ""
    applies: Callable = None
    mended: Callable = None  # the case without what divides us: on it they must say what we say


def seed(usual):
    return int(os.environ.get("GATEPOST_JUDGE_SEED", usual))


def count():
    return int(os.environ.get("GATEPOST_JUDGE_COUNT", USUAL_COUNT))


def escape(text):
    return "".join(c if " " <= c <= "~" and c != "\\" else f"\\x{ord(c):02x}" for c in text)


def unescape(text):
    return re.sub(r"\\x(..)", lambda match: chr(int(match[1], 16)), text)


def text_of(field):
    """A field's bytes, which ask() gives as one character each, as UTF-8."""
    return field.encode("latin-1").decode()


def ask(program, lines):
    """Answers of one of our programs to all the lines (lists of fields), as lists of fields."""
    text = "".join("\t".join(map(escape, fields)) + "\n" for fields in lines)
    done = subprocess.run([os.path.join(os.environ["top_builddir"], "tests/judges", program)], input=text,
                          capture_output=True, encoding="ascii", check=False)
    if done.returncode != 0:
        print(f"Bail out! {program} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-3000:]}")
        raise SystemExit(1)
    return [[unescape(field) for field in line.split("\t")] for line in done.stdout.splitlines()]


class Bench:
    """Where the results of both sides are compared."""

    def __init__(self, what, table, usual_seed, again=None, least=None):
        """
        again: of a mended case and our result, None where the other side agrees now, else its result.
        least: the words that both must say, of the usual cases each in so many of a hundred.
        """
        self.least = least or {}
        self.what, self.table, self.again = what, table, again
        self.is_usual = seed(usual_seed) == usual_seed and count() >= USUAL_COUNT
        self.seed = seed(usual_seed)
        self.cases, self.agreed = 0, Counter()
        self.seen = Counter()
        self.unexplained = 0

    def compare(self, case, ours, theirs, why=None):
        """ours and theirs: texts; case: what the predicates look at, with a description(); why: the name
        of the entry, where our program has looked it up itself ("": there is none)."""
        self.cases += 1
        if ours == theirs:
            self.agreed[ours.split(" ")[0]] += 1
            return
        found = self.explain(case, ours, theirs, self.table) if why is None else [why] if why else []
        if found:
            self.seen.update(found)
            return
        self.unexplained += 1
        if self.unexplained <= SHOWN_MAX:
            print(f"# we say {escape(ours)}, they say {escape(theirs)}:")
            for line in case.description():
                print(f"#   {escape(line)}")

    def explain(self, case, ours, theirs, table):
        """The names of the entries that lead from their result to ours, each used once; or none."""
        for entry in table:
            if not (re.fullmatch(entry.ours, ours, re.S) and re.fullmatch(entry.theirs, theirs, re.S) and entry.applies(case)):
                continue
            if entry.mended is None:
                return [entry.name]
            mended = entry.mended(case)
            other = self.again(mended, ours)
            if other is None:
                return [entry.name]
            rest = self.explain(mended, ours, other, [unused for unused in table if unused is not entry])
            if rest:
                return [entry.name] + rest
        return []

    def share(self, number):
        return f"{number} ({100 * number / max(1, self.cases):.0f} %)"

    def report(self):
        """Prints TAP; returns the exit status."""
        is_balanced = not self.is_usual or all(100 * self.agreed[word] >= share * self.cases for word, share in self.least.items())
        good = self.unexplained == 0 and self.cases != 0 and is_balanced
        differ = self.cases - sum(self.agreed.values())
        print("# both say: " + ", ".join(f"{word} {self.share(number)}" for word, number in self.agreed.most_common()) + f"; they differ: {self.share(differ)}")
        print(f"{'ok' if self.unexplained == 0 and self.cases != 0 else 'not ok'} 1 - {self.unexplained} differences without an entry: {self.cases} {self.what}, seed {self.seed}")
        for number, entry in enumerate(self.table, 2):
            seen = self.seen[entry.name]
            fits = seen != 0 or not self.is_usual
            good = good and fits
            print(f"{'ok' if fits else 'not ok'} {number} - {entry.name} ({entry.section}): {seen} times")
        if self.least:
            print(f"{'ok' if is_balanced else 'not ok'} {len(self.table) + 2} - both say each of {self.least} often enough, in %")
        print(f"1..{len(self.table) + 1 + bool(self.least)}")
        return 0 if good else 1
