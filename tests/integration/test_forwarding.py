# SPDX-License-Identifier: MIT
"""Mail that an alias leads elsewhere: its sender is rewritten, bounces come home, and it is sealed."""

import base64
import hashlib
import hmac
import re
import smtplib
import sqlite3
import time

import dkim
import pytest

from ground import check, mail
from ground.scene import ALICE, BOB, FORGER
from ground.waiting import wait_until

SRS = "srs.example.net"
AWAY = "away@example.net"
REWRITING = f'srs {{ domain = "{SRS}" }}\n'
SEALING = "arc { seal = forwarded }\n"
# As "mailctl attach" writes it.
MAPS = (r'pipemap:{regexp:{{/^("?srs[01][-+=].*@srs\.example\.net)$$/ $$1}},'
        " socketmap:unix:gatepost/lookup:srs}")
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@pytest.fixture(scope="module")
def forwarder(scene, transport):
    """The receiver rewrites; its alias leads back to the sender's server."""
    assert transport
    net = scene.net
    usual = net.machine.run("postconf", "-h", "virtual_alias_maps").stdout.strip()
    net.configure(more=REWRITING)
    scene.nameserver.zones[net.domain] = net.zone()
    scene.nameserver.restart()
    net.gatepost.milter.restart()
    net.gatepost.authd.reload()
    net.postfix.settings(f"virtual_alias_maps = {MAPS}, {usual}\nvirtual_alias_domains = {SRS}")
    net.postfix.reload()
    net.gatepost.mailctl("alias", "add", AWAY, ALICE[0])
    net.gatepost.mailctl("alias", "add", "nowhere@example.net", "nobody@example.org")
    yield net
    for alias in (AWAY, "nowhere@example.net"):
        net.gatepost.mailctl("alias", "delete", alias, "--yes")
    net.postfix.settings(f"virtual_alias_maps = {usual}\nvirtual_alias_domains =")
    net.postfix.reload()
    net.configure()
    net.gatepost.milter.restart()
    net.gatepost.authd.reload()


def returns_to(message):
    return mail.fields(message, "Return-Path")[0].strip("<>")


def forward(scene, message, recipients=(AWAY,), sender=ALICE[0], folder="INBOX"):
    """alice's server hands it over; returns what she reads of it."""
    with smtplib.SMTP(scene.net.address, 25, local_hostname="mail.example.org", timeout=60,
                      source_address=(scene.org.address, 0)) as client:
        client.sendmail(sender, list(recipients), message)
    return mail.await_message(scene.org.machine, *ALICE, mail.message_id(message), folder)


