#!/bin/sh
# SPDX-License-Identifier: MIT
#
# "mailctl status" where there is neither Postfix nor Dovecot, with daemons played by a script:
# what it finds, which command it names, and its exit status.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"
actor=
# As the commands begin that it names.
ours="mailctl -c $work/conf"
stop_actor() {
    [ -z "$actor" ] || kill "$actor" 2>/dev/null
    actor=
}
trap 'stop_actor; rm -rf "$work"' EXIT

# conf LINES: the configuration, the tests' user in the daemons' place.
conf() {
    cat >"$work/conf" <<END
state_directory = "$work/state"
run_directory = "$work/run"
group = "$(id -gn)"
hostname = "mail.example.org"
milter { user = "$me" }
policyd { user = "$me" }
srs { group = "$(id -gn)" }
authd { user = "$me" }
$1
END
}

# row NAME STATUS PATTERN [OPTION]: the pattern, of grep, with "_" for a tab, stands in the output.
row() {
    "$mailctl" -c "$work/conf" ${4:-} status >"$work/out" 2>"$work/err" </dev/null
    [ $? -eq "$2" ] && tr '\t' _ <"$work/out" | grep -qe "$3"
    result $? "$1"
}

# act NAME ANSWER: plays the daemon; an empty answer: takes the connection and says nothing.
act() {
    stop_actor
    rm -f "$work/ready"
    /usr/bin/python3 - "$work/run/$1.control" "$2" "$work/ready" <<'END' &
import os, socket, sys
path, answer, ready = sys.argv[1:]
if os.path.exists(path):
    os.unlink(path)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen(8)
open(ready, "w").close()
kept = []
while True:
    client, _ = server.accept()
    kept.append(client)
    if answer:
        client.recv(100)
        client.sendall(answer.encode())
        client.close()
END
    actor=$!
    until [ -e "$work/ready" ]; do
        kill -0 "$actor" || exit 99
    done
}

conf ''
mkdir "$work/run"
row 'nothing is there' 2 "^databases.directory_error_.*_$ours init\$"
row 'no daemon runs' 2 "^daemons.milter_error_gatepost-milter does not run_$ours init\$"
row 'the configuration is read' 2 '^daemons.configuration_ok_in order_$'
row 'no list of domains' 2 "^databases.domain-list_warning_.*_$ours init\$"
row 'no server to serve' 2 '^postfix.settings_warning_there is no Postfix here_'
"$mailctl" -c "$work/conf" -q init
row 'no daemon runs, after init' 2 '^daemons.milter_error_gatepost-milter does not run_systemctl start gatepost-milter$'
row 'all databases' 2 '^databases.directory_ok_in order_$'
row 'the list of domains' 2 '^databases.domain-list_ok_up to date_$'
row 'room on the disk' 2 '^disk.databases_'
row 'quiet says what is wrong' 2 '^daemons.authd_error_' -q
! grep -q '	ok	' "$work/out"
result $? 'quiet says nothing of what is in order'
"$mailctl" -c "$work/conf" --json status >"$work/out" 2>"$work/err"
/usr/bin/python3 -c '
import json, sys
it = json.load(open(sys.argv[1]))
assert it["state"] == "error"
rows = {r["group"] + "." + r["check"]: r for r in it["checks"]}
assert rows["databases.keys"]["state"] == "ok" and rows["databases.keys"]["mend"] is None
assert rows["daemons.milter"]["mend"] == "systemctl start gatepost-milter"' "$work/out" 2>>"$work/err"
result $? 'JSON'
"$mailctl" -c "$work/conf" status 2>"$work/err" </dev/null | cut -f 1 | sort -u >"$work/checks"
sed -n '/^\.Sh CHECKS/,/^\.Sh EXIT/s/^\.It Li //p' "$top_srcdir/man/mailctl-status.1" |
    sed 's/ , /\n/g' | sort >"$work/told"
diff "$work/checks" "$work/told" >"$work/out"
result $? 'the manual has the names of the checks'

# --- databases ---
chmod 644 "$work/state/keys/keys.db"
if [ "$(id -u)" -eq 0 ]; then
    row 'a database that all may read' 2 "^databases.keys_error_.*has mode 0644, not 0600_$ours init\$"
