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

# root_run RELEASE COMMAND...: runs the command in the root; /src, /build and /ccache are there.
root_run() {
    local release=$1 area
    shift
    [ "$(id -u)" -eq 0 ] || die "running in a Debian root takes root: run this with sudo"
    root_need "$release"
    area=$(root_area "$release")
    mkdir -p "$area" "$GP_CACHE/mnt" "$GP_CACHE/ccache-$release"
    GP_RELEASE=$release contained --mount --pid --net --uts --ipc -- \
        setarch --addr-no-randomize \
        bash "$GP_SOURCE/tests/roots/enter.sh" "$(root_path "$release")" "$GP_CACHE/mnt" \
        "$GP_SOURCE" "$area" "$GP_CACHE/ccache-$release" "$@"
}
