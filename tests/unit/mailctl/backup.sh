#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A backup of the databases: what is in it, who may read it, what is refused, when others write
# meanwhile, when it is killed, and when the disk is full.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

# python LINES ARGUMENTS...: fails where they do.
python() {
    /usr/bin/python3 -c "$@" >>"$work/err" 2>&1
}

# unpack FILE: its parts lie in $work/parts, and their checksums are right.
unpack() {
    rm -rf "$work/parts"
    mkdir "$work/parts" && tar -C "$work/parts" -xf "$1" &&
        (cd "$work/parts" && sha256sum --quiet -c MANIFEST) >>"$work/err" 2>&1
}

# nothing_left NAME: no copy lies about.
nothing_left() {
    [ -z "$(find "$work" -name '.scratch-*' -o -name '.*.gatepost')" ]
    result $? "$1"
}

run init
run domain add example.org
run user add alice@example.org --no-password
given 'a long enough password'
run user passwd alice@example.org --password-stdin
run dkim generate example.org

# --- what is in it ---
umask 000
row 'a backup' 0 'one.backup: written, [0-9]* bytes.*only root' '' backup "$work/one.backup"
umask 022
[ "$(stat -c '%a %F' "$work/one.backup")" = '600 regular file' ]
result $? 'its owner alone may read it'
[ "$(stat -c %a "$work/state/backup")" = 700 ]
result $? 'so it is with the folder of the copies'
nothing_left 'no copy stays'
unpack "$work/one.backup" && [ "$(ls "$work/parts" | tr '\n' ' ')" = 'MANIFEST credentials.db directory.db keys.db srs.db ' ]
result $? 'tar and sha256sum can read it'
grep -q '^# gatepost-backup 1$' "$work/parts/MANIFEST" && grep -q '^# host mail.example.org$' "$work/parts/MANIFEST"
result $? 'it says what it is'
python '
import sqlite3, sys
wanted = {"directory": "mail_user", "credentials": "credential", "keys": "dkim_key", "srs": "srs_secret"}
for name, table in wanted.items():
    base = sqlite3.connect(f"{sys.argv[1]}/{name}.db")
    assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)], name
    assert base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 1, name' "$work/parts"
result $? 'all databases are whole, with what was written last'
json 'as JSON' '[p["name"] for p in it["parts"]] == ["directory", "credentials", "keys", "srs"] and
    all(p["bytes"] % 512 == 0 and len(p["sha256"]) == 64 for p in it["parts"]) and not it["dry_run"]' \
    backup "$work/two.backup"
row 'without words' 0 '' '' -q backup "$work/three.backup"
(cd "$work" && "$mailctl" -c "$work/conf" -q backup four.backup) && unpack "$work/four.backup"
result $? 'a name without a folder'

# --- what is refused ---
cp "$work/one.backup" "$work/kept"
row 'a file that is there' 73 '' 'one.backup: .*a new one, or say --overwrite' backup "$work/one.backup"
row 'a file that is there, dry' 73 '' 'say --overwrite' -n backup "$work/one.backup"
cmp -s "$work/kept" "$work/one.backup"
result $? 'it stays as it was'
echo old >"$work/old"
chmod 644 "$work/old"
row 'in its place on purpose' 0 'old: written' '' backup --overwrite "$work/old"
[ "$(stat -c %a "$work/old")" = 600 ] && unpack "$work/old"
result $? 'then it is its owner'\''s alone, too'
row 'dry' 0 'none: would be written' '' -n backup "$work/none"
json 'dry, as JSON' 'it["dry_run"]' -n backup "$work/none"
! [ -e "$work/none" ]
result $? 'nothing was written'
ln -s "$work/elsewhere" "$work/link"
row 'a link' 78 '' 'link: not a plain file' backup --overwrite "$work/link"
row 'a folder' 78 '' 'not a plain file' backup --overwrite "$work"
row 'no folder for it' 74 '' 'No such file' backup "$work/nowhere/x"
row 'no name' 64 '' 'FILE' backup
mv "$work/state/backup" "$work/aside" && ln -s "$work/parts" "$work/state/backup"
row 'its folder is somebody else'\''s' 77 '' 'state/backup: not a folder that its owner alone' backup "$work/none"
rm "$work/state/backup" && mv "$work/aside" "$work/state/backup"
chmod 755 "$work/state/backup"
row 'its folder is open to others' 77 '' 'state/backup: not a folder that its owner alone' backup "$work/none"
chmod 700 "$work/state/backup"
flock "$work/state/backup/lock" "$mailctl" -c "$work/conf" backup "$work/none" >"$work/out" 2>"$work/err"
[ $? -eq 75 ] && says "$work/err" 'another mailctl is making a backup'
result $? 'two at once'

