# SPDX-License-Identifier: MIT
"""DKIM cases: messages that are signed in all the ways of RFC 6376 and beyond, and then changed."""

import re

NOW = 1794009600
RSA = ("MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91"
       "y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB")
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
SHORT = ("MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhANVGMQF5P/EvBT8uEN18P4Y/SIJ+IPKiMUQKa+C7gGEHLWuuQy1oN0Njwgf4z6uj1GCByLCWsxGcgN"
         "fOvtmq0ZhkEpimsqYvvR2cMCZML8YzIk56hbSOT/qf9FS5rv5zFwIDAQAB")
PUBLIC = {"rsa": RSA, "ed25519": ED25519, "short": SHORT}
ALGORITHMS = {"rsa": "rsa-sha256", "ed25519": "ed25519-sha256", "short": "rsa-sha256"}
BYTES = " \t;:=/@.,\x00\x7f\x80aZ0+\r\n\""
FIELDS = ["To: bob@example.net", "Subject: Is dinner ready?", "Subject:", "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
          "Message-ID: <1@example.com>", "Received: from a\r\n\tby b; Fri, 11 Jul 2003 21:01:54 -0700", "Received: by c",
          "X-Odd:  many   blanks \t here  ", "Subject: folded\r\n text\r\n\tagain", "Comments: \r\n \r\n x", "MIME-Version: 1.0",
          "Cc: \xc3\xa9ric <e@example.net>", "List-Id: <l.example.com>", "x-lower: Value", "References:\r\n <a@b>\r\n <c@d>"]
BODIES = ["", "Hi.\r\n", "Hi.", "Hi.\r\n\r\n\r\n", "\r\n", "\r\n\r\n", "a  b\t c \r\n \t\r\nend\r\n", " \r\n", " ", "x" * 998 + "\r\n",
          "line\r\n" * 40, ".\r\n..\r\n", "tab\tend\t\r\n\t\r\n\r\n", "caf\xc3\xa9\r\n", "a\r\n\r\nb\r\n \r\n\r\n", "no\x00nul\r\n"]


# How odd a case is: many pass, many have the one oddity that divides us, and some are full of them.
ODDNESS = [0.05, 0.05, 0.3, 0.5, 1]


class Dice:
    def __init__(self, rng, oddness):
        self.rng, self.oddness = rng, oddness

    def happens(self, chance):
        return self.rng.random() < chance * self.oddness

    def odd(self, usual, others, chance):
        return self.rng.choice(others) if self.happens(chance) else usual


