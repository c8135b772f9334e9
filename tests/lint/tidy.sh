#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: tidy.sh FLAGS... -- FILE STAMP
#
# Asks clang-tidy about one file; leaves the stamp when it is clean.
set -uo pipefail
flags=()
while [ "$1" != -- ]; do
    flags+=("$1")
    shift
done
if clang-tidy --quiet "$2" -- "${flags[@]}" 2>"$3.log"; then
    mv "$3.log" "$3"
else
    cat "$3.log"
    rm -f "$3.log"
    exit 1
fi
