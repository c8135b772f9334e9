# SPDX-License-Identifier: MIT
"""What fails is temporary for those outside, and named in the log for those inside."""

import contextlib
import sqlite3

import pytest

from ground import check, mail
from ground.scene import ALICE, BOB, FORGER

STATE = "/var/lib/gatepost"


@contextlib.contextmanager
def locked(machine, name):
    """Somebody else holds the database and does not let go."""
    database = sqlite3.connect(machine.path(f"{STATE}/{name}/{name}.db"), isolation_level=None)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.execute("PRAGMA locking_mode = NORMAL")
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        database.close()


@contextlib.contextmanager
def missing(site, name, daemon):
    """The database is not there when the daemon starts; nor is it made by the daemon."""
    folder = site.machine.path(f"{STATE}/{name}")
    aside = folder.with_name(f"{name}.aside")
    daemon.stop()
    folder.rename(aside)
    try:
        yield
    finally:
        if daemon.process is not None:
            daemon.stop()
        aside.rename(folder)
        daemon.start()


@pytest.mark.parametrize("daemon, name", [
    ("policyd", "limits"), ("authd", "directory"), ("authd", "credentials")])
def test_missing_database_stops_the_start(scene, daemon, name):
    site = scene.org
    program = getattr(site.gatepost, daemon)
    with missing(site, name, program):
        done = site.machine.run(program.program, "-f", "-c", program.config, status=None, seconds=20)
        assert done.returncode != 0
        assert name in done.stderr and "mailctl init" in done.stderr, done.stderr


@pytest.mark.usefixtures("transport")
def test_keys_removed_under_way(scene):
    """Nothing leaves unsigned because the keys cannot be read."""
    site = scene.org
    path = site.machine.path(f"{STATE}/keys")
    aside = path.with_name("keys.aside")
    site.gatepost.milter.stop()
    path.rename(aside)
    letter = mail.letter(ALICE[0], BOB[0])
    try:
        refusal = check.try_to_send(site.machine, *ALICE, BOB[0], letter)
        assert refusal and 400 <= refusal.code < 500, refusal
    finally:
        aside.rename(path)
        site.gatepost.milter.start()
    assert check.try_to_send(site.machine, *ALICE, BOB[0], letter) is None


def test_foreign_database_is_refused(scene):
    site = scene.org
    path = site.machine.path(f"{STATE}/limits/limits.db")
    aside = path.with_name("limits.aside")
    site.gatepost.policyd.stop()
    path.rename(aside)
    try:
        with contextlib.closing(sqlite3.connect(path)) as foreign:
            foreign.execute("CREATE TABLE somebody_elses (x)")
            foreign.commit()
        program = site.gatepost.policyd
        done = site.machine.run(program.program, "-f", "-c", program.config, status=None, seconds=20)
        assert done.returncode != 0 and "limits.db" in done.stderr, done.stderr
    finally:
        for left in path.parent.glob("limits.db*"):
            left.unlink()
        aside.rename(path)
        site.gatepost.policyd.start()


def test_locked_credentials_are_temporary(scene):
    """A WAL database is read while others write; an exclusive lock is another matter."""
    site = scene.net
    site.gatepost.authd.stop()
    with locked(site.machine, "credentials"):
        site.gatepost.authd.launch()
        outcome = check.imap_login(site.machine, *BOB)
        assert outcome.kind == "temporary", outcome
    with contextlib.suppress(Exception):
        site.gatepost.authd.stop()
    site.gatepost.authd.start()
    assert check.imap_login(site.machine, *BOB).kind == "ok"


@pytest.mark.usefixtures("transport")
def test_milter_down_defers(scene):
    scene.org.gatepost.milter.stop()
    try:
        letter = mail.letter(ALICE[0], BOB[0])
        refusal = check.try_to_send(scene.org.machine, *ALICE, BOB[0], letter)
        assert refusal and 400 <= refusal.code < 500, refusal
    finally:
        scene.org.gatepost.milter.start()
    assert check.try_to_send(scene.org.machine, *ALICE, BOB[0], letter) is None


@pytest.mark.usefixtures("transport")
def test_nameserver_down_is_temperror(scene):
    """Delivery goes on; the methods say that they could not tell."""
    site = scene.net
    site.configure(more="\n")
    scene.nameserver.stop()
    site.gatepost.milter.restart()
    try:
        letter = mail.letter("alice@example.org", BOB[0])
        mail.deliver(site.machine, FORGER, "forger.example", "alice@example.org", BOB[0], letter)
        got = mail.await_message(site.machine, *BOB, mail.message_id(letter), seconds=60)
        results = check.results_on_top(got, "mail.example.net")
        assert results["spf"] == "temperror" and results["dmarc"] == "temperror", results
    finally:
        scene.nameserver.start()
        site.gatepost.milter.restart()
