#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: usage.py MAILCTL

The table of commands ("mailctl help --json") is walked: what a verb does not take is refused with
64, before anything is opened. Where a verb gets a new option with a value, a bad value of it must be
listed here. Prints TAP."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

MAILCTL = sys.argv[1]
USAGE, DATA, NO_INPUT, NO_USER, NO_HOST = 64, 65, 66, 67, 68
EXISTS, TEMPORARY, FORBIDDEN, CONFIG = 73, 75, 77, 78

# Values that an option does not take, by its name.
BAD_VALUES = {
    "address": ["192.0.2", "mail.example.org"],
    "algorithm": ["dsa", ""],
    "aliases": ["all", ""],
    "authserv-id": ["two words", "a;b", ""],
    "bits": ["1024", "8192", "many", "-1", ""],
    "color": ["red", ""],
    "default-quota": ["many", "-1", "1X", ""],
    "dmarc-policy": ["destroy", ""],
    "dmarc-reports": ["nobody", "a@b,c@d", ""],
    "caa": ["a b", "; x", ""],
    "dns-timeout": ["soon", "0", "2h", ""],
    "expires": ["soon", "2001-01-01", "30", ""],
    "forget": ["nonsense", ""],
    "format": ["paper", ""],
    "host": ["mail", "a b.example", ""],
    "ip": ["192.0.2", "::g", ""],
    "label": ["", "x" * 101, "a\tb", "7"],
    "login": ["a:b", "a\tb", "x" * 256, ""],
    "match": ["", "a\tb", "x" * 400],
    "make-empty": ["limits", "everything", ""],
    "mta-sts": ["always", ""],
    "nameserver": ["a b", ".."],
    "nameserver-address": ["192.0.2"],
    "name": ["a\nb", "x" * 300],
    "network": ["192.0.2", "192.0.2.0/33", "everywhere", ""],
    "protocols": ["jmap", "imap,all", ""],
    "quota": ["many", "-1", "1X", ""],
    "report-address": ["nobody", "a@b,c@d", ""],
    "min-count": ["many", "-1", ""],
    "resolver": ["nowhere", "192.0.2.1@0"],
    "selector": ["a b", "a..b"],
    "server": ["nowhere", "192.0.2.1@0", ""],
    "service": ["telnet", ""],
    "signing": ["maybe", ""],
    "spf-include": ["net", "a b.example", "localhost", ""],
    "time": ["noon", "-1", ""],
    "tls-reports": ["nobody", "a@b@c", "a;b@c", ""],
    "transport": ["smtp", ":[a.example]", "relayauth:[a.example]", "smtp:a b:c:d", ""],
    "to": ["localhost", "a b.example", ""],
    "ttl": ["0", "604801", "1h", ""],
    "web-host": ["www", "a b.example", ""],
    "with": ["nonsense", ""],
    "without": ["bimi", ""],
    "zone": ["a b", "elsewhere.example", ""],
}
# Values that are data, files or free text: what is wrong with them has other statuses, below.
OTHER_VALUES = {"alias-of", "certificate", "config", "config-directory", "domain", "forward-to", "from",
                "hash", "headers", "helo", "keep", "key", "key-table", "mta-sts-policy", "opendkim", "output",
                "pacc-file", "password-file", "replace", "secret-file", "signing-table"}
# Arguments that a verb takes, and the other options that a bad value needs beside it.
ARGUMENTS = {"app-password add": ["--label", "x"], "spf": ["--ip", "192.0.2.1"], "sign": ["--domain", "example.org"]}
GOOD = {"TABLE": "aliases", "FILE|-": "-", "DOMAIN": "example.org", "ADDRESS": "alice@example.org",
        "USER": "alice@example.org"}

