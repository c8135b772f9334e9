# SPDX-License-Identifier: MIT
"""A message's way: signed, delivered, judged, filed, read."""

import re
import smtplib

import pytest

from ground import check, mail
from ground.scene import ALICE, BOB, FORGER

pytestmark = pytest.mark.usefixtures("transport")
AUTHSERV_ID = "mail.example.net"


def exchange(scene, message, folder="INBOX"):
    """alice submits; returns what bob reads."""
    mail.submit(scene.org.machine, *ALICE, BOB[0], message)
    return mail.await_message(scene.net.machine, *BOB, mail.message_id(message), folder)


def forge(scene, message, folder, sender=ALICE[0]):
    """Somebody else delivers to port 25; returns what bob reads."""
    mail.deliver(scene.net.machine, FORGER, "forger.example", sender, BOB[0], message)
    return mail.await_message(scene.net.machine, *BOB, mail.message_id(message), folder)


def test_signed_and_verified(scene):
    got = exchange(scene, mail.letter(ALICE[0], BOB[0]))
    assert sorted(check.signatures_verify(got, "example.org")) == ["ed25519-sha256", "rsa-sha256"]
    results = check.results_on_top(got, AUTHSERV_ID)
    assert {m: results[m] for m in ("spf", "dkim", "dmarc")} == {"spf": "pass", "dkim": "pass", "dmarc": "pass"}
    assert b"alice@example.org" not in b"".join(
        line for line in got.split(b"\r\n") if line.lower().startswith(b"x-auth"))


@pytest.mark.parametrize("name, body", [
    ("empty", ""),
    ("trailing blank lines", "text\r\n\r\n\r\n\r\n"),
    ("blanks at ends of lines", "one  \r\n two\t\r\n\r\n"),
    ("lines with dots", ".\r\n..\r\n.text\r\n"),
    ("eight bits", "Gr\u00fc\u00dfe an das Tor\r\n" * 10),
    ("long", "0123456789" * 7 + "\r\n" + "x" * 60 + "\r\n" * 3000),
])
def test_bodies_survive(scene, name, body):
    got = exchange(scene, mail.letter(ALICE[0], BOB[0], name, body))
    assert len(check.signatures_verify(got, "example.org")) == 2
    assert check.results_on_top(got, AUTHSERV_ID)["dkim"] == "pass"


def raw_letter(fields=(), body=b"text\r\n"):
    """A letter whose bytes are not put right."""
    head = mail.letter(ALICE[0], BOB[0]).split(b"\r\n\r\n", 1)[0]
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-", b"mime-")))
    return b"\r\n".join([head, *fields]) + b"\r\n" + (b"" if body is None else b"\r\n" + body)


ODD_FORMS = {
    "no body at all": raw_letter(body=None),
    "an empty body": raw_letter(body=b""),
    "no final newline": raw_letter(body=b"one\r\ntwo"),
    "a bare CR": raw_letter(body=b"one\rtwo\r\nthree\r\r\nfour\r\n"),
    "a bare LF": raw_letter(body=b"one\ntwo\r\n"),
    "a NUL": raw_letter(body=b"one\0two\r\n"),
    "998 octets": raw_letter(body=b"x" * 998 + b"\r\n"),
    "eight bits unsaid": raw_letter(body=b"\xff\xfe\x80\r\n"),
    "a long field": raw_letter([b"X-Long: " + b"z" * 990]),
    "a field folded at blanks": raw_letter([b"X-Folded: one \r\n\t \r\n two"]),
    "an empty field": raw_letter([b"X-Empty:", b"X-Blank: "]),
}


@pytest.mark.parametrize("name", ODD_FORMS)
@pytest.mark.parametrize("way", ["submission", "sendmail"])
def test_odd_forms_verify_elsewhere(scene, name, way):
    """What Postfix makes of odd bytes behind our signature does not break it; or it is refused.
    Longer lines are not among them: Postfix breaks them on their way (smtp_line_length_limit)."""
    message = ODD_FORMS[name]
    wanted = f"<{way}-{name.replace(' ', '-')}@example.org>"
    message = message.replace(mail.message_id(message).encode(), wanted.encode())
    if way == "sendmail":
        scene.org.machine.run("sendmail", "-f", ALICE[0], BOB[0], stdin=message.replace(b"\r\n", b"\n"))
    else:
        code, text = send_data(scene, message)
        if code == 521 and name == "a bare LF":  # Postfix's own rule against SMTP smuggling
            return
        assert code == 250, text
    got = mail.await_message(scene.net.machine, *BOB, wanted)
    assert check.results_on_top(got, AUTHSERV_ID)["dkim"] == "pass"


