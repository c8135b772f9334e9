# SPDX-License-Identifier: MIT
"""SPF cases: records from the grammar, near its edges and beyond it, and a DNS that makes up what
a record asks for as it is asked."""

import ipaddress
import re

NAMES = ["example.com", "a.example.com", "b.example.net", "mail.example.org", "_spf.example.com", "x.y.example.com"]
BAD_NAMES = ["com", "example.1", "example..com", "-.example.com", "example.c-", "e" * 64 + ".example.com",
             "example.com:25", "a b.com", "example.com,", "[192.0.2.1]", ".", "a." * 130 + "com", "example.c_m"]
MACROS = ["%{d}", "%{o}", "%{i}", "%{ir}.%{v}", "%{l}", "%{s}", "%{h}", "%{p}", "%{d2}", "%{d1r}", "%{dr}", "%{l1r-}",
          "%{lr-+}", "%{D}", "%{L}", "%{S}", "%{H}", "%{i3}", "%{I}", "%%", "%-", "%_", "%{o1}", "%{d9}", "%{p2}"]
BAD_MACROS = ["%", "%{", "%{d", "%{}", "%{q}", "%{d0}", "%{d 1}", "%{c}", "%{r}", "%{t}", "%(d)", "%{dr2}", "%{d-2}",
              "%{i:}", "% {d}", "%%{d", "%{d2r.x}", "%{00d}", "%{dd}", "%{d01}", "%{d99999999999999999999}", "%{lR-}"]
ENDINGS = [".example.com", ".%{d}", "._spf.%{d2}", "", ".com", "/x.example.com", ".example.com."]
WORDS = ["ip4", "ip6", "a", "mx", "ptr", "exists", "include", "all"]
BYTES = "%{}/:=+-~?. ,_09azAZ\\\"\t\x00\x7f\x80\xe9"


