# SPDX-License-Identifier: MIT
"""Debian's Postfix on a machine, set up as README and contrib/postfix say."""

import re
import socket
from pathlib import Path

from .waiting import wait_until

LOG = "/var/log/mail.log"
CONTRIB = Path("/src/contrib/postfix")
# A small site's main.cf, before Gatepost comes. The scene has no resolver for the world, and its
# mail must not wait minutes for a second attempt. Nor less than two seconds: Postfix counts in whole ones,
# and a queue manager that meets a message at once again finds it still held by the program that has just
# deferred it, and leaves it where nobody looks before its restart ("skipped, still being delivered").
SITE = """
maillog_file = /var/log/mail.log
mydestination = localhost
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
smtpd_tls_cert_file = /etc/ssl/certs/ssl-cert-snakeoil.pem
smtpd_tls_key_file = /etc/ssl/private/ssl-cert-snakeoil.key
smtpd_tls_security_level = may
smtp_tls_security_level = may
alias_maps =
alias_database =
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtpd_soft_error_limit = 100
smtpd_hard_error_limit = 200
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
"""


class Postfix:
    """The Postfix of a machine."""

    def __init__(self, machine):
        self.machine = machine

    def settings(self, text):
        """Lines for postconf -e."""
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        self.machine.run("postconf", "-e", *lines)

    def install(self):
        """The untouched site."""
        machine = self.machine
        machine.copy(machine.path("/usr/share/postfix/main.cf.debian"), "/etc/postfix/main.cf")
        self.settings(SITE)
        self.settings(
            f"myhostname = {machine.hostname}\ninet_interfaces = {machine.address}\n"
            f"smtp_bind_address = {machine.address}")

    def plug_in(self, domain):
        """Gatepost's lines from contrib, and the one domain."""
        self.settings((CONTRIB / "main.cf").read_text())
        self.settings(f"virtual_mailbox_domains = {domain}")
        master = self.machine.read("/etc/postfix/master.cf")
        self.machine.write("/etc/postfix/master.cf", master + (CONTRIB / "master.cf").read_text())

    def start(self):
        self.machine.run("/usr/lib/postfix/configure-instance.sh", "-", status=None)
        self.machine.run("postfix", "check")
        self.machine.run("postfix", "start", status=None)
        wait_until(self.answers, f"Postfix on {self.machine.name} (see {LOG})")

    def answers(self, port=25):
        try:
            with socket.create_connection((self.machine.address, port), timeout=5) as client:
                return client.recv(4).startswith(b"220")
        except OSError:
            return False

    def stop(self):
        self.machine.run("postfix", "stop", status=None)

    def reload(self):
        """Until its processes are others: the command only sends a signal, and those before it go on with the
        settings that they know, or end with a call for work in hand, which is made again after minutes."""
        before = self.keepers()
        self.machine.run("postfix", "reload")
        wait_until(lambda: not before & self.keepers() and len(self.keepers()) >= len(before),
                   "Postfix's processes after a reload")

    def keepers(self):
        """The numbers of the processes that look after the queues."""
        master, found = self.machine.read("/var/spool/postfix/pid/master.pid").strip(), set()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                number, _, rest = re.split(r" (\(qmgr\)|\(pickup\)) ", stat.read_text(errors="replace"))
            except (FileNotFoundError, ProcessLookupError, ValueError):
                continue
            state, parent = rest.split()[:2]
            if parent == master and state != "Z":
                found.add(number)
        return found

    def log(self):
        return self.machine.read(LOG)

    def queue(self):
        """The queue ids of what waits."""
        listing = self.machine.run("postqueue", "-p").stdout
        return re.findall(r"^([0-9A-Za-z]+)[*!]?\s", listing, re.M) if "is empty" not in listing else []

    def flush(self):
        self.machine.run("postqueue", "-f")
