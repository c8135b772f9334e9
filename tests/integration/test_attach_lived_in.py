# SPDX-License-Identifier: MIT
"""mailctl attach and detach on a server that somebody lived in: the Postfix part."""

import json
import os

import pytest

from ground.fresh import Fresh, differences, standing

MAIN = "/etc/postfix/main.cf"
REAL = "/srv/postfix/main.cf"
MASTER = "/etc/postfix/master.cf"
SETTINGS = """
# --- our own, since 2011
milter_default_action = accept
smtpd_milters =
# sign and verify
    inet:localhost:8891,
    inet:localhost:8893
# spam and viruses
    { inet:localhost:11332, connect_timeout=2s }, unix:clamav/clamav-milter.ctl
non_smtpd_milters = $smtpd_milters
old_domains = other.example
virtual_mailbox_domains = $old_domains
virtual_mailbox_base = /var/mail/vhosts
virtual_mailbox_maps = hash:/etc/postfix/vmailbox
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
"""
SERVICES = """
submission inet n - n - - smtpd
  -o syslog_name=postfix/submission
# logged in
  -o { smtpd_milters = inet:localhost:8891, inet:localhost:11332 }
  -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
127.0.0.1:10025 inet n - n - - smtpd
  -o content_filter=
  -o receive_override_options=no_unknown_recipient_checks
"""


class LivedIn(Fresh):
    """Years of an administrator's work."""

    def make(self):
        super().make()
        machine = self.machine
        machine.write("/etc/postfix/virtual", "virtual.example anything\nold@virtual.example bob\n")
        machine.write("/etc/postfix/vmailbox", "carol@other.example carol/\n")
        for table in ("virtual", "vmailbox"):
            machine.run("postmap", f"hash:/etc/postfix/{table}")
        machine.run("install", "-d", "-o", "vmail", "/var/mail/vhosts")
        machine.write(REAL, machine.read(MAIN) + SETTINGS)
        machine.path(REAL).chmod(0o640)
        machine.path(MAIN).unlink()
        machine.path(MAIN).symlink_to(REAL)
        machine.write(MASTER, machine.read(MASTER).replace("y       -       -       smtpd", "n       -       -       smtpd")
                      + SERVICES)

    def snapshot(self):
        stat = self.machine.path(REAL).stat()
        return super().snapshot() | {REAL: (self.machine.read(REAL), stat.st_mode, stat.st_uid, stat.st_gid)}

    def value(self, name):
        return self.machine.run("postconf", "-xh", name).stdout.strip()

    def override(self, service, name):
        return self.machine.run("postconf", "-Ph", f"{service}/{name}", status=None).stdout.strip()


@pytest.fixture(scope="module")
def lived_in():
    with standing(LivedIn("lived-in")) as stage:
        yield stage


def test_the_operator_chooses(lived_in):
    before = lived_in.snapshot()
    said = lived_in.mailctl("-y", "attach", "postfix", status=78)
    for name in ("opendkim", "opendmarc"):
        assert f'"--replace {name}"' in said and f'"--keep {name}"' in said
    assert "rspamd ({ inet:localhost:11332, connect_timeout=2s }) stays" in said
    assert differences(before, lived_in.snapshot()) == []


def test_replace(lived_in):
    """Ours in their place, first on port 25 and last on submission; everything else is kept."""
    before = lived_in.snapshot()
    lived_in.mailctl("-y", "attach", "postfix", "--replace", "opendkim,opendmarc")
    try:
        incoming = lived_in.value("smtpd_milters")
        assert incoming.startswith("{ unix:gatepost/milter, default_action=tempfail }, { inet:localhost:11332")
        assert "8891" not in incoming and "8893" not in incoming
        local = lived_in.value("non_smtpd_milters")
        assert local.startswith("{ inet:localhost:11332") and local.endswith("default_action=tempfail }")
        milters = lived_in.override("submission/inet", "smtpd_milters")
        assert milters.startswith("inet:localhost:11332") and milters.endswith("$gatepost_milter")
        restrictions = lived_in.override("submission/inet", "smtpd_recipient_restrictions")
        assert restrictions == "$gatepost_policy,permit_sasl_authenticated,reject"
        again = lived_in.override("127.0.0.1:10025/inet", "receive_override_options")
        assert again == "no_unknown_recipient_checks,no_milters"
        assert os.readlink(lived_in.machine.path(MAIN)) == REAL
        assert lived_in.recipient("carol@other.example") == 250
        assert lived_in.recipient("old@virtual.example") == 250
        assert lived_in.recipient("stranger@example.org") == 550
        lived_in.send("old@virtual.example", "by the old way")
        lived_in.await_letter("bob", "by the old way")
        lived_in.send("carol@other.example", "to carol")
        lived_in.await_log("to=<carol@other.example>", "relay=virtual", "status=sent")
        lived_in.send("alice@example.org", "to alice")
        lived_in.await_log("to=<alice@example.org>", "private/dovecot-lmtp")
        lived_in.gatepost.authd.stop()
        try:
            assert lived_in.recipient("carol@other.example") == 250
            assert lived_in.recipient("alice@example.org") == 451
        finally:
            lived_in.gatepost.authd.start()
    finally:
        lived_in.mailctl("-y", "detach", "postfix")
    assert differences(before, lived_in.snapshot()) == []


