# SPDX-License-Identifier: MIT
"""The mail server's side of the milter protocol, as raw as a test wants it."""

import socket
import struct

VERSION, ALL_ACTIONS, ALL_STEPS = 6, 0x1FF, 0x1FFFFF
OPTNEG, MACRO, CONNECT, HELO, MAIL, RCPT, DATA = b"O", b"D", b"C", b"H", b"M", b"R", b"T"
HEADER, END_HEADER, BODY, END, ABORT, QUIT = b"L", b"N", b"B", b"E", b"A", b"Q"
# For each command: the step that says "do not send it", and the one that says "wait for no answer".
STEPS = {
    CONNECT: (0x1, 0x1000), HELO: (0x2, 0x2000), MAIL: (0x4, 0x4000), RCPT: (0x8, 0x8000),
    DATA: (0x200, 0x10000), HEADER: (0x20, 0x80), END_HEADER: (0x40, 0x40000), BODY: (0x10, 0x80000),
}
PIECE_MAX = 65535
# What ends the answers to a command. All others are changes.
VERDICTS = b"acdrty"
INSERT_FIELD = b"i"
TIMEOUT_S = 120


class Gone(AssertionError):
    """The milter has closed the connection."""


class Answer:
    """What was said to the end of a message: verdict, the text of a reply code, and the changes."""

    def __init__(self, packets):
        self.verdict, self.text = packets[-1][0], packets[-1][1].rstrip(b"\0").decode(errors="replace")
        self.changes = packets[:-1]

    def inserted(self, name):
        """The values of the fields of that name that are put on top."""
        found = []
        for kind, data in self.changes:
            field, _, value = data[4:].partition(b"\0")
            if kind == INSERT_FIELD and field.decode().lower() == name.lower():
                found.append(value.rstrip(b"\0").decode(errors="replace").strip())
        return found

    @property
    def results(self):
        """Our Authentication-Results, in one line."""
        found = self.inserted("Authentication-Results")
        return " ".join(found[0].split()) if found else ""


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


def strings(*texts):
    return b"".join((text if isinstance(text, bytes) else text.encode()) + b"\0" for text in texts)


class RawMilter:
    """A connection to a milter, at a path or at (address, port), as far as a client's HELO.

    What needs no answer is kept back and goes out in one write with the next command that does."""

    def __init__(self, address, client="203.0.113.66", helo="idle.example", steps=ALL_STEPS):
        is_tcp = isinstance(address, tuple)
        self.socket = socket.socket(socket.AF_INET if is_tcp else socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(TIMEOUT_S)
        if is_tcp:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(address if is_tcp else str(address))
        self.kept = b""
        self.say(OPTNEG, struct.pack(">III", VERSION, ALL_ACTIONS, steps))
        kind, offer = self.hear()
        assert kind == OPTNEG, kind
        self.steps = struct.unpack(">III", offer[:12])[2]
        self.client(client, helo)
        self.send(b"")

    # --- packets ---

    def say(self, command, data=b""):
        """Sends one command now, and what was kept back before it."""
        self.send(packet(command, data))

    def send(self, raw):
        """Any bytes."""
        kept, self.kept = self.kept, b""
        try:
            self.socket.sendall(kept + raw)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone(str(error)) from error

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                piece = self.socket.recv(size - len(data))
            except ConnectionResetError as error:
                raise Gone(str(error)) from error
            if not piece:
                raise Gone("the milter closed the connection")
            data += piece
        return data

    def hear(self):
        """One packet: its command, its data."""
        (size,) = struct.unpack(">I", self.read(4))
        whole = self.read(size)
        return whole[:1], whole[1:]

    def tell(self, command, data=b""):
        """A command as negotiated: left out, kept back, or sent and its answer returned."""
        left_out, unanswered = STEPS[command]
        if self.steps & left_out:
            return None
        if self.steps & unanswered:
            self.kept += packet(command, data)
            return None
        self.say(command, data)
        return self.answer()

    def answer(self):
        """All packets up to a verdict."""
        packets = [self.hear()]
        while packets[-1][0] not in VERDICTS:
            packets.append(self.hear())
        return Answer(packets)

    def answers(self, command):
        """Whether the milter wants that command, and answers it."""
        return not self.steps & sum(STEPS[command])

    def macros(self, command, **values):
        """Names of more than one letter get their braces."""
        pairs = (("{%s}" % name if len(name) > 1 else name, value) for name, value in values.items())
        self.kept += packet(MACRO, command + strings(*(text for pair in pairs for text in pair)))

    # --- a session ---

    def client(self, address, helo, port=25000):
        self.tell(CONNECT, strings(helo) + b"4" + struct.pack(">H", port) + strings(address))
        self.tell(HELO, strings(helo))

    def begin(self, sender, recipients=("bob@example.net",), login=None, hasty=False):
        """MAIL, the recipients, DATA; returns the answer to MAIL. hasty: that is still to be heard."""
        # As Postfix does for each sender: libmilter keeps macros until others of the same command come.
        self.macros(MAIL, mail_addr=sender, **({"auth_authen": login} if login else {}))
        if hasty:
            self.kept += packet(MAIL, strings(f"<{sender}>"))
            answer = None
        else:
            answer = self.tell(MAIL, strings(f"<{sender}>"))
        for recipient in recipients:
            self.tell(RCPT, strings(f"<{recipient}>"))
        self.tell(DATA)
        return answer

    def fields(self, fields):
        """Pairs of name and value; the value without the blank behind the colon."""
        for name, value in fields:
            value = value if isinstance(value, bytes) else value.encode()
            self.tell(HEADER, strings(name, b" " + value))

    def end_header(self):
        self.tell(END_HEADER)

    def body(self, body):
        for start in range(0, len(body), PIECE_MAX):
            self.tell(BODY, body[start:start + PIECE_MAX])

    def finish(self, queue_id="4bRaw1"):
        """The end of the message; the answer is still to be heard."""
        self.macros(END, i=queue_id)
        self.say(END)

    def message(self, sender, message, recipients=("bob@example.net",), login=None, queue_id="4bRaw1"):
        """A whole message, bytes with CRLF; returns the answer to its end."""
        head, _, body = message.partition(b"\r\n\r\n")
        self.begin(sender, recipients, login)
        self.fields(split_header(head))
        self.end_header()
        self.body(body)
        self.finish(queue_id)
        return self.answer()

    def abort(self):
        self.say(ABORT)

    def quit(self):
        """QUIT, and returns once the milter has let go."""
        self.say(QUIT)
        try:
            while self.socket.recv(4096):
                pass
        except ConnectionResetError:
            pass
        self.close()

    def close(self):
        self.socket.close()


def split_header(head):
    """Name and value of each field, as Postfix gives them: without the first blank, lines by LF."""
    fields = []
    for line in filter(None, head.replace(b"\r\n", b"\n").split(b"\n")):
        if line[:1] in (b" ", b"\t"):
            fields[-1][1] += b"\n" + line
        else:
            name, _, value = line.partition(b":")
            fields.append([name, value.removeprefix(b" ")])
    return fields
