# SPDX-License-Identifier: MIT
"""Messages and mail servers that would do harm: each has its bound and its right result, and nobody
else is served worse."""

import sys

import pytest

from ground import mail

sys.path.insert(0, "/src/tests/suites")
# pylint: disable=wrong-import-position
from nameserver import Nameserver  # noqa: E402

NAMESERVER = "127.0.0.53"
CLIENT = "203.0.113.66"


@pytest.fixture(scope="module")
def names():
    """A name server that knows one good sender."""
    server = Nameserver(NAMESERVER, 53)
    server.add("good.example", "TXT", f"v=spf1 ip4:{CLIENT} -all")
    server.add("_dmarc.good.example", "TXT", "v=DMARC1; p=reject")
    return server


def good(connection):
    """A message that passes is seen to pass."""
    answer = connection.message("alice@good.example", mail.letter("alice@good.example", "bob@example.net"))
    assert answer.verdict == b"c", answer.verdict
    assert "spf=pass" in answer.results and "dmarc=pass" in answer.results, answer.results


@pytest.mark.usefixtures("names")
def test_a_good_message(alone, carrier):
    alone.start(carrier, NAMESERVER)
    connection = alone.connect()
    good(connection)
    connection.abort()
    good(connection)
    connection.quit()
    alone.await_connections(0)
