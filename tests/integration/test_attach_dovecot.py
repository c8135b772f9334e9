# SPDX-License-Identifier: MIT
"""mailctl attach dovecot, and out again, on a Debian whose Dovecot nobody has set up for us."""

import contextlib
import hashlib
import imaplib
import os
import signal
import smtplib
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from ground import package, mail
from ground.dovecot import Dovecot
from ground.gatepost import Gatepost
from ground.machine import Machine
from ground.waiting import wait_until

ADDRESS = "203.0.113.66"
ALICE = ("alice@example.org", "correct horse battery staple")
JOE = ("joe", "a system user's password")
# What the test ground needs: one address of many machines, plain logins without TLS, quick failures.
SITE = f"""
listen = {ADDRESS}
log_path = /var/log/dovecot.log
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
# The operator's own: users in a file, their mail elsewhere, LMTP switched off, a quota.
CUSTOM = {
    "2.3": """
protocols = imap
auth_mechanisms = plain cram-md5
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u /etc/dovecot/carol
}
userdb {
  driver = static
  args = uid=5000 gid=5000 home=/srv/own/%n allow_all_users=yes
}
mail_location = maildir:/srv/own/%n/mail
plugin {
  sieve_before = /etc/dovecot/own.sieve
  quota = maildir:Own
}
""",
    "2.4": """