def test_keep(lived_in):
    """They stay, and the operator is told what that means."""
    before = lived_in.snapshot()
    said = lived_in.mailctl("-y", "attach", "postfix", "--keep", "opendkim,opendmarc")
    try:
        assert "opendkim (inet:localhost:8891) is kept, as you chose" in said
        kept = rivals(lived_in)
        assert {state for state, _, _ in kept} == {"ok"} and "opendmarc" in kept[1][1] and "by choice" in kept[1][1], kept
        text = lived_in.machine.read(REAL)
        assert "smtpd_milters = $gatepost_milter,\n# sign and verify\n    inet:localhost:8891,\n" in text
        milters = lived_in.override("submission/inet", "smtpd_milters")
        assert milters == "inet:localhost:8891, inet:localhost:11332,$gatepost_milter"
    finally:
        lived_in.mailctl("-y", "detach", "postfix")
    assert differences(before, lived_in.snapshot()) == []


def rivals(lived_in):
    """What status says of those who sign or judge beside us: state, finding, mend."""
    rows = json.loads(lived_in.machine.run("mailctl", "--json", "status", status=None).stdout)["checks"]
    return [(row["state"], row["finding"], row["mend"]) for row in rows if row["check"] == "signers"]


def test_rival_that_came_later(lived_in):
    """Named by status; what it says makes us the only one, but for whom the operator kept."""
    before = lived_in.snapshot()
    text = lived_in.machine.read(REAL)
    lived_in.machine.write(REAL, text.replace("inet:localhost:8893", "inet:localhost:7777"))
    lived_in.mailctl("-y", "attach", "postfix", "--keep", "opendkim")
    try:
        assert [state for state, _, _ in rivals(lived_in)] == ["ok"]
        lived_in.machine.write(REAL, lived_in.machine.read(REAL).replace("inet:localhost:7777", "inet:localhost:8893"))
        state, finding, mend = rivals(lived_in)[0]
        assert state == "warning" and finding.startswith("opendmarc stands beside us in the milters"), finding
        assert mend == "mailctl detach postfix; mailctl attach postfix --replace opendmarc --keep opendkim"
        lived_in.machine.run("sh", "-c", mend.replace("mailctl", "mailctl -y"))
        assert [(state, "by choice" in finding) for state, finding, _ in rivals(lived_in)] == [("ok", True)]
        assert "8893" not in lived_in.value("smtpd_milters") and "8891" in lived_in.value("smtpd_milters")
    finally:
        lived_in.mailctl("-y", "detach", "postfix")
        lived_in.machine.write(REAL, text)
    assert differences(before, lived_in.snapshot()) == []


def test_detach_keeps_his_milter(lived_in):
    """He added one beside ours; only ours goes."""
    lived_in.mailctl("-y", "attach", "postfix", "--keep", "opendkim,opendmarc")
    text = lived_in.machine.read(REAL)
    lived_in.machine.write(REAL, text.replace("inet:localhost:8893", "inet:localhost:8893, inet:localhost:7777", 1))
    lived_in.mailctl("-y", "detach", "postfix")
    left = lived_in.machine.read(REAL)
    assert "smtpd_milters =\n# sign and verify\n    inet:localhost:8891,\n    inet:localhost:8893, inet:localhost:7777" in left
    assert "gatepost" not in left
    lived_in.machine.write(REAL, left.replace(", inet:localhost:7777", ""))


def test_another_instance(lived_in):
    """Its queue directory has no sockets of ours, and no systemd runs that could show them there
    (test_instances.py): that is said, with what to do."""
    machine = lived_in.machine
    machine.run("cp", "-a", "/etc/postfix", "/etc/postfix-out")
    machine.run("cp", "/srv/postfix/main.cf", "/etc/postfix-out/main.cf", "--remove-destination")
    machine.run("mkdir", "-p", "/var/spool/postfix-out")
    machine.run("postconf", "-c", "/etc/postfix-out", "-e", "queue_directory = /var/spool/postfix-out",
                "data_directory = /var/lib/postfix-out", "multi_instance_name = postfix-out")
    machine.run("postconf", "-e", "alternate_config_directories = /etc/postfix-out")
    machine.run("postfix", "-c", "/etc/postfix-out", "check", status=None)
    try:
        said = lived_in.mailctl("-y", "attach", "--config-directory", "/etc/postfix-out", status=78)
        assert "outside of Postfix's queue directory /var/spool/postfix-out" in said
    finally:
        machine.run("postconf", "-X", "alternate_config_directories")
        machine.run("rm", "-r", "/etc/postfix-out")
