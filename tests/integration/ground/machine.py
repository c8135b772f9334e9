# SPDX-License-Identifier: MIT
"""A machine: a tree of its own, a host name, addresses, and programs run in it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ENTER = 'hostname "$1"; cd "$2" || exit 126; root=$2; shift 2; exec chroot "$root" "$@"'
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
}
# Reports of the sanitizers are collected here, in each machine.
SANITIZER = Path("/var/log/sanitizer")
SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": f"log_path={SANITIZER}/asan:detect_leaks=1:exitcode=99",
    "UBSAN_OPTIONS": f"log_path={SANITIZER}/ubsan:print_stacktrace=1:halt_on_error=1",
    "LSAN_OPTIONS": "exitcode=99",
    "TSAN_OPTIONS": f"log_path={SANITIZER}/tsan",
}


class CommandFailed(AssertionError):
    """A command ended with a status that nobody expected."""


class Machine:
    """One machine. `root` is its tree as seen from outside."""

    def __init__(self, name, hostname, address):
        self.name, self.hostname, self.address = name, hostname, address
        self.root = Path("/machines") / name / "root"

    def make(self, *layers):
        """Lays the machine's tree over the root as it stands now, and over these layers of it."""
        top = self.root.parent
        top.mkdir(parents=True)
        mount("-t", "tmpfs", "-o", "mode=0755", self.name, top)
        for part in ("upper", "work", "root"):
            (top / part).mkdir()
        mount("-t", "overlay", "-o", f"lowerdir={':'.join(map(str, (*layers, '/')))},upperdir={top}/upper,workdir={top}/work",
              self.name, self.root)
        mount("--bind", "/proc", self.root / "proc")
        mount("--rbind", "/dev", self.root / "dev")
        for volatile, mode in (("run", "0755"), ("tmp", "1777")):
            mount("-t", "tmpfs", "-o", f"mode={mode}", self.name, self.root / volatile)
        for shared in ("src", "build"):
            mount("--bind", f"/{shared}", self.root / shared)
        self.path(SANITIZER).mkdir(parents=True, exist_ok=True)
        self.path(SANITIZER).chmod(0o1777)
        self.write("/etc/hostname", self.hostname + "\n")
        self.write("/etc/mailname", self.hostname + "\n")
        self.write("/etc/hosts", f"127.0.0.1 localhost\n{self.address} {self.hostname}\n")

    def take_down(self):
        """The tree goes; what was changed in it stays in the folder upper."""
        subprocess.run(["umount", "--recursive", str(self.root)], check=True)

    def path(self, inside):
        """Where a path of the machine is to be found from outside."""
        return self.root / str(inside).lstrip("/")

    def read(self, inside):
        """The text of a file, empty where there is none."""
        path = self.path(inside)
        return path.read_text(errors="replace") if path.exists() else ""

    def write(self, inside, text, mode=None):
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if mode is not None:
            path.chmod(mode)

    def copy(self, source, inside):
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)

    def command(self, argv):
        """The command line that runs argv in the machine."""
        return ["unshare", "--uts", "sh", "-c", ENTER, "sh", self.hostname, str(self.root), *map(str, argv)]

    def run(self, *argv, stdin="", status=0, seconds=120):
        """Runs a command to its end. `status`: what it must end with; None: anything."""
        # Files, not pipes: a server that goes to the background may keep them open.
        with tempfile.TemporaryFile() as feed, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            feed.write(stdin if isinstance(stdin, bytes) else stdin.encode())
            feed.seek(0)
            done = subprocess.run(
                self.command(argv), stdin=feed, stdout=out, stderr=err, timeout=seconds, check=False,
                env={**ENVIRONMENT, **SANITIZER_ENVIRONMENT})
            done.stdout, done.stderr = map(read_back, (out, err))
        if status is not None and done.returncode != status:
            raise CommandFailed(
                f"{self.name}: {' '.join(map(str, argv))}: ended with {done.returncode}, not {status}\n"
                f"{done.stdout}{done.stderr}")
        return done

    def spawn(self, argv, log, environment=None):
        """Starts a program; its output goes to the file `log` of the machine."""
        path = self.path(log)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab") as output:
            return subprocess.Popen(
                self.command(argv), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, env={**ENVIRONMENT, **SANITIZER_ENVIRONMENT, **(environment or {})})

    def sanitizer_reports(self):
        """What the sanitizers found so far, as one text."""
        reports = sorted(self.path(SANITIZER).glob("*"))
        return "\n".join(f"{r.name}:\n{r.read_text(errors='replace')}" for r in reports)


def read_back(file):
    file.seek(0)
    return file.read().decode(errors="replace")


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)


def is_alive(pid):
    """Whether a process of that number is there and not a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def reap():
    """Takes the ended children that nobody waits for."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
