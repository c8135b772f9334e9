# SPDX-License-Identifier: MIT
"""Messages and mail servers that would do harm: each meets its bound and its right result, and the
milter holds nothing of them afterwards. A neighbour's good message is judged beside each."""

import random
import socket
import struct

import pytest

from ground.alone import HOSTNAME
from ground.raw_milter import (
    ABORT, BODY, CONNECT, DATA, END, END_HEADER, HEADER, HELO, MAIL, OPTNEG, RCPT, Gone, packet, strings)
from ground.siege import SENDER, forged_results, forged_set, forged_signature, good
from ground.waiting import wait_until
from ground.withholding import GOOD, held_domain

NAMESERVER = "127.0.0.53"
OVER = "451 4.3.4"
SELECTOR = "siege"
AUTHOR = ("From", SENDER)
# What fits into milter.header_fields, which is 1000.
FIELDS = 900


@pytest.fixture(scope="module")
def signature(lone_machine, withholding):
    """A good DKIM-Signature of a letter of nothing but its author and one line."""
    machine = lone_machine.machine
    machine.run("openssl", "genrsa", "-out", "/root/siege.pem", "2048")
    public = machine.run("openssl", "rsa", "-in", "/root/siege.pem", "-pubout").stdout
    withholding.add(f"{SELECTOR}._domainkey.{GOOD}", "TXT", "v=DKIM1; p=" + "".join(public.splitlines()[1:-1]))
    machine.write("/root/siege.eml", f"From: {SENDER}\r\n\r\ntext\r\n")
    signed = lone_machine.gatepost.mailctl(
        "sign", "--domain", GOOD, "--selector", SELECTOR, "--key", "/root/siege.pem", "/root/siege.eml")
    name, _, rest = signed.partition(":")
    assert name == "DKIM-Signature"
    return rest[:rest.index("\nFrom:")].strip().replace("\r", "")


@pytest.fixture(scope="module", params=["event", "libmilter"])
def besieged(request, lone_machine, withholding):
    """A milter that serves all tests of this file."""
    withholding.hold()
    reports = lone_machine.machine.sanitizer_reports()
    lone_machine.start(request.param, NAMESERVER)
    lone_machine.carrier = request.param
    for _ in range(2):
        first = lone_machine.connect()
        good(first)
        first.quit()
    yield lone_machine
    withholding.release()
    status = lone_machine.stop()
    assert lone_machine.machine.sanitizer_reports() == reports, "a sanitizer complained"
    assert status == 0, lone_machine.milter.log()[-3000:]


@pytest.fixture
def neighbour(besieged):
    """Somebody with a good message, before and after."""
    connection = besieged.connect()
    good(connection)
    yield connection
    good(connection)
    connection.quit()


@pytest.fixture
def clean(besieged):
    """All that the milter held before, and no more, it holds afterwards."""
    besieged.await_connections(0)
    before = besieged.descriptors()
    yield
    besieged.await_connections(0)
    wait_until(lambda: besieged.descriptors() == before, "the descriptors to be what they were",
               said=lambda: f"{before}\n{besieged.descriptors()}")


def send(alone, fields, recipients=("bob@example.net",)):
    """A message of these fields."""
    connection = alone.connect()
    connection.begin(SENDER, recipients)
    connection.fields(fields)
    connection.end_header()
    connection.body(b"text\r\n")
    connection.finish()
    answer = connection.answer()
    connection.quit()
    return answer


# --- headers ---

def signatures(good_one, forged, at):
    fields = [("DKIM-Signature", forged_signature(f"d{i}.{GOOD}", i)) for i in range(forged)]
    return [*fields[:at], ("DKIM-Signature", good_one), *fields[at:], AUTHOR]


@pytest.mark.parametrize("at, words", [
    (0, ("dkim=pass", "spf=pass", "dmarc=pass")),
    (9, ("dkim=pass", "spf=pass", "dmarc=pass")),
    # Ten are verified: what stands below is not looked at, and is no failure either.
    (10, ("dkim=policy", "spf=pass", "dmarc=pass")),
], ids=["first", "tenth", "eleventh"])
@pytest.mark.usefixtures("clean", "neighbour")
def test_many_signatures(besieged, signature, at, words):
    answer = send(besieged, signatures(signature, FIELDS, at))
    assert answer.verdict == b"c"
    for word in words:
        assert word in answer.results, answer.results
    assert answer.results.count("dkim=") == 20
    assert ("dkim=pass" in answer.results) == ("dkim=pass" in words)


