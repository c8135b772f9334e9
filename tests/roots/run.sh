# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Running something in a root. Each run gets the root under a memory-backed
# overlay, the source read-only, a build directory, and private mount, process,
# network, host name and IPC namespaces. When the command ends, or is killed,
# all of it is gone. Sourced by ./dev.

# root_area RELEASE: the build directory that runs on this release share.
root_area() {
    echo "$GP_SOURCE/build/debian-$1"
}

# suites_find: GATEPOST_SUITES becomes the full path of the folder that it names, else of one that
# stands beside the source; or stays empty, and the test that needs it says that it is skipped.
suites_find() {
    local beside=$GP_SOURCE/../shared/suites
    if [ -z "${GATEPOST_SUITES:-}" ] && [ -d "$beside" ]; then
        GATEPOST_SUITES=$beside
    fi
    [ -n "${GATEPOST_SUITES:-}" ] || return 0
    [ -d "$GATEPOST_SUITES" ] || die "GATEPOST_SUITES names no folder: $GATEPOST_SUITES"
    GATEPOST_SUITES=$(realpath -- "$GATEPOST_SUITES")
    export GATEPOST_SUITES
}

# root_command RELEASE COMMAND...: sets the array entering to what runs the command in the root,
# where /src, /build and /ccache are.
root_command() {
    local release=$1 area
    shift
    [ "$(id -u)" -eq 0 ] || die "running in a Debian root takes root: run this with sudo"
    area=$(root_area "$release")
    suites_find
    mkdir -p "$area" "$GP_CACHE/mnt" "$GP_CACHE/ccache-$release" "$GP_CACHE/apt-$release"
    contained --mount --pid --net --uts --ipc -- \
        setarch --addr-no-randomize \
        bash "$GP_SOURCE/tests/roots/enter.sh" "$release" "$(root_path "$release")" "$GP_CACHE/mnt" \
        "$GP_SOURCE" "$area" "$GP_CACHE/ccache-$release" "$GP_CACHE/apt-$release" "$@"
}

# root_run RELEASE COMMAND...: runs the command in the root. Where it has no terminal, an interrupt
# comes to us alone: we end at once, and it with us.
root_run() {
    local -a entering
    roots_need "$1"
    root_command "$@"
    if [ -t 0 ]; then
        "${entering[@]}"
    else
        "${entering[@]}" <&0 &
        wait $!
    fi
}

# roots_run RELEASE... -- COMMAND...: the command in each root at once, its lines marked with the
# release. The processes are children of this very shell, so that they end with it.
roots_run() {
    local -a entering wanted=() running=()
    local release
    while [ "$1" != -- ]; do
        wanted+=("$1")
        shift
    done
    shift
    roots_need "${wanted[@]}"
    for release in "${wanted[@]}"; do
        root_command "$release" "$@"
        GP_MARK="$release| " "${entering[@]}" </dev/null &
        running+=($!)
    done
    wait "${running[@]}" || true
}
