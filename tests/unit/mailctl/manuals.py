#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: manuals.py MAILCTL SOURCES

Holds the manuals of mailctl, mailctl(1) and those of its nouns, against the table of
commands ("mailctl help --json"), both ways: each noun has its page, each verb and each of its options
is told there, and nothing is told that is not in the table. The command lines of the examples are
understood, and the help names the page. Prints TAP."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

MAILCTL, SOURCES = sys.argv[1], Path(sys.argv[2])
WITHOUT_PAGE = {"completion", "help"}  # they are told in mailctl(1)
SPECIAL = {r"\e": "\\", r"\(:u": "ü"}  # of roff, as far as examples have it

count = 0


def row(name, *complaints):
    """One line of TAP: good where none of the complaints says anything."""
    global count
    count += 1
    found = [complaint for complaint in complaints if complaint]
    print("not ok" if found else "ok", count, "-", name)
    for complaint in found:
        print("# ", complaint)


def call(*words):
    return subprocess.run([MAILCTL, *words], capture_output=True, text=True, check=True).stdout


class Table:
    """The commands by their names, "domain add"; what a page may tell of them."""

    def __init__(self, table):
        self.commands = {f"{entry['noun']} {entry['verb'] or ''}".strip(): entry for entry in table["commands"]}
        self.globals = {option["name"]: option for option in table["options"]}
        self.statuses = {entry["status"] for entry in table["exit_statuses"]}
        self.pages = {entry["manual"] for entry in table["commands"]} | {"mailctl"}

    def options(self, name):
        return {option["name"]: option for option in self.commands[name]["options"]}

    def of_page(self, page):
        return [name for name, entry in self.commands.items() if entry["manual"] == page]

    def find(self, words):
        """The command that the words begin with, and how many of them name it."""
        for length in (2, 1):
            if len(words) >= length and " ".join(words[:length]) in self.commands:
                return " ".join(words[:length]), length
        return None, 0


def headings_of(text):
    """Per verb, the options that its headings list."""
    entries = {}
    for line in re.findall(r"^\.It Cm (.*)$", text, re.M):
        words = re.match(r"[a-z-]+(?: [a-z-]+)?", line).group()
        entries.setdefault(words, set()).update(re.findall(r"Fl -([a-z-]+)", line))
    return entries


def described_in(text):
    """Options with an entry of their own; several may share one."""
    return {name for line in re.findall(r"^\.It Fl .*$", text, re.M) for name in re.findall(r"Fl -([a-z-]+)", line)}


def shared_in(text):
    """Options that are described beside the verbs: for all of them whose headings do not list them."""
    return {name for section in re.split(r"^(?=\.Sh )", text, flags=re.M)
            if not headings_of(section) for name in described_in(section)}


def hold_verbs(table, page, text):
    headings = headings_of(re.sub(r"^\.Sh NOUNS$.*?^(?=\.Sh )", "", text, flags=re.M | re.S))
    described = shared_in(text)
    for name in table.of_page(page):
        entry = headings.get(name)
        row(f"{page}: {name}", entry is None and "it has no heading")
        options = set(table.options(name))
        row(f"{page}: options of {name}", (missing := options - (entry or set()) - described) and f"missing: {missing}",
            (excess := (entry or set()) - options) and f"too many: {excess}")
    row(f"{page}: no verb of another page", {
        name for name in headings if name in table.commands and name not in table.of_page(page)})
    nouns = {table.commands[name]["noun"] for name in table.of_page(page) if " " in name}
    row(f"{page}: no verb that is not there",
        {name for name in headings if name.split()[0] in nouns and name not in table.commands})


def hold_options(table, page, text):
    """An option of another page's verb is told with that verb, some lines before or behind."""
    known = table.commands if page == "mailctl" else table.of_page(page)
    own = {option for name in known for option in table.options(name)} | set(table.globals)
    lines = text.splitlines()
    unknown = set()
    for number, line in enumerate(lines):
        near = " ".join(lines[max(number - 4, 0):number + 3])
        for option in set(re.findall(r"Fl -([a-z-]+)", line)) - own:
            if not any(f"Cm {name}" in near for name in table.commands if option in table.options(name)):
                unknown.add(option)
    row(f"{page}: no option that is not there", unknown)


def example_lines(text):
    for display in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.M | re.S) + re.findall(r"^\.Dl (.*)$", text, re.M):
        for sign, plain in SPECIAL.items():
            display = display.replace(sign, plain)
        yield from re.sub(r"\\\n\s*", "", re.sub(r"(\||&&)\n\s*", r"\1 ", display)).splitlines()