def thousand_results(authserv_id):
    return [("Authentication-Results", forged_results(authserv_id, i)) for i in range(1000)]


def thousand_sets():
    return [field for i in range(1000, 0, -1) for field in forged_set(i, GOOD)]


def ten_megabytes():
    return [("X-Large", "x" * 50000) for _ in range(210)]


@pytest.mark.parametrize("fields", [
    signatures(forged_signature(GOOD), 1000, 0), thousand_results(HOSTNAME), thousand_sets(), ten_megabytes(),
], ids=["signatures", "results", "sets of ARC", "ten megabytes"])
@pytest.mark.usefixtures("clean", "neighbour")
def test_more_than_a_header_may_have(besieged, fields):
    answer = send(besieged, [*fields, AUTHOR])
    assert answer.verdict == b"y" and answer.text.startswith(OVER), (answer.verdict, answer.text)
    assert not answer.changes


@pytest.mark.parametrize("sets", [50, 51, 300])
@pytest.mark.usefixtures("clean", "neighbour")
def test_many_sets_of_arc(besieged, sets):
    fields = [field for i in range(sets, 0, -1) for field in forged_set(i, GOOD)]
    answer = send(besieged, [*fields, AUTHOR])
    assert answer.verdict == b"c"
    assert "arc=fail" in answer.results and "dmarc=pass" in answer.results, answer.results


