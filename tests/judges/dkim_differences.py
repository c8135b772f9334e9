# SPDX-License-Identifier: MIT
"""Where libopendkim and we differ, and why we think ourselves right (RFC 6376, RFC 8301).

A predicate looks at one signature: its tags as written, the record of its key, and the message."""

import re

from dkim_generator import NOW, PUBLIC
from judging import Difference

DOMAIN = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*"
SELECTOR = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
BASE64 = r"[A-Za-z0-9+/\s]*(=\s*){0,2}"
CANON = r"(simple|relaxed)(/(simple|relaxed))?"
TAG = r"\s*[a-z][a-z0-9_]*\s*=[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*"


def pieces(text):
    found = text.split(";")
    return found[:-1] if found[-1].strip() == "" else found


def has_twins(text):
    names = [piece.partition("=")[0].strip() for piece in pieces(text)]
    return len(names) != len(set(names))


def is_tag_list(text):
    return all(re.fullmatch(TAG, piece, re.I | re.S) for piece in pieces(text))


def version_stands_late(opinion):
    """v= of a key record, where it stands, is the first tag, and in capitals."""
    names = [piece.partition("=")[0].strip() for piece in pieces(opinion.key[1])]
    return "v" in names[1:]


def has_broken_record(opinion):
    """An empty tag or the same one twice makes no tag list."""
    return not is_tag_list(opinion.key[1]) or has_twins(opinion.key[1])


def has_odd_key(opinion):
    """p= is the DER of one key, in base64, and nothing behind it."""
    data = re.search(r"(?:^|;)\s*p\s*=([^;]*)", opinion.key[1])
    return data is not None and re.sub(r"\s", "", data[1]) not in PUBLIC.values()


def has_other_query(opinion):
    """Only dns/txt is known; they ask their own lookup whatever stands there."""
    methods = [method.strip().lower() for method in opinion.tags.get("q", "dns/txt").split(":")]
    return "dns/txt" not in methods


def has_no_domain(opinion):
    return re.fullmatch(DOMAIN, opinion.tags.get("d", ""), re.I) is None


def has_no_selector(opinion):
    return re.fullmatch(SELECTOR, opinion.tags.get("s", ""), re.I) is None


def has_length(opinion):
    """What lies behind l= may be anybody's: not a pass unless a setting says so."""
    return re.fullmatch(r"[0-9]+", opinion.tags.get("l", "")) is not None


def has_odd_length(opinion):
    """1*76DIGIT, and no number is too large to be compared."""
    return "l" in opinion.tags and (not re.fullmatch("[0-9]+", opinion.tags["l"]) or len(opinion.tags["l"]) > 18)


def has_two_ats(opinion):
    """The domain of i= stands behind the last at-sign; "=40" is one as well."""
    return opinion.tags.get("i", "").replace("=40", "@").count("@") > 1


def has_zero_time(opinion):
    """0 is a time, and long ago; they read it as none at all."""
    return re.fullmatch("0+", opinion.tags.get("t", "")) is not None


def has_expired_just_now(opinion):
    """x= has passed when it has passed; they allow for clocks that are 300 seconds late."""
    expires = opinion.tags.get("x", "")
    return re.fullmatch("[0-9]{1,12}", expires) is not None and NOW - 300 <= int(expires) < NOW


def has_utf8(opinion):
    """A tag's value may hold UTF-8 (RFC 8616)."""
    return re.search(r"[\x80-\xff]", opinion.value) is not None


def has_twin_tags(opinion):
    return has_twins(opinion.value)


def has_broken_names(opinion):
    """h= holds names of fields with colons between them."""
    return any(not re.fullmatch(r"[!-9<-~]+", name.strip()) for name in opinion.tags.get("h", "").split(":"))


def froms(opinion):
    return [name for name, _ in opinion.case.header() if name.strip().lower() == "from"]


def has_no_from(opinion):
    """A message without From is none of RFC 5322, and From is what is signed for."""
    return not froms(opinion)


def has_more_froms(opinion):
    """A From above or below the one that is signed is what the reader may see."""
    signed = [name for name in opinion.tags.get("h", "").split(":") if name.strip().lower() == "from"]
    return len(froms(opinion)) > len(signed)


def has_broken_canon(opinion):
    return re.fullmatch(CANON, opinion.tags.get("c", "simple"), re.I) is None


def has_broken_tags(opinion):
    return not is_tag_list(opinion.value)


def has_broken_base64(opinion):
    """They pass over what is no base64, and do not miss what is missing at its end."""
    return any(re.fullmatch(BASE64, value) is None or len(re.sub(r"\s", "", value)) % 4 != 0
               for value in (opinion.tags.get("b", ""), opinion.tags.get("bh", "")))


