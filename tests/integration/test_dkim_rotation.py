# SPDX-License-Identifier: MIT
"""DKIM keys walk from made to gone, against real name servers that a person or a program feeds, under a
clock that the test moves. Mail that is sent at each step is held against what the DNS shows then."""

import json
import re
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from ground import mail
from ground.machine import SANITIZER_ENVIRONMENT
from ground.nameserver import ADDRESS, Nameserver

DOMAIN = "turning.example"
KEYS = "keys.operator.example"
SECOND = "192.0.2.54"
HOUR, DAY, WEEK = 3600, 86400, 7 * 86400
TTL = 2 * HOUR
HEAD = f"""$TTL {TTL}
@ SOA ns1 hostmaster 1 3600 600 86400 {HOUR}
@ NS ns1
@ NS ns2
ns1 A {ADDRESS}
ns2 A {SECOND}
"""
CLOCK = Path(__file__).parent / "ground" / "moved-clock.c"


class Turning:
    """A domain with two name servers, each with what the test has put there, and mailctl at another time."""

    def __init__(self, scene):
        self.scene, self.site = scene, scene.org
        self.machine = scene.org.machine
        subprocess.run(["ip", "address", "replace", f"{SECOND}/32", "dev", "lo"], check=True)
        self.second = Nameserver(Path("/nsd-second"), SECOND)
        self.before = dict(scene.nameserver.zones)
        self.ahead = 0
        self.machine.copy(CLOCK, "/root/moved-clock.c")
        self.machine.run("cc", "-shared", "-fPIC", "-o", "/root/moved-clock.so", "/root/moved-clock.c")
        self.wait(0)
        self.publish()

    def wait(self, seconds):
        """Time goes by."""
        self.ahead += seconds
        self.machine.write("/root/clock-ahead", f"{self.ahead}\n")

    def mailctl(self, *arguments, status=0, stdin=""):
        sanitizer = SANITIZER_ENVIRONMENT["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        return self.machine.run(
            "env", "LD_PRELOAD=/root/moved-clock.so", f"ASAN_OPTIONS={sanitizer}", "mailctl", *arguments,
            status=status, stdin=stdin).stdout

    def rotate(self, *arguments, status=0):
        """What became of each key of the domain: its state, and what it waits for."""
        rows = json.loads(self.mailctl("--json", "dkim", "rotate", *arguments, status=status))
        return {row["selector"]: (row["state"], row["waits_for"]) for row in rows if row["domain"] == DOMAIN}

    def records(self, without=None):
        """What mailctl wants there; but for the key of that selector."""
        shown = self.mailctl("-q", "dns", "show", DOMAIN, "--format", "zone")
        records = re.findall(r"^(?!;)\S.*\n(?:\t.*\n)*", shown, re.M)  # long ones go on in the next line
        return "".join(one for one in records if "_domainkey" in one and not one.startswith(f"{without}."))

    def keys(self):
        """What mailctl wants in the operator's zone."""
        records = json.loads(self.mailctl("--json", "dns", "show", DOMAIN))
        return "".join(f'{one["name"]}. TXT {" ".join(chr(34) + piece + chr(34) for piece in one["strings"])}\n'
                       for one in records if one["name"].endswith(f".{KEYS}"))

    def publish(self, first="", second=None, keys=""):
        """Into the zone, as each of its servers has it, and into the operator's."""
        zones = self.scene.nameserver.zones
        zones[DOMAIN] = HEAD + first
        zones[KEYS] = HEAD + keys
        self.second.zones = {".": zones["."], DOMAIN: HEAD + (first if second is None else second), KEYS: zones[KEYS]}
        self.scene.nameserver.restart()
        self.second.restart()

    def signatures(self):
        """The selectors that sign a message just now."""
        letter = mail.letter(f"alice@{DOMAIN}", "bob@example.net", "Turning")
        signed = self.machine.run("mailctl", "sign", "--domain", DOMAIN, "-", stdin=letter).stdout
        return {field.partition(" s=")[2].partition(";")[0]
                for field in mail.fields(signed.encode(), "DKIM-Signature")}

    def is_verified(self):
        """Whether a message that is signed just now passes by what the DNS shows."""
        letter = mail.letter(f"alice@{DOMAIN}", "bob@example.net", "Turning")
        signed = self.machine.run("mailctl", "sign", "--domain", DOMAIN, "-", stdin=letter).stdout
        return "dkim=pass" in self.machine.run("mailctl", "verify", "-", stdin=signed).stdout

    def findings(self):
        """What is not in order about keys."""
        found = json.loads(self.mailctl("--json", "dns", "check", DOMAIN, status=None))[0]["findings"]
        return [one["code"] for one in found if one["code"].startswith("dkim-")]

    def close(self):
        self.second.stop()
        self.scene.nameserver.zones = self.before
        self.scene.nameserver.restart()


