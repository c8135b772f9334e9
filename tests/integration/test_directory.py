# SPDX-License-Identifier: MIT
"""What the directory says of users and domains, as Dovecot, Postfix and mail show it."""

import json
import smtplib
import time

import pytest

from ground import check, mail
from ground.scene import ALICE, BOB, FORGER
from ground.waiting import wait_until

TWIN = "twin.example"
NOBODY = "eve@nowhere.example"


@pytest.fixture(name="gatepost")
def fixture_gatepost(scene):
    """The receiver's, with bob as he was afterwards."""
    gatepost = scene.net.gatepost
    yield gatepost
    gatepost.mailctl("user", "set", BOB[0], "--protocols", "all", "--permit-password", "--no-forward")
    gatepost.mailctl("app-password", "revoke", BOB[0], "--all")


def make(gatepost, label, *options):
    return gatepost.mailctl("app-password", "add", BOB[0], "--label", label, *options).strip()


def letter_to(scene, recipient, subject="To the directory"):
    """From somewhere else; returns its Message-ID."""
    message = mail.letter(NOBODY, recipient, subject)
    mail.deliver(scene.net.machine, FORGER, "nowhere.example", NOBODY, recipient, message)
    return mail.message_id(message)


def refusal(scene, recipient):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        letter_to(scene, recipient)
    return next(iter(caught.value.recipients.values()))


def test_app_password(scene, gatepost):
    secret = make(gatepost, "phone")
    assert check.imap_login(scene.net.machine, BOB[0], secret).kind == "ok"
    assert check.imap_login(scene.net.machine, BOB[0], secret.upper().replace("-", "")).kind == "ok"
    assert check.smtp_login(scene.net.machine, BOB[0], secret).kind == "ok"
    assert check.imap_login(scene.net.machine, *BOB).kind == "ok"
    used = gatepost.mailctl_json("app-password", "list", BOB[0])[0]
    assert used["last_used"], used
    assert f"app_password={used['id']} label=phone result=ok" in gatepost.authd.log()
    assert secret not in gatepost.authd.log()
    gatepost.mailctl("app-password", "revoke", BOB[0], "phone")
    assert check.imap_login(scene.net.machine, BOB[0], secret).kind == "refused"


def test_app_password_is_bound(scene, gatepost):
    by_smtp = make(gatepost, "printer", "--protocols", "submission")
    elsewhere = make(gatepost, "office", "--network", "203.0.113.0/24")
    assert check.smtp_login(scene.net.machine, BOB[0], by_smtp).kind == "ok"
    assert check.imap_login(scene.net.machine, BOB[0], by_smtp).kind == "refused"
    assert check.imap_login(scene.net.machine, BOB[0], elsewhere).kind == "refused"
    assert "label=printer result=mismatch reason=protocol" in gatepost.authd.log()
    assert "label=office result=mismatch reason=network" in gatepost.authd.log()


def test_app_passwords_required(scene, gatepost):
    secret = make(gatepost, "phone")
    gatepost.mailctl("user", "set", BOB[0], "--require-app-passwords")
    assert check.imap_login(scene.net.machine, *BOB).kind == "refused"
    assert check.smtp_login(scene.net.machine, *BOB).kind == "refused"
    assert check.imap_login(scene.net.machine, BOB[0], secret).kind == "ok"


def test_protocols(scene, gatepost):
    secret = make(gatepost, "phone")
    gatepost.mailctl("user", "set", BOB[0], "--protocols", "submission")
    assert check.imap_login(scene.net.machine, *BOB).kind == "refused"
    assert check.imap_login(scene.net.machine, BOB[0], secret).kind == "refused"
    assert check.smtp_login(scene.net.machine, *BOB).kind == "ok"
    mail_id = letter_to(scene, BOB[0], "Mail comes all the same")
    gatepost.mailctl("user", "set", BOB[0], "--protocols", "all")
    mail.await_message(scene.net.machine, *BOB, mail_id)


def test_forward_with_a_copy(scene, gatepost):
    gatepost.mailctl("user", "set", BOB[0], "--forward-to", ALICE[0])
    gatepost.mailctl("alias", "add", "to-bob@example.net", BOB[0])
    try:
        for recipient in (BOB[0], "bob+shop@example.net", "to-bob@example.net"):
            mail_id = letter_to(scene, recipient, f"Both read what is for {recipient}")
            mail.await_message(scene.net.machine, *BOB, mail_id)
            mail.await_message(scene.org.machine, *ALICE, mail_id)
    finally:
        gatepost.mailctl("alias", "delete", "to-bob@example.net", "--yes")


