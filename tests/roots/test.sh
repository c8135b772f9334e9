#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: test.sh [-k NAME] [PYTEST-OPTIONS]  (in a root)
#
# Builds, runs the unit tests and the seeds, then the integration tests, and
# beside those, which mostly wait, what needs builds of its own. The outcome is
# left in /build/result; tests/roots/tally.py counts it.
set -uo pipefail
result=/build/result
name=
if [ "${1:-}" = -k ]; then
    name=$2
fi

# What runs beside the integration tests, on one release each.
case $GP_RELEASE in
12) asides=(package coverage) ;;
13) asides=(package threads distcheck) ;;
esac

# A sanitizer report must fail a test, whoever swallows the program's output.
export ASAN_OPTIONS=abort_on_error=0:exitcode=99:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

unit_tests() {
    local -a units
    cd /build/test/obj || return
    find . -name '*.trs' -delete
    if [ -n "$name" ]; then
        mapfile -t units < <(find tests -type f -executable -name "*$name*" ! -name '*.sh' ! -name '*_answers'
            cd /build/test/src && find tests/suites tests/judges tests/unit -name "*$name*.sh")
        [ ${#units[@]} -eq 0 ] || make --silent -k check TESTS="${units[*]}"
    else
        make --silent -k -j"$(nproc)" check
    fi >$result/units.txt 2>&1
    note_units test
}

# note_units FLAVOUR: the unit tests that were run there, for the tally.
note_units() {
    (cd /build && find "$1/obj" -name '*.trs' ! -path '*/gatepost-*/*') >>$result/units.list
}

# All that runs beside, one after the other; each leaves "passed NAME" or "failed NAME".
run_asides() {
    local aside outcome
    for aside in "${asides[@]}"; do
        [[ $aside == *"$name"* ]] || continue
        echo "failed $aside: did not come to its end" >"$result/$aside.aside"
        outcome="passed $aside"
        bash "/src/tests/roots/$aside.sh" >"$result/$aside.txt" 2>&1 ||
            outcome="failed $aside: see build/debian-$GP_RELEASE/result/$aside.txt"
        echo "$outcome" >"$result/$aside.aside"
        [ "$aside" != threads ] || note_units thread
    done
}

integration_tests() {
    cd /build/test/src || return
    export GP_PACKAGE=/build/test/gatepost.deb
    PYTHONDONTWRITEBYTECODE=1 python3 -m pytest -p no:cacheprovider \
        --rootdir=/build/test/src/tests/integration --junitxml=$result/integration.xml \
        -q --tb=short -W ignore::DeprecationWarning "$@" tests/integration
    case $? in
    0 | 5) ;; # passed, or none of that name
    *) echo "integration: not all passed; logs: build/debian-$GP_RELEASE/result/logs" ;;
    esac
}

rm -rf $result
mkdir -p $result/logs
if ! bash /src/tests/roots/build.sh; then
    echo 'the build failed' >$result/broken
    exit 1
fi
echo "built after $SECONDS s; unit tests"
unit_tests
echo "unit tests done after $SECONDS s; the package"
if ! bash /src/tests/roots/pack.sh /build/test/src /build/test/obj 0.0~test /build/test/gatepost.deb; then
    echo 'the package was not made' >$result/broken
    exit 1
fi
echo "packed after $SECONDS s; integration tests"
(renice -n 10 -p $BASHPID >/dev/null && run_asides) &
integration_tests "$@"
echo "integration tests done after $SECONDS s"
wait
echo "all done after $SECONDS s"
