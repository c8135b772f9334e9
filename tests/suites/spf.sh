#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The RFC 7208 suite, from a table of answers.
. "${top_srcdir:?}/tests/suites/suites.sh"

suites_need rfc7208-tests.yml
python3 "$top_srcdir/tests/suites/spf-suite.py" "$suites/rfc7208-tests.yml" >"$lines" || exit 99
"${top_builddir:?}/tests/suites/spf_suite" <"$lines"
