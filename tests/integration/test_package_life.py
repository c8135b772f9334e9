# SPDX-License-Identifier: MIT
"""The package on machines that a real systemd runs: installed, upgraded, removed, purged, and the
units in between. Each machine is an untouched Debian with Postfix and Dovecot running."""

import json
import os
import re
import smtplib
import socket
import subprocess
import threading

import dns.message
import dns.rcode
import pytest

from ground import archive, mail, manual, package
from ground.fresh import ANSWERS
from ground.gatepost import DAEMONS
from ground.town import ALICE, DOMAIN, PASSWORD, UNITS, Town, opened
from ground.waiting import wait_until

SOCKETS = {
    "/var/spool/postfix/gatepost/milter": "postfix", "/var/spool/postfix/gatepost/policy": "postfix",
    "/var/spool/postfix/gatepost/lookup": "postfix", "/run/gatepost/authd": "gatepost-login",
    "/run/gatepost/milter.control": "gatepost", "/run/gatepost/policyd.control": "gatepost",
    "/run/gatepost/authd.control": "gatepost"}
# What is left of a package that was purged, beside mail: mailctl(1) names it.
LEFT = {"/etc/passwd", "/etc/passwd-", "/etc/group", "/etc/group-", "/etc/shadow", "/etc/shadow-",
        "/etc/gshadow", "/etc/gshadow-", "/etc/.pwd.lock"}


@pytest.fixture(scope="module")
def deb():
    return package.build()


GUARDS = {"x86_64": {"-fcf-protection"}, "aarch64": {"-mbranch-protection=standard"}}
COMPILED_WITH = {"-fPIE", "-fstack-protector-strong", "-fstack-clash-protection"} | GUARDS.get(os.uname().machine, set())


@pytest.mark.seconds(600)
def test_hardening(deb, tmp_path):
    """Of each program: PIE, full RELRO, no executable stack, FORTIFY, and guards of stack and jumps."""
    symbols = deb.with_name(deb.name.replace("gatepost_", "gatepost-dbgsym_"))
    for archive in (deb, symbols):
        subprocess.run(["dpkg-deb", "--extract", archive, tmp_path], check=True)
    programs = [path for path in tmp_path.glob("usr/*/**/*")
                if path.is_file() and "debug" not in path.parts and path.read_bytes()[:4] == b"\x7fELF"]
    assert len(programs) == 5, programs
    for program in programs:
        read = subprocess.run(["readelf", "--wide", "--file-header", "--segments", "--dynamic", "--dyn-syms", program],
                              capture_output=True, text=True, check=True).stdout
        assert "DYN (Position-Independent Executable file)" in read, program
        assert "GNU_RELRO" in read and "BIND_NOW" in read and "TEXTREL" not in read, program
        assert "GNU_STACK" in read and not re.search(r"GNU_STACK.* RWE ", read), program
        assert not re.search(r"R(UN)?PATH", read), program
        assert "__stack_chk_fail" in read and re.search(r"__\w+_chk@", read), program
    # What the compiler was told, as the debugging symbols keep it: each file of ours refers to one of these.
    told = {line for file in (tmp_path / "usr/lib/debug").rglob("*") if file.is_file()
            for line in subprocess.run(["readelf", "--decompress", "--string-dump=.debug_str", file], capture_output=True,
                                       text=True, check=True).stdout.splitlines() if "] GNU C" in " ".join(line.split())}
    assert told
    for line in told:
        assert COMPILED_WITH <= set(line.replace("=full", "").split()), line


@pytest.fixture(scope="module")
def town(deb):
    """Installed, filled and plugged in."""
    for one in opened("town", "198.51.100.31"):
        one.install(deb)
        one.before = one.states()
        one.init()
        one.plug_in()
        yield one


# ---------------------------------------------------------------- the units


@pytest.mark.seconds(300)
def test_nothing_runs_before_init(town):
    assert set(town.before.values()) == {"inactive"}


