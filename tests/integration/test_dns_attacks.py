# SPDX-License-Identifier: MIT
"""Name servers that would do harm, and senders who make us ask. Each attack has its bound, counted in
questions that the name server saw, its right result, and strangers who are judged rightly while it
is under way."""

import base64
import itertools
import re
import threading

import authres
import pytest

from ground import rogue
from ground.rogue import Cuts, Rogue, Says, Silent, framed, packet, record
from ground.waiting import wait_until

CLIENT = "203.0.113.66"
REVERSE = ".".join(reversed(CLIENT.split("."))) + ".in-addr.arpa"
TEN = range(10)
# As the manual has it: for one message, whatever it says.
QUESTIONS_MAX = 512
# The wait for those who do not answer.
IMPATIENT = 'dns { timeout = "1s" }\n'
PATIENT = 'dns { timeout = "60s" }\n'
NUMBERS = itertools.count(1)
# libunbound follows eleven aliases.
ALIASES_MAX = 12
SPF_PASS = f"v=spf1 ip4:{CLIENT} -all"


@pytest.fixture
def names():
    """A name server, and below good.example as many good senders as one likes."""
    server = Rogue()
    server.make_up("good.example", lambda name: [
        ("TXT", "v=DMARC1; p=reject" if name.startswith("_dmarc.") else SPF_PASS)])
    return server


@pytest.fixture
def patient(alone, names):
    alone.start("event", names.server, more=PATIENT)
    return alone


@pytest.fixture
def impatient(alone, names):
    alone.start("event", names.server, more=IMPATIENT)
    return alone


# --- messages ---

def letter(author, fields=()):
    head = [*fields, ("From", author), ("To", "bob@example.net"), ("Date", "Sat, 21 Nov 2026 12:00:00 +0000"),
            ("Message-ID", f"<{next(NUMBERS)}@test.example>"), ("Subject", "Attack")]
    return "".join(f"{name}: {value}\r\n" for name, value in head).encode() + b"\r\nHello.\r\n"


def send(alone, sender, author=None, fields=(), client=CLIENT):
    """One message in a session of its own; the answer."""
    session = alone.connect(client)
    answer = session.message(sender, letter(author or sender, fields))
    session.quit()
    return answer


def read(answer):
    """The results in order, as (method, result)."""
    parsed = authres.AuthenticationResultsHeader.parse_value(answer.results)
    return [(one.method, one.result) for one in parsed.results]


def result(answer, method):
    found = [word for name, word in read(answer) if name == method]
    assert len(found) == 1, answer.results
    return found[0]


def strangers_are_served(alone):
    """Two that nobody has asked for yet: one who may, and one who writes in another's name."""
    honest, victim = (f"n{next(NUMBERS)}.good.example" for _ in range(2))
    answer = send(alone, f"alice@{honest}")
    assert (answer.verdict, result(answer, "spf"), result(answer, "dmarc")) == (b"c", "pass", "pass"), answer.results
    answer = send(alone, "eve@elsewhere.example", f"alice@{victim}")
    assert result(answer, "dmarc") == "fail", answer.results
    assert answer.inserted("X-Gatepost-Action") == ["quarantine"], answer.changes


class Sending:
    """A message on its way, in a thread."""

    def __init__(self, *arguments, **more):
        self.answer = self.error = None
        self.thread = threading.Thread(target=self.run, args=arguments, kwargs=more, daemon=True)
        self.thread.start()

    def run(self, *arguments, **more):
        try:
            self.answer = send(*arguments, **more)
        except BaseException as error:  # pylint: disable=broad-except
            self.error = error

    def wait(self):
        self.thread.join(100)
        if self.error:
            raise self.error
        assert self.answer, "no answer to a message"
        return self.answer


def under_way(alone, names, held, count, **message):
    """Sends the message, and while that many questions below `held` wait for an answer, two strangers
    theirs; then the answers come. Returns the answer to the message."""
    with names.holding(held):
        attack = Sending(alone, **message)
        names.await_questions(held, count)
        strangers_are_served(alone)
        assert attack.thread.is_alive(), "the message did not wait for its answers"
    return attack.wait()


