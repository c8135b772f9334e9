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

detach postfix && is "$work/usual" 1 && is "$work/out" 2
result $? 'what is named, alone'
detach && is "$work/out" 1 && [ "$(ls "$work/state/attach")" = lock ]
result $? 'all that is attached, other instances too'
attach "postfix@$encoded" "$work/again"
rm -r "$work/again" "$work/out"
"$mailctl" -c "$work/conf" --yes detach >"$work/said" 2>&1 && [ "$(ls "$work/state/attach")" = lock ]
result $? 'an instance that was taken away'
rm -rf "$work/again"
attach "postfix@$encoded" "$work/out"
detach --config-directory "$work/usual/../out/" && is "$work/out" 1
result $? 'a folder by another spelling'

# Interrupted before the file moved; then somebody added a line to it.
attach "postfix@%2Finterrupted" "$work/interrupted"
journal=$work/state/attach/postfix@%2Finterrupted
for set in now after; do
    like=before
    [ "$set" = now ] && like=ours
    cp "$journal/$like.0" "$journal/$set.0"
    cp "$journal/$like.list" "$journal/$set.list"
done
echo detaching >"$journal/state"
echo 'b = 1' >>"$work/interrupted/main.cf"
detach && [ "$(tr '\n' ' ' <"$work/interrupted/main.cf")" = 'a = 1 b = 1 ' ] &&
    [ "$(ls "$work/state/attach")" = lock ]
result $? 'a detach that was interrupted, and a file that was changed since'

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
[ "$(ls "$work/state/attach")" = lock ]
result $? 'nobody reads what is told'
echo "1..$count"
