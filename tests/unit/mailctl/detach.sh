#!/bin/sh
# SPDX-License-Identifier: MIT
#
# "mailctl detach" with journals that were written here: what attach leaves, without a Postfix.
top_builddir=${top_builddir:?}
mailctl=$top_builddir/mailctl/mailctl
work=$(mktemp -d /tmp/gatepost-detach-XXXXXX) || exit 99
trap 'rm -rf "$work"' EXIT
count=0
mkdir "$work/state" "$work/state/attach"
printf 'state_directory = "%s"\n' "$work/state" >"$work/conf"

# result STATUS NAME: one line of TAP.
result() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        sed 's/^/#  said: /' "$work/said"
    fi
}

# attach JOURNAL FOLDER: as if FOLDER/main.cf had been changed from "a = 1" to "a = 2".
attach() {
    journal=$work/state/attach/$1
    mkdir "$journal" "$2"
    for set in before ours; do
        [ "$set" = before ] && echo 'a = 1' >"$journal/$set.0" || echo 'a = 2' >"$journal/$set.0"
        printf 'there %d %d %d 0 0 %s %s\n' 0644 "$(id -u)" "$(id -g)" \
            "$(sha256sum <"$journal/$set.0" | cut -d' ' -f1)" "$2/main.cf" >"$journal/$set.list"
    done
    echo attached >"$journal/state"
    echo 'a = 2' >"$2/main.cf"
    chmod 644 "$2/main.cf"
}

# is FOLDER VALUE
is() {
    [ "$(cat "$1/main.cf")" = "a = $2" ]
}

detach() {
    "$mailctl" -c "$work/conf" --yes detach --offline "$@" >"$work/said" 2>&1
}

encoded=$(printf %s "$work/out" | sed 's|/|%2F|g')
attach postfix "$work/usual"
attach "postfix@$encoded" "$work/out"

"$mailctl" -c "$work/conf" --dry-run detach >"$work/said" 2>&1 && is "$work/usual" 2 && is "$work/out" 2 &&
    grep -q '^-a = 2' "$work/said" && grep -q '^+a = 1' "$work/said" &&
    grep -q "^+++ $work/out/main.cf" "$work/said" && [ -d "$work/state/attach/postfix" ]
result $? 'a dry run shows the diffs and changes nothing'
"$mailctl" -c "$work/conf" detach --offline >"$work/said" 2>&1 </dev/null
[ $? -eq 64 ] && is "$work/usual" 2 && grep -q '^+a = 1' "$work/said" && grep -qe '--yes' "$work/said"
result $? 'it is shown and asked before anything is done'
"$mailctl" -c "$work/conf" --json --dry-run detach postfix >"$work/said" 2>&1 &&
    /usr/bin/python3 -c '
import json, sys
said = json.load(open(sys.argv[1]))
file, = said["plans"][0]["files"]
assert file["path"] == sys.argv[2] and not file["removed"] and "+a = 1" in file["diff"]
assert said["dry_run"] and not said["done"]' "$work/said" "$work/usual/main.cf" 2>>"$work/said"
result $? 'the same for programs'
detach postfix && is "$work/usual" 1 && is "$work/out" 2
result $? 'what is named, alone'
detach && is "$work/out" 1 && [ "$(ls -A "$work/state/attach")" = lock ]
result $? 'all that is attached, other instances too'
attach "postfix@$encoded" "$work/again"
rm -r "$work/again" "$work/out"
"$mailctl" -c "$work/conf" --yes detach >"$work/said" 2>&1 && [ "$(ls -A "$work/state/attach")" = lock ]
result $? 'an instance that was taken away'
rm -rf "$work/again"
attach "postfix@$encoded" "$work/out"
detach --config-directory "$work/usual/../out/" && is "$work/out" 1
result $? 'a folder by another spelling'
rm -r "$work/out"
attach "postfix@$encoded" "$work/out"
detach --config-directory "$work/out" --config-directory "$work/out/" && is "$work/out" 1 &&
    [ "$(ls -A "$work/state/attach")" = lock ]
result $? 'a folder that is named twice'

# interrupt JOURNAL: a detach, before the file moved.
interrupt() {
    journal=$work/state/attach/$1
    for set in now after; do
        like=before
        [ "$set" = now ] && like=ours
        cp "$journal/$like.0" "$journal/$set.0"
        cp "$journal/$like.list" "$journal/$set.list"
    done
    echo detaching >"$journal/state"
}