def test_runs_after_init(town):
    assert set(town.states().values()) == {"active"}, town.machine.journal(*UNITS)
    failed = town.machine.run("systemctl", "--failed", "--no-legend", "--plain").stdout
    assert "gatepost" not in failed, failed
    assert "systemd listens elsewhere" not in town.machine.journal(*UNITS)


def test_keys_rotate_by_timer(town):
    """The timer waits; what it starts may write the keys from inside of its sandbox."""
    run, unit = town.machine.run, "gatepost-dkim-rotate"
    assert town.state(f"{unit}.timer") == "active"
    assert run("systemctl", "is-enabled", f"{unit}.timer").stdout == "enabled\n"
    since = ask_database(town, "keys", "SELECT changed FROM dkim_key").strip()
    ask_database(town, "keys", "UPDATE dkim_key SET changed = 1")
    started = run("systemctl", "start", f"{unit}.service", status=None)
    assert started.returncode == 0, town.machine.journal(f"{unit}.service")
    keys = json.loads(run("mailctl", "--json", "dkim", "list", DOMAIN).stdout)
    assert sorted(key["state"] for key in keys) == ["active", "made"]
    successor = next(key["selector"] for key in keys if key["state"] == "made")
    assert f"publish the record of {successor}._domainkey.{DOMAIN}" in town.machine.journal(f"{unit}.service")
    run("mailctl", "--yes", "dkim", "delete", DOMAIN, successor)
    ask_database(town, "keys", f"UPDATE dkim_key SET changed = {since}")


def test_check_by_timer(town):
    """The administrator switches it on; from inside of its sandbox it tells what is new, once."""
    run, unit = town.machine.run, "gatepost-check"
    assert town.state(f"{unit}.timer") == "inactive"
    assert run("systemctl", "is-enabled", f"{unit}.timer", status=None).stdout == "disabled\n"
    for _ in range(2):
        started = run("systemctl", "start", f"{unit}.service", status=None)
        assert started.returncode == 0, town.machine.journal(f"{unit}.service")
    told = [line for line in town.machine.journal(f"{unit}.service").splitlines() if f"\t{DOMAIN}\terror\t" in line]
    assert len([line for line in told if "new\t" in line and "\tdomain-absent\t" in line]) == 1, told
    listed = run("stat", "--format=%U %a", "/var/lib/gatepost/check/last-run.json").stdout.strip()
    assert listed == "root 600"


def test_auth_policy_socket(town):
    """The administrator switches it on; authd answers at a port, and has no network of its own."""
    run, unit = town.machine.run, "gatepost-authd-policy.socket"
    question = (r"exec 3<>/dev/tcp/127.0.0.1/4001; printf 'POST /?command=allow HTTP/1.1\r\nHost: h\r\n"
                r"Connection: close\r\nContent-Length: 16\r\n\r\n{\"login\":\"root\"}' >&3; cat <&3")
    assert town.state(unit) == "inactive"
    assert run("systemctl", "is-enabled", unit, status=None).stdout == "disabled\n"
    # A socket does not start while its service runs; without the other sockets nobody wakes that.
    run("systemctl", "stop", *(f"gatepost-authd{name}.socket" for name in ("", "-login", "-control")))
    try:
        started = run("systemctl", "enable", "--now", unit, status=None)
        assert started.returncode == 0, town.machine.journal(unit, "gatepost-authd.service")
        run("systemctl", "start", "gatepost-authd.service")
        answer = run("bash", "-c", question).stdout
        assert answer.startswith("HTTP/1.1 200 OK") and answer.endswith('{"status":0,"msg":""}'), answer
    finally:
        run("systemctl", "disable", "--now", unit)
        run("systemctl", "restart", "gatepost-authd.service")


def test_never_root(town):
    """From the first moment on: all four user ids, no capabilities, no way to get any."""
    for name in DAEMONS:
        status = town.machine.read(f"/proc/{town.pid(f'gatepost-{name}.service')}/status") or town.machine.run(
            "cat", f"/proc/{town.pid(f'gatepost-{name}.service')}/status").stdout
        words = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        user = town.machine.run("id", "-u", f"gatepost-{name}").stdout.strip()
        assert words["Uid"].split() == [user] * 4
        assert int(words["CapBnd"], 16) == int(words["CapEff"], 16) == 0
        assert words["NoNewPrivs"] == "1" and words["Seccomp"] == "2"


