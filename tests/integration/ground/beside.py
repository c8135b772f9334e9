# SPDX-License-Identifier: MIT
"""A server on which OpenDKIM, OpenDMARC, ClamAV and amavis have long done their work, as Debian ships
them: what attach has to get along with.

    192.0.2.30     mail.example.org, with bob, who has an account there and Dovecot's SASL
    203.0.113.66   mail.example.net, which signs, and has SPF and DMARC
    192.0.2.53     the name server, in the machine's own network
"""

import base64
import mailbox
import os
import signal
import subprocess
import uuid
from pathlib import Path

import dkim

from . import check, mail
from .dovecot import Dovecot
from .fresh import ADDRESS, Fresh
from .nameserver import ADDRESS as NAMESERVER
from .nameserver import Nameserver
from .waiting import wait_until

BOB = ("bob", "an account's password")
BOB_WRITES = "bob@example.org"
ABROAD, ABROAD_ADDRESS = "example.net", "203.0.113.66"
OPENDKIM = """
Mode sv
Domain example.org
Selector legacy
KeyFile /etc/dkimkeys/legacy.private
AuthservID %(judge)s
Nameservers 192.0.2.53
Socket %(socket)s
"""
OPENDMARC = """
AuthservID %(judge)s
TrustedAuthservIDs mail.example.org
IgnoreAuthenticatedClients true
Socket inet:8893@localhost
"""
CLAMAV_MILTER = """
AddHeader Add
OnInfected Reject
MilterSocket %(socket)s
"""
# ClamAV's database has one entry.
VIRUS = "This file is a virus, says the test."
AMAVIS = """use strict;
@bypass_virus_checks_maps = (1);
@bypass_spam_checks_maps = (1);
$mydomain = 'example.org';
$myhostname = 'mail.example.org';
$max_servers = 2;
# A connection that it keeps is served by an smtpd that knows the settings of before.
$smtp_connection_cache_enable = $smtp_connection_cache_on_demand = 0;
$DO_SYSLOG = 0;
$LOGFILE = '/var/lib/amavis/amavis.log';
1;
"""
DOVECOT = """
log_path = /var/log/dovecot.log
auth_failure_delay = 0
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
"""
MAIN = """
smtpd_milters =
# keys and policies
    %(opendkim)s
    inet:localhost:8893,
# viruses
    %(clamav)s
non_smtpd_milters = $smtpd_milters
milter_default_action = tempfail
content_filter = smtp-amavis:[127.0.0.1]:10024
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
# from an old manual: Postfix 3.10 says that it goes, and nothing uses the other
smtpd_use_tls = yes
our_old_filter = procmail
"""
MASTER = """
submission inet n - y - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt
  -o { smtpd_milters = %(opendkim)s, %(clamav)s }
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
  -o milter_macro_daemon_name=ORIGINATING
smtp-amavis unix - - n - 2 smtp
  -o smtp_data_done_timeout=1200
  -o smtp_send_xforward_command=yes
  -o disable_dns_lookups=yes
127.0.0.1:10025 inet n - y - - smtpd
  -o content_filter=
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o mynetworks=127.0.0.0/8
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
  -o receive_override_options=no_unknown_recipient_checks
"""
CHROOTED = ("smtp/inet", "submission/inet", "127.0.0.1:10025/inet", "cleanup/unix")


