#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The RFC 7208 suite once more, asked over real DNS on loopback: "mailctl spf" and
# its resolver.
. "${top_srcdir:?}/tests/suites/suites.sh"

suites_need rfc7208-tests.yml
python3 "$top_srcdir/tests/suites/spf-suite.py" "$suites/rfc7208-tests.yml" >"$lines" || exit 99
python3 "$top_srcdir/tests/suites/spf-dns.py" "${top_builddir:?}/mailctl/mailctl" <"$lines"
