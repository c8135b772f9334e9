# SPDX-License-Identifier: MIT
"""Limits of who sends how much."""

import itertools
import json
import re
import smtplib
from datetime import datetime, timedelta

import pytest

from ground import check, mail
from ground.scene import ALICE, BOB


NUMBER = itertools.count(1)


@pytest.fixture
def dora(scene):
    """A user with fresh counters: what a name has sent outlives the account of that name."""
    user = (f"dora{next(NUMBER)}@example.org", "a password of her own")
    scene.org.gatepost.mailctl("user", "add", user[0], "--password-stdin", stdin=user[1] + "\n")
    yield user
    scene.org.gatepost.mailctl("user", "delete", user[0], "-y")
    scene.org.limit()


def test_stopped_then_freed(scene, dora):
    scene.org.limit(3, "8s")
    _, refusal = check.send_until_refused(scene.org.machine, *dora, BOB[0], at_most=4)
    assert refusal.code == 450 and "4.7.1" in refusal.text
    assert re.search(r"\b3\b", refusal.text), f"the limit is not named: {refusal}"
    assert re.search(r"\d\d:\d\d:\d\d\s?[+-]\d\d:?\d\d", refusal.text), f"no time with its offset: {refusal}"
    check.send_once_free(scene.org.machine, *dora, BOB[0], seconds=25)


def test_mailctl_shows_and_resets(scene, dora):
    """What the administrator sees is what the user was told."""
    scene.org.limit(2, "1h")
    _, refusal = check.send_until_refused(scene.org.machine, *dora, BOB[0], at_most=3)
    shown = json.loads(scene.org.gatepost.mailctl("limit", "show", dora[0], "--json"))
    assert shown["messages"]["used"] == shown["messages"]["limit"] == 2
    told = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}", refusal.text).group()
    free_at = datetime.fromisoformat(shown["messages"]["free_at"].replace("Z", "+00:00"))
    assert abs(free_at - datetime.strptime(told, "%Y-%m-%d %H:%M:%S %z")) <= timedelta(seconds=2)
    assert dora[0] in scene.org.gatepost.mailctl("limit", "list")
    scene.org.gatepost.mailctl("limit", "reset", dora[0])
    assert check.try_to_send(scene.org.machine, *dora, BOB[0]) is None


def test_survives_restart(scene, dora):
    scene.org.limit(2, "1h")
    check.send_until_refused(scene.org.machine, *dora, BOB[0], at_most=3)
    scene.org.gatepost.policyd.restart()
    assert check.try_to_send(scene.org.machine, *dora, BOB[0]).code == 450


def test_one_users_limit_is_not_anothers(scene, dora):
    scene.org.limit(1000, "1h")
    assert check.try_to_send(scene.org.machine, *ALICE, BOB[0]) is None
    assert check.try_to_send(scene.org.machine, *dora, BOB[0]) is None


def test_refused_recipients_do_not_count(scene, dora):
    """A recipient that Postfix refuses is not an accepted one."""
    scene.org.limit(2, "1h")
    for _ in range(3):
        with mail.submission(scene.org.machine, *dora) as client:
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail(dora[0], "nobody@example.org", mail.letter(dora[0], "nobody@example.org"))
    assert check.try_to_send(scene.org.machine, *dora, BOB[0]) is None
    assert check.try_to_send(scene.org.machine, *dora, BOB[0]) is None
    assert check.try_to_send(scene.org.machine, *dora, BOB[0]).code == 450


def test_policyd_down_lets_mail_go_on(scene, dora):
    scene.org.gatepost.policyd.stop()
    try:
        assert check.try_to_send(scene.org.machine, *dora, BOB[0]) is None
    finally:
        scene.org.gatepost.policyd.start()
