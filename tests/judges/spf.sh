#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Our SPF beside python3-spf. GATEPOST_JUDGE_COUNT and GATEPOST_JUDGE_SEED make it
# another run than the usual one.
top_srcdir=${top_srcdir:?}
if ! /usr/bin/python3 -c 'import spf' 2>/dev/null; then
    echo '1..0 # SKIP python3-spf is not installed'
    exit 0
fi
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 "$top_srcdir/tests/judges/judge_spf.py"
