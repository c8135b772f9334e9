#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: demo.py [--sabotage DAEMON]

Gatepost at work: two sites, each with Debian's Postfix and Dovecot and with
Gatepost plugged in, and a name server between them. Every line below is
printed only after it has been proven on bytes that were delivered.
"""

import argparse
import os
import re
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, "/src/tests/integration")

from ground import check, mail  # noqa: E402
from ground.scene import ALICE, BOB, FORGER, Scene  # noqa: E402

LOGS = Path("/build/demo/logs")
WIDTH = 13
MESSAGES, PERIOD_SECONDS = 4, 10


def paint(colour, text):
    codes = {"green": "32", "red": "31", "grey": "90", "bold": "1"}
    return f"\033[{codes[colour]}m{text}\033[0m" if sys.stdout.isatty() else text


def wrap(text, indent, width=96):
    """The text in lines, each but the first indented."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) + 1 > width - indent:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return ("\n" + " " * indent).join([*lines, line])


# ---------------------------------------------------------------- the steps


def stage(scene):
    """Two sites"""
    scene.make()
    for site in scene.sites:
        check.zone_is_strict(site.domain, scene.nameserver.zones[site.domain])
    scene.start()
    return ("example.org and example.net, a Postfix, a Dovecot and a Gatepost each; NSD serves their zones as "
            "mailctl wrote them and named-checkzone accepted them")


def letter(scene):
    """A letter"""
    sent = mail.letter(ALICE[0], BOB[0], "Meet me at the gate")
    mail.submit(scene.org.machine, *ALICE, BOB[0], sent)
    got = mail.await_message(scene.net.machine, *BOB, mail.message_id(sent))
    algorithms = check.signatures_verify(got, "example.org")
    assert sorted(algorithms) == ["ed25519-sha256", "rsa-sha256"], f"signed by {algorithms}"
    results = check.results_on_top(got, "mail.example.net")
    assert results["spf"] == results["dmarc"] == "pass" and results["dkim"] == "pass", results
    return ("alice@example.org logged in and wrote to bob@example.net; in bob's INBOX, over IMAP, her letter has two "
            f"signatures ({' and '.join(sorted(algorithms))}) that python3-dkim verifies, and on top "
            "spf=pass dkim=pass dmarc=pass")


def forgery(scene):
    """A forgery"""
    sent = mail.letter(ALICE[0], BOB[0], "Send money")
    mail.deliver(scene.net.machine, FORGER, "forger.example", ALICE[0], BOB[0], sent)
    got = mail.await_message(scene.net.machine, *BOB, mail.message_id(sent), folder="Junk")
    results = check.results_on_top(got, "mail.example.net")
    assert results["dmarc"] == "fail", results
    return (f"{FORGER} said it was alice@example.org; the message lies in bob's Junk, not in his INBOX, with "
            f"dmarc=fail spf={results['spf']} in its field")


def limit(scene):
    """A limit"""
    site = scene.org
    site.limit(MESSAGES, f"{PERIOD_SECONDS}s")
    _, refusal = check.send_until_refused(site.machine, *ALICE, BOB[0], at_most=MESSAGES + 1)
    assert refusal.code == 450, refusal
    check.send_once_free(site.machine, *ALICE, BOB[0], seconds=3 * PERIOD_SECONDS)
    site.limit()
    return (f"after {MESSAGES} messages in {PERIOD_SECONDS} seconds alice is told: {refusal}; "
            "in the next period she goes on")


def passwords(scene):
    """A password"""
    for outcome in (check.imap_login(scene.net.machine, BOB[0], "wrong"),
                    check.smtp_login(scene.org.machine, ALICE[0], "wrong")):
        assert outcome.kind == "refused", outcome
    scene.net.gatepost.authd.stop()
    scene.org.gatepost.authd.stop()
    try:
        imap = check.imap_login(scene.net.machine, *BOB)
        smtp = check.smtp_login(scene.org.machine, *ALICE)
        assert imap.kind == smtp.kind == "temporary", (imap, smtp)
        scene.org.gatepost.authd.start()
        waiting = mail.letter(ALICE[0], BOB[0], "Patience")
        mail.submit(scene.org.machine, *ALICE, BOB[0], waiting)
        check.waits_in_queue(scene.org, mail.message_id(waiting))
    finally:
        scene.net.gatepost.authd.start()
    scene.org.postfix.flush()
    mail.await_message(scene.net.machine, *BOB, mail.message_id(waiting))
    return (f"a wrong one is refused; with authd stopped a right one is told to come back ({imap}; {smtp}), and mail "
            "to bob waits in the queue; with authd back it arrives")


def restart(scene):
    """A restart"""
    count, answer = check.restart_loses_nothing(scene, ALICE, BOB)
    return (f"the sender's milter is restarted twice, once in the middle of a transfer (answered {answer}), while "
            f"three clients keep sending: {count} letters sent, {count} in bob's INBOX, each with two good signatures")


STEPS = (stage, letter, forgery, limit, passwords, restart)


# ---------------------------------------------------------------- the show


def versions():
    """What the demo runs on, in one line."""
    release = re.search(r'VERSION_ID="(\d+)"', Path("/etc/os-release").read_text(encoding="ascii")).group(1)
    return f"Debian {release}: " + ", ".join(check.server_versions())


def keep_logs(scene):
    LOGS.mkdir(parents=True, exist_ok=True)
    for name, text in scene.logs().items():
        (LOGS / f"{name.replace('/', '-')}.log").write_text(text)


def play(scene):
    """Plays the steps; returns what failed, or None."""
    for number, step in enumerate(STEPS, 1):
        began = time.monotonic()
        title = step.__doc__
        try:
            proof = step(scene)
        except Exception as error:
            LOGS.mkdir(parents=True, exist_ok=True)
            (LOGS / "traceback.log").write_text(traceback.format_exc())
            print(f"  {paint('red', 'FAILED')}  {title}: {wrap(str(error)[:2000], 10)}", flush=True)
            return title
        took = f"{time.monotonic() - began:.1f} s"
        print(f"  {number}  {paint('bold', title.ljust(WIDTH))}{wrap(proof, 5 + WIDTH)} "
              f"{paint('grey', f'[{took}]')}", flush=True)
    return None


def main():
    parser = argparse.ArgumentParser(prog="./dev demo")
    parser.add_argument("--sabotage", choices=("milter", "policyd", "authd"), action="append", default=[],
                        help="put /bin/true in this daemon's place; the demo must then fail")
    scene = Scene(sabotage=parser.parse_args().sabotage)
    print(f"{paint('bold', 'Gatepost')} beside stock servers on {versions()}\n", flush=True)
    failed = None
    try:
        failed = play(scene)
    finally:
        faults = scene.stop()
        keep_logs(scene)
    if failed is None and faults:
        failed = "the end: " + "; ".join(faults)
    if failed is not None:
        where = f"build/debian-{os.environ['GP_RELEASE']}/demo/logs"
        print(f"\n{paint('red', 'demo: FAILED')} at {failed}; the logs are in {where}")
        return 1
    print(f"\n{paint('green', 'demo: ok')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
