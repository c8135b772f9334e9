# SPDX-License-Identifier: MIT
"""The milters that are measured, each with an smtpd of its own."""

import itertools

from ground.waiting import wait_until
from stage import ADDRESS, GATEPOST, HOST, NAMESERVER, TRANSPORTS, cpu_ms

SPOOL = "/var/spool/postfix"
START_SECONDS = 90
SHOWS_VERIFY = ["spf=pass", "dkim=pass", "dmarc=pass"]
SHOWS_SIGN = ["DKIM-Signature:", "d=example.org"]

OPENDKIM = f"""
Syslog no
Canonicalization relaxed/relaxed
AuthservID {HOST}
Nameservers %s
RequireSafeKeys no
Umask 000
"""
OPENDMARC = f"""
Syslog false
AuthservID {HOST}
TrustedAuthservIDs {HOST}
SPFIgnoreResults true
SPFSelfValidate true
IgnoreHosts /dev/null
UMask 000
"""
# rspamd with its dkim, spf and dmarc alone; what else Debian's configuration loads is switched off.
RSPAMD_KEPT = {"dkim", "spf", "dmarc", "dkim_signing", "milter_headers"}
# Its list of public suffixes takes it a minute to compile; the letters need these three.
RSPAMD_SUFFIXES = "org\nnet\nexample\n"
RSPAMD_OPTIONS = """
filters = "spf,dkim";
url_tld = "/root/suffixes";
dns { nameserver = ["%s"]; timeout = 2s; }
local_addrs = [%s];
"""
RSPAMD_PROXY = f"""
bind_socket = "{SPOOL}/peers/%s mode=0666";
milter = yes;
timeout = 60s;
count = 2;
upstream "local" {{ default = yes; self_scan = yes; }}
"""
RSPAMD_HEADERS = f"""
use = ["authentication-results"];
skip_local = false;
authenticated_headers = ["authentication-results"];
routines {{ authentication-results {{ hostname = "{HOST}"; }} }}
"""
RSPAMD_SIGNING = """
path = "/root/bench.pem";
selector = "bench";
sign_networks = [%s];
use_domain_sign_networks = "header";
check_pubkey = false;
"""


class Ours:
    """gatepost-milter, as it is installed."""

    def __init__(self, gatepost, text):
        self.gatepost, self.text = gatepost, text

    def start(self):
        self.gatepost.configure(self.text)
        self.gatepost.milter.start()

    def stop(self):
        self.gatepost.milter.stop()

    def cpu(self):
        return cpu_ms(self.gatepost.milter.process.pid)


class Peer:
    """A milter of somebody else's, that listens on peers/NAME in Postfix's queue directory."""

    def __init__(self, machine, name, argv):
        self.machine, self.name, self.argv = machine, name, argv
        self.socket = f"peers/{name}"
        self.process = None

    def start(self):
        path = self.machine.path(f"{SPOOL}/{self.socket}")
        path.unlink(missing_ok=True)
        log = f"/var/log/bench-{self.name}.log"
        self.process = self.machine.spawn(self.argv, log)
        wait_until(path.is_socket, f"{self.name} to listen", START_SECONDS, said=lambda: self.machine.read(log))

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def cpu(self):
        return cpu_ms(self.process.pid)


class Line:
    """One line of a table: its milters, and what a probe must show of them."""

    ports = itertools.count(2501)

    def __init__(self, name, filters, expected, sockets=None):
        self.name, self.filters, self.expected = name, filters, expected
        self.milters = sockets or " ".join(f"unix:{each.socket}" for each in filters)
        self.port = next(self.ports)
        self.letters = None  # not those of the job
        self.cpu, self.rate = {}, {}

    def master(self):
        """Its smtpd: one for each line, so that none inherits another's settings."""
        return (f"{self.port} inet n - y - - smtpd\n"
                f"  -o {{ smtpd_milters = {self.milters} }} -o syslog_name=postfix/{self.port}\n")

    def used(self):
        """Milliseconds of CPU, of all its milters together."""
        return sum(milter.cpu() for milter in self.filters)

    def add(self, size, cpu, rate):
        self.cpu.setdefault(size, []).append(cpu)
        self.rate.setdefault(size, []).append(rate)


