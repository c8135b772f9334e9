#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: spf-suite.py FILE

Turns a YAML file of SPF test scenarios (the RFC 7208 suite) into the lines that
spf_suite reads, tab between fields, bytes that are not printable as \\xHH:

    scenario NAME
    record   NAME TYPE DATA
    case     ID IP HELO MAIL-FROM RESULT[,RESULT...] EXPLANATION

An explanation that is "-" is not looked at; DEFAULT means that there is none.
"""

import sys

import yaml


def escape(value):
    raw = str(value).encode("latin-1")
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02x}" for b in raw)


def write(*fields):
    print("\t".join(escape(field) for field in fields))


def joined(value):
    return "".join(value) if isinstance(value, list) else str(value)


def write_records(name, entries):
    """SPF entries stand for TXT ones, unless the name says what its TXT are."""
    has_txt = any(isinstance(e, dict) and "TXT" in e for e in entries)
    write("record", name, "NAME", "")
    for entry in entries:
        if entry == "TIMEOUT":
            write("record", name, "TIMEOUT", "")
            continue
        ((kind, value),) = entry.items()
        if kind == "SPF":
            if has_txt:
                continue
            kind = "TXT"
        if value == "NONE":
            continue
        if kind == "MX":
            value = f"{value[0]} {value[1]}"
        write("record", name, kind, joined(value))


def main():
    with open(sys.argv[1], "rb") as file:
        scenarios = list(yaml.safe_load_all(file))
    for scenario in scenarios:
        write("scenario", scenario["description"])
        for name, entries in scenario["zonedata"].items():
            write_records(name, entries)
        for name, case in scenario["tests"].items():
            results = case["result"]
            if not isinstance(results, list):
                results = [results]
            write("case", name, case["host"], case["helo"], case["mailfrom"], ",".join(results),
                  case.get("explanation", "-"))


main()
