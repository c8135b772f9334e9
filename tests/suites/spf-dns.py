#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: spf-dns.py MAILCTL < LINES

Runs the cases of an SPF suite, as spf-suite.py writes them, through the program and a real resolver:
"mailctl spf" asks a name server on loopback that has the records of the scenario. Prints TAP."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from nameserver import Nameserver

MAILCTL = sys.argv[1]
AT_A_TIME = 4
# Cases whose name servers are silent wait for as long; no other comes near it.
DNS_TIMEOUT = "8s"


def unescape(text):
    return re.sub(r"\\x(..)", lambda match: chr(int(match[1], 16)), text)


def read_cases(lines):
    """(scenario, server, the fields of the case) each."""
    scenario, server = None, None
    for line in lines:
        fields = [unescape(field) for field in line.rstrip("\n").split("\t")]
        if fields[0] == "scenario":
            scenario, server = fields[1], Nameserver()
        elif fields[0] == "record":
            server.add(*fields[1:4])
        else:
            yield scenario, server, fields[1:]


def judge(case):
    _, server, (_, ip, helo, sender, _, _) = case
    command = [MAILCTL, "--json", "--resolver", f"127.0.0.1@{server.port}", "--dns-timeout", DNS_TIMEOUT, "spf",
               "--ip", ip, f"--helo={helo}", f"--from={sender}"]
    done = subprocess.run([word.encode("latin-1") for word in command], capture_output=True, check=False)
    if done.returncode != 0:
        return {"result": f"exit status {done.returncode}", "explanation": done.stderr.decode("latin-1")}
    return json.loads(done.stdout)


def is_good(verdict, results, explanation):
    wanted = "" if explanation == "DEFAULT" else explanation
    return verdict["result"] in results.split(",") and (explanation == "-" or verdict["explanation"] == wanted)


def main():
    cases = list(read_cases(sys.stdin))
    failures = 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for number, (case, verdict) in enumerate(zip(cases, pool.map(judge, cases)), 1):
            scenario, _, (name, _, _, _, results, explanation) = case
            good = is_good(verdict, results, explanation)
            failures += not good
            print(f"{'ok' if good else 'not ok'} {number} - {scenario}: {name}", flush=True)
            if not good:
                print(f"# wanted {results} {explanation!r}, got {verdict}")
    print(f"# {len(cases) - failures} of {len(cases)} cases\n1..{len(cases)}")
    sys.exit(failures != 0 or not cases)


main()
