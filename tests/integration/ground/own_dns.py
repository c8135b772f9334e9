# SPDX-License-Identifier: MIT
"""BIND on a machine that systemd runs: its operator's name server, and the resolver of the machine. What
it does not know does not exist."""

SERVER = """{key}
options {{
    directory "/var/cache/bind";
    listen-on {{ any; }};
    listen-on-v6 {{ none; }};
    dnssec-validation no;
    empty-zones-enable no;
}};
zone "." {{ type primary; file "/var/lib/bind/root"; }};
zone "{reverse}" {{ type primary; file "/var/lib/bind/reverse"; }};
zone "{domain}" {{ type primary; file "/var/lib/bind/domain"; update-policy {{ grant operator zonesub ANY; }}; }};
"""
HEAD = """$TTL 300
@ SOA ns.{domain}. hostmaster.{domain}. 1 3600 600 86400 60
@ NS ns.{domain}.
"""
# Postfix of the machine itself answers there, too.
OTHERS = "127.0.0.25"


class OwnDns:
    """The zone of a domain, which takes updates with the key in the file `key`, and the reverse zone of
    the machine's address. Of others there are the names that were added."""

    def __init__(self, machine, domain, key):
        self.machine, self.domain, self.key = machine, domain, key
        self.root = f"{domain}. NS ns.{domain}.\nns.{domain}. A {machine.address}\n"

    def add_mail_server(self, domain):
        self.root += f"{domain}. MX 10 mx.{domain}.\nmx.{domain}. A {OTHERS}\n"

    def add_blocklist(self, name):
        """One that has nobody on it but the address for tests (RFC 5782 §5)."""
        self.root += f"2.0.0.127.{name}. A 127.0.0.2\n"

    def add_domain_blocklist(self, name):
        """The same of domains."""
        self.root += f"test.{name}. A 127.0.1.2\n"

    def start(self):
        machine, head = self.machine, HEAD.format(domain=self.domain)
        key = machine.run("tsig-keygen", "operator").stdout
        reverse = ".".join(reversed(machine.address.split("."))) + ".in-addr.arpa"
        host = f"ns A {machine.address}\n{machine.hostname}. A {machine.address}\n"
        machine.write(self.key, key, 0o600)
        machine.write("/etc/bind/named.conf", SERVER.format(key=key, reverse=reverse, domain=self.domain))
        machine.write("/var/lib/bind/root", head + self.root)
        machine.write("/var/lib/bind/reverse", f"{head}@ PTR {machine.hostname}.\n")
        machine.write("/var/lib/bind/domain", head + host)
        # It says that it is ready once it has its zones.
        machine.run("systemctl", "restart", "named")
