#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: coverage.sh [LEAST-PERCENT]  (in a root)
#
# How many lines of lib/ the unit tests and the fuzz seeds reach.
set -euo pipefail
export PATH=/usr/lib/ccache:$PATH
mkdir -p /build/cov/src /build/cov/obj
rsync --archive --delete --filter=':- .gitignore' --exclude=/.git /src/ /build/cov/src/
cd /build/cov/obj
if [ ! -f Makefile ]; then
    (cd ../src && autoreconf -fi)
    ../src/configure --quiet --enable-coverage
fi
find . -name '*.gcda' -delete
make --silent -j"$(nproc)" check >/build/cov/log.txt 2>&1 || {
    tail -n 30 /build/cov/log.txt
    exit 1
}
gcovr --root ../src --filter '../src/lib/' --fail-under-line "${1:-85}" .
