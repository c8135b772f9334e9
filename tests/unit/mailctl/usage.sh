#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Each verb of mailctl, called wrongly in each way: the exit statuses are those of the manual.
exec /usr/bin/python3 "${top_srcdir:?}/tests/unit/mailctl/usage.py" \
    "${top_builddir:?}/mailctl/mailctl"
