#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A backup put back: into the same server, into an empty one, over what is damaged; what is refused
# and leaves all as it was; when the disk is full, when it is killed, and when two are at it.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"
kill_at=$top_builddir/tests/unit/mailctl/kill-at
state=$work/state

python() {
    /usr/bin/python3 -c "$@" >>"$work/err" 2>&1
}

# contents FILE: all rows of the databases that belong into a backup.
contents() {
    /usr/bin/python3 - "$state" >"$1" <<'END'
import sqlite3
import sys
for name in ("directory", "credentials", "keys", "srs"):
    base = sqlite3.connect(f"{sys.argv[1]}/{name}/{name}.db")
    assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)], name
    print(name, *base.iterdump(), sep="\n")
END
}

# holds FILE: the databases are whole and hold what that file says.
holds() {
    contents "$work/now" 2>>"$work/err" && cmp "$1" "$work/now" >>"$work/err" 2>&1
}

# is NAME FILE: a row of that.
is() {
    holds "$2"
    result $? "$1"
}

# nothing_left NAME: no copy lies about, and no mark.
nothing_left() {
    [ -z "$(find "$work" -name '.scratch-*' -o -name '*.new' -o -name restoring)" ]
    result $? "$1"
}

run init
run domain add example.org
run user add alice@example.org --no-password
run dkim generate example.org
given 'a long enough password'
run user passwd alice@example.org --password-stdin
run backup "$work/first.backup"
contents "$work/first"
run domain add other.example
run user add bob@other.example --no-password
run -y user delete alice@example.org
run srs rotate
run backup "$work/second.backup"
contents "$work/second"
chmod 600 "$work/first.backup"

# --- there and back ---
row 'dry' 0 '1 domains, 1 users.*2 domains, 1 users' '' -n restore "$work/first.backup"
row 'dry: passwords' 0 'credentials.*1 passwords.*0 passwords' '' -n restore "$work/first.backup"
is 'nothing was done' "$work/second"
row 'nobody to ask' 64 'directory' 'say --yes' restore "$work/first.backup"
is 'nothing was done without an answer' "$work/second"
nothing_left 'and nothing is left of it'
row 'restore' 0 'restored; what was there lies beside' '' -y restore "$work/first.backup"
is 'it is as it was' "$work/first"
grep -qx 'example.org gatepost' "$state/postfix/domains" && ! grep -q other "$state/postfix/domains"
result $? 'Postfix has its domains'
[ "$(stat -c %a "$state/keys/keys.db.before-restore")" = 600 ]
result $? 'what was there lies beside, as closed as it was'
python '
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT 1 / (count(*) = 2) FROM domain").fetchone()[0] or exit(1))' \
    "$state/directory/directory.db.before-restore"
result $? 'and is whole'
row 'again' 0 'restored' '' -y restore "$work/first.backup"
is 'twice is once' "$work/first"
json 'as JSON' 'it["host"] == "mail.example.org" and it["program"] and not it["dry_run"] and
    it["parts"][0] == {"name": "directory", "bytes": it["parts"][0]["bytes"], "found": "there",
    "holds": {"domains": 2, "users": 1, "aliases": 0}, "found_holds": {"domains": 1, "users": 1, "aliases": 0}}' \
    -y restore "$work/second.backup"
is 'and forth' "$work/second"
row 'without words' 0 '' '' -q -y restore "$work/first.backup"
sed 's/mail.example.org/mx.example.net/' "$work/conf" >"$work/conf2"
row 'of another host' 0 'restored' 'this is mx.example.net, and the backup is of mail.example.org' \
    -c "$work/conf2" -y restore "$work/second.backup"
is 'it is restored' "$work/second"
row 'the directory can be written' 0 'added' '' domain add third.example
row 'and a backup made of it' 0 'written' '' backup "$work/third.backup"
run -q -y restore "$work/second.backup"

# Readers who have them open see it, as the daemons do, and what they have begun they end.
cat >"$work/reader.py" <<'END'
import sqlite3
import sys
base = sqlite3.connect(f"{sys.argv[1]}/directory/directory.db", isolation_level=None)
version = base.execute("PRAGMA data_version").fetchone()
base.execute("BEGIN")
names = base.execute("SELECT name FROM domain ORDER BY name").fetchall()
print("ready", flush=True)
sys.stdin.readline()
assert base.execute("SELECT name FROM domain ORDER BY name").fetchall() == names
base.execute("COMMIT")
assert base.execute("SELECT name FROM domain ORDER BY name").fetchall() == [("example.org",)]
assert base.execute("PRAGMA data_version").fetchone() != version
END
mkfifo "$work/to" "$work/from"
/usr/bin/python3 "$work/reader.py" "$state" <"$work/to" >"$work/from" 2>"$work/reader.err" &
reader=$!
exec 3>"$work/to" 4<"$work/from"
read -r _ <&4
run -q -y restore "$work/first.backup"
echo >&3
exec 3>&- 4<&-
wait "$reader"
result $? 'who has it open sees it as a change, at a moment of his own'

