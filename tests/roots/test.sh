#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: test.sh [-k NAME] [PYTEST-OPTIONS]  (in a root)
#
# Builds, runs the unit tests and the seeds, then the integration tests. Their
# outcome is left in /build/result; tests/roots/tally.py counts it.
set -uo pipefail
name=
if [ "${1:-}" = -k ]; then
    name=$2
fi
rm -rf /build/result
mkdir -p /build/result/logs

if ! bash /src/tests/roots/build.sh; then
    echo 'the build failed' >/build/result/broken
    exit 1
fi
echo "built after $SECONDS s; unit tests"

# A sanitizer report must fail a test, whoever swallows the program's output.
export ASAN_OPTIONS=abort_on_error=0:exitcode=99:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

cd /build/test/obj || exit 1
find . -name '*.trs' -delete
if [ -n "$name" ]; then
    mapfile -t units < <(find tests -type f -executable -name "*$name*" ! -name '*.sh'
        cd /build/test/src && find tests/suites tests/unit -name "*$name*.sh")
    [ ${#units[@]} -eq 0 ] || make --silent -k check TESTS="${units[*]}" >/build/result/units.txt 2>&1
else
    make --silent -k -j"$(nproc)" check >/build/result/units.txt 2>&1
fi
find . -name '*.trs' | sed 's,^\./,,' >/build/result/units.list

echo "unit tests done after $SECONDS s; integration tests"
for program in milter/gatepost-milter policyd/gatepost-policyd authd/gatepost-authd mailctl/mailctl; do
    [ -x "$program" ] || {
        echo "integration: not run: $program is not built"
        exit 1
    }
done

cd /build/test/src || exit 1
export GP_OBJECTS=/build/test/obj
PYTHONDONTWRITEBYTECODE=1 python3 -m pytest -p no:cacheprovider --rootdir=/build/test/src/tests/integration \
    --junitxml=/build/result/integration.xml -q --tb=short -W ignore::DeprecationWarning "$@" tests/integration
case $? in
0 | 5) ;; # passed, or none of that name
*) echo "integration: not all passed; logs: build/debian-$GP_RELEASE/result/logs" ;;
esac
