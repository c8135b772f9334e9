# SPDX-License-Identifier: MIT
"""What mailctl takes for one user of 1,000,000 in 100,000 domains, beside one of 1,000 in 100."""

import sqlite3
import statistics
import sys

SMALL, LARGE = 1_000, 1_000_000
USERS_A_DOMAIN, USERS_AN_ALIAS = 10, 10
CALLS = 20
TIMES_MAX = 1.5
# Each finds the same number of users in both. $n counts the calls; two of its digits make it another user.
VERBS = {
    "user show": "user show u0000${n}0@d$n.example",
    "user add": "user add $round.$n@d$n.example --no-password",
    "user list --match of a name's beginning": "user list --match u0000$n*",
    "user list --match of a domain": "user list --match *@d$n.example",
}
HASH = "{SHA512-CRYPT}$6$saltsalt$" + "x" * 86


def domain_of(number):
    return f"d{number // USERS_A_DOMAIN}.example"


def address_of(number):
    return f"u{number:07}@{domain_of(number)}"


class Directory:

    def __init__(self, stage, rounds):
        self.stage, self.rounds = stage, rounds
        self.ms = {verb: {SMALL: [], LARGE: []} for verb in VERBS}
        self.prepared = set()

    @staticmethod
    def conf(count):
        return f"/root/directory-{count}.conf"

    @staticmethod
    def state(count):
        return f"/var/lib/bench-{count}"

    def mailctl(self, count, *arguments):
        return self.stage.gatepost.mailctl("-c", self.conf(count), *arguments)

    def fill_directory(self, count):
        with sqlite3.connect(self.stage.machine.path(f"{self.state(count)}/directory/directory.db")) as base:
            base.executemany(
                "INSERT INTO domain (id, name, created) VALUES (?, ?, 1)",
                ((number + 1, f"d{number}.example") for number in range(count // USERS_A_DOMAIN)))
            base.executemany(
                "INSERT INTO mail_user (id, domain_id, local_part, created) VALUES (?, ?, ?, 1)",
                ((number + 1, number // USERS_A_DOMAIN + 1, f"u{number:07}") for number in range(count)))
            aliases = range(0, count, USERS_AN_ALIAS)
            base.executemany(
                "INSERT INTO alias (id, domain_id, local_part, created) VALUES (?, ?, ?, 1)",
                ((number + 1, number // USERS_A_DOMAIN + 1, f"a{number}") for number in aliases))
            base.executemany(
                "INSERT INTO alias_target (alias_id, position, target) VALUES (?, 0, ?)",
                ((number + 1, address_of(number)) for number in aliases))
        base.close()

    def fill_credentials(self, count):
        with sqlite3.connect(self.stage.machine.path(f"{self.state(count)}/credentials/credentials.db")) as base:
            base.executemany("INSERT INTO credential (address, hash, changed) VALUES (?, ?, 1)",
                             ((address_of(number), HASH) for number in range(count)))
        base.close()

    def prepare(self, count):
        """Makes the one of so many users, unless it is there."""
        if count in self.prepared:
            return
        self.prepared.add(count)
        self.stage.machine.write(
            self.conf(count), f'hostname = "mail.example.org"\nstate_directory = "{self.state(count)}"\n'
            'authd { mail_user = "mail" }\n')
        self.mailctl(count, "init")
        self.fill_directory(count)
        self.fill_credentials(count)
        found = self.mailctl(count, "user", "list", "--match", "u00001*").splitlines()
        assert len(found) == 100, f"{len(found)} users of {count} fit"

    def measure(self, verb, name):
        """Milliseconds for one call, by size: one after the other, so that both meet the same machine."""
        call = f"mailctl -c $conf -q {VERBS[verb]} >/dev/null"
        turns = "".join(
            f"conf={self.conf(count)}; begin=${{EPOCHREALTIME/./}}; {call};"
            f" (( total_{count} += ${{EPOCHREALTIME/./}} - begin )) || true; " for count in (SMALL, LARGE))
        script = (f"set -ef; round={name}; for n in $(seq 10 {9 + CALLS}); do {turns}done;"
                  f" echo $total_{SMALL} $total_{LARGE}")
        totals = self.stage.machine.run("bash", "-c", script).stdout.split()
        return {count: int(total) / 1000 / CALLS for count, total in zip((SMALL, LARGE), totals)}

    def run(self):
        print("directory", file=sys.stderr, flush=True)
        for count in (SMALL, LARGE):
            self.prepare(count)
        for verb, found in self.ms.items():
            self.measure(verb, "first")
            for number in range(self.rounds):
                for count, ms in self.measure(verb, f"r{number}").items():
                    found[count].append(ms)

    def report(self):
        print(f"\n| mailctl, ms a call | {SMALL:,} users | {LARGE:,} users | times | at most |\n|---|---|---|---|---|")
        for verb, found in self.ms.items():
            small, large = (statistics.median(values) for values in found.values())
            print(f"| {verb} | {small:.1f} | {large:.1f} | {large / small:.2f} | {TIMES_MAX} |")