# --- into an empty server, and over what is damaged ---
rm -r "$state"
row 'where nothing is' 0 'directory.*nothing' '' -y restore "$work/first.backup"
is 'all is there' "$work/first"
says "$work/out" 'mailctl init'
result $? 'the next step is named'
row 'init finds it in order' 0 'directory: in order' '' init
for folder in directory credentials keys srs; do
    stat -c '%n %a' "$state/$folder" "$state/$folder/$folder.db"
done | sed "s,$state/,," >"$work/modes"
printf '%s\n' 'directory 2770' 'directory/directory.db 660' 'credentials 700' 'credentials/credentials.db 600' \
    'keys 700' 'keys/keys.db 600' 'srs 2770' 'srs/srs.db 660' | cmp - "$work/modes" 2>>"$work/err"
result $? 'with the modes of the house'
rm "$state/keys/keys.db"
row 'one is missing, its log is not' 0 'keys.*nothing' '' -y restore "$work/second.backup"
is 'it is there' "$work/second"
head -c 8192 /dev/urandom >"$state/directory/directory.db"
cp "$state/directory/directory.db" "$work/noise"
row 'one is noise' 0 'directory.*not a database of Gatepost' '' -y restore "$work/first.backup"
is 'it is as it was, again' "$work/first"
cmp "$work/noise" "$state/directory/directory.db.before-restore" 2>>"$work/err"
result $? 'the noise lies beside'
python '
import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version = 9001")' "$state/keys/keys.db"
row 'one is newer than the program' 0 'keys.*newer than this program' '' -y restore "$work/second.backup"
is 'it is one that we know' "$work/second"

# --- older ---
# alter FILE SQL PART: a backup with right checksums whose part was altered so.
alter() {
    rm -rf "$work/parts"
    mkdir "$work/parts" && tar -C "$work/parts" -xf "$work/first.backup" && /usr/bin/python3 - "$@" "$work" <<'END'
import hashlib
import os
import sqlite3
import sys
name, change, part, work = sys.argv[1:]
path = f"{work}/parts/{part}.db"
if change.startswith("="):
    with open(path, "wb") as file:
        file.write(change[1:].encode())
elif change.startswith("@"):
    with open(path, "r+b") as file:
        file.seek(int(change[1:]))
        file.write(b"\x7f" * 100)
else:
    base = sqlite3.connect(path)
    base.executescript(change)
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
with open(f"{work}/first.backup", "rb") as file:
    whole = file.read()
lines = open(f"{work}/parts/MANIFEST", encoding="ascii").read().splitlines()[:-1]
parts = ["directory", "credentials", "keys", "srs"]
contents = [open(f"{work}/parts/{one}.db", "rb").read() for one in parts]
for index, content in enumerate(contents):
    lines[4 + index] = f"{hashlib.sha256(content).hexdigest()}  {parts[index]}.db"
text = "".join(line + "\n" for line in lines).encode()
text += b"# sha256 " + hashlib.sha256(text).hexdigest().encode() + b"\n"


def frame(at, content):
    header = bytearray(whole[at:at + 512])
    header[124:136] = b"%011o\0" % len(content)
    header[148:156] = b" " * 8
    header[148:155] = b"%06o\0" % sum(header)
    return bytes(header) + content + b"\0" * (-len(content) % 512)


out, at = frame(0, text), 1024
for one, content in zip(parts, contents):
    out += frame(at, content)
    size = int(whole[at + 124:at + 135], 8)
    at += 512 + (size + 511) // 512 * 512
with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
    file.write(out + b"\0" * 1024)
END
}
alter "$work/same.backup" '' directory
cmp "$work/same.backup" "$work/first.backup" 2>>"$work/err"
result $? 'the backups that are altered here are as mailctl makes them'
alter "$work/older.backup" \
    'ALTER TABLE domain DROP COLUMN transport; PRAGMA user_version = 1009' directory
