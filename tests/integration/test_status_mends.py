# SPDX-License-Identifier: MIT
"""What mailctl status names as mending a finding mends it: things are broken on a machine that a real
systemd runs and that is attached, status says so, its commands are run, and all is in order."""

import json

import pytest

from ground import package
from ground.gatepost import DAEMONS
from ground.town import DOMAIN, UNITS, opened
from ground.waiting import wait_until

ALL_AGAIN = "systemctl restart gatepost.target"


@pytest.fixture(scope="module", name="town")
def attached():
    for one in opened("borough", "198.51.100.34"):
        one.install(package.build())
        one.init()
        one.machine.run("mailctl", "--yes", "attach")
        assert not findings(one), "in order at first"
        yield one


def findings(town):
    """What is not in order: the check, what it says, and what mends it. The disk is not ours."""
    report = json.loads(town.machine.run("mailctl", "--json", "status", status=None).stdout)
    return [(f"{row['group']}.{row['check']}", row["finding"], row["mend"]) for row in report["checks"]
            if row["state"] != "ok" and row["group"] != "disk"]


def mended(town, expected):
    """Has each of these found, with that command, runs the commands, and finds nothing any more."""
    found = findings(town)
    named = {name: mend for name, _, mend in found}
    for name, mend in expected.items():
        assert named.get(name) == mend, (name, found)
    assert set(named) == set(expected), found
    for command in dict.fromkeys(mend for _, _, mend in found):
        town.machine.run("sh", "-c", command.replace("mailctl ", "mailctl --yes "))
    wait_until(lambda: not findings(town), "all in order")


@pytest.mark.seconds(600)
def test_daemons(town):
    """Stopped, failed, with an old configuration, with none that is good."""
    run = town.machine.run
    good = run("cat", "/etc/gatepost/gatepost.conf").stdout
    run("systemctl", "stop", "gatepost-authd.service")
    run("tee", "/etc/gatepost/gatepost.conf", stdin="mesages = 5\n")
    run("systemctl", "restart", "gatepost-policyd.service", status=1)
    run("systemctl", "reload", "gatepost-milter.service", status=None)
    wait_until(lambda: "mesages" in town.machine.journal("gatepost-milter"), "the reload that fails")
    run("tee", "/etc/gatepost/gatepost.conf", stdin=good)
    mended(town, {"daemons.authd": "systemctl start gatepost-authd",
                  "daemons.policyd": "systemctl start gatepost-policyd",
                  "daemons.milter": "systemctl reload gatepost-milter"})
    run("tee", "/etc/gatepost/gatepost.conf", stdin=good.replace("timeout = 1s", "timeout = 2s"))
    mended(town, {f"daemons.{name}": f"systemctl reload-or-restart gatepost-{name}" for name in DAEMONS})


def test_nothing_runs(town):
    run = town.machine.run
    run("systemctl", "stop", "gatepost.target", "postfix", "dovecot")
    wait_until(lambda: set(town.states().values()) == {"inactive"}, "the end of all")
    mended(town, {f"daemons.{name}": f"systemctl start gatepost-{name}" for name in DAEMONS} |
           {f"sockets.{name}": ALL_AGAIN for name in ("milter", "policy", "lookup", "login")} |
           {"sockets.postfix": "systemctl restart dovecot", "dovecot.running": "systemctl start dovecot",
            "postfix.running": "systemctl restart postfix"})
    town.sends_and_reads()


def test_files(town):
    """Owners, modes, what lies open, what is old and what is gone."""
    run = town.machine.run
    run("chmod", "666", "/var/lib/gatepost/keys/keys.db")
    run("chown", "root", "/var/lib/gatepost/limits/limits.db")
    run("tee", "/var/lib/gatepost/postfix/domains", stdin="elsewhere.example gatepost\n")
    run("chown", "root:root", "/var/vmail")
    run("chmod", "700", "/var/vmail", "/var/spool/postfix/gatepost")
    run("rm", "/etc/ssl/certs/ssl-cert-snakeoil.pem")
    snakeoil = "make-ssl-cert generate-default-snakeoil --force-overwrite"
    restart = "systemd-tmpfiles --create gatepost.conf"
    mended(town, {"databases.keys": "mailctl init", "databases.limits": "mailctl init",
                  "databases.domain-list": "mailctl upgrade", "sockets.milter": restart,
                  "sockets.policy": restart, "sockets.lookup": restart, "sockets.postfix": restart,
                  "dovecot.mail-user": "install -d -m 0770 -o vmail -g vmail /var/vmail",
                  "certificates.postfix": snakeoil, "certificates.dovecot": snakeoil})
    assert run("stat", "--format=%U:%G %a", "/var/vmail").stdout == "vmail:vmail 770\n"
    town.sends_and_reads()


def test_gone(town):
    """Sockets that somebody removed while systemd holds them, and a database."""
    run = town.machine.run
    run("rm", "/var/spool/postfix/gatepost/milter", "/run/gatepost/policyd.control", "/run/gatepost/authd")
    run("rm", "-r", "/var/lib/gatepost/limits")
    mended(town, {"sockets.milter": ALL_AGAIN, "sockets.postfix": ALL_AGAIN, "sockets.login": ALL_AGAIN,
                  "daemons.policyd": ALL_AGAIN, "databases.limits": f"mailctl init; {ALL_AGAIN}"})
    for unit in UNITS:
        held = run("ls", "-l", f"/proc/{town.pid(unit)}/fd").stdout
        assert "(deleted)" not in held, held
    town.sends_and_reads()


def test_postfix_changed(town):
    """Our domain kept for the system, our milter taken out, another that signs."""
    run = town.machine.run
    again = "mailctl detach postfix; mailctl attach postfix"
    run("postconf", "-e", f"mydestination = localhost, {DOMAIN}")
    run("postfix", "reload")
    mended(town, {"postfix.mydestination": again})
    milters = run("postconf", "-h", "smtpd_milters").stdout.strip()
    run("postconf", "-e", f"smtpd_milters = inet:127.0.0.1:8891, {milters}")
    replace = f"{again} --replace opendkim"
    mended(town, {"postfix.signers": replace, "attach.postfix": replace})
    run("postconf", "-e", "smtpd_milters =")
    mended(town, {"postfix.settings": again, "attach.postfix": again})
    town.sends_and_reads()


def test_dovecot_changed(town):
    run = town.machine.run
    again = "mailctl detach dovecot; mailctl attach dovecot"
    run("rm", "/etc/dovecot/conf.d/05-gatepost.conf", "/etc/dovecot/conf.d/95-gatepost.conf")
    run("userdel", "vmail", status=None)
    found = findings(town)
    print(found)
    assert {"attach.dovecot", "dovecot.settings", "dovecot.mail-user"} <= {name for name, _, _ in found}
    assert {mend for _, _, mend in found} == {again}, found
    mended(town, {name: mend for name, _, mend in found})
    town.sends_and_reads()
