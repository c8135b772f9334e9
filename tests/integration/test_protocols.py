# SPDX-License-Identifier: MIT
"""Requests that nobody sane would send: an error of the protocol, the connection closed, one line
in the log, and the daemon goes on serving others."""

import socket

import pytest

from ground.scene import ALICE

QUEUE = "/var/spool/postfix/gatepost"


class Client:
    """A stream client of a unix socket of a machine."""

    def __init__(self, machine, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(str(machine.path(path)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False where the server has hung up."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def until_closed(self):
        """What the server says until it hangs up; that it does not is the failure."""
        answer = b""
        try:
            while part := self.socket.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
        return answer

    def read(self, length):
        answer = b""
        while len(answer) < length:
            part = self.socket.recv(length - len(answer))
            assert part, f"closed after {answer!r}"
            answer += part
        return answer

    def until(self, end):
        answer = b""
        while not answer.endswith(end):
            part = self.socket.recv(65536)
            assert part, f"closed after {answer!r}"
            answer += part
        return answer


def netstring(text):
    return b"%d:%s," % (len(text), text)


def policy(**attributes):
    request = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "protocol_name": "ESMTP",
               "sender": ALICE[0], "recipient": "bob@example.net", "recipient_count": "0",
               "instance": "1.2.3", "sasl_username": "", **attributes}
    return "".join(f"{k}={v}\n" for k, v in request.items()).encode() + b"\n"


BAD_POLICY = [
    ("no equals sign", b"nonsense\n\n"),
    ("another request", b"request=make_coffee\n\n"),
    ("no request", b"sender=a@b\n\n"),
    ("NUL in a value", b"request=smtpd_access_policy\nsender=a\0b\n\n"),
    ("endless line", b"sender=" + b"x" * 2000000),
    ("endless attributes", b"x=y\n" * 500000),
]


@pytest.mark.parametrize("case, request_bytes", BAD_POLICY, ids=[b[0] for b in BAD_POLICY])
def test_bad_policy_request(scene, case, request_bytes):
    start = len(scene.org.gatepost.policyd.log())
    with Client(scene.org.machine, f"{QUEUE}/policy") as client:
        client.send(request_bytes)
        answer = client.until_closed()
    assert b"DUNNO" not in answer, case
    assert scene.org.gatepost.policyd.log()[start:].count("\n") >= 1, "nothing was logged"
    with Client(scene.org.machine, f"{QUEUE}/policy") as client:
        client.send(policy())
        assert client.until(b"\n\n").startswith(b"action="), case


def test_policy_requests_one_after_another(scene):
    """One connection serves many requests, also where they come in one piece or byte by byte."""
    with Client(scene.org.machine, f"{QUEUE}/policy") as client:
        client.send(policy() * 3)
        answers = b""
        while answers.count(b"\n\n") < 3:
            answers += client.until(b"\n\n")
        assert answers.count(b"action=") == 3
        for byte in policy():
            client.send(bytes([byte]))
        assert client.until(b"\n\n").startswith(b"action=")
    with Client(scene.org.machine, f"{QUEUE}/policy") as client:
        client.send(policy(sender="a=b@example.org", recipient="SRS0=x=y=z@example.net"))
        assert client.until(b"\n\n").lower().startswith(b"action=dunno")


BAD_SOCKETMAP = [
    ("no length", b"mailboxes bob@example.net,"),
    ("no comma", b"5:abcde;"),
    ("giant length", b"99999999999:"),
    ("leading zero", b"007:abcdefg,"),
    ("over the bound", b"200000:" + b"x" * 200000 + b","),
    ("negative", b"-1:,"),
]


@pytest.mark.parametrize("case, request_bytes", BAD_SOCKETMAP, ids=[b[0] for b in BAD_SOCKETMAP])
def test_bad_socketmap_request(scene, case, request_bytes):
    start = len(scene.net.gatepost.authd.log())
    with Client(scene.net.machine, f"{QUEUE}/lookup") as client:
        client.send(request_bytes)
        answer = client.until_closed()
    assert b"OK " not in answer, case
    assert scene.net.gatepost.authd.log()[start:].count("\n") >= 1, "nothing was logged"


SOCKETMAP = [
    (b"mailboxes bob@example.net", b"OK "),
    (b"mailboxes nobody@example.net", b"NOTFOUND "),
    (b"mailboxes @example.net", b"NOTFOUND "),
    (b"mailboxes bob", b"NOTFOUND "),
    (b"mailboxes b\xff\xfeb@example.net", b"NOTFOUND "),
    (b"mailboxes ../../etc/passwd@example.net", b"NOTFOUND "),
    (b"mailboxes ' OR 1=1 --@example.net", b"NOTFOUND "),
    (b"aliases bob@example.net", b"OK bob@example.net"),
    (b"senders bob@example.net", b"OK bob@example.net"),
    (b"nosuchtable bob@example.net", b"PERM "),
]


def test_socketmap_answers(scene):
    with Client(scene.net.machine, f"{QUEUE}/lookup") as client:
        for request, expected in SOCKETMAP:
            client.send(netstring(request))
            answer, length = client.read(1), b""
            while answer != b":":
                length += answer
                answer = client.read(1)
            answer = client.read(int(length) + 1)
            assert answer.startswith(expected), f"{request}: {answer}"


BAD_LOGIN = [
    ("no greeting", b"1\tlist\n"),
    ("another version", b"gatepost-login\t999\n"),
    ("another protocol", b"HELO there\n"),
    ("endless line", b"x" * 1000000),
    ("NUL", b"gatepost-login\t1\n\0\0\0\n"),
    ("unknown verb", b"gatepost-login\t1\n1\tfrobnicate\tuser=bob@example.net\n"),
    ("no user", b"gatepost-login\t1\n1\tverify\tpassword=x\n"),
    ("bad escape", b"gatepost-login\t1\n1\tverify\tuser=bob\\q\tpassword=x\n"),
]


@pytest.mark.parametrize("case, request_bytes", BAD_LOGIN, ids=[b[0] for b in BAD_LOGIN])
def test_bad_login_request(scene, case, request_bytes):
    start = len(scene.net.gatepost.authd.log())
    with Client(scene.net.machine, "/run/gatepost/authd") as client:
        client.send(request_bytes)
        client.until_closed()
    assert scene.net.gatepost.authd.log()[start:].count("\n") >= 1, f"{case}: nothing was logged"


def test_secrets_stay_out_of_logs(scene):
    for site in scene.sites:
        for name, text in site.logs().items():
            assert site.password not in text, f"{name} holds a password"


def test_sockets_are_not_for_everybody(scene):
    """A stranger on the machine reaches neither the logins nor Postfix's sockets."""
    machine = scene.net.machine
    for path in ("/run/gatepost/authd", f"{QUEUE}/lookup", f"{QUEUE}/policy", f"{QUEUE}/milter"):
        probe = ("import socket,sys\ns = socket.socket(socket.AF_UNIX)\n"
                 "try: s.connect(sys.argv[1])\nexcept PermissionError: sys.exit(13)")
        machine.run("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups",
                    "python3", "-c", probe, path, status=13)


def test_databases_are_their_owners(scene):
    """Each daemon's own database is closed to the other daemons."""
    machine = scene.net.machine
    closed = {"keys": "gatepost-authd", "credentials": "gatepost-milter", "limits": "gatepost-authd",
              "seen": "gatepost-policyd", "srs": "gatepost-policyd", "guard": "gatepost-milter"}
    for name, stranger in closed.items():
        done = machine.run("setpriv", "--reuid", stranger, "--regid", stranger, "--init-groups",
                           "cat", f"/var/lib/gatepost/{name}/{name}.db", status=None)
        assert done.returncode != 0 and "Permission denied" in done.stderr, f"{stranger} reads {name}"


@pytest.mark.parametrize("table, key, status", [
    ("domains", "example.org", 0), ("domains", "elsewhere.example", 68),
    ("mailboxes", ALICE[0], 0), ("mailboxes", "nobody@example.org", 67),
    ("aliases", ALICE[0], 0), ("senders", ALICE[0], 0), ("senders", "nobody@example.org", 67)])
def test_mailctl_looks_up_as_postfix(scene, table, key, status):
    """mailctl lookup prints what postmap gets."""
    mailctl = scene.org.gatepost.mailctl("lookup", table, key, status=status)
    postmap = scene.org.machine.run(
        "postmap", "-q", key, f"socketmap:unix:{QUEUE}/lookup:{table}", status=0 if status == 0 else 1)
    assert mailctl == postmap.stdout


def test_mailctl_looks_up_while_authd_is_down(scene):
    scene.org.gatepost.authd.stop()
    try:
        scene.org.gatepost.mailctl("lookup", "domains", "example.org", status=75)
    finally:
        scene.org.gatepost.authd.start()
