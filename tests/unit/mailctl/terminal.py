#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""mailctl on a terminal. usage: terminal.py MAILCTL ARGUMENTS...; prints "ok NAME" a line."""

import os
import pty
import select
import signal
import subprocess
import sys

PROGRAM = sys.argv[1:]


def talk(arguments, answers):
    """Gives each answer when its question has come; returns what was shown, and the status.

    An answer may be a function that does something meanwhile and returns it.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # background jobs have it ignored
        os.execv(PROGRAM[0], [*PROGRAM, *arguments])
    shown = b""
    answers = list(answers)
    while True:
        if not select.select([terminal], [], [], 60)[0]:
            print("nothing comes after", shown, file=sys.stderr)
            os.kill(pid, 9)
            break
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if answers and shown.endswith(answers[0][0]):
            answer = answers.pop(0)[1]
            os.write(terminal, answer() if callable(answer) else answer)
    os.close(terminal)
    return shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def say(name, good, shown):
    print("ok" if good else "bad", name)
    if not good:
        print(name, shown, file=sys.stderr)


ADD = ["user", "add", "tess@example.org"]
FIRST, SECOND = b"New password: ", b"Once more: "

shown, status = talk(ADD, [(FIRST, b"on a terminal\n"), (SECOND, b"on a terminel\n")])
say("two passwords that differ", status == 65 and b"differ" in shown, shown)
shown, status = talk(ADD, [(FIRST, b"\x03")])
say("interrupted at the password", status == -2, shown)
shown, status = talk(ADD, [(FIRST, b"on a terminal\n"), (SECOND, b"on a terminal\n")])
say("a password from the terminal", status == 0 and b"added" in shown, shown)
say("the password is not shown", b"on a" not in shown, shown)
shown, status = talk(["--color=never", "user", "list"], [])
say("a heading", status == 0 and shown.startswith(b"user ") and b"tess@example.org  " in shown, shown)
shown, status = talk(["--color=never", "dns", "show", "example.org", "--host", "mx.example.org"], [])
say("long data stand last", status == 0 and b"purpose" in shown
    and [line.split()[:3] for line in shown.splitlines() if line.startswith(b"name ")]
    == [[b"name", b"type", b"purpose"]], shown)
shown, status = talk(["user", "delete", "tess@example.org"], [(b"[y/N] ", b"n\n")])
say("asked, and no is the answer", status == 64 and b"deleted" not in shown and b"nothing was changed" in shown, shown)
shown, status = talk(["user", "delete", "tess@example.org"], [(b"[y/N] ", b"y\n")])
say("asked, and yes is the answer", status == 0 and b"deleted" in shown, shown)

# While one is asked about a key, somebody else takes the other one out of use.
KEY = ["asked.example", "--activate", "--algorithm", "ed25519", "--selector"]


def call(*arguments):
    subprocess.run([*PROGRAM, *arguments], stdin=subprocess.DEVNULL, check=True, capture_output=True)


def retire_other():
    call("dkim", "retire", "asked.example", "other")
    return b"y\n"


def revoke_same():
    call("-y", "dkim", "revoke", "asked.example", "one")
    return b"y\n"


call("domain", "add", "asked.example")
call("dkim", "generate", *KEY, "one")
for verb in "delete", "revoke":
    call("dkim", "generate", *KEY, "other")
    shown, status = talk(["dkim", verb, "asked.example", "one"], [(b"[y/N] ", retire_other)])
    say(f"dkim {verb}: the last one since it was asked", status == 65 and b"only key that signs" in shown, shown)
    call("-y", "dkim", "delete", "asked.example", "other")
call("dkim", "generate", *KEY, "other")
shown, status = talk(["dkim", "revoke", "asked.example", "one"], [(b"[y/N] ", revoke_same)])
say("dkim revoke: revoked since it was asked", status == 65 and b"was revoked" in shown, shown)
call("-y", "domain", "delete", "asked.example", "--with-content")
