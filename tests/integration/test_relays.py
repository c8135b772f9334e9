# SPDX-License-Identifier: MIT
"""Mail by a second MX: judged by the hop before it, or by what it has found out."""

import pytest

from ground import check, mail
from ground.scene import ALICE, BOB, FORGER
from ground.second_mx import ADDRESS, NAME, SecondMx
from ground.waiting import wait_until

pytestmark = pytest.mark.usefixtures("transport")
US = "mail.example.net"
HOP = f'milter {{ internal_relays = {{"{ADDRESS}"}} }}\n'
RESULTS = f'''milter {{
    internal_relays = {{"{ADDRESS}"}}
    relay_authserv_ids = {{"{NAME}"}}
    relay_results = %s
}}
'''
PLANTED = ("Authentication-Results", f"{NAME}; dkim=pass header.d=example.org; dmarc=pass header.from=example.org")
FETCHED = ("Received", "from pop.provider.example [192.0.2.10] by localhost with POP3 (fetchmail-6.4.37)"
                       " for <bob@localhost> (single-drop); Sat, 21 Nov 2026 13:00:00 +0000")
PORT = """198.51.100.20:10026 inet n - y - - smtpd
  -o milter_macro_daemon_name=INTERNAL_RELAY
"""


@pytest.fixture(scope="module")
def second(scene):
    relay = SecondMx(scene.net)
    relay.start()
    yield relay
    relay.stop()
    scene.net.configure()
    scene.net.gatepost.milter.reload()


@pytest.fixture
def by_hop(scene, second):
    """The relay judges nothing."""
    second.judge(False)
    second.tag(False)
    scene.net.configure(more=HOP)
    scene.net.gatepost.milter.reload()
    return second


@pytest.fixture
def by_results(scene, second):
    """The relay judges, and changes what it hands on."""
    second.judge(True)
    second.tag(True)
    scene.net.configure(more=RESULTS % "top")
    scene.net.gatepost.milter.reload()
    return second


def carry(scene, relay, source, message, folder, sender=ALICE[0]):
    """Somebody delivers to the relay; what bob reads."""
    mail.deliver(relay.machine, source, "mail.example.org", sender, BOB[0], message)
    return mail.await_message(scene.net.machine, *BOB, mail.message_id(message), folder)


def signed(scene):
    """A letter of alice's, signed with the keys of her domain."""
    letter = mail.letter(ALICE[0], BOB[0], "Signed")
    return scene.org.machine.run("mailctl", "sign", "--domain", "example.org", "-",
                                 stdin=letter).stdout.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def first_field(message):
    return mail.fields(message, "Authentication-Results")[0]


def test_the_hop_passes(scene, by_hop):
    got = carry(scene, by_hop, scene.org.address, mail.letter(ALICE[0], BOB[0]), "INBOX")
    results = check.results_on_top(got, US)
    assert results["spf"] == "pass" and results["dmarc"] == "pass" and "iprev" not in results
    assert f"(client {scene.org.address})" in first_field(got)
    assert f"hop={scene.org.address}" in scene.net.gatepost.milter.log()


@pytest.mark.parametrize("name, fields", [
    ("plain", []),
    ("a hop of his own", [("Received", "from mail.example.org (mail.example.org [192.0.2.10]) by mx2.example.net"
                                       " (Postfix) with ESMTP id 4b; Sat, 21 Nov 2026 13:00:00 +0000")]),
    ("results of his own", [PLANTED]),
])
def test_a_forger_fails(scene, by_hop, name, fields):
    got = carry(scene, by_hop, FORGER, mail.letter(ALICE[0], BOB[0], name, headers=fields), "Junk")
    results = check.results_on_top(got, US)
    assert results["spf"] in ("fail", "softfail") and results["dmarc"] == "fail", first_field(got)
    assert f"(client {FORGER})" in first_field(got)


def test_a_forger_in_our_name(scene, by_hop):
    """By the relay's own address he would be one of us."""
    got = carry(scene, by_hop, FORGER, mail.letter(BOB[0], BOB[0], "From myself"), "Junk", BOB[0])
    assert mail.fields(got, "X-Gatepost-Warning") == ["own-domain"]


