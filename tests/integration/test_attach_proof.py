# SPDX-License-Identifier: MIT
"""What mailctl attach sees of a whole server: TLS, a login, a signed message; and that nothing of it stays."""

import contextlib
import os
import signal
import socket
import struct

import pytest

from ground.dovecot import SITE
from ground.fresh import Fresh, differences
from ground.waiting import wait_until

MAIN = "/etc/postfix/main.cf"
MASTER = "/etc/postfix/master.cf"
KEYS = "/var/lib/gatepost/keys"
PROOF = "gatepost-proof-"
# A submission service of the operator's, with one more line.
SERVICE = """
submission inet n - y - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_security_level=encrypt
  -o { %s }
"""
# How a mail server begins with a milter: version 6, all actions, all of the protocol.
NEGOTIATE = struct.pack("!IcIII", 13, b"O", 6, 0x1FF, 0x1FFFFF)


class Whole(Fresh):
    """A fresh machine whose Dovecot runs, too."""

    def make(self):
        super().make()
        self.machine.write("/etc/dovecot/conf.d/99-site.conf", SITE)
        self.machine.run("install", "-d", "-o", "postfix", "-g", "root", "/var/spool/postfix/private")

    def start(self):
        super().start()
        self.start_dovecot()

    def start_dovecot(self):
        self.machine.run("dovecot")
        wait_until(self.machine.path("/run/dovecot/master.pid").exists, "Dovecot")

    def stop(self):
        self.machine.run("doveadm", "stop", status=None)
        super().stop()

    def attach(self, *parts, status=0):
        return self.mailctl("-y", "attach", *parts, status=status)

    def detach(self):
        return self.mailctl("-y", "detach")

    def users(self):
        return [line for line in self.mailctl("user", "list").splitlines() if line.startswith(PROOF)]

    def assert_nothing_left(self):
        """No user, no password, nothing counted, no mail anywhere."""
        assert self.users() == []
        for database, question in (("credentials", "select count(*) from credential"),
                                   ("directory", "select count(*) from mail_user")):
            path = f"/var/lib/gatepost/{database}/{database}.db"
            assert self.machine.run("sqlite3", path, f"{question};").stdout == "1\n"
        assert PROOF not in self.mailctl("limit", "list")
        assert self.postfix.queue() == []
        assert not list(self.machine.path("/var/vmail").rglob(f"*{PROOF}*"))
        for letters in self.machine.path("/var/mail").glob("*"):
            assert PROOF not in letters.read_text()


@pytest.fixture(scope="module", name="ground")
def make_ground():
    stage = Whole("whole")
    try:
        stage.make()
        stage.start()
        yield stage
    finally:
        stage.stop()


@pytest.fixture(name="server")
def detached(ground):
    before = ground.snapshot()
    yield ground
    ground.detach()
    assert differences(before, ground.snapshot()) == []
    ground.assert_nothing_left()
    assert not ground.machine.sanitizer_reports()


@contextlib.contextmanager
def changed(server, path, content):
    """A file of Postfix's with other content for a while."""
    before = server.machine.read(path)
    server.machine.write(path, content)
    server.postfix.reload()
    try:
        yield
    finally:
        server.detach()
        server.machine.write(path, before)
        server.postfix.reload()


def with_service(server, line):
    return changed(server, MASTER, server.machine.read(MASTER) + SERVICE % line)


def test_all_is_seen(server):
    said = server.attach()
    for port in (587, 465):
        assert f"seen: a session on port {port}: TLS, a login, a message signed for example.org by " in said, said
    assert "not tried" not in said
    assert "(rsa-sha256)" in said
    server.assert_nothing_left()
    log = server.log()
    assert "Gatepost proof: signed for example.org by" in log
    assert "action=proof" in server.gatepost.milter.log()


