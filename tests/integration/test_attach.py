# SPDX-License-Identifier: MIT
"""mailctl attach and detach on an untouched Debian: the Postfix part."""

import itertools
import json
import os
import struct

import pytest

from ground.fresh import ADDRESS, Fresh, differences, standing
from ground.waiting import wait_until

MAIN = "/etc/postfix/main.cf"
MASTER = "/etc/postfix/master.cf"


@pytest.fixture(scope="module")
def fresh():
    """A machine with Postfix as the installer left it; the daemons and Postfix run."""
    with standing(Fresh("fresh")) as stage:
        yield stage


@pytest.fixture
def attached(fresh):
    before = fresh.snapshot()
    fresh.mailctl("-y", "attach", "postfix")
    yield fresh
    fresh.mailctl("-y", "detach", "postfix")
    assert differences(before, fresh.snapshot()) == []


def test_dry_run_changes_nothing(fresh):
    before = fresh.snapshot()
    shown = fresh.mailctl("--dry-run", "attach", "postfix")
    assert "+smtpd_milters = $gatepost_milter" in shown
    assert "+submission inet" in shown
    assert " example.org stood in mydestination" in shown
    assert "example.org, example.org" not in shown
    plan = json.loads(fresh.machine.run("mailctl", "--json", "-n", "attach", "postfix").stdout)
    assert not plan["done"]
    assert {file["path"] for file in plan["plans"][0]["files"]} == {MAIN, MASTER}
    assert differences(before, fresh.snapshot()) == []


def test_there_and_back(fresh):
    before = fresh.snapshot()
    said = fresh.mailctl("-y", "attach", "postfix")
    assert "seen: a session on port 25 with our milter" in said
    assert "not tried on port 465: TLS, a login and a message: Dovecot does not answer at private/auth" in said
    assert differences(before, fresh.snapshot()) == [MAIN, MASTER]
    assert "attached already" in fresh.mailctl("-y", "attach", "postfix")
    fresh.mailctl("-y", "detach", "postfix")
    assert differences(before, fresh.snapshot()) == []
    assert fresh.machine.run("postfix", "check").stderr == ""
    assert "not attached" in fresh.mailctl("-y", "detach", "postfix")


def test_detach_shows_and_asks(attached):
    """What attach brought goes, as the diff says; without an answer nothing does."""
    machine = attached.machine
    before = attached.snapshot()
    shown = attached.mailctl("-n", "detach", "postfix")
    assert "-smtpd_milters = $gatepost_milter" in shown
    assert "+++ /etc/postfix/master.cf" in shown
    plan = json.loads(machine.run("mailctl", "--json", "-n", "detach", "postfix").stdout)
    assert {file["path"] for file in plan["plans"][0]["files"]} == {MAIN, MASTER} and not plan["done"]
    asked = machine.run("mailctl", "detach", "postfix", status=64)
    assert "-smtpd_milters = $gatepost_milter" in asked.stdout and "--yes" in asked.stderr
    assert differences(before, attached.snapshot()) == []


def test_marks_of_files(fresh):
    """Access control lists and what else hangs on a file stay, and a hard link is named."""
    machine = fresh.machine
    path, copy = machine.path(MAIN), machine.path("/etc/postfix/copy.cf")
    # As the kernel takes it: owner, the user 4711, group, mask, others.
    entries = [(0x01, 6, -1), (0x02, 4, 4711), (0x04, 4, -1), (0x10, 4, -1), (0x20, 4, -1)]
    marks = {"user.comment": b"ours",
             "system.posix_acl_access": struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *e) for e in entries)}
    for name, value in marks.items():
        os.setxattr(path, name, value)
    copy.hardlink_to(path)
    before = fresh.snapshot()
    try:
        said = fresh.mailctl("-y", "attach", "postfix")
        assert "/etc/postfix/main.cf has 2 names (hard links)" in said
        assert {name: os.getxattr(path, name) for name in marks} == marks
        assert "gatepost" not in copy.read_text()
        fresh.mailctl("-y", "detach", "postfix")
        assert {name: os.getxattr(path, name) for name in marks} == marks
        assert differences(before, fresh.snapshot()) == []
    finally:
        copy.unlink()
        for name in marks:
            os.removexattr(path, name)


