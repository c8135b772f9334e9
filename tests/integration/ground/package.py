# SPDX-License-Identifier: MIT
"""Gatepost's Debian package, and how it gets onto machines."""

import os
import subprocess
from pathlib import Path

from .machine import Machine

BASE = Machine("installed", "installed.example", "127.0.0.1")


def build(*arguments):
    """The path of the package as Debian would build it, from these very sources; made if need be."""
    done = subprocess.run(
        ["bash", "/src/tests/roots/deb.sh", *arguments], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return Path(done.stdout.splitlines()[-1])


def repack(version):
    """The path of a package of another version, of what is in the one that build() made."""
    path = Path(f"/build/deb/gatepost-{version}.deb")
    build()
    subprocess.run(
        ["bash", "/src/tests/roots/pack.sh", "/build/deb/src", "/build/deb/src/build", version, path],
        stdin=subprocess.DEVNULL, check=True)
    return path


def layer():
    """The folder that lies between the untouched root and machines that have Gatepost: what dpkg
    changed when it installed the package, $GP_PACKAGE or else the one that build() makes."""
    changed = BASE.root.parent / "upper"
    if not changed.exists():
        BASE.make()
        BASE.copy(os.environ.get("GP_PACKAGE") or build(), "/root/gatepost.deb")
        BASE.run("dpkg", "--install", "/root/gatepost.deb")
        BASE.take_down()
    return changed
