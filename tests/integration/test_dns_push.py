# SPDX-License-Identifier: MIT
"""Updates by RFC 2136, against BIND and Knot: what they take, refuse and sign, and what stays."""

import json
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.tsigkeyring
import dns.update
import pytest

from ground.waiting import wait_until

DOMAIN = "push.example"
ADDRESS, PORT = "127.0.0.1", {"bind": 5301, "knot": 5302}
SECRET = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0ISEhISE="
OTHER_SECRET = "b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIhISE="
ZONE = f"""$TTL 300
@ SOA ns1.{DOMAIN}. hostmaster.{DOMAIN}. 1 3600 600 86400 60
@ NS ns1.{DOMAIN}.
ns1 A 127.0.0.1
@ TXT "site-verification=1"
www A 192.0.2.80
"""
BIND = """options {{ directory "{home}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    pid-file "{home}/pid"; session-keyfile "{home}/session.key"; recursion no; dnssec-validation no; }};
controls {{ }};
{keys}
zone "{domain}" {{ type primary; file "zone"; update-policy {{ {grants} }}; }};
"""
KNOT = """server:
    listen: 127.0.0.1@{port}
    rundir: {home}
database:
    storage: {home}
key:
{keys}
acl:
  - id: push
    key: [{names}]
    action: update
template:
  - id: default
    storage: {home}
    zonefile-sync: 0
zone:
  - domain: {domain}
    file: zone
    acl: push
"""
ALGORITHMS = ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]


