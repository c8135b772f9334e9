# SPDX-License-Identifier: MIT
"""Rows for DMARC reports: one for each message that is to be reported, and no mail waits for them."""

import contextlib
import json
import smtplib
import sqlite3
import time

import pytest

from ground import check, mail
from ground.scene import BOB, FORGER
from ground.waiting import wait_until

pytestmark = pytest.mark.usefixtures("transport")
DOMAIN = "reported.example"
SENDER = f"carol@{DOMAIN}"
ZONE = f"""$TTL 300
@ SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60
@ NS ns.invalid.
@ A {FORGER}
@ MX 10 {DOMAIN}.
@ TXT "v=spf1 ip4:{FORGER} -all"
_dmarc TXT "v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@{DOMAIN}"
strict TXT "v=spf1 -all"
"""
DATABASE = "/var/lib/gatepost/seen/seen.db"


@pytest.fixture(scope="module")
def net(scene):
    """The receiver, to whom a domain is known that asks for reports."""
    scene.nameserver.zones[DOMAIN] = ZONE
    scene.nameserver.restart()
    scene.net.gatepost.milter.restart()
    yield scene.net
    del scene.nameserver.zones[DOMAIN]
    scene.nameserver.restart()
    scene.net.gatepost.milter.restart()


def send(site, sender=SENDER):
    """A letter from carol, sent by the host that may."""
    letter = mail.letter(SENDER, BOB[0])
    mail.deliver(site.machine, FORGER, DOMAIN, sender, BOB[0], letter)
    return letter


def ask(site, query):
    with contextlib.closing(sqlite3.connect(site.machine.path(DATABASE), timeout=30)) as database:
        database.row_factory = sqlite3.Row
        return database.execute(query).fetchall()


def count(site):
    return ask(site, "SELECT count(*) FROM seen")[0][0]


def is_made(site):
    """Its file is there before its tables."""
    return site.machine.path(DATABASE).exists() and ask(site, "SELECT 1 FROM sqlite_master WHERE name = 'seen'")


def await_rows(site, wanted):
    wait_until(lambda: count(site) == wanted, f"{wanted} rows for reports (there are {count(site)})", 90)


@contextlib.contextmanager
def locked(site):
    """Another program holds the database."""
    database = sqlite3.connect(site.machine.path(DATABASE), isolation_level=None, timeout=30)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.close()


def log_since(site, start):
    return site.gatepost.milter.log()[start:]


def test_message_has_a_row(net):
    before, start = count(net), time.time()
    letter = send(net)
    got = mail.await_message(net.machine, *BOB, mail.message_id(letter))
    assert check.results_on_top(got, "mail.example.net")["dmarc"] == "pass"
    await_rows(net, before + 1)
    row = dict(ask(net, "SELECT * FROM seen ORDER BY id DESC LIMIT 1")[0])
    assert start - 2 <= row.pop("at") <= time.time() + 2
    assert f"{row.pop('queue_id')}: client=" in net.gatepost.milter.log()
    row.pop("id")
    assert row == {
        "source_ip": FORGER, "header_from": DOMAIN, "envelope_from": DOMAIN, "envelope_to": "example.net",
        "domain": DOMAIN, "organizational_domain": DOMAIN, "discovery_method": "treewalk",
        "p": "reject", "sp": "reject", "np": "reject", "fo": "0", "adkim": "s", "aspf": "r", "testing": "n",
        "rua": f"mailto:dmarc@{DOMAIN}",
        "disposition": "pass", "dkim_aligned": "fail", "spf_aligned": "pass", "reason": "", "comment": "",
        "spf_domain": DOMAIN, "spf_scope": "mfrom", "spf_result": "pass", "spf_human_result": "", "dkim": ""}


