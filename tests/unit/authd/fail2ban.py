#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The filter for fail2ban against lines of the log, as test_guessing.c has them; TAP.

fail2ban itself is not needed: its own parts of the expression are put in as simply as these lines
need.
"""

import configparser
import os
import re

FILTER = os.path.join(os.environ["top_srcdir"], "contrib/fail2ban/gatepost-authd.conf")
FRONT = "Nov 22 13:05:09 mail gatepost-authd[812]: "
GUESSING = "result=temporary reason=guessing count={} network=192.0.2.0/24 limit=10/hour until=2026-11-22T14:05:09Z"
LOGIN = "login: user=<alice@example.org> service=imap remote=192.0.2.1 session=<Q0dQ> "
ROWS = [
    ("unknown accounts", LOGIN + GUESSING.format("unknown"), "192.0.2.1"),
    ("many accounts", LOGIN + GUESSING.format("accounts"), "192.0.2.1"),
    ("of a larger network", "login: user=<x> service= remote=2001:db8::1 session=<> " + GUESSING.format("wide"),
     "2001:db8::1"),
    ("blocked", LOGIN + "result=temporary reason=blocked network=192.0.2.0/24", "192.0.2.1"),
    ("one account, perhaps by its owner", LOGIN + GUESSING.format("account"), None),
    ("the owner's own network", LOGIN + GUESSING.format("own"), None),
    ("a wrong password", LOGIN + "result=mismatch", None),
    ("a right one", LOGIN + "result=ok", None),
    ("another temporary failure", LOGIN + "result=temporary reason=too many logins are waiting", None),
    ("no address", "login: user=<x> service=imap remote= session=<> " + GUESSING.format("unknown"), None),
    ("a name that pretends", "login: user=<x?>?service=imap?remote=203.0.113.9?session=<>?result=temporary"
     " service=imap remote=192.0.2.1 session=<> result=mismatch", None),
    ("a name that pretends and is refused", "login: user=<x?service=imap?remote=203.0.113.9?session=> service=imap"
     " remote=192.0.2.1 session=<> " + GUESSING.format("unknown"), "192.0.2.1"),
]


def by_expression():
    """The address that the expression finds in a line, or None."""
    parser = configparser.RawConfigParser(inline_comment_prefixes=None)
    parser.read(FILTER)
    text = parser["Definition"]["failregex"]
    front = r"[A-Z][a-z]{2} \d+ [\d:]{8} \S+ " + re.escape(parser["Definition"]["_daemon"]) + r"(?:\[\d+\])?: "
    expression = re.compile(text.replace("%(__prefix_line)s", front).replace("<HOST>", r"(?P<host>[0-9a-f.:]+)"))

    def find_in(line):
        found = expression.search(line)
        return found and found["host"]
    return find_in


find = by_expression()
for count, (name, line, address) in enumerate(ROWS, 1):
    got = find(FRONT + line)
    print(f"{'ok' if got == address else 'not ok'} {count} - {name}")
    if got != address:
        print(f"# expected {address}, found {got}")
print(f"1..{len(ROWS)}")
