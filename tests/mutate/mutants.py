# SPDX-License-Identifier: MIT
"""The bounds and checks of a C source, found in its text, and a source in which each can be taken
away while it runs: GATEPOST_MUTANT is the number of the one that is.

Found are, in every function: the condition of each "if" ("never": as if it were false); each part
of a chain of || ("never") and of && ("always"); each condition of "?" and each comparison that is
returned (both); and each comparison with a named limit ("one more", "one less" for a minimum).
Loops stay as they are but for the parts of their conditions. Assertions are not touched: they are
about our own mistakes."""

import re
from dataclasses import dataclass

SKIPPED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*', re.S | re.M)
LIMIT = re.compile(r"[A-Z][A-Z0-9_]*_(?:MAX|MIN)(?:_[A-Z0-9]+)*\b|\b\w+(?:->|\.)limits\.\w+")
COMPARED_BEFORE = re.compile(r"(?:[<>]=?|[=!]=)\s*$")
COMPARED_BEHIND = re.compile(r"\s*(?:[-+*/]\s*\w+\s*)?(?:<=|>=|==|!=|<(?!<)|>(?!>))")
OR = re.compile(r"\|\|")
COMPARISON = re.compile(r"[=!]=|(?<![-<>])[<>]=?(?![<>=])")
CHOICE = re.compile(r"\|\||&&|\?")
ASSERTION = re.compile(r"\bassert\s*\(")
PAIRS = {"(": ")", "[": "]", "{": "}"}
PRELUDE = (
    "static int gatepost_mutant; char *getenv(const char *); int atoi(const char *); "
    "__attribute__((constructor)) static void gatepost_mutant_read(void) "
    '{ const char *number = getenv("GATEPOST_MUTANT"); gatepost_mutant = number ? atoi(number) : 0; }\n#line 1\n'
)
WRAPPED = {
    "never": ("(gatepost_mutant != {} && (", "))"),
    "always": ("(gatepost_mutant == {} || (", "))"),
    "one more": ("(", " + (gatepost_mutant == {}))"),
    "one less": ("(", " - (gatepost_mutant == {}))"),
}


@dataclass(frozen=True)
class Mutant:
    start: int
    end: int
    change: str
    line: int
    function: str
    condition: str

    def __str__(self):
        return f"{self.line}: {self.function}: {self.change}: {self.condition}"


def masked(text):
    """Comments, strings, characters and preprocessor lines blotted out; every offset as it was."""

    def blot(match):
        keep = "x" if match.group()[0] in "\"'" else " "
        return "".join("\n" if char == "\n" else keep for char in match.group())

    return SKIPPED.sub(blot, text)


def partners(code):
    """Each bracket's offset to that of its partner, both ways."""
    found, opened = {}, []
    for at, char in enumerate(code):
        if char in PAIRS:
            opened.append(at)
        elif char in PAIRS.values():
            found[at] = opened.pop()
            found[found[at]] = at
    return found


def is_assignment(code, at):
    return code[at] == "=" and code[at - 1] not in "=!<>" and code[at + 1] != "="


def is_end(code, at, operator):
    """True where an operand of that operator cannot go on."""
    return (
        code[at] in ";,?:"
        or is_assignment(code, at)
        or code.startswith("return", at)
        or code.startswith(operator, at)
        or (operator == "&&" and code.startswith("||", at))
    )


def operand_before(code, pairs, at, operator):
    start = at
    while start > 0:
        char = code[start - 1]
        if char in PAIRS.values() and char != "}":
            start = pairs[start - 1]
        elif char in "({[}":
            break
        elif code[max(0, start - 6) : start] == "return" or is_end(code, start - 1, operator) or code[start - 2 : start] == operator:
            break
        elif operator == "&&" and code[start - 2 : start] == "||":
            break
        else:
            start -= 1
    return start


