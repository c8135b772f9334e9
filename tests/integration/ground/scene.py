# SPDX-License-Identifier: MIT
"""The scene: who lives where.

    mail.example.org   192.0.2.10      alice writes from here
    mail.example.net   198.51.100.20   bob reads here
    203.0.113.66                       somebody who pretends to be alice
    192.0.2.53                         the name server of all of them

Both machines are an untouched Debian with Postfix and Dovecot, and Gatepost
plugged in as README says.
"""

import re

from . import package
from .dovecot import Dovecot
from .gatepost import Gatepost
from .machine import Machine, reap
from .nameserver import ADDRESS as NAMESERVER
from .nameserver import Nameserver
from .postfix import Postfix

FORGER = "203.0.113.66"
ALICE = ("alice@example.org", "correct horse battery staple")
BOB = ("bob@example.net", "Tr0ub4dor & 3")
CONFIG = f"""# The scene's configuration: all else is the default.
hostname = "%(hostname)s"
dns {{ servers = {{"{NAMESERVER}"}} }}
policyd {{
    messages = %(messages)d
    period = %(period)s
}}
"""


class Site:
    """A machine with all its servers, one domain and one user."""

    def __init__(self, name, domain, address, user, sabotage=()):
        self.machine = Machine(name, f"mail.{domain}", address)
        self.name, self.domain, self.address = name, domain, address
        self.user, self.password = user
        self.sabotage = sabotage
        self.transport = None
        self.postfix = self.dovecot = self.gatepost = None

    def make(self):
        self.machine.make(package.layer())
        self.postfix = Postfix(self.machine)
        self.dovecot = Dovecot(self.machine)
        self.gatepost = Gatepost(self.machine, self.sabotage)
        self.postfix.install()
        self.dovecot.install()
        self.configure()
        self.gatepost.prepare()
        self.populate()

    def configure(self, messages=1000, period="1h", more=""):
        """Writes gatepost.conf; a daemon reads it at its start or at a reload. `more` has one section
        "milter {" at most, at the beginning of a line."""
        if self.transport is not None:
            sections = more if re.search("^milter {", more, re.M) else "milter {\n}\n" + more
            more = re.sub("^milter {", f'milter {{\n    transport = "{self.transport}"\n', sections, count=1, flags=re.M)
        self.gatepost.configure(
            CONFIG % {"hostname": self.machine.hostname, "messages": messages, "period": period} + more)

    def carry(self, transport):
        """What carries the milter's sessions from now on, whatever is configured; None: the default."""
        self.transport = transport
        self.configure()
        self.gatepost.milter.restart()

    def limit(self, messages=1000, period="1h"):
        """Gives every user a limit, by a reload; without arguments the usual one."""
        self.configure(messages, period)
        self.gatepost.policyd.reload()

    def populate(self):
        mailctl = self.gatepost.mailctl
        mailctl("domain", "add", self.domain)
        mailctl("user", "add", self.user, "--password-stdin", stdin=self.password + "\n")
        for algorithm in ("rsa", "ed25519"):
            mailctl("dkim", "generate", self.domain, "--algorithm", algorithm, "--activate")

    def zone(self):
        return self.gatepost.mailctl(
            "dns", "zone", self.domain, "--address", self.address, "--nameserver-address", NAMESERVER)

    def start(self):
        self.gatepost.start()
        self.postfix.plug_in(self.domain)
        self.dovecot.plug_in()
        self.postfix.start()
        self.dovecot.start()

    def stop(self):
        self.postfix.stop()
        self.dovecot.stop()
        return self.gatepost.stop()

    def logs(self):
        """All logs by name."""
        names = {"postfix": self.postfix.log(), "dovecot": self.dovecot.log()}
        names |= {f"gatepost-{d.name}": d.log() for d in self.gatepost.daemons.values()}
        return {f"{self.name}/{name}": text for name, text in names.items()}


class Scene:
    """Everything. `sabotage` names daemons that are replaced by /bin/true."""

    def __init__(self, sabotage=()):
        self.org = Site("sender", "example.org", "192.0.2.10", ALICE, sabotage)
        self.net = Site("receiver", "example.net", "198.51.100.20", BOB, sabotage)
        self.sites = (self.org, self.net)
        self.nameserver = Nameserver()

    def make(self):
        """Makes and fills both machines; nothing runs yet."""
        for site in self.sites:
            site.make()
            self.nameserver.zones[site.domain] = site.zone()
            self.nameserver.reverse(site.address, site.machine.hostname)

    def start(self):
        self.nameserver.start()
        for site in self.sites:
            site.start()

    def stop(self):
        """Stops all; returns what was not as it should be."""
        faults = []
        for site in self.sites:
            faults += [f"{site.name}: gatepost-{name} ended with {status}"
                       for name, status in site.stop().items()]
        self.nameserver.stop()
        reap()
        return faults + [r for r in (s.machine.sanitizer_reports() for s in self.sites) if r]

    def logs(self):
        return {name: text for site in self.sites for name, text in site.logs().items()}
