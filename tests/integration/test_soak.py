# SPDX-License-Identifier: MIT
"""Short soaks of the milter; ./dev soak is the long one."""

import pytest

from ground.soak import NAMESERVER, Soak
from ground.soak_names import SoakNames

MESSAGES, WATCHED_MESSAGES = 5000, 500


@pytest.fixture(scope="module")
def names():
    return SoakNames(NAMESERVER, 53)


def test_memory_and_descriptors_stay(plain, names, carrier):
    soak = Soak(plain, names, carrier)
    soak.run(MESSAGES)
    assert soak.done == MESSAGES and len(soak.kinds) > 10, soak.kinds
    assert not list(soak.memory_faults()), soak.samples
    assert plain.stop() == 0


def test_sanitizers_watch(alone, names, carrier):
    """The same with the milter that sanitizers watch, which tells leaks at its end."""
    soak = Soak(alone, names, carrier)
    soak.run(WATCHED_MESSAGES)
    assert soak.done == WATCHED_MESSAGES
