#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Our DKIM beside libopendkim. GATEPOST_JUDGE_COUNT and GATEPOST_JUDGE_SEED make it
# another run than the usual one.
top_srcdir=${top_srcdir:?} top_builddir=${top_builddir:?}
if [ ! -x "$top_builddir/tests/judges/dkim_answers" ]; then
    echo '1..0 # SKIP libopendkim-dev is not installed'
    exit 0
fi
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 "$top_srcdir/tests/judges/judge_dkim.py"
