#!/bin/sh
# SPDX-License-Identifier: MIT
#
# auth: what a gatepost-authd that runs has counted, and what is kept of where users log in.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

run init
run domain add example.org
run user add alice@example.org --no-password
run user add bob@example.org --no-password

# --- while it is down ---
row 'authd is down' 75 '' 'systemctl start gatepost-authd' auth list
row 'authd is down: why' 75 '' 'does not run' auth why alice@example.org
echo 'a lamp above the harbour' >"$work/word"
chmod 600 "$work/word"
row 'authd is down: test' 75 '' 'systemctl start gatepost-authd' auth test alice@example.org --password-file "$work/word"
row 'authd is down: unblock' 75 '' 'does not run' auth unblock alice@example.org

# --- what it finds when it starts: ten guesses at alice, three at her own network, ten names ---
/usr/bin/python3 - "$work/state/guard/guard.db" <<'END'
import sqlite3
import sys
import time

now = int(time.time())
base = sqlite3.connect(sys.argv[1])
base.execute("INSERT INTO guess_key VALUES (1, '000102030405060708090a0b0c0d0e0f')")
rows = [("account", "alice@example.org", "", n) for n in range(10)]
rows += [("own", "alice@example.org", "192.0.2.0/24", n) for n in range(3)]
rows += [("unknown", "", "2001:db8:1:2::/64", n) for n in range(10)]
rows += [("wide", "", "2001:db8:1::/56", n) for n in range(10)]
base.executemany("INSERT INTO guess VALUES (?, ?, ?, ?, ?)", [(*row, now) for row in rows])
base.execute("INSERT INTO known_network VALUES ('alice@example.org', '192.0.2.0/24', 1700000000, 1700000600, 'imap', 7)")
base.execute("INSERT INTO known_network VALUES ('alice@example.org', '10.1.2.0/24', 1700000001, 1700000001, '', 0)")
base.commit()
END
mkdir "$work/run"
sed "/hash_passes/a listen_login = \"unix:$work/run/login\"\nlisten_lookup = \"unix:$work/run/lookup\"\nlogin_group = \"$(id -gn)\"\nmail_user = nobody" \
    "$work/conf" >"$work/conf.new"
printf 'run_directory = "%s"\nguard { known_network_days = 3650 }\n' "$work/run" | cat - "$work/conf.new" >"$work/conf"
"$top_builddir/authd/gatepost-authd" -f -c "$work/conf" 2>"$work/authd.log" &
authd=$!
until grep -q started "$work/authd.log"; do kill -0 $authd 2>/dev/null || break; done

# --- list, why ---
row 'list' 0 "^account	alice@example.org		10	10	10	50	20" '' auth list
row 'list has a network' 0 "^unknown		2001:db8:1:2::/64	10	10	10	30	20" '' auth list
json 'list in JSON' \
    '[(c["count"], c["account"], c["network"], c["hour"], c["refused_until"] is None) for c in it] == [("account", "alice@example.org", None, {"used": 10, "limit": 10}, False), ("unknown", None, "2001:db8:1:2::/64", {"used": 10, "limit": 10}, False)]' \
    auth list
row 'why, an account' 0 "^own	alice@example.org	192.0.2.0/24	3	30	3	100	$" '' auth why Alice@Example.org
json 'why, an address' '[c["count"] for c in it] == ["unknown", "wide"]' auth why 2001:db8:1:2::77
json 'why, nothing' 'it == []' auth why bob@example.org
row 'why, no name' 65 '' 'an account, an IP address or a network' auth why "$(printf 'a\nforgive b')"
row 'why, a network that is too large' 75 '' 'expected the name of an account' auth why 10.0.0.0/8

# --- networks ---
row 'networks' 0 "^192.0.2.0/24	2023-.*	2023-.*	imap	7$" '' auth networks alice@example.org
json 'networks in JSON' \
    '[(n["network"], n["last"], n["service"], n["app_password"]) for n in it] == [("192.0.2.0/24", "2023-11-14T22:23:20Z", "imap", 7), ("10.1.2.0/24", "2023-11-14T22:13:21Z", None, None)]' \
    auth networks alice@example.org
json 'networks, none' 'it == []' auth networks bob@example.org
row 'networks, nobody' 67 '' 'no user' auth networks carol@example.org

# --- test ---
echo 'a lamp above the harbour' >"$work/right"
echo 'a lamp below the harbour' >"$work/wrong"
chmod 600 "$work/right" "$work/wrong"
run user passwd bob@example.org --password-file "$work/right"
row 'test, the right one' 0 '^bob@example.org: ok$' '' auth test Bob@Example.org --password-file "$work/right"
row 'test, a wrong one' 2 '^bob@example.org: mismatch$' '' auth test bob@example.org --ip 192.0.2.9 --password-file "$work/wrong"
row 'test, nobody' 2 '^carol@example.org: unknown$' '' auth test carol@example.org --password-file "$work/right"
row 'test, a stranger to a closed account' 3 'temporary: too many wrong' '' \
    auth test alice@example.org --ip 198.51.100.9 --password-file "$work/right"
json 'test in JSON' 'it == {"user": "bob@example.org", "result": "ok", "reason": None}' \
    auth test bob@example.org --service pop3 --password-file "$work/right"
row 'test, no address' 64 '' 'an IP address' auth test bob@example.org --ip nowhere --password-file "$work/right"
grep -q 'user=<bob@example.org> service=imap remote=192.0.2.9 .*result=mismatch' "$work/authd.log"
result $? 'a test is logged as a login'
for whom in bob@example.org carol@example.org 192.0.2.9; do
    row "test, $whom was counted" 0 'unblocked' '' auth unblock "$whom"
done

# --- unblock ---
row 'unblock, dry' 0 'would be unblocked' '' -n auth unblock alice@example.org
json 'it has not changed' 'len(it) == 2' auth list
row 'unblock an account' 0 'alice@example.org: unblocked' '' auth unblock alice@example.org
json 'nothing is counted of it' 'it == []' auth why alice@example.org
row 'unblock it twice' 0 'nothing was counted' '' auth unblock alice@example.org
row 'unblock a network' 0 'unblocked' '' auth unblock 2001:db8:1:2::/64
json 'nobody is refused' 'it == []' auth list

# --- and after a restart ---
kill $authd
wait $authd
[ "$(grep -c 'action=forgive' "$work/authd.log")" = 5 ]
result $? 'the log has all'
/usr/bin/python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM guess").fetchone()[0])' \
    "$work/state/guard/guard.db" >"$work/out"
[ "$(cat "$work/out")" = 0 ]
result $? 'nothing of it is left'

echo "1..$count"
