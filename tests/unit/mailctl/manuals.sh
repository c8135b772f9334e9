#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The manuals of mailctl tell of all that there is, and of nothing else.
ASAN_OPTIONS=detect_leaks=0 # it would follow each of some hundred calls
export ASAN_OPTIONS
exec /usr/bin/python3 "${top_srcdir:?}/tests/unit/mailctl/manuals.py" \
    "${top_builddir:?}/mailctl/mailctl" "$top_srcdir"