row 'an older schema' 0 'restored' '' -y restore "$work/older.backup"
is 'it was brought up to date' "$work/first"
run -q -y restore "$work/second.backup"

# --- what is refused ---
# refused NAME STATUS PATTERN FILE: and all is as it was.
refused() {
    run -y restore "$4"
    [ "$status" -eq "$2" ] && says "$work/err" "$3" && holds "$work/second" &&
        [ -z "$(find "$work" -name '.scratch-*' -o -name restoring)" ]
    result $? "$1"
}
while IFS='|' read -r name status pattern part change; do
    alter "$work/bad.backup" "$change" "$part"
    refused "$name" "$status" "$pattern" "$work/bad.backup"
done <<'END'
a newer schema|78|bad.backup: its directory.db is not taken: .*schema 1999 is newer than this program|directory|PRAGMA user_version = 1999
a newer major schema|78|its keys.db .* is newer than this program|keys|PRAGMA user_version = 9001
a database of others|65|its srs.db is not taken: .*not Gatepost.s srs database|srs|PRAGMA application_id = 7
nothing in it|65|its keys.db is not taken: .*empty|keys|PRAGMA application_id = 0; PRAGMA user_version = 0; DROP TABLE dkim_key; DROP TABLE dkim_delegation
text for a database|65|its keys.db is not taken: .*not a database|keys|=These are no keys, and there are rather many of them, so that a header would be full.
a header and no more|65|its keys.db is not taken|keys|=SQLite format 3
a page of it is damaged|65|its directory.db is not taken: .*damaged|directory|@8192
a trigger|65|credentials.db is not taken: .*it holds 't', which Gatepost never makes|credentials|CREATE TRIGGER t AFTER INSERT ON credential BEGIN DELETE FROM credential; END
a user of no domain|65|directory.db is not taken: .*belongs to none|directory|PRAGMA foreign_keys = OFF; DELETE FROM domain
END
size=$(wc -c <"$work/first.backup")
for part in 0 1 511 512 1000 1024 1536 $((size / 2)) $((size - 1024)) $((size - 1)); do
    head -c "$part" "$work/first.backup" >"$work/cut.backup"
    chmod 600 "$work/cut.backup"
    refused "cut at $part" 65 'cut.backup: \(not a backup\|damaged\)' "$work/cut.backup"
done
cp "$work/first.backup" "$work/long.backup"
echo more >>"$work/long.backup"
refused 'something behind it' 65 'damaged' "$work/long.backup"
for part in 600 1100 3000 $((size / 2)) $((size - 2000)); do
    cp "$work/first.backup" "$work/bit.backup"
    python '
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    byte = file.read(1)[0]
    file.seek(int(sys.argv[2]))
    file.write(bytes([byte ^ 4]))' "$work/bit.backup" "$part"
    refused "a bit at $part" 65 'bit.backup: ' "$work/bit.backup"
done
tar -cf "$work/tar.backup" -C "$work/parts" .
chmod 600 "$work/tar.backup"
refused 'another archive' 65 'not a backup by "mailctl backup"' "$work/tar.backup"
refused 'no file' 66 'no such file' "$work/nowhere"
refused 'a folder' 65 'not a plain file' "$work"
mkfifo -m 600 "$work/pipe"
refused 'a pipe' 65 'not a plain file' "$work/pipe"
cp "$work/first.backup" "$work/open.backup"
for mode in 604 620 602 606; do
    chmod "$mode" "$work/open.backup"
    refused "with mode $mode" 77 'run "chmod 600' "$work/open.backup"
done
if [ "$(id -u)" -eq 0 ]; then
    chmod 600 "$work/open.backup"
    chown 12345 "$work/open.backup"
    refused 'of another user' 77 'belongs to another user (12345).*run "chown' "$work/open.backup"
fi
flock "$state/backup/lock" "$mailctl" -c "$work/conf" -y restore "$work/first.backup" >"$work/out" 2>"$work/err"
[ $? -eq 75 ] && says "$work/err" 'another mailctl is making a backup or putting one back'
result $? 'two at once'

# Somebody writes for longer than is waited for: what was replaced before is taken back.
/usr/bin/python3 -c '
import sqlite3, sys
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("BEGIN IMMEDIATE")
print("ready", flush=True)
sys.stdin.readline()' "$state/keys/keys.db" <"$work/to" >"$work/from" &
writer=$!
exec 3>"$work/to" 4<"$work/from"
read -r _ <&4
run -y restore "$work/first.backup"
[ "$status" -eq 75 ] && says "$work/err" 'keys.db.*locked.*what was replaced before is back as it was'
result $? 'one is locked'
exec 3>&- 4<&-
wait "$writer"
is 'all are as they were' "$work/second"
nothing_left 'and no mark'

