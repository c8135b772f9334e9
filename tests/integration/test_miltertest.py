# SPDX-License-Identifier: MIT
"""The milter as another mail server's side of the protocol sees it: miltertest, OpenDKIM's, with
scenarios of our own (tests/milter), over each transport and each kind of socket.

They tread the ground that OpenDKIM's own scenarios tread, as far as that is the protocol's: steps
filled in; clients by IPv4, IPv6 and of no known family, with names; macros that decide whether a
message is signed, their values, and none; many messages, and many connections; recipients; fields
folded, huge, twice, malformed, and removed; one signature and several; bodies in lines and at
random; bodies changed on their way; verdicts that take, refuse and put off. Beyond it: versions and
masks of the negotiation, aborts and ends at each step, pieces cut anywhere, places of fields, EAI.

What miltertest cannot say stands in unit tests: bytes that are no commands, commands out of order,
the next client on the same connection, fields longer than 1000 bytes, commands in portions of
bytes (tests/unit/milter/test_conversation.c, test_protocol.c, test_transport*.c)."""

from pathlib import Path

import pytest

from ground.scene import FORGER

FOLDER = Path(__file__).parent.parent / "milter"
SCENARIOS = sorted(path.stem for path in FOLDER.glob("*.lua") if path.stem != "server")
UNIX = "unix:/var/spool/postfix/gatepost/milter"
PORT = 10666
SOCKETS = {"unix": (UNIX, UNIX), "inet": (f"inet:127.0.0.1:{PORT}", f"inet:{PORT}@127.0.0.1")}
ZONE = f"""$TTL 300
@ SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60
@ NS ns.invalid.
@ A {FORGER}
@ TXT "v=spf1 ip4:{FORGER} -all"
_dmarc TXT "v=DMARC1; p=%s"
"""
DOMAINS = {"asked.example": ZONE % "reject", "marked.example": ZONE % "quarantine"}


@pytest.fixture(scope="module")
def names(scene):
    """Domains that ask to refuse what fails, and to mark it."""
    scene.nameserver.zones |= DOMAINS
    scene.nameserver.restart()
    yield
    for domain in DOMAINS:
        del scene.nameserver.zones[domain]
    scene.nameserver.restart()


@pytest.fixture(scope="module", params=SOCKETS)
def address(scene, transport, names, request):
    """The receiver's milter, where miltertest reaches it."""
    assert transport and not names
    listen, reached = SOCKETS[request.param]
    scene.net.configure(more=f'milter {{\n    listen = "{listen}"\n}}\ndmarc {{ on_reject = reject }}\n')
    scene.net.gatepost.milter.restart()
    yield reached
    scene.net.configure()
    scene.net.gatepost.milter.restart()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scene, transport, address, scenario):
    milter = scene.net.gatepost.milter
    start = len(milter.log())
    # A server that is hung up on is not to be killed for writing on.
    done = scene.net.machine.run(
        "env", "--ignore-signal=PIPE", "sh", "-c", f'cd "{FOLDER}" && exec "$@"', "sh",
        "miltertest", "-D", f"scenario={scenario}", "-D", f"socket={address}", "-D", f"transport={transport}",
        "-s", "server.lua", status=None)
    log = milter.log()[start:]
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{log[-3000:]}"
    for line in done.stdout.splitlines():
        if line.startswith("log: "):
            assert line.removeprefix("log: ") in log, log[-3000:]
