# SPDX-License-Identifier: MIT
"""What messages are made of that besiege a milter, and the good one that is judged beside them."""

from . import mail
from .withholding import GOOD

SENDER = f"alice@{GOOD}"


def good(connection):
    """A message that passes is seen to pass."""
    answer = connection.message(SENDER, mail.letter(SENDER, "bob@example.net"))
    assert answer.verdict == b"c", answer.verdict
    assert "spf=pass" in answer.results and "dmarc=pass" in answer.results, answer.results


def forged_signature(domain, number=0):
    """A DKIM-Signature in good form, for whose key somebody has to be asked."""
    return (f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=sel{number}; h=from; "
            f"bh={'A' * 43}=; b={'A' * 342}==")


def forged_results(authserv_id, number=0):
    return f"{authserv_id}; dmarc=pass header.from=bank{number}.example"


def forged_set(instance, domain):
    """The three fields of an ARC set, in good form."""
    return [
        ("ARC-Seal", f"i={instance}; a=rsa-sha256; t=1792000000; cv={'none' if instance == 1 else 'pass'}; "
                     f"d={domain}; s=sel; b={'A' * 342}=="),
        ("ARC-Message-Signature", f"i={instance}; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=sel; h=from; "
                                  f"bh={'A' * 43}=; b={'A' * 342}=="),
        ("ARC-Authentication-Results", f"i={instance}; {domain}; dmarc=pass header.from={domain}"),
    ]