class Primary:
    """BIND or Knot with one zone that the holder of any of the keys may change."""

    def __init__(self, kind):
        self.kind, self.port, self.home = kind, PORT[kind], Path(f"/push-{kind}")
        self.process = None

    def configuration(self):
        names = [f"key-{algorithm}" for algorithm in ALGORITHMS]
        pairs = list(zip(names, ALGORITHMS))
        if self.kind == "bind":
            keys = "\n".join(f'key "{n}" {{ algorithm {a}; secret "{SECRET}"; }};' for n, a in pairs)
            grants = " ".join(f'grant {n} zonesub ANY;' for n in names)
            return BIND.format(home=self.home, port=self.port, keys=keys, grants=grants, domain=DOMAIN)
        keys = "\n".join(f"  - id: {n}\n    algorithm: {a}\n    secret: {SECRET}" for n, a in pairs)
        return KNOT.format(home=self.home, port=self.port, keys=keys, names=", ".join(names), domain=DOMAIN)

    def start(self):
        shutil.rmtree(self.home, ignore_errors=True)  # with the changes of another test in its journal
        self.home.mkdir()
        (self.home / "zone").write_text(ZONE)
        (self.home / "conf").write_text(self.configuration())
        command = {"bind": ["named", "-g", "-c"], "knot": ["knotd", "-c"]}[self.kind]
        with open(self.home / "log", "ab") as log:
            self.process = subprocess.Popen([*command, self.home / "conf"], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        wait_until(lambda: self.ask(DOMAIN, "SOA"), f"{self.kind} to answer (see {self.home}/log)")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def sets(self, name, kind):
        try:
            return dns.query.tcp(dns.message.make_query(name, kind), ADDRESS, 2, self.port).answer
        except (OSError, dns.exception.DNSException):
            return []

    def ask(self, name, kind):
        """The records as dnspython reads them, sorted; texts joined."""
        records = [r for rrset in self.sets(name, kind) for r in rrset]
        return sorted(b"".join(r.strings).decode() if kind == "TXT" else r.to_text() for r in records)

    def ttl(self, name, kind):
        (rrset,) = self.sets(name, kind)
        return rrset.ttl

    def change(self, *changes):
        """What somebody else does to the zone: each ("add" or "delete", arguments of dnspython...)."""
        ring = dns.tsigkeyring.from_text({"key-hmac-sha256": SECRET})
        update = dns.update.Update(DOMAIN, keyring=ring, keyalgorithm="hmac-sha256")
        for verb, *arguments in changes:
            getattr(update, verb)(*arguments)
        assert dns.query.tcp(update, ADDRESS, 5, self.port).rcode() == 0


@pytest.fixture(name="primary", params=["bind", "knot"])
def a_primary(request):
    primary = Primary(request.param)
    primary.start()
    yield primary
    primary.stop()


@pytest.fixture(name="site")
def with_domain(scene):
    site = scene.org
    mailctl = site.gatepost.mailctl
    mailctl("domain", "add", DOMAIN)
    mailctl("dkim", "generate", DOMAIN, "--dual", "--activate")
    mailctl("dns", "set", DOMAIN, "--host", f"mail.{DOMAIN}", "--address", "192.0.2.10")
    for algorithm in ALGORITHMS:
        key(site, f"key-{algorithm}", algorithm, SECRET)
    yield site
    mailctl("-y", "domain", "delete", DOMAIN)


def key(site, name, algorithm, secret, mode=0o600):
    """The path of a key file, as tsig-keygen writes it."""
    path = f"/root/{name}"
    site.machine.write(path, f'key "{name}" {{\n\talgorithm {algorithm};\n\tsecret "{secret}";\n}};\n', mode)
    return path


def push(site, primary, *more, path="/root/key-hmac-sha256", status=0, domain=DOMAIN):
    return site.machine.run("mailctl", "-y", "dns", "push", domain, "--server", f"{ADDRESS}@{primary.port}", "--zone",
                            DOMAIN, "--key", path, *more, status=status)


def changes(site, primary, *more, status):
    done = site.machine.run("mailctl", "--json", "dns", "diff", DOMAIN, "--server", f"{ADDRESS}@{primary.port}",
                            "--zone", DOMAIN, "--key", "/root/key-hmac-sha256", *more, status=status)
    return [(c["change"], c["name"], c["type"]) for c in json.loads(done.stdout)]


def test_life(site, primary):
    """From nothing to all records, again without a change, a changed one, one that goes, and back."""
    mailctl = site.gatepost.mailctl
    assert {kind for kind, _, _ in changes(site, primary, status=1)} == {"add"}
    push(site, primary)
    wanted = [r for r in json.loads(mailctl("--json", "dns", "show", DOMAIN)) if r["in_zone"]]
    for record in wanted:
        assert any(text == record["data"] for text in primary.ask(record["name"], record["type"])), record
    assert changes(site, primary, status=0) == []
    assert "in order" in push(site, primary).stdout
    mailctl("dns", "set", DOMAIN, "--dmarc-policy", "reject", "--without", "srv")
    listed = changes(site, primary, status=1)
    assert ("delete", f"_dmarc.{DOMAIN}", "TXT") in listed and ("add", f"_dmarc.{DOMAIN}", "TXT") in listed
    push(site, primary)
    assert primary.ask(f"_dmarc.{DOMAIN}", "TXT") == ["v=DMARC1; p=reject"]
    assert primary.ask(f"_imaps._tcp.{DOMAIN}", "SRV") == []
    # What others have made is there as it was.
    assert "site-verification=1" in primary.ask(DOMAIN, "TXT")
    assert primary.ask(f"www.{DOMAIN}", "A") == ["192.0.2.80"]


def test_keys_of_another(site, primary):
    """Into a zone that a domain's keys stand in go these and nothing else of it."""
    mailctl = site.gatepost.mailctl
    mailctl("domain", "add", "customer.example")
    mailctl("dkim", "delegate", "customer.example", "--to", f"keys.{DOMAIN}")
    mailctl("dkim", "generate", "customer.example")
    try:
        for words in ("changed", "in order"):
            done = site.machine.run(
                "mailctl", "-y", "dns", "push", "customer.example", "--server", f"{ADDRESS}@{primary.port}", "--zone",
                DOMAIN, "--key", "/root/key-hmac-sha256")
            assert words in done.stdout
        wanted = json.loads(mailctl("--json", "dkim", "show", "customer.example"))[0]
        assert wanted["alias_of"] == f"s1r._domainkey.customer.example.keys.{DOMAIN}"
        assert primary.ask(wanted["alias_of"], "TXT") == [wanted["record"]]
        assert primary.ask(DOMAIN, "MX") == []
    finally:
        mailctl("-y", "domain", "delete", "customer.example")


def test_dry(site, primary):
    done = site.machine.run("mailctl", "-n", "dns", "push", DOMAIN, "--server", f"{ADDRESS}@{primary.port}", "--zone",
                            DOMAIN, "--key", "/root/key-hmac-sha256")
    assert "add\t" in done.stdout
    assert primary.ask(DOMAIN, "MX") == []


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithms(site, primary, algorithm):
    push(site, primary, path=f"/root/key-{algorithm}")
    assert primary.ask(DOMAIN, "MX") == [f"10 mail.{DOMAIN}."]


def test_conflict(site, primary):
    """A record that somebody else has made, and that stands in the way, stops all; unless taken over."""
    primary.change(("add", "@", 300, "TXT", '"v=spf1 include:old.example -all"'))
    assert ("conflict", DOMAIN, "TXT") in changes(site, primary, status=2)
    assert "--take-over" in push(site, primary, status=65).stderr
    assert primary.ask(DOMAIN, "MX") == []
    push(site, primary, "--take-over")
    assert primary.ask(DOMAIN, "TXT") == ["site-verification=1", "v=spf1 mx ~all"]


def test_wildcards(site, primary):
    """What the server makes from a wildcard stands nowhere: it is no record of somebody's, and in nobody's way."""
    primary.change(("add", "*", 300, "A", "192.0.2.81"), ("add", "*", 300, "TXT", '"v=DMARC1; p=none"'))
    assert primary.ask(f"mail.{DOMAIN}", "A") == ["192.0.2.81"]
    site.gatepost.mailctl("dns", "set", DOMAIN, "--with", "autoconfig")
    assert {kind for kind, _, _ in changes(site, primary, status=1)} == {"add"}
    push(site, primary)
    assert primary.ask(f"mail.{DOMAIN}", "A") == ["192.0.2.10"]
    assert primary.ask(f"_dmarc.{DOMAIN}", "TXT") == ["v=DMARC1; p=quarantine"]
    assert primary.ask(f"other.{DOMAIN}", "A") == ["192.0.2.81"]


def test_passed_over(site, primary):
    """A server passes an alias over in silence where something stands that nobody has asked for (RFC 2136 §3.4.2.2).
    It is not ours then: whoever makes the very same keeps it."""
    mailctl = site.gatepost.mailctl
    primary.change(("add", "autoconfig", 300, "MX", "10 mail.example.net."))
    mailctl("dns", "set", DOMAIN, "--with", "autoconfig")
    done = push(site, primary, status=69)
    assert f"autoconfig.{DOMAIN} CNAME" in done.stderr
    primary.change(("delete", "autoconfig"), ("add", "autoconfig", 300, "CNAME", f"mail.{DOMAIN}."))
    assert changes(site, primary, status=0) == []
    mailctl("dns", "set", DOMAIN, "--without", "autoconfig")
    assert "in order" in push(site, primary).stdout
    assert primary.ask(f"autoconfig.{DOMAIN}", "CNAME") == [f"mail.{DOMAIN}."]


def test_hidden_by_a_wildcard(site, primary):
    """A wildcard with our very text hides whether ours is there: it is made once, and stays without the wildcard."""
    primary.change(("add", "*", 300, "TXT", '"v=DMARC1; p=quarantine"'))
    assert ("add", f"_dmarc.{DOMAIN}", "TXT") in changes(site, primary, status=1)
    push(site, primary)
    assert "in order" in push(site, primary).stdout
    primary.change(("delete", "*"))
    assert primary.ask(f"_dmarc.{DOMAIN}", "TXT") == ["v=DMARC1; p=quarantine"]
    assert changes(site, primary, status=0) == []


def test_shared_host(site, primary):
    """The address of a host that two domains have goes when the second one gives it up."""
    mailctl, other = site.gatepost.mailctl, f"other.{DOMAIN}"
    mailctl("domain", "add", other)
    try:
        mailctl("dns", "set", other, "--host", f"mail.{DOMAIN}", "--address", "192.0.2.10")
        push(site, primary)
        push(site, primary, domain=other)
        mailctl("dns", "set", DOMAIN, "--host", f"mx.{DOMAIN}")
        push(site, primary)
        assert primary.ask(DOMAIN, "MX") == [f"10 mx.{DOMAIN}."]
        assert primary.ask(f"mail.{DOMAIN}", "A") == ["192.0.2.10"]
        mailctl("dns", "set", other, "--host", f"mx.{DOMAIN}")
        push(site, primary)
        assert primary.ask(f"mail.{DOMAIN}", "A") == []
    finally:
        mailctl("-y", "domain", "delete", other)


def test_ttl(site, primary):
    """Ours get the TTL that is wanted; a set that others have a record in keeps its own, and all of its records."""
    mailctl, host = site.gatepost.mailctl, f"mail.{DOMAIN}"
    mailctl("dns", "set", DOMAIN, "--address", "192.0.2.10", "--address", "192.0.2.11")
    push(site, primary)
    assert (primary.ttl(host, "A"), primary.ttl(DOMAIN, "TXT")) == (3600, 300)
    mailctl("dns", "set", DOMAIN, "--ttl", "600", "--address", "192.0.2.11", "--address", "192.0.2.12")
    listed = changes(site, primary, status=1)
    assert ("ttl", host, "A") in listed and ("ttl", DOMAIN, "MX") in listed
    assert ("ttl", DOMAIN, "TXT") not in listed
    push(site, primary)
    assert (primary.ttl(host, "A"), primary.ttl(DOMAIN, "MX"), primary.ttl(DOMAIN, "TXT")) == (600, 600, 300)
    assert primary.ask(host, "A") == ["192.0.2.11", "192.0.2.12"]
    assert primary.ask(DOMAIN, "TXT") == ["site-verification=1", "v=spf1 mx ~all"]
    assert changes(site, primary, status=0) == []
    mailctl("dns", "set", DOMAIN, "--forget", "ttl")
    assert changes(site, primary, status=0) == []


def test_refusals(site, primary):
    """A wrong secret, a key that nobody knows, none at all, and one that all may read."""
    wrong = key(site, "key-hmac-sha256-wrong", "hmac-sha256", OTHER_SECRET)
    site.machine.write(wrong, site.machine.read(wrong).replace("-wrong", ""), 0o600)
    assert "secret" in push(site, primary, path=wrong, status=None).stderr
    unknown = key(site, "key-unknown", "hmac-sha256", SECRET)
    assert "does not know that key" in push(site, primary, path=unknown, status=None).stderr
    done = site.machine.run("mailctl", "-y", "dns", "push", DOMAIN, "--server", f"{ADDRESS}@{primary.port}", "--zone",
                            DOMAIN, status=None)
    assert done.returncode and "takes no updates" in done.stderr and "--key" in done.stderr
    assert "chmod 600" in push(site, primary, path=key(site, "key-open", "hmac-sha256", SECRET, 0o644), status=77).stderr
    assert primary.ask(DOMAIN, "MX") == []


def test_hanging(site):
    """A server that takes the connection and says nothing holds nobody up for longer than it may."""
    with socket.create_server(("127.0.0.1", 5303)) as server:
        held = []
        threading.Thread(target=lambda: held.append(server.accept()), daemon=True).start()
        done = site.machine.run("mailctl", "-y", "--dns-timeout", "1s", "dns", "push", DOMAIN, "--server",
                                "127.0.0.1@5303", "--zone", DOMAIN, "--key", "/root/key-hmac-sha256", status=75,
                                seconds=20)
    assert "does not answer in time" in done.stderr