def test_mail_of_the_system(attached):
    """Mail to root and to an account's old address stays; ours goes to Dovecot."""
    attached.send("root", "for root")
    attached.send("bob@example.org", "for bob")
    attached.send("alice@example.org", "for alice")
    for subject in ("for root", "for bob"):
        attached.await_letter("bob", subject)
    attached.await_log("to=<alice@example.org>, relay=none", "private/dovecot-lmtp")
    assert attached.recipient("stranger@example.org") == 550
    assert attached.recipient("alice@example.org") == 250
    assert attached.recipient("bob@example.org") == 250


def owner_of(fresh, sender):
    """The login that smtpd_sender_login_maps gives: the first table that knows the address, as in Postfix."""
    maps = fresh.machine.run("postconf", "-hx", "smtpd_sender_login_maps").stdout.strip()
    asked = fresh.machine.run("env", "-C", "/var/spool/postfix", "postmap", "-q", sender,
                              f"unionmap:{{{maps}}}", status=None)
    return asked.stdout.strip().split(",")[0]


def test_senders_of_the_system(attached):
    """An account may send under the address that it had and keeps; ours come first."""
    table = attached.machine.run("postconf", "-hx", "gatepost_system_senders").stdout
    for domain in ("example.org", "mail.example.org", "localhost"):
        pattern = domain.replace(".", "\\.")
        assert table.replace("(", "|").replace(")", "|").count(f"|{pattern}|") == 1, table
    for sender, owner in (("bob@example.org", "bob"), ("bob+tag@Example.ORG", "bob"),
                          ("alice@example.org", "alice@example.org"), ("bob@example.net", "")):
        assert owner_of(attached, sender) == owner


def test_accounts_that_lose_their_addresses(attached):
    """What takes all of a domain takes bob's address, too, until he is a user: said, and so it is."""
    bob, whole = "bob@example.org", "@example.org"
    said = attached.mailctl("alias", "add", whole, "alice@example.org")
    try:
        assert "get no more mail at example.org: bob; make them users first" in said, said
        asked = attached.machine.run("env", "-C", "/var/spool/postfix", "postmap", "-q", bob, "unionmap:{%s}" % (
            attached.machine.run("postconf", "-hx", "virtual_alias_maps").stdout.strip()))
        assert asked.stdout.startswith("alice@example.org"), asked.stdout
    finally:
        attached.mailctl("-y", "alias", "delete", whole)
    assert owner_of(attached, bob) == "bob"
    assert "warning" not in attached.mailctl("send-as", "add", "alice@example.org", whole, "--on-behalf")
    attached.mailctl("send-as", "delete", "alice@example.org", whole)
    said = attached.mailctl("send-as", "add", "alice@example.org", whole)
    try:
        assert "may no longer send as one at example.org: bob; make them users first" in said, said
        assert owner_of(attached, bob) == "alice@example.org"
    finally:
        attached.mailctl("send-as", "delete", "alice@example.org", whole)
    attached.mailctl("user", "add", bob, "--no-password")
    try:
        assert "accounts" not in attached.mailctl("alias", "add", whole, "alice@example.org")
    finally:
        attached.mailctl("-y", "alias", "delete", whole)
        attached.mailctl("-y", "user", "delete", bob)


def test_a_domain_that_comes_later(attached):
    """It stands in mydestination (the installer wrote it there): named, and mended by the command named."""
    late = "mail.example.org"
    added = attached.machine.run("mailctl", "--json", "domain", "add", late)
    try:
        warnings = json.loads(added.stdout)["warnings"]
        assert len(warnings) == 1
        assert f"{late} stands in mydestination (/etc/postfix)" in warnings[0]
        assert warnings[0] in added.stderr
        mend = "mailctl detach postfix; mailctl attach postfix"
        assert mend in warnings[0]
        found = json.loads(attached.machine.run("mailctl", "--json", "status", status=None).stdout)["checks"]
        rows = [row for row in found if (row["group"], row["check"]) == ("postfix", "mydestination")]
        assert [(row["state"], row["mend"]) for row in rows] == [("error", mend)]
        said = attached.mailctl("-y", "attach", "postfix")
        assert "attached already" in said and warnings[0] in said
        attached.machine.run("sh", "-c", mend.replace("mailctl", "mailctl -y"))
        found = json.loads(attached.machine.run("mailctl", "--json", "status", status=None).stdout)["checks"]
        assert [row["state"] for row in found if row["check"] == "mydestination"] == ["ok"]
        assert attached.mailctl("domain", "add", "--if-missing", late).count("mydestination") == 0
        assert attached.recipient(f"nobody-there@{late}") == 550
    finally:
        attached.mailctl("-y", "domain", "delete", late)
        attached.mailctl("-y", "detach", "postfix")
        attached.mailctl("-y", "attach", "postfix")