fi
"$mailctl" -c "$work/conf" -q init
row 'put right' 2 '^databases.keys_ok_'
truncate -s 300M "$work/state/seen/seen.db"
row 'a database that takes too long to read' 2 '^databases.seen_ok_.*too large to be read whole here'
echo '# old' >"$work/state/postfix/domains"
row 'an old list' 2 "^databases.domain-list_error_.*_$ours upgrade\$"
"$mailctl" -c "$work/conf" -q upgrade
/usr/bin/python3 - "$work/state/limits/limits.db" <<'END'
import sys
with open(sys.argv[1], "r+b") as file:
    size = file.seek(0, 2)
    file.seek(4096)
    file.write(b"\xa5" * (size - 4096))
END
rm -f "$work/state/limits/limits.db-wal" "$work/state/limits/limits.db-shm"
row 'a damaged database' 2 '^databases.limits_error_.*limits.db.*put a backup'
rm -rf "$work/state/limits"
row 'a database that is gone' 2 "^databases.limits_error_.*_$ours init; systemctl restart gatepost.target\$"
row 'the others go on' 2 '^databases.directory_ok_'
"$mailctl" -c "$work/conf" -q init

# --- keys ---
row 'no domain, no key' 2 '^dkim.keys_ok_in order_$'
"$mailctl" -c "$work/conf" -q domain add example.org
"$mailctl" -c "$work/conf" -q domain add example.net
"$mailctl" -c "$work/conf" -q dkim generate example.net --activate
row 'a domain without a key' 2 "^dkim.keys_warning_example.org: .*no key_$ours dkim generate example.org\$"
! grep -q 'example.net: ' "$work/out"
result $? 'one whose key signs is not named'
"$mailctl" -c "$work/conf" -q dkim generate example.org --selector one
row 'a key that waits' 2 "^dkim.keys_warning_example.org: .*waits.*_$ours dkim activate example.org\$"
"$mailctl" -c "$work/conf" -q dkim activate example.org one --force
row 'all keys sign' 2 '^dkim.keys_ok_in order_$'
"$mailctl" -c "$work/conf" -q -y dkim retire example.org one --force
row 'a key that is retired' 2 "^dkim.keys_warning_example.org: .*no key_$ours dkim generate example.org\$"

# --- daemons ---
version=$("$mailctl" --version | sed 's/.*gatepost \(.*\))/\1/')
good="program: gatepost-policyd $version
process: 1
state: running
started: today
configuration: $work/conf
"
act policyd "OK
${good}fingerprint: 0000000000000000
loaded: long ago
"
row 'other settings than in the file' 2 \
    '^daemons.policyd_warning_.*long ago_systemctl reload-or-restart gatepost-policyd$'
act policyd "OK
$(echo "$good" | sed "s/$version/0.0.1/")
"
row 'an older version' 2 '^daemons.policyd_warning_.*version 0.0.1.*_systemctl restart gatepost-policyd$'
act policyd "OK
$(echo "$good" | sed "s,$work/conf,/etc/other.conf,")
"
row 'another configuration' 2 '^daemons.policyd_warning_.*/etc/other.conf_mailctl -c /etc/other.conf status$'
act policyd "OK
${good}last reload failed: a typing error
"
row 'a reload that failed' 2 '^daemons.policyd_error_.*a typing error_systemctl reload gatepost-policyd$'
act policyd "OK
${good}needs restart: policyd.user
"
row 'a change that waits for a restart' 2 \
    '^daemons.policyd_warning_.*policyd.user_systemctl restart gatepost-policyd$'
act policyd 'hello'
row 'no daemon of ours' 2 '^daemons.policyd_error_gatepost-policyd: '
act policyd ''
row 'it takes the question and does not answer' 2 '^daemons.policyd_error_.*in time_systemctl restart'
stop_actor

# --- what cannot be read ---
conf 'nonsense {'
row 'a configuration with a mistake' 2 "^daemons.configuration_error_.*conf.*_$ours config check\$"
rm "$work/conf"
row 'no configuration' 2 '^daemons.configuration_error_'
echo "1..$count"
