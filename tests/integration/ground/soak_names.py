# SPDX-License-Identifier: MIT
"""The name server of a soak: it knows everybody below a few domains, answers for some of them late, for
some with a failure, and for some never."""

import socket
import sys
import threading

sys.path.insert(0, "/src/tests/suites")
# pylint: disable=wrong-import-position
from nameserver import Nameserver, read_question  # noqa: E402

from .withholding import CLIENT, SO_RCVBUFFORCE, UDP_ROOM  # noqa: E402

LATE_S = 0.1
SERVFAIL = 2
POLICY = "v=DMARC1; p=reject; rua=mailto:dmarc@good.example"


class SoakNames(Nameserver):
    """Whoever writes from below good.example or late.example passes SPF."""

    def __init__(self, address, port):
        super().__init__(address, port)
        self.udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, UDP_ROOM)
        for domain in ("good.example", "late.example"):
            self.add(f"_dmarc.{domain}", "TXT", POLICY)

    def find(self, name, kind):
        labels = name.split(".")
        if labels[-2:] == ["dead", "example"]:
            return None
        if kind == "TXT" and labels[1:] in (["good", "example"], ["late", "example"]) and labels[0][0] == "p":
            return [(name, "TXT", f"v=spf1 ip4:{CLIENT} -all")], name
        return super().find(name, kind)

    def reply(self, query, is_tcp):
        name, _, end = read_question(query)
        if name.endswith("broken.example"):
            return query[:2] + bytes((0x85, 0x80 | SERVFAIL)) + b"\0\1\0\0\0\0\0\0" + query[12:end]
        return super().reply(query, is_tcp)

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            reply = self.reply(query, False)
            if reply is None:
                continue
            if read_question(query)[0].endswith("late.example"):
                threading.Timer(LATE_S, self.udp.sendto, (reply, peer)).start()
            else:
                self.udp.sendto(reply, peer)
