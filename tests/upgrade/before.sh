# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# On Debian 12: Gatepost is installed, attached to Dovecot 2.3, and serves. Sourced in the root.
. /src/tests/upgrade/steps.sh

make --silent -C /build/plain/obj install DESTDIR=/ >/dev/null 2>&1
mkdir -p /etc/gatepost /var/spool/postfix/private
echo 'hostname = "mail.example.org"' >/etc/gatepost/gatepost.conf
echo 'compatibility_level = 3.6' >/etc/postfix/main.cf
: >>/etc/postfix/master.cf
systemd-sysusers 2>/dev/null
useradd --uid 5000 --user-group --home-dir /var/vmail vmail
place_sockets
mailctl --quiet init
mailctl --quiet domain add example.org
echo "$PASSWORD" | mailctl --quiet user add "$USER_ADDRESS" --password-stdin
start_authd
dovecot
mailctl --quiet --yes attach dovecot >/dev/null
is dovecot.files ok
logs_in
doveadm stop
stop_authd