@pytest.mark.parametrize("table, content", [
    ("hash:/etc/postfix/local-domains", "later.example here\n"),
    ("/etc/postfix/local-domains", "# ours\nlater.example\n"),
])
def test_a_domain_in_a_table(fresh, table, content):
    """mydestination reads it there: named before attach, and named when it comes later."""
    machine = fresh.machine
    main = machine.read(MAIN)
    machine.write("/etc/postfix/local-domains", content)
    machine.run("postmap", "hash:/etc/postfix/local-domains")
    machine.run("postconf", "-e", f"mydestination = $myhostname, localhost, {table}")
    where = f"later.example stands in {table}, which is read by mydestination (/etc/postfix)"
    try:
        fresh.mailctl("-y", "attach", "postfix")
        assert where in fresh.mailctl("domain", "add", "later.example")
        assert where in fresh.mailctl("-y", "attach", "postfix")
        found = json.loads(machine.run("mailctl", "--json", "status", status=None).stdout)["checks"]
        row, = [row for row in found if row["check"] == "mydestination"]
        assert row["state"] == "error" and f"stands in {table}" in row["finding"], row
        fresh.mailctl("-y", "detach", "postfix")
        said = fresh.mailctl("-y", "attach", "postfix", status=78)
        assert f"mydestination holds later.example in {table}: take it out there first" in said
        machine.run("rm", "/etc/postfix/local-domains", "/etc/postfix/local-domains.db")
        assert "is not known: it reads" in fresh.mailctl("-n", "attach", "postfix")
    finally:
        fresh.mailctl("-y", "detach", "postfix")
        fresh.mailctl("-y", "domain", "delete", "later.example", status=None)
        machine.run("rm", "-f", "/etc/postfix/local-domains", "/etc/postfix/local-domains.db")
        machine.write(MAIN, main)
        fresh.postfix.reload()


@pytest.fixture(name="primary")
def fixture_primary(attached):
    """The host that has the mailboxes of relay.example; what it takes goes to a file."""
    machine = attached.machine
    folder = machine.path("/tmp/primary")
    folder.mkdir()
    folder.chmod(0o777)
    sink = machine.spawn(["smtp-sink", "-u", "nobody", "-d", "/tmp/primary/letter.", "127.0.0.1:2525", "10"],
                         "/tmp/primary.log")
    try:
        attached.mailctl("domain", "add", "--relay", "relay.example")
        attached.mailctl("domain", "set", "relay.example", "--transport", "relay:[127.0.0.1]:2525")
        yield folder
    finally:
        sink.kill()
        sink.wait()
        attached.mailctl("-y", "domain", "delete", "relay.example", "--with-content")
        machine.run("rm", "-r", "/tmp/primary")


