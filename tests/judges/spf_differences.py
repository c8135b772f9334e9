# SPDX-License-Identifier: MIT
"""Where python3-spf and we differ, and why we think ourselves right (RFC 7208)."""

import copy
import re

from judging import Difference

DECIDED = "(none|neutral|pass|softfail|fail .*)"
ANY = DECIDED + "|(perm|temp)error .*"
VOID = "permerror Void lookup limit of 2 exceeded"
TIMED_OUT = "temperror DNS timeout"
BROKEN = "permerror (a|an|unknown|redirect) .*(malformed|mechanism|lacks its domain|without a .*record.*)"

DOMAIN = r"([a-z0-9_-]+\.)+([a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])"
MACRO = re.compile(r"%(%|_|-|\{[slodiphvcrt]0*[1-9]?[0-9]*r?[.+,/_=-]*\})", re.I)
ZERO = re.compile(r"%\{[a-z]0+(?![0-9])", re.I)


def is_malformed(string):
    """No macro-string by §7.1: what remains without its macros has a per cent sign."""
    return "%" in MACRO.sub("", string) or ZERO.search(string) is not None


def has_macro(case, letter):
    return case.has_term(r".*%\{" + letter + ".*") or any(
        re.search(r"%\{" + letter, data, re.I) for kind, data in case.texts_asked())


def has_several_ats(case):
    """They take the domain behind the first "@"; a quoted local part may hold one."""
    return case.sender.count("@") > 1


def ends_in_dot(case):
    """A label may be empty at the end."""
    return case.sender.endswith(".")


def is_no_domain(case):
    """A HELO name of one label, an address literal, or with a blank in it."""
    return not case.sender and not re.fullmatch(r"([a-z0-9_-]+\.)+[a-z0-9_-]+", case.helo, re.I)


def has_numeric_end(case):
    """They hold the domain at hand against the syntax of one written into a record."""
    return re.search(r"\.[0-9]+$", case.domain) is not None or case.has_term(r"([+?~-]?include:|redirect=).*%\{[ih].*")


def includes_one_label(case):
    """A macro's expansion of one label, or none, is no domain name."""
    return any("." not in name and found for name, found in case.names.items())


def asks_more_than_terms(case):
    """They count each void answer, of exchanges, of validated names and of aliases; the limit is one of terms."""
    return case.has_term(r"[+?~-]?(mx|ptr)\b.*|.*%\{p.*") or bool(case.answers_of("CNAME"))


def has_failing_reverse(case):
    """A failing lookup of the PTR records matches nothing; one of a name's addresses passes over that name."""
    return case.has_term(r"[+?~-]?ptr\b.*|.*%\{p.*") and bool(case.answers_of("TIMEOUT"))


def has_failing_exchange(case):
    """They look up the addresses of all exchanges; one that matches is enough for us, whichever fails."""
    return case.has_term(r"[+?~-]?mx\b.*") and any(
        ("TIMEOUT", "") in found for name, found in case.names.items() if re.match(r"mx\d|c\d", name))


def includes_itself(case):
    """A loop is found by the limit of lookups when it is run into; not where another term comes before."""
    return case.has_term(r"[+?~-]?include:.*")


def has_empty_helo(case):
    """What a macro makes of nothing matches nothing; the record is good all the same."""
    return case.helo == "" and has_macro(case, "h")


def has_doubled_percent(case):
    """They expand a domain that a macro made a second time, when a term takes it for its own."""
    return case.has_term(r"([+?~-]?include:|redirect=).*%([%-]|\{[LSHI]).*")


def ends_in_percent(case):
    """They take the second sign of a final "%%" for the beginning of a macro."""
    return case.has_term("[^/]*%%(/.*)?") or any(data.endswith("%%") for _, data in case.texts_asked())


def has_upper_transformer(case):
    """"r" is without regard to case; they do not reverse for an "R"."""
    return case.has_term(r".*%\{[a-z]\d*(?-i:R).*")


def keeps_validated_name(case):
    """%{p} depends on the domain at hand; they keep the name that they chose for the first."""
    return case.has_term(r".*%\{p.*") and case.has_term(r"([+?~-]?include:|redirect=).*") and any(
        len(found) > 1 for found in case.answers_of("PTR"))


