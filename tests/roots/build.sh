#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: build.sh [FLAVOUR]  (in a root)
#
# Builds /src in /build/FLAVOUR, which has a copy of the source, for the source
# stays read-only, and its objects. Only what changed is built again; automake's
# own rules see to that. The flavours:
#
#   test      all, with the tests, AddressSanitizer and UndefinedBehaviorSanitizer
#   thread    the tests of what has threads, with ThreadSanitizer
#   coverage  all, with the tests, counting lines
#   plain     all, as the package has it, for ./dev upgrade
#   dist      nothing yet: configured, for make distcheck
set -euo pipefail
flavour=${1:-test}
area=/build/$flavour
export PATH=/usr/lib/ccache:$PATH
flags=(--prefix=/usr --sysconfdir=/etc --localstatedir=/var --enable-werror)
cflags='-g -O1'
targets=(all check-programs)
case $flavour in
test) flags+=(--enable-sanitizer='address,undefined') ;;
thread) flags+=(--enable-sanitizer=thread) targets=(threaded-tests) ;;
coverage) flags+=(--enable-coverage) cflags=-g ;;
plain) targets=(all) ;;
dist) targets=() ;;
*)
    echo "build.sh: no such flavour: $flavour" >&2
    exit 64
    ;;
esac

# Another compiler or other switches: begin anew.
made_by="$(sha256sum </src/tests/roots/build.sh) $(gcc -dumpfullversion) $GP_ROOT"
if [ "$made_by" != "$(cat "$area/made-by" 2>/dev/null)" ]; then
    rm -rf "$area"
fi

mkdir -p "$area/src" "$area/obj"
rsync --archive --delete --filter=':- .gitignore' --exclude=/.git /src/ "$area/src/"

configure() {
    (cd "$area/src" && autoreconf -fi) &&
        ../src/configure --quiet CFLAGS="$cflags" "${flags[@]}" &&
        echo "$made_by" >"$area/made-by"
}

build() {
    local target
    cd "$area/obj" || return
    if [ ! -f "$area/made-by" ] || [ ! -f Makefile ]; then
        configure || return
    fi
    for target in "${targets[@]}"; do
        make --silent -j"$(nproc)" "$target" || return
    done
}

# Quiet when all is well; a compiler's complaint is what the reader wants first.
if ! build >"$area/build.log" 2>&1; then
    grep -A 12 -E '(error:|Error [0-9]+|\*\*\*)' "$area/build.log" | tail -n 60
    echo "the build failed; its log: build/debian-$GP_RELEASE/$flavour/build.log"
    exit 1
fi
