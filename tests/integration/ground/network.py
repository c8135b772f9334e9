# SPDX-License-Identifier: MIT
"""Networks of machines that have one of their own."""

import contextlib
import ctypes
import os

CLONE_NEWNET = 0x40000000  # <linux/sched.h>


@contextlib.contextmanager
def visited(path):
    """Within, the calling thread, and what it starts, is in the network that the file stands for."""
    with open("/proc/thread-self/ns/net", "rb") as home, open(path, "rb") as there:
        enter(there)
        try:
            yield
        finally:
            enter(home)


def enter(namespace):
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
