# SPDX-License-Identifier: MIT
"""mailctl attach and detach on an untouched Debian, the Postfix part."""

import pytest

from ground.fresh import Fresh, differences
from ground.waiting import wait_until


@pytest.fixture(scope="module")
def fresh():
    """A machine with Postfix as the installer left it; the daemons and Postfix run."""
    stage = Fresh("fresh")
    try:
        stage.make()
        stage.start()
        yield stage
    finally:
        stage.stop()


@pytest.fixture
def attached(fresh):
    fresh.before = fresh.snapshot()
    fresh.mailctl("-y", "attach", "postfix")
    yield fresh
    fresh.mailctl("-y", "detach", "postfix", status=None)
    assert fresh.snapshot() == fresh.before


def test_dry_run_changes_nothing(fresh):
    before = fresh.snapshot()
    shown = fresh.mailctl("--dry-run", "attach", "postfix")
    assert "+smtpd_milters = $gatepost_milter" in shown
    assert "+submission inet" in shown
    assert "example.org stood in mydestination" in shown
    assert fresh.snapshot() == before


def test_there_and_back(fresh):
    before = fresh.snapshot()
    said = fresh.mailctl("-y", "attach", "postfix")
    assert "seen: a session on port 25 with our milter" in said
    after = fresh.snapshot()
    assert differences(before, after) == ["/etc/postfix/main.cf", "/etc/postfix/master.cf"]
    fresh.mailctl("-y", "detach", "postfix")
    assert differences(before, fresh.snapshot()) == []
    assert fresh.machine.run("postfix", "check").stderr == ""
