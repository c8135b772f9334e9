#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: build.sh  (in a root)
#
# Builds /src and its tests in /build, with sanitizers: a copy of the source in
# /build/src, for the source stays read-only, and the objects in /build/obj.
# Only what changed is built again; automake's own rules see to that.
set -euo pipefail
export PATH=/usr/lib/ccache:$PATH
flags=(--prefix=/usr --sysconfdir=/etc --localstatedir=/var --libexecdir=/usr/libexec
    --enable-werror --enable-sanitizer='address,undefined')

# Another compiler or other switches: begin anew.
made_by="$(sha256sum </src/tests/roots/build.sh) $(gcc -dumpfullversion) $GP_ROOT"
if [ "$made_by" != "$(cat /build/made-by 2>/dev/null)" ]; then
    rm -rf /build/src /build/obj
fi

mkdir -p /build/src /build/obj
rsync --archive --delete --filter=':- .gitignore' --exclude=/.git /src/ /build/src/

cd /build/obj
if [ ! -f /build/made-by ] || [ ! -f Makefile ]; then
    (cd /build/src && autoreconf -fi)
    ../src/configure --quiet CFLAGS='-g -O1' "${flags[@]}"
    echo "$made_by" >/build/made-by
fi
make --silent -j"$(nproc)" all
make --silent -j"$(nproc)" check TESTS= >/build/check-build.log 2>&1 || {
    cat /build/check-build.log
    exit 1
}
