# SPDX-License-Identifier: MIT
"""Dovecot asks gatepost-authd before each login and reports after it: for a user of its own, whom
Gatepost knows nothing of."""

import contextlib
import imaplib
import re
import ssl
import time

import pytest

from ground import check
from ground.scene import BOB
from ground.waiting import wait_until

PASSWORD = "system password"
# Where the guard remembers one of them the others are strangers still.
USERS = ("bystander", "triedinturn", "beside", "guessed")
USER = (USERS[0], PASSWORD)
CONF = "/etc/dovecot/conf.d/96-policy.conf"
USERS_FILE = "/etc/dovecot/policy-users"
PORT = 4001
FORWARDED = "192.0.2.77"
LISTEN = f'authd {{\n    listen_policy = "inet:127.0.0.1:{PORT}"\n}}\n'
ATTRIBUTES = {
    "2.3": "auth_policy_request_attributes = login=%{requested_username} pwhash=%{hashed_password}"
           " remote=%{rip} protocol=%s session_id=%{session} mech=%{mech}\n"
           f"auth_mechanisms = plain login cram-md5\npassdb {{\n  driver = passwd-file\n  args = {USERS_FILE}\n}}\n",
    "2.4": "auth_policy_request_attributes {\n  mech = %{mechanism}\n}\n"
           "auth_mechanisms {\n  plain = yes\n  login = yes\n  cram-md5 = yes\n}\n"
           f"passdb policy-users {{\n  driver = passwd-file\n  passwd_file_path = {USERS_FILE}\n}}\n",
}


@pytest.fixture(scope="module", name="site")
def fixture_site(scene):
    """A site whose Dovecot asks; afterwards as before."""
    site = scene.net
    for user in USERS:
        site.machine.run("useradd", "--create-home", user, status=None)
    site.machine.write(USERS_FILE, "".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in USERS))
    site.machine.write(CONF, f"auth_policy_server_url = http://127.0.0.1:{PORT}/\n"
                             "auth_policy_hash_nonce = of this test\n"
                             "login_trusted_networks = 0.0.0.0/0\n" + ATTRIBUTES[site.dovecot.version])
    site.configure(more=LISTEN)
    site.gatepost.authd.restart()
    site.dovecot.stop()
    site.dovecot.start()
    yield site
    site.machine.run("rm", CONF)
    site.configure()
    site.gatepost.authd.restart()
    site.dovecot.stop()
    site.dovecot.start()


@pytest.fixture(autouse=True)
def log_start(site):
    site.log_start = len(site.gatepost.authd.log())


@contextlib.contextmanager
def imap(site):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client = imaplib.IMAP4_SSL(site.machine.address, ssl_context=context, timeout=60)
    yield client
    client.shutdown()


def refused(client, user, way, password):
    """Tries a wrong password by a way in."""
    try:
        if way == "cram":
            client.login_cram_md5(user, password)
        elif way == "plain":
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            answers = iter((user.encode(), password.encode()))
            client.authenticate("LOGIN", lambda _: next(answers))
    except imaplib.IMAP4.error as error:
        assert "AUTHENTICATIONFAILED" in str(error), error
        return
    raise AssertionError("a wrong password was taken")


def counted(site):
    log = site.gatepost.authd.log()[site.log_start:]
    return [line for line in log.splitlines() if "policy: " in line and "result=mismatch" in line]


def test_right_password(site):
    assert check.imap_login(site.machine, *USER).kind == "ok"
    assert check.imap_login(site.machine, *BOB).kind == "ok"
    assert not counted(site)


def test_three_mechanisms_are_one_login(site):
    with imap(site) as client:
        for way in ("cram", "plain", "login"):
            refused(client, USERS[1], way, "wrong")
    with imap(site) as client:
        refused(client, USERS[1], "plain", "another")
    wait_until(lambda: len(counted(site)) > 1, "the second login to be counted")
    assert len(counted(site)) == 2, counted(site)


def test_own_addresses_are_counted_where_they_are_verified(site):
    assert check.imap_login(site.machine, BOB[0], "wrong").kind == "refused"
    with imap(site) as client:
        refused(client, USERS[2], "plain", "wrong")
    wait_until(lambda: counted(site), "the login of a system user to be counted")
    assert len(counted(site)) == 1, counted(site)


def test_guessing_makes_logins_wait(site):
    """10 wrong passwords of strangers in an hour are the limit; from half of it on they wait."""
    for number in range(8):
        with imap(site) as client:
            refused(client, USERS[3], "plain", f"guess {number}")
    wait_until(lambda: len(counted(site)) == 8, "all guesses to be counted")
    start = time.monotonic()
    assert check.imap_login(site.machine, USERS[3], PASSWORD).kind == "ok"
    assert time.monotonic() - start >= 2
    assert "answer=delay seconds=2" in site.gatepost.authd.log()[site.log_start:]


def test_blocked_network(site):
    site.configure(more=LISTEN + 'guard {\n    block = {"0.0.0.0/0"}\n}\n')
    site.gatepost.authd.reload()
    try:
        assert check.imap_login(site.machine, *USER).kind == "refused"
        assert "answer=blocked" in site.gatepost.authd.log()[site.log_start:]
    finally:
        site.configure(more=LISTEN)
        site.gatepost.authd.reload()
    assert check.imap_login(site.machine, *USER).kind == "ok"


def login_by_webmail(site):
    """Logs in as a webmail does that forwards its client's address; which one counted."""
    start = len(site.gatepost.authd.log())
    with imap(site) as client:
        client.xatom("ID", f'("x-originating-ip" "{FORWARDED}")')
        client.login(*BOB)
    return re.search(rf"login: user=<{BOB[0]}> service=imap remote=(\S+)", site.gatepost.authd.log()[start:]).group(1)


def test_forwarded_address(site):
    """Dovecot believes everybody here; authd whom it is told to."""
    assert login_by_webmail(site) != FORWARDED
    site.configure(more=LISTEN.replace("{\n", '{\n    trusted_proxies = {"0.0.0.0/0"}\n', 1))
    site.gatepost.authd.reload()
    try:
        assert login_by_webmail(site) == FORWARDED
    finally:
        site.configure(more=LISTEN)
        site.gatepost.authd.reload()
    assert login_by_webmail(site) != FORWARDED


def test_authd_down(site):
    """Others' users log in as if nobody were asked."""
    site.gatepost.authd.stop()
    try:
        assert check.imap_login(site.machine, *USER).kind == "ok"
        assert check.imap_login(site.machine, USER[0], "wrong").kind == "refused"
    finally:
        site.gatepost.authd.start()
    assert check.imap_login(site.machine, *BOB).kind == "ok"
