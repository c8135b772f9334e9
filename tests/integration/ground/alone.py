# SPDX-License-Identifier: MIT
"""gatepost-milter alone on a machine: no mail server but the one that a test plays."""

import contextlib
import ctypes
import os
import re
import socket
from pathlib import Path

from . import package
from .gatepost import Daemon, Gatepost
from .machine import Machine
from .raw_milter import RawMilter
from .waiting import wait_until

HOSTNAME, ADDRESS = "mail.example.net", "198.51.100.20"
SOCKET = "/var/spool/postfix/gatepost/milter"
CONTROL = "/run/gatepost/milter.control"
CONFIG = """hostname = "%s"
dns { servers = {"%s"} }
milter { transport = "%s" %s }
"""


PIDFD_GETFD = 438  # <asm-generic/unistd.h>


@contextlib.contextmanager
def borrowed(pid, number):
    """A copy of another process's socket; None where that is something else."""
    process = os.pidfd_open(pid)
    copy = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, process, number, 0)
    os.close(process)
    if copy < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    try:
        end = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        yield None
        return
    with end:
        yield end


def peer_of(end):
    try:
        return end.getpeername()
    except OSError:
        return None


class Alone:
    """One milter with a transport, and one name server ("ADDRESS" or "ADDRESS@PORT") to ask.

    program: another build of it than the package's. tcp: the port on which it listens instead of
    its unix socket. more: further lines of gatepost.conf."""

    def __init__(self, name="alone", program=None):
        self.machine = Machine(name, HOSTNAME, ADDRESS)
        self.gatepost = Gatepost(self.machine)
        self.milter = self.gatepost.daemons["milter"] = Daemon(self.machine, "milter", program)
        self.address = None

    def make(self):
        self.machine.make(package.layer())
        self.gatepost.configure("")
        self.gatepost.prepare()

    def configure(self, transport, nameserver, tcp=None, more=""):
        listen = f'listen = "inet:127.0.0.1:{tcp}"' if tcp else ""
        self.gatepost.configure(CONFIG % (HOSTNAME, nameserver, transport, listen) + more)
        self.address = ("127.0.0.1", tcp) if tcp else str(self.machine.path(SOCKET))

    def start(self, transport, nameserver, tcp=None, more=""):
        self.configure(transport, nameserver, tcp, more)
        self.milter.start()

    def stop(self):
        """Its exit status; what the sanitizers said is in machine.sanitizer_reports()."""
        return self.milter.stop()

    def connect(self, client="203.0.113.66", **more):
        return RawMilter(self.address, client, **more)

    # --- what it holds ---

    @property
    def pid(self):
        return self.milter.process.pid

    def ask(self, words):
        """What the control socket answers."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(30)
            control.connect(str(self.machine.path(CONTROL)))
            control.sendall(words.encode() + b"\n")
            answer = b"".join(iter(lambda: control.recv(65536), b""))
        return answer.decode()

    def metric(self, name):
        """The sum over the labels of a metric, gatepost_milter_NAME."""
        lines = re.findall(rf"^gatepost_milter_{name}(?:{{.*}})? (-?\d+)$", self.ask("metrics"), re.M)
        assert lines, f"there is no metric {name}"
        return sum(map(int, lines))

    def descriptors(self):
        """Its open files by what they are, without numbers that tell them apart."""
        names = []
        for path in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                names.append(re.sub(r"\d+", "N", os.readlink(path)))
            except FileNotFoundError:
                pass
        return sorted(names)

    def socket_option(self, connection, level, option):
        """An option of the milter's end of a TCP connection."""
        peer = connection.socket.getsockname()
        for path in Path(f"/proc/{self.pid}/fd").iterdir():
            with borrowed(self.pid, int(path.name)) as end:
                if end is not None and end.type == socket.SOCK_STREAM and peer_of(end) == peer:
                    return end.getsockopt(level, option)
        raise AssertionError("the milter has no such connection")

    def threads(self):
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))

    def memory_mib(self, field):
        """VmRSS, VmHWM and the like."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"^{field}:\s+(\d+) kB", status, re.M).group(1)) / 1024

    def await_connections(self, count):
        """Until the milter holds so many connections."""
        wait_until(lambda: self.metric("connections") == count, f"{count} connections, not {self.metric('connections')}")
