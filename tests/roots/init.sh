#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: init.sh COMMAND...
#
# Process 1 of a running root: names the machine, gives the loopback device the
# addresses of all parties, runs the command (its lines marked
# with $GP_MARK) and ends with its status. The
# kernel then ends every process that is left.
#
#   192.0.2.10    mail.example.org, the sender        2001:db8:1::10
#   198.51.100.20 mail.example.net, the receiver      2001:db8:2::20
#   203.0.113.66  the forger                          2001:db8:3::66
#   192.0.2.53    the name server
set -uo pipefail

hostname mail.example.org
cat >/etc/hosts <<'HOSTS'
127.0.0.1 localhost
::1 localhost
192.0.2.10 mail.example.org
HOSTS
echo 'nameserver 192.0.2.53' >/etc/resolv.conf

ip link set lo up
for address in 192.0.2.10/32 192.0.2.53/32 198.51.100.20/32 203.0.113.66/32; do
    ip address add "$address" dev lo
done
for address in 2001:db8:1::10/128 2001:db8:2::20/128 2001:db8:3::66/128; do
    ip address add "$address" dev lo nodad 2>/dev/null # a kernel may lack IPv6
done

# A program that finds a terminal may ask there, and wait: only a shell that was called at one has it.
if [ ! -t 0 ]; then
    set -- setsid --wait "$@"
fi
if [ -n "$GP_MARK" ]; then
    "$@" 2>&1 | sed -u "s/^/$GP_MARK/"
    exit "${PIPESTATUS[0]}"
fi
"$@"
exit $?
