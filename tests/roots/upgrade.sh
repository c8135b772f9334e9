#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: upgrade.sh ROOT TOP SOURCE AREA ARCHIVES
#
# Upgrades Dovecot as Debian 12 to 13 does, 2.3 to 2.4, under an attached Gatepost. Runs in a mount
# namespace of its own, over a copy of the Debian 12 root that vanishes with it. apt needs the
# network; servers run before and after it, in namespaces without any.
set -euo pipefail
root=$1 top=$2 source=$3 area=$4 archives=$5
packages=(dovecot-core dovecot-imapd dovecot-lmtpd dovecot-sieve dovecot-auth-lua lua-socket)

mount --make-rprivate /
mount -t tmpfs -o mode=0755 gatepost "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay -o "lowerdir=$root,upperdir=$top/upper,workdir=$top/work" gatepost "$top/root"
new=$top/root
mkdir -p "$new/src" "$new/build"
mount --bind "$source" "$new/src"
mount -o remount,bind,ro "$new/src"
mount --bind "$area" "$new/build"
mount -t proc proc "$new/proc"
mount --bind /dev "$new/dev"
mount -t tmpfs -o mode=0755 run "$new/run"

in_root() {
    chroot "$new" env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
alone() {
    unshare --net --pid --fork --kill-child -- chroot "$new" env -i \
        PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        sh -eu -c 'mount -t proc proc /proc; ip link set lo up; . "$1"' sh "$1"
}

alone /src/tests/upgrade/before.sh

sed -i 's/bookworm/trixie/g' "$new/etc/apt/sources.list"
cp --dereference /etc/resolv.conf "$new/etc/resolv.conf"
mount --bind "$archives" "$new/var/cache/apt/archives"
in_root apt-get --quiet=2 update
in_root apt-get --quiet=2 --yes --no-install-recommends install "${packages[@]}" >"$top/apt.log" 2>&1 || {
    tail -n 20 "$top/apt.log"
    exit 1
}
: >"$new/etc/resolv.conf"

alone /src/tests/upgrade/after.sh
echo 'upgrade: ok'
