# SPDX-License-Identifier: MIT
"""The machine on which everything is measured: Postfix, a name server, a domain, letters."""

import os
import statistics
import time
from pathlib import Path

from ground import package
from ground.gatepost import Gatepost
from ground.machine import Machine
from ground.nameserver import ADDRESS as NAMESERVER
from ground.nameserver import Nameserver
from ground.postfix import Postfix

ADDRESS = "198.51.100.20"
HOST = "mail.example.net"
TICK = os.sysconf("SC_CLK_TCK")
# In the number of a process's clock: that the scheduler keeps it, in ns.
SCHEDULED = 2
SIZES = {"4 KB": 4 << 10, "100 KB": 100 << 10}

# The receiver is the sender too: example.org sends from this address.
POSTFIX = """
mydestination = example.net
local_transport = discard:
transport_maps = inline:{ {probe@example.net=local:} }
local_recipient_maps =
milter_default_action = tempfail
message_size_limit = 0
mailbox_size_limit = 0
smtpd_client_message_rate_limit = 0
default_process_limit = 200
in_flow_delay = 0
"""
GATEPOST = f"""
hostname = "{HOST}"
dns {{ servers = {{"{NAMESERVER}"}} }}
milter {{
    trusted_networks = {{%s}}
    transport = "%s"
}}
"""
TRANSPORTS = ("event", "libmilter")
HEADER = """From: Alice <alice@%s>
To: Bob <bob@example.net>
Subject: a measure
Date: Sat, 21 Nov 2026 10:00:00 +0000
Message-ID: <bench@%s>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

"""


def letter(size, domain="example.org"):
    """A message of about that size."""
    header = HEADER % (domain, domain)
    line = "The quick brown fox jumps over the lazy dog, and over it again.\n"
    return header + line * ((size - len(header)) // len(line))


class Stage:
    """The machine with its servers. `domain` signs with the key that mailctl made, `dual` with two."""

    domain, dual = "example.org", "example.com"

    def __init__(self):
        self.machine = Machine("bench", HOST, ADDRESS)
        self.nameserver = Nameserver()
        self.postfix = self.gatepost = None
        self.plain, self.signed, self.twice = {}, {}, {}

    def make(self):
        self.machine.make(package.layer())
        self.postfix, self.gatepost = Postfix(self.machine), Gatepost(self.machine)
        self.postfix.install()
        self.postfix.settings(POSTFIX)
        self.gatepost.configure(GATEPOST % ("", TRANSPORTS[0]))
        self.gatepost.prepare()
        self.make_domain()
        self.make_letters()
        self.machine.run("useradd", "--no-create-home", "probe")
        folder = self.machine.path("/var/spool/postfix/peers")
        folder.mkdir()
        folder.chmod(0o777)

    def make_domain(self):
        mailctl = self.gatepost.mailctl
        mailctl("domain", "add", self.domain)
        mailctl("dkim", "generate", self.domain, "--algorithm", "rsa", "--activate")
        self.nameserver.zones[self.domain] = mailctl(
            "dns", "zone", self.domain, "--host", f"mail.{self.domain}", "--address", ADDRESS,
            "--nameserver-address", NAMESERVER)
        mailctl("domain", "add", self.dual)
        mailctl("dkim", "generate", self.dual, "--dual", "--activate")
        self.nameserver.reverse(ADDRESS, f"mail.{self.domain}")
        self.machine.write("/etc/resolv.conf", f"nameserver {NAMESERVER}\n")

    def make_letters(self):
        for name, size in SIZES.items():
            file = f"/root/{size}.eml"
            self.machine.write(file, letter(size))
            self.machine.write(
                f"/root/{size}.signed.eml",
                self.gatepost.mailctl("sign", "--domain", self.domain, file))
            self.plain[name], self.signed[name] = file, f"/root/{size}.signed.eml"
            self.twice[name] = f"/root/{size}.dual.eml"
            self.machine.write(self.twice[name], letter(size, self.dual))

    def compile(self, name, *more):
        """One of the small C programs beside this file, with other sources of them; its path in the machine."""
        program = f"/root/{name}"
        self.machine.run("cc", "-O2", "-o", program, *(f"/src/tests/bench/{part}.c" for part in (name, *more)), "-lcrypto")
        return program

    def raw_crypto(self, rounds):
        """Milliseconds of CPU by name: see raw-crypto.c."""
        program, found = self.compile("raw-crypto", "openssl-work"), {}
        for _ in range(max(rounds, 1)):
            for line in self.machine.run(program).stdout.splitlines():
                name, value = line.split()
                found.setdefault(name, []).append(float(value))
        return {name: statistics.median(values) for name, values in found.items()}

    def start(self):
        self.nameserver.start()
        self.postfix.start()

    def stop(self):
        self.postfix.stop()
        self.nameserver.stop()

    def versions(self):
        """What is measured, on what."""
        packages = self.machine.run(
            "dpkg-query", "-W", "-f", "${Package} ${Version}, ", "postfix", "opendkim", "opendmarc", "rspamd",
            "libssl3*", "nsd", status=None)
        release = self.machine.read("/etc/debian_version").strip()
        cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text(
            encoding="ascii", errors="replace").splitlines() if line.startswith("model name")), "?")
        return (f"Debian {release}, {os.cpu_count()} processors ({cpu}), Linux {os.uname().release}\n"
                f"{packages.stdout.rstrip(', ')}")


def cpu_ms(pid):
    """User and system time of all threads of a process, ended ones too, and of its children."""
    parents, ended = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text(encoding="ascii", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = text.rpartition(")")[2].split()
        number = int(path.parent.name)
        ended[number] = sum(map(int, fields[13:15])) / TICK * 1000
        parents.setdefault(int(fields[1]), []).append(number)
    family, total = [pid], 0
    while family:
        member = family.pop()
        total += ended.get(member, 0) + clock_ms(member)
        family += parents.get(member, [])
    return total


def clock_ms(pid):
    """The clock of a process's CPU, to which /proc's ticks of 10 ms are too coarse. 0 where it has ended."""
    try:
        return time.clock_gettime(~pid << 3 | SCHEDULED) * 1000
    except OSError:
        return 0
