# SPDX-License-Identifier: MIT
"""What the manuals show is what happens."""

import re

import pytest

from ground.manual import shown


def without_ids(answer):
    """Its words; uid and gid of the mail's owner are the machine's affair."""
    return re.sub(r"([ug]id)=\d+", r"\1=", answer.replace("\\\n", "")).split()


@pytest.mark.parametrize("page", ["gatepost-login.7", "gatepost-policyd.8"])
def test_asked_by_hand(scene, page):
    """The script, run as it stands, prints what is shown behind it."""
    pieces = shown(page)
    number, script = next((i, piece) for i, piece in enumerate(pieces) if piece.startswith("# python3"))
    answer = scene.org.machine.run("sh", "-c", script.removeprefix("# ")).stdout
    assert without_ids(answer) == without_ids(pieces[number + 1])


def test_limits_by_mailctl(scene):
    commands = next(piece for piece in shown("gatepost-policyd.8") if "mailctl limit" in piece)
    for line in commands.splitlines():
        scene.org.machine.run("sh", "-c", line.removeprefix("# "))


def test_enabled_users(scene):
    """The line with awk of mailctl(1)."""
    script = next(piece for piece in shown("mailctl.1") if "awk" in piece)
    line = next(line for line in script.splitlines() if "awk" in line)
    enabled = [user["address"] for user in scene.org.gatepost.mailctl_json("user", "list") if user["enabled"]]
    assert scene.org.machine.run("sh", "-c", line).stdout.split() == enabled
