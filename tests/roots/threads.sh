#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: threads.sh  (in a root)
#
# The tests of what has threads, under ThreadSanitizer. A report fails the test
# that made it, also one of a daemon that the test had started.
set -euo pipefail
bash /src/tests/roots/build.sh thread
cd /build/thread/obj
find . -name '*.trs' -delete
make --silent -k check-threads
