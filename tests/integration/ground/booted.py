# SPDX-License-Identifier: MIT
"""A machine that a real systemd runs, as its first process."""

import os
import subprocess
import tempfile
from pathlib import Path

from . import network
from .machine import ENVIRONMENT, Machine, mount
from .waiting import wait_until

BOOT = Path(__file__).parent / "boot.sh"
# Servers of the test root that have no part in this, and what a container needs not.
MASKED = ("nsd", "opendkim", "opendmarc", "amavis", "amavis-mc", "clamav-daemon", "clamav-freshclam",
          "clamav-milter", "systemd-udevd", "systemd-modules-load", "systemd-resolved", "systemd-networkd",
          "systemd-timesyncd", "console-getty", "systemd-logind")


class Booted(Machine):
    """Made like any machine. Between boot() and halt() commands run under its systemd."""

    def __init__(self, name, hostname, address, alone=False):
        """`alone`: in a network of its own, for servers that listen everywhere."""
        super().__init__(name, hostname, address)
        self.network = ["--net"] if alone else []
        self.process = self.pid = self.group = None

    def make(self, *layers):
        super().make(*layers)
        self.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.path("/usr/sbin/policy-rc.d").unlink()
        for unit in MASKED:
            self.mask(unit)

    def mask(self, unit):
        path = self.path(f"/etc/systemd/system/{unit}.service")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to("/dev/null")

    def boot(self):
        if not self.network:
            subprocess.run(["ip", "address", "replace", f"{self.address}/32", "dev", "lo"], check=True)
        self.group = ControlGroup(self.name)
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup", *self.network, "--fork", "--kill-child",
             "bash", str(BOOT), str(self.root), self.hostname],
            stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=self.group.enter)
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        wait_until(lambda: children.read_text(encoding="ascii").strip(), "the first process")
        self.pid = int(children.read_text(encoding="ascii").split()[0])
        wait_until(self.is_up, f"systemd on {self.name}")
        if self.network:
            self.run("ip", "link", "set", "lo", "up")
            self.run("ip", "address", "replace", f"{self.address}/32", "dev", "lo")

    def is_up(self):
        assert self.process.poll() is None, f"{self.name}: systemd ended with {self.process.returncode}"
        # boot.sh has become systemd, and that has its socket.
        if not Path(f"/proc/{self.pid}/root/run/systemd/private").exists():
            return False
        return self.run("systemctl", "is-system-running", status=None).stdout.strip() in ("running", "degraded")

    def command(self, argv):
        if self.pid is None:
            return super().command(argv)
        return ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--uts", "--ipc", "--cgroup", *self.network,
                "--root", "env", "-i", "--chdir=/", *(f"{k}={v}" for k, v in ENVIRONMENT.items()), *map(str, argv)]

    def visited(self):
        """Within, the test itself is in the machine's network."""
        return network.visited(f"/proc/{self.pid}/ns/net")

    def halt(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process = self.pid = None
        if self.group is not None:
            self.group.remove()
            self.group = None

    def journal(self, *units):
        return self.run("journalctl", "--no-pager", "--output=cat", *(f"--unit={u}" for u in units)).stdout


class ControlGroup:
    """A branch of the machine's control groups for one systemd, which takes it for the whole tree."""

    def __init__(self, name):
        self.top = Path(tempfile.mkdtemp(prefix="cgroup-"))
        mount("-t", "cgroup2", "cgroup2", self.top)
        ours = next(line.partition("::")[2].strip() for line in
                    Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines() if line.startswith("0::"))
        self.path = self.top / ours.lstrip("/") / f"gatepost-{name}-{os.urandom(4).hex()}"
        self.path.mkdir()

    def enter(self):
        """In the process that is to become the machine."""
        (self.path / "cgroup.procs").write_text("0", encoding="ascii")

    def remove(self):
        """All of its processes have been killed."""
        def is_gone():
            for folder in sorted(self.path.glob("**/"), key=lambda p: -len(p.parts)):
                try:
                    folder.rmdir()
                except OSError:
                    return False
            return True
        wait_until(is_gone, f"the end of all processes in {self.path}")
        subprocess.run(["umount", str(self.top)], check=True)
        self.top.rmdir()
