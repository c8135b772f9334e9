# SPDX-License-Identifier: MIT
"""A Debian archive on a machine without network: packages as apt fetched them for the test root, and
apt told to look there and nowhere else."""

import subprocess
from pathlib import Path

FETCHED = Path("/archives")
FOLDER = "/srv/archive"


def serve(machine, packages):
    """All versions of these packages that were fetched."""
    for name in packages:
        found = list(FETCHED.glob(f"{name}_*.deb"))
        assert found, f"{name} is not among what was fetched for the root: make the root anew"
        for path in found:
            machine.copy(path, f"{FOLDER}/{path.name}")
    index = subprocess.run(["dpkg-scanpackages", "--multiversion", "."], cwd=machine.path(FOLDER), check=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    machine.write(f"{FOLDER}/Packages", index)
    machine.write("/etc/apt/sources.list", f"deb [trusted=yes] file:{FOLDER} ./\n")
    machine.run("apt-get", "--quiet=2", "update")
