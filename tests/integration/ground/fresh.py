# SPDX-License-Identifier: MIT
"""A Debian as its installer leaves it, alone in a network of its own: what attach meets."""

import contextlib
import os
import subprocess

from . import network, package
from .gatepost import Gatepost
from .machine import Machine
from .postfix import Postfix
from .waiting import wait_until

ADDRESS = "192.0.2.30"
# The installer's questions, answered as for "Internet Site".
ANSWERS = """postfix postfix/main_mailer_type select Internet Site
postfix postfix/mailname string %(domain)s
postfix postfix/destinations string $myhostname, %(domain)s, mail.%(domain)s, localhost.%(domain)s, localhost
"""
# What a stranger hears when he names a recipient.
ASK = """
import smtplib, sys
client = smtplib.SMTP(sys.argv[3], int(sys.argv[2]), timeout=60)
client.ehlo("stranger.example")
client.mail("<>")
print(client.rcpt(sys.argv[1])[0])
client.quit()
"""
WATCHED = ("/etc/postfix", "/etc/dovecot")


class Lonely(Machine):
    """A machine with a loopback device that it shares with nobody."""

    def make(self, *layers):
        self.namespace = f"gp-{self.name}"
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        subprocess.run(["ip", "-n", self.namespace, "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "-n", self.namespace, "address", "add", f"{self.address}/32", "dev", "lo"],
                       check=True)
        super().make(*layers)

    def command(self, argv):
        return ["nsenter", f"--net=/run/netns/{self.namespace}", *super().command(argv)]

    def visited(self):
        """Within, the test itself is in the machine's network."""
        return network.visited(f"/run/netns/{self.namespace}")

    def remove(self):
        subprocess.run(["ip", "netns", "delete", self.namespace], check=False)
        subprocess.run(["umount", "-R", "-l", str(self.root.parent)], check=False)


class Fresh:
    """Postfix and Dovecot untouched, Gatepost installed and filled, nothing plugged in."""

    def __init__(self, name, domain="example.org"):
        self.domain = domain
        self.machine = Lonely(name, f"mail.{domain}", ADDRESS)

    def make(self):
        machine = self.machine
        machine.make(package.layer())
        answers = ANSWERS % {"domain": self.domain}
        machine.run("debconf-set-selections", stdin=answers)
        machine.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg-reconfigure", "postfix")
        machine.write("/etc/mailname", self.domain + "\n")
        self.postfix = Postfix(machine)
        machine.run("postconf", "-e", "maillog_file = /var/log/mail.log")
        machine.run("useradd", "--create-home", "bob")
        machine.write("/etc/aliases", machine.read("/etc/aliases") + "root: bob\n")
        machine.run("newaliases")
        self.gatepost = Gatepost(machine)
        self.gatepost.configure(f'hostname = "{machine.hostname}"\n')
        machine.run("useradd", "--system", "--uid", "5000", "--user-group", "--home-dir", "/var/vmail",
                    "--create-home", "--shell", "/usr/sbin/nologin", "vmail")
        self.gatepost.prepare()
        self.gatepost.mailctl("domain", "add", self.domain)
        self.gatepost.mailctl("user", "add", f"alice@{self.domain}", "--password-stdin", stdin="a secret made of words\n")
        self.gatepost.mailctl("dkim", "generate", self.domain, "--activate")

    def start(self):
        self.gatepost.start()
        self.start_postfix()

    def postfix_runs(self):
        return self.machine.run("postfix", "status", status=None).returncode == 0

    def start_postfix(self):
        self.machine.run("/usr/lib/postfix/configure-instance.sh", "-", status=None)
        said = self.machine.run("postfix", "start", status=None)
        wait_until(self.postfix_runs, f"Postfix ({said.stdout}{said.stderr}{self.log()[-500:]})")

    def restart_postfix(self):
        self.machine.run("postfix", "stop", status=None)
        wait_until(lambda: not self.postfix_runs(), "the end of Postfix")
        self.start_postfix()

    def stop(self):
        self.postfix.stop()
        self.gatepost.stop()
        self.machine.remove()

    def snapshot(self):
        return snapshot(self.machine)

    def mailctl(self, *arguments, status=0):
        """Its exit status is checked; gives what it printed, on both streams."""
        done = self.machine.run("mailctl", *arguments, status=status)
        return done.stdout + done.stderr

    def send(self, recipient, subject="hello", sender="root"):
        """A letter from a program on the machine."""
        text = f"From: {sender}\nTo: {recipient}\nSubject: {subject}\n\nA line.\n"
        self.machine.run("sendmail", "-f", sender, recipient, stdin=text)

    def recipient(self, address, port=25, host="127.0.0.1"):
        """The code that RCPT TO is answered with; to who comes by ADDRESS, as to a stranger."""
        return int(self.machine.run("python3", "-c", ASK, address, port, host).stdout)

    def await_letter(self, account, subject):
        """Waits until an account of the system has it."""
        wait_until(lambda: f"Subject: {subject}\n" in self.machine.read(f"/var/mail/{account}"),
                   f"the letter \"{subject}\" for {account}")

    def await_log(self, *words):
        """Waits for a line of Postfix's with all of these words."""
        wait_until(lambda: any(all(word in line for word in words) for line in self.log().splitlines()),
                   f"a log line with {words}")

    def log(self):
        return self.machine.read("/var/log/mail.log")


@contextlib.contextmanager
def standing(stage):
    """A stage made and started; it is taken down whatever happens."""
    try:
        stage.make()
        stage.start()
        yield stage
    finally:
        stage.stop()


def snapshot(machine):
    """All of the servers' configuration: content, permissions, owners, links."""
    found = {}
    for top in WATCHED:
        for path in sorted(machine.path(top).rglob("*")):
            stat = path.lstat()
            content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
            found["/" + str(path.relative_to(machine.root))] = (content, stat.st_mode, stat.st_uid, stat.st_gid)
    return found


def differences(before, after):
    """The names of what differs."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


