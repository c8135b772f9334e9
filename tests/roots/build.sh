#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: build.sh [test|plain]  (in a root)
#
# Builds /src in /build/test, with its tests and the sanitizers, or in
# /build/plain, as a package would be built. Each has a copy of the source, for
# the source stays read-only, and its objects. Only what changed is built
# again; automake's own rules see to that.
set -euo pipefail
flavour=${1:-test}
area=/build/$flavour
export PATH=/usr/lib/ccache:$PATH
flags=(--prefix=/usr --sysconfdir=/etc --localstatedir=/var)
cflags='-g -O2'
if [ "$flavour" = test ]; then
    flags+=(--enable-werror --enable-sanitizer='address,undefined')
    cflags='-g -O1'
fi

# Another compiler or other switches: begin anew.
made_by="$(sha256sum </src/tests/roots/build.sh) $(gcc -dumpfullversion) $GP_ROOT"
if [ "$made_by" != "$(cat "$area/made-by" 2>/dev/null)" ]; then
    rm -rf "$area"
fi

mkdir -p "$area/src" "$area/obj"
rsync --archive --delete --filter=':- .gitignore' --exclude=/.git /src/ "$area/src/"

configure() {
    (cd "$area/src" && autoreconf -fi) &&
        ../src/configure --quiet CFLAGS="$cflags" ARFLAGS=cr "${flags[@]}" &&
        echo "$made_by" >"$area/made-by"
}

build() {
    cd "$area/obj" || return
    if [ ! -f "$area/made-by" ] || [ ! -f Makefile ]; then
        configure || return
    fi
    make --silent -j"$(nproc)" all || return
    if [ "$flavour" = test ]; then
        make --silent -j"$(nproc)" check TESTS=
    fi
}

# Quiet when all is well; a compiler's complaint is what the reader wants first.
if ! build >"$area/build.log" 2>&1; then
    grep -A 12 -E '(error:|Error [0-9]+|\*\*\*)' "$area/build.log" | tail -n 60
    echo "the build failed; its log: build/debian-$GP_RELEASE/$flavour/build.log"
    exit 1
fi