def test_forwarders_are_known_by_the_hop(scene, by_hop):
    gatepost = scene.net.gatepost
    gatepost.mailctl("forwarder", "add", "client", FORGER)
    try:
        carry(scene, by_hop, FORGER, mail.letter(ALICE[0], BOB[0], "By the list"), "INBOX")
    finally:
        gatepost.mailctl("forwarder", "delete", "client", FORGER)


def test_what_began_at_the_relay(scene, by_hop):
    """A report of its own: the relay is the hop."""
    letter = mail.letter(f"root@{NAME}", BOB[0], "Nightly report")
    by_hop.machine.run("sendmail", "-f", f"root@{NAME}", BOB[0], stdin=letter.replace(b"\r\n", b"\n"))
    got = mail.await_message(scene.net.machine, *BOB, mail.message_id(letter), "Junk")  # it has no SPF record
    assert f"(client {ADDRESS})" in first_field(got)


def test_the_relays_results_are_taken_over(scene, by_results):
    """A forwarder's address, and a signature that the relay has broken: only the relay could tell."""
    got = carry(scene, by_results, FORGER, signed(scene), "INBOX")
    assert mail.fields(got, "Subject") == ["[mx2] Signed"]
    fields = mail.fields(got, "Authentication-Results")
    results = check.results_on_top(got, US)
    assert results["dkim"] == "pass" and results["dmarc"] == "pass" and results["spf"] in ("fail", "softfail")
    assert f'dkim=pass reason="as {NAME} found"' in fields[0] and f'reason="as {NAME} found" smtp.mailfrom' in fields[0]
    assert len(fields) == 2 and fields[1].startswith(f"{NAME};"), fields
    assert f"results={NAME}" in scene.net.gatepost.milter.log()


def test_without_them_the_signature_is_broken(scene, by_results):
    by_results.judge(False)
    message = signed(scene)
    got = carry(scene, by_results, FORGER, message, "Junk")
    assert check.results_on_top(got, US)["dkim"] == "fail"


def test_planted_results_do_not_count(scene, by_results):
    """By the relay, whether it judges or not, and straight to us."""
    for does in (True, False):
        by_results.judge(does)
        letter = mail.letter(ALICE[0], BOB[0], "Planted", headers=[PLANTED])
        got = carry(scene, by_results, FORGER, letter, "Junk")
        fields = mail.fields(got, "Authentication-Results")
        assert check.results_on_top(got, US)["dmarc"] == "fail" and len(fields) == (2 if does else 1), fields
        assert not any("dmarc=pass" in field for field in fields)
    letter = mail.letter(ALICE[0], BOB[0], "Planted", headers=[PLANTED])
    mail.deliver(scene.net.machine, FORGER, "mail.example.org", ALICE[0], BOB[0], letter)
    got = mail.await_message(scene.net.machine, *BOB, mail.message_id(letter), "Junk")
    assert len(mail.fields(got, "Authentication-Results")) == 1


def test_results_anywhere(scene, by_results):
    """As OpenDKIM and others leave their field: beneath the relay's own."""
    by_results.judge(False)
    scene.net.configure(more=RESULTS % "anywhere")
    scene.net.gatepost.milter.reload()
    got = carry(scene, by_results, FORGER, mail.letter(ALICE[0], BOB[0], "Below", headers=[PLANTED]), "INBOX")
    assert check.results_on_top(got, US)["dmarc"] == "pass"
    assert len(mail.fields(got, "Authentication-Results")) == 2


def test_fetched_mail(scene, by_hop):
    """By a port of its own: what comes there is fetched, whatever network it comes from."""
    machine, master = scene.net.machine, scene.net.machine.read("/etc/postfix/master.cf")
    machine.write("/etc/postfix/master.cf", master + PORT)
    scene.net.postfix.reload()
    try:
        wait_until(lambda: scene.net.postfix.answers(10026), "the port of what is fetched")
        letter = mail.letter(ALICE[0], BOB[0], "Fetched", headers=[FETCHED])
        mail.deliver(machine, "127.0.0.1", "localhost", ALICE[0], BOB[0], letter, port=10026)
        got = mail.await_message(machine, *BOB, mail.message_id(letter), "Junk")
        results = check.results_on_top(got, US)
        assert results["spf"] == "none" and results["dmarc"] == "fail", first_field(got)
    finally:
        machine.write("/etc/postfix/master.cf", master)
        scene.net.postfix.reload()
