# SPDX-License-Identifier: MIT
"""Debian's Postfix on a machine, set up as README and contrib/postfix say."""

import re
import socket
from pathlib import Path

from .waiting import wait_until

LOG = "/var/log/mail.log"
CONTRIB = Path("/src/contrib/postfix")
# A small site's main.cf, before Gatepost comes. The scene has no resolver for the world, and its
# mail must not wait minutes for a second attempt.
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
minimal_backoff_time = 1s
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
        """Until the queue manager is another: the command only sends a signal, and the one before it goes on
        with the settings that it knows."""
        before = self.queue_manager()
        self.machine.run("postfix", "reload")
        wait_until(lambda: self.queue_manager() not in (None, before), "the queue manager after a reload")

    def queue_manager(self):
        """The number of its process; None: it does not run."""
        master = self.machine.read("/var/spool/postfix/pid/master.pid").strip()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                number, _, rest = stat.read_text(errors="replace").partition(" (qmgr) ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if rest.split()[1:2] == [master] and rest[0] != "Z":
                return number
        return None

    def log(self):
        return self.machine.read(LOG)

    def queue(self):
        """The queue ids of what waits."""
        listing = self.machine.run("postqueue", "-p").stdout
        return re.findall(r"^([0-9A-Za-z]+)[*!]?\s", listing, re.M) if "is empty" not in listing else []

    def flush(self):
        self.machine.run("postqueue", "-f")
