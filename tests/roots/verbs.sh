# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The verbs of ./dev, one function each. Sourced by ./dev.

# release_option DEFAULT [--release N] [ARGS]: sets the arrays releases and rest.
release_option() {
    read -r -a releases <<<"$1"
    shift
    rest=()
    while [ $# -gt 0 ]; do
        case $1 in
        --release)
            root_codename "${2:-}" >/dev/null
            releases=("$2")
            shift
            ;;
        --release=*)
            root_codename "${1#*=}" >/dev/null
            releases=("${1#*=}")
            ;;
        *) rest+=("$1") ;;
        esac
        shift
    done
}

verb_roots() {
    roots_need 12 13
    root_path 12
    root_path 13
}

verb_shell() {
    release_option 13 "$@"
    root_run "${releases[0]}" "${rest[@]:-bash}"
}

verb_build() {
    host_need build
    [ -f configure ] || autoreconf -fi
    mkdir -p build
    (
        cd build || exit
        [ -f config.status ] || ../configure --quiet --prefix=/usr --sysconfdir=/etc \
            --localstatedir=/var --libexecdir=/usr/libexec
        make --silent -j"$(nproc)"
    )
    say 'built: build/milter, build/policyd, build/authd, build/mailctl'
}

verb_test() {
    local -a releases rest areas=()
    local release
    host_need python
    release_option '12 13' "$@"
    for release in "${releases[@]}"; do
        areas+=("$(root_area "$release")")
        rm -rf "$(root_area "$release")/result"
    done
    roots_run "${releases[@]}" -- bash /src/tests/roots/test.sh "${rest[@]}"
    root_tally "${areas[@]}"
}

# root_tally AREA...: the last line of the tests, and their status.
root_tally() {
    /usr/bin/python3 "$GP_SOURCE/tests/roots/tally.py" "$GP_SOURCE/tests/skips.txt" "$@"
}

verb_demo() {
    local -a releases rest
    release_option 13 "$@"
    root_run "${releases[0]}" bash /src/tests/demo/run.sh "${rest[@]}" </dev/null
}

# The root sees build/debian-N as /build.
verb_deb() {
    local -a releases rest
    release_option '12 13' "$@"
    local release
    for release in "${releases[@]}"; do
        root_run "$release" bash /src/tests/roots/deb.sh "${rest[@]}" </dev/null |
            sed -u "s,^/build/,build/debian-$release/,"
    done
}

# Fetches packages: not part of the tests, which need no network.
verb_upgrade() {
    local -a entering
    roots_need 12
    root_run 12 bash /src/tests/roots/build.sh plain </dev/null
    mkdir -p "$GP_CACHE/mnt" "$GP_CACHE/apt-13"
    contained --mount -- bash "$GP_SOURCE/tests/roots/upgrade.sh" "$(root_path 12)" "$GP_CACHE/mnt" \
        "$GP_SOURCE" "$(root_area 12)" "$GP_CACHE/apt-13"
    "${entering[@]}" </dev/null
}

verb_bench() {
    local -a releases rest
    release_option 13 "$@"
    root_lists+=(bench)
    root_run "${releases[0]}" /src/tests/bench/run "${rest[@]}" </dev/null
}

verb_soak() {
    local -a releases rest
    local what=run
    release_option 13 "$@"
    if [ "${rest[0]:-}" = guessers ]; then
        what=guessers
        rest=("${rest[@]:1}")
    fi
    root_run "${releases[0]}" "/src/tests/soak/$what" "${rest[@]}" </dev/null
}

verb_coverage() {
    local -a releases rest
    release_option 12 "$@"
    root_run "${releases[0]}" bash /src/tests/roots/coverage.sh "${rest[@]}" </dev/null
}

verb_lint() {
    host_need build lint fuzz
    bash "$GP_SOURCE/tests/lint/run.sh" "$@"
}

verb_fuzz() {
    host_need build fuzz
    bash "$GP_SOURCE/tests/fuzz/run.sh" "$@"
}

verb_mutate() {
    host_need build
    bash "$GP_SOURCE/tests/mutate/run.sh" "$@"
}