@pytest.mark.parametrize("path", SOCKETS)
def test_socket(town, path):
    """Those who need it may connect, others not."""
    listed = town.machine.run("stat", "--format=%U:%G %a %F", path).stdout.strip()
    assert listed == f"root:{SOCKETS[path]} 660 socket"


def test_mail_flows(town):
    town.sends_and_reads()


def test_milter_asks_the_directory(town):
    """From inside its sandbox, as a member of the group alone; also where it is the first to open the database."""
    run, unit = town.machine.run, "gatepost-milter.service"
    good = run("cat", "/etc/gatepost/gatepost.conf").stdout
    run("tee", "/etc/gatepost/gatepost.conf", stdin=good + "milter { on_from_mismatch = reject }\n")
    run("systemctl", "stop", "gatepost-authd.service")
    run("systemctl", "restart", unit)
    try:
        with mail.submission(town.machine, ALICE, PASSWORD) as client:
            client.mail(ALICE)
            assert client.rcpt(ALICE)[0] == 250
            code, text = client.data(mail.letter(f"boss@{DOMAIN}", ALICE))
        assert (code, b"may not write as" in text) == (550, True), text
        town.sends_and_reads()
        assert "who may write as whom" not in town.machine.journal(unit)
    finally:
        run("tee", "/etc/gatepost/gatepost.conf", stdin=good)
        run("systemctl", "restart", unit)


@pytest.mark.parametrize("unit", UNITS)
def test_rises_after_a_crash(town, unit):
    before = town.pid(unit)
    town.kill(unit, "KILL")
    town.await_running(unit, before)


def test_rises_after_many_crashes(town):
    """systemd's own limit, five starts in ten seconds, would leave mail without its checks for good."""
    unit = UNITS[0]
    for _ in range(7):
        before = town.pid(unit)
        town.kill(unit, "KILL")
        town.await_running(unit, before)


@pytest.mark.parametrize("unit", UNITS)
def test_rises_when_it_hangs(town, unit):
    """The daemon pings systemd; one that has stopped doing so is ended and started again."""
    folder = f"/etc/systemd/system/{unit}.d"
    town.machine.run("mkdir", "-p", folder)
    town.machine.run("tee", f"{folder}/soon.conf", stdin="[Service]\nWatchdogSec=1\nTimeoutAbortSec=1\n")
    town.machine.run("systemctl", "daemon-reload")
    town.machine.run("systemctl", "restart", unit)
    before = town.pid(unit)
    # Longer than the watchdog's time: it does ping.
    wait_until(lambda: int(town.state(unit, "WatchdogTimestampMonotonic")) >
               int(town.state(unit, "ExecMainStartTimestampMonotonic")) + 1_500_000, "pings")
    assert town.pid(unit) == before
    town.kill(unit, "STOP")
    town.await_running(unit, before)
    assert "atchdog" in town.machine.journal(unit)
    town.machine.run("rm", "-r", folder)
    town.machine.run("systemctl", "daemon-reload")
    town.machine.run("systemctl", "restart", unit)


@pytest.mark.parametrize("unit", UNITS)
def test_reload(town, unit):
    before, control = town.pid(unit), unit.removeprefix("gatepost-").removesuffix(".service")
    town.machine.run("systemctl", "reload", unit)
    wait_until(lambda: "configuration reloaded" in town.machine.journal(unit), "the reload")
    assert town.pid(unit) == before and control


def test_bad_configuration_is_not_tried_again(town):
    good = town.machine.run("cat", "/etc/gatepost/gatepost.conf").stdout
    unit = "gatepost-policyd.service"
    town.machine.run("tee", "/etc/gatepost/gatepost.conf", stdin="mesages = 5\n")
    try:
        town.machine.run("systemctl", "restart", unit, status=1)
        assert town.state(unit) == "failed"
        assert town.state(unit, "ExecMainStatus") == "78"
    finally:
        town.machine.run("tee", "/etc/gatepost/gatepost.conf", stdin=good)
    town.machine.run("systemctl", "restart", "gatepost.target")
    town.await_running(unit)


