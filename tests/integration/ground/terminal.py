# SPDX-License-Identifier: MIT
"""A person at a terminal of a machine: types commands, and answers what they ask."""

import os
import pty
import re
import select
import termios

from .machine import ENVIRONMENT, SANITIZER_ENVIRONMENT
from .waiting import wait_until

QUIET_SECONDS = 150


class Answer:
    """What is typed when this is asked; a secret only once the terminal no longer shows it."""

    def __init__(self, question, reply, secret=False):
        self.question, self.reply, self.secret = re.compile(question), reply, secret

    def give(self, terminal):
        if self.secret:
            wait_until(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO, "a prompt for a secret")
        os.write(terminal, self.reply.encode() + b"\n")


def converse(machine, script, answers, folder="/root"):
    """Runs a shell script on a terminal until it ends. Gives its exit status and all that was to be
    seen."""
    command = machine.command(["bash", "-ec", f"cd {folder}\n{script}"])
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, {**os.environ, **ENVIRONMENT, **SANITIZER_ENVIRONMENT})
    seen = unanswered = ""
    while (piece := read(terminal, seen)) != "":
        seen += piece
        unanswered += piece
        for answer in answers:
            if answer.question.search(unanswered):
                unanswered = ""
                answer.give(terminal)
                break
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), seen.replace("\r\n", "\n")


def read(terminal, seen):
    assert select.select([terminal], [], [], QUIET_SECONDS)[0], f"nothing more came:\n{seen}"
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:  # the other side is closed
        return ""
