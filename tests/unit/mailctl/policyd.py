#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Answers like gatepost-policyd's control socket. usage: policyd.py SOCKET; says when it is ready."""

import socket
import sys

FREE_AT = 1800000000
USERS = {
    "alice@example.org": f"3\t100\t0\t500\t500\t{FREE_AT}",
    "tab\there": "1\t100\t0\t1\t0\t0",
}
NOTHING = "0\t100\t0\t0\t500\t0"


def answer(line):
    word, _, user = line.partition(" ")
    if word == "reset" and USERS.pop(user, None):
        return "OK\n"
    if user == "garbled":
        return "OK\nmessages: used 3\n"
    if word == "usage":
        chosen = {user: USERS.get(user, NOTHING)} if user else USERS
        return "OK\nperiod_ms\t3600000\n" + "".join(f"{usage}\t{name}\n" for name, usage in chosen.items())
    return "ERROR there is no such word\n"


listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("ready", flush=True)
while True:
    client, _ = listener.accept()
    with client, client.makefile("rw", newline="\n") as stream:
        stream.write(answer(stream.readline().rstrip("\n")))