def test_forgery_lands_in_junk(scene):
    got = forge(scene, mail.letter(ALICE[0], BOB[0], "Send money"), "Junk")
    results = check.results_on_top(got, AUTHSERV_ID)
    assert results["dmarc"] == "fail" and results["spf"] in ("fail", "softfail")
    assert mail.fields(got, "X-Gatepost-Action") == ["quarantine"]


def test_exceptions_from_dmarc(scene):
    """A forwarder's forgery is taken, an override refuses it; what bears our own name is marked."""
    gatepost = scene.net.gatepost
    gatepost.mailctl("forwarder", "add", "client", FORGER)
    got = forge(scene, mail.letter(ALICE[0], BOB[0], "By the list"), "INBOX")
    assert check.results_on_top(got, AUTHSERV_ID)["dmarc"] == "fail"
    gatepost.mailctl("forwarder", "delete", "client", FORGER)
    gatepost.mailctl("override", "add", "example.org", "reject")
    try:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            mail.deliver(scene.net.machine, FORGER, "forger.example", ALICE[0], BOB[0], mail.letter(ALICE[0], BOB[0]))
        assert refused.value.smtp_code == 550 and b"example.org must pass DMARC" in refused.value.smtp_error
    finally:
        gatepost.mailctl("override", "delete", "example.org")
    got = forge(scene, mail.letter(BOB[0], BOB[0], "From myself"), "Junk", BOB[0])
    assert mail.fields(got, "X-Gatepost-Warning") == ["own-domain"]


def test_changed_body_is_found_out(scene):
    genuine = exchange(scene, mail.letter(ALICE[0], BOB[0], "Pay 10"))
    start = genuine.find(b"DKIM-Signature:")
    message = genuine[start:].replace(b"all is well", b"all is lost")
    message = message.replace(b"Message-ID: <", b"Message-ID: <")
    message = message.replace(mail.message_id(message).encode(), b"<changed@example.org>")
    got = forge(scene, message, "Junk")
    results = check.results_on_top(got, AUTHSERV_ID)
    assert results["dkim"] == "fail" and results["dmarc"] == "fail"


def test_strangers_mail_is_delivered(scene):
    """A domain without any record, a client without a name: no pass, no quarantine."""
    got = forge(scene, mail.letter("eve@nowhere.example", BOB[0]), "INBOX", "eve@nowhere.example")
    results = check.results_on_top(got, AUTHSERV_ID)
    assert results["iprev"] == "permerror"
    assert results["spf"] in ("none", "permerror") and results["dmarc"] == "none" and results["dkim"] == "none"


def test_forged_fields_are_removed(scene):
    lies = [("Authentication-Results", f"{AUTHSERV_ID}; dmarc=pass header.from=example.org"),
            ("Authentication-Results", f"{AUTHSERV_ID} 1; spf=pass"),
            ("X-Gatepost-Action", "quarantine")]
    letter = mail.letter("eve@nowhere.example", BOB[0], headers=lies)
    got = forge(scene, letter, "INBOX", "eve@nowhere.example")
    check.results_on_top(got, AUTHSERV_ID)
    assert mail.fields(got, "X-Gatepost-Action") == []


FORGED = [
    "Authentication-Results: {id}; dmarc=pass",
    "authentication-RESULTS: {upper}; dmarc=pass",
    "Authentication-Results:{id};dmarc=pass",
    "Authentication-Results : {id}; dmarc=pass",
    "Authentication-Results\t:\t{id}; dmarc=pass",
    "Authentication-Results:\r\n {id};\r\n\tdmarc=pass",
    "Authentication-Results: (a (nested) comment) {id} (another) 1 (third); dmarc=pass",
    "Authentication-Results: \"{id}\"; dmarc=pass",
    "Authentication-Results: \"{escaped}\"; dmarc=pass",
    "Authentication-Results: {id}.; dmarc=pass",
    "Authentication-Results: {id} 1; dmarc=pass",
    "Authentication-Results: {id} 2; dmarc=pass",
    "Authentication-Results: mx.elsewhere.example 2; dmarc=pass",
    "Authentication-Results: {id}/1; dmarc=pass",
    "Authentication-Results: ; dmarc=pass",
    "Authentication-Results: (open {id}; dmarc=pass",
]


def forged_field(number):
    text = FORGED[number % len(FORGED)]
    return text.format(id=AUTHSERV_ID, upper=AUTHSERV_ID.upper(), escaped=AUTHSERV_ID.replace("a", "\\a")).encode()


