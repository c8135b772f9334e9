# SPDX-License-Identifier: MIT
"""Keys that move in from OpenDKIM and out to it: those that opendkim-genkey makes, and the tables by which
the real opendkim signs."""

import re
import socket

import pytest

from ground.nameserver import ADDRESS as NAMESERVER
from ground.raw_milter import RawMilter
from ground.waiting import wait_until

DOMAIN = "tables.example"
MADE, EXPORTED, SOCKET = "/root/genkey", "/root/opendkim", "/run/opendkim-tables.sock"
CONFIG = f"""Mode s
KeyTable {EXPORTED}/KeyTable
SigningTable refile:{EXPORTED}/SigningTable
MultipleSignatures yes
InternalHosts 0.0.0.0/0
Canonicalization relaxed/simple
Socket local:{SOCKET}
PidFile /run/opendkim-tables.pid
Syslog no
"""
MESSAGE = (f"From: Ann <ann@{DOMAIN}>\r\nTo: bob@example.net\r\nSubject: tables\r\n"
           "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@tables.example>\r\n\r\nA body.\r\n").encode()


@pytest.fixture(name="site")
def with_domain(scene):
    site = scene.org
    site.gatepost.mailctl("domain", "add", DOMAIN)
    yield site
    scene.nameserver.zones.pop(DOMAIN, None)
    site.gatepost.mailctl("-y", "domain", "delete", DOMAIN)
    site.machine.run("rm", "-rf", MADE, EXPORTED, SOCKET)


def key_of(record):
    return re.search(r"p=([A-Za-z0-9+/=]+)", record)[1]


def bring_in(site):
    """A key of opendkim-genkey comes in by tables as an administrator has them; the DNS record is the one it wrote."""
    machine, mailctl = site.machine, site.gatepost.mailctl
    machine.run("mkdir", MADE)
    machine.run("opendkim-genkey", "--bits=2048", f"--domain={DOMAIN}", "--selector=office", f"--directory={MADE}")
    machine.write(f"{MADE}/KeyTable", f"office._domainkey.{DOMAIN} {DOMAIN}:office:{MADE}/office.private\n")
    machine.write(f"{MADE}/SigningTable", f"*@{DOMAIN} office._domainkey.{DOMAIN}\n")
    printed = mailctl("dkim", "import", "--activate", "--key-table", f"{MADE}/KeyTable", "--signing-table",
                      f"{MADE}/SigningTable")
    assert "1 keys imported" in printed
    written = "".join(re.findall(r'"([^"]*)"', machine.read(f"{MADE}/office.txt")))
    shown = "".join(re.findall(r'"([^"]*)"', mailctl("dkim", "show", DOMAIN, "office")))
    assert key_of(shown) == key_of(written)


def listens(path):
    """Not only that it is there: between bind() and listen() nobody gets through."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def sign(machine):
    """The message as opendkim signs it."""
    machine.write(f"{EXPORTED}/opendkim.conf", CONFIG)
    process = machine.spawn(["opendkim", "-f", "-x", f"{EXPORTED}/opendkim.conf"], "/var/log/opendkim-tables")
    try:
        wait_until(lambda: listens(machine.path(SOCKET)), "opendkim to listen",
                   said=lambda: machine.read("/var/log/opendkim-tables"))
        milter = RawMilter(machine.path(SOCKET))
        answer = milter.message(f"ann@{DOMAIN}", MESSAGE)
        milter.quit()
    finally:
        process.terminate()
        process.wait(20)
    fields = [field.replace("\n", "\r\n") for field in answer.inserted("DKIM-Signature")]
    return "".join(f"DKIM-Signature: {field}\r\n" for field in fields).encode() + MESSAGE


def test_there_and_back(scene, site):
    """By the tables that mailctl writes opendkim signs with each of the keys, and both signatures are good. With a
    key of Ed25519 among them it would put off each message."""
    machine, mailctl = site.machine, site.gatepost.mailctl
    bring_in(site)
    mailctl("dkim", "generate", DOMAIN, "--selector", "second", "--activate")
    mailctl("dkim", "generate", DOMAIN, "--selector", "third", "--algorithm", "ed25519", "--activate")
    done = machine.run("mailctl", "dkim", "export", DOMAIN, "--opendkim", EXPORTED)
    assert f"the key third of {DOMAIN} was left out" in done.stderr
    scene.nameserver.zones[DOMAIN] = mailctl(
        "dns", "zone", DOMAIN, "--address", site.address, "--nameserver-address", NAMESERVER)
    scene.nameserver.restart()
    results = machine.run("mailctl", "verify", "-", stdin=sign(machine)).stdout
    for selector in ("office", "second"):
        assert re.search(rf"dkim=pass[^;]*header\.s={selector}\b", results), results
