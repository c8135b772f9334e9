# SPDX-License-Identifier: MIT
"""What the manuals show."""

import re


def shown(page):
    """The literal pieces of a manual's EXAMPLES, without mdoc's escapes."""
    with open(f"/src/man/{page}", encoding="utf-8") as manual:
        examples = manual.read().split(".Sh EXAMPLES")[1].split("\n.Sh ")[0]
    return [piece.replace("\\e", "\\").replace("\\&", "")
            for piece in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", examples, re.M | re.S)]
