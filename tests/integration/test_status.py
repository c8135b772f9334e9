# SPDX-License-Identifier: MIT
"""mailctl status on a machine with all its servers: each fault is found, and the command named for it
mends it."""

import contextlib
import json
import time
from pathlib import Path

import pytest

from ground.waiting import wait_until

STATES = {"ok": 0, "warning": 1, "error": 2, "unknown": 3}


def status(site, user=None):
    """The findings by check: a list of (state, finding, mend) for each name."""
    command = ["mailctl", "--json", "status"]
    if user:
        command = ["runuser", "-u", user, "--", *command]
    done = site.machine.run(*command, status=None)
    report = json.loads(done.stdout)
    assert done.returncode == STATES[report["state"]], done.stderr
    found = {}
    for row in report["checks"]:
        found.setdefault(f"{row['group']}.{row['check']}", []).append(
            (row["state"], row["finding"], row["mend"]))
    return found


def one(site, name):
    rows = status(site)[name]
    assert len(rows) == 1, rows
    return rows[0]


@pytest.fixture(name="site")
def healthy(scene):
    """A machine of which status has nothing to say but what the test ground is like."""
    site = scene.net
    site.gatepost.mailctl("upgrade")
    found = status(site)
    bad = {name: rows for name, rows in found.items()
           if any(state in ("error", "unknown") for state, _, _ in rows)}
    assert not bad, bad
    return site


@contextlib.contextmanager
def changed(machine, path, content):
    """A file with other content for a while; its mode and owner stay."""
    file = machine.path(path)
    before = file.read_bytes() if file.exists() else None
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        yield
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)


def test_all_is_well(site):
    found = status(site)
    for name in ("daemons.milter", "daemons.policyd", "daemons.authd", "databases.keys", "sockets.milter",
                 "sockets.policy", "sockets.lookup", "sockets.login", "sockets.postfix",
                 "databases.domain-list", "postfix.running", "postfix.settings",
                 "dovecot.running", "dovecot.settings", "certificates.dovecot"):
        assert [row[0] for row in found[name]] == ["ok"], (name, found[name])


@pytest.mark.parametrize("daemon", ["milter", "policyd", "authd"])
def test_daemon_down(site, daemon):
    program = getattr(site.gatepost, daemon)
    program.stop()
    try:
        state, _, mend = one(site, f"daemons.{daemon}")
        assert (state, mend) == ("error", f"systemctl start gatepost-{daemon}")
        reached = status(site)["sockets.postfix"]
        assert all(state == "error" and "postfix cannot connect" in text for state, text, _ in reached) \
            == (daemon != "policyd" or reached[0][0] == "error"), reached
    finally:
        program.start()
    assert one(site, f"daemons.{daemon}")[0] == "ok"


def test_daemon_that_a_question_would_start(site):
    """Where systemd holds the sockets of a stopped daemon, status does not connect, which would start it."""
    machine = site.machine
    queue = machine.path("/var/spool/postfix/gatepost")
    mode = queue.stat().st_mode & 0o7777
    machine.path("/run/systemd/system").mkdir(parents=True)
    machine.write("/usr/local/sbin/systemctl", "#!/bin/sh\nprintf 'inactive\\nactive\\nactive\\n'\nexit 3\n")
    machine.path("/usr/local/sbin/systemctl").chmod(0o755)
    try:
        found = status(site)
        for daemon in ("milter", "policyd", "authd"):
            assert found[f"daemons.{daemon}"] == [
                ("warning", f"gatepost-{daemon} does not run; systemd starts it at the next connection",
                 f"systemctl start gatepost-{daemon}")]
        for name in ("milter", "policy", "lookup", "login", "postfix"):
            assert found[f"sockets.{name}"][0][0] == "ok", found[f"sockets.{name}"]
        queue.chmod(0o700)
        assert one(site, "sockets.milter")[0] == "error"
    finally:
        queue.chmod(mode)
        machine.run("rm", "-rf", "/run/systemd", "/usr/local/sbin/systemctl")


def test_configuration_not_loaded(site):
    """A comment is no change; a value is, until the reload."""
    path = "/etc/gatepost/gatepost.conf"
    text = site.machine.read(path)
    with changed(site.machine, path, "# a comment\n" + text):
        assert one(site, "daemons.policyd")[0] == "ok"
    with changed(site.machine, path, text.replace("messages = 1000", "messages = 999")):
        state, finding, mend = one(site, "daemons.policyd")
        assert state == "warning" and "other settings" in finding, finding
        assert mend == "systemctl reload-or-restart gatepost-policyd"
        assert [one(site, f"daemons.{daemon}")[0] for daemon in ("milter", "authd")] == ["ok", "ok"]
        for daemon in site.gatepost.daemons.values():
            daemon.reload()
        assert one(site, "daemons.policyd")[0] == "ok"
    for daemon in site.gatepost.daemons.values():
        daemon.reload()
    assert one(site, "daemons.policyd")[0] == "ok"


