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
        found.append((judge.strip(), dict(re.findall(r"(?:^|;)\s*(spf|dkim|dmarc)=(\w+)", results))))
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
    said = beside.mailctl("-y", "attach", "postfix", *options)
    try:
        yield said
    finally:
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
        # Amavis gives back mail of strangers from this machine: that makes it none of ours.
        message = beside.incoming(mail.letter(BOB_WRITES, BOB_WRITES, "Not from bob"))
        assert mail.fields(message, "DKIM-Signature") == []
        assert judgements(message) == [(OURS, {"spf": "pass", "dkim": "none", "dmarc": "fail"})]


def test_keep(beside):
    """Two signatures, both sound; two judges, each in a name of its own, we first."""
    beside.settle(True, judge=OLD)
    with attached(beside, "--keep", "opendkim,opendmarc") as said:
        assert "is kept, as you chose" in said
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
    beside.settle(False)
    with attached(beside, "--keep", "opendkim,opendmarc") as said:
        assert f'in our name, {OURS}, and takes out ours: set "AuthservID opendkim.{OURS}" in /etc/opendkim.conf' in said
        assert f'set "AuthservID opendmarc.{OURS}" in /etc/opendmarc.conf' in said
        assert judgements(beside.incoming()) == [(OURS, {"dmarc": "pass"}), (OURS, {"dkim": "pass"})]


def test_amavis_signs(beside):
    """Its own DKIM is named."""
    user = beside.machine.read("/etc/amavis/conf.d/50-user")
    try:
        for name, said in (("enable_dkim_signing", "amavis signs, too"),
                           ("enable_dkim_verification", "amavis verifies DKIM, too")):
            assert said not in beside.mailctl("--dry-run", "attach", "postfix", "--keep", "opendkim,opendmarc")
            beside.machine.write("/etc/amavis/conf.d/50-user", f"${name} = 1;\n{user}")
            assert said in beside.mailctl("--dry-run", "attach", "postfix", "--keep", "opendkim,opendmarc")
    finally:
        beside.machine.write("/etc/amavis/conf.d/50-user", user)
