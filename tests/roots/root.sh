# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Debian roots: a whole small Debian in a directory, made once and then only
# read. Its name carries a hash of all that it is made from, so a changed
# package list makes a new one. Sourced by ./dev.

# Which lists of packages a root holds; the benchmark adds its own.
root_lists=(build package servers tests)

# root_codename RELEASE: 12 is bookworm, 13 is trixie.
root_codename() {
    case $1 in
    12) echo bookworm ;;
    13) echo trixie ;;
    *) die "no such Debian release here: $1 (there are 12 and 13)" ;;
    esac
}

# root_path RELEASE: where the root is or will be.
root_path() {
    local hash
    hash=$({ package_list "${root_lists[@]}"; cat "$GP_SOURCE/tests/roots/root-make.sh"; } | sha256sum)
    echo "$GP_CACHE/roots/debian-$1-${hash:0:12}"
}

# roots_need RELEASE...: makes the roots that are missing, side by side.
roots_need() {
    local release
    local -a making=()
    for release in "$@"; do
        root_codename "$release" >/dev/null
        [ ! -d "$(root_path "$release")" ] || continue
        [ "$(id -u)" -eq 0 ] || die "making a Debian root takes root: run this with sudo"
        [ -n "$(sources_mirror)" ] || die "found no Debian mirror in this machine's apt sources"
        host_need host
        root_need "$release" &
        making+=($!)
    done
    for release in "${making[@]}"; do
        wait "$release" || exit 1
    done
}

# root_need RELEASE: makes one root, unless another clone was faster.
root_need() {
    local path
    path=$(root_path "$1")
    mkdir -p "$GP_CACHE/roots" "$GP_CACHE/apt-$1" "$GP_CACHE/log"
    exec {lock}>"$GP_CACHE/roots/debian-$1.lock"
    flock "$lock"
    [ -d "$path" ] || root_make "$1" "$(root_codename "$1")" "$path"
    exec {lock}>&-
}

# root_make RELEASE CODENAME PATH: debootstrap in a mount namespace of its own, then one rename.
root_make() {
    local log=$GP_CACHE/log/root-$1.log
    say "making a Debian $1 root (once; some minutes; log: $log)"
    rm -rf "$3.new"
    sources_for "$2" >"$GP_CACHE/roots/debian-$1.sources"
    apt-config dump | grep -E '^Acquire::(https?|Retries)\b' >"$GP_CACHE/roots/debian-$1.apt" || true
    local -a entering packages
    mapfile -t packages < <(package_list "${root_lists[@]}")
    contained --mount --pid -- bash "$GP_SOURCE/tests/roots/root-make.sh" \
        "$2" "$3.new" "$(sources_mirror)" "$GP_CACHE/roots/debian-$1" "$GP_CACHE/apt-$1" \
        "${packages[@]}"
    "${entering[@]}" >"$log" 2>&1 </dev/null || {
        tail -n 20 "$log" >&2
        die "could not make the Debian $1 root; see $log"
    }
    mv "$3.new" "$3"
}

# contained UNSHARE-OPTIONS -- COMMAND...: sets the array entering to what runs the command in
# namespaces that end with it; and it ends with us, even when we are killed.
contained() {
    entering=(setpriv --pdeathsig KILL unshare)
    while [ "$1" != -- ]; do
        entering+=("$1")
        shift
    done
    shift
    entering+=(--fork --kill-child "$@")
}