def test_hundreds_of_forged_fields_are_removed(scene):
    """In every spelling, among fields of others that stay, through a real Postfix."""
    other = b"Authentication-Results: mx.elsewhere.example; spf=pass"
    lies = [forged_field(number) if number % 10 else other for number in range(300)]
    letter = mail.letter("eve@nowhere.example", BOB[0])
    got = forge(scene, b"\r\n".join(lies + [letter]), "INBOX", "eve@nowhere.example")
    check.results_on_top(got, AUTHSERV_ID)
    fields = mail.fields(got, "Authentication-Results")
    assert fields[1:] == ["mx.elsewhere.example; spf=pass"] * 30
    assert not any("dmarc=pass" in field for field in fields)


def test_an_internationalized_message(scene):
    """Names in the result field are A-labels, and others can read it. Dovecot's LMTP does not take what
    needs SMTPUTF8 for its envelope, so of such a message the log is read."""
    author = "j\u00f6rg@b\u00fccher.example"
    letter = mail.letter("eve@nowhere.example", BOB[0])
    letter = letter.replace(b"From: eve@nowhere.example", f"From: J\u00f6rg <{author}>".encode())
    got = forge(scene, letter, "INBOX", "eve@nowhere.example")
    check.results_on_top(got, AUTHSERV_ID)
    assert "header.from=xn--bcher-kva.example" in mail.fields(got, "Authentication-Results")[0]
    with smtplib.SMTP(scene.net.machine.address, 25, local_hostname="forger.example", timeout=60,
                      source_address=(FORGER, 0)) as client:
        client.ehlo()
        client.command_encoding = "utf-8"
        assert client.mail(author, ["SMTPUTF8", "BODY=8BITMIME"])[0] == 250
        assert client.rcpt(BOB[0])[0] == 250
        assert client.data(letter)[0] == 250
    assert f"from=<{author}> nrcpt=1 spf=none dkim=none dmarc=none(xn--bcher-kva.example)" in scene.net.gatepost.milter.log()


def test_a_message_without_a_sender(scene):
    """A bounce is judged by its HELO name; From is anybody's all the same."""
    got = forge(scene, mail.letter("mailer-daemon@nowhere.example", BOB[0]), "INBOX", "")
    field = mail.fields(got, "Authentication-Results")[0]
    assert re.search(r"spf=none( reason=\S+)?\s+smtp.helo=forger.example", field), field
    got = forge(scene, mail.letter(ALICE[0], BOB[0], "Undelivered"), "Junk", "")
    assert check.results_on_top(got, AUTHSERV_ID)["dmarc"] == "fail"


def test_others_results_are_kept(scene):
    other = "mx.elsewhere.example; spf=pass"
    letter = mail.letter("eve@nowhere.example", BOB[0], headers=[("Authentication-Results", other)])
    got = forge(scene, letter, "INBOX", "eve@nowhere.example")
    check.results_on_top(got, AUTHSERV_ID)
    assert other in mail.fields(got, "Authentication-Results")


def test_login_name_stays_at_home(scene):
    got = exchange(scene, mail.letter(ALICE[0], BOB[0]))
    assert not any("auth=" in f for f in mail.fields(got, "Authentication-Results"))


def test_nobody_submits_as_another(scene):
    with mail.submission(scene.org.machine, *ALICE) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("carol@example.org", BOB[0], mail.letter("carol@example.org", BOB[0]))
    assert refused.value.recipients[BOB[0]][0] == 553


def send_data(scene, message, sender=ALICE[0]):
    """alice's message with herself in the envelope, or nobody for a receipt; the answer to its end."""
    with mail.submission(scene.org.machine, *ALICE) as client:
        client.mail(sender)
        assert client.rcpt(BOB[0])[0] == 250
        return client.data(message)