def has_malformed_macro(case):
    """They overlook what stands between a macro's letter and its brace, and zero as a number of parts."""
    return any(is_malformed(term) for term in case.terms())


def has_malformed_explanation(case):
    """The same in an explanation, and bytes there that are no printable ASCII: then there is none."""
    return any(is_malformed(data) or re.search(r"[^ -~]", data) for kind, data in case.texts_asked())


def has_upper_modifier(case):
    """Names of modifiers are without regard to case; they take REDIRECT= and EXP= for unknown ones."""
    return case.has_term(r"(?-i:(?!redirect|exp)(?i:redirect|exp)=.*)")


def has_bare_exists(case):
    """A domain must stand behind exists; behind a qualifier they take the one at hand."""
    return case.has_term(r"[+?~-]exists(/.*)?")


def has_twin_modifier(case):
    """Only redirect= and exp= may not stand twice."""
    return any(len(names) != len(set(names)) for names in (
        [name.lower() for name in re.findall(r"(?<= )([a-z][a-z0-9_.-]*)=", record, re.I)] for record in case.records()))


def has_control_byte(case):
    """Terms are made of visible ASCII."""
    return case.has_term(r".*[\x00-\x20\x7f-\xff].*")


def has_no_local_part(case):
    """They leave "postmaster@" out of %{s}."""
    return "@" not in case.sender and case.sender != "" and has_macro(case, "s") or (
        case.sender.startswith("@") and has_macro(case, "s"))


def has_capitals(case):
    """Domains are lower case to us before anything is made of them, or %{p} compares them."""
    if has_macro(case, "p") and case.has_term(r"([+?~-]?include:|redirect=).*(?-i:[A-Z]).*"):
        return True
    return (all(words.startswith("fail ") for words in case.words) or has_macro(case, "p")) and case.sender.rpartition("@")[2] + case.helo != (case.sender.rpartition("@")[2] + case.helo).lower()


def has_long_explanation(case):
    """They take the first label off an explanation of more than 253 bytes, as if it were a domain name."""
    return any(len(data) > 80 for kind, data in case.texts_asked())


def has_foreign_local_part(case):
    """A local part beyond ASCII makes no name (RFC 8616 §4): its term does not match."""
    return not case.sender.isascii() and (has_macro(case, "l") or has_macro(case, "s"))


def redirects_late(case):
    """They count redirect= among the terms before they know whether anything else matches."""
    return case.has_term("redirect=.*")


# --- the same input without what divides us ---

def changed(case, sender=None, **settings):
    """A copy of what was asked for; nothing new is made up."""
    other = copy.copy(case)
    other.names = {name: list(found) for name, found in case.names.items()}
    other.is_closed = True
    if sender is not None:
        other.sender = sender
    for name, value in settings.items():
        setattr(other, name, value)
    return other


def with_texts(case, change, **settings):
    other = changed(case, **settings)
    other.names = {name: [(kind, change(data) if kind == "TXT" else data) for kind, data in found]
                   for name, found in other.names.items()}
    return other


def without_dot(case):
    return changed(case, case.sender.rstrip("."))


def without_quoted_at(case):
    local, _, domain = case.sender.rpartition("@")
    return changed(case, f"{local.replace('@', '_')}@{domain}")


def without_void_limit(case):
    return changed(case, void_limit=10**6)


def without_failures(case):
    """Names that do not answer have nothing; we have come to a result without them."""
    other = changed(case)
    other.names = {name: [record for record in found if record[0] != "TIMEOUT"] for name, found in other.names.items()}
    return other


def with_lower_transformers(case):
    return with_texts(case, lambda data: re.sub(r"(%\{[a-zA-Z]\d*)R", r"\1r", data))


def with_lower_modifiers(case):
    return with_texts(case, lambda data: re.sub(r"(?<= )(redirect|exp)=", lambda found: found[0].lower(), data, flags=re.I))


def with_postmaster(case):
    return changed(case, "postmaster@" + case.sender.rpartition("@")[2])


def lower_outside_macros(text):
    return re.sub(r"%\{[^}]*\}|[A-Z]+", lambda found: found[0] if found[0].startswith("%") else found[0].lower(), text)


def in_lower_case(case):
    local, at, domain = (case.sender or "postmaster@" + case.helo).rpartition("@")
    return with_texts(case, lambda data: re.sub(r"(?<= )([+?~-]?include:|redirect=)([^ ]*)",
                                                lambda found: found[1] + lower_outside_macros(found[2]), data, flags=re.I),
                      sender=local + at + domain.lower())


