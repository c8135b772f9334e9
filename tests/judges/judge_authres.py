#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our Authentication-Results fields, read back by python3-authres.

What python3-authres cannot do is taken into account: it takes a quoted value only as the last one
of its method, makes "?" of a reason's bytes beyond ASCII, and knows none elsewhere (RFC 6532),
which it is taught."""

import random
import re
import sys

import authres
import authres.core

import judging

USUAL_SEED = 8601
VALUE_MAX = 384
METHODS = {"spf": ["pass", "fail", "softfail", "temperror"], "dkim": ["pass", "fail", "policy", "permerror"],
           "dmarc": ["pass", "fail", "none"], "iprev": ["pass", "fail"], "arc": ["none", "pass"]}
PROPERTIES = [("smtp", "mailfrom"), ("smtp", "helo"), ("header", "d"), ("header", "i"), ("header", "b"), ("policy", "iprev"), ("policy", "dmarc")]
PLAIN = ["example.com", "joe@example.com", "@example.com", "reject", "a+b=c/d@example.com", "x", "192.0.2.1", "a_b"]
HOSTILE = ["2001:db8::1", "a b@example.com", "\"a b\"@example.com", "x; dkim=pass header.d=bank.com", "x\r\n dkim=pass", "(comment)", "a(b", ")",
           "a\\", "\\\"", "\"", "", " ", "a\x00b", "\x7f\x1b[2J", "\xc3\xa9ric@b\xc3\xbccher.example", "\xff\xfe", "\xe0\x80\x80", "\xed\xa0\x80", "a\tb",
           "=", ";", "none", "x" * 600, "\xc3\xa9" * 300, "a..b@example.com", ".@x", "a@b@c", "[192.0.2.1]", "a=b", "x,y", "<x@y>", "\r\n\r\nbody",
           "\xc3\r\n\xa9", "%{s}", "=?utf-8?q?x?=", "\xf0\x9f\x98\x80", "\xc2\x85"]
BYTES = "\"\\();=@ \t\r\n\x00\x7f\x80\xc3\xa9ab.:,/[]<>"


def teach_utf8():
    """RFC 6532 §3.2: qtext and ctext have every character beyond ASCII."""
    authres.core.RFC5322_QTEXT_PATTERN = r"[!#-\[\]-~\x80-\U0010ffff]"
    authres.core.RFC5322_CTEXT_PATTERN = r"[!-'*-\[\]-~\x80-\U0010ffff]"


class Case:
    def __init__(self, rng):
        self.rng = rng
        self.id = rng.choice(["mx.example.org", "MX.example.org", "localhost", "a-b.example"])
        self.methods = []
        self.parts = []
        for _ in range(rng.choice([0, 1, 1, 2, 3])):
            self.add_method()

    def value(self, is_last):
        rng = self.rng
        if not is_last or rng.random() < 0.3:
            return rng.choice(PLAIN)
        if rng.random() < 0.5:
            return rng.choice(HOSTILE)
        return "".join(rng.choice(BYTES) for _ in range(rng.choice([1, 2, 5, 20])))

    def add_method(self):
        rng = self.rng
        if len(self.parts) > 3:
            return
        method = rng.choice(list(METHODS))
        result, reason = rng.choice(METHODS[method]), rng.choice(["", "", self.value(True).replace("\x00", "")])
        if not clean(reason):
            reason = ""  # "" in quotes is none to python3-authres
        properties = []
        self.parts.append(["method", method, result, reason])
        count = rng.choice([0, 1, 2])
        for number in range(count):
            properties.append((*rng.choice(PROPERTIES), self.value(number == count - 1)))
            self.parts.append(["property", *properties[-1]])
        if rng.random() < 0.2:
            self.parts.append(["comment", self.value(True).replace("\x00", ""), "", ""])
        self.methods.append((method, result, reason, properties))

    def line(self):
        return ["write", self.id] + [field for part in self.parts for field in part]

    def description(self):
        yield repr(self.parts)


def clean(value):
    """What remains of a value: no control bytes, no broken UTF-8, and not too much."""
    text = value.encode("latin-1").decode("utf-8", "ignore")
    kept, used = "", 0
    for character in text:
        if character < " " or character == "\x7f":
            continue
        used += len(character.encode())
        if used > VALUE_MAX:
            break
        kept += character
    return kept


def without_quotes(text):
    return re.sub(r"\\(.)", r"\1", text or "", flags=re.S)


def wanted(case):
    return repr([(method, result, clean(reason).encode("ascii", "replace").decode(), [(kind, name, clean(value)) for kind, name, value in properties])
                 for method, result, reason, properties in case.methods])


def read_back(text):
    """What python3-authres makes of the field; it unfolds nothing itself."""
    try:
        if re.search(r"\r\n(?![ \t])|\r(?!\n)|(?<!\r)\n|\x00", text) or max(map(len, text.split("\r\n"))) > 998:
            return "no header field"
        value = text.encode("latin-1").decode("utf-8").replace("\r\n", "")
        field = authres.AuthenticationResultsHeader.parse_value(value)
    except (authres.AuthResError, UnicodeError) as error:
        return f"{type(error).__name__}: {error} in {text!r}"
    return repr([(result.method, result.result, without_quotes(result.reason),
                  [(p.type, p.name, without_quotes(p.value)) for p in result.properties]) for result in field.results])


def main():
    teach_utf8()
    bench = judging.Bench("fields of Authentication-Results", [], USUAL_SEED)
    rng = random.Random(bench.seed)
    cases = [Case(rng) for _ in range(judging.count())]
    for case, (text,) in zip(cases, judging.ask("authres_answers", [case.line() for case in cases])):
        bench.compare(case, wanted(case), read_back(text))
    return bench.report()


sys.exit(main())