@pytest.fixture(name="turning", scope="module")
def with_two_servers(scene):
    one = Turning(scene)
    try:
        yield one
    finally:
        one.close()


@pytest.fixture(name="domain")
def with_domain(turning):
    turning.ahead = 0
    turning.wait(0)
    turning.publish()
    turning.mailctl("domain", "add", DOMAIN)
    yield DOMAIN
    for key in json.loads(turning.mailctl("--json", "dkim", "list", DOMAIN)):
        turning.mailctl("-y", "dkim", "delete", DOMAIN, key["selector"], "--force")
    turning.mailctl("-y", "domain", "delete", DOMAIN)


@pytest.mark.usefixtures("domain")
def test_delegated(turning):
    """The zone of the domain is told once where its keys stand; two names take turns from then on."""
    dated = json.loads(turning.mailctl("--json", "dkim", "generate", DOMAIN, "--activate"))[0]["selector"]
    aliases = turning.mailctl("-q", "dkim", "delegate", DOMAIN, "--to", KEYS)
    assert re.findall(r"^\S+", aliases, re.M) == [f"s{i}r._domainkey.{DOMAIN}." for i in (1, 2)]
    turning.publish(turning.records())
    assert turning.rotate(DOMAIN, "--now")["s1r"] == ("made", "record")
    own = turning.records()
    assert aliases.split() == re.sub(rf"{dated}\..*\n(?:\t.*\n)*", "", own).split()

    # What is in the domain's zone stays as it is; the rest happens in the operator's.
    turning.publish(own)
    assert turning.rotate(DOMAIN)["s1r"] == ("made", "record")
    turning.publish(own, keys=turning.keys())
    assert turning.rotate(DOMAIN) == {dated: ("active", "successor"), "s1r": ("published", "caches")}
    turning.wait(TTL)
    assert turning.rotate(DOMAIN) == {dated: ("retired", "mail"), "s1r": ("active", "age")}
    assert turning.signatures() == {"s1r"} and turning.is_verified() and turning.findings() == []

    # The dated key goes, and with it the last thing that the domain's zone is needed for.
    turning.wait(WEEK)
    assert turning.rotate(DOMAIN)[dated] == ("revoked", "revocation")
    turning.publish(aliases, keys=turning.keys())
    turning.rotate(DOMAIN)
    assert turning.rotate(DOMAIN) == {dated: ("gone", None), "s1r": ("active", "age")}
    turning.wait(26 * WEEK)
    assert turning.rotate(DOMAIN)["s1r"] == ("active", "successor")
    turning.publish(aliases, keys=turning.keys())
    assert turning.rotate(DOMAIN)["s2r"] == ("published", "caches")
    turning.wait(TTL)
    assert turning.rotate(DOMAIN)["s2r"] == ("active", "age")
    assert turning.signatures() == {"s2r"} and turning.is_verified() and turning.findings() == []

    # Until the first name is free the next rotation waits for it.
    for ahead, first in [(0, ("retired", "mail")), (WEEK, ("revoked", "revocation")), (0, ("revoked", "notice")),
                         (WEEK, ("gone", "removal"))]:
        turning.wait(ahead)
        walked = turning.rotate(DOMAIN, "--now")
        assert (walked["s1r"], walked["s2r"]) == (first, ("active", "name"))
        turning.publish(aliases, keys=turning.keys())
    former = turning.keys()
    turning.rotate(DOMAIN)
    assert turning.rotate(DOMAIN)["s1r"] == ("gone", None)
    turning.rotate(DOMAIN, "--now")
    assert turning.rotate(DOMAIN)["s1r"] == ("made", "record") and former in turning.keys()
    turning.publish(aliases, keys=turning.keys())
    turning.rotate(DOMAIN)
    turning.wait(TTL)
    assert turning.rotate(DOMAIN).items() >= {"s1r": ("active", "age"), "s2r": ("retired", "mail")}.items()
    assert turning.signatures() == {"s1r"} and turning.is_verified()