def operand_behind(code, pairs, at, operator):
    end = at
    while end < len(code):
        if code[end] in PAIRS.values() or is_end(code, end, operator):
            break
        end = pairs[end] + 1 if code[end] in PAIRS else end + 1
    return end


def stripped(code, start, end):
    piece = code[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def chains(code, pairs):
    """Each part of a chain of && or ||."""
    for match in re.finditer(r"&&|\|\|", code):
        operator, change = match.group(), "always" if match.group() == "&&" else "never"
        yield *stripped(code, operand_before(code, pairs, match.start(), operator), match.start()), change
        yield *stripped(code, match.end(), operand_behind(code, pairs, match.end(), operator)), change


def has_outside(pattern, code, pairs, start, end):
    """True where the pattern stands there outside of all brackets."""
    at = start
    while at < end:
        if pattern.match(code, at, end):
            return True
        at = pairs[at] + 1 if code[at] in PAIRS else at + 1
    return False


def is_or_chain(code, pairs, start, end):
    return has_outside(OR, code, pairs, start, end)


def returns(code, pairs):
    """Each comparison that is returned as it is."""
    for match in re.finditer(r"\breturn\b", code):
        start, end = stripped(code, match.end(), code.index(";", match.end()))
        if has_outside(COMPARISON, code, pairs, start, end) and not has_outside(CHOICE, code, pairs, start, end):
            yield start, end, "never"
            yield start, end, "always"


def conditions(code, pairs):
    """Each condition of an "if", unless its parts are taken away one by one; each of a "?"."""
    for match in re.finditer(r"\bif\s*\(", code):
        start, end = match.end(), pairs[match.end() - 1]
        if not is_or_chain(code, pairs, start, end):
            yield start, end, "never"
    for match in re.finditer(r"\?", code):
        span = stripped(code, operand_before(code, pairs, match.start(), "?"), match.start())
        yield *span, "always"
        if not is_or_chain(code, pairs, *span):
            yield *span, "never"


def limits(code):
    for match in LIMIT.finditer(code):
        if COMPARED_BEFORE.search(code, 0, match.start()) or COMPARED_BEHIND.match(code, match.end()):
            yield match.start(), match.end(), "one less" if "_MIN" in match.group() else "one more"


def functions(code, pairs):
    """The body of each function, with its name."""
    at = behind = 0
    while (at := code.find("{", behind)) != -1:
        head = re.search(r"(\w+)\s*\([^;{}]*\)\s*$", code[behind:at])
        behind = pairs[at] + 1
        if head is not None:
            yield at, behind, head.group(1)


def find(text):
    """All mutants of a source, in the order of their lines."""
    code = masked(text)
    pairs = partners(code)
    bodies = list(functions(code, pairs))
    asserted = [(match.end(), pairs[match.end() - 1]) for match in ASSERTION.finditer(code)]
    found = set()
    for start, end, change in {*chains(code, pairs), *conditions(code, pairs), *returns(code, pairs), *limits(code)}:
        names = [name for first, last, name in bodies if first < start < last]
        if names and not any(first <= start < last for first, last in asserted):
            condition = " ".join(text[start:end].split())
            found.add(Mutant(start, end, change, text.count("\n", 0, start) + 1, names[0], condition))
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.change))


def instrumented(text, numbered):
    """The source with every mutant in it. Of what begins at one place, the longer stands outside."""
    opened, closed = {}, {}
    for number, mutant in numbered:
        before, behind = WRAPPED[mutant.change]
        length = (mutant.end - mutant.start, number)
        opened.setdefault(mutant.start, []).append((length, before.format(number)))
        closed.setdefault(mutant.end, []).append((length, behind.format(number)))
    pieces, last = [PRELUDE], 0
    for at in sorted({*opened, *closed}):
        pieces.append(text[last:at])
        pieces += [piece for _, piece in sorted(closed.get(at, []))]
        pieces += [piece for _, piece in sorted(opened.get(at, []), reverse=True)]
        last = at
    return "".join([*pieces, text[last:]])
