#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: run.sh [FILE]
#
# Without its bounds and checks, one at a time, a parser must fail a test; see
# mutate.py. Works on a copy of the sources, in build/mutate.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
area=$PWD/build/mutate
rm -rf "$area"
mkdir -p "$area/src" "$area/obj"
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar --extract --directory="$area/src"
(cd "$area/src" && autoreconf -fi >/dev/null 2>&1)
(cd "$area/obj" && ../src/configure --quiet --enable-sanitizer=address,undefined CFLAGS='-g -O0 -w')
PYTHONDONTWRITEBYTECODE=1 exec nice python3 tests/mutate/mutate.py "$area/src" "$area/obj" "$@"