def without_foreign_terms(case):
    """What the local part would be a part of names nothing."""
    def change(data):
        if not re.match(r"v=spf1( |$)", data, re.I):
            return "\x80" if re.search(r"%\{[ls]", data, re.I) else data
        data = re.sub(r"(?<= )([+?~-]?)[^ =]*%\{[ls][^ ]*", r"\1exists:nothing.invalid", data, flags=re.I)
        return re.sub(r"(?<= )(redirect|exp)=[^ ]*%\{[ls][^ ]*", r"\1=nothing.invalid", data, flags=re.I)
    return with_texts(case, change, void_limit=10**6)


def with_forgetful_query(case):
    return changed(case, forgets_name=True)


TABLE = [
    Difference("quoted at-sign", "RFC 7208 §4.1, RFC 5321 §4.1.2", ANY, "none", has_several_ats, without_quoted_at),
    Difference("final dot of a domain", "RFC 7208 §4.3", ANY, "none", ends_in_dot, without_dot),
    Difference("no domain name", "RFC 7208 §4.3", "none", ANY, is_no_domain),
    Difference("digits for a last label", "RFC 7208 §7.1", DECIDED, "permerror (Invalid domain found|Use the ip4 mechanism) .*", has_numeric_end),
    Difference("name of one label", "RFC 7208 §4.3", BROKEN, DECIDED + "|" + TIMED_OUT, includes_one_label),
    Difference("void answers", "RFC 7208 §4.6.4", ANY, VOID + "|fail ", asks_more_than_terms, without_void_limit),
    Difference("failing reverse lookup", "RFC 7208 §5.5", ANY, TIMED_OUT + "|fail ", has_failing_reverse, without_failures),
    Difference("failing exchange", "RFC 7208 §5.4", ANY, TIMED_OUT, has_failing_exchange, without_failures),
    Difference("include of itself", "RFC 7208 §4.6.4, 5.2", DECIDED + "|temperror .*", "permerror include has trivial recursion.*", includes_itself),
    Difference("macro expanded twice", "RFC 7208 §7.3", ANY, "permerror invalid-macro-char .*", has_doubled_percent),
    Difference("empty expansion", "RFC 7208 §4.8", ANY, "permerror (redirect has )?empty domain.*", has_empty_helo),
    Difference("%% at the end", "RFC 7208 §7.1", DECIDED, "permerror invalid-macro-char : .*%%|fail ", ends_in_percent),
    Difference("R in a macro", "RFC 7208 §7.1", ANY, ANY, has_upper_transformer, with_lower_transformers),
    Difference("malformed macro", "RFC 7208 §7.1", BROKEN, ANY, has_malformed_macro),
    Difference("malformed explanation", "RFC 7208 §6.2", "fail ", "fail .+", has_malformed_explanation),
    Difference("REDIRECT= and EXP=", "RFC 7208 §4.6.1", ANY, ANY, has_upper_modifier, with_lower_modifiers),
    Difference("exists without a domain", "RFC 7208 §5.7", BROKEN, ANY, has_bare_exists),
    Difference("unknown modifier twice", "RFC 7208 §6", DECIDED, "permerror .*= MUST appear at most once.*", has_twin_modifier),
    Difference("control byte in a modifier", "RFC 7208 §12", BROKEN, ANY, has_control_byte),
    Difference("%{s} without a local part", "RFC 7208 §4.3, 7.3", ANY, ANY, has_no_local_part, with_postmaster),
    Difference("capitals in a domain", "RFC 7208 §7.3", ANY, ANY, has_capitals, in_lower_case),
    Difference("long explanation", "RFC 7208 §6.2", "fail .{254,}", "fail .+", has_long_explanation),
    Difference("local part beyond ASCII", "RFC 8616 §4", ANY, ANY, has_foreign_local_part, without_foreign_terms),
    Difference("%{p} of another domain", "RFC 7208 §7.3", ANY, ANY, keeps_validated_name, with_forgetful_query),
    Difference("redirect= counted early", "RFC 7208 §4.6.4, 6.1", DECIDED, "permerror Too many DNS lookups", redirects_late),
]
