#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mailctl: which passwords may be set.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

run init
run domain add example.org

given 'v9#Lq2;xTz0'
row 'user add, too short a password' 65 '' '11 characters, and passwords.min_length asks for 12' \
    user add bob@example.org --password-stdin
given 'qwertyuiop123'
row 'user add, a row of keys' 65 '' 'keys in a row' user add bob@example.org --password-stdin
given 'Bob@Example.0RG'
row 'user add, the address as a password' 65 '' 'names of the user' \
    user add bob@example.org --password-stdin
given 'Robert Bobson'
row 'user add, the display name' 65 '' 'names of the user' \
    user add bob@example.org --name 'Robert Bobson' --password-stdin
if grep -qi bobson "$work/err"; then result 1 'the refused password is not shown'; else
    result 0 'the refused password is not shown'
fi
given 'Bob Bobson saw 7 herons'
row 'user add, names among other words' 0 'bob@example.org: added' '' \
    user add bob@example.org --name 'Robert Bobson' --password-stdin
given 'bobson-bobson'
row 'user passwd, the display name that is kept' 65 '' 'names of the user' \
    user passwd bob@example.org --password-stdin
row 'a hash is taken as it is' 0 'changed' '' user passwd bob@example.org --hash \
    '{SHA256-CRYPT}$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC'
cp "$work/conf" "$work/conf.plain"
echo 'passwords { min_length = 30 }' >>"$work/conf"
given 'Bob Bobson saw 7 herons'
row 'the length asked for is the setting' 65 '' '23 characters, and passwords.min_length asks for 30' \
    user passwd bob@example.org --password-stdin

# --- the list ---
list=$work/list
cp "$work/conf.plain" "$work/conf"
row 'no place for a list' 78 '' 'passwords.list is not set' password-list make /dev/null
echo "passwords { list = \"$list\" }" >>"$work/conf"
given 'seven tall herons'
row 'no list, no password' 78 '' "$list.*password-list make" \
    user passwd bob@example.org --password-stdin
printf 'seven tall herons\r\n\n%01030d\nvelvet umbrella' 7 >"$work/words"
mkdir "$work/ranges"
# SHA-1 of "a lonely lighthouse" and of "the other lighthouse".
echo '77C8F167264069D7A0CB007B11B638AC8F7:12' >"$work/ranges/6F7EB.txt"
echo '666B322BFE296D49E2AA40D19E909BE1B4C5AB00:3' >"$work/hashes"
row 'make it' 0 "list: written, 3 passwords; 1 seen too rarely, 2 lines" '' \
    password-list make --min-count 10 "$work/words" "$work/ranges" "$work/hashes"
row 'twice the same is the same' 0 'written, 3 passwords' '' \
    password-list make "$work/words" "$work/ranges" "$work/words"
cp "$list" "$work/list.before"
for password in 'seven tall herons' 'Seven Tall Herons!' 'velvet umbrella2024' 'a lonely lighthouse'; do
    given "$password"
    row "on the list: $password" 65 '' "others have had.*$list" \
        user passwd bob@example.org --password-stdin
done
given 'the other lighthouse'
row 'seen too rarely' 0 'changed' '' user passwd bob@example.org --password-stdin
given 'words of standard input'
json 'another place, from standard input' \
    '(it["passwords"], it["rare"], it["skipped"], it["dry_run"]) == (1, 0, 0, False)' \
    password-list make - --output "$work/other"
json 'tried only' 'it["dry_run"] and it["passwords"] == 2' -n password-list make "$work/words"
row 'none in it' 65 '' 'is as it was' password-list make /dev/null
cp "$work/ranges/6F7EB.txt" "$work/words.range"
row 'a range of no name' 65 '' 'words.range:1: .*first five digits' \
    password-list make "$work/words.range"
row 'no such file' 66 '' 'none' password-list make "$work/none"
row 'in the place of something else' 73 '' 'name another file' \
    password-list make "$work/words" --output "$work/words"
row 'no folder to write to' 73 '' 'nowhere' password-list make "$work/words" --output "$work/nowhere/list"
cmp -s "$list" "$work/list.before"
result $? 'the list is as it was'
[ "$(stat -c %a "$list")" = 600 ] && [ "$(find "$work" -maxdepth 1 -name '*list*' | wc -l)" -eq 2 ]
result $? 'root alone may read it, and nothing is beside it'
head -c 40 "$list" >"$work/cut" && mv "$work/cut" "$list"
given 'the other lighthouse'
row 'a damaged list' 78 '' 'damaged or cut off' user passwd bob@example.org --password-stdin
row 'is made anew' 0 'written' '' password-list make "$work/words"

echo "1..$count"