@pytest.mark.usefixtures("domain")
def test_whole_life(turning):
    """Two first keys, and half a year later their successors, to the end of the first ones."""
    made = json.loads(turning.mailctl("--json", "dkim", "generate", DOMAIN, "--dual"))
    rsa, ed = (key["selector"] for key in made)
    assert turning.rotate(DOMAIN) == {rsa: ("made", "record"), ed: ("made", "record")}
    assert "shows no record" in turning.machine.run("mailctl", "dkim", "activate", DOMAIN, status=65).stderr

    # The first server has them, the second one does not yet.
    turning.publish(turning.records(), "")
    assert turning.rotate(DOMAIN) == {rsa: ("made", "servers"), ed: ("made", "servers")}
    turning.publish(turning.records())
    assert turning.rotate("--all")[rsa] == ("active", "age")
    assert turning.rotate(DOMAIN) == {rsa: ("active", "age"), ed: ("active", "age")}
    assert turning.signatures() == {rsa, ed}

    turning.wait(26 * WEEK - HOUR)
    assert turning.rotate(DOMAIN) == {rsa: ("active", "age"), ed: ("active", "age")}
    turning.wait(HOUR)
    walked = turning.rotate(DOMAIN)
    new = set(walked) - {rsa, ed}
    assert walked == {rsa: ("active", "successor"), ed: ("active", "successor")} | dict.fromkeys(new, ("made", "record"))
    assert len(new) == 2

    # Published: nobody signs with them until the longer of the two TTLs is over.
    turning.rotate(DOMAIN)
    old_records = turning.records()
    turning.publish(old_records)
    published = dict.fromkeys(new, ("published", "caches"))
    assert turning.rotate(DOMAIN) == {rsa: ("active", "successor"), ed: ("active", "successor")} | published
    turning.wait(TTL - 60)
    assert turning.rotate("--all", "--dry-run") == turning.rotate(DOMAIN)
    assert turning.rotate(DOMAIN).items() >= published.items()
    assert turning.signatures() == {rsa, ed}
    turning.wait(60)
    assert turning.rotate(DOMAIN) == \
        {rsa: ("retired", "mail"), ed: ("retired", "mail")} | dict.fromkeys(new, ("active", "age"))
    assert turning.signatures() == new

    # Mail that they signed may still arrive for a week; then p= is to be shown, for a week, and nothing.
    turning.wait(WEEK - 60)
    assert turning.rotate(DOMAIN)[rsa] == ("retired", "mail")
    turning.wait(60)
    assert turning.rotate(DOMAIN)[rsa] == ("revoked", "revocation")
    assert turning.records().count("p=\"") == 2
    turning.publish(turning.records(), old_records)
    assert turning.rotate(DOMAIN)[ed] == ("revoked", "servers")
    turning.publish(turning.records())
    assert turning.rotate(DOMAIN)[rsa] == ("revoked", "notice")
    turning.wait(WEEK)
    assert turning.rotate(DOMAIN)[ed] == ("gone", "removal")
    assert rsa not in turning.records()
    turning.publish(turning.records())
    assert turning.rotate(DOMAIN) == {rsa: ("gone", None), ed: ("gone", None)} | dict.fromkeys(new, ("active", "age"))
    assert turning.signatures() == new


@pytest.mark.usefixtures("domain")
def test_taken_out_too_early(turning):
    """A published key whose record vanishes does not sign, however long it waited."""
    old = json.loads(turning.mailctl("--json", "dkim", "generate", DOMAIN, "--activate"))[0]["selector"]
    turning.publish(turning.records())
    new = next(iter(set(turning.rotate(DOMAIN, "--now")) - {old}))
    turning.publish(turning.records())
    assert turning.rotate(DOMAIN)[new] == ("published", "caches")
    turning.wait(DAY)
    turning.publish(turning.records(without=new))
    assert turning.rotate(DOMAIN) == {old: ("active", "successor"), new: ("made", "record")}
    assert turning.signatures() == {old}
    turning.publish(turning.records())
    turning.rotate(DOMAIN)
    turning.wait(DAY)
    assert turning.rotate(DOMAIN) == {old: ("retired", "mail"), new: ("active", "age")}


