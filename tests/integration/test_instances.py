# SPDX-License-Identifier: MIT
"""A further Postfix instance, made by postmulti beside the first one, attached and detached."""

import json
import os
import smtplib

import pytest

from ground import mail, package
from ground.gatepost import DAEMONS
from ground.town import ALICE, PASSWORD, opened
from ground.waiting import wait_until

FIRST, ADDRESS = "198.51.100.36", "198.51.100.37"
FOLDER, QUEUE = "/etc/postfix-out", "/var/spool/postfix-out"
MOUNT = r"var-spool-postfix\x2dout-gatepost.mount"
SETTINGS = [
    "master_service_disable =", f"inet_interfaces = {ADDRESS}", f"smtp_bind_address = {ADDRESS}",
    "inet_protocols = ipv4", "myhostname = out.example.com", "mydestination =", "mynetworks = 127.0.0.0/8",
    "authorized_submit_users = root", "maillog_file = /var/log/mail-out.log"]
# Daemons of the instance's own.
OWN = f"""hostname = "out.example.com"
run_directory = /run/gatepost/out
dns {{ timeout = 1s }}
milter {{ listen = "unix:{QUEUE}/gatepost/milter" }}
policyd {{
    listen = "unix:{QUEUE}/gatepost/policy"
    state_directory = /var/lib/gatepost/out
}}
authd {{
    listen_lookup = "unix:{QUEUE}/gatepost/lookup"
    listen_login = "unix:/run/gatepost/out/authd"
}}
"""
OWN_UNITS = [f"gatepost-{name}@out.service" for name in DAEMONS] + [
    f"gatepost-{name}@out.socket" for name in DAEMONS] + ["gatepost-authd-login@out.socket"]


class Pair:
    """A town whose first Postfix is attached, and a second one beside it."""

    def __init__(self, town):
        self.town, self.run = town, town.machine.run

    def make(self):
        self.town.init()
        self.run("ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo")
        self.mailctl("--yes", "attach")
        self.run("postmulti", "-e", "init")
        self.run("postmulti", "-I", "postfix-out", "-G", "out", "-e", "create")
        self.run("postconf", "-c", FOLDER, "-e", *SETTINGS)
        self.run("postmulti", "-i", "postfix-out", "-e", "enable")
        self.start()

    def start(self):
        self.run("postmulti", "-i", "postfix-out", "-p", "start")
        wait_until(self.answers, "the second Postfix")

    def answers(self):
        try:
            smtplib.SMTP(ADDRESS, 25, timeout=20).close()
            return True
        except OSError:
            return False

    def mailctl(self, *arguments, status=0):
        done = self.run("mailctl", *arguments, status=status)
        return done.stdout + done.stderr

    def attach(self, *options, status=0):
        return self.mailctl("--yes", *options, "attach", "--config-directory", FOLDER, status=status)

    def detach(self):
        return self.mailctl("--yes", "detach", "--config-directory", FOLDER)

    def files(self, *folders):
        """All that attach may touch: content, owners, modes, links."""
        found = self.run("find", *(folders or ("/etc/postfix", FOLDER, "/etc/dovecot", "/etc/systemd/system")), "(",
                         "-type", "f", "-exec", "sha256sum", "{}", "+", ")", ",",
                         "-printf", "%p %u:%g %m %l\n").stdout
        return set(found.splitlines())

    def recipient(self, address):
        with smtplib.SMTP(ADDRESS, 25, timeout=60) as client:
            client.ehlo("stranger.example")
            client.mail("<>")
            return client.rcpt(address)[0]

    def deliver(self, source, sender):
        """A letter through the second Postfix, as it comes to the reader."""
        sent = mail.letter(sender, ALICE, "By the other way")
        with smtplib.SMTP(ADDRESS, 25, timeout=60, source_address=(source, 0)) as client:
            client.sendmail(sender, ALICE, sent)
        return mail.await_message(self.town.machine, ALICE, PASSWORD, mail.message_id(sent))

    def serves(self):
        """Judges what comes in, signs what goes out, and knows who is there."""
        judged = mail.fields(self.deliver(FIRST, "bob@stranger.example"), "Authentication-Results")
        assert len(judged) == 1 and "spf=" in judged[0], judged
        assert mail.fields(self.deliver("127.0.0.1", ALICE), "DKIM-Signature")
        assert self.recipient("nobody@example.com") == 550

    def finding(self, check, *options):
        report = self.run("mailctl", "--json", *options, "status", status=None).stdout
        return [row for row in json.loads(report)["checks"] if f"{row['group']}.{row['check']}" == check]

    def dovecot_has_queue(self):
        return QUEUE in self.run("cat", "/etc/dovecot/conf.d/95-gatepost.conf").stdout

    def is_mounted(self):
        return self.run("mountpoint", "-q", f"{QUEUE}/gatepost", status=None).returncode == 0