def test_postfix_alone(server):
    """Without Dovecot's files nobody of ours can log in: told, not failed."""
    said = server.attach("postfix")
    for port in (587, 465):
        assert f"not tried on port {port}: TLS, a login and a message: Dovecot does not answer at private/auth" in said
    assert "seen: a session on port 587: an answer" in said
    # Dovecot comes; then Postfix is seen whole.
    server.attach("dovecot")
    server.mailctl("-y", "detach", "postfix")
    assert "a message signed for" in server.attach("postfix")


def test_dovecot_does_not_answer(server):
    """Attached, and stopped since: the proof has failed."""
    server.attach("dovecot")
    server.machine.run("doveadm", "stop")
    wait_until(lambda: not server.machine.path("/run/dovecot/master.pid").exists(), "Dovecot's end")
    try:
        said = server.attach("postfix", status=69)
    finally:
        server.start_dovecot()
    assert "a session on port 587 failed: Dovecot does not answer at /var/spool/postfix/private/auth" in said, said
    assert "everything is as it was before" in said
    server.assert_nothing_left()


def test_no_key(server):
    """A domain without an active key: told, with what to do."""
    selector = server.mailctl("dkim", "list", "example.org").split()[1]
    server.mailctl("-y", "dkim", "retire", "example.org", selector, "--force")
    try:
        said = server.attach()
    finally:
        server.mailctl("dkim", "activate", "example.org", selector, "--force")
    assert "seen: a session on port 587: TLS, a login, a message\n" in said
    assert "no key signs for example.org yet" in said


def test_keys_cannot_be_read(server):
    """The milter cannot sign: what it answers is told, and all is undone."""
    path = server.machine.path(KEYS)
    aside = path.rename(path.with_name("keys-aside"))
    try:
        said = server.attach(status=69)
    finally:
        aside.rename(path)
    assert "a session on port 587 failed: the end of a message: the answer was \"451 4.3.0" in said, said
    assert "everything is as it was before" in said


def test_no_milters(server):
    """The operator's choice: told, not failed."""
    with with_service(server, "receive_override_options = no_milters"):
        said = server.attach()
    assert "seen: a session on port 587: TLS, a login\n" in said
    assert "not tried on port 587: a message: no milter is asked (receive_override_options)" in said


def test_the_milter_is_passed_by(server):
    with with_service(server, "smtpd_milter_maps = static:DISABLE"):
        said = server.attach(status=69)
    assert "a session on port 587 failed: gatepost-milter does not see the session" in said, said


def test_taken_all_the_same(server):
    """The milter has a session, but not ours: what Postfix took is taken back."""
    with with_service(server, "smtpd_milter_maps = static:DISABLE"), socket.socket(socket.AF_UNIX) as other:
        server.machine.run("postconf", "-e", "defer_transports = lmtp")
        try:
            other.connect(str(server.machine.path("/var/spool/postfix/gatepost/milter")))
            other.sendall(NEGOTIATE)
            assert other.recv(4)
            said = server.attach(status=69)
        finally:
            server.machine.run("postconf", "-X", "defer_transports")
    assert "it was deleted from the queue" in said, said
    assert server.postfix.queue() == []


def test_domain_is_not_in_the_dns(server):
    """No rule about unknown domains stops the proof: Postfix is the final destination of ours."""
    rules = "reject_unknown_sender_domain,reject_unknown_recipient_domain"
    with with_service(server, f"smtpd_sender_restrictions = {rules}"):
        said = server.attach()
    assert "seen: a session on port 587: TLS, a login, a message signed" in said, said


def test_another_sasl(server):
    with with_service(server, "smtpd_sasl_type = cyrus"):
        said = server.attach()
    assert "not tried on port 587: TLS, a login and a message: not Dovecot but \"cyrus\" checks its logins" in said
    assert "seen: a session on port 465: TLS, a login, a message signed" in said


def test_a_filter_before_the_queue(server):
    with with_service(server, "smtpd_proxy_filter = 127.0.0.1:10099"):
        said = server.attach()
    assert "seen: a session on port 587: TLS, a login\n" in said, said
    assert "not tried on port 587: a message: a filter before the queue would get it" in said


