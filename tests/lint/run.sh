#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: run.sh [PART...]
#
# The parts: format house shell python manuals cppcheck tidy fuzz. All by default.
# Each prints one line, or what it found. `./dev lint tidy` runs one alone.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
work=build/lint
mkdir -p "$work"

# files PATTERN...: the tree's files of that name, without what is built.
files() {
    local -a names=()
    local pattern
    for pattern in "$@"; do
        names+=(-o -name "$pattern")
    done
    find . \( -path './build*' -o -path ./.git -o -path ./autom4te.cache \) -prune -o \
        -type f \( "${names[@]:1}" \) -print | sed 's,^\./,,' | sort
}

lint_format() {
    if ! clang-format --version | grep -q 'version 14\.'; then
        echo 'not checked: the tree is formatted by clang-format 14, which this machine lacks'
        return 0
    fi
    files '*.c' '*.h' | xargs -r clang-format --dry-run --Werror 2>&1
}

lint_house() {
    /usr/bin/python3 tests/lint/house.py
}

lint_shell() {
    local -a scripts
    mapfile -t scripts < <(files '*.sh' && grep -lE '^#!/bin/(ba)?sh' dev .ci/run tests/bench/run 2>/dev/null)
    shellcheck --external-sources --severity=warning "${scripts[@]}"
}

lint_python() {
    files '*.py' | xargs -r /usr/bin/python3 -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)'
}

lint_manuals() {
    files '*.[1-8]' | xargs -r mandoc -Tlint -W warning
}

lint_cppcheck() {
    mkdir -p "$work/cppcheck"
    cppcheck --quiet --enable=warning,performance,portability --std=c11 -I. --inline-suppr \
        --suppress=missingIncludeSystem --error-exitcode=1 -j"$(nproc)" \
        --cppcheck-build-dir="$work/cppcheck" lib milter policyd authd mailctl 2>&1
}

# A file that was clean is asked again only when it, a header or the rules have changed.
lint_tidy() {
    local headers file stamp
    local -a flags todo=()
    configure_for_tidy || return 1
    mapfile -t flags < <(tidy_flags)
    headers=$(files '*.h' | xargs cat .clang-tidy | sha256sum)
    mkdir -p "$work/tidy"
    for file in $(files '*.c' | grep -v '^tests/'); do
        stamp=$(echo "$headers" | cat - "$file" | sha256sum)
        [ -e "$work/tidy/${stamp%% *}" ] || todo+=("$file" "$work/tidy/${stamp%% *}")
    done
    [ ${#todo[@]} -gt 0 ] || return 0
    printf '%s\n' "${todo[@]}" | xargs -n 2 -P "$(nproc)" bash tests/lint/tidy.sh "${flags[@]}" --
}

# The one switch of configure that no test in the roots builds with, since it takes clang.
lint_fuzz() {
    bash tests/fuzz/run.sh --seeds
}

configure_for_tidy() {
    [ -f configure ] && [ configure -nt configure.ac ] || autoreconf -fi >"$work/autoreconf.log" 2>&1 || return 1
    [ "$work/obj/config.h" -nt configure ] && return 0
    mkdir -p "$work/obj"
    (cd "$work/obj" && ../../../configure --quiet >configure.log 2>&1)
}

tidy_flags() {
    printf '%s\n' -std=gnu11 -D_GNU_SOURCE -I. "-I$work/obj" '-DSYSCONFDIR="/etc"' \
        '-DLOCALSTATEDIR="/var"' '-DPKGLIBEXECDIR="/usr/libexec/gatepost"' \
        '-DPKGDATADIR="/usr/share/gatepost"'
    pkg-config --cflags libconfuse libcrypto sqlite3 libevent_core libsodium jansson libidn2 opendkim |
        tr -s ' ' '\n' | sed '/^$/d'
}

status=0
for part in "${@:-format house shell python manuals cppcheck tidy fuzz}"; do
    for one in $part; do
        began=$SECONDS
        if found=$("lint_$one" 2>&1); then
            echo "lint: $one: ok (after $((SECONDS - began)) s)${found:+: $found}"
        else
            printf '%s\nlint: %s: FAILED\n' "$found" "$one"
            status=1
        fi
    done
done
exit "$status"