def test_socket_closed_to_postfix(site):
    """As root all can be reached: only who tries as postfix sees it."""
    queue = site.machine.path("/var/spool/postfix/gatepost")
    mode = queue.stat().st_mode & 0o7777
    queue.chmod(0o700)
    try:
        for name in ("sockets.milter", "sockets.policy", "sockets.lookup"):
            state, finding, mend = one(site, name)
            assert state == "error" and "Permission denied" in finding, finding
            assert mend == "systemd-tmpfiles --create gatepost.conf"
        site.machine.run(*mend.split()[:1], "--create", "/usr/lib/tmpfiles.d/gatepost.conf")
        assert one(site, "sockets.milter")[0] == "ok"
    finally:
        queue.chmod(mode)


def test_dovecot_socket_gone(site):
    """What Postfix's own configuration names is tried, too."""
    site.dovecot.stop()
    try:
        found = status(site)
        rows = found["sockets.postfix"]
        assert found["dovecot.running"] == [("error", "Dovecot does not run", "systemctl start dovecot")]
        assert found["postfix.running"][0][0] == "ok"
        assert all(state == "error" for state, _, _ in rows), rows
        assert {finding.split(" ")[0] for _, finding, _ in rows} == {
            "/var/spool/postfix/private/auth", "/var/spool/postfix/private/dovecot-lmtp"}, rows
        assert rows[0][2] == "systemctl restart dovecot"
    finally:
        site.dovecot.start()


@pytest.mark.parametrize("name", ["directory", "credentials", "keys", "limits", "seen", "srs", "guard"])
def test_database_of_another_owner(site, name):
    path = site.machine.path(f"/var/lib/gatepost/{name}/{name}.db")
    mode = path.stat().st_mode & 0o7777
    path.chmod(0o666)
    try:
        state, finding, mend = one(site, f"databases.{name}")
        assert state == "error" and "0666" in finding and mend == "mailctl init", finding
        site.gatepost.mailctl("init")
        assert one(site, f"databases.{name}")[0] == "ok"
        assert path.stat().st_mode & 0o7777 == mode
    finally:
        path.chmod(mode)


def test_list_of_domains(site):
    with changed(site.machine, "/var/lib/gatepost/postfix/domains", "elsewhere.example gatepost\n"):
        state, _, mend = one(site, "databases.domain-list")
        assert (state, mend) == ("error", "mailctl upgrade")
        site.machine.run(*mend.split())
        assert one(site, "databases.domain-list")[0] == "ok"
    site.gatepost.mailctl("upgrade")


@pytest.mark.parametrize("days, state", [(-1, "error"), (5, "warning"), (60, "ok")])
def test_certificate(site, days, state):
    machine, postfix = site.machine, site.postfix
    old = machine.run("postconf", "-h", "smtpd_tls_cert_file").stdout.strip()
    begin = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 10 * 86400))
    end = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400 + 3600))
    machine.write("/tmp/ca/index.txt", "")
    machine.write("/tmp/ca/serial", "01\n")
    machine.write("/tmp/ca/ca.conf", "[ca]\ndefault_ca=it\n[it]\ndatabase=/tmp/ca/index.txt\nserial=/tmp/ca/serial\n"
                  "new_certs_dir=/tmp/ca\ndefault_md=sha256\npolicy=any\nunique_subject=no\n"
                  "[any]\ncommonName=supplied\n")
    machine.run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "/tmp/ca/key.pem", "-out", "/tmp/ca/request.pem", "-subj", "/CN=mail.example.net")
    machine.run("openssl", "ca", "-batch", "-config", "/tmp/ca/ca.conf", "-selfsign", "-keyfile", "/tmp/ca/key.pem",
                "-in", "/tmp/ca/request.pem", "-out", "/tmp/ca/cert.pem", "-startdate", begin, "-enddate", end)
    postfix.settings("smtpd_tls_cert_file = /tmp/ca/cert.pem")
    try:
        found, finding, mend = one(site, "certificates.postfix")
        assert found == state, finding
        assert mend is None, "only its maker can renew it"
    finally:
        postfix.settings(f"smtpd_tls_cert_file = {old}")


def test_certificate_of_dovecot(site):
    """Both versions name it in their own way."""
    path = site.machine.path("/etc/dovecot/private/dovecot.pem")
    target = path.readlink()
    path.unlink()
    path.write_text("nothing\n")
    try:
        state, finding, _ = one(site, "certificates.dovecot")
        assert state == "error" and "holds no certificate" in finding
    finally:
        path.unlink()
        path.symlink_to(target)


def test_certificate_gone(site):
    old = site.machine.run("postconf", "-h", "smtpd_tls_cert_file").stdout.strip()
    site.postfix.settings("smtpd_tls_cert_file = /etc/ssl/certs/gone.pem")
    try:
        assert one(site, "certificates.postfix")[0] == "error"
    finally:
        site.postfix.settings(f"smtpd_tls_cert_file = {old}")


def test_second_signer(site):
    """OpenDKIM beside us, as many a manual has it."""
    old = site.machine.run("postconf", "-h", "smtpd_milters").stdout.strip()
    site.postfix.settings(f"smtpd_milters = inet:127.0.0.1:8891, {old}")
    try:
        state, finding, mend = one(site, "postfix.signers")
        assert state == "warning" and "twice" in finding and "--replace opendkim" in mend
    finally:
        site.postfix.settings(f"smtpd_milters = {old}")