protocols {
  imap = yes
  lmtp = no
}
auth_mechanisms = plain cram-md5
passdb own {
  driver = passwd-file
  passwd_file_path = /etc/dovecot/carol
  default_password_scheme = PLAIN
}
userdb own {
  driver = static
  fields {
    uid = 5000
    gid = 5000
    home = /srv/own/%{user | username}
  }
  static_allow_all_users = yes
}
mail_driver = maildir
mail_path = /srv/own/%{user | username}/mail
mail_inbox_path =
""",
}


def snapshot(machine, folder="/etc/dovecot"):
    """Everything below a folder: content, mode, owner."""
    found = {}
    top = machine.path(folder)
    for path in sorted(top.rglob("*")):
        info = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(top))] = (stat.filemode(info.st_mode), info.st_uid, info.st_gid, content)
    return found


class Server:
    """A machine with our daemons and an untouched Dovecot."""

    def __init__(self):
        self.machine = Machine("plain", "mail.example.org", ADDRESS)
        self.machine.make(package.layer())
        self.gatepost = Gatepost(self.machine)
        self.dovecot = Dovecot(self.machine)

    def make(self):
        machine = self.machine
        machine.write("/etc/dovecot/conf.d/99-site.conf", SITE)
        machine.write("/etc/postfix/main.cf", "compatibility_level = 3.6\n")
        machine.path("/etc/postfix/master.cf").touch()
        machine.run("useradd", "--create-home", "--groups", "mail", JOE[0])
        machine.run("chpasswd", stdin=":".join(JOE) + "\n")
        machine.path("/var/spool/postfix/private").mkdir(parents=True, exist_ok=True)
        machine.run("chown", "postfix:root", "/var/spool/postfix/private")
        self.gatepost.configure('hostname = "mail.example.org"\n')
        machine.run("useradd", "--uid", "5000", "--user-group", "--home-dir", "/var/vmail", "vmail")
        self.gatepost.prepare()
        self.gatepost.mailctl("domain", "add", "example.org")
        self.gatepost.mailctl("user", "add", ALICE[0], "--password-stdin", stdin=ALICE[1] + "\n")

    def attach(self, *options, status=0):
        done = self.machine.run("mailctl", "-y", "attach", "dovecot", *options, status=None, seconds=170)
        assert status is None or done.returncode == status, (
            f"{done.returncode}\n{done.stdout}{done.stderr}{self.dovecot.log()[-2000:]}")
        return done

    def detach(self, status=0):
        done = self.machine.run("mailctl", "-y", "detach", "dovecot", status=None, seconds=100)
        assert done.returncode == status, f"{done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def login(self, user, password):
        """Whether IMAP lets the user in."""
        client = imaplib.IMAP4_SSL(ADDRESS, 993, ssl_context=mail.trusting(), timeout=60)
        try:
            client.login(user, password)
            client.select("INBOX")
            client.logout()
        except imaplib.IMAP4.error:
            with contextlib.suppress(OSError):
                client.shutdown()
            return False
        return True

    def lmtp(self, recipient, message):
        """Delivers over the socket that Postfix would use."""
        path = str(self.machine.path("/var/spool/postfix/private/dovecot-lmtp"))
        with smtplib.LMTP(path) as client:
            client.sendmail("bob@example.net", [recipient], message)

    def restart(self):
        self.dovecot.stop()
        wait_until(lambda: not self.dovecot.answers(), "Dovecot to end")
        self.dovecot.start()


@pytest.fixture(scope="module", name="ground")
def make_ground():
    server = Server()
    server.make()
    server.gatepost.authd.start()
    server.dovecot.start()
    yield server
    server.dovecot.stop()
    server.gatepost.stop()


@pytest.fixture(name="server")
def untouched(ground):
    """Before and after each test, Dovecot is as Debian made it."""
    before = snapshot(ground.machine)
    assert ground.login(*JOE) and not ground.login(*ALICE)
    yield ground
    if ground.machine.path("/var/lib/gatepost/attach/dovecot").exists():
        ground.detach()
    assert snapshot(ground.machine) == before
    assert not list(ground.machine.path("/var/lib/gatepost/attach").glob(".scratch-*"))
    assert not ground.machine.sanitizer_reports()


def test_in_and_out(server):
    before = snapshot(server.machine)
    done = server.attach()
    assert "was refused by gatepost-authd" in done.stdout, done.stdout
    assert f"mail for {ALICE[0]} would be taken" in done.stdout
    assert sorted(set(snapshot(server.machine)) - set(before)) == [
        "conf.d/05-gatepost.conf", "conf.d/95-gatepost.conf"]
    assert server.login(*ALICE), "our user"
    assert not server.login(ALICE[0], "wrong")
    assert server.login(*JOE), "the system's user, as before"
    letter = mail.letter("bob@example.net", ALICE[0])
    server.lmtp(ALICE[0], letter)
    mail.await_message(server.machine, *ALICE, mail.message_id(letter))
    marked = mail.letter("bob@example.net", ALICE[0], headers=[("X-Gatepost-Action", "quarantine")])
    server.lmtp(ALICE[0], marked)
    mail.await_message(server.machine, *ALICE, mail.message_id(marked), folder="Junk")
    # Once more changes nothing, and status is content.
    assert "attached already" in server.attach().stdout
    rows = server.machine.run("mailctl", "status", status=None).stdout
    assert "dovecot.settings\tok" in rows and "dovecot.files\tok" in rows, rows
    server.detach()
    assert snapshot(server.machine) == before
    wait_until(lambda: not server.login(*ALICE), "our user to be let in no more")
    assert server.login(*JOE)
    assert server.machine.path("/var/vmail/example.org/alice").is_dir(), "mail stays"


def test_linked_folder(server):
    """A conf.d that is a link: what is tried on a copy does not reach what it leads to."""
    server.machine.run("mv", "/etc/dovecot/conf.d", "/srv/conf.d")
    server.machine.run("ln", "-s", "../../srv/conf.d", "/etc/dovecot/conf.d")
    try:
        before = snapshot(server.machine, "/srv/conf.d")
        server.machine.run("mailctl", "--dry-run", "attach", "dovecot")
        assert snapshot(server.machine, "/srv/conf.d") == before
        server.attach()
        assert sorted(set(snapshot(server.machine, "/srv/conf.d")) - set(before)) == [
            "05-gatepost.conf", "95-gatepost.conf"]
        assert server.login(*ALICE)
        server.detach()
        assert snapshot(server.machine, "/srv/conf.d") == before
    finally:
        server.machine.run("rm", "/etc/dovecot/conf.d")
        server.machine.run("mv", "/srv/conf.d", "/etc/dovecot/conf.d")


def test_mail_user_is_made(server):
    server.machine.run("userdel", "vmail", status=None)
    server.machine.run("rm", "-rf", "/var/vmail")
    done = server.attach()
    assert "make the user vmail" in done.stdout
    entry = server.machine.run("getent", "passwd", "vmail").stdout.split(":")
    assert int(entry[2]) >= 500 and entry[6].strip().endswith("nologin"), entry
    assert server.login(*ALICE)
    server.detach()
    server.machine.run("getent", "passwd", "vmail")


def test_dry_run(server):
    before = snapshot(server.machine)
    done = server.machine.run("mailctl", "--dry-run", "attach", "dovecot")
    assert "+  username_filter = *@*" in done.stdout and "who may log in" in done.stdout, done.stdout
    assert snapshot(server.machine) == before
    assert not server.machine.path("/var/lib/gatepost/attach/dovecot").exists()


def test_the_other_part_fails(server):
    """Postfix does not run: Dovecot, which was attached before it in the same run, is put back, too."""
    before = snapshot(server.machine)
    server.machine.run("postfix", "check", status=None)  # it tells of each file that it brings to its chroot, once
    server.gatepost.policyd.start()
    server.gatepost.milter.start()
    try:
        done = server.machine.run("mailctl", "-y", "attach", status=None, seconds=170)
    finally:
        server.gatepost.policyd.stop()
        server.gatepost.milter.stop()
    assert done.returncode != 0 and "Postfix (/etc/postfix) does not run" in done.stderr, done.stdout + done.stderr
    assert "dovecot: everything is as it was before" in done.stderr, done.stderr
    assert "dovecot: attached" not in done.stdout
    assert snapshot(server.machine) == before
    assert not server.machine.path("/var/lib/gatepost/attach/dovecot").exists()


def test_authd_down(server):
    server.gatepost.authd.stop()
    try:
        done = server.attach(status=78)
        assert "gatepost-authd does not run" in done.stdout + done.stderr
    finally:
        server.gatepost.authd.start()


def test_authd_waits_for_its_user(server):
    """authd does not start before the mail's owner is there, whom attach makes."""
    server.gatepost.authd.stop()
    server.machine.run("userdel", "vmail")
    try:
        done = server.attach(status=69)
        assert "start it, then attach again" in done.stderr, done.stderr
    finally:
        server.gatepost.authd.start()
    server.attach()