def test_forward_without_a_copy(scene, gatepost):
    gatepost.mailctl("user", "set", BOB[0], "--forward-to", ALICE[0], "--no-copy")
    away = letter_to(scene, BOB[0], "For alice alone")
    mail.await_message(scene.org.machine, *ALICE, away)
    gatepost.mailctl("user", "set", BOB[0], "--no-forward")
    here = letter_to(scene, BOB[0], "For bob")
    mail.await_message(scene.net.machine, *BOB, here)
    client = mail.mailbox(scene.net.machine, *BOB)
    assert mail.fetch(client, "INBOX", away) is None
    client.logout()


@pytest.fixture(name="twin")
def fixture_twin(scene, gatepost):
    """Postfix takes our domains from the file that mailctl writes."""
    gatepost.mailctl("upgrade")
    gatepost.mailctl("domain", "add", TWIN)
    gatepost.mailctl("domain", "set", TWIN, "--alias-of", "example.net")
    scene.net.postfix.settings("virtual_mailbox_domains = hash:/var/lib/gatepost/postfix/domains")
    scene.net.postfix.reload()
    yield TWIN
    scene.net.postfix.settings(f"virtual_mailbox_domains = {scene.net.domain}")
    scene.net.postfix.reload()
    gatepost.mailctl("domain", "delete", TWIN, "--yes")


def test_another_name_for_a_domain(scene, gatepost, twin):
    for recipient in (f"bob@{twin}", f"BOB+shop@{twin.upper()}"):
        mail.await_message(scene.net.machine, *BOB, letter_to(scene, recipient))
    code, text = refusal(scene, f"nobody@{twin}")
    assert code == 550 and b"5.1.1" in text, (code, text)
    gatepost.mailctl("domain", "set", twin, "--disable")
    code, text = refusal(scene, f"bob@{twin}")
    assert code in (454, 554, 550), (code, text)


def end_soon(gatepost, alias):
    """Returns when it has ended."""
    end = int(time.time()) + 3
    said = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
    gatepost.mailctl("alias", "set", alias, "--expires", said)
    wait_until(lambda: time.time() > end, f"{alias} to end")


def test_an_alias_ends(scene, gatepost):
    gatepost.mailctl("alias", "add", "fair@example.net", BOB[0], "--expires", "1h")
    try:
        mail.await_message(scene.net.machine, *BOB, letter_to(scene, "fair@example.net"))
        end_soon(gatepost, "fair@example.net")
        code, text = refusal(scene, "fair@example.net")
        assert code == 550 and b"5.1.1" in text, (code, text)
    finally:
        gatepost.mailctl("alias", "delete", "fair@example.net", "--yes")


def test_an_alias_ends_to_which_the_catch_all_leads(scene, gatepost):
    """Nobody is in a circle then: Postfix would take no mail for any of them."""
    aliases = {"fair@example.net": [BOB[0]], "door@example.net": ["fair@example.net", BOB[0]],
               "@example.net": ["door@example.net"]}
    for alias, targets in aliases.items():
        gatepost.mailctl("alias", "add", alias, *targets)
    try:
        end_soon(gatepost, "fair@example.net")
        for recipient in ("door@example.net", "somebody@example.net"):
            mail.await_message(scene.net.machine, *BOB, letter_to(scene, recipient))
        code, text = refusal(scene, "fair@example.net")
        assert code == 550 and b"5.1.1" in text, (code, text)
    finally:
        for alias in reversed(aliases):
            gatepost.mailctl("alias", "delete", alias, "--yes", "--aliases", "delete")


def test_applied(scene, gatepost):
    """What a file declares counts at once, and what was exported says the same."""
    declared = "version: 1\naliases:\n  - {address: crew@example.net, targets: [bob@example.net]}\n"
    gatepost.mailctl("--yes", "apply", "-", stdin=declared)
    try:
        mail.await_message(scene.net.machine, *BOB, letter_to(scene, "crew@example.net"))
        exported = gatepost.mailctl("export")
        assert "crew@example.net" in exported
        assert "as the file says" in gatepost.mailctl("apply", "-", "--prune", stdin=exported)
    finally:
        gatepost.mailctl("alias", "delete", "crew@example.net", "--yes")


def test_applied_with_a_password(scene, gatepost):
    """A user who came with a hash logs in by its password."""
    there = {user["address"]: user for user in gatepost.mailctl_json("export", "--secrets")["users"]}
    declared = {"version": 1, "users": [{"address": "carl@example.net", "password_hash": there[BOB[0]]["password_hash"]}]}
    gatepost.mailctl("--yes", "apply", "-", stdin=json.dumps(declared))
    try:
        assert check.imap_login(scene.net.machine, "carl@example.net", BOB[1]).kind == "ok"
        assert check.imap_login(scene.net.machine, "carl@example.net", "another").kind == "refused"
    finally:
        gatepost.mailctl("user", "delete", "carl@example.net", "--yes")
