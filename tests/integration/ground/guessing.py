# SPDX-License-Identifier: MIT
"""Somebody guesses a user's password from several networks, while the user logs in from home."""

import contextlib
import sqlite3
import subprocess

from . import check
from .waiting import wait_until

# From networks of their own each, where nobody else is at home.
STRANGERS = tuple(f"10.77.{number}.1" for number in range(4))
DATABASE = "/var/lib/gatepost/guard/guard.db"
LIMIT = 10  # guard.account_hour


@contextlib.contextmanager
def strangers():
    """Their addresses are this machine's for a while."""
    for address in STRANGERS:
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    try:
        yield
    finally:
        for address in STRANGERS:
            subprocess.run(["ip", "address", "del", f"{address}/32", "dev", "lo"], check=True)


def rows(site, query, *values):
    """What a query of the guard's database gives as its one number."""
    path = site.machine.path(DATABASE)
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        return base.execute(query, values).fetchone()[0]


def come_home(site, user):
    """The user logs in; returns once it is written down from where."""
    assert check.imap_login(site.machine, *user).kind == "ok"
    wait_until(lambda: rows(site, "SELECT count(*) FROM known_network WHERE address = ?", user[0]) == 1,
               f"the network of {user[0]} to be known")


def guess_until_refused(site, user):
    """Strangers take turns with one wrong password after another, until they are refused for a time."""
    for number in range(2 * LIMIT):
        outcome = check.imap_login(site.machine, user[0], f"guess {number}", STRANGERS[number % len(STRANGERS)])
        if outcome.kind != "refused":
            break
    # Two of them may share the few bits that are kept of each.
    assert outcome.kind == "temporary" and number in (LIMIT, LIMIT + 1), f"after {number} guesses: {outcome}"


def expect_siege(site, user):
    """No stranger is let in, nor told that the right password is wrong; the owner is let in."""
    for address in STRANGERS:
        outcome = check.imap_login(site.machine, *user, address)
        assert outcome.kind == "temporary" and "AUTHENTICATIONFAILED" not in outcome.text, outcome
    assert check.imap_login(site.machine, *user).kind == "ok"
    assert check.imap_login(site.machine, user[0], "misspelt").kind == "refused"