def test_dovecot_down(server):
    server.dovecot.stop()
    try:
        done = server.attach(status=None)
        assert done.returncode != 0 and "does not run" in done.stderr, done.stderr
    finally:
        server.dovecot.start()


def test_detach_while_down(server):
    """A Dovecot that somebody has stopped is not started by detach, nor is one started that is gone."""
    machine = server.machine
    server.attach()
    server.dovecot.stop()
    wait_until(lambda: not server.dovecot.answers(), "Dovecot to end")
    machine.path("/run/systemd/system").mkdir(parents=True)
    machine.write("/usr/local/sbin/systemctl", "#!/bin/sh\necho \"$@\" >>/tmp/asked\nexit 5\n")
    machine.path("/usr/local/sbin/systemctl").chmod(0o755)
    try:
        server.detach()
        assert not machine.path("/tmp/asked").exists()
    finally:
        machine.run("rm", "-rf", "/run/systemd", "/usr/local/sbin/systemctl", "/tmp/asked")
        server.dovecot.start()


def test_broken_before(server):
    """What is broken before us is not made worse."""
    path = server.machine.path("/etc/dovecot/conf.d/98-broken.conf")
    path.write_text("no_such_setting = yes\n")
    try:
        done = server.attach(status=78)
        assert "no_such_setting" in done.stdout + done.stderr
    finally:
        path.unlink()


VERIFY = "function auth_password_verify(request, password)\n"


@contextlib.contextmanager
def lua_begins(machine, first):
    """A Lua script of ours that does something else first."""
    path = machine.path("/usr/share/gatepost/gatepost.lua")
    good = path.read_text()
    assert VERIFY in good
    path.write_text(good.replace(VERIFY, VERIFY + first + "\n"))
    try:
        yield
    finally:
        path.write_text(good)