def test_broken_tls(server):
    """A certificate that Postfix cannot read."""
    server.machine.write("/etc/postfix/broken.pem", "no certificate\n")
    main = server.machine.read(MAIN)
    lines = [line for line in main.splitlines() if not line.startswith("smtpd_tls_")]
    lines += ["smtpd_tls_cert_file = /etc/postfix/broken.pem", "smtpd_tls_security_level = may", ""]
    with changed(server, MAIN, "\n".join(lines)):
        said = server.attach(status=69)
    server.machine.path("/etc/postfix/broken.pem").unlink()
    assert "a session on port 587 failed: STARTTLS: the answer was \"454 4.7.0 TLS not available" in said, said


def test_no_certificate(server):
    main = server.machine.read(MAIN)
    lines = [line for line in main.splitlines() if not line.startswith("smtpd_tls_")]
    with changed(server, MAIN, "\n".join([*lines, ""])):
        said = server.attach()
    for port in (587, 465):
        assert f"not tried on port {port}: TLS, a login and a message: Postfix has no certificate" in said, said


@pytest.mark.parametrize("verb", ["attach", "detach"])
def test_killed_in_the_session(server, verb):
    """The user that it made is there, until the next run deletes it; one of a like name stays."""
    mine = f"{PROOF}0123456789abcdef@example.org"
    with with_service(server, "smtpd_client_restrictions = sleep 25"):
        logins = server.gatepost.authd.log().count(PROOF)
        process = server.machine.spawn(["mailctl", "-y", "attach"], "/tmp/killed.log")
        try:
            wait_until(lambda: server.gatepost.authd.log().count(PROOF) > logins, "the login", seconds=60)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        left = server.users()
        assert len(left) == 1, server.machine.read("/tmp/killed.log")
        server.mailctl("user", "add", mine, "--no-password")
        try:
            said = server.mailctl("-y", verb, "dovecot", "--offline")
            assert [line.split()[0] for line in server.users()] == [mine]
        finally:
            server.mailctl("-y", "user", "delete", mine)
    assert f"{left[0].split()[0]}, which an interrupted attach left, was deleted" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_interrupted_in_the_session(server, number):
    """All is put back, and the user that it made goes at once."""
    with with_service(server, "smtpd_client_restrictions = sleep 25"):
        before = server.snapshot()
        logins = server.gatepost.authd.log().count(PROOF)
        # What runs in the background of a script ignores SIGINT, and we would go on doing so.
        process = server.machine.spawn(
            ["env", f"--default-signal={number.name}", "mailctl", "-y", "attach"], f"/tmp/{number.name}.log")
        try:
            wait_until(lambda: server.gatepost.authd.log().count(PROOF) > logins, "the login", seconds=60)
            assert len(server.users()) == 1
            os.killpg(process.pid, number)
            assert process.wait(60) == 69
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        said = server.machine.read(f"/tmp/{number.name}.log")
        assert f"interrupted ({number.name})" in said, said
        assert "everything is as it was before" in said
        assert differences(before, server.snapshot()) == []
        server.assert_nothing_left()


def renames(server, *options, inject="", status=0):
    """How many files attach puts in place; with `inject`, what becomes of them."""
    server.machine.run("env", "ASAN_OPTIONS=detect_leaks=0", "strace", "-o", "/tmp/renames", "-e", "trace=rename",
                       *(("-e", f"inject=rename:{inject}") if inject else ()),
                       "mailctl", "-y", "attach", *options, status=status)
    return server.machine.read("/tmp/renames").count("rename(")


def test_disk_is_full_in_the_end(server):
    """Dovecot is said to stay, and Postfix cannot be: neither does."""
    last = renames(server, "--offline")
    server.mailctl("-y", "detach", "--offline")
    before = server.snapshot()
    renames(server, "--offline", inject=f"error=ENOSPC:when={last}", status=74)
    assert differences(before, server.snapshot()) == []
    assert "not attached" in server.mailctl("-y", "detach")
