# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For the tests of public suites, which source it. The suites are not part of
# these sources: GATEPOST_SUITES names their folder.
suites=${GATEPOST_SUITES:-${top_srcdir:?}/../shared/suites}

# suites_need FILE...: where one is missing, the test says so and is skipped.
suites_need() {
    for file in "$@"; do
        if [ ! -f "$suites/$file" ]; then
            echo "1..0 # SKIP no $file in $suites"
            exit 0
        fi
    done
    if ! python3 -c 'import yaml' 2>/dev/null; then
        echo '1..0 # SKIP python3-yaml is not installed'
        exit 0
    fi
    lines=$(mktemp) || exit 99
    trap 'rm -f "$lines"' EXIT
}