@pytest.mark.usefixtures("clean", "neighbour")
def test_many_forged_results(besieged):
    """All that bear our name go, each by its number; other people's stay."""
    ours = [("Authentication-Results", forged_results(HOSTNAME, i)) for i in range(FIELDS // 2)]
    others = [("Authentication-Results", forged_results("mx.else.example", i)) for i in range(FIELDS // 2)]
    mixed = [field for pair in zip(ours, others) for field in pair]
    answer = send(besieged, [*mixed, AUTHOR])
    removed = sorted(struct.unpack(">I", data[:4])[0] for kind, data in answer.changes if kind == b"m")
    assert removed == list(range(1, FIELDS, 2))
    assert "dmarc=pass" in answer.results and "bank" not in answer.results


@pytest.mark.parametrize("size, carried_by", [(60_000, ("event", "libmilter")), (250_000, ("event",)), (10_000_000, ())])
@pytest.mark.usefixtures("clean", "neighbour")
def test_a_long_field(besieged, size, carried_by):
    """Postfix's go up to 100 KB; what is longer than a command may be ends that connection."""
    fields = [("X-Long", "x" * size), AUTHOR]
    if besieged.carrier in carried_by:
        assert "dmarc=pass" in send(besieged, fields).results
        return
    with pytest.raises(Gone):
        send(besieged, fields)


@pytest.mark.usefixtures("clean", "neighbour")
def test_fifty_thousand_recipients(besieged):
    start = len(besieged.milter.log())
    answer = send(besieged, [AUTHOR], [f"r{i}@example.net" for i in range(50_000)])
    assert "dmarc=pass" in answer.results
    assert "nrcpt=50000 " in besieged.milter.log()[start:]


# --- mail servers that vanish ---

MESSAGE = [
    packet(MAIL, strings(f"<{SENDER}>")), packet(RCPT, strings("<bob@example.net>")), packet(DATA),
    packet(HEADER, strings("From", " " + SENDER)), packet(END_HEADER), packet(BODY, b"text\r\n" * 5000),
    packet(BODY, b"text\r\n"), packet(END)]
OPENING = [
    packet(OPTNEG, struct.pack(">III", 6, 0x1FF, 0x1FFFFF)),
    packet(CONNECT, strings("mx.example") + b"4" + struct.pack(">H", 25000) + strings("203.0.113.66")),
    packet(HELO, strings("mx.example"))]


def raw(alone):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(60)
    connection.connect(alone.address)
    return connection


def cuts():
    """Where a mail server may be gone: behind each command, and in its midst."""
    said = b""
    for each in OPENING + MESSAGE:
        yield said + each[:2]
        yield said + each[:5]
        yield said + each[:-1]
        said += each
        yield said


@pytest.mark.usefixtures("clean", "neighbour")
def test_gone_at_each_stage(besieged):
    for said in cuts():
        with raw(besieged) as connection:
            connection.sendall(said)


@pytest.mark.usefixtures("clean", "neighbour")
def test_gone_before_the_answer_is_read(besieged):
    """Messages are answered to somebody who does not read, and then is not there."""
    for _ in range(20):
        with raw(besieged) as connection:
            connection.sendall(b"".join(OPENING + 5 * MESSAGE))


@pytest.mark.usefixtures("clean", "neighbour")
def test_gone_while_the_dns_is_asked(besieged, withholding):
    """libmilter learns of it when its thread wakes; our own loops at once."""
    withholding.hold()
    numbers = [*range(40)] if besieged.carrier == "event" else [*range(100, 110)]
    gone = []
    for number in numbers:
        connection = besieged.connect(helo=f"mx.{held_domain(number)}")
        connection.begin(f"alice@{held_domain(number)}", hasty=True)
        connection.fields([("From", f"alice@{held_domain(number)}")])
        connection.end_header()
        connection.finish()
        gone.append(connection)
    wait_until(lambda: len(withholding.asked) >= len(numbers) / 2, "questions to the name server")
    for connection in gone:
        connection.close()
    if besieged.carrier == "event":
        besieged.await_connections(1)
    withholding.release()


# --- what is no milter protocol ---

def chaos(seed):
    return random.Random(seed).randbytes(5000)


GARBAGE = {
    "nothing": b"", "a length of 0": bytes(4), "lengths of 0": bytes(4000), "a length of 4 GB": b"\xff\xff\xff\xff",
    "4 GB of header": b"\xff\xff\xff\xffL" + b"x" * 100000, "an unknown command": packet(b"Z", b"data"),
    "HTTP": b"GET / HTTP/1.1\r\nHost: mail.example.net\r\n\r\n", "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an offer without words": packet(OPTNEG), "an offer of version 1": packet(OPTNEG, struct.pack(">III", 1, 0, 0)),
    "strings without an end": packet(MAIL, b"<a@b>"), "a client without an address": packet(CONNECT, b"mx\0004"),
    "a field without a value": packet(HEADER, b"From\0"), "macros of nothing": packet(b"D"),
    **{f"bytes {seed}": chaos(seed) for seed in range(10)},
}
ORDERS = {
    "recipient first": [RCPT], "header first": [HEADER], "body first": [BODY], "end first": [END],
    "end of header first": [END_HEADER], "DATA first": [DATA], "client twice": [CONNECT, CONNECT],
    "offer within a message": [MAIL, OPTNEG], "header behind the body": [MAIL, RCPT, BODY, HEADER],
    "sender behind the header": [MAIL, HEADER, MAIL, END], "aborts": [ABORT] * 50, "ends": [MAIL, END, END, END],
}
DATA_OF = {RCPT: strings("<b@example.net>"), HEADER: strings("From", " a@b"), BODY: b"text\r\n", MAIL: strings("<a@b>"),
           CONNECT: strings("mx") + b"4\0\31" + strings("192.0.2.1"), OPTNEG: struct.pack(">III", 6, 0x1FF, 0x1FFFFF)}


def in_order(commands):
    return b"".join(packet(command, DATA_OF.get(command, b"")) for command in commands)


@pytest.mark.parametrize("opening", [b"", OPENING[0], b"".join(OPENING)], ids=["at once", "negotiated", "greeted"])
@pytest.mark.usefixtures("clean", "neighbour")
def test_garbage(besieged, opening):
    """Whatever it was: the connection ends, at the latest when the other side has no more to say."""
    for what, said in {**GARBAGE, **{order: in_order(commands) for order, commands in ORDERS.items()}}.items():
        with raw(besieged) as connection:
            try:
                connection.sendall(opening + said)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass
            except TimeoutError:
                pytest.fail(f"{what}: the connection stays")
