# SPDX-License-Identifier: MIT
"""Debian's Dovecot on a machine, set up as README and contrib/dovecot say."""

import socket
from pathlib import Path

from .waiting import wait_until

LOG = "/var/log/dovecot.log"
CONTRIB = Path("/src/contrib/dovecot")
# Failures from one address are not answered late here, and services start at once.
SITE = """
log_path = /var/log/dovecot.log
auth_verbose = yes
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
"""


class Dovecot:
    """The Dovecot of a machine."""

    def __init__(self, machine):
        self.machine = machine
        self.version = machine.run("dovecot", "--version").stdout[:3]

    def install(self):
        """The untouched site, with a user that owns the mail."""
        self.machine.write("/etc/dovecot/conf.d/99-site.conf", SITE + f"listen = {self.machine.address}\n")
        self.machine.run("useradd", "--system", "--uid", "5000", "--user-group", "--home-dir", "/var/vmail",
                         "--create-home", "--shell", "/usr/sbin/nologin", "vmail")

    def plug_in(self):
        """Gatepost's files from contrib."""
        for name in ("05-gatepost.conf", "95-gatepost.conf"):
            self.machine.copy(CONTRIB / self.version / name, f"/etc/dovecot/conf.d/{name}")
        self.machine.run("sievec", "/usr/share/gatepost/sieve/gatepost-junk.sieve")

    def start(self):
        self.machine.run("dovecot")
        wait_until(self.answers, f"Dovecot on {self.machine.name} (see {LOG})")

    def answers(self):
        try:
            socket.create_connection((self.machine.address, 993), timeout=5).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.machine.run("doveadm", "stop", status=None)

    def log(self):
        return self.machine.read(LOG)