def key_fails(opinion):
    """Whether the field or its key is looked at first is nobody's rule; both mean no pass."""
    return opinion.key[0] == "FAILED"


def key_fails_with_length(opinion):
    """The same, where they hold l= against the body before they have a key."""
    return key_fails(opinion) and has_length(opinion)


def key_fails_good_field(opinion):
    """The same, where they find fault with a field that is good: with one of those named here."""
    return key_fails(opinion) and any(fits(opinion) for fits in (has_two_ats, has_zero_time, has_utf8, has_semicolon_name))


def is_key_of_another_kind(opinion):
    """k= says what p= is; they decode whatever a= wants."""
    kind = re.search(r"(?:^|;)\s*k\s*=\s*([^;]*)", opinion.key[1])
    kind = kind[1].strip().lower() if kind else "rsa"
    return not opinion.tags.get("a", "").lower().startswith(kind + "-")


def has_bare_cr(opinion):
    """A CR without LF is no blank."""
    return re.search(r"\r(?!\n)", opinion.case.message) is not None


def has_semicolon_name(opinion):
    """Any visible byte but a colon may be in the name of a field."""
    return any(";" in name for name, _ in opinion.case.header())


RECORD = "permfail key record malformed"
LATER = "no key|key |body |signature did|part of|more From"  # what we say only with a key in hand
TABLE = [
    Difference("v= of a key not first", "RFC 6376 §3.6.1", RECORD, "success", version_stands_late),
    Difference("key record no tag list", "RFC 6376 §3.2, 3.6.1", RECORD, "success", has_broken_record),
    Difference("more than a key in p=", "RFC 6376 §3.6.1, RFC 8017 A.1.1", RECORD, "success", has_odd_key),
    Difference("k= against a=", "RFC 6376 §3.6.1, 6.1.2", RECORD, "success", is_key_of_another_kind),
    Difference("query method", "RFC 6376 §3.5, 6.1.1", "permfail unknown query method", "success", has_other_query),
    Difference("d= no domain", "RFC 6376 §3.5", "permfail d= is no domain", "success", has_no_domain),
    Difference("s= no selector", "RFC 6376 §3.1", "permfail s= is no selector", "success", has_no_selector),
    Difference("l= within the body", "RFC 6376 §8.2", "permfail part of the body is not signed", "success", has_length),
    Difference("l= no number", "RFC 6376 §3.5", "permfail l= is no length", "success", has_odd_length),
    Difference("at-signs in i=", "RFC 6376 §3.5", "success", "permfail invalid domain coverage", has_two_ats),
    Difference("time zero", "RFC 6376 §3.5", "success", "permfail signature timestamp in the future", has_zero_time),
    Difference("expired a moment ago", "RFC 6376 §3.5", "permfail signature expired", "success", has_expired_just_now),
    Difference("UTF-8 in a tag", "RFC 8616 §3", "success", "permfail unread: Syntax error", has_utf8),
    Difference("tag twice", "RFC 6376 §3.2", "permfail a tag stands twice", "success", has_twin_tags),
    Difference("h= no names", "RFC 6376 §3.5", "permfail h= is malformed", "success", has_broken_names),
    Difference("no From", "RFC 6376 §5.4, RFC 5322 §3.6", "permfail message has no From field", "success", has_no_from),
    Difference("several From", "RFC 6376 §8.15", "permfail more From fields than signed", "success", has_more_froms),
    Difference("blanks in c=", "RFC 6376 §3.5", "permfail unknown canonicalization", "success", has_broken_canon),
    Difference("signature no tag list", "RFC 6376 §3.2", "permfail signature field malformed", "success", has_broken_tags),
    Difference("b= no base64", "RFC 6376 §3.5", "permfail bh?= is no .*", "success", has_broken_base64),
    Difference("bare CR", "RFC 6376 §2.8, 3.4", "success|permfail (signature|body hash) did not verify",
               "success|permfail signature verification failed", has_bare_cr),
    Difference("semicolon in a field's name", "RFC 5322 §3.6.8", "success", "permfail unread: Syntax error", has_semicolon_name),
    Difference("failing key, broken field", "RFC 6376 §6.1", f"permfail (?!{LATER}).*", "tempfail .*", key_fails),
    Difference("broken field, failing key", "RFC 6376 §6.1", "tempfail .*", "permfail .*", key_fails_good_field),
    Difference("l= of a failing key", "RFC 6376 §6.1", "tempfail .*", "permfail (length tag value exceeds body size|body length value invalid)",
               key_fails_with_length),
]
