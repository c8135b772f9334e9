# SPDX-License-Identifier: MIT
"""Found, absent and failed stay three things, all the way to IMAP, SMTP and LMTP."""

import pytest

from ground import check, mail
from ground.scene import ALICE, BOB


@pytest.mark.parametrize("case, user, password, kind", [
    ("right", *BOB, "ok"),
    ("wrong password", BOB[0], "wrong", "refused"),
    ("empty password", BOB[0], " ", "refused"),
    ("long password", BOB[0], "x" * 2000, "refused"),
    ("unknown user", "nobody@example.net", BOB[1], "refused"),
    ("unknown domain", "bob@example.com", BOB[1], "refused"),
    ("upper case", "BOB@Example.NET", BOB[1], "ok"),
])
def test_imap(scene, case, user, password, kind):
    outcome = check.imap_login(scene.net.machine, user, password)
    assert outcome.kind == kind, f"{case}: {outcome}"


@pytest.mark.parametrize("case, user, password, kind", [
    ("right", *ALICE, "ok"),
    ("wrong password", ALICE[0], "wrong", "refused"),
    ("unknown user", "nobody@example.org", ALICE[1], "refused"),
])
def test_smtp(scene, case, user, password, kind):
    outcome = check.smtp_login(scene.org.machine, user, password)
    assert outcome.kind == kind, f"{case}: {outcome}"


def test_authd_down_is_temporary(scene):
    scene.net.gatepost.authd.stop()
    scene.org.gatepost.authd.stop()
    try:
        assert check.imap_login(scene.net.machine, *BOB).kind == "temporary"
        assert check.imap_login(scene.net.machine, BOB[0], "wrong").kind == "temporary"
        assert check.smtp_login(scene.org.machine, *ALICE).kind == "temporary"
    finally:
        scene.org.gatepost.authd.start()
        scene.net.gatepost.authd.start()
    assert check.imap_login(scene.net.machine, *BOB).kind == "ok"


def test_mail_waits_for_authd(scene):
    scene.net.gatepost.authd.stop()
    letter = mail.letter(ALICE[0], BOB[0], "Patience")
    try:
        mail.submit(scene.org.machine, *ALICE, BOB[0], letter)
        check.waits_in_queue(scene.org, mail.message_id(letter))
    finally:
        scene.net.gatepost.authd.start()
    scene.org.postfix.flush()
    mail.await_message(scene.net.machine, *BOB, mail.message_id(letter))


def test_password_change_counts_at_once(scene):
    scene.net.gatepost.mailctl("user", "passwd", BOB[0], "--password-stdin", stdin="quite another one\n")
    try:
        assert check.imap_login(scene.net.machine, *BOB).kind == "refused"
        assert check.imap_login(scene.net.machine, BOB[0], "quite another one").kind == "ok"
    finally:
        scene.net.gatepost.mailctl("user", "passwd", BOB[0], "--password-stdin", stdin=BOB[1] + "\n")
    assert check.imap_login(scene.net.machine, *BOB).kind == "ok"


def test_many_logins_at_once(scene):
    """More than the hashing workers: each gets an answer, and the right one."""
    import concurrent.futures as futures
    with futures.ThreadPoolExecutor(12) as pool:
        right = [pool.submit(check.imap_login, scene.net.machine, *BOB) for _ in range(12)]
        wrong = [pool.submit(check.imap_login, scene.net.machine, BOB[0], "wrong") for _ in range(12)]
    assert {f.result().kind for f in right} == {"ok"}
    assert {f.result().kind for f in wrong} == {"refused"}


def test_system_users_stay(scene):
    """Names without a domain are asked of the system as before."""
    machine = scene.net.machine
    machine.run("useradd", "--create-home", "sysuser")
    machine.run("chpasswd", stdin="sysuser:system password\n")
    machine.run("doveadm", "auth", "test", "sysuser", "system password")


def test_doveadm_sees_users(scene):
    listing = scene.net.machine.run("doveadm", "user", "*@*").stdout.split()
    assert BOB[0] in listing
    fields = scene.net.machine.run("doveadm", "user", BOB[0]).stdout
    assert "/var/vmail/example.net/bob" in fields
    assert scene.net.machine.run("doveadm", "user", "nobody@example.net", status=None).returncode == 67


def test_quota_reaches_dovecot(scene):
    scene.net.gatepost.mailctl("user", "add", "small@example.net", "--quota", "2M", "--password-stdin",
                               stdin="a box of its own\n")
    try:
        table = scene.net.machine.run("doveadm", "quota", "get", "-u", "small@example.net").stdout
        storage = next(line for line in table.splitlines() if "STORAGE" in line).split()
        assert "2048" in storage, table
    finally:
        scene.net.gatepost.mailctl("user", "delete", "small@example.net", "-y")
