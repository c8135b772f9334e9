# SPDX-License-Identifier: MIT
"""gatepost-checkpassword in the place of the Lua script: Dovecot 2.3 alone has such a passdb."""

import pytest

from ground import check, guessing, mail
from ground.dovecot import CONTRIB
from ground.scene import ALICE, BOB

CONF = "/etc/dovecot/conf.d/05-gatepost.conf"
# The sanitizers reserve more address space than Dovecot grants to what its auth process runs.
ROOM = "/etc/dovecot/conf.d/98-room.conf"


@pytest.fixture(scope="module")
def site(scene):
    """The receiver, with the other file from contrib."""
    site = scene.net
    if site.dovecot.version != "2.3":
        pytest.skip("Dovecot 2.4 has no checkpassword")
    usual = site.machine.read(CONF)
    site.dovecot.stop()
    site.machine.copy(CONTRIB / "checkpassword/05-gatepost.conf", CONF)
    site.machine.write(ROOM, "service auth {\n  vsz_limit = 0\n}\n")
    site.dovecot.start()
    yield site
    site.dovecot.stop()
    site.machine.write(CONF, usual)
    site.machine.path(ROOM).unlink()
    site.dovecot.start()


@pytest.mark.parametrize("case, user, password, kind", [
    ("right", *BOB, "ok"),
    ("upper case", "BOB@Example.NET", BOB[1], "ok"),
    ("wrong password", BOB[0], "wrong", "refused"),
    ("unknown user", "nobody@example.net", BOB[1], "refused"),
])
def test_imap(site, case, user, password, kind):
    outcome = check.imap_login(site.machine, user, password)
    assert outcome.kind == kind, f"{case}: {outcome}"


def test_lookups(site):
    fields = site.machine.run("doveadm", "user", BOB[0]).stdout
    assert "/var/vmail/example.net/bob" in fields
    assert site.machine.run("doveadm", "user", "nobody@example.net", status=None).returncode == 67


def test_delivery(scene, site):
    letter = mail.letter(ALICE[0], BOB[0], "By checkpassword")
    mail.submit(scene.org.machine, *ALICE, BOB[0], letter)
    mail.await_message(site.machine, *BOB, mail.message_id(letter))


def test_guessers(site):
    """They are told apart by the address that Dovecot hands over."""
    user = ("dora@example.net", "nobody's business")
    site.gatepost.mailctl("user", "add", user[0], "--password-stdin", stdin=user[1] + "\n")
    with guessing.strangers():
        guessing.come_home(site, user)
        guessing.guess_until_refused(site, user)
        guessing.expect_siege(site, user)
    site.gatepost.mailctl("user", "delete", user[0], "-y")


def test_authd_down_is_temporary(site):
    site.machine.run("useradd", "--create-home", "postman")
    site.gatepost.authd.stop()
    try:
        assert check.imap_login(site.machine, *BOB).kind == "temporary"
        assert site.machine.run("doveadm", "user", BOB[0], status=None).returncode == 75
        assert site.machine.run("doveadm", "user", "postman").returncode == 0
    finally:
        site.gatepost.authd.start()
    assert check.imap_login(site.machine, *BOB).kind == "ok"
