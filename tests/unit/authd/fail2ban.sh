#!/bin/sh
# SPDX-License-Identifier: MIT
exec /usr/bin/python3 "${top_srcdir:?}/tests/unit/authd/fail2ban.py"
