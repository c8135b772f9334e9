# SPDX-License-Identifier: MIT
"""The demo succeeds, and fails when any daemon of ours is not there.

It runs in namespaces of its own, before the scene of the other tests is set.
"""

import os
import subprocess
from pathlib import Path

import pytest

from ground.gatepost import DAEMONS

NEST = "mkdir -p /machines /nsd && mount -t tmpfs none /machines && mount -t tmpfs none /nsd && exec \"$@\""


def play(*arguments):
    return subprocess.run(
        ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc",
         "sh", "-c", NEST, "sh", "bash", "/src/tests/roots/init.sh", "python3", "/src/tests/demo/demo.py", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "GP_MARK": ""})


@pytest.mark.seconds(300)
def test_demo():
    done = play()
    assert done.returncode == 0 and done.stdout.rstrip().endswith("demo: ok"), done.stdout


@pytest.mark.parametrize("daemon", DAEMONS)
def test_demo_needs(daemon):
    done = play("--sabotage", daemon)
    assert done.returncode == 1 and "demo: FAILED" in done.stdout, done.stdout
    assert Path("/build/demo/logs").is_dir()
