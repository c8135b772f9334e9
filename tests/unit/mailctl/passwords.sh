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
echo 'passwords { min_length = 30 }' >>"$work/conf"
given 'Bob Bobson saw 7 herons'
row 'the length asked for is the setting' 65 '' '23 characters, and passwords.min_length asks for 30' \
    user passwd bob@example.org --password-stdin

echo "1..$count"
