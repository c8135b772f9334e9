# SPDX-License-Identifier: MIT
"""Writes files for apply, by chance, the same each time: random-directory.py FOLDER COUNT.

Each field has values that are right, that are the same in another form, that are the default, and a few
that some other field makes wrong: apply refuses some of the files, and has to settle on the others.
"""

import json
import pathlib
import random
import sys

DOMAINS = ["example.org", "Example.NET", "bücher.example", "third.example"]
LOCAL_PARTS = ["ann", "Bob", "carl+x", "dora", "eve", "info", "team"]
OUTSIDE = ["Some.One@Elsewhere.example", "x@y.example", "X@y.example"]


def address(chance):
    return chance.choice(LOCAL_PARTS) + "@" + chance.choice(DOMAINS)


def targets(chance):
    found = [chance.choice([address(chance), *OUTSIDE]) for _ in range(chance.randint(0, 2))]
    return chance.choice([found, found, found[0] if found else None])


def some(chance, fields):
    """Each field or not."""
    return {name: value for name, value in fields.items() if chance.random() < 0.4}


def domain(chance, name):
    if name == "third.example" and chance.random() < 0.3:
        return {"name": name, "kind": "alias", "alias_of": "EXAMPLE.org"}
    return {"name": name} | some(chance, {
        "kind": chance.choice(["mailbox", None]),
        "alias_of": None,
        "enabled": chance.choice([True, False, None]),
        "signing": chance.choice([True, False, None]),
        "spf_includes": chance.choice([[], None, "_SPF.a.example", ["a.example", "b.example", "a.example"]]),
        "report_address": chance.choice([None, "Reports@Elsewhere.example"]),
        "default_quota": chance.choice([None, 0, "unlimited", "1G", "1024M", 7]),
        "dns": chance.choice([None, {}, {"ttl": 600}, {"ttl": "600", "address": ["192.0.2.1", "192.0.2.1"]},
                              {"with": "autoconfig", "without": ["srv", "caa"]}]),
        "dkim_zone": chance.choice([None, "keys.example", "KEYS.example.", "keys.example.org"]),
    })


def user(chance, name):
    return {"address": name} | some(chance, {
        "name": chance.choice([None, "", "Ann Ä"]),
        "quota": chance.choice([None, "default", 0, "2G", "unlimited"]),
        "enabled": chance.choice([True, False, None]),
        "protocols": chance.choice([None, "all", "none", "imap, submission", "submission imap imap"]),
        "needs_app_password": chance.choice([True, False, None]),
        "forward_to": targets(chance),
        "keeps_copy": chance.choice([True, True, False, None]),
        "password_hash": chance.choice([None, "********"]),
        "send_as": chance.choice([None, [], "*@example.org", ["Press@example.org", "press@EXAMPLE.org"]]),
        "send_on_behalf": chance.choice([None, [], ["boss@example.org", "boss@example.org"]]),
    })


def alias(chance, name):
    return {"address": name} | some(chance, {
        "enabled": chance.choice([True, False, None]),
        "receive_only": chance.choice([True, False, None]),
        "expires": chance.choice([None, "never", "2001-01-31", "2099-01-31", "2099-01-31T12:00:00Z"]),
    }) | {"targets": targets(chance) or OUTSIDE[0]}


def directory(chance):
    names = list({address(chance).lower(): None for _ in range(chance.randint(0, 5))})
    split = chance.randint(0, len(names))
    return {
        "version": 1,
        "domains": [domain(chance, name) for name in DOMAINS],
        "users": [user(chance, name) for name in names[:split]],
        "aliases": [alias(chance, name) for name in names[split:]]
        + [alias(chance, "@example.org")] * chance.randint(0, 1),
    }


def main(folder, count):
    for number in range(count):
        content = json.dumps(directory(random.Random(number)), ensure_ascii=False)
        (pathlib.Path(folder) / f"{number}.json").write_text(content, encoding="utf-8")


main(sys.argv[1], int(sys.argv[2]))