def test_relay(attached, primary):
    """A backup MX: strangers reach every address in the domain, and none beside it."""
    numbers = itertools.count()
    wait_until(lambda: attached.recipient(f"somebody{next(numbers)}@relay.example", host=ADDRESS) == 250,
               "Postfix to know the domain")
    for refused in ("x@sub.relay.example", "x@elsewhere.example", "stranger@example.org"):
        assert attached.recipient(refused, host=ADDRESS) in (454, 550, 554), refused
    attached.send("joe@relay.example", "to be handed on")
    wait_until(lambda: any("to be handed on" in path.read_text() for path in primary.iterdir()), "the letter",
               said=attached.log)
    attached.mailctl("alias", "add", "bob@relay.example", "bob@mail.example.org")
    attached.send("bob@relay.example", "by an alias")
    attached.await_letter("bob", "by an alias")
    attached.mailctl("relay-recipient", "add", "joe@relay.example")
    for known in ("joe@relay.example", "joe+x@relay.example", "bob@relay.example", "postmaster@relay.example"):
        assert attached.recipient(known, host=ADDRESS) == 250, known
    assert attached.recipient(f"stranger{next(numbers)}@relay.example", host=ADDRESS) == 550
    attached.mailctl("relay-recipient", "delete", "joe@relay.example")
    found = json.loads(attached.machine.run("mailctl", "--json", "status", status=None).stdout)["checks"]
    assert [row["state"] for row in found if row["check"] == "relays"] == ["ok"]
    attached.machine.run("postconf", "-e", "relay_domains =")
    found = json.loads(attached.machine.run("mailctl", "--json", "status", status=None).stdout)["checks"]
    row, = [row for row in found if row["check"] == "relays"]
    assert (row["state"], row["mend"]) == ("error", "mailctl attach postfix")
    attached.mailctl("-y", "attach", "postfix")
    assert attached.recipient("another@relay.example", host=ADDRESS) == 250
    attached.mailctl("-y", "detach", "postfix")  # what was set by hand stays
    attached.machine.run("postconf", "-X", "relay_domains")


def test_relayhost(attached, primary):
    """By hand: what one sender sends elsewhere goes to a host of its own."""
    machine, sender = attached.machine, f"alice@{attached.domain}"
    table = "socketmap:unix:gatepost/lookup:sender-transports"
    attached.mailctl("relayhost", "set", f"@{attached.domain}", "[127.0.0.1]:2525")
    machine.run("postconf", "-e", f"sender_dependent_default_transport_maps = {table}")
    try:
        attached.postfix.reload()
        attached.send("joe@elsewhere.example", "by the host of the sender", sender=sender)
        wait_until(lambda: any("by the host of the sender" in path.read_text() for path in primary.iterdir()),
                   "the letter", said=attached.log)
    finally:
        attached.mailctl("relayhost", "delete", f"@{attached.domain}")
        machine.run("postconf", "-X", "sender_dependent_default_transport_maps")
        attached.postfix.reload()


def test_authd_is_down(attached):
    """Our addresses wait; the system's mail and other domains go on."""
    attached.gatepost.authd.stop()
    try:
        assert attached.recipient("alice@example.org") == 451
        attached.send("root", "while down")
        attached.await_letter("bob", "while down")
        attached.send("somebody@example.net", "abroad")
        attached.await_log("to=<somebody@example.net>", "status=deferred")
    finally:
        attached.gatepost.authd.start()
    wait_until(lambda: attached.recipient("alice@example.org") == 250, "lookups again")


@pytest.mark.seconds(300)
def test_many_domains(attached):
    """A hundred thousand domains cost a message nothing to speak of."""
    database = "/var/lib/gatepost/directory/directory.db"
    rows = ("insert into domain (name, enabled, created) "
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) "
            "select 'd' || i || '.example', 1, 0 from n")
    attached.machine.run("sqlite3", database, rows)
    try:
        attached.mailctl("upgrade")
        # Postfix looks for a new index every ten seconds.
        # A process that has asked about an address keeps the answer: each time another one.
        numbers = itertools.count()
        wait_until(lambda: attached.recipient(f"stranger{next(numbers)}@d99999.example") == 550, "the new domains")
        assert attached.recipient("stranger@example.org") == 550
        attached.gatepost.authd.stop()
        try:
            assert attached.recipient("stranger@d77777.example") == 451
            attached.send("root", "among many")
            attached.await_letter("bob", "among many")
        finally:
            attached.gatepost.authd.start()
    finally:
        attached.machine.run("sqlite3", database, "delete from domain where name like 'd%.example'")
        attached.mailctl("upgrade")


def test_failed_proof(fresh):
    """Where the proof fails, it is named, and all is as before."""
    before = fresh.snapshot()
    socket = fresh.machine.path("/var/spool/postfix/gatepost/policy")
    aside = socket.rename(socket.with_name("aside"))
    try:
        said = fresh.mailctl("-y", "attach", "postfix", status=69)
    finally:
        aside.rename(socket)
    assert "gatepost-policyd's answer failed" in said
    assert "everything is as it was" in said
    assert differences(before, fresh.snapshot()) == []