def test_not_plugged_in(site):
    old = site.machine.run("postconf", "-h", "smtpd_milters").stdout.strip()
    site.postfix.settings("smtpd_milters =")
    try:
        assert one(site, "postfix.settings")[0::2] == ("warning", "mailctl attach postfix")
    finally:
        site.postfix.settings(f"smtpd_milters = {old}")


def test_nobody_takes_bounces(site):
    """Senders are rewritten, and Postfix does not know the way back."""
    path = "/etc/gatepost/gatepost.conf"
    assert one(site, "postfix.srs")[0] == "ok"
    with changed(site.machine, path, site.machine.read(path) + 'srs { domain = "srs.example.net" }\n'):
        state, finding, mend = one(site, "postfix.srs")
        assert (state, mend) == ("error", "mailctl attach postfix") and "srs.example.net" in finding, finding
    assert one(site, "postfix.srs")[0] == "ok"


def test_other_instance(site):
    """The sockets that a second Postfix names lie below its own queue directory."""
    machine = site.machine
    machine.run("postmulti", "-e", "init")
    machine.run("postmulti", "-I", "postfix-out", "-e", "create")
    try:
        machine.run("postconf", "-c", "/etc/postfix-out", "-e", "smtpd_milters = unix:gatepost/milter")
        rows = status(site)["sockets.postfix"]
        assert [row[0] for row in rows] == ["error"], rows
        assert rows[0][1].startswith("/var/spool/postfix-out/gatepost/milter "), rows
    finally:
        machine.run("postmulti", "-i", "postfix-out", "-e", "destroy")
        machine.run("postmulti", "-e", "deinit", status=None)
        machine.run("postconf", "-X", "multi_instance_directories", "multi_instance_wrapper", "multi_instance_enable",
                    status=None)


def test_queue(site):
    """What waits is counted; a lot of it is a warning."""
    site.machine.run("postconf", "-e", "defer_transports = lmtp")
    site.postfix.reload()
    try:
        site.machine.run("sendmail", "-f", "root@localhost", site.user, stdin="Subject: waits\n\nHere.\n")
        wait_until(lambda: "1 messages are deferred" in one(site, "postfix.queue")[1], "the deferred message")
        assert one(site, "postfix.queue")[0] == "ok"
    finally:
        site.machine.run("postconf", "-X", "defer_transports")
        site.machine.run("postsuper", "-d", "ALL")
        site.postfix.reload()


def test_ordinary_user(site):
    """Says what it could not see, and hangs on nothing."""
    began = time.monotonic()
    found = status(site, "nobody")
    assert time.monotonic() - began < 40
    for name in ("databases.keys", "databases.credentials", "sockets.milter", "daemons.authd"):
        state, _, mend = found[name][0]
        assert (state, mend) == ("unknown", "sudo mailctl status"), (name, found[name])
    assert all(row[0] == "unknown" or row[0] == "ok" or name.startswith(("disk.", "postfix.", "certificates."))
               for name, rows in found.items() for row in rows), found


# Stands before postconf, starts a program that does not end, and waits for it.
HANGS = """#!/bin/sh
python3 -c 'import signal; signal.pause()' never-ends &
wait
"""


def test_program_that_hangs(site):
    """What cannot be seen is not in order, and nothing that a check started is left behind."""
    machine = site.machine
    machine.write("/usr/local/sbin/postconf", HANGS, 0o755)
    began = time.monotonic()
    try:
        found = status(site)
    finally:
        machine.path("/usr/local/sbin/postconf").unlink()
    assert time.monotonic() - began < 60
    for name in ("postfix.settings", "postfix.mydestination", "postfix.signers", "sockets.postfix",
                 "certificates.postfix", "disk.queue"):
        assert found[name][0][0] == "unknown", (name, found[name])
    assert found["daemons.milter"][0][0] == "ok"
    left = [pid for pid in Path("/proc").glob("[0-9]*") if b"never-ends" in command_line(pid)]
    assert not left, left


def command_line(process):
    try:
        return (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_broken_postfix(site):
    with changed(site.machine, "/etc/postfix/main.cf", site.machine.read("/etc/postfix/main.cf") + "nonsense\n"):
        state, finding, mend = one(site, "postfix.settings")
        assert (state, mend) == ("unknown", "postfix check") and "postconf" in finding, finding


def test_everything_down(site):
    """No daemon, no Postfix, no Dovecot runs: it says so in time."""
    site.postfix.stop()
    site.dovecot.stop()
    for daemon in site.gatepost.daemons.values():
        daemon.stop()
    began = time.monotonic()
    try:
        found = status(site)
        assert {found[f"daemons.{name}"][0][0] for name in ("milter", "policyd", "authd")} == {"error"}
        assert found["postfix.running"] == [
            ("error", "Postfix (/etc/postfix) does not run", "systemctl restart postfix")]
        assert found["dovecot.running"][0][0] == "error"
        assert time.monotonic() - began < 40
    finally:
        site.gatepost.start()
        site.postfix.start()
        site.dovecot.start()
