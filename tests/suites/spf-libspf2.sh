#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The RFC 7208 suite by libspf2, under our rules.
. "${top_srcdir:?}/tests/suites/suites.sh"

suites_need rfc7208-tests.yml
if [ ! -x "${top_builddir:?}/tests/suites/spf_libspf2" ]; then
    echo '1..0 # SKIP libspf2-dev is not installed'
    exit 0
fi
python3 "$top_srcdir/tests/suites/spf-suite.py" "$suites/rfc7208-tests.yml" >"$lines" || exit 99
"$top_builddir/tests/suites/spf_libspf2" <"$lines"
