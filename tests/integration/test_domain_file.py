# SPDX-License-Identifier: MIT
"""The list of our domains that mailctl writes for Postfix."""

import itertools
import os
import signal
import sqlite3
import subprocess
import time

import pytest

from ground import check
from ground.scene import ALICE
from ground.waiting import wait_until

LIST = "/var/lib/gatepost/postfix/domains"


@pytest.fixture(name="site")
def with_list(scene):
    """Postfix of the first machine takes our domains from the file."""
    site = scene.org
    site.gatepost.mailctl("upgrade")
    site.postfix.settings(f"virtual_mailbox_domains = hash:{LIST}")
    site.postfix.reload()
    yield site
    site.postfix.settings(f"virtual_mailbox_domains = {site.domain}")
    site.postfix.reload()


def refusal(site, recipient):
    """How Postfix answers RCPT from a stranger."""
    site.machine.run("postfix", "status")
    answer = check.try_to_send(site.machine, *ALICE, recipient)
    return answer.code if answer else 250


def postmap(site, key):
    return site.machine.run("postmap", "-q", key, f"hash:{LIST}", status=None).stdout.strip()


def test_follows_without_reload(site):
    """A domain that comes or goes is seen by a Postfix that runs on."""
    mailctl = site.gatepost.mailctl
    assert refusal(site, ALICE[0]) == 250
    mailctl("domain", "add", "second.example")
    mailctl("user", "add", "carol@second.example", "--no-password")
    assert postmap(site, "second.example") == "gatepost"
    # smtpd remembers what an address was; trivial-rewrite looks every ten seconds.
    names = (f"nobody{n}@second.example" for n in itertools.count())
    wait_until(lambda: refusal(site, next(names)) == 550, "Postfix to know the domain")
    assert refusal(site, "carol@second.example") == 250
    mailctl("-y", "domain", "delete", "second.example", "--with-content")
    assert postmap(site, "second.example") == ""


# Stands before postmap: this Debian has no lmdb without another package.
POSTMAP = """#!/bin/sh
case $1 in
lmdb:*) exec cp "${1#lmdb:}" "${1#lmdb:}.lmdb" ;;
*) exec /usr/sbin/postmap "$@" ;;
esac
"""


def test_other_kinds_of_index(site):
    """Where the administrator changes the default, the old index is still kept."""
    machine = site.machine
    machine.write("/usr/local/sbin/postmap", POSTMAP, 0o755)
    site.postfix.settings("default_database_type = lmdb")
    try:
        site.gatepost.mailctl("domain", "add", "third.example")
        assert postmap(site, "third.example")
        assert "third.example" in machine.read(f"{LIST}.lmdb")
    finally:
        site.gatepost.mailctl("-y", "domain", "delete", "third.example", status=None)
        machine.run("postconf", "-X", "default_database_type")
        machine.path("/usr/local/sbin/postmap").unlink()
        for path in machine.path(LIST).parent.glob("*.lmdb"):
            path.unlink()


# At each step of the writing: is the domain in one of the lists, as Postfix reads them?
WATCHER = """#!/bin/sh
cd %(folder)s || exit 1
postmap=/usr/sbin/postmap
echo "$("$postmap" -q moving.example hash:domains) $("$postmap" -q moving.example hash:relays)" >>/root/watched
exec "$postmap" "$@"
"""


def test_never_in_neither(site):
    """A domain that becomes a relay and mailboxes again is in one of the lists at each moment; Postfix is
    reloaded where only one of them could be written, too."""
    mailctl, machine = site.gatepost.mailctl, site.machine
    mailctl("domain", "add", "moving.example")
    machine.write("/usr/local/sbin/postmap", WATCHER % {"folder": os.path.dirname(LIST)}, 0o755)
    try:
        mailctl("domain", "set", "moving.example", "--relay")
        mailctl("domain", "set", "moving.example", "--mailboxes")
        watched = machine.read("/root/watched").splitlines()
        assert len(watched) == 4 and all("gatepost" in line for line in watched), watched
        machine.path(f"{LIST}.new").mkdir()
        before = site.postfix.log().count("reload -- version")
        mailctl("domain", "set", "moving.example", "--relay", status=74)
        assert postmap(site, "moving.example") == "gatepost"
        wait_until(lambda: site.postfix.log().count("reload -- version") > before, "Postfix to be reloaded")
    finally:
        machine.run("rm", "-rf", "/usr/local/sbin/postmap", "/root/watched", f"{LIST}.new")
        mailctl("-y", "domain", "delete", "moving.example")


def test_many_domains(site):
    """A hundred thousand domains: one more costs little."""
    path = site.machine.path("/var/lib/gatepost/directory/directory.db")
    with sqlite3.connect(path) as database:
        database.executemany("INSERT INTO domain (name, created) VALUES (?, 0)",
                             ((f"d{n}.many.example",) for n in range(100000)))
    try:
        began = time.monotonic()
        site.gatepost.mailctl("domain", "add", "one.more.example")
        took = time.monotonic() - began
        assert postmap(site, "d99999.many.example") and postmap(site, "one.more.example")
        assert took < 20, f"{took:.1f} s"
        print(f"one more of 100,000 domains: {took:.2f} s")
    finally:
        with sqlite3.connect(path) as database:
            database.execute("DELETE FROM domain WHERE name LIKE '%.many.example'")
        site.gatepost.mailctl("-y", "domain", "delete", "one.more.example")
    assert postmap(site, "d99999.many.example") == ""


@pytest.mark.parametrize("milliseconds", [20, 40, 60, 80, 100, 130, 160, 200])
def test_killed_on_the_way(site, milliseconds):
    """Whenever it is killed: Postfix reads a whole list, and the next change mends it."""
    machine = site.machine
    name = f"k{milliseconds}.example"
    process = machine.spawn(["mailctl", "domain", "add", name], "/tmp/killed.log")
    try:
        process.wait(milliseconds / 1000)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    assert postmap(site, site.domain) == "gatepost"
    site.gatepost.mailctl("domain", "add", "--if-missing", name)
    assert postmap(site, name) == "gatepost"
    left = sorted(p.name for p in machine.path(LIST).parent.iterdir() if p.name != ".lock")
    assert left == ["domains", "domains.db", "relays", "relays.db", "transports", "transports.db"], left
    site.gatepost.mailctl("-y", "domain", "delete", name)
