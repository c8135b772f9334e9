# SPDX-License-Identifier: MIT
"""How long "dns check" takes for one domain and for a thousand, every answer of the DNS 20 ms late."""

import json
import sqlite3
import statistics
import subprocess
import sys

import dns.rdata
import dns.rdataclass
import dns.rdatatype

from domains import BASES

SLOW, DELAY_MS = "192.0.2.55", 20
COUNT, TIMES_MAX = 1000, 20
HOST, HOST_ADDRESS = "mail.checks.example", "198.51.100.21"
FIRST = "c0.example"
OPTIONS = ("--host", HOST, "--address", HOST_ADDRESS, "--dmarc-policy", "reject", "--dmarc-reports",
           "reports@checks.example", "--tls-reports", "reports@checks.example", "--mta-sts", "enforce", "--caa",
           "ca.example")


class Checks:

    def __init__(self, stage, rounds):
        self.stage, self.rounds = stage, rounds
        self.process = None
        self.seconds = {1: [], COUNT: []}

    def multiply(self):
        """Further domains with the key and the options of the first one."""
        machine = self.stage.machine
        names = [f"c{number}.example" for number in range(1, COUNT)]
        for table, column in (("domain", "name"), ("dkim_key", "domain")):
            with sqlite3.connect(machine.path(BASES[table])) as base:
                base.row_factory = sqlite3.Row
                for row in base.execute(f"SELECT * FROM {table} WHERE {column} = ?", (FIRST,)).fetchall():
                    row = {key: row[key] for key in row.keys() if key != "id"}
                    base.executemany(
                        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{key}' for key in row)})",
                        ({**row, column: name} for name in names))
                if table == "domain":
                    base.execute(
                        "INSERT INTO dns_option SELECT d.id, o.name, o.position, o.value FROM dns_option o"
                        " JOIN domain f ON f.id = o.domain_id AND f.name = ?"
                        " JOIN domain d ON d.name LIKE 'c%.example' AND d.id <> f.id", (FIRST,))
            base.close()

    def table(self):
        """What the slow name server knows: the records of the first domain, for each of them."""
        shown = json.loads(self.stage.gatepost.mailctl("--json", "dns", "show", FIRST))
        records = [(r["name"], r["type"], r["data"]) for r in shown]
        records += [(FIRST, "NS", "ns.checks.example."), ("ns.checks.example", "A", SLOW),
                    (FIRST, "SOA", "ns.checks.example. hostmaster.checks.example. 1 3600 600 86400 60"),
                    ("checks.example", "SOA", "ns.checks.example. hostmaster.checks.example. 1 3600 600 86400 60"),
                    (HOST, "A", HOST_ADDRESS), (HOST, "TXT", "v=spf1 a -all"),
                    (f"_smtp._tls.{HOST}", "TXT", "v=TLSRPTv1; rua=mailto:reports@checks.example"),
                    ("*._report._dmarc.checks.example", "TXT", "v=DMARC1")]
        lines = []
        for name, kind, data in dict.fromkeys(records):
            text = " ".join(f'"{data[at:at + 255]}"' for at in range(0, len(data), 255)) if kind == "TXT" else data
            wire = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), text).to_wire().hex()
            lines.append(f"{name.replace(FIRST, '%')} {dns.rdatatype.from_text(kind).value} {wire}\n")
        return "".join(lines)

    def prepare(self):
        mailctl = self.stage.gatepost.mailctl
        subprocess.run(["ip", "address", "add", f"{SLOW}/32", "dev", "lo"], check=True)
        mailctl("domain", "add", FIRST)
        mailctl("dkim", "generate", FIRST, "--dual", "--activate")
        mailctl("dns", "set", FIRST, *OPTIONS)
        self.multiply()
        program = self.stage.machine.path(self.stage.compile("late-names"))
        self.process = subprocess.Popen([program, SLOW, str(DELAY_MS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.process.stdin.write(self.table())
        self.process.stdin.close()
        assert self.process.stdout.readline() == "ready\n"

    def measure(self, count):
        """Seconds for so many domains; each of them must be in order."""
        names = " ".join(f"c{number}.example" for number in range(count))
        done = self.stage.machine.run(
            "bash", "-c", f"TIMEFORMAT=%R; time mailctl --resolver {SLOW} --dns-timeout 30s dns check {names} > /root/checks",
            status=None)
        found = self.stage.machine.read("/root/checks")
        assert done.returncode == 0, done.stderr + "".join(
            line for line in found.splitlines(True) if "\tfine\t" not in line)[:3000]
        assert len({line.split("\t")[0] for line in found.splitlines()}) == count
        return float(done.stderr.split()[-1])

    def run(self):
        print("checks", file=sys.stderr, flush=True)
        self.prepare()
        for _ in range(self.rounds):
            for count, seconds in self.seconds.items():
                seconds.append(self.measure(count))
        self.process.terminate()

    def report(self):
        one, many = (statistics.median(seconds) for seconds in self.seconds.values())
        print(f"\n| dns check, {DELAY_MS} ms an answer | s |\n|---|---|")
        print(f"| one domain | {one:.2f} |\n| {COUNT:,} domains | {many:.2f} |")
        print(f"\n{COUNT:,} domains take {many / one:.1f} times as long as one (at most {TIMES_MAX})")
