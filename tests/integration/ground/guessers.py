# SPDX-License-Identifier: MIT
"""Guessers: logins over IMAP from thousands of addresses at once, against one account and against names that
nobody has, while its owner goes on working from where the account is known, and travels, too."""

import asyncio
import itertools
import subprocess
import time
from collections import Counter

from . import package
from .dovecot import Dovecot
from .gatepost import Gatepost
from .machine import Machine
from .scene import BOB

HOST, ADDRESS = "mail.example.net", "198.51.100.21"
HOME = "203.0.113.5"  # whose network the account is used from
PORT = 143
INVENTED = 1000
PATIENCE_S = 60
OPEN_MAX = 400  # of guessers' connections; more wait
STRANGER_EVERY_S = 2
# A password in the clear is quicker to try; and processes that stay, as a busy site has them.
DOVECOT = """
%s
mail_max_userip_connections = 100
service imap-login {
  %s
  process_min_avail = 2
  client_limit = 2000
}
service auth {
  client_limit = 10000
}
"""
WORDS = {
    "2.3": ("disable_plaintext_auth = no", "service_count = 0"),
    "2.4": ("auth_allow_cleartext = yes", "restart_request_count = unlimited"),
}
CONFIG = f'hostname = "{HOST}"\n'


def guesser(number):
    """The address of a guesser, each in a network of its own."""
    return f"10.{number >> 8 & 255}.{number & 255}.{1 + (number >> 16)}"


def traveller(number):
    """Where the owner was never before."""
    return f"172.{16 + (number >> 8)}.{number & 255}.9"


def kind_of(answer):
    if answer.startswith("1 OK"):
        return "ok"
    if "[AUTHENTICATIONFAILED]" in answer:
        return "refused"
    return "temporary" if "[UNAVAILABLE]" in answer else f"other: {answer.strip()}"


def quoted(word):
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


async def until(moment):
    """The pace is part of the play."""
    loop = asyncio.get_running_loop()
    come = loop.create_future()
    loop.call_at(moment, come.set_result, None)
    await come


async def log_in(source, user, password):
    """What became of a login from that address."""
    reader, writer = await asyncio.open_connection(ADDRESS, PORT, local_addr=(source, 0))
    try:
        await reader.readline()
        writer.write(f"1 LOGIN {quoted(user)} {quoted(password)}\r\n".encode())
        while not (line := (await reader.readline()).decode()).startswith("1 "):
            if not line:
                return "other: the connection ended"
        writer.write(b"2 LOGOUT\r\n")
        return kind_of(line)
    finally:
        writer.close()


class Guessers:
    """A site with one user, and the guessers. rate: guesses a second, for so many seconds."""

    def __init__(self, name="guessed"):
        self.machine = Machine(name, HOST, ADDRESS)
        self.dovecot = self.gatepost = None
        self.guesses, self.travels = Counter(), Counter()
        self.owner, self.owner_s = Counter(), []
        self.seconds = 0

    def make(self):
        self.machine.make(package.layer())
        self.dovecot, self.gatepost = Dovecot(self.machine), Gatepost(self.machine)
        self.dovecot.install()
        self.gatepost.configure(CONFIG)
        self.gatepost.prepare()
        self.gatepost.mailctl("domain", "add", "example.net")
        self.gatepost.mailctl("user", "add", BOB[0], "--password-stdin", stdin=BOB[1] + "\n")
        self.dovecot.plug_in()
        self.machine.write("/etc/dovecot/conf.d/97-guessers.conf", DOVECOT % WORDS[self.dovecot.version])
        self.machine.path("/var/spool/postfix/private").mkdir(exist_ok=True)  # where no Postfix has run yet
        subprocess.run(["ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo"], check=True)
        for network in ("10.0.0.0/8", "172.16.0.0/12", f"{HOME}/32"):
            subprocess.run(["ip", "route", "replace", "local", network, "dev", "lo"], check=True)

    def start(self):
        self.gatepost.authd.start()
        self.dovecot.start()

    def stop(self):
        self.dovecot.stop()
        return self.gatepost.stop()

    # --- who is there ---

    async def guess(self, number, addresses, room):
        """Every other guess is at the one account, each with another password."""
        user = BOB[0] if number % 2 else f"invented{number // 2 % INVENTED}@example.net"
        try:
            self.guesses[await asyncio.wait_for(log_in(guesser(number % addresses), user, f"guess {number}"), PATIENCE_S)] += 1
        except (OSError, TimeoutError) as error:
            self.guesses[f"other: {error!r}"] += 1
        room.release()

    async def guess_all(self, addresses, rate, seconds):
        room, tasks, began = asyncio.Semaphore(OPEN_MAX), [], time.monotonic()
        for number in itertools.count():
            await until(began + number / rate)
            if time.monotonic() - began > seconds:
                break
            await room.acquire()
            tasks.append(asyncio.create_task(self.guess(number, addresses, room)))
        await asyncio.gather(*tasks)
        self.seconds = time.monotonic() - began

    async def work_at_home(self, times, seconds):
        start = time.monotonic()
        for number in range(times):
            await until(start + number * seconds / times)
            began = time.monotonic()
            self.owner[await log_in(HOME, *BOB)] += 1
            self.owner_s.append(time.monotonic() - began)

    async def travel(self, seconds):
        start = time.monotonic()
        for number in range(int(seconds / STRANGER_EVERY_S)):
            await until(start + number * STRANGER_EVERY_S)
            self.travels[await log_in(traveller(number), *BOB)] += 1

    async def all_at_once(self, addresses, rate, seconds, times):
        await asyncio.gather(
            self.guess_all(addresses, rate, seconds), self.work_at_home(times, seconds), self.travel(seconds))

    # --- the siege ---

    def run(self, addresses, rate, seconds, times):
        """The owner logs in once, so that the network is known, and so many times during the siege."""
        assert asyncio.run(log_in(HOME, *BOB)) == "ok"
        asyncio.run(self.all_at_once(addresses, rate, seconds, times))

    def slow_s(self):
        """Within which 99 of 100 of the owner's logins were served."""
        return sorted(self.owner_s)[max(0, len(self.owner_s) * 99 // 100 - 1)]

    def faults(self):
        """What must not be."""
        log = self.gatepost.authd.log()
        if set(self.owner) != {"ok"}:
            yield f"the owner was kept out: {dict(self.owner)}"
        if self.slow_s() >= 1:
            yield f"the owner waited {self.slow_s():.2f} s"
        if "refused" in self.travels:
            yield f"a right password was told to be wrong: {dict(self.travels)}"
        if "ok" in self.guesses:
            yield f"a guess was right: {dict(self.guesses)}"
        for words in (f"user=<{BOB[0]}>", "count=account", "user=<invented", "network=10."):
            if not any(words in line for line in log.splitlines() if "reason=guessing" in line):
                yield f"no refusal in the log has {words}"