def bounded(questions, most):
    """No more than so many, over UDP and TCP together."""
    assert len(questions) <= most, (len(questions), questions[:40])


# --- SPF that makes us ask ---

def terms(*lists):
    return " ".join(("v=spf1", *itertools.chain(*lists), "-all"))


def tree(name):
    """Ten includes a level, without an end."""
    return [("TXT", terms(f"include:{n}.{name}" for n in TEN))]


def mx_tree(name):
    """The same, and beside the includes exchangers with ten hosts each."""
    if name.partition(".")[0].startswith("m"):
        return [("MX", f"10 h{n}.{name}") for n in TEN]
    if name.startswith("h"):
        return [("A", "192.0.2.1")]
    return [("TXT", terms([f"include:i.{name}"], (f"mx:m{n}.{name}" for n in range(9))))]


def mx_of_ten(name):
    if name == "spf.attack.example":
        return [("TXT", terms(f"mx:m{n}.{name}" for n in TEN))]
    return mx_tree(name)


def pointers(name):
    if name == "spf.attack.example":
        return [("TXT", terms(f"ptr:{n}.{name}" for n in TEN))]
    return [("A", "192.0.2.1")]


def addresses(name):
    if name == "spf.attack.example":
        return [("TXT", terms([f"a:many.{name}"]))]
    return [("A", f"192.0.2.{n}") for n in range(250)]


def voids(name):
    if name == "spf.attack.example":
        return [("TXT", terms(f"exists:%{{i}}.{n}.victim.example" for n in TEN))]
    return []


# Row, records, what is held until strangers were served, SPF's result, and the most questions. RFC 7208
# (§4.6.4) permits ten terms with ten hosts each: 111 questions with that for the record. Terms behind
# one that waits are asked for with it, so that a tree costs what each of its levels permits. What is
# too long for UDP is asked for twice.
FAN_OUTS = [
    ("includes", tree, "0.0.spf.attack.example", "permerror", 1 + sum(range(11))),
    ("includes and exchangers", mx_tree, "i.i.spf.attack.example", "permerror", 1 + sum(range(11))),
    ("exchangers", mx_of_ten, "m0.spf.attack.example", "fail", 111),
    ("pointers", pointers, "spf.attack.example", "fail", 13),
    ("addresses", addresses, "many.spf.attack.example", "fail", 3),
    ("void lookups in a victim's zone", voids, "victim.example", "permerror", 11),
]


@pytest.mark.parametrize("rule, held, wanted, most", [row[1:] for row in FAN_OUTS], ids=[row[0] for row in FAN_OUTS])
def test_spf_fan_out(patient, names, rule, held, wanted, most):
    names.make_up("spf.attack.example", rule)
    names.make_up(REVERSE, lambda name: [("PTR", f"p{n}.{n % 10}.spf.attack.example") for n in range(60)])
    answer = under_way(patient, names, held, 1, sender="eve@spf.attack.example")
    assert result(answer, "spf") == wanted, answer.results
    # The other names are those of DMARC, and the second stranger's own.
    bounded([one for one in names.questions_but("good.example", "elsewhere.example") if not one.name.startswith("_dmarc.")],
            most)


def test_spf_fan_out_by_slow_includes(patient, names):
    """Each record comes when all that stands beside it in the one above has been asked for: the most
    that one message can have us ask."""
    base = "spf.attack.example"
    names.make_up(base, mx_tree)
    gates = {level: names.behave("i." * level + base, rogue.Held()) for level in range(1, 11)}
    attack = Sending(patient, f"eve@{base}")
    hosts = 0
    for level, gate in gates.items():
        hosts += 10 * (10 - level)
        names.await_questions("i." * level + base, 1)
        wait_until(lambda want=hosts: addresses_asked(names, base) >= want, f"{hosts} hosts to be asked for")
        strangers_are_served(patient)
        gate.release()
    assert result(attack.wait(), "spf") == "permerror"
    assert addresses_asked(names, base) == 450
    bounded(names.questions_but("good.example"), QUESTIONS_MAX)


