#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Our Authentication-Results fields, read by python3-authres. GATEPOST_JUDGE_COUNT and
# GATEPOST_JUDGE_SEED make it
# another run than the usual one.
top_srcdir=${top_srcdir:?}
if ! /usr/bin/python3 -c 'import authres' 2>/dev/null; then
    echo '1..0 # SKIP python3-authres is not installed'
    exit 0
fi
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 "$top_srcdir/tests/judges/judge_authres.py"