@pytest.mark.parametrize("first, said", [
    ("no_such_function()", "doveadm log errors"),
    ("do return auth.PASSDB_RESULT_OK, {user = request.user} end", "could log in with any password"),
    ("do return auth.PASSDB_RESULT_PASSWORD_MISMATCH, NOTHING end", "without asking gatepost-authd"),
])
def test_proof_fails(server, first, said):
    """A Dovecot that does not ask as it should is not left so."""
    with lua_begins(server.machine, first):
        done = server.attach(status=None)
        assert done.returncode != 0 and said in done.stderr, done.stderr
        assert "as it was before" in done.stderr
    wait_until(lambda: server.login(*JOE), "the system's user to log in")


def test_overridden(server):
    """A file behind ours that takes LMTP away is named before anything is changed."""
    path = server.machine.path("/etc/dovecot/local.conf")
    path.write_text("protocols = imap\n")
    try:
        done = server.attach(status=78)
        assert "protocols without lmtp" in done.stderr, done.stderr
    finally:
        path.unlink()


def test_own_users(server):
    """An operator's own passdb, mail location, protocols, mechanisms and Sieve scripts."""
    machine = server.machine
    own = machine.path("/etc/dovecot/conf.d/11-own.conf")
    machine.run("getent", "passwd", "vmail", status=None)
    own.write_text(CUSTOM[server.dovecot.version])
    machine.write("/etc/dovecot/carol", "carol:{PLAIN}her own password\n")
    machine.write("/etc/dovecot/own.sieve", "keep;\n")
    machine.run("install", "-d", "-o", "5000", "-g", "5000", "/srv/own")
    try:
        server.restart()
        assert server.login("carol", "her own password")
        server.attach()
        assert server.login("carol", "her own password"), server.dovecot.log()[-2000:]
        assert server.login(*ALICE) and server.login(*JOE)
        printed = machine.run("doveconf", "-n").stdout
        assert "cram-md5" in printed
        if server.dovecot.version == "2.3":
            assert "sieve_before2 = /usr/share/gatepost" in printed and "quota = maildir:Own" in printed
        assert machine.path("/srv/own/carol/mail").is_dir()
        server.detach()
        assert server.login("carol", "her own password")
    finally:
        own.unlink()
        for name in ("carol", "own.sieve", "own.svbin"):
            machine.path(f"/etc/dovecot/{name}").unlink(missing_ok=True)
        server.restart()


def test_names_without_domain(server):
    """A Dovecot that takes the domain off every name: said beforehand, found by the proof, undone."""
    path = server.machine.path("/etc/dovecot/conf.d/98-names.conf")
    path.write_text("auth_username_format = " + (
        "%Ln" if server.dovecot.version == "2.3" else "%{user | username | lower}") + "\n")
    try:
        done = server.attach(status=69)
        assert "takes the domain off" in done.stdout, done.stdout
        assert "without asking gatepost-authd" in done.stderr, done.stderr
    finally:
        path.unlink()
        server.restart()


def test_auth_policy_and_realm(server):
    """Settings that come after attach make it stale; taken back, all is as it was attached at first."""
    before = snapshot(server.machine)
    usual = server.machine.read("/etc/gatepost/gatepost.conf")
    server.attach()
    first = snapshot(server.machine)
    server.gatepost.configure(
        usual + 'authd {\n    listen_policy = "inet:127.0.0.1:4001"\n    realm = "example.org"\n}\n')
    server.gatepost.authd.restart()
    told = server.attach()
    assert "system users cannot log in" in told.stdout + told.stderr
    assert "server_url = http://127.0.0.1:4001/\n" in server.machine.run("doveconf", "-n").stdout
    wait_until(lambda: server.login("alice", ALICE[1]), "a name without a domain to be let in")
    assert not server.login("alice", "wrong")
    asked = server.gatepost.authd.log()
    assert not server.login("nobody@elsewhere.example", "wrong")
    # One who is no user of ours: by its report, which Dovecot sends after the answer.
    wait_until(lambda: "policy: user=<nobody@elsewhere.example>" in server.gatepost.authd.log()[len(asked):],
               "the report of a failed login")
    with_policy = snapshot(server.machine)
    server.attach()
    assert snapshot(server.machine) == with_policy
    server.gatepost.configure(usual)
    server.gatepost.authd.restart()
    server.attach()
    assert snapshot(server.machine) == first
    server.detach()
    assert snapshot(server.machine) == before
    wait_until(lambda: not server.login(*ALICE), "our user to be let in no more")


