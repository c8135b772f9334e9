#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: boot.sh ROOT HOSTNAME
#
# Runs as the first process of fresh namespaces: makes the machine's tree the root, with nothing of
# the kernel to write to but a branch of the control groups, and becomes systemd. It is a container
# to systemd, so it changes neither the kernel's settings nor its modules.
set -euo pipefail
root=$1

hostname "$2"
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=0755 run "$root/run"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
: >"$root/dev/console"
mount --bind /dev/null "$root/dev/console"

mkdir -p "$root/old"
cd "$root"
pivot_root . old
cd /
umount -l /old
rmdir /old
# As systemd does it where it is no container: what it mounts later is seen by services, too, that
# have a view of the tree of their own.
mount --make-rshared /
exec env -i container=gatepost-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /usr/lib/systemd/systemd --unit=multi-user.target --show-status=0 </dev/null >/dev/null 2>&1
