# SPDX-License-Identifier: MIT
"""mailctl check of a real host: Postfix, a name server with reverse names and blocklists, a server of others.
Hosts that are broken in a named way each give exactly their own finding."""

import contextlib
import json
import re
import socket
import threading
import time

import pytest

from ground.authority import Authority, certify_by_itself
from ground.nameserver import ADDRESS as NAMESERVER
from ground.nameserver import REVERSE_ZONE

HOST, IP, REVERSE = "mail.example.org", "192.0.2.10", "10.2.0.192.in-addr.arpa"
CONFIG = "/root/check.conf"
SETTINGS = """hostname = "mail.example.org"
dns { servers = {"%(nameserver)s"} }
check {
    outside = "%(outside)s"
    blocklists = {"bl.check.example"}
    domain_blocklists = {"dbl.check.example"}
}
"""
LIST = """$TTL 60
@ SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60
@ NS ns.invalid.
2.0.0.127 A 127.0.0.2
"""
DOMAINS = """$TTL 60
@ SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60
@ NS ns.invalid.
test A 127.0.1.2
"""
STRANGE = """$TTL 60
@ SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60
@ NS ns.invalid.
hanging MX 10 mx.hanging
mx.hanging A 127.0.0.71
lying MX 10 mx.lying
mx.lying A 127.0.0.72
deaf MX 10 mx.deaf
mx.deaf A 127.0.0.73
nobody A 127.0.0.74
unrouted A 203.0.113.200
"""
# Everybody may relay; Postfix does not start without a refusal in one of its lists.
OPEN = "smtpd_relay_restrictions=check_client_access static:OK, reject"
KEY, CERT, TRUSTED = "/root/check.key", "/root/check.pem", "/root/trusted.pem"


class Site:
    """The host, and how it is changed and looked at."""

    def __init__(self, scene):
        self.scene, self.machine, self.postfix = scene, scene.org.machine, scene.org.postfix

    def check(self, *arguments, outside="example.net", options=()):
        self.machine.write(CONFIG, SETTINGS % {"nameserver": NAMESERVER, "outside": outside})
        done = self.machine.run("env", f"SSL_CERT_FILE={TRUSTED}", "mailctl", "-c", CONFIG, *options, "check", *arguments,
                                status=None)
        return done.returncode, done.stdout, done.stderr

    def codes(self, *arguments, outside="example.net"):
        status, out, err = self.check("--host-only", *arguments, outside=outside, options=("--json",))
        answer = json.loads(out)
        assert status == answer["status"], err
        return status, sorted({f["code"] for f in answer["host"]["findings"] if f["level"] != "fine"})

    @contextlib.contextmanager
    def zone(self, name, text):
        """Within, the name server has that zone."""
        zones = self.scene.nameserver.zones
        whole = zones[name]
        zones[name] = text
        self.scene.nameserver.restart()
        try:
            yield
        finally:
            zones[name] = whole
            self.scene.nameserver.restart()

    @contextlib.contextmanager
    def main_cf(self, *settings):
        """Within, Postfix is set so."""
        whole = self.machine.read("/etc/postfix/main.cf")
        self.machine.run("postconf", "-e", *settings)
        self.postfix.reload()
        try:
            yield
        finally:
            self.machine.write("/etc/postfix/main.cf", whole)
            self.postfix.reload()


@pytest.fixture(name="site", scope="module")
def with_site(scene):
    site = Site(scene)
    authority = Authority(site.machine)
    authority.certify(HOST, KEY, CERT)
    authority.certify(HOST, f"{KEY}.soon", f"{CERT}.soon", 5)
    authority.certify("other.example.org", f"{KEY}.other", f"{CERT}.other")
    certify_by_itself(site.machine, HOST, f"{KEY}.self", f"{CERT}.self")
    # Debian, too, has its hosts trust the certificates that they made themselves.
    site.machine.write(TRUSTED, site.machine.read(authority.certificate) + site.machine.read(f"{CERT}.self"))
    before = dict(scene.nameserver.zones)
    scene.nameserver.zones |= {"bl.check.example": LIST, "dbl.check.example": DOMAINS, "strange.example": STRANGE}
    scene.nameserver.restart()
    with site.main_cf(f"smtpd_tls_cert_file={CERT}", f"smtpd_tls_key_file={KEY}"):
        yield site
    scene.nameserver.zones = before
    scene.nameserver.restart()


def test_in_order(site):
    assert site.codes() == (0, [])


