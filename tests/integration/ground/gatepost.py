# SPDX-License-Identifier: MIT
"""Gatepost on a machine: installed by its package, run as its own users."""

import json
import os
import signal
import socket
import time

from .waiting import Late

CONFIG = "/etc/gatepost/gatepost.conf"
DAEMONS = ("milter", "policyd", "authd")


class Daemon:
    """One daemon of ours. Ready is when it says so to its supervisor, as under systemd."""

    def __init__(self, machine, name, program=None, config=CONFIG):
        self.machine, self.name, self.config = machine, name, config
        self.program = program or f"/usr/sbin/gatepost-{name}"
        self.log_path = f"/var/log/gatepost-{name}.log"
        self.process = self.notify = None
        self.environment = {}

    def launch(self):
        """Starts the program without waiting for it."""
        address = f"/run/notify-{self.name}"
        path = self.machine.path(address)
        path.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(path))
        path.chmod(0o777)
        self.process = self.machine.spawn(
            [self.program, "-f", "-c", self.config], self.log_path, {**self.environment, "NOTIFY_SOCKET": address})

    def start(self):
        self.launch()
        self.await_notice("READY=1")

    def await_notice(self, word, seconds=30):
        """Waits for a word to the supervisor."""
        deadline = time.monotonic() + seconds
        self.notify.settimeout(0.2)
        while time.monotonic() < deadline:
            try:
                if word in self.notify.recv(4096).decode().split("\n"):
                    return
            except TimeoutError:
                if self.process.poll() is not None:
                    break
        raise Late(
            f"{self.machine.name}: gatepost-{self.name} did not say {word}"
            f" (status {self.process.poll()}):\n{self.log()[-3000:]}")

    def signal(self, number):
        os.kill(self.process.pid, number)

    def reload(self):
        """A real HUP; returns once the daemon says that it is done."""
        self.signal(signal.SIGHUP)
        self.await_notice("READY=1")

    def terminate(self):
        """SIGTERM, without waiting."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)

    def stop(self, seconds=40):
        """SIGTERM, and the exit status."""
        if self.process is None:
            return 0
        self.terminate()
        status = self.process.wait(seconds)
        self.process = None
        self.notify.close()
        return status

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait(10)
        self.process = None
        self.notify.close()

    def restart(self):
        self.stop()
        self.start()

    def running(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        return self.machine.read(self.log_path)


class Gatepost:
    """The three daemons and mailctl of one machine."""

    def __init__(self, machine, sabotage=()):
        self.machine = machine
        programs = {name: "/bin/true" for name in sabotage}
        self.daemons = {name: Daemon(machine, name, programs.get(name)) for name in DAEMONS}

    def __getattr__(self, name):
        try:
            return self.__dict__["daemons"][name]
        except KeyError:
            raise AttributeError(name) from None

    def configure(self, text):
        self.machine.write(CONFIG, text, 0o640)

    def prepare(self):
        """What each start of the machine does, and then the administrator."""
        self.machine.run("systemd-tmpfiles", "--create", "/usr/lib/tmpfiles.d/gatepost.conf")
        self.mailctl("init")

    def mailctl(self, *arguments, stdin="", status=0):
        """Runs mailctl; returns what it printed."""
        return self.machine.run("mailctl", *arguments, stdin=stdin, status=status).stdout

    def mailctl_json(self, *arguments, stdin=""):
        return json.loads(self.mailctl("--json", *arguments, stdin=stdin))

    def start(self):
        for daemon in self.daemons.values():
            daemon.start()

    def stop(self):
        """Stops what runs; returns the daemons that did not end well."""
        ended = {daemon.name: daemon.stop() for daemon in self.daemons.values() if daemon.process}
        return {name: status for name, status in ended.items() if status != 0}