def signed(scene, subject="Signed"):
    letter = mail.letter(ALICE[0], AWAY, subject)
    return scene.org.machine.run("mailctl", "sign", "--domain", "example.org", "-",
                                 stdin=letter).stdout.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def address_of(machine, day_offset=0, local_part="alice"):
    """An SRS address, made here of the newest secret."""
    with sqlite3.connect(f"file:{machine.path('/var/lib/gatepost/srs/srs.db')}?mode=ro", uri=True) as base:
        secret = base.execute("SELECT secret FROM srs_secret ORDER BY id DESC").fetchone()[0]
    day = (int(time.time()) // 86400 + day_offset) % 1024
    stamp = BASE32[day // 32] + BASE32[day % 32]
    digest = hmac.new(secret.encode(), f"{stamp}example.org{local_part}".lower().encode(), hashlib.sha1).digest()
    return f"SRS0={base64.b64encode(digest)[:4].decode()}={stamp}=example.org={local_part}@{SRS}"


def bounce(scene, address, source=FORGER):
    """A bounce from somewhere; returns what alice reads."""
    message = mail.letter("MAILER-DAEMON@elsewhere.example", address, "Undelivered")
    mail.deliver(scene.net.machine, source, "elsewhere.example", "", address, message)
    return mail.await_message(scene.org.machine, *ALICE, mail.message_id(message))


def refusal(scene, address):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        bounce(scene, address)
    return next(iter(caught.value.recipients.values()))


def test_the_sender_is_ours(scene, forwarder):
    got = forward(scene, signed(scene))
    assert re.fullmatch(rf"SRS0=[\w-]{{4}}=[A-Z2-7]{{2}}=example\.org=alice@{re.escape(SRS)}", returns_to(got))
    results = check.results_on_top(got, "mail.example.org")
    assert results["spf"] == "pass" and results["dkim"] == "pass" and results["dmarc"] == "pass"
    assert f"forwarded=<{AWAY}> srs=<{returns_to(got)}>" in forwarder.gatepost.milter.log()
    assert not mail.fields(got, "ARC-Seal")


def test_a_bounce_comes_home(scene, forwarder):
    address = returns_to(forward(scene, signed(scene)))
    bounce(scene, address)
    bounce(scene, address.lower())


def test_our_own_bounce_comes_home(scene, forwarder):
    """The other server refuses, so it is for ours to tell the sender."""
    message = mail.letter(ALICE[0], "nowhere@example.net", "To nobody")
    with smtplib.SMTP(scene.net.address, 25, local_hostname="mail.example.org", timeout=60,
                      source_address=(scene.org.address, 0)) as client:
        client.sendmail(ALICE[0], ["nowhere@example.net"], message)
    client = mail.mailbox(scene.org.machine, *ALICE)
    try:
        wait_until(lambda: client.select("INBOX", readonly=True)[0] == "OK"
                   and client.search(None, "TEXT", f'"{mail.message_id(message)}"')[1][0].split(),
                   "the bounce in alice's mailbox")
    finally:
        client.logout()


@pytest.mark.parametrize("name, change", [
    ("another user", lambda a: a.replace("=alice@", "=mallory@")),
    ("another hash", lambda a: a[:5] + ("aaaa" if a[5:9].lower() != "aaaa" else "bbbb") + a[9:]),
    ("no hash", lambda _: f"SRS0@{SRS}"),
    ("another address of the domain", lambda _: f"postmaster@{SRS}"),
])
def test_forged_addresses_are_refused(scene, forwarder, name, change):
    code, text = refusal(scene, change(address_of(forwarder.machine)))
    assert code == 550 and b"5.1.1" in text, (name, code, text)


def test_days_are_counted(scene, forwarder):
    """Python makes the addresses."""
    bounce(scene, address_of(forwarder.machine))
    bounce(scene, address_of(forwarder.machine, -20))
    code, text = refusal(scene, address_of(forwarder.machine, -23))
    assert code == 550 and b"5.1.1" in text, (code, text)
    assert "is refused: expired" in forwarder.gatepost.authd.log()


def test_rotation(scene, forwarder):
    mailctl = forwarder.gatepost.mailctl
    before = address_of(forwarder.machine)
    mailctl("srs", "rotate")
    secrets = forwarder.gatepost.mailctl_json("srs", "list")
    assert [secret["use"] for secret in secrets] == ["signs"] + ["verifies"] * (len(secrets) - 1)
    assert returns_to(forward(scene, signed(scene))) == address_of(forwarder.machine).replace("+", "-").replace("/", "_")
    bounce(scene, before)
    mailctl("srs", "delete", str(secrets[-1]["id"]))
    assert refusal(scene, before)[0] == 550


def test_what_stays_here_keeps_its_sender(scene, forwarder):
    message = signed(scene)
    mail.deliver(forwarder.machine, scene.org.address, "mail.example.org", ALICE[0], BOB[0], message)
    got = mail.await_message(forwarder.machine, *BOB, mail.message_id(message))
    assert returns_to(got) == ALICE[0]


def test_mixed_recipients(scene, forwarder):
    """A message has one sender: bob sees the rewritten one."""
    message = signed(scene)
    got = forward(scene, message, (BOB[0], AWAY))
    here = mail.await_message(forwarder.machine, *BOB, mail.message_id(message))
    assert returns_to(here) == returns_to(got) and returns_to(got).startswith("SRS0=")


def test_our_own_senders_stay(scene, forwarder):
    message = mail.letter(BOB[0], AWAY, "From bob")
    mail.submit(forwarder.machine, *BOB, AWAY, message)
    got = mail.await_message(scene.org.machine, *ALICE, mail.message_id(message))
    assert returns_to(got) == BOB[0]


def test_the_null_sender_stays(scene, forwarder):
    got = forward(scene, signed(scene, "A bounce to be forwarded"), sender="")
    assert returns_to(got) in ("", "MAILER-DAEMON")


def test_a_program_that_resends(scene, forwarder):
    """As Sieve's redirect does."""
    message = signed(scene)
    forwarder.machine.run("sendmail", "-f", ALICE[0], ALICE[0], stdin=message.replace(b"\r\n", b"\n"))
    got = mail.await_message(scene.org.machine, *ALICE, mail.message_id(message))
    assert returns_to(got).startswith("SRS0=")


def test_odd_senders(scene, forwarder):
    """Over the ordinary length it stays what it is; quotes stay quotes."""
    long = "bounces+" + "x" * 50 + "@example.org"
    assert returns_to(forward(scene, signed(scene), sender=long)) == long
    assert "srs=none(too long)" in forwarder.gatepost.milter.log()
    got = forward(scene, signed(scene), sender='"a b"@example.org')
    assert re.fullmatch(rf'"SRS0=.{{4}}=..=example\.org=a b"@{re.escape(SRS)}', returns_to(got))


@pytest.mark.parametrize("local_part, answer", [("plus+sign=equal", "Ok"), ("per%cent", "Relay access denied")])
def test_the_way_back_of_signs(scene, forwarder, local_part, answer):
    """Where Postfix sees a route in it, it refuses."""
    rewritten = returns_to(forward(scene, signed(scene), sender=f"{local_part}@example.org"))
    with smtplib.SMTP(scene.net.address, 25, local_hostname="elsewhere.example", timeout=60,
                      source_address=(FORGER, 0)) as client:
        client.ehlo()
        client.mail("")
        code, text = client.rcpt(rewritten)
        assert answer.encode() in text, (rewritten, code, text)


def test_without_the_secrets_it_waits(scene, forwarder):
    """Nothing is lost, and other mail goes on."""
    folder = forwarder.machine.path("/var/lib/gatepost/srs")
    folder.rename(folder.with_name("srs.gone"))
    try:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            forward(scene, signed(scene))
        assert caught.value.smtp_code == 451, caught.value
        address = f"SRS0=AAAA=AA=example.org=alice@{SRS}"
        # authd looks once a second whether the file is still the one that it has open.
        wait_until(lambda: 400 <= refusal(scene, address)[0] < 500, "authd to miss its secrets")
        message = signed(scene)
        mail.deliver(forwarder.machine, scene.org.address, "mail.example.org", ALICE[0], BOB[0], message)
        mail.await_message(forwarder.machine, *BOB, mail.message_id(message))
    finally:
        folder.with_name("srs.gone").rename(folder)
    assert returns_to(forward(scene, signed(scene))).startswith("SRS0=")


@pytest.fixture
def sealing(forwarder):
    forwarder.configure(more=REWRITING + SEALING)
    forwarder.gatepost.milter.reload()
    yield forwarder
    forwarder.configure(more=REWRITING)
    forwarder.gatepost.milter.reload()


def test_the_seal_verifies_elsewhere(scene, sealing):
    got = forward(scene, signed(scene))
    assert dkim.arc_verify(got)[0] == dkim.CV_Pass
    assert mail.fields(got, "ARC-Authentication-Results")[0].startswith("i=1; mail.example.net; ")
    assert "spf=pass" in mail.fields(got, "ARC-Authentication-Results")[0]
    assert " seal=example.net:" in sealing.gatepost.milter.log()


def test_a_seal_upon_a_seal(scene, sealing):
    """One that has been forwarded before."""
    once = forward(scene, signed(scene))
    once = once[once.index(b"ARC-Seal:"):]
    with smtplib.SMTP(sealing.address, 25, local_hostname="mail.example.org", timeout=60,
                      source_address=(scene.org.address, 0)) as client:
        client.sendmail(ALICE[0], [AWAY], once)
    client = mail.mailbox(scene.org.machine, *ALICE)

    def find_second():
        found = mail.fetch(client, "INBOX", mail.message_id(once))
        return found if len(mail.fields(found, "ARC-Seal")) == 2 else None
    try:
        twice = wait_until(find_second, "the message with two seals")
    finally:
        client.logout()
    assert ["cv=pass" in seal and "i=2" in seal for seal in mail.fields(twice, "ARC-Seal")] == [True, False]
    assert dkim.arc_verify(twice)[0] == dkim.CV_Pass


def test_a_seal_upon_a_broken_chain(scene, sealing):
    """It says so, and ends the chain: for python3-dkim that is None, and a seal that does not hold is CV_Fail."""
    whole = forward(scene, signed(scene))
    wanted = mail.message_id(whole).encode()
    whole = whole[whole.index(b"ARC-Seal:"):].replace(wanted, b"<2" + wanted[1:])
    broken = forward(scene, whole, folder="Junk")
    assert "cv=fail" in mail.fields(broken, "ARC-Seal")[0] and "i=2" in mail.fields(broken, "ARC-Seal")[0]
    assert dkim.arc_verify(broken)[0] is None


def test_what_stays_here_gets_no_seal(scene, sealing):
    message = signed(scene)
    mail.deliver(sealing.machine, scene.org.address, "mail.example.org", ALICE[0], BOB[0], message)
    assert not mail.fields(mail.await_message(sealing.machine, *BOB, mail.message_id(message)), "ARC-Seal")
