# SPDX-License-Identifier: MIT
"""A name server that does wrong, or makes up names, where a test says so; what it is asked is kept.

Elsewhere it answers as the one of the suites does, from a table of records."""

import contextlib
import socket
import struct
import sys
import threading
from collections import namedtuple
from functools import partial

from .waiting import wait_until

sys.path.insert(0, "/src/tests/suites")
# pylint: disable=wrong-import-position
import nameserver  # noqa: E402

ADDRESS = "127.0.0.1"
QUERY_MAX = 4096
SO_RCVBUFFORCE, UDP_ROOM = 33, 8 << 20  # <asm-generic/socket.h>
TCP_ENDS_S = 30
NO_ERROR, FORMAT_ERROR, SERVER_FAILURE, NOT_IMPLEMENTED, REFUSED = 0, 1, 2, 4, 5
RESPONSE, TRUNCATED = 0x8180, 0x0200
OPT, DNAME = 41, 39

Question = namedtuple("Question", "name kind is_tcp has_edns")


def framed(packet):
    """As it goes over TCP."""
    return struct.pack(">H", len(packet)) + packet


def record(owner, kind, data, ttl_s=60):
    """kind: a word or a number; data: as the suites write it, or bytes."""
    raw = data if isinstance(data, bytes) else nameserver.encode_data(kind, data)
    owner = owner if isinstance(owner, bytes) else nameserver.encode_name(owner)
    return owner + struct.pack(">HHIH", nameserver.TYPES.get(kind, kind), 1, ttl_s, len(raw)) + raw


def packet(query, answers=(), more=(), flags=RESPONSE, status=NO_ERROR, counts=None):
    """A reply to the query. more: additional records; counts: what the header says of them."""
    end = nameserver.read_question(query)[2]
    counts = counts or (1, len(answers), 0, len(more))
    return query[:2] + struct.pack(">HHHHH", flags | status, *counts) + query[12:end] + b"".join((*answers, *more))


class Manner:
    """How questions are answered. reply: what an honest server would say; None: nothing."""

    def datagrams(self, _query, reply):
        """What is sent over UDP."""
        return [reply] if reply else []

    def stream(self, _query, reply):
        """What is written to a TCP connection, and whether that stays open until the other side has enough."""
        return framed(reply) if reply else b"", False


class Silent(Manner):
    def datagrams(self, _query, _reply):
        return []

    def stream(self, _query, _reply):
        return b"", True


class Says(Manner):
    """make(query, reply) is what is said over both."""

    def __init__(self, make):
        self.make = make

    def datagrams(self, query, reply):
        return [self.make(query, reply)]

    def stream(self, query, reply):
        return framed(self.make(query, reply)), False


class Cuts(Manner):
    """Over UDP all is truncated. make(query, reply) is what is written over TCP."""

    def __init__(self, make, stays_open=False):
        self.make, self.stays_open = make, stays_open

    def datagrams(self, query, _reply):
        return [packet(query, flags=RESPONSE | TRUNCATED)]

    def stream(self, query, reply):
        return self.make(query, reply), self.stays_open


class Held(Manner):
    """Over UDP nothing is answered until release()."""

    def __init__(self):
        self.lock, self.kept = threading.Lock(), []

    def keep(self, send):
        """Keeps what sends a reply, or does it where all is let go already."""
        with self.lock:
            if self.kept is not None:
                self.kept.append(send)
                return
        send()

    def release(self):
        with self.lock:
            kept, self.kept = self.kept, None
        for send in kept:
            send()


class Rogue(nameserver.Nameserver):
    """On loopback, with a port of its own: `server` is its name for gatepost.conf."""

    def __init__(self):
        self.lock = threading.Lock()
        self.asked, self.manners, self.rules = [], {}, {}
        super().__init__(ADDRESS)
        self.udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, UDP_ROOM)
        self.server = f"{ADDRESS}@{self.port}"

    # --- what it is told ---

    def make_up(self, suffix, rule):
        """rule(name) gives the records, (kind, data), of each name at or below the suffix."""
        self.rules[suffix] = rule

    def behave(self, suffix, manner):
        """How questions about names at or below the suffix are answered; returns the manner."""
        self.manners[suffix] = manner
        return manner

    @contextlib.contextmanager
    def holding(self, suffix):
        """Within, nothing is answered there; then all is."""
        held = self.behave(suffix, Held())
        try:
            yield held
        finally:
            held.release()

    def refuse_tcp(self):
        self.tcp.shutdown(socket.SHUT_RDWR)
        self.tcp.close()

    # --- what it saw ---

    def questions(self, suffix):
        """Those about names at or below the suffix, in the order in which they came."""
        with self.lock:
            return [question for question in self.asked if is_within(question.name, suffix)]

    def questions_but(self, *suffixes):
        """Those about names below none of the suffixes."""
        with self.lock:
            return [one for one in self.asked if not any(is_within(one.name, suffix) for suffix in suffixes)]

    def await_questions(self, suffix, count):
        wait_until(lambda: len(self.questions(suffix)) >= count,
                   f"{count} questions about {suffix}", said=lambda: str(self.questions(suffix)))

    # --- serving ---

    def exists(self, name):
        return bool(self.nearest(self.rules, name)) or super().exists(name)

    def find(self, name, kind):
        rule = self.nearest(self.rules, name)
        if rule is None or name in self.records:
            return super().find(name, kind)
        made = rule(name)
        return [(name, other, data) for other, data in made if other == kind], name

    @staticmethod
    def nearest(table, name):
        """What the table has for the name, or for the nearest name above it."""
        labels = name.split(".")
        return next((table[above] for above in (".".join(labels[i:]) for i in range(len(labels))) if above in table), None)

    def take(self, query, is_tcp):
        """The manner for it, and the honest reply."""
        name, number, end = nameserver.read_question(query)
        question = Question(name, nameserver.NAMES.get(number, str(number)), is_tcp, len(query) > end)
        with self.lock:
            self.asked.append(question)
        return self.nearest(self.manners, name) or Manner(), self.reply(query, is_tcp)

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(QUERY_MAX)
            manner, reply = self.take(query, False)
            for datagram in manner.datagrams(query, reply):
                if isinstance(manner, Held):
                    manner.keep(partial(self.udp.sendto, datagram, peer))
                else:
                    self.udp.sendto(datagram, peer)

    def serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.tcp.accept()
                threading.Thread(target=self.serve_stream, args=(connection,), daemon=True).start()

    def serve_stream(self, connection):
        connection.settimeout(TCP_ENDS_S)
        with connection, contextlib.suppress(OSError, struct.error):
            (size,) = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))
            query = connection.recv(size, socket.MSG_WAITALL)
            manner, reply = self.take(query, True)
            raw, stays_open = manner.stream(query, reply)
            connection.sendall(raw)
            if stays_open:
                connection.recv(1)


def is_within(name, suffix):
    return name == suffix or name.endswith("." + suffix)