# Somebody added a line since.
attach "postfix@%2Finterrupted" "$work/interrupted"
interrupt "postfix@%2Finterrupted"
echo 'b = 1' >>"$work/interrupted/main.cf"
detach && [ "$(tr '\n' ' ' <"$work/interrupted/main.cf")" = 'a = 1 b = 1 ' ] &&
    [ "$(ls -A "$work/state/attach")" = lock ]
result $? 'a detach that was interrupted, and a file that was changed since'

# Our own setting, changed since: named before and behind, and how it stands in the last line.
attach "postfix@%2Fchanged" "$work/changed"
echo 'a = 7' >"$work/changed/main.cf"
"$mailctl" -c "$work/conf" -n detach >"$work/said" 2>&1 &&
    grep -q 'warning: .*a was changed after attach' "$work/said"
result $? 'a dry run names the conflicts'
detach
[ $? -eq 1 ] && is "$work/changed" 7 && [ "$(ls -A "$work/state/attach")" = lock ] &&
    tail -n 1 "$work/said" | grep -q 'postfix@/changed: detached; 1 setting was changed after attach and kept'
result $? 'a conflict, and a clear last line'

# A file that attach made, and one that cannot be read: what is next is said.
attach "postfix@%2Fmade" "$work/made"
echo "absent 0 0 0 0 0 - $work/made/main.cf" >"$work/state/attach/postfix@%2Fmade/before.list"
"$mailctl" -c "$work/conf" -n detach >"$work/said" 2>&1 && grep -q 'main.cf (removed):' "$work/said" &&
    grep -q '^+++ /dev/null' "$work/said"
result $? 'a file that goes away'
mv "$work/made/main.cf" "$work/made/aside" && mkdir "$work/made/main.cf"
detach
[ $? -ne 0 ] && tail -n 1 "$work/said" | grep -q 'detach again' && [ -d "$work/state/attach/postfix@%2Fmade" ]
result $? 'what stands in the way is named, with what to do'
tail -n 1 "$work/said" | grep -q 'nothing was changed'
result $? 'nothing was changed'
attach "postfix@%2Fhalfway" "$work/halfway"
interrupt "postfix@%2Fhalfway"
detach
[ $? -ne 0 ] && is "$work/halfway" 1 && tail -n 1 "$work/said" | grep -q 'nothing more was changed'
result $? 'nothing more than what an interrupted run left to do'
rmdir "$work/made/main.cf" && mv "$work/made/aside" "$work/made/main.cf"
detach && [ ! -e "$work/made/main.cf" ] && [ "$(tail -n 1 "$work/said")" = 'postfix@/made: detached' ]
result $? 'and then it goes'

# A unit that was there before, and that somebody changed since.
attach "postfix@%2Funit" "$work/unit"
mv "$work/unit/main.cf" "$work/unit/queue.mount"
sed -i 's/main\.cf$/queue.mount/' "$work/state/attach/postfix@%2Funit/"*.list
echo 'a = 3' >"$work/unit/queue.mount"
detach && [ "$(cat "$work/unit/queue.mount")" = 'a = 1' ]
result $? 'a mount that was there before'
attach "postfix@%2Frotten" "$work/rotten"
echo rot >"$work/state/attach/postfix@%2Frotten/before.0"
detach
[ $? -ne 0 ] && is "$work/rotten" 2 && grep -q 'backup' "$work/said"
result $? 'a journal that rotted'
rm -r "$work/state/attach/postfix@%2Frotten"

# A pipe without a reader, and more to tell than stdio holds back.
mkfifo "$work/pipe"
exec 3<>"$work/pipe"
exec 4>"$work/pipe"
exec 3>&-
i=0
while [ $((i += 1)) -le 80 ]; do
    attach "postfix@%2Fa-folder-whose-name-fills-what-stdio-holds-back-sooner-$i" "$work/gone$i"
done
env --default-signal=PIPE "$mailctl" -c "$work/conf" --yes detach --offline >&4 2>"$work/said" 3>&-
[ "$(ls -A "$work/state/attach")" = lock ]
result $? 'nobody reads what is told'
echo "1..$count"