# --- databases that are not as they should be ---
mv "$work/state/srs" "$work/srs"
row 'one is missing' 78 '' 'srs.*mailctl init' backup "$work/none"
mv "$work/srs" "$work/state/srs"
sed "s,$work/state,$work/worn," "$work/conf" >"$work/conf2"
"$mailctl" -c "$work/conf2" -q init && "$mailctl" -c "$work/conf2" -q domain add example.org
python '
import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
page = base.execute("SELECT rootpage FROM sqlite_schema WHERE name = '\''mail_user'\''").fetchone()[0]
base.close()
with open(sys.argv[1], "r+b") as file:
    file.seek((page - 1) * 4096)
    file.write(b"\x7f" * 4096)' "$work/worn/directory/directory.db"
row 'one is damaged' 78 '' 'worn/directory/directory.db: damaged' -c "$work/conf2" backup "$work/none"
! [ -e "$work/none" ]
result $? 'no backup came of them'
nothing_left 'and no copy'

# --- others write meanwhile ---
# Pairs of rows, each pair in one transaction, in two databases one after the other.
cat >"$work/writer.py" <<'END'
import sqlite3
import sys
bases = [sqlite3.connect(f"{sys.argv[1]}/{name}/{name}.db", timeout=30) for name in ("directory", "keys")]
for base in bases:
    base.execute("PRAGMA synchronous = OFF")
# So that a copy takes its time.
bases[0].executemany("INSERT INTO domain (name, created) VALUES (?, 1)",
                     ((f"{number}.{'x' * 60}.{'y' * 60}.example",) for number in range(30000)))
bases[0].commit()
number = 0
print("ready", flush=True)
while True:
    number += 1
    name = f"pair{number}.example"
    for half in (1, 2):
        bases[0].execute("INSERT INTO domain (name, created) VALUES (?, ?)", (f"{half}.{name}", number))
    bases[0].commit()
    bases[1].execute("INSERT INTO dkim_key (domain, selector, algorithm, bits, state, record, pem, created)"
                     " VALUES (?, 's', 'rsa', 2048, 'active', '', ?, ?)", (name, "x" * 3000, number))
    bases[1].commit()
END
mkfifo "$work/fifo"
/usr/bin/python3 "$work/writer.py" "$work/state" >"$work/fifo" 2>"$work/err" &
writer=$!
read -r _ <"$work/fifo"
torn=''
for round in 1 2 3 4 5; do
    run -q backup --overwrite "$work/live.backup"
    [ "$status" -eq 0 ] && unpack "$work/live.backup" && python '
import sqlite3, sys
directory, keys = (sqlite3.connect(f"{sys.argv[1]}/{name}.db") for name in ("directory", "keys"))
for base in directory, keys:
    assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
domains = directory.execute("SELECT count(*) FROM domain WHERE name LIKE '\''%pair%'\''").fetchone()[0]
pairs = keys.execute("SELECT count(*) FROM dkim_key WHERE domain LIKE '\''pair%'\''").fetchone()[0]
assert domains % 2 == 0, domains
print(abs(domains // 2 - pairs), file=open(sys.argv[2], "a"))' "$work/parts" "$work/apart" || torn="$torn $round"
done
kill "$writer" && wait "$writer" 2>>"$work/err"
[ -z "$torn" ]
result $? 'whole transactions, while others write'
# A pair or two come between two looks, and more where something else has the processor just then: not
# each time as many as a copy takes.
cat "$work/apart" >>"$work/err"
[ "$(sort -n "$work/apart" | head -1)" -le 5 ]
result $? 'all of one moment'

# --- killed, and the disk full ---
# filled BLOCKS ARGUMENTS...: files may not grow beyond that many blocks of 512 bytes. Where SIGXFSZ is
# ignored, that is a disk that is full; else mailctl is killed at that write.
filled() {
    blocks=$1
    shift
    (ulimit -f "$blocks" && exec setsid --wait "$mailctl" -c "$work/conf" "$@") \
        </dev/null >"$work/out" 2>"$work/err"
    status=$?
}
run -q backup --overwrite "$work/one.backup"
cp "$work/one.backup" "$work/kept"
size=$(($(wc -c <"$work/one.backup") / 512))
for how in full killed; do
    broken='' failed=0
    if [ "$how" = full ]; then trap '' XFSZ; else trap - XFSZ; fi
    for part in 1 2 3 4 5 6 7 8 9; do
        filled $((size * part / 10)) -q backup --overwrite "$work/one.backup"
        [ "$status" -eq 0 ] || failed=$((failed + 1))
        cmp -s "$work/kept" "$work/one.backup" || broken="$broken $part"
        [ "$how" = killed ] || says "$work/err" 'mailctl: .*\(too large\|input/output\)' || broken="$broken $part:words"
    done 2>"$work/killed"
    echo "$failed failed; broken:$broken" >>"$work/err"
    [ -z "$broken" ] && [ "$failed" -eq 9 ]
    result $? "$how at a write: the former backup stays"
done
row 'the next one works' 0 'written' '' backup --overwrite "$work/one.backup"
unpack "$work/one.backup"
result $? 'and is whole'
nothing_left 'and leaves nothing of those that were killed'

echo "1..$count"
