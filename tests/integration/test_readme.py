# SPDX-License-Identifier: MIT
"""The README by itself: nothing but its commands, typed at a terminal of an untouched Debian, lead to
records that are published, mail that is signed, judged and read, a check that finds all in order, and
out again."""

import json
import os
import re
from pathlib import Path

import pytest

from ground import mail, package
from ground.authority import Authority
from ground.booted import Booted
from ground.fresh import ANSWERS, differences, snapshot
from ground.own_dns import OwnDns
from ground.terminal import Answer, converse
from ground.waiting import wait_until

README = Path("/src/README.md")
SECTION = "## Plug it into a running Postfix and Dovecot"
HOST, ADDRESS = "mail.example.org", "192.0.2.10"
ALICE, PASSWORD = "alice@example.org", "a gate is a gate"
PERSON = (
    Answer(r"(?:[Pp]assword[^\n]*|Once more): *$", PASSWORD, secret=True),
    Answer(r"\[y/N\] *$", "y"),
    Answer(r"\[Y/n\] *$", "y"),
)


def steps():
    """The blocks of commands of that section, each with the step's number."""
    number, found = 0, []
    for line in README.read_text(encoding="utf-8").partition(SECTION)[2].splitlines():
        if line.startswith("## "):
            break
        if line.startswith("**") and line[2].isdigit():
            number = int(line[2:line.index(".")])
        if line.startswith("    "):
            found.append((number, line.strip()))
    return found


def give_certificate(machine):
    """One of an authority, where Debian's own was, which both servers read."""
    authority = Authority(machine)
    authority.certify(HOST, "/etc/ssl/private/ssl-cert-snakeoil.key", "/etc/ssl/certs/ssl-cert-snakeoil.pem")
    authority.be_trusted()


@pytest.fixture
def machine():
    """Debian's Postfix and Dovecot as their installers left them, run by systemd."""
    one = Booted("reader", HOST, ADDRESS, alone=True)
    try:
        one.make()
        give_certificate(one)
        one.write("/etc/resolv.conf", f"nameserver {ADDRESS}\n")
        one.boot()
        one.run("debconf-set-selections", stdin=ANSWERS % {"domain": "example.org"})
        one.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg-reconfigure", "postfix")
        one.run("systemctl", "restart", "postfix", "dovecot")
        one.copy(package.build(), f"/root/build/debian-{os.environ['GP_RELEASE']}/deb/gatepost_0.1.0.deb")
        yield one
    finally:
        one.halt()


def follow(machine, number):
    """Types one step."""
    # The package was made before, on a machine with the sources.
    lines = [line for of, line in steps() if of == number and not line.startswith("./dev")]
    status, seen = converse(machine, "\n".join(lines), PERSON)
    assert status == 0, f"step {number} ended with {status}:\n{seen}"
    return seen


def publish(machine):
    """The operator's name server, and an Internet in which the default configuration finds what it asks for."""
    settings = json.loads(machine.run("mailctl", "--json", "config", "show").stdout)["check"]
    dns = OwnDns(machine, "example.org", "/etc/gatepost/dns.key")
    dns.add_mail_server(settings["outside"]["value"].strip('"'))
    for blocklist in re.findall(r'"([^"]+)"', settings["blocklists"]["value"]):
        dns.add_blocklist(blocklist)
    for blocklist in re.findall(r'"([^"]+)"', settings["domain_blocklists"]["value"]):
        dns.add_domain_blocklist(blocklist)
    dns.start()


@pytest.mark.seconds(600)
def test_readme(machine):
    before = snapshot(machine)
    follow(machine, 1)
    assert snapshot(machine) == before
    publish(machine)
    assert "v=DKIM1" in follow(machine, 2)
    assert "attached" in follow(machine, 3)
    seen = follow(machine, 4)
    assert "Authentication-Results" in seen and "auth succeeded" in seen
    assert "nothing is missing that Gmail asks of senders" in seen, seen

    letter = mail.letter(ALICE, ALICE, "To myself")
    with machine.visited():
        mail.submit(machine, ALICE, PASSWORD, ALICE, letter)
        got = mail.await_message(machine, ALICE, PASSWORD, mail.message_id(letter))
    assert len(mail.fields(got, "DKIM-Signature")) == 2, got
    wait_until(lambda: ALICE in machine.journal("gatepost-milter.service"), "the milter's line in the log")

    follow(machine, 5)
    assert differences(before, snapshot(machine)) == []
    machine.run("test", "!", "-e", "/usr/sbin/mailctl")
    machine.run("test", "-s", "/var/lib/gatepost/keys/keys.db")
    machine.run("systemctl", "is-active", "postfix", "dovecot")
