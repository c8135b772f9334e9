#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Domains whose mail is passed on: a list of their own for Postfix, aliases but no users, and records
# of this host alone.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

run init
run domain add example.org
run domain add other.example
run user add alice@example.org --no-password
list=$work/state/postfix/domains
relays=$work/state/postfix/relays
row 'a relay' 0 'relay.example: added; next: its MX records' '' domain add relay.example --relay
json 'it is one' 'it["kind"] == "relay" and it["alias_of"] is None and it["postmaster"] == []' domain show relay.example
row 'for people, a relay' 0 'relay.example.*relay$' '' domain list
row 'postmaster of a relay' 0 '^postmaster.*whom the other server knows' '' domain show relay.example
grep -qx 'relay.example gatepost' "$relays" && ! grep -q relay.example "$list"
result $? 'it stands in the list of relays alone'
row 'no user in a relay' 65 '' 'its mailboxes are elsewhere' user add joe@relay.example --no-password
row 'an alias in a relay' 0 'added' '' alias add joe@relay.example alice@example.org
row 'no alias of a relay' 65 '' 'has no mailboxes itself' domain set other.example --alias-of relay.example
row 'records of a relay' 0 '^relay.example	MX	20 mail.example.org.*lower number' '' -q dns show relay.example
json 'and none of its owner' '{r["kind"] for r in it} == {"mx", "host-spf"}' -q dns show relay.example
row 'no zone of a relay' 65 '' 'dns zone --fragment relay.example' dns zone relay.example --address 192.0.2.1
row 'but what goes into it' 0 'MX.20 mail.example.org' '' -q dns zone --fragment relay.example

# --- where its mail goes on to ---
row 'a transport' 0 'changed' '' domain set relay.example --transport 'smtp:[MX.Inside.Example]:25'
grep -qx 'relay.example smtp:.mx.inside.example.:25' "$work/state/postfix/transports"
result $? 'it stands in the file for Postfix'
row 'it is seen' 0 '^transport.*smtp:.mx.inside.example.:25$' '' domain show relay.example
json 'in JSON, too' 'it["transport"] == "smtp:[mx.inside.example]:25"' domain show relay.example
"$mailctl" -c "$work/conf" export >"$work/way.yaml"
row 'one that is none' 64 '' 'a transport and where it goes was expected.*or none' \
    domain set relay.example --transport mx.inside.example
row 'that of senders' 64 '' 'would show their passwords' domain set relay.example --transport 'relayauth:[a.example]'
row 'not of an alias' 65 '' 'it has no transport' domain set relay.example --alias-of example.org
row 'it goes' 0 'changed' '' domain set relay.example --transport none
! grep -q relay.example "$work/state/postfix/transports"
result $? 'and from the file'
row 'nothing is seen' 0 '^transport.*as Postfix is set' '' domain show relay.example
row 'declared' 0 'relay.example.*changed: transport' '' -y apply "$work/way.yaml"
row 'nothing to do' 0 'as the file says' '' -y apply "$work/way.yaml"
printf 'version: 1\ndomains: [{name: relay.example, transport: "smtp:[a"}]\n' >"$work/way.yaml"
row 'declared, but none' 65 '' 'transport: "smtp:.a": a transport and where' -y apply "$work/way.yaml"
printf 'version: 1\ndomains: [{name: relay.example, transport: null}]\n' >"$work/way.yaml"
row 'back to the default' 0 'changed: transport' '' -y apply "$work/way.yaml"

# --- who there is in it ---
row 'the first of a list' 0 'joe@relay.example: added' 'takes mail for nobody else' \
    relay-recipient add Joe@Relay.example
row 'a second one' 0 'added' '' relay-recipient add zoe.x@relay.example
row 'one twice' 73 '' 'in the list already.*relay-recipient list' relay-recipient add joe@relay.example
row 'one twice, if missing' 0 'left as it is' '' relay-recipient add joe@relay.example --if-missing
row 'of a domain with mailboxes' 65 '' 'is no relay' relay-recipient add joe@example.org
row 'of a domain that is not there' 68 '' 'there is no domain' relay-recipient add joe@nowhere.example
row 'all of a domain' 65 '' '.' relay-recipient add @relay.example
row 'not made by a dry run' 0 'would be added' '' -n relay-recipient add ann@relay.example
json 'the list' '[r["address"] for r in it] == ["joe@relay.example", "zoe.x@relay.example"]' relay-recipient list
json 'of one domain' 'len(it) == 2' relay-recipient list relay.example
row 'of no domain' 68 '' 'is not a domain of' relay-recipient list nowhere.example
row 'with a list it stays a relay' 65 '' 'list of recipients: it cannot become one with' \
    domain set relay.example --mailboxes
"$mailctl" -c "$work/conf" export >"$work/listed.yaml"
row 'one goes' 0 'deleted' '' relay-recipient delete zoe.x@relay.example
row 'who is not there' 67 '' 'is not in the list' relay-recipient delete ann@relay.example
row 'the last goes' 0 'deleted' 'takes mail for everybody' relay-recipient delete joe@relay.example
row 'the list is declared' 0 'changed: recipients' '' -y apply "$work/listed.yaml"
json 'and there again' 'len(it) == 2' relay-recipient list relay.example
row 'as it is declared' 0 'as the file says' '' -y apply "$work/listed.yaml"

# say_list FIELDS: a file of one domain.
say_list() {
    printf 'version: 1\ndomains: [{name: %s}]\n' "$1" >"$work/list.yaml"
}
say_list 'relay.example, recipients: [Zoe@relay.example, joe@relay.example, zoe@relay.example]'
row 'another list' 0 'changed: recipients' '' -y apply "$work/list.yaml"
json 'some went, some came' '[r["address"] for r in it] == ["joe@relay.example", "zoe@relay.example"]' \
    relay-recipient list
