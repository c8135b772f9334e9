# SPDX-License-Identifier: MIT
"""Peers as judges: python3-dkim and Mail::DKIM of our signatures, we of theirs; three readers of
zone files of our zones."""

import base64
import itertools
import re
import subprocess
from pathlib import Path

import dkim
import pytest

from ground import check, mail
from ground.scene import ALICE, BOB

MAIL_DKIM = "/src/tests/integration/mail-dkim.pl"
MAIL_DKIM_HAS_ED25519 = Path("/usr/share/perl5/Mail/DKIM/Algorithm/ed25519_sha256.pm").exists()
JUDGE = "judge.example"
CANONS = list(itertools.product(("relaxed", "simple"), repeat=2))
ODD = mail.letter(f"J\u00fcrgen <judge@{JUDGE}>", "b@example.net", "Odd  spacing\tand =?utf-8?q?words?=",
                  "one  \r\n\r\n two\t \r\n\r\n\r\n")


class Keys:
    """A domain with keys that openssl made, published in the scene's name server."""

    def __init__(self, folder):
        self.folder = folder
        self.rsa = self.make("rsa", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        self.rsa1024 = self.make("rsa1024", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
        self.ed25519 = self.make("ed25519", "ED25519")

    def make(self, name, algorithm, *options):
        path = self.folder / f"{name}.pem"
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", algorithm, *options, "-out", path], check=False,
                       stderr=subprocess.DEVNULL)
        if not path.exists():  # OpenSSL 3.0 knows no -quiet
            subprocess.run(["openssl", "genpkey", "-algorithm", algorithm, *options, "-out", path], check=True,
                           stderr=subprocess.DEVNULL)
        return path

    def public(self, path, tail=None):
        der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], check=True,
                             stdout=subprocess.PIPE).stdout
        return base64.b64encode(der[-tail:] if tail else der).decode()

    def seed(self):
        """The private Ed25519 key as python3-dkim wants it."""
        der = subprocess.run(["openssl", "pkey", "-in", self.ed25519, "-outform", "DER"], check=True,
                             stdout=subprocess.PIPE).stdout
        return base64.b64encode(der[-32:])

    def zone(self):
        def record(selector, kind, key):
            text = f"v=DKIM1; k={kind}; p={key}"
            parts = " ".join(f'"{text[i:i + 200]}"' for i in range(0, len(text), 200))
            return f"{selector}._domainkey TXT ( {parts} )\n"
        return ("$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n"
                + record("rsa", "rsa", self.public(self.rsa))
                + record("rsa1024", "rsa", self.public(self.rsa1024))
                + record("ed25519", "ed25519", self.public(self.ed25519, 32)))


@pytest.fixture(scope="module")
def keys(scene, tmp_path_factory):
    made = Keys(tmp_path_factory.mktemp("keys"))
    scene.nameserver.zones[JUDGE] = made.zone()
    scene.nameserver.restart()
    return made


@pytest.fixture(scope="module")
def ours(scene):
    """A message that we signed, as it was delivered."""
    letter = mail.letter(ALICE[0], BOB[0], "For the judges")
    mail.submit(scene.org.machine, *ALICE, BOB[0], letter)
    return mail.await_message(scene.net.machine, *BOB, mail.message_id(letter))


def perl(*arguments, message):
    return subprocess.run(["perl", MAIL_DKIM, *map(str, arguments)], input=message, check=True,
                          stdout=subprocess.PIPE).stdout


def our_verdict(scene, message, *options):
    """The dkim results of mailctl verify."""
    machine = scene.net.machine
    machine.path("/tmp/judged.eml").write_bytes(message)
    field = machine.run("mailctl", "--resolver", "192.0.2.53", "verify", *options, "/tmp/judged.eml").stdout
    assert field.startswith("Authentication-Results:"), field
    return re.findall(r"\bdkim=(\w+)", re.sub(r"\([^()]*\)", "", field))


def test_python_dkim_judges_ours(scene, ours):
    assert len(check.signatures_verify(ours, "example.org")) == 2


def test_mail_dkim_judges_ours(scene, ours):
    verdicts = dict(line.split(" ", 1) for line in perl("verify", message=ours).decode().splitlines())
    assert verdicts["rsa-sha256"] == "pass", verdicts
    if MAIL_DKIM_HAS_ED25519:
        assert verdicts["ed25519-sha256"] == "pass", verdicts


@pytest.mark.parametrize("header, body", CANONS)
@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ed25519-sha256"])
def test_we_judge_python_dkim(scene, keys, algorithm, header, body):
    key = keys.rsa.read_bytes() if algorithm.startswith("rsa") else keys.seed()
    selector = algorithm.partition("-")[0].encode()
    field = dkim.sign(ODD, selector, JUDGE.encode(), key, canonicalize=(header.encode(), body.encode()),
                      signature_algorithm=algorithm.encode())
    assert our_verdict(scene, field + ODD) == ["pass"]
    assert our_verdict(scene, field + ODD.replace(b"one", b"One")) == ["fail"]
    assert our_verdict(scene, field + ODD.replace(b"Odd", b"odd")) == ["fail"]


@pytest.mark.parametrize("header, body", CANONS)
def test_we_judge_mail_dkim(scene, keys, header, body):
    signed = perl("sign", JUDGE, "rsa", keys.rsa, f"{header}/{body}", message=ODD)
    assert our_verdict(scene, signed) == ["pass"]
    assert our_verdict(scene, signed.replace(b"two", b"Two")) == ["fail"]


@pytest.mark.parametrize("selector", ["rsa", "ed25519"])
def test_python_dkim_judges_mailctl_sign(scene, keys, selector):
    machine = scene.net.machine
    machine.path("/tmp/unsigned.eml").write_bytes(ODD)
    machine.path("/tmp/key.pem").write_bytes(getattr(keys, selector).read_bytes())
    signed = machine.run("mailctl", "sign", "--domain", JUDGE, "--selector", selector, "--key", "/tmp/key.pem",
                         "/tmp/unsigned.eml").stdout.encode()
    signed = signed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert len(check.signatures_verify(signed, JUDGE)) == 1
    assert our_verdict(scene, signed) == ["pass"]


@pytest.mark.parametrize("case, change, verdict", [
    ("no such key", lambda m: m.replace(b"s=rsa;", b"s=none;"), ["permerror"]),
    ("no body hash", lambda m: re.sub(rb"bh=[^;]*;", b"", m), ["permerror"]),
    ("another version", lambda m: m.replace(b"v=1;", b"v=2;"), ["permerror"]),
    ("cut signature", lambda m: re.sub(rb"([;\s])b=.*?(?=\r\n[^ \t])", rb"\1b=AAAA", m, count=1,
                                          flags=re.S), ["fail"]),
])
def test_broken_signatures(scene, keys, case, change, verdict):
    field = dkim.sign(ODD, b"rsa", JUDGE.encode(), keys.rsa.read_bytes())
    found = our_verdict(scene, change(field + ODD))
    assert found == verdict or found in (["neutral"], ["policy"]), f"{case}: {found}"


@pytest.mark.parametrize("which", ["org", "net"])
def test_zones(scene, which):
    site = getattr(scene, which)
    check.zone_is_strict(site.domain, site.zone())