def test_low_mail_user(server):
    """A mail user of the system's numbers: Dovecot is told to let it in."""
    machine = server.machine
    machine.run("useradd", "--system", "--uid", "444", "--user-group", "postbox")
    machine.run("install", "-d", "-o", "postbox", "-g", "postbox", "/var/postbox")
    server.gatepost.configure('hostname = "mail.example.org"\n'
                              'authd { mail_user = postbox\n mail_home = "/var/postbox/%d/%n" }\n')
    server.gatepost.authd.restart()
    try:
        server.attach()
        assert "first_valid_uid = 444" in machine.run("doveconf", "-n").stdout
        assert server.login(*ALICE)
        server.detach()
    finally:
        server.gatepost.configure('hostname = "mail.example.org"\n')
        server.gatepost.authd.restart()
        machine.run("userdel", "postbox")


def test_another_delimiter(server):
    """Dovecot takes an extension off where authd does; status tells where it does not, and what mends that."""
    def delimiter(value):
        server.gatepost.configure(f'hostname = "mail.example.org"\nrecipient_delimiter = "{value}"\n')
        server.gatepost.authd.restart()

    def row():
        rows = server.machine.run("mailctl", "status", status=None).stdout
        return next(r for r in rows.splitlines() if r.startswith("dovecot.delimiter"))

    try:
        delimiter("-")
        server.attach()
        letter = mail.letter("bob@example.net", ALICE[0])
        server.lmtp("alice-shop@example.org", letter)
        mail.await_message(server.machine, *ALICE, mail.message_id(letter))
        assert "\tok" in row(), row()
        delimiter("+")
        assert "\twarning\t" in row() and "mailctl detach dovecot; mailctl attach dovecot" in row(), row()
        server.detach()
        server.attach()
        assert "\tok" in row(), row()
        server.detach()
    finally:
        delimiter("+")


def test_changed_meanwhile(server):
    """What the operator put into our file is kept, as comments, and he is told."""
    server.attach()
    path = server.machine.path("/etc/dovecot/conf.d/95-gatepost.conf")
    path.write_text(path.read_text().replace("auto = subscribe", "auto = subscribe\n    autoexpunge = 30d"))
    path.write_text(path.read_text().replace("    mode = 0660\n", "    mode = 0666\n"))
    rows = server.machine.run("mailctl", "status", status=None).stdout
    line = next(r for r in rows.splitlines() if r.startswith("attach.dovecot"))
    assert line.split("\t")[1] == "warning" and "mode = 0660" in line, rows
    shown = server.machine.run("mailctl", "-n", "detach", "dovecot").stdout
    assert "05-gatepost.conf (removed):" in shown and "autoexpunge = 30d" in shown, shown
    done = server.detach(status=1)
    assert "95-gatepost.conf" in done.stderr and "autoexpunge" in done.stderr, done.stderr
    assert "dovecot: detached; 1 setting was changed after attach" in done.stderr.splitlines()[-1], done.stderr
    assert path.read_text() == "#     mode = 0666\n#     autoexpunge = 30d\n"
    path.unlink()


def assert_not_forgotten(server):
    """doveadm ends with 0 where it cannot connect; that Dovecot may remember is said all the same."""
    socket = server.machine.path("/run/dovecot/auth-master")
    aside = socket.rename(socket.with_name("aside"))
    try:
        done = server.machine.run("mailctl", "user", "passwd", ALICE[0], "--password-stdin", stdin="quite another one\n")
    finally:
        aside.rename(socket)
    assert 'Dovecot may remember earlier logins: run "doveadm auth cache flush" (' in done.stderr, done
    assert "auth-master" in done.stderr, done
    done = server.machine.run("mailctl", "user", "passwd", ALICE[0], "--password-stdin", stdin="quite another one\n")
    assert "may remember" not in done.stderr, done