def addresses_asked(names, suffix):
    return len([question for question in names.questions(suffix) if question.kind == "A"])


def test_new_names_for_each_message(patient, names):
    """Whose local part stands in the names asked for: no cache helps, and the bound is each message's."""
    names.add("spf.attack.example", "TXT", terms(f"exists:{n}.%{{l}}.victim.example" for n in TEN))
    for number in range(20):
        assert result(send(patient, f"user{number}@spf.attack.example"), "spf") == "permerror"
        bounded(names.questions(f"user{number}.victim.example"), 10)
    strangers_are_served(patient)


# --- keys ---

HASH = base64.b64encode(bytes(32)).decode()
SIGNATURE = base64.b64encode(bytes(256)).decode()
KEYS = "_domainkey.keys.attack.example"


def signature(number, name="DKIM-Signature", version="v=1"):
    return name, (f"{version}; a=rsa-sha256; c=relaxed/relaxed; d=keys.attack.example; s=s{number};"
                  f" h=from:to:subject; bh={HASH}; b={SIGNATURE}")


def arc_set(number):
    validity = "none" if number == 1 else "pass"
    return (
        ("ARC-Seal", f"i={number}; a=rsa-sha256; cv={validity}; d=keys.attack.example; s=seal{number}; t=1; b={SIGNATURE}"),
        signature(f"arc{number}", "ARC-Message-Signature", f"i={number}"),
        ("ARC-Authentication-Results", f"i={number}; lists.example; none"))


def test_keys(alone, names):
    """A thousand signatures and fifty seals, a key each."""
    alone.start("event", names.server, more=PATIENT + 'milter { header_bytes = "2M" header_fields = 2000 }\n')
    fields = [signature(n) for n in range(1000)] + [field for n in range(50, 0, -1) for field in arc_set(n)]
    answer = under_way(alone, names, KEYS, 10, sender="eve@attack.example", fields=fields)
    results = read(answer)
    assert [word for method, word in results if method == "dkim"] == ["permerror"] * 10 + ["policy"] * 10, results
    assert result(answer, "arc") == "fail"
    asked = names.questions(KEYS)
    bounded(asked, 15)
    assert len([one for one in asked if one.name.startswith("s") and one.name[1].isdigit()]) == 10, asked


# --- the walk ---

@pytest.mark.parametrize("author", ["a.b.c.d.e.f.walk.example", "x." * 98 + "walk.example"], ids=["8 labels", "100 labels"])
def test_walk(patient, names, author):
    """Eight names at the most, and all of them asked for before one is answered."""
    names.make_up("walk.example", lambda name: [("TXT", "v=DMARC1; p=reject")] if name == "_dmarc.walk.example" else [])
    answer = under_way(patient, names, "walk.example", 8, sender="eve@elsewhere.example", author=f"alice@{author}")
    assert result(answer, "dmarc") == "fail"
    asked = [one for one in names.asked if one.name.startswith("_dmarc.") and one.name.endswith(".walk.example")
             or one.name == "_dmarc.example"]
    bounded(asked, 8)


# --- answers that are none ---

def other_question(query, reply):
    name = rogue.nameserver.read_question(query)[0]
    return reply.replace(rogue.nameserver.encode_name(name), rogue.nameserver.encode_name("z" + name[1:]))


def own_name(query):
    return rogue.nameserver.read_question(query)[0]


def alias_of_itself(query, _reply):
    return packet(query, [record(own_name(query), "CNAME", own_name(query))])


def alias_loop(query, _reply):
    name = own_name(query)
    return packet(query, [record(name, "CNAME", f"b.{name}"), record(f"b.{name}", "CNAME", name)])


def alias_without_end(query, _reply):
    """To a name of one more label, and so on."""
    return packet(query, [record(own_name(query), "CNAME", f"c.{own_name(query)}")])


def chain(length):
    """So many aliases, one an answer."""
    def make(query, _reply):
        name = own_name(query)
        first, _, rest = name.partition(".")
        left = int(first[1:]) if first[0] == "c" else length
        return packet(query, [record(name, "CNAME", f"c{left - 1}.{rest}") if left else record(name, "TXT", SPF_PASS)])
    return make