class Cast:
    """Makes the milters' configurations, then the lines."""

    def __init__(self, stage):
        self.stage, self.machine = stage, stage.machine
        self.make_key()
        self.program = stage.compile("null-milter", "openssl-work")

    def make_key(self):
        """One for all peers."""
        self.machine.run("openssl", "genrsa", "-out", "/root/bench.pem", "2048")
        self.machine.run("chmod", "711", "/root")
        self.machine.run("chmod", "644", "/root/bench.pem")

    def ours(self, networks="", nameserver=NAMESERVER, transport=TRANSPORTS[0]):
        """Mail of the networks that it trusts is signed."""
        text = GATEPOST.replace(NAMESERVER, nameserver) % (networks, transport)
        return Line(f"gatepost-milter ({transport})", [Ours(self.stage.gatepost, text)],
                    SHOWS_SIGN if networks else SHOWS_VERIFY, "unix:gatepost/milter")

    def dual(self):
        """An Ed25519 signature beside the RSA one."""
        line = self.ours(f'"{ADDRESS}"')
        line.name, line.letters = "gatepost-milter (event), two signatures", self.stage.twice
        line.expected = ["d=" + self.stage.dual, "a=rsa-sha256", "a=ed25519-sha256"]
        return line

    def peer(self, name, *argv):
        return Peer(self.machine, name, [*argv, "-p", f"local:{SPOOL}/peers/{name}"])

    def opendkim(self, name, mode, nameserver=NAMESERVER):
        hosts = f"/root/hosts-{name}"
        self.machine.write(hosts, ADDRESS + "\n" if mode == "sign" else "192.0.2.254\n")
        more = f"Mode {mode[0]}\nInternalHosts {hosts}\n"
        if mode == "sign":
            more += "Domain example.org\nSelector bench\nKeyFile /root/bench.pem\n"
        self.machine.write(f"/root/{name}.conf", OPENDKIM % nameserver + more)
        return self.peer(name, "opendkim", "-f", "-x", f"/root/{name}.conf")

    def opendmarc(self):
        self.machine.write("/root/opendmarc.conf", OPENDMARC)
        return self.peer("opendmarc", "opendmarc", "-f", "-c", "/root/opendmarc.conf")

    def rspamd(self, name, mode, nameserver=NAMESERVER):
        """With a folder of configuration of its own, whose modules are those that do this work."""
        folder = f"/etc/{name}"
        self.machine.run("cp", "-a", "/etc/rspamd", folder)
        for path in self.machine.path(f"{folder}/modules.d").glob("*.conf"):
            if path.stem not in RSPAMD_KEPT:
                self.machine.write(f"{folder}/local.d/{path.name}", "enabled = false;\n")
        trusted = f'"{ADDRESS}"' if mode == "sign" else ""
        for file, text in (("options.inc", RSPAMD_OPTIONS % (nameserver, trusted)), ("worker-proxy.inc", RSPAMD_PROXY % name),
                           ("milter_headers.conf", RSPAMD_HEADERS),
                           ("worker-normal.inc", "enabled = false;\n"), ("worker-controller.inc", "enabled = false;\n"),
                           ("worker-fuzzy.inc", "enabled = false;\n"),
                           ("dkim_signing.conf", RSPAMD_SIGNING % trusted if trusted else "enabled = false;\n"),
                           ("logging.inc", 'type = "console";\nlevel = "error";\n')):
            self.machine.write(f"{folder}/local.d/{file}", text)
        self.machine.write("/root/suffixes", RSPAMD_SUFFIXES)
        self.machine.run("sed", "-i", f"s,/etc/rspamd,{folder},g", f"{folder}/rspamd.conf")
        return Peer(self.machine, name, [
            "rspamd", "-f", "-i", "-u", "_rspamd", "-g", "_rspamd", "-c", f"{folder}/rspamd.conf",
            f"--var=CONFDIR={folder}", f"--var=LOCAL_CONFDIR={folder}"])

    def null(self, name, *work):
        """Does nothing, or nothing but what OpenSSL must do."""
        return Peer(self.machine, name, [self.program, f"{SPOOL}/peers/{name}", *work])

    def verifiers(self):
        return [
            Line("no milter", [], []),
            Line("null milter", [self.null("null")], []),
            *(self.ours(transport=transport) for transport in TRANSPORTS),
            Line("opendkim + opendmarc", [self.opendkim("opendkim-verify", "verify"), self.opendmarc()], SHOWS_VERIFY),
            Line("rspamd", [self.rspamd("rspamd-verify", "verify")], SHOWS_VERIFY),
            Line("floor: null milter, hash, RSA verify", [self.null("floor-verify", "verify")], []),
        ]

    def signers(self):
        return [
            Line("no milter", [], []),
            Line("null milter", [self.null("null")], []),
            *(self.ours(f'"{ADDRESS}"', transport=transport) for transport in TRANSPORTS),
            self.dual(),
            Line("opendkim", [self.opendkim("opendkim-sign", "sign")], SHOWS_SIGN),
            Line("rspamd", [self.rspamd("rspamd-sign", "sign")], SHOWS_SIGN),
            Line("floor: null milter, RSA sign", [self.null("floor-sign", "sign")], []),
        ]

    def late(self, nameserver):
        """Those that verify, with a name server of their own. No fields are looked at."""
        dkim = self.opendkim("opendkim-late", "verify", nameserver)
        return [
            self.ours(nameserver=nameserver),
            Line("opendkim + opendmarc", [dkim, self.opendmarc()], []),
            Line("rspamd", [self.rspamd("rspamd-late", "verify", nameserver)], []),
        ]

    def masters(self, lines):
        """Their smtpds go into master.cf."""
        master = self.machine.read("/etc/postfix/master.cf")
        self.machine.write("/etc/postfix/master.cf", master + "".join(line.master() for line in lines))