def knows(server, user, password, **origin):
    """Whether Dovecot lets the user in who comes with that service and address."""
    told = [word for name, value in origin.items() for word in ("-x", f"{name}={value}")]
    return server.machine.run("doveadm", "auth", "test", *told, user, password, status=None).returncode == 0


def test_cached_app_password(server):
    """What Dovecot remembers is no way around the limits of an app password."""
    cache = server.machine.path("/etc/dovecot/conf.d/97-cache.conf")
    cache.write_text("auth_cache_size = 1M\nauth_cache_ttl = 1h\n")
    mailctl = server.gatepost.mailctl
    try:
        server.restart()
        server.attach()
        secret = mailctl("app-password", "add", ALICE[0], "--label", "send", "--protocols", "submission",
                         "--network", "192.0.2.0/24").strip()
        near, far = "192.0.2.7", "198.51.100.7"
        for _ in range(2):
            assert knows(server, ALICE[0], secret, service="smtp", rip=near)
            assert not knows(server, ALICE[0], secret, service="imap", rip=near), "another protocol"
            assert not knows(server, ALICE[0], secret, service="smtp", rip=far), "another network"
        logins = server.machine.path("/etc/dovecot/conf.d/05-gatepost.conf")
        written = logins.read_text()
        logins.write_text(written.replace("  use_cache = no\n", "").replace(" cache_key=%u%s%r", ""))
        rows = server.machine.run("mailctl", "status", status=None).stdout
        logins.write_text(written)
        assert "dovecot.cache\twarning\tDovecot remembers logins" in rows, rows
        server.detach()
    finally:
        mailctl("app-password", "revoke", ALICE[0], "--all")
        cache.unlink()
        server.restart()


def test_password_cache(server):
    """Dovecot remembers logins; a password that mailctl changes is forgotten at once."""
    cache = server.machine.path("/etc/dovecot/conf.d/97-cache.conf")
    cache.write_text("auth_cache_size = 1M\nauth_cache_ttl = 1h\n")
    mailctl = server.gatepost.mailctl
    dash = "-dash@example.org"
    mailctl("user", "add", "--password-stdin", "--", dash, stdin=ALICE[1] + "\n")
    try:
        server.restart()
        assert "auth_cache_size is set" in server.attach().stdout
        assert server.login(*ALICE) and server.login(*ALICE)
        mailctl("user", "passwd", ALICE[0], "--password-stdin", stdin="quite another one\n")
        assert not server.login(*ALICE), "the old password is remembered"
        assert server.login(ALICE[0], "quite another one")
        assert server.login(dash, ALICE[1])
        mailctl("user", "passwd", "--password-stdin", "--", dash, stdin="quite another one\n")
        assert not server.login(dash, ALICE[1]), "an address like an option is remembered"
        assert_not_forgotten(server)
        rows = server.machine.run("mailctl", "status", status=None).stdout
        assert "dovecot.cache\tok\tDovecot remembers logins" in rows, rows
        server.detach()
    finally:
        mailctl("user", "passwd", ALICE[0], "--password-stdin", stdin=ALICE[1] + "\n")
        mailctl("user", "delete", "--yes", "--", dash)
        cache.unlink()
        server.restart()