class Case:
    void_limit = 2
    forgets_name = False
    is_closed = False  # no name is made up any more

    def __init__(self, rng):
        self.rng = rng
        self.is_tame = rng.random() < 0.6  # nothing malformed
        self.ip = self.client()
        self.address = ipaddress.ip_address(self.ip)
        if getattr(self.address, "ipv4_mapped", None):
            self.address = self.address.ipv4_mapped
        self.helo = rng.choice(["mail.example.org", "mail.example.org", "a.example.com", "[192.0.2.1]", "host", "HELO.Example.com",
                                "x y", "", "", "h.example.1"])
        self.sender = self.from_sender()
        self.names = {}  # name: list of (type, data), None while nobody knows it
        self.domain = (self.sender.rpartition("@")[2] or self.helo).rstrip(".").lower()
        self.names[self.domain] = [("TXT", text) for text in self.texts(0)]
        for kind in ("A", "AAAA", "MX"):
            if rng.random() < 0.4:
                self.names[self.domain] += self.made_up(kind)

    def client(self):
        return self.rng.choice(["192.0.2.1", "192.0.2.1", "203.0.113.77", "2001:db8::1", "2001:db8:7::beef",
                                "::ffff:192.0.2.1", "::1", "255.255.255.255", "0.0.0.0"])

    def from_sender(self):
        rng = self.rng
        local = rng.choice(["alice", "alice", "strong-bad", "a+b.c", "A_B=c", "\"x y\"", "\xc3\xa9ric", "x%y", "a..b", ""][:4 if self.is_tame else None])
        domain = rng.choice(NAMES[:4] * 5 + ["Example.COM", "example.com."])
        if rng.random() < 0.01:
            local = "\"a@b\""
        return rng.choice([f"{local}@{domain}"] * 12 + [domain, ""])

    # --- the DNS ---

    def addresses(self, version):
        rng = self.rng
        if version == 4:
            pool = ["192.0.2.1", "192.0.2.9", "192.0.3.1", "203.0.113.77", "203.0.113.1", "198.51.100.5"]
        else:
            pool = ["2001:db8::1", "2001:db8::2", "2001:db8:7::beef", "2001:db9::", "::1", "::ffff:192.0.2.1"]
        return rng.sample(pool, rng.choice([1, 1, 2, 3]))

    def made_up(self, kind):
        rng = self.rng
        if kind == "A":
            return [("A", address) for address in self.addresses(4)]
        if kind == "AAAA":
            return [("AAAA", address) for address in self.addresses(6)]
        if kind == "MX":
            names = [f"mx{i}.example.com" for i in range(rng.choice([1, 1, 2, 3, 10, 11]))]
            return [("MX", f"{10 * i} {name}") for i, name in enumerate(names)] if rng.random() < 0.95 else [("MX", "0 ")]
        if kind == "PTR":
            names = [rng.choice(NAMES) for _ in range(rng.choice([1, 1, 2, 3, 11]))]
            return [("PTR", f"p{i}.{name}" if rng.random() < 0.5 else name) for i, name in enumerate(names)]
        return [("TXT", text) for text in self.texts(1)]

    def texts(self, depth):
        rng = self.rng
        roll = rng.random()
        if depth and roll < 0.10:
            return [rng.choice(["no spf", "v=spf10 -all", " v=spf1 -all", "v=spf1\t-all", "", "not yours, %{i}", "%{c} %{s} at %{t}",
                                "see http://%{h}/?s=%{S}&i=%{i}", "bad %{z}", "caf\xe9", "% x", "%{d2.r}", "%{d2r}%_%%%-%{lr-}"])]
        if roll < 0.16:
            return [self.record(depth), rng.choice([self.record(depth), "another text", "v=spf2.0/pra -all"])]
        return [self.record(depth)]

    def answer(self, name, kind):
        """The records of that type; made up where the name is new. None: the server does not answer."""
        name = name.lower().rstrip(".")
        if name not in self.names and self.is_closed:
            return []
        if name not in self.names:
            self.names[name] = self.invent(name, kind)
        found = [(k, data) for k, data in self.names[name] if k in (kind, "CNAME")]
        if not found and ("TIMEOUT", "") in self.names[name]:
            return None
        return found

    def invent(self, name, kind):
        rng = self.rng
        roll = rng.random()
        if not re.fullmatch(r"[a-z0-9_.%+=/-]{1,253}", name) or roll < 0.12:
            return []
        if roll < 0.15:
            return [("NAME", "")]
        if roll < 0.18:
            return [("TIMEOUT", "")]
        if roll < 0.21 and len(name) < 60:
            return [("CNAME", f"c{len(self.names)}.example.net")] if not re.match(r"c\d", name) else []
        return self.made_up(kind)

    # --- records ---

    def record(self, depth):
        rng = self.rng
        terms = [self.term(depth) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4, 5, 12] if depth < 2 else [0, 1, 2]))]
        if rng.random() < 0.02:  # at the limit of lookups
            terms = ["a", "mx"] * rng.choice([4, 5]) + ["ip4:192.0.2.0/24", "redirect=example.com"]
        if depth == 0 and rng.random() < 0.02:
            terms = self.terms_of_two_names()
        if rng.random() < 0.6:
            terms.append(rng.choice(["-all", "~all", "?all", "all", "+all", "-ALL"]))
        for modifier in self.modifiers(depth):
            terms.insert(rng.randrange(len(terms) + 1), modifier)
        text = " ".join([rng.choice(["v=spf1"] * 9 + ["V=SPF1"])] + terms)
        if not self.is_tame and rng.random() < 0.2:
            text = self.mutated(text)
        return text

    def terms_of_two_names(self):
        """The client has a validated name for each of two domains."""
        own = ["a.example.com", "x.p.example.net"]
        self.names[self.address.reverse_pointer] = [("PTR", name) for name in own]
        for name in own:
            self.names[name] = [("A" if self.address.version == 4 else "AAAA", str(self.address))]
        self.names["p.example.net"] = [("TXT", "v=spf1 exists:%{p}._p.example.org ~all")]
        return ["exists:%{p}._p.example.com", "include:p.example.net"]

    def modifiers(self, depth):
        rng = self.rng
        found = []
        if rng.random() < 0.15:
            found.append(f"redirect={self.domain_spec()}")
        if rng.random() < 0.25:
            found.append(f"exp={rng.choice(['exp.example.com', 'why.example.net', self.domain_spec()])}")
        if self.is_tame:
            return found + rng.choice([[]] * 9 + [["moo=%{d}"]])
        if rng.random() < 0.08:
            found.append(rng.choice(["moo=", "moo=%{d}", "default=-", "op=x", "a-b_c.d=1", "accredit=x", "m=%{z}", "1a=b", "exp=",
                                     "redirect=", "redirect:example.com", "exp:example.com", "moo=a moo=b", "m=%", "x=caf\xe9", "r=%{r}"]))
        return found

    def domain_spec(self):
        rng = self.rng
        roll = rng.random()
        if roll < 0.55:
            return rng.choice(NAMES)
        if roll < 0.60:
            return rng.choice(NAMES) + "."
        if roll < 0.62:  # what expands to little or nothing
            return rng.choice(["%-", "%%", "%{h}", "%{l}", "%{DR}.com", "%{p}.%{d}"])
        if roll < 0.64 and not self.is_tame:
            return rng.choice(BAD_NAMES)
        if roll < 0.95 or self.is_tame:
            return rng.choice(MACROS) + rng.choice(ENDINGS[:3] if self.is_tame else ENDINGS)
        return rng.choice(["", "x."]) + rng.choice(BAD_MACROS) + rng.choice(ENDINGS)

    def prefix(self):
        rng = self.rng
        if self.is_tame:
            return rng.choice([""] * 8 + ["/24", "/32", "/0", "/31", "/8"])
        return rng.choice([""] * 16 + ["/24", "/32", "/0", "/33", "//64", "//128", "//0", "//129", "/24//64", "/024", "/", "//", "/-1",
                                      "/24/24", "//64/24", "/24//", "/8 ", "/99999999999999999999", "/31", "//127", "/16//32"])

    def network(self, word):
        rng = self.rng
        four = ["192.0.2.1", "192.0.2.0", "203.0.113.0", "10.0.0.0", "192.0.2", "192.0.2.256", "192.0.02.1", "1.2.3.4.5", "", "x"]
        six = ["2001:db8::1", "2001:db8::", "::", "::1", "2001:DB8:7::BEEF", "::ffff:192.0.2.1", "2001:db8::g", "1::2::3", "2001:db8",
               "::192.0.2.1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::ffff:192.0.2.0", "fe80::1%eth0", "[::1]"]
        if self.is_tame:
            return ":" + rng.choice((four if word == "ip4" else six)[:4]) + self.prefix()
        own, other = (four, six) if word == "ip4" else (six, four)
        return ":" + rng.choice(own[:4] * 8 + own + other[:2]) + self.prefix()

    def term(self, depth):
        rng = self.rng
        word = rng.choice(WORDS[:7] if self.is_tame or rng.random() < 0.9 else WORDS)
        sign = rng.choice(["", "", "", "+", "-", "~", "?"])
        if word in ("ip4", "ip6"):
            body = self.network(word)
        elif word in ("a", "mx"):
            body = rng.choice(["", f":{self.domain_spec()}"]) + self.prefix()
        elif word == "ptr":
            body = rng.choice(["", f":{self.domain_spec()}"])
        elif word == "all":
            body = rng.choice(["", "", ":x", "/8", "."])
        elif self.is_tame:
            body = ":" + self.domain_spec()
        else:
            body = rng.choice([f":{self.domain_spec()}"] * 15 + ["", ":", "/24", f":{self.domain_spec()}/24"])
        if not self.is_tame and rng.random() < 0.03:
            word = rng.choice([word.upper(), word.title(), "ip", "ipv4", "moo", "prt", "all.", ""])
        return sign + word + body

    def mutated(self, text):
        rng = self.rng
        for _ in range(rng.choice([1, 1, 2])):
            at = rng.randrange(len(text) + 1)
            text = rng.choice([
                text[:at] + rng.choice(BYTES) + text[at:],
                text[:at] + text[at + 1:],
                text[:at] + rng.choice(BYTES) + text[at + 1:],
                text[:at] + text[max(0, at - 4):],
                text.swapcase(),
                text[:at],
            ])
        return text if re.match("v=spf1( |$)", text, re.I) else "v=spf1 " + text

    # --- for the judges ---

    def records(self):
        """The texts of all SPF records that somebody asked for."""
        return [data for found in self.names.values() for kind, data in found
                if kind == "TXT" and re.match(r"v=spf1( |$)", data, re.I)]

    def terms(self):
        """The terms of all records."""
        return [term for record in self.records() for term in record.split(" ")[1:] if term]

    def texts_asked(self):
        """All TXT records."""
        return [(kind, data) for found in self.names.values() for kind, data in found if kind == "TXT"]

    def has_term(self, pattern):
        return any(re.fullmatch(pattern, term, re.I | re.S) for term in self.terms())

    def answers_of(self, kind):
        return [found for found in self.names.values() if any(k == kind for k, _ in found)]

    def lines(self, number):
        yield ["scenario", str(number)]
        for name, found in self.names.items():
            for kind, data in found:
                yield ["record", name, kind, data]
        yield ["case", str(number), self.ip, self.helo, self.sender, "-", "-"]

    def description(self):
        yield f"client {self.ip} helo {self.helo!r} sender {self.sender!r}"
        for name, found in self.names.items():
            yield f"{name}: " + (", ".join(f"{kind} {data!r}" for kind, data in found) or "nothing")
