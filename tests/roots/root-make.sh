#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: root-make.sh CODENAME DIR MIRROR PREFIX ARCHIVES PACKAGE...
#
# Runs in a mount namespace of its own: what it mounts vanishes with it.
# PREFIX.sources and PREFIX.apt are the root's sources.list and apt settings;
# ARCHIVES keeps downloaded packages for the next root.
set -euo pipefail
codename=$1 dir=$2 mirror=$3 prefix=$4 archives=$5
shift 5

mount --make-rprivate /
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
debootstrap --variant=minbase --include=ca-certificates --keyring="$keyring" \
    --cache-dir="$archives" "$codename" "$dir" "$mirror"

cp "$prefix.sources" "$dir/etc/apt/sources.list"
cp "$prefix.apt" "$dir/etc/apt/apt.conf.d/90host"
cp --dereference /etc/resolv.conf "$dir/etc/resolv.conf"
if [ -d /usr/local/share/ca-certificates ]; then
    cp -r /usr/local/share/ca-certificates/. "$dir/usr/local/share/ca-certificates/"
    chroot "$dir" update-ca-certificates
fi

# No package may start its server here.
printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d"
chmod 755 "$dir/usr/sbin/policy-rc.d"

mount -t proc proc "$dir/proc"
mount --bind /dev "$dir/dev"
mount --bind "$archives" "$dir/var/cache/apt/archives"

in_root() {
    chroot "$dir" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@"
}
echo 'postfix postfix/main_mailer_type select No configuration' | in_root debconf-set-selections
in_root apt-get --quiet=2 update
in_root apt-get --quiet=2 --yes dist-upgrade
in_root apt-get --quiet=2 --yes --no-install-recommends install "$@"

umount "$dir/var/cache/apt/archives" "$dir/dev" "$dir/proc"
rm -rf "$dir"/var/lib/apt/lists/* "$dir"/var/cache/apt/*.bin "$dir"/var/log/*.log
: >"$dir/etc/resolv.conf"