def test_refused_message_has_a_row(net):
    before = count(net)
    net.configure(more="dmarc { on_reject = reject }\n")
    net.gatepost.milter.reload()
    try:
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            send(net, f"carol@strict.{DOMAIN}")
        assert refusal.value.smtp_code == 550, refusal
        await_rows(net, before + 1)
    finally:
        net.configure()
        net.gatepost.milter.reload()
    row = ask(net, "SELECT * FROM seen ORDER BY id DESC LIMIT 1")[0]
    assert (row["disposition"], row["dkim_aligned"], row["spf_aligned"], row["spf_result"], row["reason"]) == \
        ("reject", "fail", "fail", "fail", "")


def test_our_own_mail_has_none(scene, net):
    """A login's mail is not judged, though its domain may ask for reports."""
    before = count(net)
    assert check.try_to_send(net.machine, *BOB, BOB[0], mail.letter(BOB[0], BOB[0])) is None
    send(net)
    await_rows(net, before + 1)


def test_stop_writes_what_is_left(net):
    before = count(net)
    for _ in range(3):
        send(net)
    assert net.gatepost.milter.stop() == 0
    try:
        assert count(net) == before + 3
    finally:
        net.gatepost.milter.start()


def test_kill_forgets_the_last_second_alone(net):
    """Letters come in until the daemon is killed; those of a second before and earlier are known."""
    before, accepted = count(net), []
    while not accepted or accepted[-1] < accepted[0] + 2:
        send(net)
        accepted.append(time.monotonic())
    killed = time.monotonic()
    net.gatepost.milter.kill()
    try:
        known = count(net) - before
        assert len([at for at in accepted if at < killed - 1]) <= known <= len(accepted)
        assert ask(net, "PRAGMA integrity_check")[0][0] == "ok"
    finally:
        net.gatepost.milter.start()
    send(net)
    await_rows(net, before + known + 1)


def test_locked_database_holds_no_mail(net):
    """The rows wait meanwhile, and over a reload; then they are all there."""
    before, start = count(net), len(net.gatepost.milter.log())
    with locked(net):
        letters = [send(net) for _ in range(3)]
        for letter in letters:
            mail.await_message(net.machine, *BOB, mail.message_id(letter))
        wait_until(lambda: "rows for DMARC reports wait in memory" in log_since(net, start), "a line in the log")
        net.gatepost.milter.reload()
        letters.append(send(net))
        assert count(net) == before
    await_rows(net, before + 4)
    log = log_since(net, start)
    assert "seen.db: locked" in log and "are written again" in log and " dropped: " not in log
    assert log.count("wait in memory") == 1


def test_missing_database_holds_no_mail(net):
    """Nor does it keep the daemon from starting. What comes meanwhile is there in the end."""
    milter, before = net.gatepost.milter, count(net)
    folder = net.machine.path(DATABASE).parent
    aside = folder.with_name("seen.aside")
    start = len(milter.log())
    folder.rename(aside)
    try:
        milter.restart()
        mail.await_message(net.machine, *BOB, mail.message_id(send(net)))
        wait_until(lambda: "wait in memory" in log_since(net, start), "a line in the log")
        assert "mailctl init" in log_since(net, start)
    finally:
        aside.rename(folder)
    await_rows(net, before + 1)
    assert "are written again" in log_since(net, start)


def test_removed_database_is_made_anew(net):
    for left in net.machine.path(DATABASE).parent.glob("seen.db*"):
        left.unlink()
    send(net)
    wait_until(lambda: is_made(net), "the database", 90)
    await_rows(net, 1)
    net.gatepost.mailctl("init")
    found = json.loads(net.machine.run("mailctl", "--json", "status", status=None).stdout)["checks"]
    assert [row["state"] for row in found if row["check"] == "databases.seen" or
            (row.get("group"), row["check"]) == ("databases", "seen")] == ["ok"], found


def test_no_rows_are_kept(net):
    send(net)
    wait_until(lambda: count(net) > 0, "a row", 90)
    net.configure(more="dmarc { report_days = 0 }\n")
    net.gatepost.milter.reload()
    try:
        await_rows(net, 0)
        mail.await_message(net.machine, *BOB, mail.message_id(send(net)))
    finally:
        net.configure()
        net.gatepost.milter.reload()
    send(net)
    await_rows(net, 1)
