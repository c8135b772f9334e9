# SPDX-License-Identifier: MIT
"""A second MX of the receiver's: a Postfix that takes mail of everybody for his domain and hands it on
to the first, with or without a Gatepost of its own."""

import subprocess

from . import package
from .gatepost import Gatepost
from .machine import Machine
from .nameserver import ADDRESS as NAMESERVER
from .postfix import Postfix

NAME, ADDRESS = "mx2.example.net", "198.51.100.21"
MILTER = "{ unix:gatepost/milter, default_action=tempfail }"
# What a relay may do to a header behind its filter's back: signatures over it break.
TAG = "/^(Subject:) (.*)/ REPLACE $1 [mx2] $2\n"


class SecondMx:
    """`first`: the site that it hands mail on to."""

    def __init__(self, first):
        self.first = first
        self.machine = Machine("second", NAME, ADDRESS)
        self.postfix = self.gatepost = None

    def start(self):
        subprocess.run(["ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo"], check=True)
        self.machine.make(package.layer())
        self.postfix, self.gatepost = Postfix(self.machine), Gatepost(self.machine)
        self.postfix.install()
        self.postfix.settings(f"relay_domains = {self.first.domain}\nrelay_recipient_maps =\n"
                              f"transport_maps = inline:{{ {self.first.domain}=smtp:[{self.first.address}] }}\n"
                              "smtp_header_checks = regexp:/etc/postfix/tag")
        self.machine.write("/etc/postfix/tag", "")
        self.gatepost.configure(f'hostname = "{NAME}"\ndns {{ servers = {{"{NAMESERVER}"}} }}\n')
        self.gatepost.prepare()
        self.gatepost.milter.start()
        self.postfix.start()

    def judge(self, does):
        """Whether its Gatepost sees the mail."""
        self.postfix.settings(f"smtpd_milters = {MILTER if does else ''}")
        self.postfix.reload()

    def tag(self, does):
        """Whether it changes the subject of what it hands on."""
        self.machine.write("/etc/postfix/tag", TAG if does else "")
        self.postfix.reload()

    def stop(self):
        self.postfix.stop()
        status = self.gatepost.milter.stop()
        assert status == 0, f"the milter of {NAME} ended with {status}:\n{self.gatepost.milter.log()[-3000:]}"
        assert not self.machine.sanitizer_reports(), self.machine.sanitizer_reports()
