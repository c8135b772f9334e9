# SPDX-License-Identifier: MIT
"""People with mail programs: they submit, send over port 25, and read over IMAP."""

import imaplib
import smtplib
import socket
import ssl
import uuid
from email.message import EmailMessage
from email.utils import format_datetime
from datetime import datetime, timezone

from .waiting import wait_until


def letter(sender, recipient, subject="A letter", body="Dear reader,\r\n\r\nall is well.\r\n", headers=()):
    """A message as bytes, with a Message-ID to find it by."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(timezone.utc))
    message["Message-ID"] = f"<{uuid.uuid4()}@{sender.rpartition('@')[2].rstrip('>')}>"
    for name, value in headers:
        message[name] = value
    message.set_content(body)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def message_id(message):
    """The Message-ID in a message's bytes."""
    for line in message.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line.lower().startswith(b"message-id:"):
            return line.split(b":", 1)[1].strip().decode()
    raise AssertionError("the message has no Message-ID")


def trusting():
    """Machines of the scene have certificates that nobody signed."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def submission(machine, user, password, port=587):
    """A submission session, logged in. One mechanism: smtplib would try others after a failure."""
    client = smtplib.SMTP(machine.address, port, timeout=60)
    try:
        client.starttls(context=trusting())
        client.ehlo()
        client.user, client.password = user, password
        client.auth("PLAIN", client.auth_plain)
    except BaseException:
        client.close()
        raise
    return client


def submit(machine, user, password, recipient, message, sender=None):
    """Logs in, sends one message, and leaves."""
    with submission(machine, user, password) as client:
        client.sendmail(sender or user, recipient, message)


def deliver(machine, source, helo, sender, recipient, message, port=25):
    """Sends one message to port 25 from the address `source`, as any host on the Internet may."""
    with smtplib.SMTP(machine.address, port, local_hostname=helo, timeout=60, source_address=(source, 0)) as client:
        client.sendmail(sender, recipient, message)


class ImapFrom(imaplib.IMAP4_SSL):
    """An IMAP session that comes from the address `source`."""

    def __init__(self, source, *arguments, **options):
        self.source = source
        super().__init__(*arguments, **options)

    def _create_socket(self, timeout):
        plain = socket.create_connection((self.host, self.port), timeout, (self.source, 0))
        return self.ssl_context.wrap_socket(plain, server_hostname=self.host)


def mailbox(machine, user, password, source=""):
    """An IMAP session, logged in."""
    client = ImapFrom(source, machine.address, 993, ssl_context=trusting(), timeout=60)
    try:
        client.login(user, password)
    except BaseException:
        client.shutdown()
        raise
    return client


def fetch(client, folder, wanted):
    """The bytes of the message with that Message-ID, or None."""
    if client.select(folder, readonly=True)[0] != "OK":
        return None
    found = client.search(None, "HEADER", "Message-ID", f'"{wanted}"')[1][0].split()
    if not found:
        return None
    return client.fetch(found[-1].decode(), "(BODY.PEEK[])")[1][0][1]


def await_message(machine, user, password, wanted, folder="INBOX", seconds=30):
    """Waits until that message lies in the folder; returns its bytes as IMAP gives them."""
    client = mailbox(machine, user, password)
    try:
        return wait_until(lambda: fetch(client, folder, wanted), f"{wanted} in {folder} of {user}", seconds)
    finally:
        client.logout()


def fields(message, name):
    """The unfolded values of the header fields of that name, from the top."""
    head = message.split(b"\r\n\r\n", 1)[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    values = []
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == name.lower().encode():
            values.append(value.strip().decode(errors="replace"))
    return values
