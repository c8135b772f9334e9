#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Where aliases and forwards lead once something on their way goes or comes back: who is told of, what
# is taken out of what, and which circles are refused.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

run init
for domain in example.org alias.example other.example third.example; do
    run domain add $domain
done
run domain set alias.example --alias-of example.org
for user in bob carol dan; do
    run user add $user@example.org --no-password
done
run user add eve@other.example --no-password

# --- who leads to what goes ---
run alias add twin@other.example bob@alias.example
run alias add tag@other.example bob+lists@example.org
run alias add both@other.example bob+x@alias.example carol@example.org
run user set eve@other.example --forward-to bob@alias.example
run alias add bobby@other.example bobby@example.org
row 'those over an alias domain and with an extension' 65 '' \
    'bob@example.org: both@other.example, tag@other.example, twin@other.example; say --aliases' \
    -y user delete bob@example.org
row 'all of them are kept, and told of' 0 'would be deleted' \
    'still lead to bob@example.org: both@other.example, tag@other.example, twin' \
    -n user delete bob@example.org --aliases keep
row 'a forward, too' 0 'would be deleted' 'still forwarded to bob@example.org by eve@other.example' \
    -n user delete bob@example.org --aliases keep
row 'it is taken out of all' 0 'eve@other.example: mail is forwarded to bob@example.org no more' '' \
    -y user delete bob@example.org --aliases delete
json 'of one with another target' 'it["targets"] == ["carol@example.org"]' alias show both@other.example
row 'of one with none' 67 '' 'no alias' alias show twin@other.example
row 'of one with an extension' 67 '' 'no alias' alias show tag@other.example
json 'of a forward' 'it["forward_to"] == []' user show eve@other.example
json 'of nobody else' 'it["targets"] == ["bobby@example.org"]' alias show bobby@other.example
run -y alias delete bobby@other.example

run alias add team@example.org carol@example.org
run alias add far@other.example team@alias.example
run alias add farther@third.example far@other.example
row 'an alias that goes' 65 '' 'lead to team@example.org: far@other.example; say' -y alias delete team@example.org
row 'with what leads there' 0 'farther@third.example: deleted' '' -y alias delete team@example.org --aliases delete

# An extension may be somebody's own.
run alias add carol+own@example.org dan@example.org
run alias add own@other.example carol+own@example.org
row 'who leads to an extension of its own leads to that' 0 'deleted' '' -n user delete carol@example.org --aliases delete
row 'and goes with that' 65 '' 'carol+own@example.org: own@other.example; say' -y alias delete carol+own@example.org
run -y alias delete carol+own@example.org --aliases delete

# --- a catch-all is no domain ---
run alias add @example.org dan@example.org
run alias add known@other.example carol@example.org
run alias add unknown@other.example who@alias.example
row 'those that nobody else takes lead to the catch-all' 65 '' 'lead to @example.org: unknown@other.example; say' \
    -y alias delete @example.org
row 'it goes' 0 'unknown@other.example: deleted' '' -y alias delete @example.org --aliases delete
json 'who leads to a user of the domain stays' 'it["targets"] == ["carol@example.org"]' alias show known@other.example
row 'a domain that goes' 65 '' 'lead to @example.org: both@other.example, known@other.example; say' \
    -n domain delete example.org --with-content

# --- circles by what goes or comes back ---
run alias add end@third.example carol@example.org
run alias add start@third.example end@third.example
run alias add @third.example start@third.example
way='@third.example -> start@third.example -> end@third.example -> @third.example; change'
row 'an alias that is switched off' 65 '' "without end@third.example mail would go in a circle: $way" \
    alias set end@third.example --disable
row 'an alias that goes' 65 '' "in a circle: $way" -y alias delete end@third.example --aliases keep
row 'it goes with those that lead there' 0 'start@third.example: would be deleted' '' \
    -n alias delete end@third.example --aliases delete
cat >"$work/less.yaml" <<'END'
version: 1
aliases:
  - {address: "@third.example", targets: start@third.example}
  - {address: start@third.example, targets: end@third.example}