def test_a_daemon_is_missing(fresh):
    """Without systemd it is named; the files can be changed all the same."""
    before = fresh.snapshot()
    fresh.gatepost.policyd.stop()
    try:
        assert "gatepost-policyd does not run" in fresh.mailctl("-y", "attach", "postfix", status=78)
        fresh.mailctl("-y", "attach", "postfix", "--offline")
        fresh.mailctl("-y", "detach", "postfix", "--offline")
    finally:
        fresh.gatepost.policyd.start()
    assert differences(before, fresh.snapshot()) == []


def test_broken_before(fresh):
    """What is broken already is refused."""
    text = fresh.machine.read(MASTER)
    fresh.machine.write(MASTER, text + "broken unix\n")
    try:
        said = fresh.mailctl("-y", "attach", "postfix", status=78)
        assert "not possible" in said
        assert fresh.machine.read(MASTER) == text + "broken unix\n"
    finally:
        fresh.machine.write(MASTER, text)


def test_changes_of_the_operator(fresh):
    """What he changed meanwhile is kept; what he changed of ours is named."""
    before = fresh.snapshot()
    main = fresh.machine.read(MAIN)
    fresh.mailctl("-y", "attach", "postfix")
    fresh.machine.run("postconf", "-e", "message_size_limit = 20480000", "virtual_transport = lmtp:unix:other",
                      "smtpd_milters = $gatepost_milter, inet:localhost:7357", "milter_default_action = accept")
    said = fresh.mailctl("-y", "detach", "postfix", status=1)
    assert 'virtual_transport was changed after attach' in said
    assert 'now "virtual_transport = lmtp:unix:other"' in said
    assert "postfix: detached; " in said.splitlines()[-1]
    left = fresh.machine.read(MAIN)
    assert "message_size_limit = 20480000" in left
    assert "virtual_transport = lmtp:unix:other" in left
    assert "gatepost_policy" not in left
    assert differences(before, fresh.snapshot()) == [MAIN]
    fresh.machine.write(MAIN, main)
    fresh.postfix.reload()


def test_ipv6_only(fresh):
    fresh.machine.run("postconf", "-e", "inet_protocols = ipv6")
    fresh.restart_postfix()
    try:
        before = fresh.snapshot()
        assert "seen: a session on port 25" in fresh.mailctl("-y", "attach", "postfix")
        fresh.mailctl("-y", "detach", "postfix")
        assert differences(before, fresh.snapshot()) == []
    finally:
        fresh.machine.run("postconf", "-e", "inet_protocols = all")
        fresh.restart_postfix()


def walk(fresh, *command):
    """Kills mailctl at its first rename, its second, and so on; yields after each death."""
    for number in range(1, 100):
        done = fresh.machine.run(
            "env", "ASAN_OPTIONS=detect_leaks=0", "strace", "-o", "/dev/null", "-e",
            f"inject=rename:signal=SIGKILL:when={number}", "mailctl", "-y", *command, "--offline", status=None)
        if done.returncode == 0:
            assert number > 8
            return
        yield number


@pytest.mark.seconds(600)
def test_killed_while_attaching(fresh):
    before = fresh.snapshot()
    for number in walk(fresh, "attach", "postfix"):
        if number % 2:
            fresh.mailctl("-y", "attach", "postfix", "--offline")
            assert "smtpd_milters = $gatepost_milter" in fresh.machine.read(MAIN)
        fresh.mailctl("-y", "detach", "postfix", "--offline")
        assert differences(before, fresh.snapshot()) == [], f"killed at rename {number}"
    fresh.mailctl("-y", "detach", "postfix", "--offline")
    assert differences(before, fresh.snapshot()) == []


@pytest.mark.seconds(600)
def test_killed_while_detaching(fresh):
    before = fresh.snapshot()
    fresh.mailctl("-y", "attach", "postfix", "--offline")
    for number in walk(fresh, "detach", "postfix"):
        fresh.mailctl("-y", "detach", "postfix", "--offline")
        assert differences(before, fresh.snapshot()) == [], f"killed at rename {number}"
        fresh.mailctl("-y", "attach", "postfix", "--offline")
    assert differences(before, fresh.snapshot()) == []