def test_domains_are_looked_at_too(site):
    """The host before them, and the words of dns check; SPF by the host's own addresses."""
    _, out, _ = site.check("example.org")
    lines = [line.split("\t") for line in out.splitlines()]
    assert {line[0] for line in lines} == {HOST, "example.org"}
    assert lines[0][0] == HOST and lines[-1][0] == "example.org"
    assert any(line[1:3] == ["fine", "spf"] for line in lines), out
    assert all(len(line) == 7 for line in lines)
    assert site.check("elsewhere.example")[0] == 68


@pytest.mark.parametrize("code,status,zone,pattern,instead", [
    ("ptr-missing", 2, REVERSE, r"^@ PTR.*\n", ""),
    ("ptr-unconfirmed", 2, REVERSE, r"^@ PTR.*$", "@ PTR gone.example.org."),
    ("ptr-several", 1, REVERSE, r"\Z", "@ PTR www.example.org.\n"),
    ("blocklist-listed", 2, "bl.check.example", r"\Z", '10.2.0.192 A 127.0.0.4\n10.2.0.192 TXT "a trap"\n'),
    ("blocklist-refused", 3, "bl.check.example", r"127\.0\.0\.2$", "127.255.255.254"),
    ("blocklist-lie", 3, "bl.check.example", r"127\.0\.0\.2$", "203.0.113.1"),
    ("blocklist-dead", 3, "bl.check.example", r"^2\.0.*\n", ""),
    ("blocklist-all", 3, "bl.check.example", r"^2\.0.*$", "* A 127.0.0.2"),
    ("blocklist-listed", 2, "dbl.check.example", r"\Z", "mail.example.org A 127.0.1.2\n"),
    ("blocklist-refused", 3, "dbl.check.example", r"^test.*$", "* A 127.255.255.254"),
    ("blocklist-dead", 3, "dbl.check.example", r"^test.*\n", ""),
], ids=lambda value: value if isinstance(value, str) and "-" in value else "")
def test_dns_is_broken(site, code, status, zone, pattern, instead):
    whole = site.scene.nameserver.zones[zone]
    broken = re.sub(pattern, instead, whole, count=1, flags=re.M)
    assert broken != whole
    with site.zone(zone, broken):
        assert site.codes() == (status, [code])


def test_domain_on_a_list(site):
    """It is told of that domain alone; and of none where the list refuses, whatever it answers then."""
    def told():
        _, out, _ = site.check("example.org", "--resolver-only")
        return [line.split("\t")[:4] + line.split("\t")[5:6] for line in out.splitlines() if "dbl.check.example" in line]

    zone = site.scene.nameserver.zones["dbl.check.example"]
    with site.zone("dbl.check.example", zone + 'example.org A 127.0.1.102\nexample.org TXT "broken into"\n'):
        assert told() == [
            [HOST, "fine", "blocklist", "dbl.check.example", "the host's name is not on it"],
            ["example.org", "error", "blocklist-listed", "dbl.check.example",
             "example.org is on it (127.0.1.102, abused by others for spam): broken into"]]
    with site.zone("dbl.check.example", zone.replace("test A 127.0.1.2", "* A 127.255.255.254")):
        assert [line[:4] for line in told()] == [[HOST, "unknown", "blocklist-refused", "dbl.check.example"]]


def test_reverse_zone_is_as_expected(site):
    assert site.scene.nameserver.zones[REVERSE].startswith(REVERSE_ZONE)


@pytest.mark.parametrize("code,status,settings", [
    ("postfix-generic-maps", 1, ["smtp_generic_maps=inline:{a@b=c@d}"]),
    ("postfix-no-tls", 2, ["smtp_tls_security_level=none"]),
    ("helo-no-address", 2, ["smtp_helo_name=gone.example.org"]),
    ("helo-invalid", 2, ["smtp_helo_name=mail"]),
    ("tls-missing", 1, ["smtpd_tls_security_level=none"]),
    ("certificate-soon", 1, [f"smtpd_tls_cert_file={CERT}.soon", f"smtpd_tls_key_file={KEY}.soon"]),
    ("certificate-name", 1, [f"smtpd_tls_cert_file={CERT}.other", f"smtpd_tls_key_file={KEY}.other"]),
    ("certificate-untrusted", 1, [f"smtpd_tls_cert_file={CERT}.self", f"smtpd_tls_key_file={KEY}.self"]),
    ("relay-open", 2, [OPEN]),
    ("relay-unknown", 3, ["mynetworks=192.0.2.0/24"]),
], ids=lambda value: value if isinstance(value, str) else "")
def test_postfix_is_broken(site, code, status, settings):
    with site.main_cf(*settings):
        assert site.codes() == (status, [code])