def redirected_tree(query, _reply):
    """What lies below the name's parent lies elsewhere."""
    name = own_name(query)
    first, _, parent = name.partition(".")
    return packet(query, [record(parent, rogue.DNAME, rogue.nameserver.encode_name("dname.good.example")),
                          record(name, "CNAME", f"{first}.dname.good.example")])


def pointer_to_itself(query, _reply):
    end = rogue.nameserver.read_question(query)[2]
    return packet(query, [record(bytes([0xC0, end]), "TXT", SPF_PASS)])


def texts(*payloads, strings=None):
    """TXT records under the name asked for; strings: the data of a further one."""
    def make(query, _reply):
        records = [record(b"\xc0\x0c", "TXT", payload) for payload in payloads]
        return packet(query, records + ([record(b"\xc0\x0c", "TXT", strings)] if strings is not None else []))
    return make


SPF_STRING = bytes([len(SPF_PASS)]) + SPF_PASS.encode()
HUGE = "v=spf1 " + "x" * 64500
# Row, how the name is served, SPF's result, and the most questions about it and what it leads to.
BAD = {
    "silence": (Silent(), "temperror", 1),
    "another id": (Says(lambda query, reply: bytes([reply[0] ^ 1]) + reply[1:]), "temperror", 1),
    "another question": (Says(other_question), "temperror", 1),
    # Older libunbounds take away what is no answer, and what is left is none.
    "another name": (Says(lambda query, _: packet(query, [record("other.example", "TXT", SPF_PASS)])), ("none", "temperror"), 2),
    "format error": (Says(lambda query, _: packet(query, status=rogue.FORMAT_ERROR)), "temperror", 2),
    "server failure": (Says(lambda query, _: packet(query, status=rogue.SERVER_FAILURE)), "temperror", 2),
    "not implemented": (Says(lambda query, _: packet(query, status=rogue.NOT_IMPLEMENTED)), "temperror", 2),
    "refused": (Says(lambda query, _: packet(query, status=rogue.REFUSED)), "temperror", 2),
    "truncated": (Cuts(lambda query, reply: framed(reply)), "pass", 2),
    "truncated, then silence": (Cuts(lambda query, reply: b"", stays_open=True), "temperror", 2),
    "truncated, then a length": (Cuts(lambda query, reply: framed(reply)[:2], stays_open=True), "temperror", 2),
    "truncated, then the half": (Cuts(lambda query, reply: framed(reply)[:40]), "temperror", 2),
    "truncated, then nothing": (Cuts(lambda query, reply: b""), "temperror", 2),
    "alias of itself": (Says(alias_of_itself), "temperror", 2),
    "alias loop": (Says(alias_loop), "temperror", ALIASES_MAX),
    "endless chain": (Says(alias_without_end), "temperror", ALIASES_MAX),
    "chain of 20": (Says(chain(20)), "temperror", ALIASES_MAX),
    "chain of 8": (Says(chain(8)), "pass", 9),
    "tree elsewhere": (Says(redirected_tree), "pass", 1),
    "64 KB": (Cuts(lambda query, reply: framed(texts(HUGE)(query, reply))), "temperror", 2),
    "3,000 records": (Cuts(lambda query, reply: framed(texts(*["junk"] * 2999, SPF_PASS)(query, reply))), "temperror", 2),
    "no string": (Says(texts(SPF_PASS, strings=b"")), "temperror", 2),
    "empty strings": (Says(texts("", strings=b"\0\0" + SPF_STRING + b"\0")), "pass", 1),
    "string over the end": (Says(texts(strings=b"\xff" + SPF_STRING)), "temperror", 2),
    "controls": (Says(texts("v=spf1 \0a:x\r\nX-Evil:\x1b[2Jyes\x7f\x85 -all")), "permerror", 1),
    "pointer to itself": (Says(pointer_to_itself), "temperror", 2),
    "label of another kind": (Says(lambda query, _: packet(query, [record(b"\x80abc\0", "TXT", SPF_PASS)])), "temperror", 2),
    "fewer than said": (Says(lambda query, _: packet(query, [record(b"\xc0\x0c", "TXT", SPF_PASS)], counts=(1, 9, 0, 0))),
                        "temperror", 2),
    "65,535 said": (Says(lambda query, _: packet(query, counts=(1, 65535, 65535, 65535))), "temperror", 2),
    "no question": (Says(lambda query, _: query[:2] + b"\x81\x80" + bytes(8)), "temperror", 2),
    "too short": (Says(lambda query, _: query[:5]), "temperror", 2),
}


