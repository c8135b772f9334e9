#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The public ARC suite, from the folder that GATEPOST_SUITES names. It is not part
# of these sources; where it is missing, this test says so and is skipped.
top_srcdir=${top_srcdir:?} top_builddir=${top_builddir:?}
suites=${GATEPOST_SUITES:-$top_srcdir/../shared/suites}
validation=$suites/arc-draft-validation-tests.yml
signing=$suites/arc-draft-sign-tests.yml

if [ ! -f "$validation" ] || [ ! -f "$signing" ]; then
    echo "1..0 # SKIP no arc-draft-validation-tests.yml and arc-draft-sign-tests.yml in $suites"
    exit 0
fi
if ! python3 -c 'import yaml' 2>/dev/null; then
    echo '1..0 # SKIP python3-yaml is not installed'
    exit 0
fi
lines=$(mktemp) || exit 99
trap 'rm -f "$lines"' EXIT
python3 "$top_srcdir/tests/suites/arc-suite.py" "$validation" "$signing" >"$lines" || exit 99
"$top_builddir/tests/suites/arc_suite" <"$lines"
