#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: enter.sh RELEASE ROOT MOUNTPOINT SOURCE AREA CCACHE ARCHIVES COMMAND...
#
# Runs as the first process of fresh namespaces: lays out the file system,
# makes it the root and becomes init.sh. Nothing mounted here is seen outside.
set -euo pipefail
release=$1 root=$2 top=$3 source=$4 area=$5 ccache=$6 archives=$7
shift 7

mount --make-rprivate /
mount -t tmpfs -o mode=0755 gatepost "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay -o "lowerdir=$root,upperdir=$top/upper,workdir=$top/work" gatepost "$top/root"
new=$top/root

mkdir -p "$new/src" "$new/build" "$new/ccache" "$new/archives" "$new/old"
mount --bind "$source" "$new/src"
mount -o remount,bind,ro "$new/src"
mount --bind "$area" "$new/build"
mount --bind "$ccache" "$new/ccache"
# What apt fetched when the root was made: tests install from it.
mount --bind "$archives" "$new/archives"
mount -o remount,bind,ro "$new/archives"

# Test suites of others, where they are at hand.
suites=
if [ -n "${GATEPOST_SUITES:-}" ]; then
    suites=/suites
    mkdir -p "$new/suites"
    mount --bind "$GATEPOST_SUITES" "$new/suites"
    mount -o remount,bind,ro "$new/suites"
fi

mount -t proc proc "$new/proc"
mount -t sysfs -o ro sysfs "$new/sys"
mount -t tmpfs -o mode=0755 run "$new/run"
mount -t tmpfs -o mode=1777 tmp "$new/tmp"
mount -t tmpfs -o mode=0755 dev "$new/dev"
mkdir "$new/dev/pts" "$new/dev/shm"
for node in null zero full random urandom tty; do
    : >"$new/dev/$node"
    mount --bind "/dev/$node" "$new/dev/$node"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$new/dev/pts"
mount -t tmpfs -o mode=1777 shm "$new/dev/shm"
ln -s pts/ptmx "$new/dev/ptmx"
ln -s /proc/self/fd "$new/dev/fd"
ln -s fd/0 "$new/dev/stdin"
ln -s fd/1 "$new/dev/stdout"
ln -s fd/2 "$new/dev/stderr"

cd "$new"
pivot_root . old
cd /
umount -l /old
rmdir /old
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LC_ALL=C.UTF-8 TERM="${TERM:-dumb}" CI="${CI:-}" GP_RELEASE="$release" GP_ROOT="$(basename "$root")" \
    CCACHE_DIR=/ccache CCACHE_MAXSIZE=1G GP_MARK="${GP_MARK:-}" GATEPOST_SUITES="$suites" \
    bash /src/tests/roots/init.sh "$@"
