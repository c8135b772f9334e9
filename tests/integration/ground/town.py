# SPDX-License-Identifier: MIT
"""A small site as its administrator sees it: a machine under systemd, where Gatepost comes and goes."""

from . import mail
from .booted import Booted
from .dovecot import Dovecot
from .gatepost import DAEMONS
from .postfix import Postfix
from .waiting import wait_until

DOMAIN, ALICE, PASSWORD = "example.com", "alice@example.com", "a gate is a gate"
UNITS = [f"gatepost-{name}.service" for name in DAEMONS]
# What dpkg, apt and systemd keep for themselves.
THEIRS = ("/var/lib/dpkg/", "/var/lib/apt/", "/var/cache/", "/var/log/", "/var/lib/systemd/", "/run/", "/tmp/",
          "/root/", "/proc/", "/sys/", "/dev/", "/src/", "/build/", "/var/lib/postfix/", "/var/spool/postfix/",
          "/var/tmp/")


class Town:
    """A machine that systemd runs, with Postfix and Dovecot as Debian starts them."""

    def __init__(self, name, address, alone=False):
        self.machine = Booted(name, f"mail.{DOMAIN}", address, alone)
        self.postfix = self.dovecot = None

    def open(self, *layers):
        self.machine.make(*layers)
        # Programs with sanitizers in them, as those of package.layer() may be: what looks for leaks at
        # their end traces the process, which the units do not let anybody do.
        self.machine.write("/etc/systemd/system.conf.d/sanitizers.conf",
                           "[Manager]\nDefaultEnvironment=ASAN_OPTIONS=detect_leaks=0\n")
        self.postfix, self.dovecot = Postfix(self.machine), Dovecot(self.machine)
        self.postfix.install()
        self.dovecot.install()
        self.machine.boot()
        wait_until(self.postfix.answers, "Postfix under systemd")
        wait_until(self.dovecot.answers, "Dovecot under systemd")

    def install(self, path):
        """As an administrator does it."""
        self.machine.copy(path, "/root/gatepost.deb")
        self.machine.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes",
                         "install", "/root/gatepost.deb")

    def apt(self, *arguments):
        self.machine.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes", *arguments)

    def init(self):
        """What README says, up to the daemons."""
        run = self.machine.run
        self.machine.write("/etc/gatepost/gatepost.conf",
                           f'hostname = "mail.{DOMAIN}"\ndns {{ timeout = 1s }}\n')
        run("mailctl", "init")
        run("mailctl", "domain", "add", DOMAIN)
        run("mailctl", "user", "add", ALICE, "--password-stdin", stdin=PASSWORD + "\n")
        run("mailctl", "dkim", "generate", DOMAIN, "--activate")
        run("systemctl", "start", "gatepost.target")

    def plug_in(self):
        self.postfix.plug_in(DOMAIN)
        self.dovecot.plug_in()
        self.machine.run("postfix", "reload")
        self.machine.run("doveadm", "reload")

    def state(self, unit, what="ActiveState"):
        return self.machine.run("systemctl", "show", "--value", f"--property={what}", unit).stdout.strip()

    def states(self):
        return {unit: self.state(unit) for unit in UNITS}

    def pid(self, unit):
        return int(self.state(unit, "MainPID"))

    def kill(self, unit, number):
        pid = self.pid(unit)
        assert pid, f"{unit} does not run"  # kill takes 0 for everybody
        self.machine.run("kill", f"-{number}", str(pid))

    def await_running(self, unit, but=0):
        """Waits until it runs as another process than that one."""
        wait_until(lambda: self.state(unit) == "active" and self.pid(unit) not in (0, but),
                   f"{unit} to run again\n{self.machine.journal(unit)[-2000:]}")

    def files(self):
        """All files, folders and links of the machine with their owners and modes."""
        found = self.machine.run(
            "find", "/", "-xdev", "!", "-type", "s", "-printf", "%p %u:%g %m\\n").stdout.splitlines()
        return {line for line in found if not line.startswith(THEIRS)}

    def sends_and_reads(self):
        """A letter over submission, signed by the milter, in the mailbox that authd names."""
        sent = mail.letter(ALICE, ALICE, "To myself")
        mail.submit(self.machine, ALICE, PASSWORD, ALICE, sent)
        got = mail.await_message(self.machine, ALICE, PASSWORD, mail.message_id(sent))
        assert mail.fields(got, "DKIM-Signature"), got


def opened(name, address, *layers):
    """For fixtures: the town, on these layers of its tree, and its end."""
    town = Town(name, address)
    try:
        town.open(*layers)
        yield town
    finally:
        town.machine.halt()
