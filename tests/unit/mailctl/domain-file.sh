#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The list of domains for Postfix lies in a folder that everybody may read: nobody can keep mailctl
# from writing it by a lock on the folder.
top_builddir=${top_builddir:?}
mailctl=$top_builddir/mailctl/mailctl
work=$(mktemp -d /tmp/gatepost-domains-XXXXXX) || exit 99
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
me=$(id -un)
cat >"$work/conf" <<END
state_directory = "$work/state"
group = "$(id -gn)"
hostname = "mail.example.org"
milter { user = "$me" }
policyd { user = "$me" }
srs { group = "$(id -gn)" }
authd { user = "$me" }
END
"$mailctl" -c "$work/conf" init >"$work/said" 2>&1 &&
    flock "$work/state/postfix" "$mailctl" -c "$work/conf" domain add example.org >>"$work/said" 2>&1 &&
    grep -q '^example.org gatepost$' "$work/state/postfix/domains" &&
    [ "$(stat -c %a "$work/state/postfix/.lock")" = 600 ]
status=$?
[ $status -eq 0 ] || { printf 'not '; sed 's/^/#  said: /' "$work/said" >&2; }
echo 'ok 1 - a lock on the folder is not waited for'
echo 1..1
exit 0