def bad_name(row):
    return f"x.{re.sub(r'[^a-z0-9]+', '-', row.lower())}.bad.example"


def questions_of(names, row):
    return names.questions(bad_name(row).partition(".")[2])


def unprintable(text):
    return re.findall(r"[^\n\x20-\x7e]", text)


def test_bad_answers(alone, names, carrier):
    """All at once, so that what one name server does could harm the names of the others."""
    alone.start(carrier, names.server, more=IMPATIENT)
    log_start = len(alone.milter.log())
    for row, (manner, *_) in BAD.items():
        names.add(bad_name(row), "TXT", SPF_PASS)
        names.behave(bad_name(row).partition(".")[2], manner)
    attacks = {row: Sending(alone, f"eve@{bad_name(row)}", "eve@elsewhere.example") for row in BAD}
    strangers_are_served(alone)
    answers = {row: attack.wait() for row, attack in attacks.items()}
    strangers_are_served(alone)
    found = {row: result(answer, "spf") for row, answer in answers.items()}
    assert not [(row, found[row], wanted) for row, (_, wanted, _) in BAD.items()
                if found[row] not in (wanted if isinstance(wanted, tuple) else (wanted,))]
    for row, (_, _, most) in BAD.items():
        bounded(questions_of(names, row), most)
    said = b"".join(data for answer in answers.values() for _, data in answer.changes).replace(b"\0", b"")
    assert not unprintable(alone.milter.log()[log_start:])
    assert not unprintable(said.decode("latin-1").replace("\n\t", "").replace("\n ", ""))


@pytest.mark.parametrize("carried_by, action, verdict", [
    ("event", "accept", b"c"), ("event", "defer", b"y"), ("libmilter", "defer", b"y")])
def test_silence(alone, names, carried_by, action, verdict):
    """One question a name, also where the message comes again while it is out."""
    alone.start(carried_by, names.server, more=IMPATIENT + f'milter {{ on_dns_failure = "{action}" }}\n')
    names.behave("silent.example", Silent())
    for _ in range(2):
        attack = Sending(alone, "eve@silent.example")
        strangers_are_served(alone)
        answer = attack.wait()
        assert answer.verdict == verdict, answer.text
        if action == "accept":
            assert (result(answer, "spf"), result(answer, "dmarc")) == ("temperror", "temperror")
        else:
            assert answer.text.startswith("451 4.7.1"), answer.text
    # The record, and the walk.
    bounded(names.questions("silent.example"), 2)


def test_late_answers(impatient, names):
    """Come after the deadline: the message has its verdict, the next one finds them."""
    names.add("late.example", "TXT", SPF_PASS)
    with names.holding("late.example"):
        answer = send(impatient, "eve@late.example", "eve@elsewhere.example")
        assert result(answer, "spf") == "temperror"
    answer = send(impatient, "eve@late.example", "eve@elsewhere.example")
    assert result(answer, "spf") == "pass"
    bounded(names.questions("late.example"), 1)


def test_no_edns(impatient, names):
    """A server that knows nothing of EDNS is asked without it."""
    def without(query, reply):
        asked_with = len(query) > rogue.nameserver.read_question(query)[2]
        return packet(query, status=rogue.FORMAT_ERROR) if asked_with else reply
    names.behave("example", Says(without))
    strangers_are_served(impatient)


def test_no_tcp(impatient, names):
    """What is truncated cannot be had where nobody listens on TCP."""
    names.refuse_tcp()
    names.behave("cut.example", Cuts(lambda query, reply: b""))
    assert result(send(impatient, "eve@cut.example", "eve@elsewhere.example"), "spf") == "temperror"
    strangers_are_served(impatient)
    bounded(names.questions("cut.example"), 1)


