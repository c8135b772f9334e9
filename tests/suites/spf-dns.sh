#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The RFC 7208 suite once more, asked over real DNS on loopback: "mailctl spf" and
# its resolver. From the folder that GATEPOST_SUITES names; where it is missing,
# this test says so and is skipped.
top_srcdir=${top_srcdir:?} top_builddir=${top_builddir:?}
suites=${GATEPOST_SUITES:-$top_srcdir/../shared/suites}
file=$suites/rfc7208-tests.yml

if [ ! -f "$file" ]; then
    echo "1..0 # SKIP no rfc7208-tests.yml in $suites"
    exit 0
fi
if ! python3 -c 'import yaml' 2>/dev/null; then
    echo '1..0 # SKIP python3-yaml is not installed'
    exit 0
fi
lines=$(mktemp) || exit 99
trap 'rm -f "$lines"' EXIT
python3 "$top_srcdir/tests/suites/spf-suite.py" "$file" >"$lines" || exit 99
python3 "$top_srcdir/tests/suites/spf-dns.py" "$top_builddir/mailctl/mailctl" <"$lines"
