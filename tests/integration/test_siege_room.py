# SPDX-License-Identifier: MIT
"""A milter under many connections, slow name servers and large mail: nobody waits for another's
name server, and what it takes of the machine is bounded."""

import resource
import select
import socket

import pytest

from ground.raw_milter import DATA
from ground.siege import GOOD, forged_signature, good
from ground.waiting import wait_until
from ground.withholding import HELD, held_domain

NAMESERVER = "127.0.0.53"
TCP_PORT = 8899
HELD_BY_THREADS = 40
IDLE, IDLE_MAX_MIB = 10000, 100
LARGE_BYTES, LARGE_MAX_MIB = 100 * 1000 * 1000, 2
# What the milter and the test open besides the connections.
FILES_BESIDE = 1000


def begin_held(alone, number, hasty=False):
    """A session whose message is all said, and whose answer hangs on the name server. hasty: it did not
    even wait for the answer to MAIL."""
    domain = held_domain(number)
    connection = alone.connect(helo=f"mx.{domain}")
    connection.begin(f"alice@{domain}", hasty=hasty)
    connection.fields([("DKIM-Signature", forged_signature(domain)), ("From", f"alice@{domain}")])
    connection.end_header()
    connection.body(b"text\r\n")
    connection.finish()
    return connection


def has_answer(connection):
    poll = select.poll()  # select(2) knows a thousand files only
    poll.register(connection.socket, select.POLLIN)
    return bool(poll.poll(0))


def judged_rightly(connection):
    answer = connection.answer()
    assert answer.verdict == b"c", answer.verdict
    for word in ("spf=pass", "dkim=permerror", "dmarc=pass"):
        assert word in answer.results, answer.results
    connection.quit()


def test_a_thousand_whose_dns_hangs(alone, withholding):
    """They take no room from others while they wait, and all end once the name server speaks."""
    withholding.hold()
    alone.start("event", NAMESERVER, more=f"milter {{ max_connections = {HELD + 10} }}\n")
    warm = alone.connect()
    good(warm)
    held = [begin_held(alone, number) for number in range(HELD)]
    wait_until(lambda: len(withholding.asked) == HELD, "a question of each session")
    for _ in range(10):
        good(warm)
    assert not any(map(has_answer, held)), "an answer without an answer"
    withholding.release()
    for each in held:
        judged_rightly(each)
    alone.await_connections(1)
    warm.quit()


def test_libmilter_has_a_thread_wait_with_each(alone, withholding):
    """What libmilter cannot do, and why the thousand are the other transport's: each of them would keep
    a thread of its pool. They are judged rightly all the same once the name server speaks."""
    withholding.hold()
    alone.start("libmilter", NAMESERVER)
    good(alone.connect())
    threads = alone.threads()
    held = [begin_held(alone, number, hasty=True) for number in range(HELD_BY_THREADS)]
    wait_until(lambda: len(withholding.asked) >= HELD_BY_THREADS / 2, "questions of half of them")
    assert alone.threads() - threads >= HELD_BY_THREADS / 4
    withholding.release()
    for each in held:
        assert each.answer().verdict == b"c"
        judged_rightly(each)


def test_data_is_answered_over_tcp(alone, carrier, withholding):
    """Nobody waits for an acknowledgement that is delayed: the milter's end sends at once, and DATA has
    its answer."""
    assert withholding
    alone.start(carrier, NAMESERVER, tcp=TCP_PORT)
    connection = alone.connect()
    good(connection)
    assert connection.answers(DATA), "DATA is negotiated away"
    assert alone.socket_option(connection, socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
    connection.quit()


@pytest.fixture
def many_files():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < IDLE + FILES_BESIDE:
        pytest.skip(f"no more than {before[1]} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def large(connection, size):
    """A message of that size, and what it raised the peak by."""
    line = b"The quick brown fox jumps over the lazy dog, and over it again.\r\n"
    piece = line * 900
    connection.begin(f"alice@{GOOD}")
    connection.fields([("From", f"alice@{GOOD}"), ("DKIM-Signature", forged_signature(GOOD))])
    connection.end_header()
    for _ in range(size // len(piece)):
        connection.body(piece)
        connection.send(b"")
    connection.finish()
    return connection.answer()


@pytest.mark.usefixtures("withholding")
def test_a_large_message_takes_no_memory(plain, carrier):
    plain.start(carrier, NAMESERVER)
    connection = plain.connect()
    for _ in range(40):
        large(connection, 100 * 1000)
    before = plain.memory_mib("VmHWM")
    answer = large(connection, LARGE_BYTES)
    assert "spf=pass" in answer.results and "dmarc=pass" in answer.results
    assert plain.memory_mib("VmHWM") - before < LARGE_MAX_MIB
    connection.quit()
    assert plain.stop() == 0


@pytest.mark.usefixtures("withholding", "many_files")
def test_idle_connections_are_small(plain, carrier):
    plain.start(carrier, NAMESERVER, more=f"milter {{ max_connections = {IDLE + 100} }}\n")
    held = [plain.connect() for _ in range(IDLE)]
    plain.await_connections(IDLE)
    assert plain.memory_mib("VmRSS") < IDLE_MAX_MIB
    good(held[0])
    good(held[-1])
    for each in held:
        each.close()
    plain.await_connections(0)
    assert plain.stop() == 0
