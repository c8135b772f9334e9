# SPDX-License-Identifier: MIT
"""The mail server's side of the milter protocol, as far as the measures need it."""

import socket
import struct

VERSION, ALL_ACTIONS, ALL_STEPS = 6, 0x1FF, 0x1FFFFF
OPTNEG, CONNECT, HELO = b"O", b"C", b"H"


class RawMilter:
    """A connection to a milter on a UNIX socket that has got as far as a client's HELO."""

    def __init__(self, path, client):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.say(OPTNEG, struct.pack(">III", VERSION, ALL_ACTIONS, ALL_STEPS))
        (size,) = struct.unpack(">I", self.read(4))
        assert self.read(size)[:1] == OPTNEG
        self.say(CONNECT, b"idle.example\0" + b"4" + struct.pack(">H", 25000) + client.encode() + b"\0")
        self.say(HELO, b"idle.example\0")

    def say(self, command, data):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            assert piece, "the milter closed the connection"
            data += piece
        return data

    def close(self):
        self.socket.close()
