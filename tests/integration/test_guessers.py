# SPDX-License-Identifier: MIT
"""A short siege by guessers; ./dev soak guessers is the long one."""

import pytest

from ground.guessers import Guessers

ADDRESSES, RATE, SECONDS, LOGINS = 10, 50, 10, 20


@pytest.fixture(scope="module")
def siege():
    siege = Guessers()
    siege.make()
    siege.start()
    yield siege
    assert siege.stop() == {}
    assert not siege.machine.sanitizer_reports()


def test_the_owner_goes_on_working(siege):
    siege.run(ADDRESSES, RATE, SECONDS, LOGINS)
    assert sum(siege.guesses.values()) > 5 * ADDRESSES and len(siege.owner_s) == LOGINS
    assert not list(siege.faults()), (siege.guesses, siege.travels)