END
row 'one that is pruned' 65 '' "without end@third.example.*$way" -y apply --prune "$work/less.yaml"
printf 'version: 1\naliases: [{address: end@third.example, enabled: false}]\n' >"$work/off.yaml"
row 'one that a file switches off' 65 '' "$way" -y apply "$work/off.yaml"
run -y alias delete end@third.example --aliases delete
run user add end@third.example --no-password
run alias add start@third.example end@third.example
run alias add @third.example start@third.example
row 'a user who goes' 65 '' "without end@third.example.*$way" -y user delete end@third.example --aliases keep
row 'one who goes with what leads there' 0 'deleted' '' -y user delete end@third.example --aliases delete

run alias add there@example.org back@third.example
run domain set example.org --disable
run alias add back@third.example there@alias.example
row 'a domain that is switched on' 65 '' \
    'back@third.example -> there@alias.example -> there@example.org -> back@third.example' \
    domain set example.org --enable
printf 'version: 1\ndomains: [{name: example.org, enabled: true}]\n' >"$work/on.yaml"
row 'one that a file switches on' 65 '' 'back@third.example -> there@alias.example -> there@' -y apply "$work/on.yaml"
run -y alias delete back@third.example --aliases delete
row 'it can be switched on again' 0 'changed' '' domain set example.org --enable
run alias add quiet@third.example Loud@later.example
run domain add later.example
row 'a target in other letters, which became ours' 65 '' \
    'loud@later.example -> quiet@third.example -> loud@later.example' \
    alias add loud@later.example quiet@third.example

# --- postmaster and abuse ---
row 'a new domain is to have them' 0 'postmaster@roles.example and abuse@roles.example' '' domain add roles.example
row 'nobody, and what to do' 0 'postmaster.*nobody (mailctl alias add postmaster@roles.example ADDRESS)' '' \
    domain show roles.example
json 'nobody, in JSON' 'it["postmaster"] == [] and it["abuse"] == []' domain show roles.example
run user add abuse@roles.example --no-password
run alias add postmaster@roles.example carol@example.org x@elsewhere.example
json 'an alias, and a user' 'it["postmaster"] == ["carol@example.org", "x@elsewhere.example"] and
    it["abuse"] == ["abuse@roles.example"]' domain show roles.example
row 'for people' 0 'postmaster.*carol@example.org, x@elsewhere.example$' '' domain show roles.example
run alias delete postmaster@roles.example -y
run alias add @roles.example dan@example.org
json 'the catch-all' 'it["postmaster"] == ["dan@example.org"]' domain show roles.example

# --- many that lead to one ---
/usr/bin/python3 - >"$work/many.yaml" <<'END'
print("version: 1\naliases:")
for number in range(5100):
    print(f"  - {{address: n{number}@other.example, targets: hub@other.example}}")
print("  - {address: hub@other.example, targets: carol@example.org}")
END
row 'more than are looked at' 0 '' '' -q -y apply "$work/many.yaml"
row 'what they lead to can be changed' 0 'changed' '' alias set hub@other.example dan@example.org
row 'but not into a circle' 65 '' 'hub@other.example -> n5099@other.example -> hub' \
    alias set hub@other.example n5099@other.example
row 'it can go with them' 0 'n5099@other.example: would be deleted' '' -n alias delete hub@other.example --aliases delete

# --- postmaster and abuse of all domains ---
row 'nobody reads it' 0 '^postmaster.*nobody (mailctl alias add postmaster@third.example' '' domain show third.example
sed -i '1i postmaster = "op@elsewhere.example"' "$work/conf"
json 'whom the setting names' 'it["postmaster"] == it["abuse"] == ["op@elsewhere.example"]' domain show third.example
run alias add abuse@third.example carol@example.org
json 'whom an alias names' 'it["postmaster"] == ["op@elsewhere.example"] and it["abuse"] == ["carol@example.org"]' \
    domain show third.example

echo "1..$count"
