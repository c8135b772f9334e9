# SPDX-License-Identifier: MIT
"""Waiting for something to be so, with a deadline."""

import select
import time


SAID_MAX = 3000


class Late(AssertionError):
    """What was waited for did not come."""


def wait_until(condition, what, seconds=30.0, interval=0.05, said=lambda: ""):
    """Returns the first true value of condition(); says what did not come in time, and what was said()."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Late(f"waited {seconds:g} s for {what}\n{said()[-SAID_MAX:]}")
        select.select([], [], [], interval)
