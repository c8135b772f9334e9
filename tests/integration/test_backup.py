# SPDX-License-Identifier: MIT
"""Databases put back under running daemons, none of which is told."""

import pytest

from ground import check, mail
from ground.scene import ALICE, BOB

FILE = "/root/gatepost.backup"
STATE = "/var/lib/gatepost"
CAROL, PASSWORD = "carol", "a long enough password"


@pytest.fixture(name="carol")
def fixture_carol(scene):
    """Somebody who is in the backup."""
    address = f"{CAROL}@{BOB[0].partition('@')[2]}"
    scene.net.gatepost.mailctl("user", "add", address, "--password-stdin", stdin=PASSWORD + "\n")
    scene.net.gatepost.mailctl("backup", "--overwrite", FILE)
    yield address
    scene.net.gatepost.mailctl("-y", "user", "delete", address)


def owners(machine, name):
    """Of the folder and all that is in it: user, group, mode."""
    folder = machine.path(f"{STATE}/{name}")
    return {path.name: (path.stat().st_uid, path.stat().st_gid, oct(path.stat().st_mode))
            for path in [folder, *folder.glob("*.db"), *folder.glob("*.db-wal"), *folder.glob("*.db-shm")]}


def test_a_user_comes_back(scene, carol):
    site = scene.net
    assert check.imap_login(site.machine, carol, PASSWORD).kind == "ok"
    site.gatepost.mailctl("-y", "user", "delete", carol)
    assert check.imap_login(site.machine, carol, PASSWORD).kind == "refused"
    before = {name: owners(site.machine, name) for name in ("directory", "credentials", "keys", "srs")}
    site.gatepost.mailctl("-y", "restore", FILE)
    assert check.imap_login(site.machine, carol, PASSWORD).kind == "ok"
    assert {name: owners(site.machine, name) for name in before} == before


def test_keys_that_were_lost(scene):
    """What cannot be opened is replaced by another file, which the milter finds by itself."""
    site = scene.org
    site.gatepost.mailctl("backup", "--overwrite", FILE)
    before = owners(site.machine, "keys")
    path = site.machine.path(f"{STATE}/keys/keys.db")
    path.with_name("keys.noise").write_bytes(b"these are no keys\n" * 1000)
    path.with_name("keys.noise").rename(path)
    letter = mail.letter(ALICE[0], BOB[0])
    refusal = check.try_to_send(site.machine, *ALICE, BOB[0], letter)
    assert refusal and 400 <= refusal.code < 500, refusal
    site.gatepost.mailctl("-y", "restore", FILE)
    assert owners(site.machine, "keys") == before
    assert check.try_to_send(site.machine, *ALICE, BOB[0], letter) is None
    assert path.with_name("keys.db.before-restore").read_bytes().startswith(b"these are no keys")
