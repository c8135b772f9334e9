#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: arc-suite.py VALIDATION-FILE SIGNING-FILE

Turns the YAML files of an ARC test suite into the lines that arc_suite reads, tab between fields,
bytes that are not printable as \\xHH:

    scenario NAME
    record   NAME TXT DATA
    validate ID RESULT MESSAGE
    seal     ID TIME FIELD-LIST AUTHSERV-ID DOMAIN SELECTOR KEY AAR AMS AS MESSAGE
"""

import sys

import yaml


def escape(value):
    raw = str(value).encode("latin-1")
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02x}" for b in raw)


def write(*fields):
    print("\t".join(escape(field) for field in fields))


def write_scenario(scenario):
    write("scenario", scenario["description"].strip())
    for name, data in scenario["txt-records"].items():
        write("record", name, "TXT", data.replace("\n", ""))


def write_validation(scenario):
    write_scenario(scenario)
    for name, case in scenario["tests"].items():
        write("validate", name, (case["cv"] or "").lower(), case["message"])


def write_signing(scenario):
    write_scenario(scenario)
    for name, case in scenario["tests"].items():
        write("seal", name, case["t"], case["sig-headers"], case["srv-id"], scenario["domain"], scenario["sel"],
              scenario["privatekey"], case["AAR"], case["AMS"], case["AS"], case["message"])


def main():
    for path, writer in ((sys.argv[1], write_validation), (sys.argv[2], write_signing)):
        with open(path, "rb") as file:
            for scenario in yaml.safe_load_all(file):
                writer(scenario)


main()
