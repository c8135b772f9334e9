#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The public ARC suite.
. "${top_srcdir:?}/tests/suites/suites.sh"

suites_need arc-draft-validation-tests.yml arc-draft-sign-tests.yml
python3 "$top_srcdir/tests/suites/arc-suite.py" "$suites/arc-draft-validation-tests.yml" \
    "$suites/arc-draft-sign-tests.yml" >"$lines" || exit 99
"${top_builddir:?}/tests/suites/arc_suite" <"$lines"