def test_planted_records(impatient, names):
    """What an answer brings along about somebody else's names is not believed."""
    planted = [record("plant.good.example", "TXT", "v=spf1 +all"), record("_dmarc.plant.good.example", "TXT", "v=DMARC1; p=none")]

    def along(query, _reply):
        own = record(own_name(query), "TXT", SPF_PASS)
        return packet(query, [own, *planted], planted, counts=(1, 3, 1, 1))
    names.behave("planter.example", Says(along))
    send(impatient, "eve@planter.example")
    answer = send(impatient, "eve@plant.good.example", client="192.0.2.1")
    assert (result(answer, "spf"), result(answer, "dmarc")) == ("fail", "fail")
    assert len(names.questions("plant.good.example")) >= 2


# --- memory ---

# Messages, and the names that each of them has us ask for; the cache holds fewer.
FLOODS, FLOOD_NAMES = 360, 111
FEW_KEPT = 'dns { timeout = "60s" cache_entries = 2000 }\n'
GROWTH_MAX_MIB = 2


def flood(alone, senders):
    """A message of each, in one session; SPF's results."""
    session = alone.connect()
    found = [result(session.message(sender, letter("eve@elsewhere.example")), "spf") for sender in senders]
    session.quit()
    return found


def of_flood(name):
    """Ten exchangers of ten hosts below each dN.flood.example."""
    label = name.partition(".")[0]
    return mx_tree(name) if label[0] in "mh" else [("TXT", terms(f"mx:m{n}.{name}" for n in TEN))]


def test_many_names(plain, names):
    """They leave a place in the cache to whom mail comes from all the time, and memory stays as it is."""
    plain.start("event", names.server, more=FEW_KEPT)
    names.make_up("flood.example", of_flood)
    regular = {"regular.example": SPF_PASS, "_dmarc.regular.example": "v=DMARC1; p=reject"}
    names.behave("regular.example", Says(
        lambda query, _: packet(query, [record(own_name(query), "TXT", regular[own_name(query)], ttl_s=86400)])))
    sizes = []
    for start in range(0, FLOODS, 10):
        flood(plain, (f"eve@d{n}.flood.example" for n in range(start, start + 10)))
        answer = send(plain, "alice@regular.example")
        assert (result(answer, "spf"), result(answer, "dmarc")) == ("pass", "pass")
        sizes.append(plain.memory_mib("VmRSS"))
    assert len(names.questions("flood.example")) >= FLOODS * FLOOD_NAMES
    bounded(names.questions("regular.example"), 2)
    assert sizes[-1] - sizes[len(sizes) * 3 // 4] < GROWTH_MAX_MIB, sizes
    assert plain.stop() == 0


# As many addresses for each host as we take.
WIDE = [record(b"\xc0\x0c", "A", bytes((192, 0, 2, n))) for n in range(256)]


def of_wide(name):
    """As of_flood(), with the hosts elsewhere."""
    return [(kind, data.replace("wide.example", "hosts.example") if kind == "MX" else data) for kind, data in of_flood(name)]


@pytest.mark.parametrize("kind, messages", [("huge", 40), ("wide", 15)])
def test_memory_of_large_answers(plain, names, kind, messages):
    """64 KB over TCP are not taken; of a hundred hosts with 256 addresses each, a message keeps its
    bounded part."""
    plain.start("event", names.server, more=FEW_KEPT)
    names.behave("huge.example", Cuts(lambda query, reply: framed(texts(HUGE)(query, reply))))
    names.make_up("wide.example", of_wide)
    names.behave("hosts.example", Cuts(lambda query, reply: framed(packet(query, WIDE))))
    peaks = []
    for part in "ab":
        found = flood(plain, [f"eve@{part}{n}.{kind}.example" for n in range(messages)])
        assert set(found) == {"temperror"}, found
        peaks.append(plain.memory_mib("VmHWM"))
    strangers_are_served(plain)
    assert peaks[1] - peaks[0] < GROWTH_MAX_MIB, peaks
    assert plain.stop() == 0