# --- one that was interrupted ---
echo "$work/second.backup" >"$state/backup/restoring"
row 'status tells' 2 "a restore was interrupted.*restore $work/second.backup" '' status
row 'backup refuses' 78 '' "first run .mailctl restore $work/second.backup. again" backup "$work/half.backup"
row 'the next one says so' 0 'restored' "a restore of $work/second.backup was interrupted" -y restore "$work/second.backup"
is 'and finishes' "$work/second"
nothing_left 'then it is forgotten'

# --- whether one was interrupted cannot be told: what is kept beside must not be overwritten ---
mkdir "$state/backup/restoring"
row 'restore refuses' 78 'directory' 'restoring: ' -y restore "$work/first.backup"
row 'so does backup' 78 '' 'restoring: ' backup "$work/half.backup"
row 'status could not tell' 2 'unknown.*restoring: ' '' status
rmdir "$state/backup/restoring"
is 'all are as they were before that' "$work/second"

# --- the disk is full ---
# filled BLOCKS ARGUMENTS...: files may not grow beyond that many blocks of 512 bytes.
filled() {
    blocks=$1
    shift
    (ulimit -f "$blocks" && exec setsid --wait "$mailctl" -c "$work/conf" "$@") \
        </dev/null >"$work/out" 2>"$work/err"
    status=$?
}
trap '' XFSZ
broken='' failed=0
largest=$(($(wc -c <"$state/directory/directory.db") / 512))
for blocks in 8 $((largest / 4)) $((largest / 2)) $((largest - 8)) $largest $((largest + 1)) $((largest + 2)); do
    filled "$blocks" -q -y restore "$work/first.backup"
    if [ "$status" -eq 0 ]; then
        holds "$work/first" || broken="$broken $blocks"
        run -q -y restore "$work/second.backup"
    else
        failed=$((failed + 1))
        holds "$work/second" || broken="$broken $blocks"
    fi
done
trap - XFSZ
echo "$failed failed; broken:$broken" >>"$work/err"
[ -z "$broken" ] && [ "$failed" -gt 4 ]
result $? 'the disk is full: all are as they were'

# --- killed ---
# database FILE NAME: its piece of what contents() has written.
database() {
    sed -n "/^$2\$/,/^COMMIT;\$/p" "$1"
}

# old_or_new: each database is whole, and the old one or the new one.
old_or_new() {
    contents "$work/now" 2>>"$work/err" || return 1
    for name in directory credentials keys srs; do
        database "$work/now" "$name" >"$work/piece"
        database "$work/first" "$name" | cmp -s - "$work/piece" ||
            database "$work/second" "$name" | cmp -s - "$work/piece" || return 1
    done
}

# LeakSanitizer cannot look while somebody traces the program.
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
export ASAN_OPTIONS
broken='' killed=0 half=0 at=1
while :; do
    "$kill_at" "$at" "$mailctl" -c "$work/conf" -q -y restore "$work/first.backup" >"$work/out" 2>"$work/err"
    status=$?
    [ "$status" -eq 137 ] || break
    killed=$((killed + 1))
    old_or_new || broken="$broken $at"
    if [ -e "$state/backup/restoring" ]; then
        half=$((half + 1))
        run backup "$work/half.backup"
        [ "$status" -eq 78 ] && says "$work/err" "mailctl restore $work/first.backup" || broken="$broken $at:backup"
        run -y restore "$work/first.backup"
        [ "$status" -eq 0 ] && says "$work/err" 'was interrupted' && holds "$work/first" || broken="$broken $at:again"
    elif ! holds "$work/second" && ! holds "$work/first"; then
        broken="$broken $at:mixed"
    fi
    run -q -y restore "$work/second.backup"
    holds "$work/second" || broken="$broken $at:back"
    at=$((at + 17))
done
echo "status $status, killed $killed times, $half of them half way; broken:$broken" >>"$work/err"
[ "$status" -eq 0 ] && [ -z "$broken" ] && [ "$killed" -gt 15 ] && [ "$half" -gt 5 ]
result $? 'killed at a write: each database is the old or the new one, and the next restore finishes'

is 'uninterrupted, it is done' "$work/first"
nothing_left 'nothing is left of all that'

echo "1..$count"
