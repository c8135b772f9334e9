# SPDX-License-Identifier: MIT
"""What is proven of mail, zones and servers: shared by the demo and the tests."""

import imaplib
import re
import smtplib
import subprocess
import tempfile
import threading
from collections import namedtuple

import authres
import dkim

from . import mail
from .waiting import wait_until

Refusal = namedtuple("Refusal", "code text")
Refusal.__str__ = lambda self: f'"{self.code} {self.text}"'
Login = namedtuple("Login", "kind text")
Login.__str__ = lambda self: self.text

# named-checkzone as strict as it gets, then two other readers of zone files.
ZONE_CHECKERS = (
    ("named-checkzone", "-k", "fail", "-n", "fail", "-m", "fail", "-M", "fail", "-S", "fail"),
    ("nsd-checkzone",),
)


def zone_is_strict(name, text):
    """Every checker of zone files accepts the zone."""
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as file:
        file.write(text)
        file.flush()
        for checker in (*ZONE_CHECKERS,):
            run_checker([*checker, name, file.name])
        run_checker(["ldns-read-zone", file.name])


def run_checker(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    assert "warning" not in done.stderr.lower(), f"{command[0]}: {done.stderr}"


def signatures_verify(message, domain):
    """Every DKIM signature verifies, by python3-dkim, and is the domain's; returns the algorithms."""
    fields = mail.fields(message, "DKIM-Signature")
    assert fields, "the message has no signature"
    algorithms = []
    for number, field in enumerate(fields):
        tags = dict(re.findall(r"(\w+)\s*=\s*([^;]*)", field))
        assert tags["d"].strip() == domain, f"signed by {tags['d']}, not {domain}"
        judge = dkim.DKIM(message)
        try:
            verified = judge.verify(idx=number)
        except dkim.DKIMException as error:
            raise AssertionError(f"python3-dkim: signature {number} ({tags['a']}): {error}") from error
        assert verified, f"python3-dkim does not verify signature {number} ({tags['a']})"
        algorithms.append(tags["a"].strip())
    return algorithms


def results_on_top(message, authserv_id):
    """The results by method of the topmost Authentication-Results field, which must be ours, and
    the only one of that name. Several of one method: their common result, or all in order."""
    fields = mail.fields(message, "Authentication-Results")
    ours = [f for f in fields if re.match(rf"{re.escape(authserv_id)}\s*(;|1\s*;)", f)]
    assert fields and ours == fields[:1], f"Authentication-Results: {fields}"
    head = message.split(b"\r\n\r\n", 1)[0].lower()
    hop = head.find(b"\r\nreceived: ", head.find(b"with lmtp"))
    assert hop < 0 or head.find(b"authentication-results:") < hop, "our field is not on top of the header"
    results = {}
    for found in authres.AuthenticationResultsHeader.parse_value(fields[0]).results:
        results.setdefault(found.method, []).append(found.result)
    return {method: all_or_list(words) for method, words in results.items()}


def all_or_list(words):
    return words[0] if len(set(words)) == 1 else ",".join(words)


def imap_login(machine, user, password, source=""):
    """How an IMAP login, from the address `source`, ends: ok, refused or temporary."""
    try:
        mail.mailbox(machine, user, password, source).logout()
    except imaplib.IMAP4.error as error:
        text = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        return Login("temporary" if "[UNAVAILABLE]" in text else "refused", f"IMAP: {text}")
    return Login("ok", "IMAP: logged in")


def smtp_login(machine, user, password):
    """How a login on submission ends: ok, refused or temporary."""
    try:
        mail.submission(machine, user, password).quit()
    except smtplib.SMTPAuthenticationError as error:
        text = error.smtp_error.decode(errors="replace")
        return Login("temporary" if 400 <= error.smtp_code < 500 else "refused", f"SMTP: {error.smtp_code} {text}")
    return Login("ok", "SMTP: logged in")


def try_to_send(machine, user, password, recipient, message=None):
    """Submits one message; returns None, or how it was refused."""
    message = message or mail.letter(user, recipient)
    try:
        mail.submit(machine, user, password, recipient, message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return Refusal(code, text.decode(errors="replace"))
    except smtplib.SMTPResponseException as error:
        return Refusal(error.smtp_code, error.smtp_error.decode(errors="replace"))
    return None


def send_until_refused(machine, user, password, recipient, at_most):
    """Sends letters until one is refused; returns how many went, and the refusal."""
    for sent in range(at_most):
        refusal = try_to_send(machine, user, password, recipient)
        if refusal:
            return sent, refusal
    raise AssertionError(f"{user} sent {at_most} messages and was never refused")


def send_once_free(machine, user, password, recipient, seconds):
    """Waits until a letter of the user is taken again."""
    wait_until(lambda: try_to_send(machine, user, password, recipient) is None,
               f"{user} to be free to send again", seconds, interval=0.5)


def waits_in_queue(site, message_id):
    """The message lies in the site's queue, put off."""
    def put_off():
        ids = re.findall(rf"(\w+): message-id={re.escape(message_id)}", site.postfix.log())
        return ids and re.search(rf"{ids[-1]}: to=<[^>]*>.*status=deferred", site.postfix.log()) \
            and ids[-1] in site.postfix.queue()
    wait_until(put_off, f"{message_id} to wait in the queue of {site.name}")


def stubbornly(machine, user, password, recipient, message, stop):
    """Sends as a mail server does: a temporary refusal or a lost connection is tried again."""
    while not stop.is_set():
        try:
            refusal = try_to_send(machine, user, password, recipient, message)
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            continue
        if refusal is None:
            return
        assert 400 <= refusal.code < 500, f"refused for good: {refusal}"
        stop.wait(0.1)


class Stream:
    """Letters sent by several senders at once, while something is done to the servers."""

    def __init__(self, machine, user, password, recipient, senders=3, letters=8):
        self.letters = [mail.letter(user, recipient, f"Number {n}") for n in range(senders * letters)]
        self.give_up, self.errors = threading.Event(), []
        self.threads = [
            threading.Thread(target=self.send, args=(machine, user, password, recipient, self.letters[n::senders]))
            for n in range(senders)]

    def send(self, machine, user, password, recipient, letters):
        try:
            for letter in letters:
                stubbornly(machine, user, password, recipient, letter, self.give_up)
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        if failure[0]:
            self.give_up.set()
        for thread in self.threads:
            thread.join(90)
        assert failure[0] or not self.errors, self.errors
        assert not any(t.is_alive() for t in self.threads), "senders still try to send"


class SlowTransfer:
    """A message whose sender pauses in the middle of DATA."""

    def __init__(self, machine, user, password, recipient):
        self.message = mail.letter(user, recipient, "Slowly", "A line.\r\n" * 2000)
        self.client = mail.submission(machine, user, password)
        self.client.ehlo()
        assert self.client.mail(user)[0] == 250
        assert self.client.rcpt(recipient)[0] == 250
        assert self.client.docmd("DATA")[0] == 354
        self.half = len(self.message) // 2
        self.client.send(self.message[:self.half])

    def finish(self):
        """Sends the rest; returns the server's answer."""
        self.client.send(self.message[self.half:].rstrip(b"\r\n") + b"\r\n.\r\n")
        answer = self.client.getreply()
        self.client.close()
        return answer


def restart_loses_nothing(scene, sender, receiver):
    """Restarts the sender's milter in the middle of a transfer and under load."""
    milter = scene.org.gatepost.milter
    with Stream(scene.org.machine, *sender, receiver[0]) as stream:
        slow = SlowTransfer(scene.org.machine, *sender, receiver[0])
        milter.terminate()
        answer = slow.finish()
        assert answer[0] == 250, answer
        assert milter.stop() == 0, "the milter did not end well"
        milter.start()
        milter.restart()
    letters = [*stream.letters, slow.message]
    for letter in letters:
        got = mail.await_message(scene.net.machine, *receiver, mail.message_id(letter), seconds=60)
        assert len(signatures_verify(got, scene.org.domain)) == 2, "a message went out without both signatures"
    return len(letters), answer[0]


def server_versions():
    """Names and versions of the servers."""
    postfix = output("postconf", "-d", "-h", "mail_version").strip()
    dovecot = output("dovecot", "--version").split()[0].split("-")[0]
    nsd = re.search(r"NSD version (\S+)", output("nsd", "-v")).group(1)
    return [f"Postfix {postfix}", f"Dovecot {dovecot}", f"NSD {nsd}"]


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout
