# SPDX-License-Identifier: MIT
"""The records of a domain: whole zones that name servers and checkers take, and zones that are broken in
a named way, each with its own finding."""

import json
import re

import pytest

from ground import check
from ground.nameserver import ADDRESS

DOMAIN = "records.example"
HOST, IP = f"mail.{DOMAIN}", "192.0.2.10"
CERTIFICATE = "/root/records.pem"
OPTIONS = ("--host", HOST, "--address", IP, "--dmarc-policy", "reject", "--dmarc-reports", f"d@{DOMAIN}",
           "--tls-reports", f"t@{DOMAIN}", "--mta-sts", "testing", "--caa", "ca.example; validationmethods=dns-01",
           "--with", "autoconfig", "--with", "autodiscover", "--service", "submissions", "--service", "imaps",
           "--service", "sieve", "--certificate", CERTIFICATE, "--ttl", "300")


@pytest.fixture(name="site", scope="module")
def with_domain(scene):
    """The domain, its options and its zone, as mailctl writes it."""
    site = scene.org
    mailctl = site.gatepost.mailctl
    site.machine.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", "/root/records.key", "-out", CERTIFICATE, "-subj", f"/CN={HOST}")
    mailctl("domain", "add", DOMAIN)
    mailctl("dkim", "generate", DOMAIN, "--dual", "--activate")
    mailctl("dns", "set", DOMAIN, *OPTIONS)
    before = dict(scene.nameserver.zones)
    scene.nameserver.zones[DOMAIN] = mailctl("dns", "zone", DOMAIN, "--nameserver-address", ADDRESS)
    scene.nameserver.zones["10.2.0.192.in-addr.arpa"] += f"@ PTR {HOST}.\n"
    scene.nameserver.restart()
    yield site
    scene.nameserver.zones = before
    scene.nameserver.restart()
    mailctl("-y", "domain", "delete", DOMAIN)


def codes(site, status):
    """What is not fine, by the resolver's and the zone's own server's words."""
    answer = json.loads(site.gatepost.mailctl("--json", "dns", "check", DOMAIN, status=status))
    return sorted({f["code"] for f in answer[0]["findings"] if f["level"] != "fine"})


@pytest.mark.parametrize("options", [(), ("--without", "srv", "--without", "host-spf"), ("--no-mail",)])
def test_zone_is_strict(site, options):
    zone = site.gatepost.mailctl("dns", "zone", DOMAIN, "--nameserver-address", ADDRESS, *options)
    check.zone_is_strict(DOMAIN, zone)


def test_fragment_is_what_show_prints(site):
    mailctl = site.gatepost.mailctl
    shown = mailctl("-q", "dns", "show", DOMAIN, "--format", "zone")
    fragment = mailctl("dns", "zone", DOMAIN, "--fragment")
    assert [line for line in shown.splitlines() if not line.startswith(";")] == fragment.splitlines()


def test_in_order(site):
    """What mailctl writes is what mailctl wants; the zone is not signed, which is no error without DANE."""
    site.gatepost.mailctl("dns", "set", DOMAIN, "--without", "tlsa")
    assert codes(site, 0) == []
    site.gatepost.mailctl("dns", "set", DOMAIN, "--forget", "without")
    assert codes(site, 1) == ["tlsa-unsigned"]


# A line of the zone, and what stands in its place.
BROKEN = [
    ("mx-missing", 2, r"^@\t300\tIN\tMX.*\n", ""),
    ("mx-elsewhere", 2, r"^@\t300\tIN\tMX.*$", "@ MX 10 ns1"),
    ("mx-null", 2, r"^@\t300\tIN\tMX.*$", "@ MX 0 ."),
    ("address-missing", 2, r"^mail\t300\tIN\tA\t.*$", "mail IN A 192.0.2.11"),
    ("spf-missing", 2, r"^@\t300\tIN\tTXT.*\n", ""),
    ("spf-several", 2, r"^(@\t300\tIN\tTXT.*)$", r'\1\n@ TXT "v=spf1 -all"'),
    ("spf-malformed", 2, r"v=spf1 mx ~all", "v=spf1 mx: ~all"),
    ("spf-open", 2, r"v=spf1 mx ~all", "v=spf1 mx +all"),
    ("spf-not-covered", 2, r"v=spf1 mx ~all", "v=spf1 ip4:192.0.2.99 ~all"),
    ("dmarc-missing", 2, r"^_dmarc.*\n", ""),
    ("dmarc-weaker", 1, r"p=reject", "p=none"),
    ("dmarc-unusable", 2, r"p=reject; rua=[^\"]*", "p=x"),
    ("dmarc-report-refused", 2, r"rua=mailto:d@records.example", "rua=mailto:d@example.net"),
    ("dkim-revoked", 2, r"k=ed25519; p=[^\"]*", "k=ed25519; p="),
    ("dkim-other-key", 2, r"k=ed25519; p=.", "k=ed25519; p=/"),
    ("mta-sts-id", 2, r"v=STSv1; id=[0-9a-f]*", "v=STSv1; id=1"),
    ("tls-rpt-missing", 1, r"^_smtp._tls\t.*\n", ""),
    ("tlsa-missing", 1, r"^_25\._tcp.*\n", ""),
    ("tlsa-other", 2, r"3 1 1 ..", "3 1 1 00"),
    ("srv-other", 1, r"0 1 993", "0 1 994"),
    ("caa-forbids", 2, r"ca\.example; validationmethods=dns-01", "other.example"),
    ("wildcard", 1, r"\Z", '* TXT "hello"\n'),
    ("alias-dangling", 1, r"^mta-sts\t.*$", "mta-sts CNAME gone.example.net."),
    ("name-doubled", 2, r"^_dmarc\t", "_dmarc.records.example\t"),
]


@pytest.mark.parametrize("code,status,pattern,instead", BROKEN, ids=[row[0] for row in BROKEN])
def test_broken(scene, site, code, status, pattern, instead):
    """The zone's server says so, and the check: one way of being broken, one finding."""
    whole = scene.nameserver.zones[DOMAIN]
    broken = re.sub(pattern, instead, whole, count=1, flags=re.M)
    assert broken != whole
    scene.nameserver.zones[DOMAIN] = broken
    scene.nameserver.restart()
    try:
        found = codes(site, status)
    finally:
        scene.nameserver.zones[DOMAIN] = whole
        scene.nameserver.restart()
    assert set(found) - {"tlsa-unsigned", "address-others"} == {code}


def test_nobody_answers(site):
    answer = site.gatepost.mailctl("--resolver", "127.0.0.1@1", "--dns-timeout", "500ms", "dns", "check", DOMAIN,
                                   status=3)
    assert answer.startswith(f"{DOMAIN}\tunknown\tno-answer\t")