def test_no_mail_is_sent(site):
    """Not even where anybody may relay."""
    before = site.machine.read("/var/log/mail.log")
    with site.main_cf(OPEN):
        site.codes()
    news = site.machine.read("/var/log/mail.log")[len(before):]
    assert "qmgr" not in news and "status=sent" not in news, news
    assert not site.postfix.queue()


def test_postfix_is_down(site):
    site.postfix.stop()
    try:
        assert site.codes() == (2, ["port-closed"])
    finally:
        site.postfix.start()


def test_address_that_is_given(site):
    """Its reverse name is asked for, not that of the interface."""
    assert site.codes("--address", "192.0.2.200")[1] == ["helo-elsewhere", "ptr-missing"]
    assert site.codes("--address", "10.1.2.3") == (3, ["address-private"])


class Server:
    """Listens on port 25 and says one thing, or nothing; backlog None: it takes what comes."""

    def __init__(self, address, words, is_deaf=False):
        self.socket = socket.create_server((address, 25), backlog=0 if is_deaf else 8)
        self.words, self.taken = words, []
        if is_deaf:  # the one place for who waits is taken
            for _ in range(4):
                waiting = socket.socket()
                waiting.setblocking(False)
                waiting.connect_ex((address, 25))
                self.taken.append(waiting)
        else:
            threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.socket.accept()
                self.taken.append(client)
                client.sendall(self.words)

    def close(self):
        for one in (*self.taken, self.socket):
            one.close()


@pytest.mark.parametrize("domain,address,words,is_deaf,code,status", [
    ("hanging", "127.0.0.71", b"", False, "outside-unwelcome", 1),
    ("lying", "127.0.0.72", b"\x00\xff\x1b[2J no server\n" * 400 + b"554 go away\r\n", False, "outside-unwelcome", 1),
    ("deaf", "127.0.0.73", b"", True, "outside-blocked", 2),
], ids=["hanging", "lying", "deaf"])
def test_server_of_others(site, domain, address, words, is_deaf, code, status):
    """It keeps nothing waiting for long, and no byte of it reaches a terminal."""
    server = Server(address, words, is_deaf)
    start = time.monotonic()
    try:
        assert site.codes(outside=f"{domain}.strange.example") == (status, [code])
        out = site.check("--host-only", outside=f"{domain}.strange.example")[1]
        assert "\x1b" not in out
    finally:
        server.close()
    assert time.monotonic() - start < 60


def test_nobody_of_others(site):
    assert site.codes(outside="nobody.strange.example") == (2, ["outside-refused"])
    assert site.codes(outside="unrouted.strange.example") == (2, ["outside-unreachable"])
    assert site.codes(outside="gone.strange.example") == (3, ["outside-nobody"])
    assert site.codes(outside="") == (0, [])


def test_no_dns(site):
    """Nothing can be told, and what asks no DNS is there all the same."""
    status, out, _ = site.check("--host-only", options=("--resolver", "127.0.0.1@1", "--dns-timeout", "500ms"))
    found = {line.split("\t")[2]: line.split("\t")[1] for line in out.splitlines()}
    assert status == 3
    assert found == {"ptr-unknown": "unknown", "helo-unknown": "unknown", "blocklist-silent": "unknown",
                     "outside-unknown": "unknown", "postfix": "fine", "port": "fine", "relay": "fine"}


def test_changes(site):
    """What is new, then nothing, then what is gone; and what is wrong decides the exit status each time."""
    def changes():
        status, out, err = site.check("--host-only", "--changes")
        assert not err, err
        return status, [tuple(line.split("\t")[i] for i in (0, 1, 2, 3)) for line in out.splitlines()]

    kept = "/var/lib/gatepost/check/last-run.json"
    assert changes() == (0, [])
    with site.main_cf("smtp_tls_security_level=none"):
        assert changes() == (2, [("new", HOST, "error", "postfix-no-tls")])
        assert changes() == (2, [])
        site.machine.write(kept, '{"mail.example.org": [[[')
        assert changes() == (2, [("new", HOST, "error", "postfix-no-tls")])
        status, out, _ = site.check("--host-only", "--changes", options=("--json",))
        assert (status, json.loads(out)) == (2, {"status": 2, "changes": []})
    assert site.check("--host-only", "--changes", options=("--dry-run",))[1].startswith(f"gone\t{HOST}\t")
    assert changes() == (0, [("gone", HOST, "error", "postfix-no-tls")])
    assert changes() == (0, [])
    assert site.machine.run("stat", "--format=%a", kept).stdout == "600\n"
