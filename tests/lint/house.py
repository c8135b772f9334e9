#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The house's own rules, held over the tree:

- functions of at most 100 lines, files of at most 800;
- includes go downwards only, and are written from the source top;
- what each layer must not know (lib/mailauth: milter, SQL, sockets);
- headers begin with their licence and #pragma once;
- no test sleeps.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

FUNCTION_LINES = 100
FILE_LINES = 800

BASE = {"lib/base"}
LIBRARIES = BASE | {"lib/service", "lib/store", "lib/dns", "lib/mailauth", "lib/engines"}
MAY_INCLUDE = {
    "lib/base": BASE,
    "lib/service": BASE | {"lib/service"},
    "lib/store": BASE | {"lib/store"},
    "lib/dns": BASE | {"lib/dns"},
    "lib/mailauth": BASE | {"lib/dns", "lib/mailauth"},
    "lib/engines": BASE | {"lib/dns", "lib/mailauth", "lib/engines"},
    "milter": LIBRARIES | {"milter"},
    "policyd": LIBRARIES | {"policyd"},
    "authd": LIBRARIES | {"authd"},
    "mailctl": LIBRARIES | {"mailctl"},
}
FOREIGN = {
    "lib/base": r"libmilter/|sqlite3|unbound|openssl/|event2/",
    "lib/mailauth": r"libmilter/|sqlite3|unbound|sys/socket|netinet/|event2/",
    "lib/engines": r"libmilter/|sqlite3|unbound|event2/|openssl/",
    "lib/dns": r"libmilter/|sqlite3",
    "lib/store": r"libmilter/|unbound",
}
SLEEP = re.compile(r"\b(usleep|nanosleep|sleep)\s*\(|\btime\.sleep\b|^\s*sleep\s+[0-9.$]", re.M)

found = []


def complain(path, line, text):
    found.append(f"{path}:{line}: {text}")


def tree(*suffixes):
    for path in sorted(Path(".").rglob("*")):
        top = path.parts[0]
        if path.suffix in suffixes and path.is_file() and top != ".git" and not top.startswith("build"):
            yield path


def room_of(path):
    return "/".join(path.parts[:2]) if path.parts[0] == "lib" else path.parts[0]


def check_functions(paths):
    output = subprocess.run(
        ["ctags", "--languages=C", "--kinds-C=f", "--fields=+ne", "--output-format=json", "-f", "-", "-L", "-"],
        input="\n".join(map(str, paths)), capture_output=True, text=True, check=True).stdout
    for tag in map(json.loads, output.splitlines()):
        lines = tag.get("end", tag["line"]) - tag["line"] + 1
        if lines > FUNCTION_LINES:
            complain(tag["path"], tag["line"], f"{tag['name']}() has {lines} lines, more than {FUNCTION_LINES}")


def check_includes(path, text):
    room = room_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if not match:
            continue
        quote, name = match.groups()
        if quote == "<":
            if name == "config.h":
                complain(path, number, 'write #include "config.h"')
            if room in FOREIGN and re.search(FOREIGN[room], name):
                complain(path, number, f"{room} must not know <{name}>")
        elif name != "config.h" and room in MAY_INCLUDE:
            if not Path(name).exists():
                complain(path, number, f'"{name}" is not written from the source top')
            elif room_of(Path(name)) not in MAY_INCLUDE[room]:
                complain(path, number, f"{room} must not include {name}: includes go downwards only")


def check_header(path, text):
    first = text.splitlines()[:2]
    if first != ["/* SPDX-License-Identifier: MIT */", "#pragma once"]:
        complain(path, 1, "a header begins with its licence line, then #pragma once")


def main():
    sources = list(tree(".c", ".h"))
    check_functions(sources)
    for path in sources:
        text = path.read_text()
        check_includes(path, text)
        if path.suffix == ".h":
            check_header(path, text)
    for path in [*sources, *tree(".py", ".sh")]:
        lines = path.read_text().count("\n")
        if lines > FILE_LINES:
            complain(path, lines, f"{lines} lines, more than {FILE_LINES}")
    for path in tree(".c", ".py", ".sh"):
        if path.parts[0] == "tests" and path.name != "house.py":
            text = path.read_text()
            for match in SLEEP.finditer(text):
                complain(path, text.count("\n", 0, match.start()) + 1, "a test waits for what it needs; it does not sleep")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


sys.exit(main())