class Signature(Dice):
    """One that is asked for."""

    def __init__(self, rng, oddness, number):
        super().__init__(rng, oddness)
        self.key = rng.choice(["rsa"] * 6 + ["ed25519"] * 3 + (["short"] if rng.random() < 0.2 else ["rsa"]))
        self.domain = self.odd("example.com", ["sub.example.com", "com", "example..com", "EXAMPLE.com", "example.com.", "", "a b.com",
                                               "x_y.example.com", "example.1", "-a.example.com"], 0.1)
        self.selector = self.odd(f"s{number}", ["a.b", "S1", "", "a_b", "x" * 64, "s..t", "-s"], 0.06)
        self.names = self.h()
        self.canon = rng.choice(["ss", "sr", "rs", "rr", "rr", "rr"])
        self.limit = ""
        self.tags = self.make_tags()

    def h(self):
        rng = self.rng
        names = ["from"] + rng.sample(["to", "subject", "date", "message-id", "x-odd", "received", "cc", "comments", "from", "subject", "References"],
                                      rng.choice([0, 2, 4, 6, 10]))
        rng.shuffle(names)
        if self.happens(0.04):
            names = [name for name in names if name != "from"] or ["to"]
        if self.happens(0.05):
            names.append(rng.choice(["", "a b", "x\x7f", "subject;", "From ", "authentication-results", "x-" + "y" * 80]))
        return self.odd(rng.choice([":", ":", ":", " : ", ":\r\n\t"]), [":\r "], 0.02).join(names)

    def c(self):
        word = {"s": "simple", "r": "relaxed"}
        head, body = word[self.canon[0]], word[self.canon[1]]
        written = [f"{head}/{body}"] + ([head] if body == "simple" else []) + ([None] if self.canon == "ss" else [])
        return self.odd(self.rng.choice(written), ["nofws", "relaxed/", "/simple", "Relaxed/Relaxed", "simple/nowsp", "", "relaxed / relaxed"], 0.05)

    def identity(self):
        d = self.domain
        return self.odd(None, [f"@{d}", f"joe@{d}", f"@sub.{d}", f"joe@a.b.{d}", "joe@other.example", f"joe@x{d}", "joe", "", f"=6Aoe@{d}",
                               f"joe=40x@{d}", f"jo e@{d}", f"@{d}.", f"joe@{d.upper()}", "=ZZ@example.com", f"a@b@{d}"], 0.25)

    def times(self):
        made = self.odd(None, [NOW, NOW - 100, NOW - 10**6, NOW + 100, NOW + 10**5, 0, "x", "", "-5", "1" * 12, "1" * 13, "00" + str(NOW)], 0.3)
        expires = self.odd(None, [NOW + 1000, NOW - 1000, NOW - 100, NOW - 10**6, 0, NOW, "x", "", "9" * 12, "9" * 20, made], 0.25)
        return made, expires

    def make_tags(self):
        rng = self.rng
        length = self.odd(None, ["0", "1", "2", "5", "10", "100", "", "x", "-1", "1" * 30, "007", "5 "], 0.12)
        if length is not None and re.fullmatch(r"\d{1,9} ?", length):
            self.limit = str(int(length))
        made, expires = self.times()
        tags = [("v", self.odd("1", ["2", "0.5", "", "1.0", None], 0.04)),
                ("a", self.odd(ALGORITHMS[self.key], ["rsa-sha1", "rsa-sha512", "RSA-SHA256", "rsa", "", "ed25519-sha256", "rsa-sha256", None], 0.08)),
                ("d", self.odd(self.domain, [None], 0.01)), ("s", self.odd(self.selector, [None], 0.01)), ("c", self.c()),
                ("i", self.identity()), ("t", made), ("x", expires), ("l", length),
                ("q", self.odd(None, ["dns/txt", "dns", "dns/txt:dns/foo", "foo", "foo:dns/txt", "", "DNS/TXT", "dns/foo", "dns / txt"], 0.12)),
                ("z", self.odd(None, ["From:joe@x|To:y", "", "a=3Ab"], 0.04)),
                ("zz", self.odd(None, ["1", "", "a=b", "\xc3\xa9"], 0.08))]
        tags = [(name, value) for name, value in tags if value is not None]
        if rng.random() < 0.2:
            rng.shuffle(tags)
        if self.happens(0.02):
            tags.append(rng.choice(tags))
        if self.happens(0.1):
            tags.append(rng.choice([("1a", "x"), ("", "x"), ("a-b", "x"), ("D", "other.example"), ("v_1", "2"), ("é", "1")]))
        blank = rng.choice([" ", " ", "", "\r\n\t", "  "])
        equals = rng.choice(["=", "=", "=", " = ", "=\r\n "]) if rng.random() < 0.3 else "="
        return blank.join(f"{name}{equals}{value};" for name, value in tags)

    def fields(self):
        return [self.key, self.tags, self.names, self.canon, self.limit]

    # --- its key ---

    def record(self):
        """(status, text)"""
        rng = self.rng
        if self.happens(0.06):
            return rng.choice(["ABSENT", "FAILED"]), ""
        key = PUBLIC[self.odd(self.key, list(PUBLIC), 0.02)]
        kind = "ed25519" if self.key == "ed25519" else "rsa"
        tags = [("v", self.odd("DKIM1", [None, None, "DKIM2", "dkim1", ""], 0.15)),
                ("k", self.odd(kind, [None, "rsa", "ed25519", "dsa", "RSA", ""], 0.12)),
                ("h", self.odd(None, ["sha256", "sha1", "sha1:sha256", "sha256 : x", "", "SHA256", "x"], 0.15)),
                ("s", self.odd(None, ["*", "email", "other", "email:x", "other:*", "", "EMAIL"], 0.15)),
                ("t", self.odd(None, ["y", "s", "y:s", "x", "", "S", "Y : S"], 0.15)),
                ("n", self.odd(None, ["a note", "", "=3B"], 0.05)), ("g", self.odd(None, ["*", "joe", ""], 0.05)),
                ("zz", self.odd(None, ["1", "a=b"], 0.05)),
                ("p", self.odd(key, ["", "!!!", key[:40], key[:-4], key + "AAAA", key[:20] + " \t" + key[20:], key[:-2] + "==", "AAAA", None], 0.1))]
        tags = [(name, value) for name, value in tags if value is not None]
        if self.happens(0.1):
            rng.shuffle(tags)
        if self.happens(0.02):
            tags.append(rng.choice(tags))
        text = rng.choice(["; ", "; ", ";", " ; "]).join(f"{name}={value}" for name, value in tags) + rng.choice(["", "", ";", " ;", "; ;"])
        return "FOUND", text