@pytest.fixture(scope="module")
def pair():
    for town in opened("pair", FIRST, package.layer()):
        both = Pair(town)
        both.make()
        yield both


@pytest.mark.seconds(240)
def test_one_that_does_not_run(pair):
    """Refused and put back, the mount too. Dovecot, which was given sockets for it, still lets our
    users in, and the first one is not kept from anything."""
    before = pair.files("/etc/postfix", FOLDER, "/etc/systemd/system")
    pair.run("postmulti", "-i", "postfix-out", "-p", "stop")
    assert "does not run: start it, or say --offline" in pair.attach(status=69)
    assert pair.files("/etc/postfix", FOLDER, "/etc/systemd/system") == before and not pair.is_mounted()
    pair.mailctl("--yes", "detach", "postfix")
    pair.mailctl("--yes", "attach", "postfix")
    pair.start()
    pair.town.sends_and_reads()


def test_attach(pair):
    """One command; the same daemons serve both."""
    said = pair.mailctl("--dry-run", "attach", "--config-directory", FOLDER)
    assert MOUNT in said and "Where=/var/spool/postfix-out/gatepost" in said
    assert not pair.is_mounted()
    before = pair.run("sha256sum", f"{FOLDER}/main.cf", f"{FOLDER}/master.cf").stdout
    pair.attach()
    pair.serves()
    assert pair.town.state("gatepost-milter@out.service") == "inactive"
    assert pair.finding("sockets.postfix")[0]["state"] == "ok"
    assert pair.dovecot_has_queue()
    # New sockets, as after a boot.
    pair.run("systemctl", "restart", *(f"gatepost-{name}.socket" for name in DAEMONS), *(
        f"gatepost-{name}.service" for name in DAEMONS))
    assert pair.recipient(ALICE) == 250
    assert pair.run("systemctl", "is-enabled", MOUNT).stdout == "enabled\n"
    pair.detach()
    assert before == pair.run("sha256sum", f"{FOLDER}/main.cf", f"{FOLDER}/master.cf").stdout
    assert not pair.is_mounted()
    assert not pair.dovecot_has_queue()


def test_nothing_is_left(pair):
    """Of Dovecot's sockets in the second queue neither."""
    before = pair.files()
    pair.attach()
    assert pair.files() != before
    pair.detach()
    assert pair.files() == before
    assert pair.run("ls", "-d", f"{QUEUE}/gatepost", status=2).stdout == ""
    pair.town.sends_and_reads()


def test_status_without_the_mount(pair):
    """It is named, with the command that mends it."""
    pair.attach()
    pair.run("systemctl", "stop", MOUNT)
    found = pair.finding("sockets.postfix")
    assert found[0]["state"] == "error" and "postfix-out/gatepost" in found[0]["finding"]
    assert found[0]["mend"] == f"systemctl restart '{MOUNT}'"
    pair.run("sh", "-c", found[0]["mend"])
    assert pair.finding("sockets.postfix")[0]["state"] == "ok"
    pair.detach()


@pytest.mark.seconds(240)
def test_taken_away_without_detach(pair):
    """Dovecot would not start with a socket in a folder that is gone: named, with what mends it."""
    before = pair.files()
    pair.attach()
    pair.run("postmulti", "-i", "postfix-out", "-p", "stop")
    pair.run("systemctl", "stop", MOUNT)
    pair.run("mv", QUEUE, f"{QUEUE}.away")
    found = pair.finding("dovecot.queues")[0]
    assert found["state"] == "error" and QUEUE in found["finding"], found
    assert found["mend"] == "mailctl attach dovecot"
    pair.mailctl("--yes", "attach", "dovecot")
    assert not pair.dovecot_has_queue()
    pair.run("systemctl", "restart", "dovecot")
    pair.run("mv", f"{QUEUE}.away", QUEUE)
    pair.start()
    pair.detach()
    assert pair.finding("dovecot.queues")[0]["state"] == "ok"
    assert pair.files() == before


