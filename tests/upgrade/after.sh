# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# With Dovecot 2.4 from Debian 13: the old files keep it from starting, status says so and names the
# command, which mends it; and detach leaves the new /etc/dovecot as it was. Sourced in the root.
. /src/tests/upgrade/steps.sh

sums() {
    (cd /etc/dovecot && find . -type f ! -name '*-gatepost.conf' -exec sha256sum {} + | sort -k 2)
}

case $(dovecot --version) in
2.4.*) ;;
*) fail "Dovecot is $(dovecot --version)" ;;
esac
place_sockets
start_authd
sums >/root/before
if dovecot 2>/dev/null; then
    fail 'Dovecot 2.4 starts with the files for 2.3'
fi
is dovecot.files error 'mailctl attach dovecot'
# Here is no systemd that would start it: the files first, then Dovecot.
mailctl --quiet --yes attach dovecot --offline >/dev/null
dovecot
is dovecot.files ok
is dovecot.settings ok
logs_in
mailctl --quiet --yes detach dovecot
[ ! -e /etc/dovecot/conf.d/05-gatepost.conf ] || fail 'detach left our file'
sums | diff - /root/before || fail 'detach left /etc/dovecot other than it was'
doveconf -n >/dev/null
doveadm stop
stop_authd