def calls_in(line):
    """The calls of mailctl in a line of shell, as lists of words behind its name."""
    lexer = shlex.shlex(re.sub(r"^[#$] ", "", line), posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words, found = list(lexer), []
    while words:
        end = next((i for i, word in enumerate(words) if word[0] in "|&;<>"), len(words))
        piece, words = words[:end], words[end + 1:]
        if "mailctl" in piece[:-1]:
            found.append(piece[piece.index("mailctl") + 1:])
    return found


def fault_of(table, words):
    """What is wrong with the call, in words; None where nothing is."""
    plain, given, rest = [], [], list(words)
    letters = {"-c": "config", "-n": "dry-run", "-y": "yes", "-q": "quiet", "-v": "verbose"}
    known = {name: option for command in table.commands for name, option in table.options(command).items()}
    while rest:
        word = rest.pop(0)
        if word == "-" or not word.startswith("-"):
            plain.append(word)
            continue
        option, equals, _ = (letters.get(word) or word.removeprefix("--")).partition("=")
        given.append(option)
        if ({**known, **table.globals}.get(option) or {}).get("argument") and not equals and rest:
            rest.pop(0)
    name, length = table.find(plain)
    if name is None:
        return f"no such command: {plain}"
    entry, arguments = table.commands[name], len(plain) - length
    if set(given) - set(table.options(name)) - set(table.globals):
        return f"no such option: {given}"
    most = entry["arguments_max"] if entry["arguments_max"] is not None else arguments
    return None if entry["arguments_min"] <= arguments <= most else f"{arguments} arguments"


def hold_examples(table, page, text):
    for line in example_lines(text):
        if not re.match(r"(?:[#$] |mailctl |\d+ \d+ )", line):
            continue
        for words in calls_in(line):
            row(f"{page}: {' '.join(words)}"[:100], fault_of(table, words))


def hold_overview(table, text):
    """The list of nouns names each with its page; the options for all verbs and the exit statuses."""
    listed = {noun: page for nouns, page in re.findall(r"^\.It Cm (.*)\n\.Xr (\S+) 1", text, re.M)
              for noun in nouns.split(" , ")}
    row("mailctl: each noun with its page", set(listed.items()) ^ {
        (entry["noun"], entry["manual"]) for entry in table.commands.values() if entry["manual"] != "mailctl"})
    described = described_in(text)
    row("mailctl: global options", set(table.globals) - described, described - set(table.globals))
    section = text[text.index(".Sh EXIT STATUS"):text.index(".Sh EXAMPLES")]
    statuses = {int(number) for line in re.findall(r"^\.It ([0-9 ,]+)$", section, re.M)
                for number in re.findall(r"\d+", line)}
    row("mailctl: exit statuses", statuses ^ table.statuses)


def hold_names(table, page, text):
    """A page is found by the name of each noun in it."""
    names = set(re.findall(r"^\.Nm (mailctl-[a-z-]+)", text[:text.index("\n.Nd")], re.M))
    nouns = {f"mailctl-{table.commands[name]['noun']}" for name in table.of_page(page)}
    row(f"{page}: its names", names ^ nouns and f"{names}, not {nouns}")


def hold_installed(table):
    """Each page by its own name, and by those of the other nouns in it."""
    rules = (SOURCES / "mailctl/Makefile.inc").read_text(encoding="utf-8").replace("\\\n", " ")
    pages = re.findall(r"man/(mailctl[a-z-]*)\.1", re.search(r"^dist_man_MANS.*", rules, re.M).group())
    links = set(re.search(r"^MAILCTL_MAN_LINKS =(.*)", rules, re.M).group(1).split())
    nouns = {(entry["manual"], entry["noun"]) for entry in table.commands.values() if entry["manual"] != "mailctl"}
    row("each page is installed", set(pages) ^ table.pages)
    row("each noun's name leads to its page", links ^ {
        f"{page.removeprefix('mailctl-')}:{noun}" for page, noun in nouns if page != f"mailctl-{noun}"})


def main():
    table = Table(json.loads(call("help", "--json")))
    row("there are commands", not table.commands and "none")
    row("each noun has a page, or a reason", WITHOUT_PAGE ^ {
        entry["noun"] for entry in table.commands.values() if entry["manual"] == "mailctl"})
    files = {path.stem for path in (SOURCES / "man").glob("mailctl*.1")}
    row("each page is there, and no other", files ^ table.pages)
    hold_installed(table)
    for page in sorted(table.pages & files):
        text = (SOURCES / "man" / f"{page}.1").read_text(encoding="utf-8")
        hold_verbs(table, page, text)
        hold_options(table, page, text)
        hold_examples(table, page, text)
        if page == "mailctl":
            hold_overview(table, text)
        else:
            hold_names(table, page, text)
    for name, entry in table.commands.items():
        for words in ([entry["noun"]], name.split()):
            row(f"{' '.join(words)} --help names its page",
                f" {entry['manual']}(1)" not in call(*words, "--help") and "it does not")
    print(f"1..{count}")


main()
