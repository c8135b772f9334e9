# SPDX-License-Identifier: MIT
"""mailctl attach and detach beside Debian's OpenDKIM, OpenDMARC, ClamAV and amavis: on mail that they
and we really handle."""

import contextlib
import re

import pytest

from ground import mail
from ground.beside import BOB_WRITES, Beside
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


@contextlib.contextmanager
def attached(beside, *options):
    """Attached within; afterwards all is as before, and OpenDKIM signs again. Gives what was said."""
    before = beside.snapshot()
    signers = beside.signers(beside.submitted())
    assert set(signers) == {"legacy"}
    yield beside.mailctl("-y", "attach", "postfix", *options)
    beside.mailctl("-y", "detach", "postfix")
    assert differences(before, beside.snapshot()) == []
    assert beside.signers(beside.submitted()) == signers


@pytest.mark.parametrize("chroot", [True, False], ids=["chroot", "no-chroot"])
def test_replace(beside, chroot):
    """Each message is signed or judged once, by us, and passes the filters that stay."""
    beside.settle(chroot)
    with attached(beside, "--replace", "opendkim,opendmarc"):
        for message in (beside.submitted(), beside.local()):
            assert beside.signers(message) == [beside.selector]
            assert passed(message, "amavis") == passed(message, "clamav") == 1
        message = beside.incoming()
        assert judgements(message) == [(OURS, {"spf": "pass", "dkim": "pass", "dmarc": "pass"})]
        assert passed(message, "amavis") == passed(message, "clamav") == 1
        assert len(mail.fields(message, "DKIM-Signature")) == 1


@pytest.mark.parametrize("chroot", [True, False], ids=["chroot", "no-chroot"])
def test_keep(beside, chroot):
    """Two signatures, both sound; two judges, each under a name of its own, ours first."""
    beside.settle(chroot, judge=OLD)
    with attached(beside, "--keep", "opendkim,opendmarc") as said:
        assert "opendkim is kept" in said or "is kept, as you chose" in said
        assert "in our name" not in said
        for message in (beside.submitted(), beside.local()):
            assert beside.signers(message) == [beside.selector, "legacy"]
            assert passed(message, "amavis") == 1
        message = beside.incoming()
        assert judgements(message) == [
            (OLD, {"dmarc": "pass"}), (OLD, {"dkim": "pass"}),
            (OURS, {"spf": "pass", "dkim": "pass", "dmarc": "pass"})]
        assert passed(message, "amavis") == passed(message, "clamav") == 1


def test_two_judges_of_one_name(beside):
    """OpenDKIM takes out what stands under its name: that is said before, with what to do."""
    beside.settle(True)
    with attached(beside, "--keep", "opendkim,opendmarc") as said:
        for name in ("opendkim", "opendmarc"):
            assert f'set "AuthservID {name}.{OURS}" in /etc/{name}.conf' in said
        print(beside.incoming().decode())
        assert 0


def test_strangers_with_our_name(beside):
    """What amavis gives back comes from this machine, and is not taken for ours."""
    beside.settle(True)
    with attached(beside, "--replace", "opendkim,opendmarc"):
        message = beside.incoming(mail.letter(BOB_WRITES, BOB_WRITES, "Not from bob"))
        assert mail.fields(message, "DKIM-Signature") == []
        assert judgements(message) == [(OURS, {"spf": "pass", "dkim": "none", "dmarc": "fail"})]
