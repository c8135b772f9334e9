# SPDX-License-Identifier: MIT
"""Many messages of all kinds over several connections at once, while the milter is reloaded and its
keys are changed; and what it holds of memory and descriptors meanwhile."""

import itertools
import random
import threading
from collections import Counter, namedtuple

from .mail import letter
from .raw_milter import BODY, END_HEADER, HEADER, MAIL, Gone, packet, split_header, strings
from .siege import forged_results, forged_signature
from .waiting import wait_until

NAMESERVER = "127.0.0.54"
OURS, LOGIN = "ours.example", "alice@ours.example"
WORKERS = 16
DOMAINS = 3000
SIGNED = 20
LARGE_BYTES = 1 << 20
MANY = 500
# Small caches are full early, so that what grows later is no cache.
CONFIG = """
dns { timeout = 2s cache_entries = %d }
dmarc { report_size = 1M }
"""
CACHE_ENTRIES = (1000, 1100)
# At these parts of all messages the milter is looked at.
SAMPLES = (10, 50, 100)
CHANGES_A_PART = 6
# What is resident at the end, and by how much that may be more than at the half where so many messages
# stand between the two that caches and the heaps of threads have filled before.
RESIDENT_MAX_MIB, GROWTH_MAX_MIB, GROWTH_MESSAGES = 64, 8, 50_000

Sample = namedtuple("Sample", "percent messages rss_mib descriptors threads")


def block(message):
    """What stands between the envelope and the end of a message, as it goes over the wire."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = (packet(HEADER, strings(name, b" " + value)) for name, value in split_header(head))
    pieces = (packet(BODY, body[start:start + 60000]) for start in range(0, len(body), 60000))
    return b"".join((*fields, packet(END_HEADER), *pieces))


def expect(answer, verdict, *words):
    said = answer.results or answer.text
    assert answer.verdict == verdict and all(word in said for word in words), (verdict, words, answer.verdict, said)


class Worker(threading.Thread):
    """One connection after another, until the messages of the soak's part are sent."""

    def __init__(self, soak, seed):
        super().__init__(daemon=True)
        self.soak, self.random = soak, random.Random(seed)
        self.connection = self.failure = None

    def run(self):
        try:
            self.connection = self.soak.alone.connect()
            while self.soak.take():
                kind = self.random.choices(KINDS, WEIGHTS)[0]
                kind(self)
                self.soak.count(kind.__name__)
            self.connection.quit()
        except BaseException as failure:  # pylint: disable=broad-except
            self.failure = failure
            self.soak.stop()

    def renew(self):
        self.connection.close()
        self.connection = self.soak.alone.connect()

    def exchange(self, sender, rest, recipients=("bob@example.net",), login=None):
        self.connection.begin(sender, recipients, login)
        self.connection.kept += rest
        self.connection.finish(f"4b{self.random.randrange(10**9):09}")
        return self.connection.answer()

    # --- the kinds ---

    def good(self):
        """Signed by somebody who may, from where he may."""
        domain = f"p{self.random.randrange(DOMAINS)}.good.example"
        answer = self.exchange(f"a@{domain}", self.random.choice(self.soak.signed))
        expect(answer, b"c", "spf=pass", "dkim=pass", "dmarc=pass")

    def forged(self):
        domain = "strict.good.example"
        answer = self.exchange(f"a@{domain}", self.soak.forged)
        assert answer.verdict == b"c" and "dmarc=fail" in answer.results, answer.results
        assert any(kind == b"m" for kind, _ in answer.changes), "a forged result stays"

    def outgoing(self):
        answer = self.exchange(LOGIN, self.soak.outgoing, login=LOGIN)
        assert answer.verdict == b"c" and answer.inserted("DKIM-Signature"), (answer.verdict, answer.text)

    def malformed(self):
        answer = self.exchange("<>@@", self.random.choice(self.soak.malformed))
        assert answer.verdict in b"cy", answer.verdict

    def large(self):
        answer = self.exchange(f"a@p{self.random.randrange(DOMAINS)}.good.example", self.soak.large)
        expect(answer, b"c", "spf=pass", "dmarc=pass")

    def many_recipients(self):
        domain = f"p{self.random.randrange(DOMAINS)}.good.example"
        answer = self.exchange(f"a@{domain}", self.soak.signed[0], [f"r{i}@example.net" for i in range(MANY)])
        expect(answer, b"c", "spf=pass", "dkim=pass")

    def stranger(self, zone, result):
        """Of whom nobody has asked yet."""
        sender = f"a@p{next(self.soak.numbers)}.{zone}.example"
        answer = self.exchange(sender, block(letter(sender, "bob@example.net")))
        expect(answer, b"c", f"spf={result}", f"dmarc={result}")

    def late(self):
        self.stranger("late", "pass")

    def failing(self):
        self.stranger("broken", "temperror")

    def silent(self):
        self.stranger("dead", "temperror")

    def aborted(self):
        rest = self.soak.signed[0]
        self.connection.begin("a@p1.good.example")
        self.connection.kept += rest[:self.random.choice(self.soak.bounds)]
        self.connection.abort()

    def vanished(self):
        """In the midst of a command, or with its answer unread."""
        rest = packet(MAIL, strings("<a@p2.good.example>")) + self.soak.signed[0] + packet(b"E")
        self.connection.send(rest[:self.random.randrange(len(rest) + 1)])
        self.renew()

    def garbage(self):
        try:
            self.connection.send(self.random.randbytes(self.random.randrange(1, 300)))
        except Gone:
            pass
        self.renew()


