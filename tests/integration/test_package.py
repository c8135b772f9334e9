# SPDX-License-Identifier: MIT
"""What the package installs: units that systemd accepts, manuals, files where Debian wants them."""

import subprocess
from pathlib import Path

import pytest

from ground.gatepost import DAEMONS

EXPOSURE = 15  # systemd-analyze security, in tenths
TIMED_EXPOSURE = 30


@pytest.mark.parametrize("name", DAEMONS)
@pytest.mark.parametrize("instance", ["", "@two"])
def test_unit(scene, name, instance):
    """systemd knows every directive, and leaves the daemon little that it could do."""
    machine = scene.org.machine
    unit = f"gatepost-{name}{instance}.service"
    verified = machine.run("systemd-analyze", "verify", "--man=no", unit)
    assert "gatepost" not in verified.stderr, verified.stderr
    machine.run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", unit)


@pytest.mark.parametrize("name", ["dkim-rotate", "check"])
def test_timed_unit(scene, name):
    """It opens databases as their owners, so it can do more than a daemon, and not much."""
    machine = scene.org.machine
    for unit in (f"gatepost-{name}.service", f"gatepost-{name}.timer"):
        verified = machine.run("systemd-analyze", "verify", "--man=no", unit)
        assert "gatepost" not in verified.stderr, verified.stderr
    machine.run("systemd-analyze", "security", "--offline=true", f"--threshold={TIMED_EXPOSURE}",
                f"gatepost-{name}.service")


@pytest.mark.parametrize("page", [
    "gatepost-milter.8", "gatepost-policyd.8", "gatepost-authd.8", "gatepost.conf.5", "mailctl.1"])
def test_manual(scene, page):
    hold_page(scene, page)


def hold_page(scene, page):
    section = page[-1]
    path = scene.org.machine.path(f"/usr/share/man/man{section}/{page}.gz")
    assert path.exists(), f"{page} is not installed"
    done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_manuals_of_nouns(scene):
    """The page that the help names, and the same by the noun's own name."""
    for command in scene.org.gatepost.mailctl_json("help")["commands"]:
        hold_page(scene, f"{command['manual']}.1")
        if command["manual"] != "mailctl":
            hold_page(scene, f"mailctl-{command['noun']}.1")


def test_examples(scene):
    """The files that README copies are there without the sources, too."""
    contrib = Path("/src/contrib")
    installed = scene.org.machine.path("/usr/share/doc/gatepost/examples")
    files = [path for folder in ("postfix", "dovecot") for path in (contrib / folder).rglob("*")
             if path.is_file() and path.suffix in (".conf", ".cf")]
    assert len(files) == 7
    for path in files:
        assert (installed / path.relative_to(contrib)).read_bytes() == path.read_bytes(), path


def test_completion(scene):
    """Where bash-completion looks for it."""
    script = scene.org.machine.path("/usr/share/bash-completion/completions/mailctl")
    assert script.read_text() == scene.org.gatepost.mailctl("completion", "bash")


def test_programs_introduce_themselves(scene):
    for name in DAEMONS:
        done = scene.org.machine.run(f"/usr/sbin/gatepost-{name}", "-h")
        assert f"gatepost-{name}" in done.stdout
        assert "0." in scene.org.machine.run(f"/usr/sbin/gatepost-{name}", "-V").stdout