def test_comes_when_called(town):
    """A connection to its socket starts a daemon that was stopped alone."""
    unit = "gatepost-authd.service"
    town.machine.run("systemctl", "stop", unit)
    assert town.state(unit) == "inactive"
    town.sends_and_reads()
    assert town.state(unit) == "active"


def ask_lookup(path):
    """The answer of authd's lookup; empty where it closed the connection unread."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(60)
        client.connect(path)
        try:
            client.sendall(b"27:mailboxes alice@example.com,")
            return client.recv(64)
        except (ConnectionResetError, BrokenPipeError):
            return b""


def test_restart_refuses_nobody(town):
    """While the daemon is away, systemd holds the socket and callers wait. One that was let in just
    before the stop is sent away, and asks once more, as Postfix does."""
    path = town.machine.run("readlink", "-f", "/var/spool/postfix/gatepost/lookup").stdout.strip()
    restarting = subprocess.Popen(town.machine.command(["systemctl", "restart", *UNITS]))
    answers = 0
    while restarting.poll() is None or answers < 20:
        # By way of the first process' own view of the tree: its mounts are not ours.
        seen_from_here = f"/proc/{town.machine.pid}/root{path}"
        assert ask_lookup(seen_from_here) or ask_lookup(seen_from_here)
        answers += 1
    assert restarting.returncode == 0
    assert set(town.states().values()) == {"active"}


def test_stop_of_all(town):
    town.machine.run("systemctl", "stop", "gatepost.target")
    # systemctl waits for the target alone.
    wait_until(lambda: set(town.states().values()) == {"inactive"}, "the end of all", seconds=60)
    assert not [path for path in SOCKETS if town.machine.run("test", "-e", path, status=None).returncode == 0]
    town.machine.run("systemctl", "start", "gatepost.target")
    wait_until(lambda: set(town.states().values()) == {"active"}, "the start of all")


class Resolver:
    """What systemd-resolved is to programs: answers at 127.0.0.53, here that nothing is there."""

    def __enter__(self):
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.53", 53))
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def serve(self):
        while True:
            question, client = self.socket.recvfrom(4096)
            if not question:
                return
            asked = dns.message.from_wire(question)
            self.asked.append(asked.question[0].name.to_text())
            answer = dns.message.make_response(asked)
            answer.set_rcode(dns.rcode.NXDOMAIN)
            self.socket.sendto(answer.to_wire(), client)

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"", ("127.0.0.53", 53))
        self.thread.join()
        self.socket.close()


def test_resolvers_by_systemd(town):
    """/etc/resolv.conf leads into /run, as systemd-resolved has it: the sandbox lets the milter follow."""
    run, unit = town.machine.run, "gatepost-milter.service"
    run("install", "--directory", "/run/systemd/resolve")
    run("tee", "/run/systemd/resolve/stub-resolv.conf", stdin="nameserver 127.0.0.53\noptions edns0 trust-ad\n")
    run("mv", "/etc/resolv.conf", "/etc/resolv.conf.aside")
    run("ln", "--symbolic", "../run/systemd/resolve/stub-resolv.conf", "/etc/resolv.conf")
    try:
        with Resolver() as resolver:
            run("systemctl", "restart", unit)
            with smtplib.SMTP(town.machine.address, 25, timeout=60) as client:
                client.sendmail("somebody@stranger.example", [ALICE], "Subject: hello\r\n\r\nA line.\r\n")
            wait_until(lambda: "stranger.example." in resolver.asked, f"a question: {resolver.asked}")
    finally:
        run("mv", "/etc/resolv.conf.aside", "/etc/resolv.conf")
        run("systemctl", "restart", unit)


@pytest.mark.parametrize("name", DAEMONS)
def test_instance(town, name):
    """A second one beside the first, with its own configuration and sockets."""
    run = town.machine.run
    queue, listen = "/var/spool/postfix-two", {"milter": "milter", "policyd": "policy", "authd": "lookup"}[name]
    run("install", "--directory", queue)
    lines = ["hostname = mail.two.example", "run_directory = /run/gatepost/two", "dns { timeout = 1s }",
             f'milter {{ listen = "unix:{queue}/gatepost/milter" }}',
             f'policyd {{ listen = "unix:{queue}/gatepost/policy" }}',
             f'authd {{ listen_lookup = "unix:{queue}/gatepost/lookup"\nlisten_login = "unix:/run/gatepost/two/authd" }}']
    run("tee", "/etc/gatepost/two.conf", stdin="\n".join(lines) + "\n")
    run("chgrp", "gatepost", "/etc/gatepost/two.conf")
    unit = f"gatepost-{name}@two.service"
    run("systemctl", "start", unit)
    assert town.state(unit) == town.state(f"gatepost-{name}.service") == "active"
    assert run("stat", "--format=%U:%G %a", f"{queue}/gatepost/{listen}").stdout == "root:postfix 660\n"
    assert "systemd listens elsewhere" not in town.machine.journal(unit)
    assert run("systemctl", "is-active", f"gatepost-{name}-control@two.socket").stdout == "active\n"
    run("systemctl", "stop", f"gatepost-{name}@two.service", f"gatepost-{name}@two.socket")


# ---------------------------------------------------------------- in and out


def ask_database(place, name, sql):
    """As its owner does it."""
    path = f"/var/lib/gatepost/{name}/{name}.db"
    owner = place.machine.run("stat", "--format=%U", path).stdout.strip()
    return place.machine.run("runuser", "-u", owner, "--", "sqlite3", path, sql).stdout


def schema_of(place, name):
    return int(ask_database(place, name, "PRAGMA user_version"))


def age(place, name, undo):
    """Takes the last step of the schema back, as if an older version had made the database; the schema
    that it had."""
    version = schema_of(place, name)
    ask_database(place, name, f"BEGIN; {undo}; PRAGMA user_version = {version - 1}; COMMIT")
    rows = place.machine.run("mailctl", "status", status=2).stdout
    assert f"databases.{name}\terror" in rows and "mailctl upgrade" in rows, rows
    return version


@pytest.mark.seconds(400)
def test_life(deb):
    """Installed, upgraded with data, removed, installed again, purged."""
    for place in opened("village", "198.51.100.32"):
        run = place.machine.run
        before = place.files()
        servers = run("find", "/etc/postfix", "/etc/dovecot", "-type", "f", "-exec", "sha256sum", "{}", "+").stdout

        place.install(package.repack("0.0.9"))
        assert set(place.states().values()) == {"inactive"}
        assert {run("systemctl", "is-enabled", unit).stdout for unit in UNITS} == {"enabled\n"}
        assert run("stat", "--format=%U:%G %a", "/etc/gatepost/gatepost.conf").stdout == "root:gatepost 640\n"
        assert servers == run(
            "find", "/etc/postfix", "/etc/dovecot", "-type", "f", "-exec", "sha256sum", "{}", "+").stdout
        place.init()
        place.plug_in()
        place.sends_and_reads()

        # The upgrade: the administrator's configuration stays, the keys of a version before become
        # those of this one, databases that it did not have are made, the new programs run.
        version = age(place, "keys", "ALTER TABLE dkim_key DROP COLUMN doubted")
        run("rm", "-r", "/var/lib/gatepost/seen", "/var/lib/gatepost/srs")
        old = {unit: place.pid(unit) for unit in UNITS}
        configuration = run("cat", "/etc/gatepost/gatepost.conf").stdout
        place.install(deb)
        for unit in UNITS:
            place.await_running(unit, old[unit])
        assert configuration == run("cat", "/etc/gatepost/gatepost.conf").stdout
        assert schema_of(place, "keys") == version
        assert run("stat", "--format=%n %U %a", "/var/lib/gatepost/seen", "/var/lib/gatepost/seen/seen.db").stdout == \
            "/var/lib/gatepost/seen gatepost-milter 700\n/var/lib/gatepost/seen/seen.db gatepost-milter 600\n"
        assert run("stat", "--format=%n %G %a", "/var/lib/gatepost/srs", "/var/lib/gatepost/srs/srs.db").stdout == \
            "/var/lib/gatepost/srs gatepost-srs 2770\n/var/lib/gatepost/srs/srs.db gatepost-srs 660\n"
        assert [secret["use"] for secret in json.loads(run("mailctl", "--json", "srs", "list").stdout)] == ["signs"]
        assert run("dpkg-query", "--show", "--showformat=${Version}", "gatepost").stdout.startswith("0.1.")
        place.sends_and_reads()

        # Removed: the data stays, and is found by the next one.
        place.apt("remove", "gatepost")
        assert not run("sh", "-c", "ls -d /run/gatepost /var/spool/postfix/gatepost", status=2).stdout
        assert run("systemctl", "list-units", "--plain", "--no-legend", "gatepost*").stdout == ""
        run("test", "-s", "/var/lib/gatepost/credentials/credentials.db")
        place.install(deb)
        assert set(place.states().values()) == {"active"}
        place.sends_and_reads()

        # Purged: nothing is left but mail and what mailctl(1) names.
        place.apt("purge", "gatepost")
        run("test", "-d", f"/var/vmail/{DOMAIN}/alice")
        left = {line.split(" ")[0] for line in place.files() ^ before} - LEFT
        assert not {path for path in left if not path.startswith(("/var/vmail", "/etc/postfix", "/etc/dovecot"))}
        assert not run("sh", "-c", "ls -d /run/gatepost /var/spool/postfix/gatepost /var/lib/gatepost /etc/gatepost",
                       status=2).stdout


def configuration(place):
    """Postfix's and Dovecot's files: content, owner, mode."""
    return place.machine.run(
        "find", "/etc/postfix", "/etc/dovecot", "(", "-type", "f", "-exec", "sha256sum", "{}", "+", ")", ",",
        "-printf", "%p %u:%g %m\\n").stdout


def forward(place):
    """Senders of forwarded mail are rewritten from nothing, as gatepost-milter(8) shows it."""
    run, path = place.machine.run, "/etc/gatepost/gatepost.conf"
    pieces = [piece.replace("example.org", DOMAIN) for piece in manual.shown("gatepost-milter.8")]
    number, written = next((i, piece) for i, piece in enumerate(pieces) if piece.startswith("srs"))
    run("tee", path, stdin=run("cat", path).stdout + written)
    for line in pieces[number + 1].splitlines():
        run("sh", "-c", line.removeprefix("# ").replace("mailctl attach", "mailctl --yes attach"),
            status=None if "status" in line else 0)
        if "dns show" in line:
            assert f"srs.{DOMAIN}" in run("sh", "-c", line.removeprefix("# ")).stdout
    rows = run("mailctl", "status", status=None).stdout.splitlines()
    assert [row.split("\t")[1] for row in rows if row.startswith("postfix.srs\t")] == ["ok"], "\n".join(rows)
    with smtplib.SMTP(place.machine.address, 25, timeout=60) as client:
        client.sendmail("somebody@stranger.example", [f"ann@{DOMAIN}"], "Subject: hello\r\n\r\nA line.\r\n")
        rewritten = wait_until(
            lambda: re.search(rf" forwarded=<ann@{DOMAIN}> srs=<(SRS0=\S+=somebody@srs\.{DOMAIN})>",
                              place.machine.journal("gatepost-milter.service")), "the line of the log")
        assert run("mailctl", "lookup", "srs", rewritten[1]).stdout == "somebody@stranger.example\n"
        client.mail("")
        assert client.rcpt(rewritten[1])[0] == 250
        assert client.rcpt(rewritten[1].replace("somebody", "another"))[0] == 550
    run("postsuper", "-d", "ALL")


@pytest.mark.seconds(400)
def test_removed_while_attached(deb):
    """The package takes itself out of Postfix and Dovecot; both go on without it."""
    for place in opened("hamlet", "198.51.100.33"):
        before = configuration(place)
        place.install(deb)
        place.init()
        place.machine.run("mailctl", "--yes", "attach")
        place.sends_and_reads()
        assert configuration(place) != before
        forward(place)
        place.apt("remove", "gatepost")
        assert configuration(place) == before
        wait_until(place.postfix.answers, "Postfix alone")
        wait_until(place.dovecot.answers, "Dovecot alone")


# ---------------------------------------------------------------- alone at first

# Libraries that nothing else on such a machine has.
LIBRARIES = ["libconfuse2", "libmilter1.0.1", "libunbound8"]
SERVERS = ["postfix", "dovecot-core", "dovecot-imapd"]
MISSING = ["dovecot-lmtpd", "dovecot-sieve", "dovecot-auth-lua", "lua-socket"]


@pytest.fixture
def hermitage():
    """A Debian with none of our libraries, no Postfix and no Dovecot, and apt, which has them all."""
    place = Town("hermitage", "192.0.2.30", alone=True)
    machine = place.machine
    try:
        machine.make()
        place.apt("purge", *LIBRARIES, *SERVERS, *MISSING)
        machine.run("rm", "-rf", "/etc/dovecot", "/etc/postfix", "/var/spool/postfix")
        machine.run("userdel", "postfix", status=None)
        for name in ("postfix", "postdrop"):
            machine.run("groupdel", name, status=None)
        archive.serve(machine, [*LIBRARIES, "libconfuse-common", *SERVERS, *MISSING])
        machine.run("debconf-set-selections", stdin=ANSWERS % {"domain": DOMAIN})
        machine.boot()
        yield place
    finally:
        machine.halt()


def is_installed(place, name):
    asked = place.machine.run("dpkg-query", "--show", "--showformat=${db:Status-Status}", name, status=None)
    return asked.stdout == "installed"


@pytest.mark.seconds(600)
def test_servers_come_later(hermitage, deb):
    """apt brings our libraries; Postfix and Dovecot come afterwards; attach names what else it takes, has
    apt install it where it is told to, and mail flows."""
    run = hermitage.machine.run
    hermitage.install(deb)
    assert run("apt-mark", "showauto", *LIBRARIES).stdout.split() == LIBRARIES
    hermitage.init()
    assert set(hermitage.states().values()) == {"inactive"}
    assert run("test", "-e", "/var/spool/postfix", status=None).returncode == 1
    said = run("mailctl", "attach", "--install", status=78)
    assert 'postfix: there is no Postfix here: run "apt-get install postfix" first' in said.stderr, said
    assert 'dovecot: there is no Dovecot here: run "apt-get install dovecot-imapd" first' in said.stderr, said

    hermitage.apt("install", "postfix")
    # gatepost-authd waits for the mail's owner, whom attach makes.
    for name in ("milter", "policyd"):
        hermitage.await_running(f"gatepost-{name}.service")
    for path, group in SOCKETS.items():
        assert run("stat", "--format=%U:%G %a", path).stdout == f"root:{group} 660\n", path

    hermitage.apt("install", "dovecot-imapd")
    missing = [name for name in MISSING if not is_installed(hermitage, name)]
    assert {"dovecot-auth-lua", "dovecot-lmtpd", "lua-socket"} <= set(missing)
    said = run("mailctl", "--yes", "attach", status=78)
    for name in missing:
        assert f"{name} is missing" in said.stdout, said.stdout
    assert f'run "apt-get install {" ".join(missing)}", or give --install' in said.stderr, said.stderr
    shown = run("mailctl", "--dry-run", "attach", "--install").stdout
    assert f"apt-get install {' '.join(missing)}" in shown, shown
    assert not any(is_installed(hermitage, name) for name in missing)

    said = run("mailctl", "--yes", "attach", "--install", seconds=300).stdout
    assert all(is_installed(hermitage, name) for name in missing)
    for port in (587, 465):
        assert f"seen: a session on port {port}: TLS, a login, a message signed for {DOMAIN}" in said, said
    with hermitage.machine.visited():
        hermitage.sends_and_reads()