# Whole calls on a directory with example.org, alice@example.org and info@example.org in it.
CALLS = [
    ("no such domain", NO_HOST, "domain show elsewhere.example"),
    ("no such domain: users", NO_HOST, "user list elsewhere.example"),
    ("no such domain: user add", NO_HOST, "user add a@elsewhere.example --no-password"),
    ("no such domain: alias add", NO_HOST, "alias add a@elsewhere.example b@example.net"),
    ("no such domain: aliases", NO_HOST, "alias list elsewhere.example"),
    ("no such domain: keys", NO_HOST, "dkim list elsewhere.example"),
    ("no such domain: dkim generate", NO_HOST, "dkim generate elsewhere.example"),
    ("no such domain: dkim delegate", NO_HOST, "dkim delegate elsewhere.example"),
    ("no such domain: dkim activate", NO_HOST, "dkim activate elsewhere.example"),
    ("no such domain: dkim retire", NO_HOST, "dkim retire elsewhere.example x"),
    ("no such domain: dkim rotate", NO_HOST, "dkim rotate elsewhere.example"),
    ("no such domain: dkim revoke", NO_HOST, "-y dkim revoke elsewhere.example x"),
    ("no such domain: dkim export", NO_HOST, "dkim export elsewhere.example x"),
    ("no such domain: dkim import", NO_HOST, "dkim import elsewhere.example /dev/null --selector x"),
    ("no such domain: dkim delete", NO_HOST, "-y dkim delete elsewhere.example x"),
    ("no such domain: dkim show", NO_HOST, "dkim show elsewhere.example"),
    ("no such domain: dns show", NO_HOST, "dns show elsewhere.example"),
    ("no such domain: dns zone", NO_HOST, "dns zone elsewhere.example"),
    ("no such domain: dns check", NO_HOST, "dns check elsewhere.example"),
    ("no such domain: check", NO_HOST, "check elsewhere.example"),
    ("no such domain: dns diff", NO_HOST, "dns diff elsewhere.example"),
    ("no such domain: dns push", NO_HOST, "dns push elsewhere.example"),
    ("no key file: dns push", NO_INPUT, "dns push example.org --key /nonexistent"),
    ("no such domain: dns set", NO_HOST, "dns set elsewhere.example --ttl 60"),
    ("no such domain: dns options", NO_HOST, "dns options elsewhere.example"),
    ("no such domain: sign", NO_HOST, "sign --domain elsewhere.example -"),
    ("no such domain: delete", NO_HOST, "-y domain delete elsewhere.example"),
    ("no such domain: set", NO_HOST, "domain set elsewhere.example --disable"),
    ("set what", USAGE, "domain set example.org"),
    ("an alias of none of ours", NO_HOST, "domain set example.org --alias-of elsewhere.example"),
    ("an alias of no domain", DATA, "domain set example.org --alias-of localhost"),
    ("an alias with users", DATA, "domain set example.org --alias-of example.org"),
    ("an alias and none", USAGE, "domain set example.org --alias-of example.net --mailboxes"),
    ("a relay and none", USAGE, "domain set example.org --relay --mailboxes"),
    ("a relay with users", DATA, "domain set example.org --relay"),
    ("includes and none", USAGE, "domain set example.org --spf-include a.example --no-spf-includes"),
    ("no such user", NO_USER, "user show bob@example.org"),
    ("no such user: set", NO_USER, "user set bob@example.org --quota 1G"),
    ("no such user: passwd", NO_USER, "user passwd bob@example.org --password-stdin"),
    ("no such user: delete", NO_USER, "-y user delete bob@example.org"),
    ("no such user: app-password add", NO_USER, "app-password add bob@example.org --label x"),
    ("no such user: app-password list", NO_USER, "app-password list bob@example.org"),
    ("no such app password", NO_USER, "app-password revoke alice@example.org x"),
    ("no label", USAGE, "app-password add alice@example.org"),
    ("revoke which", USAGE, "app-password revoke alice@example.org"),
    ("revoke one and all", USAGE, "app-password revoke alice@example.org x --all"),
    ("forwarded to nobody", USAGE, "user set alice@example.org --no-copy"),
    ("forwarded and not", USAGE, "user set alice@example.org --no-forward --forward-to a@b.example"),
    ("forwarded to no address", DATA, "user set alice@example.org --forward-to bob"),
    ("forwarded to oneself", DATA, "user set alice@example.org --forward-to ALICE@example.org"),
    ("forwarded in a circle", DATA, "user set alice@example.org --forward-to info@example.org"),
    ("no such alias: set", NO_USER, "alias set bob@example.org --disable"),
    ("no such alias", NO_USER, "alias show bob@example.org"),
    ("no such alias: delete", NO_USER, "-y alias delete bob@example.org"),
    ("there already: domain", EXISTS, "domain add example.org"),
    ("there already: user", EXISTS, "user add alice@example.org --no-password"),
    ("there already: alias", EXISTS, "alias add info@example.org alice@example.org"),
    ("no domain", DATA, "domain add localhost"),
    ("no domain: dns show", DATA, "dns show localhost"),
    ("no domain: dmarc", DATA, "dmarc ..."),
    ("no domain: sign", DATA, "sign --domain localhost -"),
    ("no address", DATA, "user add alice --no-password"),
    ("no address: alias", DATA, "alias add info alice@example.org"),
    ("no address: target", DATA, "alias add other@example.org alice"),
    ("no such selector", DATA, "dkim show example.org none"),
    ("a rule forbids it", DATA, "user add info@example.org --no-password"),
    ("still in use", DATA, "-y domain delete example.org"),
    ("no key file", NO_INPUT, "sign --domain example.org --selector x --key /nonexistent -"),
    ("no message", NO_INPUT, "verify /nonexistent"),
    ("no backup", NO_INPUT, "restore /nonexistent"),
    ("no backup but a device", DATA, "restore /dev/null"),
    ("a backup onto a device", CONFIG, "backup --overwrite /dev/null"),
    ("a backup onto a file", EXISTS, "backup /etc/passwd"),
    ("no password file", NO_INPUT, "user passwd alice@example.org --password-file /nonexistent"),
    ("no hash", DATA, "user passwd alice@example.org --hash nonsense"),
    ("policyd is down", TEMPORARY, "limit list"),
    ("policyd is down: show", TEMPORARY, "limit show alice@example.org"),
    ("policyd is down: reset", TEMPORARY, "limit reset alice@example.org"),
    ("authd is down", TEMPORARY, "lookup aliases info@example.org"),
    ("nobody to ask", USAGE, "user delete alice@example.org --aliases keep"),
    ("no configuration", CONFIG, "-c /nonexistent domain list"),
]

