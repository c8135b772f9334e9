# SPDX-License-Identifier: MIT
"""A name server on loopback, UDP and TCP, that answers from a table of records. For the suites, and
for the benchmark, which has it answer UDP late.

The records of a name are pairs of a type and its data as the suites write them: ("MX", "10 a.b").
("TIMEOUT", "") keeps silent about every type of which the name has no record."""

import ipaddress
import socket
import struct
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
NAMES = {number: name for name, number in TYPES.items()}
SOA = 6
UDP_BYTES_MAX = 1232
STRING_BYTES_MAX = 255
NXDOMAIN = 3


def encode_name(name):
    labels = [label for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in labels) + b"\0"


def encode_data(kind, data):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(data).packed
    if kind == "MX":
        preference, host = data.split(" ", 1)
        return struct.pack(">H", int(preference)) + encode_name(host)
    if kind == "TXT":
        raw = data.encode("latin-1")
        pieces = [raw[i:i + STRING_BYTES_MAX] for i in range(0, len(raw), STRING_BYTES_MAX)] or [b""]
        return b"".join(bytes([len(piece)]) + piece for piece in pieces)
    return encode_name(data)


def start_of_authority(name):
    """Without one a resolver may take a negative answer for a broken one (RFC 2308 section 5)."""
    owner = ".".join(name.split(".")[-2:])
    data = encode_name("ns." + owner) + encode_name("hostmaster." + owner) + struct.pack(">IIIII", 1, 3600, 600, 86400, 60)
    return encode_name(owner) + struct.pack(">HHIH", SOA, 1, 60, len(data)) + data


def read_question(query):
    """Name, lower case, type, and where the question ends."""
    labels, at = [], 12
    while query[at] != 0:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], at + 5


class Nameserver:
    """seen: when each question by UDP came, by time.monotonic(), with its name and type."""

    def __init__(self, address="127.0.0.1", port=0, delay_s=0.0):
        self.records, self.seen, self.delay_s = {}, [], delay_s
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, port))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.create_server((address, self.port))
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def add(self, name, kind, data):
        self.records.setdefault(name.lower().rstrip("."), []).append((kind, data))

    def exists(self, name):
        return name in self.records or any(other.endswith("." + name) for other in self.records)

    def find(self, name, kind):
        """The answers, CNAMEs on the way among them, and the name at which that ended. None: silence."""
        answers = []
        while True:
            here = self.records.get(name, [])
            found = [(name, other, data) for other, data in here if other == kind]
            aliases = [(name, other, data) for other, data in here if other == "CNAME"]
            answers += found or aliases[:1]
            if not found and not aliases and any(other == "TIMEOUT" for other, _ in here):
                return None
            if found or not aliases or len(answers) > len(self.records):
                return answers, name
            name = aliases[0][2].lower().rstrip(".")

    def reply(self, query, is_tcp):
        name, number, end = read_question(query)
        result = self.find(name, NAMES.get(number, ""))
        if result is None:
            return None
        answers, last = result
        status = 0 if answers or self.exists(last) else NXDOMAIN
        sections = b"".join(
            encode_name(owner) + struct.pack(">HHIH", TYPES[kind], 1, 60, len(encode_data(kind, data))) + encode_data(kind, data)
            for owner, kind, data in answers)
        authority = b"" if answers else start_of_authority(last)
        truncated = not is_tcp and end + len(sections) > UDP_BYTES_MAX
        flags = 0x8580 | (0x0200 if truncated else 0) | status
        count = 0 if truncated else len(answers)
        head = query[:2] + struct.pack(">HHHHH", flags, 1, count, 0 if answers else 1, 0)
        return head + query[12:end] + (b"" if truncated else sections) + authority

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            self.seen.append((time.monotonic(), *read_question(query)[:2]))
            reply = self.reply(query, False)
            if reply is not None and self.delay_s > 0:
                threading.Timer(self.delay_s, self.udp.sendto, (reply, peer)).start()
            elif reply is not None:
                self.udp.sendto(reply, peer)

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            with connection, connection.makefile("rwb") as stream:
                head = stream.read(2)
                query = stream.read(struct.unpack(">H", head)[0]) if len(head) == 2 else b""
                reply = self.reply(query, True) if query else None
                if reply is not None:
                    stream.write(struct.pack(">H", len(reply)) + reply)
                    stream.flush()
