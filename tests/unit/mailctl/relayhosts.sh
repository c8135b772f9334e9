#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Senders with a host of their own: set, replaced, listed without passwords, deleted.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

# holds TEXT: whether a file of the credentials has it.
holds() {
    grep -rqa "$1" "$work/state/credentials"
}

# What mailctl warns of where Postfix has nothing to log in with.
warned=libsasl2-modules
for plain in /usr/lib/*/sasl2/libplain.so*; do
    [ ! -e "$plain" ] || warned=
done

run init
run domain add example.org
run domain add other.example
given 'the first word'
row 'one with a login' 0 'alice@example.org: set' "$warned" relayhost set Alice@Example.org Smtp.Provider.Example \
    --login ann --password-stdin
holds 'the first word'
result $? 'its password is kept'
json 'it is listed' 'it[0]["sender"] == "alice@example.org" and it[0]["host"] == "[smtp.provider.example]:587"
    and it[0]["login"] == "ann"' relayhost list
! grep -q 'the first word' "$work/out"
result $? 'but not its password'
echo 'the second word' >"$work/word"
chmod 600 "$work/word"
row 'in place of it' 0 'set' "$warned" relayhost set alice@example.org 'smtp.provider.example:25' --login ann \
    --password-file "$work/word"
holds 'the second word' && ! holds 'the first word'
result $? 'the former password is destroyed'
row 'all of a domain, without a login' 0 '@example.org: set' '' relayhost set @example.org '[192.0.2.1]:25'
row 'for people' 0 '^@example.org.*.192.0.2.1.:25' '' relayhost list
chmod 644 "$work/word"
row 'a file that others can read' 77 '' 'every user can read' relayhost set alice@example.org a.example \
    --login ann --password-file "$work/word"
row 'a password from nowhere' 64 '' 'no password came' relayhost set alice@example.org a.example --login ann
given 'x'
row 'a password without a login' 64 '' '--login is missing' relayhost set alice@example.org a.example \
    --password-stdin
given 'x'
row 'a login with a colon' 64 '' 'without a colon' relayhost set alice@example.org a.example \
    --login a:b --password-stdin
row 'TLS from the start' 65 '' 'TLS from the start' relayhost set alice@example.org a.example:465
row 'no host' 65 '' 'a host like' relayhost set alice@example.org 'a.example b.example'
row 'no sender' 65 '' 'example.org' relayhost set alice a.example
row 'a sender of another site' 68 '' 'not a domain of this' relayhost set joe@elsewhere.example a.example
json 'nothing of that was done' '[r["host"] for r in it] == ["[192.0.2.1]:25", "[smtp.provider.example]:25"]' \
    relayhost list
row 'dry' 0 'would be' '' -n relayhost delete alice@example.org
row 'it goes' 0 'alice@example.org: deleted' '' relayhost delete alice@example.org
! holds 'the second word'
result $? 'and the password with it'
row 'it is gone' 67 '' 'no host of its own.*relayhost list' relayhost delete alice@example.org
given 'the third word'
run relayhost set joe@other.example a.example --login joe --password-stdin
run user add zoe@example.org --no-password
given 'the fourth word'
run relayhost set zoe@example.org a.example --login zoe --password-stdin
row 'a user who goes' 0 'deleted' '' -y user delete zoe@example.org
! holds 'the fourth word'
result $? 'takes hers along'
run user add pat@example.org --no-password
run domain add third.example
given 'the fifth word'
run relayhost set pat@example.org a.example --login pat --password-stdin
given 'the sixth word'
run relayhost set @third.example a.example --login all --password-stdin
given 'version: 1
domains: [{name: example.org}, {name: other.example}]
users: []'
row 'apply takes them, too' 0 'third.example.*deleted' '' -y apply - --prune
! holds 'the fifth word' && ! holds 'the sixth word'
result $? 'of users and of domains'
json 'of these alone' '[r["sender"] for r in it] == ["@example.org", "joe@other.example"]' relayhost list
row 'a domain that goes' 0 'deleted' '' -y domain delete other.example
! holds 'the third word'
result $? 'takes them along'
json 'others stay' '[r["sender"] for r in it] == ["@example.org"]' relayhost list
"$mailctl" -c "$work/conf" lookup relay-passwords alice@example.org 2>"$work/err" >"$work/out"
says "$work/err" 'there is no table'
result $? 'lookup does not ask for passwords'

echo "1..$count"