def test_nobody_writes_as_another(scene):
    """From against the login: written down by default, refused where the operator says so; rights count."""
    gatepost, boss = scene.org.gatepost, "boss@example.org"
    letter = mail.letter(boss, BOB[0])
    assert send_data(scene, letter)[0] == 250
    assert f"login=<{ALICE[0]}> may not write as header_from=<{boss}>" in gatepost.milter.log()
    scene.org.configure(more='milter { on_from_mismatch = reject }\n')
    gatepost.milter.reload()
    gatepost.mailctl("user", "add", boss, "--no-password")
    try:
        code, text = send_data(scene, letter)
        assert code == 550
        assert f"{ALICE[0]} may not write as {boss} in From; allowed: {ALICE[0]}" in text.decode()
        assert send_data(scene, mail.letter(ALICE[0], BOB[0]))[0] == 250
        assert send_data(scene, letter, sender="")[0] == 550
        assert send_data(scene, mail.letter(ALICE[0], BOB[0], "Read"), sender="")[0] == 250
        gatepost.mailctl("send-as", "add", ALICE[0], boss, "--on-behalf")
        assert send_data(scene, letter)[0] == 550
        signed = mail.letter(boss, BOB[0], headers=[("Sender", ALICE[0])])
        assert send_data(scene, signed)[0] == 250
        gatepost.mailctl("send-as", "add", ALICE[0], "@elsewhere.example")
        with mail.submission(scene.org.machine, *ALICE) as client:
            client.mail("press@elsewhere.example")
            assert client.rcpt(BOB[0])[0] == 250
        gatepost.mailctl("send-as", "add", ALICE[0], "@example.org")
        with mail.submission(scene.org.machine, *ALICE) as client:
            client.sendmail(boss, BOB[0], letter)
    finally:
        gatepost.mailctl("user", "delete", boss, "-y")
        for right in (boss, "@example.org", "@elsewhere.example"):
            gatepost.mailctl("send-as", "delete", ALICE[0], right)
        scene.org.configure()
        gatepost.milter.reload()


def test_unknown_user_is_refused(scene):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        mail.deliver(scene.net.machine, FORGER, "x.example", "eve@nowhere.example", "nobody@example.net",
                     mail.letter("eve@nowhere.example", "nobody@example.net"))
    assert refused.value.recipients["nobody@example.net"][0] == 550


def test_a_long_field_survives(scene, transport):
    """As long as Postfix lets it be, nearly: header_size_limit. libmilter ends the connection."""
    field = "".join(f"\r\n {n:04} {'x' * 900}" for n in range(60 if transport == "libmilter" else 100))
    message = mail.letter(ALICE[0], BOB[0]).replace(b"\r\n\r\n", b"\r\nX-Long:" + field.encode() + b"\r\n\r\n", 1)
    got = exchange(scene, message)
    assert len(check.signatures_verify(got, "example.org")) == 2
    assert check.results_on_top(got, AUTHSERV_ID)["dkim"] == "pass"


def test_a_long_header_survives(scene, transport):
    """Nearly as many fields, and as many bytes in them, as the milter takes by default."""
    fields = b"".join(b"X-Many-%d: %s\r\n" % (number, b"x" * 480) for number in range(950))
    got = exchange(scene, fields + mail.letter(ALICE[0], BOB[0], transport))
    assert len(mail.fields(got, "X-Many-949")) == 1
    assert len(check.signatures_verify(got, "example.org")) == 2
    assert check.results_on_top(got, AUTHSERV_ID)["dkim"] == "pass"


def test_alias_and_catch_all(scene):
    gatepost = scene.net.gatepost
    gatepost.mailctl("alias", "add", "sales@example.net", BOB[0])
    gatepost.mailctl("alias", "add", "@example.net", BOB[0])
    gatepost.mailctl("user", "add", "carol@example.net", "--password-stdin", stdin="carols own password\n")
    try:
        for address in ("sales@example.net", "anything@example.net"):
            letter = mail.letter(ALICE[0], address)
            mail.submit(scene.org.machine, *ALICE, address, letter)
            mail.await_message(scene.net.machine, *BOB, mail.message_id(letter))
        letter = mail.letter(ALICE[0], "carol@example.net")
        mail.submit(scene.org.machine, *ALICE, "carol@example.net", letter)
        mail.await_message(scene.net.machine, "carol@example.net", "carols own password", mail.message_id(letter))
    finally:
        gatepost.mailctl("alias", "delete", "@example.net", "-y")
        gatepost.mailctl("alias", "delete", "sales@example.net", "-y")
        gatepost.mailctl("user", "delete", "carol@example.net", "-y")


def test_local_mail_is_signed(scene):
    """sendmail(1) on the sender's machine passes the milter as well."""
    letter = mail.letter("postmaster@example.org", BOB[0], "Nightly report")
    scene.org.machine.run("sendmail", "-f", "postmaster@example.org", BOB[0], stdin=letter.replace(b"\r\n", b"\n"))
    got = mail.await_message(scene.net.machine, *BOB, mail.message_id(letter))
    assert len(check.signatures_verify(got, "example.org")) == 2


def test_oversized_header_is_refused(scene):
    fields = [(f"X-Filler-{n}", "x" * 900) for n in range(900)]
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        mail.deliver(scene.net.machine, FORGER, "x.example", "eve@nowhere.example", BOB[0],
                     mail.letter("eve@nowhere.example", BOB[0], headers=fields))
    assert 400 <= refused.value.smtp_code < 600
