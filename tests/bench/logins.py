# SPDX-License-Identifier: MIT
"""How many logins a second Dovecot serves, by Gatepost with the passwords in its cache and by its own
passdb; what a checkpassword costs beside a program that does nothing; whether hashing keeps the processors busy."""

import base64
import os
import socket
import sqlite3
import statistics
import sys

from ground.dovecot import Dovecot
from ground.gatepost import Daemon
from lookups import CONNECTIONS, GREETING, SECONDS, Asker
from stage import cpu_ms

USERS, WARM_S = 100, 1
HASHING = 12  # connections: strangers beyond authd.hash_strangers would be refused
CLIENT = "198.51.100.77"
CACHED_MIN, FORK_TIMES_MAX = 0.7, 1.1
FORKS = 1000
DOMAIN, PASSWORD = "logins.example", "a sentence for the bench %d"
CONF, STATE = "/root/logins.conf", "/var/lib/bench-logins"
AUTH, LOGIN = "/run/dovecot/bench", "/run/gatepost/authd"
PASSDB, LISTENER, DATABASE = "/etc/dovecot/conf.d/05-gatepost.conf", "/etc/dovecot/conf.d/98-bench.conf", "/etc/dovecot/bench.db"
HELLO = "VERSION\t1\t2\nCPID\t#\n"
SQL = f"""sql_driver = sqlite
sqlite_path = {DATABASE}
passdb sql {{
  query = SELECT '{{PLAIN}}' || password AS password, address AS user FROM users WHERE address = '%{{user}}'
}}
"""
CONFIG = f"""hostname = "mail.example.net"
state_directory = "{STATE}"
authd {{ mail_user = "mail" }}
guard {{ enabled = no }}
"""


def address(number):
    return f"u{number}@{DOMAIN}"


def password(number):
    return PASSWORD % number


def auth_request(number):
    answer = base64.b64encode(f"\0{address(number)}\0{password(number)}".encode()).decode()
    return f"AUTH\t1\tPLAIN\tservice=imap\tnologin\tsecured\tlip=127.0.0.1\trip={CLIENT}\tresp={answer}\n"


def verify(number, word, remote):
    return f"1\tverify\tuser={address(number)}\tpassword={word}\tservice=imap\tremote={remote}\n"


class Logins:

    def __init__(self, stage, rounds):
        self.stage, self.rounds = stage, rounds
        self.dovecot = self.asker = self.authd = self.lua = None
        self.rates = {"Gatepost's Lua passdb, passwords cached": [], "Dovecot's sqlite passdb, PLAIN": []}
        self.fork_us = {"a program that does nothing": [], "gatepost-checkpassword, a lookup": []}
        self.busy = []

    def mailctl(self, *arguments, **more):
        return self.stage.gatepost.mailctl("-c", CONF, *arguments, **more)

    def prepare(self):
        machine = self.stage.machine
        self.asker = Asker(self.stage)
        self.dovecot = Dovecot(machine)
        self.dovecot.install()
        self.dovecot.plug_in()
        self.lua = machine.read(PASSDB)
        machine.write(LISTENER, "service auth {\n  unix_listener bench {\n    mode = 0666\n  }\n}\n")
        machine.write(CONF, CONFIG)
        self.mailctl("init")
        self.mailctl("domain", "add", DOMAIN)
        for number in range(USERS):
            self.mailctl("user", "add", address(number), "--password-stdin", stdin=password(number) + "\n")
        with sqlite3.connect(machine.path(DATABASE)) as base:
            base.execute("CREATE TABLE users (address TEXT PRIMARY KEY, password TEXT)")
            base.executemany("INSERT INTO users VALUES (?, ?)", ((address(n), password(n)) for n in range(USERS)))
        base.close()
        machine.path(DATABASE).chmod(0o644)
        self.authd = Daemon(machine, "authd", config=CONF)
        self.authd.start()

    def prove(self):
        """Each password once, so that it is in the cache, and the network known."""
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(str(self.stage.machine.path(LOGIN)))
            lines = end.makefile("rw", newline="\n")
            for line in (GREETING, *(verify(n, password(n), CLIENT) for n in range(USERS))):
                lines.write(line)
                lines.flush()
                answer = lines.readline()
                assert line == answer or "\tok\t" in answer, answer

    def by_dovecot(self, name, passdb):
        self.stage.machine.write(PASSDB, passdb)
        self.dovecot.start()
        requests = [auth_request(number) for number in range(USERS)]
        for seconds in (WARM_S, SECONDS):
            rate, _, slow = self.asker.ask(AUTH, "\n", requests, HELLO, "DONE\n", "OK\t", seconds=seconds)
        self.rates[name].append((rate, slow))
        self.dovecot.stop()

    def by_fork(self, name, status, *program):
        forks = self.stage.compile("forks")
        self.stage.machine.write("/root/login", f"{address(0)}\0{password(0)}\0\0")
        done = self.stage.machine.run(forks, FORKS, "/root/login", status, *program)
        self.fork_us[name].append(float(done.stdout))

    def hashing(self):
        """Wrong passwords: each costs its hash."""
        requests = [verify(n, f"wrong {n}", f"10.0.{n}.1") for n in range(USERS)]
        before = cpu_ms(self.authd.process.pid)
        rate, *_ = self.asker.ask(LOGIN, "\n", requests, GREETING, "\n", "mismatch", connections=HASHING)
        used = (cpu_ms(self.authd.process.pid) - before) / 1000 / SECONDS / os.cpu_count()
        self.busy.append((rate, used))

    def run(self):
        print("logins", file=sys.stderr, flush=True)
        self.prepare()
        lua, sql = self.rates
        nothing, lookup = self.fork_us
        for _ in range(self.rounds):
            self.prove()
            self.by_dovecot(lua, self.lua)
            self.by_dovecot(sql, SQL)
            self.by_fork(nothing, 0, self.stage.compile("nothing"))
            self.by_fork(lookup, 2, "/usr/libexec/gatepost/gatepost-checkpassword", "/bin/false")
            self.hashing()
        self.authd.stop()

    def report(self):
        print(f"\n| logins through Dovecot, {CONNECTIONS} connections | a second | p99, us | beside Dovecot's own | at least |"
              "\n|---|---|---|---|---|")
        medians = {name: [statistics.median(values) for values in zip(*found)] for name, found in self.rates.items()}
        own = list(medians.values())[-1][0]
        for name, (rate, slow) in medians.items():
            bound = "" if rate == own else CACHED_MIN
            print(f"| {name} | {rate:,.0f} | {slow:,.0f} | {rate / own:.2f} | {bound} |")
        nothing, lookup = map(statistics.median, self.fork_us.values())
        print("\n| a program for each login | us | times | at most |\n|---|---|---|---|")
        for name, took in zip(self.fork_us, (nothing, lookup)):
            print(f"| {name} | {took:.0f} | {took / nothing:.2f} | {'' if took == nothing else FORK_TIMES_MAX} |")
        rate, used = (statistics.median(values) for values in zip(*self.busy))
        print(f"\n{rate:.0f} wrong passwords a second keep {used:.0%} of {os.cpu_count()} processors busy")
