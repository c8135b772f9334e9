# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What this machine itself must have. Sourced by ./dev. The host gets packages
# to build with and debootstrap, never a server; nothing of it is removed.

# package_list NAME...: the packages named in tests/roots/packages/NAME, one per line.
package_list() {
    local name
    for name in "$@"; do
        sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$GP_SOURCE/tests/roots/packages/$name"
    done
}

# host_missing PACKAGE...: those that are not installed.
host_missing() {
    dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
        sed -n 's/^installed //p' | sort -u | comm -13 - <(printf '%s\n' "$@" | sort -u)
}

# host_need LIST...: installs what the lists name and the host lacks.
host_need() {
    local -a wanted missing
    mapfile -t wanted < <(package_list "$@")
    mapfile -t missing < <(host_missing "${wanted[@]}")
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" -eq 0 ] || die "these packages are missing: ${missing[*]} (run as root to have them installed)"

    say "installing on this machine: ${missing[*]}"
    host_apt update >&2 || warn "apt-get update failed: going on with the package lists at hand"
    if host_apt --simulate install "${missing[@]}" | grep '^Remv ' >&2; then
        die "installing them would remove the packages above; nothing was changed"
    fi
    host_apt install "${missing[@]}" >&2 || die "apt-get could not install: ${missing[*]}"
}

host_apt() {
    DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --yes --no-install-recommends \
        -o DPkg::Lock::Timeout=600 "$@" </dev/null
}