SHARES = {
    Worker.good: 400, Worker.forged: 180, Worker.outgoing: 180, Worker.malformed: 90, Worker.aborted: 50,
    Worker.vanished: 30, Worker.garbage: 10, Worker.many_recipients: 20, Worker.failing: 10, Worker.late: 20,
    Worker.large: 7, Worker.silent: 3,
}
KINDS, WEIGHTS = list(SHARES), list(SHARES.values())


class Soak:
    """One milter (Alone, made), and the names that it asks."""

    def __init__(self, alone, names, transport):
        self.alone, self.names, self.transport = alone, names, transport
        self.lock = threading.Lock()
        self.left = self.done = 0
        self.kinds, self.samples = Counter(), []
        self.numbers = itertools.count()
        self.changes = itertools.count()
        self.signed, self.malformed, self.bounds = [], [], []
        self.forged = self.outgoing = self.large = b""

    # --- what is sent ---

    def prepare(self):
        """Once for a machine: the domain that signs, and the letters."""
        mailctl = self.alone.gatepost.mailctl
        if OURS not in mailctl("domain", "list"):
            mailctl("domain", "add", OURS)
            mailctl("dkim", "generate", OURS, "--dual", "--activate")
        self.signed = [self.sign(number) for number in range(SIGNED)]
        self.bounds = [0, len(self.signed[0])]
        self.forged = block(letter("ceo@strict.good.example", "bob@example.net", headers=[
            ("Authentication-Results", forged_results("mail.example.net")),
            ("DKIM-Signature", forged_signature("good.example"))]))
        self.outgoing = block(letter(LOGIN, "bob@example.net"))
        self.large = block(letter("a@p0.good.example", "bob@example.net", body="line of a large letter\n" * (LARGE_BYTES // 23)))
        self.malformed = [block(each) for each in MALFORMED]

    def sign(self, number):
        machine = self.alone.machine
        if number == 0:
            machine.run("openssl", "genrsa", "-out", "/root/soak.pem", "2048")
            public = machine.run("openssl", "rsa", "-in", "/root/soak.pem", "-pubout").stdout
            self.names.records.pop("soak._domainkey.good.example", None)
            self.names.add("soak._domainkey.good.example", "TXT", "v=DKIM1; p=" + "".join(public.splitlines()[1:-1]))
        plain = letter("a@good.example", "bob@example.net", subject=f"letter {number}", body=f"number {number}\n" * (number * 20 + 1))
        machine.path("/root/soak.eml").write_bytes(plain)
        signed = self.alone.gatepost.mailctl(
            "sign", "--domain", "good.example", "--selector", "soak", "--key", "/root/soak.pem", "/root/soak.eml")
        return block(signed.replace("\r", "").replace("\n", "\r\n").encode())

    # --- who sends ---

    def take(self):
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def stop(self):
        with self.lock:
            self.left = 0

    def count(self, kind):
        with self.lock:
            self.done += 1
            self.kinds[kind] += 1

    def reload(self, entries):
        self.alone.configure(self.transport, NAMESERVER, more=CONFIG % entries)
        self.alone.milter.reload()

    def change_key(self, number):
        mailctl = self.alone.gatepost.mailctl
        mailctl("dkim", "generate", OURS, "--algorithm", "ed25519", "--selector", f"{self.transport}{number}", "--activate")
        if number > 3:
            mailctl("--yes", "dkim", "delete", OURS, f"{self.transport}{number - 3}", "--force")

    def change(self):
        """Something of the milter's becomes different, or is read again."""
        number = next(self.changes)
        if number % 3 == 0:
            self.change_key(number)
        else:
            self.reload(CACHE_ENTRIES[number // 3 % 2])

    def send(self, messages):
        """So many messages, with changes under way."""
        first, self.left = self.done, messages
        workers = [Worker(self, self.done + i) for i in range(WORKERS)]
        for worker in workers:
            worker.start()
        for step in range(CHANGES_A_PART):
            wait_until(lambda: self.left <= 0 or self.done - first >= messages * step / CHANGES_A_PART,
                       "messages to be judged", seconds=3600, interval=0.01)
            self.change()
        for worker in workers:
            worker.join()
        for worker in workers:
            if worker.failure:
                raise worker.failure

    # --- what it holds ---

    def sample(self, percent):
        """Nobody is connected. What libunbound still asks, of which nobody wants to know, is dropped
        before descriptors are counted."""
        self.alone.await_connections(0)
        rss = self.alone.memory_mib("VmRSS")
        assert self.alone.ask("flush").startswith("OK")
        wait_until(lambda: self.lasting() <= self.descriptors, "no more descriptors than at the start",
                   said=lambda: "\n".join(self.alone.descriptors()))
        self.samples.append(Sample(percent, self.done, rss, len(self.alone.descriptors()), self.alone.threads()))

    def memory_faults(self):
        half, whole = self.samples[-2:]
        if whole.rss_mib > RESIDENT_MAX_MIB:
            yield f"{self.transport}: {whole.rss_mib:.1f} MiB at the end"
        if whole.messages - half.messages > GROWTH_MESSAGES and whole.rss_mib - half.rss_mib > GROWTH_MAX_MIB:
            yield f"{self.transport}: {whole.rss_mib:.1f} MiB at the end, {half.rss_mib:.1f} at the half"

    def run(self, messages, said=lambda sample: None):
        """All of it; the milter is started, and left running."""
        self.prepare()
        self.alone.start(self.transport, NAMESERVER, more=CONFIG % CACHE_ENTRIES[0])
        self.warm()
        for percent in SAMPLES:
            self.send(messages * percent // 100 - self.done)
            self.sample(percent)
            said(self.samples[-1])

    def warm(self):
        """All files that are opened once are open."""
        worker = Worker(self, 0)
        worker.connection = self.alone.connect()
        for kind in (Worker.good, Worker.outgoing, Worker.forged):
            kind(worker)
        worker.connection.quit()
        self.alone.await_connections(0)
        assert self.alone.ask("flush").startswith("OK")
        self.descriptors = self.lasting()

    def lasting(self):
        """How many descriptors there are; of the directory each thread that asks at once has its own."""
        return sum("/directory.db" not in name for name in self.alone.descriptors())


MALFORMED = [
    b"\r\n\r\n", b"From: \r\n\r\nx", b"From: a@b@c\r\nFrom: d@e\r\n\r\nx\r\n", b"Subject: nobody wrote this\r\n\r\n",
    b"From: <>\r\nDKIM-Signature: ;;;=;v\r\nDKIM-Signature:\r\n\r\nbare\rreturn and\nfeed\r\n",
    b"From: =?utf-8?b?" + b"A" * 5000 + b"?= <a@good.example>\r\n\r\n" + bytes(range(256)) * 40,
    b"From: (((((((((((((((((((((((( a@good.example\r\nARC-Seal: i=0\r\nARC-Seal: i=99\r\n\r\n",
    b"From: \xff\xfe@\xc3\x28.example\r\nReceived: from [ ( by ;\r\n\r\n" + b"." * 100000,
    b"From: a@" + b"x." * 2000 + b"example\r\nAuthentication-Results: mail.example.net (((\r\n\r\n",
]