def test_other_version(server):
    """
    The files of the other Dovecot, as an upgrade of Debian leaves them: one command mends it, and one that
    fails leaves them, attached as they were.
    """
    other = {"2.3": "2.4", "2.4": "2.3"}[server.dovecot.version]
    before = snapshot(server.machine)
    server.attach()
    journal = server.machine.path("/var/lib/gatepost/attach/dovecot")
    for name in ("05-gatepost.conf", "95-gatepost.conf"):
        ours = server.machine.path(f"/etc/dovecot/conf.d/{name}")
        old = ours.read_bytes()
        foreign = Path(f"/src/contrib/dovecot/{other}/{name}").read_bytes()
        ours.write_bytes(foreign)
        pairs = [(old, foreign), tuple(hashlib.sha256(c).hexdigest().encode() for c in (old, foreign))]
        for kept in filter(Path.is_file, journal.rglob("*")):
            content = kept.read_bytes()
            for now, then in pairs:
                content = content.replace(now, then)
            kept.write_bytes(content)
    assert server.machine.run("doveconf", "-n", status=None).returncode != 0
    rows = server.machine.run("mailctl", "status", status=None).stdout
    line = next(r for r in rows.splitlines() if r.startswith("dovecot.files"))
    assert line.split("\t")[1] == "error" and line.split("\t")[3] == "mailctl attach dovecot", rows
    stale = snapshot(server.machine)
    with lua_begins(server.machine, "no_such_function()"):
        done = server.attach(status=None)
        assert done.returncode != 0 and "everything is as it was before" in done.stderr, done.stderr
    assert snapshot(server.machine) == stale
    assert (journal / "state").read_text() == "attached\n"
    shown = server.machine.run("mailctl", "-n", "attach", "dovecot").stdout
    assert "it is written anew" in shown, shown
    process = server.machine.spawn(["mailctl", "-y", "attach", "dovecot"], "/tmp/killed.log")
    wait_until(lambda: (journal / "state").read_text() != "attached\n", "the renewal to begin")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    done = server.attach()
    diffs = [line for line in done.stdout.splitlines() if line[:1] in "+-"]
    assert [line for line in shown.splitlines() if line[:1] in "+-"] == diffs, "what is shown is done"
    assert server.login(*ALICE) and server.login(*JOE)
    server.detach()
    assert snapshot(server.machine) == before


# Stands before apt-get, which has no network here, and brings the one program that was moved away.
APT = """#!/bin/sh
echo "$@" >>/var/log/apt-calls
mv /usr/lib/dovecot/lmtp.aside /usr/lib/dovecot/lmtp
"""


def test_missing_package(server):
    """Named without --install, installed with it."""
    machine = server.machine
    machine.write("/usr/local/sbin/apt-get", APT, 0o755)
    machine.run("mv", "/usr/lib/dovecot/lmtp", "/usr/lib/dovecot/lmtp.aside")
    try:
        done = server.attach(status=78)
        assert "apt-get install dovecot-lmtpd" in done.stdout + done.stderr, done.stdout
        assert not machine.path("/var/log/apt-calls").exists()
        server.attach("--install")
        calls = machine.read("/var/log/apt-calls")
        assert calls.strip().endswith("install dovecot-lmtpd") and "--yes" in calls, calls
    finally:
        machine.run("mv", "/usr/lib/dovecot/lmtp.aside", "/usr/lib/dovecot/lmtp", status=None)
        machine.path("/usr/local/sbin/apt-get").unlink()


def kill_soon(machine, verb, seconds):
    process = machine.spawn(["mailctl", "-y", verb, "dovecot"], "/tmp/killed.log")
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


@pytest.mark.parametrize("milliseconds", [150, 300, 500, 800, 1200, 2000])
def test_killed_on_the_way(server, milliseconds):
    """Whenever it is killed: detach, or attach once more, puts all right."""
    before = snapshot(server.machine)
    kill_soon(server.machine, "attach", milliseconds / 1000)
    server.attach()
    assert server.login(*ALICE) and server.login(*JOE)
    kill_soon(server.machine, "detach", milliseconds / 4000)
    server.detach()
    assert snapshot(server.machine) == before


def test_socket_of_postfix(server):
    """The socket that asks about logins is Postfix's alone."""
    server.attach()
    path = server.machine.path("/var/spool/postfix/private/auth")
    info = path.stat()
    assert stat.S_IMODE(info.st_mode) == 0o660
    assert server.machine.run("stat", "-c", "%U:%G", "/var/spool/postfix/private/auth").stdout == "postfix:postfix\n"
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    server.detach()
