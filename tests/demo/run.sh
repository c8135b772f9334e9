#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: run.sh [--sabotage DAEMON]  (in a root)
#
# Builds Gatepost's package, installs it, and shows it at work.
set -uo pipefail
rm -rf /build/demo
mkdir -p /build/demo
if ! bash /src/tests/roots/deb.sh >/build/demo/build.log 2>&1; then
    tail -n 30 /build/demo/build.log
    echo "demo: FAILED: the build; its log is build/debian-$GP_RELEASE/demo/build.log"
    exit 1
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 /src/tests/demo/demo.py "$@"