class Peer:
    """A daemon of somebody else's."""

    def __init__(self, machine, name, argv, is_up):
        self.machine, self.name, self.argv, self.is_up = machine, name, argv, is_up
        self.process = None

    def start(self):
        log = f"/var/log/{self.name}.log"
        self.process = self.machine.spawn(self.argv, log)
        wait_until(self.answers, f"{self.name}: {self.machine.path(log)}")

    def answers(self):
        assert self.process.poll() is None, f"{self.name} ended:\n{self.machine.read(f'/var/log/{self.name}.log')}"
        return self.is_up()

    def kill(self):
        """Without a word: asked to end, libmilter takes its five seconds."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
            self.process = None


class Beside(Fresh):
    """The machine with its old programs. Where smtpd is chrooted, the milters' sockets lie in Postfix's
    queue directory; else where Debian puts them."""

    def make(self):
        super().make()
        machine = self.machine
        for address in (NAMESERVER, ABROAD_ADDRESS):
            subprocess.run(["ip", "-n", machine.namespace, "address", "add", f"{address}/32", "dev", "lo"], check=True)
        machine.run("chpasswd", stdin=":".join(BOB) + "\n")
        machine.write("/etc/dovecot/conf.d/99-site.conf", DOVECOT)
        self.abroad = Key(Path("/tmp/abroad.pem"))
        self.legacy = Key(machine.path("/etc/dkimkeys/legacy.private"))
        machine.run("chown", "opendkim:opendkim", "/etc/dkimkeys/legacy.private")
        machine.path("/etc/dkimkeys/legacy.private").chmod(0o600)
        machine.write("/var/lib/clamav/test.ndb", f"Test.Virus:0:*:{VIRUS.encode().hex()}\n")
        machine.write("/etc/amavis/conf.d/50-user", AMAVIS)
        machine.run("usermod", "--append", "--groups", "opendkim", "postfix")
        for folder, owner in (("/run/opendkim", "opendkim:opendkim"), ("/run/opendmarc", "opendmarc:opendmarc"),
                              ("/run/clamav", "clamav:clamav"), ("/run/amavis", "amavis:amavis"),
                              ("/var/spool/postfix/opendkim", "opendkim:postfix"),
                              ("/var/spool/postfix/clamav", "clamav:postfix")):
            machine.path(folder).mkdir(parents=True, exist_ok=True)
            machine.run("chown", owner, folder)
        self.untouched = {name: machine.read(f"/etc/postfix/{name}") for name in ("main.cf", "master.cf")}
        self.configs = {name: machine.read(f"/etc/{name}") for name in
                        ("opendkim.conf", "opendmarc.conf", "clamav/clamav-milter.conf")}
        self.selector = self.gatepost.mailctl_json("dkim", "list", self.domain)[0]["selector"]
        self.make_peers()
        self.make_zones()

    def make_peers(self):
        machine = self.machine

        def listens(port):
            return machine.run("python3", "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}))",
                               status=None).returncode == 0

        def socket_is_there(name):
            return machine.path(self.sockets[name]).is_socket()
        self.sockets, self.settled = {}, None
        self.milters = [
            Peer(machine, "opendkim", ["opendkim", "-f", "-x", "/etc/opendkim.conf"],
                 lambda: socket_is_there("opendkim")),
            Peer(machine, "opendmarc", ["opendmarc", "-f", "-c", "/etc/opendmarc.conf"], lambda: listens(8893)),
            Peer(machine, "clamav-milter", ["clamav-milter", "--foreground=yes"],
                 lambda: socket_is_there("clamav"))]
        self.filters = [
            Peer(machine, "clamd", ["clamd", "--foreground=true"],
                 machine.path("/run/clamav/clamd.ctl").is_socket),
            Peer(machine, "amavis", ["amavisd", "foreground"], lambda: listens(10024))]

    def make_zones(self):
        self.nameserver = Nameserver(Path("/nsd-beside"))
        zone = self.gatepost.mailctl("dns", "zone", self.domain, "--address", ADDRESS, "--nameserver-address", NAMESERVER)
        self.nameserver.zones[self.domain] = zone + self.legacy.record("legacy")
        self.nameserver.zones[ABROAD] = (
            "$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n"
            f'@ TXT "v=spf1 ip4:{ABROAD_ADDRESS} -all"\n_dmarc TXT "v=DMARC1; p=reject"\n'
            f"mail A {ABROAD_ADDRESS}\n" + self.abroad.record("abroad"))
        self.nameserver.reverse(ABROAD_ADDRESS, f"mail.{ABROAD}")

    def start(self):
        with self.machine.visited():
            self.nameserver.start()
        self.gatepost.start()
        self.machine.run("postfix", "check", status=None)  # makes its folders
        self.machine.run("dovecot")
        for peer in self.filters:
            peer.start()

    def stop(self):
        for peer in (*self.milters, *self.filters):
            peer.kill()
        Dovecot(self.machine).stop()
        super().stop()
        self.nameserver.stop()

    def settle(self, chroot, judge="mail.example.org"):
        """The server as its administrator made it. `judge`: in whose name the old ones judge."""
        machine = self.machine
        folder = "/var/spool/postfix" if chroot else "/run"
        if self.settled == (chroot, judge):
            return
        self.settled = (chroot, judge)
        self.sockets = {"opendkim": f"{folder}/opendkim/opendkim.sock", "clamav": f"{folder}/clamav/clamav-milter.ctl"}
        named = {name: "unix:" + path.removeprefix("/var/spool/postfix/") for name, path in self.sockets.items()}
        for peer in self.milters:
            peer.kill()
        for path in self.sockets.values():
            machine.path(path).unlink(missing_ok=True)
        for name, text, socket in (("opendkim.conf", OPENDKIM, f"local:{self.sockets['opendkim']}"),
                                   ("opendmarc.conf", OPENDMARC, ""),
                                   ("clamav/clamav-milter.conf", CLAMAV_MILTER, self.sockets["clamav"])):
            machine.write(f"/etc/{name}", replace_settings(self.configs[name], text % {"judge": judge, "socket": socket}))
        for peer in self.milters:
            peer.start()
        machine.write("/etc/postfix/main.cf", self.untouched["main.cf"] + MAIN % named)
        machine.write("/etc/postfix/master.cf", self.untouched["master.cf"] + MASTER % named)
        machine.run("postconf", "-F", *(f"{service}/chroot={'y' if chroot else 'n'}" for service in CHROOTED))
        self.restart_postfix()

    def await_delivered(self, wanted):
        """The message as it lies in bob's mailbox."""
        return wait_until(lambda: self.delivered(wanted),
                          f"{wanted} for bob\n{self.log()[-3000:]}\n{self.machine.read('/var/lib/amavis/amavis.log')[-1000:]}")

    def delivered(self, wanted):
        path = self.machine.path("/var/mail/bob")
        if not path.exists():
            return None
        found = [m for m in mailbox.mbox(path) if (m["Message-ID"] or "").strip() == wanted]
        assert len(found) < 2, f"{len(found)} copies of {wanted}"
        return found[0].as_bytes().replace(b"\n", b"\r\n") if found else None

    def submitted(self):
        """A letter that bob submits, logged in, as it is delivered."""
        letter = mail.letter(BOB_WRITES, BOB_WRITES, "Submitted")
        with self.machine.visited():
            mail.submit(self.machine, *BOB, BOB_WRITES, letter, sender=BOB_WRITES)
        return self.await_delivered(mail.message_id(letter))

    def local(self):
        """A letter of a program on the machine, as it is delivered."""
        wanted = f"<{uuid.uuid4()}@example.org>"
        text = f"From: {BOB_WRITES}\nTo: {BOB_WRITES}\nMessage-ID: {wanted}\nSubject: Local\n\nA line.\n"
        self.machine.run("sendmail", "-f", BOB_WRITES, BOB_WRITES, stdin=text)
        return self.await_delivered(wanted)

    def incoming(self, letter=None):
        """A letter from abroad, as it is delivered; the usual one is in order."""
        if letter is None:
            letter = mail.letter(f"carol@{ABROAD}", BOB_WRITES, "From abroad")
            letter = self.abroad.sign(letter, "abroad", ABROAD) + letter
        with self.machine.visited():
            mail.deliver(self.machine, ABROAD_ADDRESS, f"mail.{ABROAD}", f"carol@{ABROAD}", BOB_WRITES, letter)
        return self.await_delivered(mail.message_id(letter))

    def signers(self, message):
        """The selectors of its signatures, which all verify, from the top."""
        with self.machine.visited():
            check.signatures_verify(message, self.domain)
        return [tag(field, "s") for field in mail.fields(message, "DKIM-Signature")]


class Key:
    """An RSA key that openssl makes."""

    def __init__(self, path):
        self.path = path
        subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, stderr=subprocess.DEVNULL)

    def record(self, selector):
        der = subprocess.run(["openssl", "rsa", "-in", self.path, "-pubout", "-outform", "DER"], check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        text = f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
        parts = " ".join(f'"{text[i:i + 200]}"' for i in range(0, len(text), 200))
        return f"{selector}._domainkey TXT ( {parts} )\n"

    def sign(self, letter, selector, domain):
        return dkim.sign(letter, selector.encode(), domain.encode(), self.path.read_bytes(),
                         canonicalize=(b"relaxed", b"relaxed"))


def tag(field, name):
    """The value of a tag of a DKIM-Signature."""
    tags = dict(part.strip().split("=", 1) for part in field.split(";") if "=" in part)
    return tags[name].strip()


def replace_settings(text, settings):
    """A configuration of "Name value" lines in which these stand instead of those of the same name.
    Without a trust anchor, as the name server's root is not signed."""
    names = {line.split()[0] for line in settings.splitlines() if line} | {"TrustAnchorFile"}
    kept = [line for line in text.splitlines() if not line.split() or line.split()[0] not in names]
    return "\n".join(kept) + settings