@pytest.mark.usefixtures("domain")
def test_servers_silent(turning):
    """Nobody tells, or one of two does not: nothing moves, and the status says so."""
    old = json.loads(turning.mailctl("--json", "dkim", "generate", DOMAIN, "--activate"))[0]["selector"]
    turning.publish(turning.records())
    new = next(iter(set(turning.rotate(DOMAIN, "--now")) - {old}))
    turning.publish(turning.records())
    turning.second.stop()
    assert turning.rotate(DOMAIN, status=75) == {old: ("active", "successor"), new: ("made", "answer")}
    assert turning.signatures() == {old}
    assert turning.rotate(DOMAIN, "--force") == {old: ("retired", "mail"), new: ("active", "age")}
    turning.second.start()


@pytest.mark.usefixtures("domain")
def test_not_shown(turning):
    """A key that signs and is not shown is complained of."""
    key = json.loads(turning.mailctl("--json", "dkim", "generate", DOMAIN, "--activate"))[0]["selector"]
    assert turning.rotate(DOMAIN, status=65) == {key: ("active", "record")}
    assert turning.signatures() == {key}


@pytest.mark.usefixtures("domain")
def test_nothing_signed(turning):
    """Where nothing is signed here nobody misses a key."""
    assert turning.findings() == ["dkim-no-key"]
    turning.mailctl("dkim", "generate", DOMAIN)
    assert turning.findings() == ["dkim-missing"]
    turning.mailctl("domain", "set", DOMAIN, "--signing", "off")
    assert turning.findings() == []


class Gate:
    """A resolver that passes all on to the name server, once something has been done."""

    def __init__(self, deed):
        self.deed, self.is_over = deed, threading.Event()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 5304))
        self.socket.settimeout(0.2)
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        while not self.is_over.is_set():
            try:
                packet, sender = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            if self.deed is not None:
                self.deed()
                self.deed = None
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as beyond:
                beyond.settimeout(5)
                beyond.sendto(packet, (ADDRESS, 53))
                self.socket.sendto(beyond.recv(4096), sender)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()
        self.socket.close()


@pytest.mark.usefixtures("domain")
def test_changed_meanwhile(turning):
    """A key that somebody takes out of use while the DNS is asked about it does not come to sign."""
    key = json.loads(turning.mailctl("--json", "dkim", "generate", DOMAIN))[0]["selector"]
    turning.publish(turning.records())
    with Gate(lambda: turning.mailctl("dkim", "retire", DOMAIN, key)):
        done = turning.machine.run("mailctl", "--resolver", "127.0.0.1@5304", "dkim", "activate", DOMAIN, status=75)
    assert "changed meanwhile by somebody else" in done.stderr
    assert [one["state"] for one in json.loads(turning.mailctl("--json", "dkim", "list", DOMAIN))] == ["retired"]
    with Gate(None):
        turning.machine.run("mailctl", "--resolver", "127.0.0.1@5304", "dkim", "activate", DOMAIN, key)
    assert turning.signatures() == {key}


@pytest.mark.usefixtures("domain")
def test_clock_behind(turning):
    """A clock that goes back for an hour and comes again has not let a week go by."""
    old = json.loads(turning.mailctl("--json", "dkim", "generate", DOMAIN, "--activate"))[0]["selector"]
    turning.publish(turning.records())
    new = next(iter(set(turning.rotate(DOMAIN, "--now")) - {old}))
    turning.publish(turning.records())
    turning.rotate(DOMAIN)
    turning.wait(TTL)
    assert turning.rotate(DOMAIN) == {old: ("retired", "mail"), new: ("active", "age")}
    turning.wait(-4 * WEEK)
    assert turning.rotate(DOMAIN)[old] == ("retired", "mail")
    turning.wait(4 * WEEK + HOUR)
    assert turning.rotate(DOMAIN) == {old: ("retired", "mail"), new: ("active", "age")}
    turning.wait(WEEK - 60)
    assert turning.rotate(DOMAIN)[old] == ("retired", "mail")
    turning.wait(60)
    assert turning.rotate(DOMAIN)[old] == ("revoked", "revocation")
