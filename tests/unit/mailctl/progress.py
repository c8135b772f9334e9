#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How far mailctl check is. usage: progress.py MAILCTL OPTIONS...; prints "ok NAME" a line."""

import os
import pty
import re
import subprocess
import sys

PROGRAM = sys.argv[1:]
CHECK = ["check", "--resolver-only", "a.example", "b.example"]
PROGRESS, WIPE = re.compile(rb"\rchecking: (\d+) of (\d+)"), b"\r\x1b[K"


def drain(terminal):
    """All that it shows, until nobody has it open any more."""
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            return shown
        if not piece:
            return shown
        shown += piece


def watch(*arguments, is_out=True):
    """What a terminal shows that has standard error, and standard output unless that is a pipe."""
    terminal, other_end = pty.openpty()
    with subprocess.Popen([*PROGRAM, *arguments], stdin=subprocess.DEVNULL, stderr=other_end,
                          stdout=other_end if is_out else subprocess.PIPE) as program:
        os.close(other_end)
        out = b"" if is_out else program.stdout.read()
        shown = drain(terminal)
    os.close(terminal)
    return shown, out


def left(shown):
    """What stands there at the end, line by line, as a terminal would have it."""
    lines = []
    for line in shown.split(b"\n"):
        visible = b""
        for piece in line.removesuffix(b"\r").split(b"\r"):
            visible = piece[3:] if piece.startswith(b"\x1b[K") else piece + visible[len(piece):]
        lines.append(visible)
    return lines


def say(name, good, shown):
    print("ok" if good else "bad", name)
    if not good:
        print(name, shown, file=sys.stderr)


shown, _ = watch("--color=never", *CHECK)
steps = [tuple(map(int, step)) for step in PROGRESS.findall(shown)]
say("it begins with nothing done", steps[:1] == [(0, 3)], shown)
say("it goes on to the last", steps == sorted(steps) and steps[-1:] == [(3, 3)], shown)
say("each is wiped before other words come",
    all(shown[at.end():].startswith((WIPE, b"\rchecking")) for at in PROGRESS.finditer(shown)), shown)
say("nothing of it is left", not any(b"checking" in line for line in left(shown)) and shown.endswith(WIPE)
    and any(b"a.example" in line for line in left(shown)), shown)
shown, out = watch(*CHECK, is_out=False)
say("with the findings in a pipe it is shown", PROGRESS.search(shown) and not any(left(shown)), shown)
say("and is not in the pipe", b"checking" not in out and b"\x1b" not in out and b"\r" not in out and out, out)
shown, _ = watch("-q", *CHECK)
say("with --quiet it is not shown", b"checking" not in shown and WIPE not in shown, shown)
done = subprocess.run([*PROGRAM, *CHECK], stdin=subprocess.DEVNULL, capture_output=True, check=False)
say("in a pipe it is not", done.stderr == b"" and b"checking" not in done.stdout, done)
