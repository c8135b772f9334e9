# SPDX-License-Identifier: MIT
"""mailctl attach and detach beside Debian's OpenDKIM, OpenDMARC, ClamAV and amavis: on mail that they
and we really handle."""

import re

import pytest

from ground import mail
from ground.beside import ABROAD, BOB_WRITES, VIRUS, Beside
from ground.fresh import differences

OURS = "mail.example.org"
OLD = "old.example.org"


@pytest.fixture(scope="module")
def beside():
    stage = Beside("beside")
    try:
        stage.make()
        stage.start()
        yield stage
    finally:
        stage.stop()


def judgements(message):
    """Who judged, with which results, from the top of the header."""
    found = []
    for field in mail.fields(message, "Authentication-Results"):
        judge, _, results = re.sub(r"\([^()]*\)", "", field).partition(";")
        found.append((judge.strip(), dict(re.findall(r"\b(spf|dkim|dmarc)=(\w+)", results))))
    return found


def passed(message, program):
    """How often a program let it through, by the fields that it leaves."""
    return {"amavis": sum("amavis" in field for field in mail.fields(message, "Received")),
            "clamav": len(mail.fields(message, "X-Virus-Status"))}[program]


@pytest.mark.parametrize("chroot", [True, False], ids=["chroot", "no-chroot"])
def test_before(beside, chroot):
    beside.settle(chroot)
    print(beside.submitted().decode())
    print(beside.local().decode())
    print(beside.incoming().decode())
    assert 0
