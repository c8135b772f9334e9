# SPDX-License-Identifier: MIT
"""Who guesses is held off by Dovecot's answer, and the owner is not."""

import re

import pytest

from ground import check, guessing
from ground.guessing import STRANGERS
from ground.scene import BOB
from ground.waiting import wait_until

CAROL = ("carol-at-home@example.net", "never written down")


@pytest.fixture(scope="module")
def site(scene):
    """The receiver, with a user whom no other test knows."""
    site = scene.net
    site.gatepost.mailctl("user", "add", CAROL[0], "--password-stdin", stdin=CAROL[1] + "\n")
    with guessing.strangers():
        yield site
    site.gatepost.mailctl("user", "delete", CAROL[0], "-y")


def test_owner_and_strangers(site):
    guessing.come_home(site, CAROL)
    guessing.guess_until_refused(site, CAROL)
    guessing.expect_siege(site, CAROL)
    assert check.smtp_login(site.machine, *CAROL).kind == "ok"
    # Of others nothing is known to the strangers' harm.
    assert check.imap_login(site.machine, *BOB, STRANGERS[0]).kind == "ok"


def test_log_names_it(site):
    """What fail2ban and people look for."""
    wanted = re.compile(
        rf"login: user=<{re.escape(CAROL[0])}> service=imap remote={re.escape(STRANGERS[1])} session=<[^>]*> "
        rf"result=temporary reason=guessing count=account network=10\.77\.1\.0/24 "
        r"limit=10/hour until=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", re.M)
    assert wanted.search(site.gatepost.authd.log()), site.gatepost.authd.log()[-2000:]


def test_restart_forgets_nothing(site):
    site.gatepost.authd.restart()
    guessing.expect_siege(site, CAROL)


def test_reload_lifts_the_limit(site):
    """Who was let in meanwhile is at home there from then on."""
    site.configure(more="guard {\n    account_hour = 0\n    account_day = 0\n}\n")
    site.gatepost.authd.reload()
    try:
        assert check.imap_login(site.machine, *CAROL, STRANGERS[2]).kind == "ok"
        wait_until(lambda: guessing.rows(site, "SELECT count(*) FROM known_network WHERE address = ?", CAROL[0]) == 2,
                   "the new network to be known")
    finally:
        site.configure()
        site.gatepost.authd.reload()
    assert check.imap_login(site.machine, *CAROL, STRANGERS[2]).kind == "ok"
    assert check.imap_login(site.machine, *CAROL, STRANGERS[3]).kind == "temporary"