say_list 'relay.example, recipients: [joe@other.example]'
row 'of another domain' 65 '' 'address of another domain' -y apply "$work/list.yaml"
say_list 'example.org, recipients: [joe@example.org]'
row 'where there is no relay' 65 '' 'only a domain of kind relay' -y apply "$work/list.yaml"
say_list 'relay.example, kind: mailbox'
row 'a list that would be left' 65 '' 'list of recipients' -y apply "$work/list.yaml"
say_list 'relay.example, kind: mailbox, recipients: []'
row 'both at once' 0 'changed: kind, recipients' '' -y apply "$work/list.yaml"
say_list 'relay.example, kind: relay, recipients: [joe@relay.example]'
row 'and back' 0 'changed: kind, recipients' '' -y apply "$work/list.yaml"
run relay-recipient delete joe@relay.example

row 'of mailboxes' 0 'changed' '' domain set relay.example --mailboxes
grep -qx 'relay.example gatepost' "$list" && ! grep -q relay.example "$relays"
result $? 'it stands in the other list'
row 'a relay again' 0 'changed' '' domain set relay.example --relay
echo '# nothing' >"$relays"
row 'an old list of relays is seen' 0 'postfix: would be' '' -n upgrade
row 'an old list of relays is mended' 0 'postfix: made or' '' upgrade
grep -qx 'relay.example gatepost' "$relays"
result $? 'the list of relays is true again'
row 'a relay that is switched off' 0 'changed' '' domain set relay.example --disable
! grep -q relay.example "$relays"
result $? 'it stands nowhere'
row 'with users in it' 65 '' 'still has users' domain set example.org --relay
row 'a relay, and there already' 0 'left as it is' '' domain add relay.example --relay --if-missing
row 'no relay, but there already' 73 '' 'relay.example exists already, but its kind is relay, not mailbox ("mailctl domain set relay.example --mailboxes" changes that)' \
    domain add relay.example --if-missing
row 'mailboxes, and there already' 73 '' 'kind is mailbox, not relay ("mailctl domain set example.org --relay"' \
    domain add example.org --relay --if-missing
row 'the same without a condition' 73 '' 'kind is mailbox, not relay' domain add example.org --relay
run domain set other.example --alias-of example.org
row 'an alias, and there already' 73 '' 'kind is alias of example.org, not mailbox ("mailctl domain set other.example --mailboxes"' \
    domain add other.example --if-missing
row 'an alias that is to be a relay' 73 '' 'kind is alias of example.org, not relay' domain add other.example --relay --if-missing
row 'each as it was' 0 'other.example.*alias of example.org' '' domain list
run domain set other.example --mailboxes
row 'a relay goes' 0 'deleted' '' -y domain delete relay.example --with-content

# --- where one of the lists cannot be written, by a folder in its place ---
in_list() { grep -qx "$1 gatepost" "$list"; }
in_relays() { grep -qx "$1 gatepost" "$relays"; }
run domain add moving.example
run domain add coming.example --relay
mkdir "$relays.new"
row 'to the relays, which cannot be written' 74 'moving.example: changed' \
    'not all written: .*relays.new.*mailctl upgrade' domain set moving.example --relay
in_list moving.example && ! in_relays moving.example
result $? 'it stays where it was'
row 'and one that comes from there' 74 'changed' 'not all written' domain set coming.example --mailboxes
in_list coming.example && in_relays coming.example
result $? 'it is in both'
in_list moving.example
result $? 'the other one is still there'
rmdir "$relays.new"
row 'mended' 0 'postfix: made or' '' upgrade
in_relays moving.example && ! in_list moving.example && in_list coming.example && ! in_relays coming.example
result $? 'each has changed places'
mkdir "$list.new"
row 'from the relays, to a list that cannot be written' 74 'changed' 'not all written: .*domains.new' \
    domain set moving.example --mailboxes
in_relays moving.example
result $? 'it stays among the relays'
row 'to the relays, from a list that cannot be written' 74 'changed' 'not all written' domain set coming.example --relay
in_list coming.example
result $? 'it stays in the list'
rmdir "$list.new"
row 'mended, too' 0 'postfix: made or' '' upgrade
in_list moving.example && ! in_relays moving.example && in_relays coming.example && ! in_list coming.example
result $? 'each is back'
run -y domain delete moving.example
run -y domain delete coming.example

# --- declared ---
cat >"$work/relay.yaml" <<EOF
version: 1
domains:
  - {name: other.example, kind: alias, alias_of: example.org}
  - {name: declared.example, kind: relay}
aliases:
  - {address: joe@declared.example, targets: [alice@example.org]}
EOF
row 'declared' 0 'declared.example.*added' '' -y apply "$work/relay.yaml"
"$mailctl" -c "$work/conf" export >"$work/exported.yaml"
row 'exported as it was declared' 0 'as the file says' '' -y apply "$work/exported.yaml" --prune
json 'it is in what was exported' '[d["kind"] for d in it["domains"] if d["name"] == "declared.example"] == ["relay"]' \
    export
cat >"$work/relay.yaml" <<EOF
version: 1
domains:
  - {name: example.org, kind: relay}
  - {name: other.example, kind: mailbox}
EOF
row 'a relay with users' 65 '' 'still has users' -y apply "$work/relay.yaml"
run -y user delete alice@example.org --aliases keep
row 'a relay, once nothing stands for it' 0 'changed: kind' '' -y apply "$work/relay.yaml"

echo "1..$count"
