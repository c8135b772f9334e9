#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: coverage.sh [LEAST-PERCENT]  (in a root)
#
# How many lines of lib/ the unit tests and the fuzz seeds reach, file by file;
# fails where less than LEAST-PERCENT (85) of all of them are.
set -euo pipefail
bash /src/tests/roots/build.sh coverage
cd /build/coverage/obj
find . -name '*.gcda' -delete
make --silent -k -j"$(nproc)" check >/build/coverage/check.txt 2>&1 || {
    grep -E '^(FAIL|ERROR|XPASS)' /build/coverage/check.txt || tail -n 30 /build/coverage/check.txt
    echo 'coverage: a test failed, so there is nothing to count'
    exit 1
}
gcovr --root ../src --filter '../src/lib/' --fail-under-line "${1:-85}" .
