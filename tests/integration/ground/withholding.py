# SPDX-License-Identifier: MIT
"""A name server that knows one good sender, and a thousand of whom it does not speak yet."""

import socket
import sys
import threading

sys.path.insert(0, "/src/tests/suites")
# pylint: disable=wrong-import-position
from nameserver import Nameserver, read_question  # noqa: E402

CLIENT = "203.0.113.66"
GOOD = "good.example"
HELD = 1000
SO_RCVBUFFORCE, UDP_ROOM = 33, 32 << 20  # <asm-generic/socket.h>


def held_domain(number):
    return f"s{number}.held.example"


class Withholding(Nameserver):
    """What lies below held.example is answered after release() only; until then `asked` has those of
    s0 and so on for which something was asked."""

    def __init__(self, address, port):
        self.asked, self.held, self.is_held = set(), [], True
        self.lock = threading.Lock()
        super().__init__(address, port)
        # All may ask at once.
        self.udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, UDP_ROOM)
        self.add(GOOD, "TXT", f"v=spf1 ip4:{CLIENT} -all")
        self.add(f"_dmarc.{GOOD}", "TXT", "v=DMARC1; p=reject")
        for number in range(HELD):
            domain = held_domain(number)
            self.add(domain, "TXT", f"v=spf1 include:more.{domain} -all")
            self.add(f"more.{domain}", "TXT", f"v=spf1 ip4:{CLIENT} -all")
            self.add(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=reject")

    def keeps_back(self, query, peer):
        labels = read_question(query)[0].split(".")
        if labels[-2:] != ["held", "example"]:
            return False
        with self.lock:
            if self.is_held:
                self.asked |= {label for label in labels if label[0] == "s" and label[1:].isdigit()}
                self.held.append((query, peer))
            return self.is_held

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            if not self.keeps_back(query, peer):
                self.udp.sendto(self.reply(query, False), peer)

    def release(self):
        with self.lock:
            self.is_held, held = False, self.held
        for query, peer in held:
            self.udp.sendto(self.reply(query, False), peer)

    def hold(self):
        with self.lock:
            self.asked, self.held, self.is_held = set(), [], True
