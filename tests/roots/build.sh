#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: build.sh  (in a root)
#
# Builds /src in /build: a copy in /build/src, so that the source stays
# read-only, and the objects in /build/obj. Only what changed is built again.
set -euo pipefail
export PATH=/usr/lib/ccache:$PATH
flags=(--prefix=/usr --sysconfdir=/etc --localstatedir=/var --enable-werror
    '--enable-sanitizer=address,undefined')

mkdir -p /build/src /build/obj
rsync --archive --delete --filter=':- .gitignore' --exclude=/.git /src/ /build/src/

cd /build/src
newest=$(find configure.ac Makefile.am ./*/Makefile.inc ./*/*/Makefile.inc tests/unit/*/Makefile.inc \
    tests/fuzz/*.inc -newer configure 2>/dev/null | head -n 1 || true)
if [ ! -f configure ] || [ -n "$newest" ]; then
    autoreconf -fi
fi

cd /build/obj
if [ ! -f config.status ] || [ /build/src/configure -nt config.status ]; then
    ../src/configure --quiet CFLAGS='-g -O1' "${flags[@]}"
fi
make --silent -j"$(nproc)" all
make --silent -j"$(nproc)" check TESTS=
