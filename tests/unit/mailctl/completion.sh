#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Completion: bash's own function for mailctl, called as bash calls it at the tabulator.
exec bash "${top_srcdir:?}/tests/unit/mailctl/completion.bash" "${top_builddir:?}/mailctl/mailctl"