count = failed = 0


def row(name, good, *why):
    """One line of TAP."""
    global count, failed
    count += 1
    failed += not good
    print("ok" if good else "not ok", count, "-", name)
    if not good:
        for line in why:
            print("# ", line)


def call(arguments, folder):
    done = subprocess.run([MAILCTL, "-c", f"{folder}/conf", *arguments], input="", capture_output=True,
                          text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def refused(name, arguments, folder, status=USAGE):
    """Refused with that status, in words of one line, and nothing on standard output."""
    got, out, err = call(arguments, folder)
    lines = err.splitlines()
    row(f"{name}: {' '.join(arguments)!r}"[:100], got == status and lines and not out
        and all(line.startswith("mailctl: ") for line in lines), f"{got}, not {status}", out, err)


def name_of(command):
    return [command["noun"]] + ([command["verb"]] if command["verb"] else [])


def arguments_of(command):
    words = re.findall(r"[^\s\[\]]+", command["arguments"] or "")[:command["arguments_min"]]
    return [GOOD.get(word, "x") for word in words]


def walk(command, globally, folder):
    words = ["-n", *name_of(command)]  # should one not be refused, nothing happens
    name = " ".join(name_of(command))
    arguments = arguments_of(command)
    refused("unknown option", words + arguments + ["--frobnicate"], folder)
    refused("unknown letter", words + arguments + ["-Z"], folder)
    if command["arguments_min"]:
        refused("too few", words + arguments[1:], folder)
    if command["arguments_max"] is not None:
        refused("too many", words + ["x"] * (command["arguments_max"] + 1), folder)
    if command["verb"]:
        refused("unknown verb", [command["noun"], "frobnicate"], folder)
    for option in command["options"] + globally:
        given = words + arguments + ARGUMENTS.get(name, [])
        if option["argument"] is None:
            refused("a switch with a value", [*given, f"--{option['name']}=x"], folder)
            continue
        refused("no value", [*given, f"--{option['name']}"], folder)
        if option in globally:
            continue
        row(f"{name}: bad values of --{option['name']} are listed",
            option["name"] in BAD_VALUES or option["name"] in OTHER_VALUES)
        for value in BAD_VALUES.get(option["name"], []):
            refused("a bad value", [*given, f"--{option['name']}={value}"], folder)


def try_examples(command, folder):
    """The line is understood; whether it can be done here is another matter."""
    for example in command["examples"]:
        words = [word for word in shlex.split(re.sub(r"[<>|].*", "", example)) if word != "mailctl"]
        if words[0] == "eval":
            continue
        status, out, err = call(["-n", "--dns-timeout", "500ms", *words], folder)
        row(f"example: {example}", status != USAGE or "terminal" in err, status, out, err)


def ask_help(command, folder):
    """The same by the word and by the option: a usage line, what it does, each option."""
    words = name_of(command)
    status, out, err = call(["help", *words], folder)
    other = call([*words, "--help"], folder)
    row(f"help {' '.join(words)}", status == 0 and not err and (status, out, err) == other
        and out.startswith(f"usage: mailctl [OPTIONS] {' '.join(words)}")
        and all(f"--{option['name']}" in out for option in command["options"]), status, out, err)


def ask_way(table, folder):
    """Each step of the way that "help" shows is the whole call of a command."""
    calls = [f"{' '.join(name_of(command))} {command['arguments'] or ''}".replace("[", "") for command in table["commands"]]
    way = call(["help"], folder)[1].partition("The way from nothing")[2].partition("\n\n")[0]
    steps = re.findall(r"mailctl ([a-z ]+[a-z](?: [A-Z]+)?)(?=;|\n|  |$|\")", way)
    row("the way from nothing begins and ends", steps[:1] == ["init"] and steps[-1:] == ["check"], 0, way, "")
    for step in steps:
        row(f"the way from nothing: {step}", any(known.startswith(step) for known in calls), 0, way, "")


def prepare(folder):
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    group = subprocess.run(["id", "-gn"], capture_output=True, text=True, check=True).stdout.strip()
    with open(f"{folder}/conf", "w", encoding="ascii") as conf:
        conf.write(f'state_directory = "{folder}/state"\nrun_directory = "{folder}/run"\n'
                   f'group = "{group}"\nhostname = "mail.example.org"\n'
                   f'milter {{ user = "{user}" }}\npolicyd {{ user = "{user}" }}\n'
                   f'srs {{ group = "{group}" }}\n'
                   f'authd {{ user = "{user}" listen_lookup = "unix:{folder}/lookup" }}\n')
    for arguments in ("init", "domain add example.org", "user add alice@example.org --no-password",
                      "alias add info@example.org alice@example.org"):
        status, _, err = call(arguments.split(), folder)
        assert status == 0, err


def main():
    # Sanitizers would follow each of some hundred calls.
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
    with tempfile.TemporaryDirectory(prefix="gatepost-usage-") as folder:
        os.chmod(folder, 0o755)
        prepare(folder)
        _, out, _ = call(["help", "--json"], folder)
        table = json.loads(out)
        for command in table["commands"]:
            walk(command, table["options"], folder)
            try_examples(command, folder)
            ask_help(command, folder)
        ask_way(table, folder)
        for option in table["options"]:
            for value in BAD_VALUES.get(option["name"], []):
                refused("a bad value", ["dmarc", "example.org", f"--{option['name']}={value}"], folder)
        known = {entry["status"] for entry in table["exit_statuses"]}
        for name, status, line in CALLS:
            refused(name, line.split(), folder, status)
            row(f"{name}: the status is a known one", status in known)
        refused("nothing that is known", ["frobnicate"], folder)
    print(f"1..{count}")


main()