class Case(Dice):
    def __init__(self, rng):
        super().__init__(rng, rng.choice(ODDNESS))
        fields = rng.sample(FIELDS, rng.choice([1, 3, 6]))
        froms = [rng.choice(["From: Joe <joe@example.com>", "From:joe@example.com", "FROM: joe@example.com\r\n (Joe)"])]
        if self.happens(0.1):
            fields.append("X;Y: z")
        if self.happens(0.04):
            froms = rng.choice([[], ["From: a@example.com", "From: b@example.com"], ["From : Joe <joe@example.com>"]])
        for field in froms:
            fields.insert(rng.randrange(len(fields) + 1), field)
        self.plain = "\r\n".join(fields) + "\r\n\r\n" + rng.choice(BODIES)
        self.signatures = [Signature(rng, self.oddness, number) for number in range(rng.choice([1, 1, 1, 2, 3]))]
        self.changes = []
        self.message = None
        self.keys = {}
        for signature in self.signatures:
            name = f"{signature.selector}._domainkey.{signature.domain}".rstrip(".").lower()
            if re.fullmatch(r"([^.]{1,63}\.)*[^.]{1,63}", name):
                self.keys.setdefault(name, signature.record())

    def forge_line(self):
        return ["forge", self.plain] + [field for signature in self.signatures for field in signature.fields()]

    def judge_line(self):
        return ["judge", str(NOW), self.message] + [field for name, found in self.keys.items() for field in (name, *found)]

    # --- what happens on the way ---

    def change(self, message):
        rng = self.rng
        self.message = message
        while self.happens(0.3):
            name, change = rng.choice([
                ("body appended", lambda m: m + rng.choice(["x", "\r\n", " \r\n", "more\r\n"])),
                ("body changed", self.changed_body), ("signature changed", self.changed_signature), ("field added", self.added_field), ("field removed", self.removed_field),
                ("blanks changed", lambda m: m.replace(": ", ":  ", 1)), ("refolded", lambda m: m.replace("; ", ";\r\n  ", 2)),
                ("case changed", lambda m: m.replace("Subject:", "SUBJECT:").replace("To:", "to:")), ("signature changed", self.changed_signature),
                ("b= folded", lambda m: re.sub(r"b=([A-Za-z0-9+/]{9})", "b=\\1\r\n\t ", m, count=1)),
                ("byte changed", self.changed_byte), ("body shortened", lambda m: m[:-rng.choice([1, 2, 3])] if m[-4:] != "\r\n\r\n" else m),
            ])
            self.changes.append(name)
            self.message = change(self.message)
        if not re.match(r"[!-9;-~]+:", self.message):
            self.message = message

    def changed_body(self, message):
        head, _, body = message.partition("\r\n\r\n")
        return head + "\r\n\r\n" + self.rng.choice([body.replace(" ", "  "), body.replace("i", "I"), body.rstrip(), body + "\r\n\r\n", body.replace("\r\n", "\n")])

    def added_field(self, message):
        field = self.rng.choice(["From: eve@example.org", "Subject: other", "Received: by x", "X-Odd: other", "To: eve@example.org", "DKIM-Signature: v=1", "DKIM-Signature:"])
        head, _, body = message.partition("\r\n\r\n")
        return self.rng.choice([f"{field}\r\n{message}", f"{head}\r\n{field}\r\n\r\n{body}"])

    def removed_field(self, message):
        head, _, body = message.partition("\r\n\r\n")
        fields = re.split(r"\r\n(?![ \t])", head)
        if len(fields) > 2:
            fields.pop(self.rng.randrange(1, len(fields)))
        return "\r\n".join(fields) + "\r\n\r\n" + body

    def changed_signature(self, message):
        end = re.search(r"\r\n(?![ \t])", message).start()
        at = self.rng.randrange(15, max(16, end))
        byte = self.rng.choice(BYTES)
        return self.rng.choice([message[:at] + byte + message[at:], message[:at] + message[at + 1:], message[:at] + byte + message[at + 1:]])

    def changed_byte(self, message):
        at = self.rng.randrange(len(message))
        return message[:at] + self.rng.choice(BYTES) + message[at + 1:]

    # --- for the judges ---

    def header(self):
        """Name and value of each field, as they are on arrival."""
        text = self.message.replace("\r\n", "\n").replace("\n", "\r\n")
        head = text.partition("\r\n\r\n")[0]
        return [field.partition(":")[::2] for field in re.split(r"\r\n(?![ \t])", head)]

    def field(self, number):
        """The value of the signature field with that number, from the top."""
        return [value for name, value in self.header() if name.strip().lower() == "dkim-signature"][number]

    def description(self):
        yield f"changes {self.changes}"
        yield f"message {self.message!r}"
        for name, found in self.keys.items():
            yield f"key {name} {found!r}"
