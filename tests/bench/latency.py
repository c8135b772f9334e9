# SPDX-License-Identifier: MIT
"""How long a message waits for the DNS where nothing is cached: one session, a new domain for each
message, every answer late. The name server's log says how many waits came one after the other."""

import smtplib
import statistics
import subprocess
import sys
import time

import dkim

sys.path.insert(0, "/src/tests/suites")
# pylint: disable=wrong-import-position
from nameserver import Nameserver  # noqa: E402
from stage import ADDRESS, letter

SLOW, DELAY_S = "192.0.2.54", 0.020
# A question that comes so long after the first of its wave has waited for an answer of that wave.
NEXT_WAVE_S = DELAY_S * 0.9
BODY_BYTES = 4096
SPF = {
    "ip4": (f"v=spf1 ip4:{ADDRESS} -all", 1),
    "a mx include include": ("v=spf1 a mx include:one.%s include:two.%s -all", 3),
}


class Latency:
    def __init__(self, stage, messages):
        self.stage, self.messages = stage, messages
        self.slow = None
        self.lines, self.found, self.number = [], {}, 0
        self.key = self.public = None

    def prepare(self, cast):
        """Before Postfix starts."""
        subprocess.run(["ip", "address", "add", f"{SLOW}/32", "dev", "lo"], check=True)
        machine = self.stage.machine
        self.lines = cast.late(SLOW)
        cast.masters(self.lines)
        self.key = machine.path("/root/bench.pem").read_bytes()
        self.public = "".join(machine.run(
            "openssl", "pkey", "-in", "/root/bench.pem", "-pubout").stdout.splitlines()[1:-1])

    def domain(self, spf):
        """A domain that nobody has asked for, and its message."""
        self.number += 1
        name, add = f"new{self.number}.example", self.slow.add
        add(name, "TXT", spf.replace("%s", name))
        add(name, "A", "203.0.113.1")
        add(name, "MX", f"10 mx.{name}")
        add(f"mx.{name}", "A", "203.0.113.2")
        add(f"one.{name}", "TXT", "v=spf1 ip4:203.0.113.3 -all")
        add(f"two.{name}", "TXT", f"v=spf1 ip4:{ADDRESS} -all")
        add(f"bench._domainkey.{name}", "TXT", f"v=DKIM1; p={self.public}")
        add(f"_dmarc.{name}", "TXT", "v=DMARC1; p=reject")
        message = letter(BODY_BYTES, name).replace("\n", "\r\n").encode()
        signed = dkim.sign(message, b"bench", name.encode(), self.key, canonicalize=(b"relaxed", b"relaxed")) + message
        return name, signed

    def one(self, client, spf):
        """Milliseconds before the end of the message and at it, and the waits one after the other."""
        name, message = self.domain(spf)
        self.slow.seen.clear()
        began = time.monotonic()
        client.mail(f"alice@{name}")
        client.rcpt("bob@example.net")
        client.putcmd("data")
        client.getreply()
        ended = time.monotonic()
        client.send(message + b".\r\n")
        code, text = client.getreply()
        if code != 250:
            sys.exit(f"bench: a message of {name} was refused: {code} {text}")
        done = time.monotonic()
        return (ended - began) * 1000, (done - ended) * 1000, waits(self.slow.seen)

    def measure(self, line):
        for milter in line.filters:
            milter.start()
        for title, (spf, _) in SPF.items():
            client = smtplib.SMTP(ADDRESS, line.port, "mail.example.org")
            client.ehlo()
            self.one(client, spf)
            found = [self.one(client, spf) for _ in range(self.messages)]
            client.quit()
            self.found[line.name, title] = [statistics.median(column) for column in zip(*found)]
        for milter in line.filters:
            milter.stop()

    def run(self):
        self.slow = Nameserver(SLOW, 53, DELAY_S)
        self.slow.add("20.100.51.198.in-addr.arpa", "PTR", "mail.example.org")
        self.slow.add("mail.example.org", "A", ADDRESS)
        # Postfix has taken its copy; opendmarc reads this one.
        self.stage.machine.write("/etc/resolv.conf", f"nameserver {SLOW}\n")
        for line in self.lines:
            print(f"latency: {line.name}", file=sys.stderr, flush=True)
            self.measure(line)

    def report(self):
        print(f"\n{DELAY_S * 1000:.0f} ms an answer, nothing cached, {self.messages} messages, medians\n")
        print("| SPF record | milter | ms before the end of message | ms at it | waits one after the other | at most |")
        print("|---|---|---|---|---|---|")
        for title, (_, bound) in SPF.items():
            for line in self.lines:
                before, at_end, count = self.found[line.name, title]
                print(f"| {title} | {line.name} | {before:.0f} | {at_end:.0f} | {count:.0f} | {bound if line is self.lines[0] else ''} |")


def waits(seen):
    """How many waves the questions came in."""
    count, began = 0, None
    for at, _, _ in sorted(seen):
        if began is None or at - began >= NEXT_WAVE_S:
            count, began = count + 1, at
    return count