def test_daemons_of_its_own(pair):
    """With a configuration of its own: its units are started, and stopped when nothing needs them."""
    before = pair.files()
    pair.run("tee", "/etc/gatepost/out.conf", stdin=OWN)
    pair.run("chgrp", "gatepost", "/etc/gatepost/out.conf")
    pair.mailctl("-c", "/etc/gatepost/out.conf", "init")
    pair.attach("-c", "/etc/gatepost/out.conf")
    counts = "/var/lib/gatepost/out/limits/limits.db"
    assert pair.run("stat", "--format=%U", counts).stdout == "gatepost-policyd\n"
    assert counts in pair.run("sh", "-c", "ls -l /proc/$1/fd", "sh", pair.town.pid("gatepost-policyd@out.service")).stdout
    assert [row["state"] for row in pair.finding("databases.limits", "-c", "/etc/gatepost/out.conf")] == ["ok"]
    assert {pair.town.state(unit) for unit in OWN_UNITS} == {"active"}
    assert not pair.is_mounted()
    judged = mail.fields(pair.deliver(FIRST, "bob@stranger.example"), "Authentication-Results")
    assert judged[0].startswith("out.example.com;"), judged
    assert pair.finding("daemons.milter", "-c", "/etc/gatepost/out.conf")[0]["state"] == "ok"
    pair.run("systemctl", "stop", "gatepost-milter@out.service")
    found = pair.finding("daemons.milter", "-c", "/etc/gatepost/out.conf")[0]
    assert found["mend"] == "systemctl start gatepost-milter@out"
    assert pair.town.state("gatepost-milter@out.service") == "inactive"
    pair.mailctl("--yes", "detach", "--config-directory", FOLDER)
    assert {unit: pair.town.state(unit) for unit in OWN_UNITS} == dict.fromkeys(OWN_UNITS, "inactive")
    assert pair.files() == before


# Stands before a program that mailctl runs, and ends mailctl when so many of its words have been said:
# about mounts to systemd, and to the server that is to read its files.
LAST_WORD = """#!/bin/sh
case "${0##*/} $*" in
systemctl\\ daemon-reload | systemctl\\ *.mount | postfix\\ *reload | doveadm\\ reload)
    if read -r left </run/walk; then
        echo $((left - 1)) >/run/walk
        [ "$left" -ne 0 ] || { kill -KILL $PPID; exit 1; }
    fi ;;
esac
exec %s "$@"
"""
PROGRAMS = {"systemctl": "/usr/bin/systemctl", "postfix": "/usr/sbin/postfix", "doveadm": "/usr/bin/doveadm"}


@pytest.fixture
def words(pair):
    """Sets after how many words mailctl dies; None: never."""
    for name, program in PROGRAMS.items():
        pair.town.machine.write(f"/usr/local/sbin/{name}", LAST_WORD % program, 0o755)
    yield lambda number: pair.run(*(["rm", "-f", "/run/walk"] if number is None else ["tee", "/run/walk"]),
                                  stdin=f"{number}\n")
    pair.run("rm", "-f", "/run/walk", *(f"/usr/local/sbin/{name}" for name in PROGRAMS))


def killed(pair, verb):
    return pair.run("mailctl", "--yes", verb, "--config-directory", FOLDER, status=None).returncode != 0


@pytest.mark.seconds(400)
def test_killed_between_words(pair, words):
    """The mount and what hangs on it: the next attach undoes and does it anew, the next detach finishes."""
    if os.environ["GP_RELEASE"] != "13":
        pytest.skip("Debian 13 runs it")
    before = pair.files()
    for number in range(20):
        words(number)
        is_killed = [killed(pair, "attach")]
        words(None)
        pair.attach()
        assert pair.is_mounted() and pair.dovecot_has_queue()
        words(number)
        is_killed += [killed(pair, "detach")]
        words(None)
        pair.detach()
        assert pair.files() == before
        assert not pair.is_mounted() and not pair.dovecot_has_queue()
        assert pair.run("systemctl", "is-enabled", MOUNT, status=None).returncode != 0
        if not any(is_killed):
            break
    assert 3 <= number < 19


def test_all_out(pair):
    """Detach without more words takes both out."""
    pair.attach()
    pair.mailctl("--yes", "detach")
    assert not pair.is_mounted()
    left = pair.run("grep", "-rl", "gatepost", "/etc/postfix", FOLDER, "/etc/dovecot", status=1).stdout
    assert left == ""
    assert not [line for line in pair.files() if MOUNT in line]
