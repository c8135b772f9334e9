#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The directory in a file: what apply makes of it, what it refuses and leaves as it was, when it is
# killed, when the disk is full, when somebody else writes, and that export writes the same form.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

# directory FILE: what there is, as export writes it.
directory() {
    "$mailctl" -c "$work/conf" export >"$1"
}

# same NAME FILE: the directory is still as that file has it.
same() {
    directory "$work/now.yaml" 2>>"$work/err" && cmp "$2" "$work/now.yaml" >>"$work/err" 2>&1
    result $? "$1"
}

# refused NAME PATTERN: what $work/bad.yaml declares is refused in such words.
refused() {
    row "$1" 65 '' "$2" -y apply "$work/bad.yaml"
}

# elsewhere: from here on another directory, an empty one; back: the first again.
elsewhere() {
    mv "$work/conf" "$work/first"
    rm -rf "$work/other"
    mkdir "$work/other"
    sed "s|$work/state|$work/other/state|" "$work/first" >"$work/conf"
    run init
}
back() {
    mv "$work/first" "$work/conf"
}

run init
run domain add example.org
run domain add bücher.example
run domain add kept.example
run user add alice@example.org --no-password
run user add bob@example.org --no-password --name 'Bob Bo' --quota 2G
run user set bob@example.org --protocols imap,submission --require-app-passwords --forward-to bob@elsewhere.example --no-copy
run alias add info@example.org alice@example.org bob@example.org
run alias add fair@example.org alice@example.org --expires 2099-01-31T12:00:00Z
run alias add @kept.example bob@example.org
run domain set kept.example --spf-include _spf.elsewhere.example --report-address dmarc@elsewhere.example --default-quota 1G --signing off
run dns set kept.example --ttl 600 --address 192.0.2.1 --address 2001:db8::1 --without srv --dmarc-policy none
run dkim delegate kept.example --to keys.elsewhere.example

# --- there and back ---
directory "$work/all.yaml"
row 'what was exported is what there is' 0 'the directory is as the file says' '' apply "$work/all.yaml" --prune
run --json export
cp "$work/out" "$work/all.json"
row 'in JSON, too' 0 'the directory is as the file says' '' apply "$work/all.json" --prune
/usr/bin/python3 - "$work/all.json" "$top_srcdir/man/gatepost-directory.5" >"$work/out" 2>"$work/err" <<'END'
import json, re, sys
sections = {name: set(things[0]) for name, things in json.load(open(sys.argv[1])).items() if name != "version"}
parts = re.split(r"(?m)^\.Ss (.*)$", open(sys.argv[2]).read())
manual = {name: set(re.findall(r"(?m)^\.It Li (\w+)", text)) for name, text in zip(parts[1::2], parts[2::2])}
for name, fields in sections.items():
    assert fields == manual[name], (name, fields ^ manual[name])
END
result $? 'the manual has each field, and no other'
input=$work/all.yaml
row 'from standard input' 0 'the directory is as the file says' '' apply -
printf 'version: 1\n' >"$work/nothing.yaml"
row 'a file without sections' 0 'the directory is as the file says' '' apply "$work/nothing.yaml" --prune

# --- what changes ---
cat >"$work/some.yaml" <<'END'
version: 1
domains:
  - {name: second.example, kind: alias, alias_of: first.example}
  - {name: First.example, default_quota: 1G}
users:
  - {address: Dora@first.example, name: Dora, protocols: imap, forward_to: [dora@elsewhere.example]}
aliases:
  - {address: "@first.example", targets: dora@first.example, expires: 2099-01-31}
END
row 'apply, dry' 0 'user.*dora@first.example.*added' '' -n apply "$work/some.yaml"
same 'it was not done' "$work/all.yaml"
row 'nobody to ask' 64 'dora@first.example' 'say --yes' apply "$work/some.yaml"
same 'nothing was done without an answer' "$work/all.yaml"
row 'apply' 0 'alias.*@first.example.*added' '' -y apply "$work/some.yaml"
json 'users are there' 'it["forward_to"] == ["dora@elsewhere.example"] and it["keeps_copy"] and
    it["protocols"] == "imap" and it["quota_bytes"] == 1 << 30' user show dora@first.example
json 'domains are there' 'it["alias_of"] == "first.example"' domain show second.example
grep -q '^first.example gatepost$' "$work/state/postfix/domains"
result $? 'Postfix has them in its list'
row 'apply twice' 0 'as the file says' '' -y apply "$work/some.yaml"
sed 's/second.example/SECOND.example./' "$work/some.yaml" >"$work/upper.yaml"
row 'names in other letters are the same' 0 'as the file says' '' -y apply "$work/upper.yaml"
sed 's/name: Dora, protocols: imap/name: Dora B, quota: 2G/; s/targets: dora@first/targets: dora@second/' \
    "$work/some.yaml" >"$work/other.yaml"
json 'what changes is shown' '[list(l.values()) for l in it["plan"]] ==
    [["user", "dora@first.example", "changed: name, quota"], ["alias", "@first.example", "changed: targets"]]' \
    -n apply "$work/other.yaml"
row 'it is changed' 0 'changed: name, quota' '' -y apply "$work/other.yaml"
json 'what is not mentioned stays' 'it["name"] == "Dora B" and it["protocols"] == "imap" and it["quota_bytes"] == 2 << 30' \
    user show dora@first.example
printf 'version: 1\nusers: [{address: dora@first.example, name: ~, quota: ~, protocols: ~, forward_to: ~}]\n' >"$work/null.yaml"
row 'null is the default' 0 'changed: name, quota, protocols, forward_to' '' -y apply "$work/null.yaml"
json 'the default is there' 'it["name"] == "" and it["quota_is_default"] and it["protocols"] == "all" and not it["forward_to"]' \
    user show dora@first.example
printf 'version: 1\nusers: [{address: eve@bücher.example, enabled: false}]\n' >"$work/unicode.yaml"
row 'beyond ASCII' 0 'eve@xn--bcher-kva.example' '' -y apply "$work/unicode.yaml"
printf 'version: 1\nusers: [{address: alice@example.org, send_as: ["*@example.org", press@elsewhere.example], send_on_behalf: [boss@example.org]}]\n' >"$work/rights.yaml"
row 'rights to send' 0 'changed: send_as, send_on_behalf' '' -y apply "$work/rights.yaml"
json 'they are there' '[(r["address"], r["on_behalf"]) for r in it] ==
    [("@example.org", False), ("boss@example.org", True), ("press@elsewhere.example", False)]' send-as list alice@example.org
row 'they are as the file says' 0 'as the file says' '' -y apply "$work/rights.yaml"
printf 'version: 1\nusers: [{address: alice@example.org, send_as: [boss@example.org], send_on_behalf: ~}]\n' >"$work/rights.yaml"
row 'one goes from list to list' 0 'changed: send_as, send_on_behalf' '' -y apply "$work/rights.yaml"
json 'the others are gone' '[(r["address"], r["on_behalf"]) for r in it] == [("boss@example.org", False)]' send-as list alice@example.org
run send-as delete alice@example.org boss@example.org
json 'a new user who may not' 'not it["enabled"]' user show eve@bücher.example

# --- records and the zone of the keys ---
# options DOMAIN LIST, zone DOMAIN ZONE: what is kept now.
options() {
    json "$1: options" "[(o['option'], o['value']) for o in it] == $2" dns options "$1"
}
zone() {
    json "$1: the keys' zone" "it['zone'] == $2" dkim delegate "$1"
}
# fields FIELDS: a file with these of example.org.
fields() {
    printf 'version: 1\ndomains: [{name: example.org, %s}]\n' "$1" >"$work/dns.yaml"
}
json 'export has them' '[(d["dns"], d["dkim_zone"]) for d in it["domains"] if d["name"] in ("example.org", "kept.example")] ==
    [(None, None), ({"address": ["192.0.2.1", "2001:db8::1"], "dmarc-policy": "none", "ttl": "600", "without": "srv"},
                    "keys.elsewhere.example")]' export
directory "$work/before.yaml"
fields 'dns: {ttl: 600, address: [192.0.2.1, 192.0.2.2], with: autoconfig}, dkim_zone: Keys.Example.net.'
row 'records, dry' 0 'changed: dns.address, dns.with, dns.ttl, dkim_zone$' '' -n apply "$work/dns.yaml"
same 'it was not done, either' "$work/before.yaml"
row 'records' 0 'dkim_zone' '' -y apply "$work/dns.yaml"
options example.org "[('address', '192.0.2.1'), ('address', '192.0.2.2'), ('ttl', '600'), ('with', 'autoconfig')]"
zone example.org "'keys.example.net'"
row 'records twice' 0 'as the file says' '' -y apply "$work/dns.yaml"
fields 'dns: {ttl: 900, address: 192.0.2.1}'
row 'options in place of all others' 0 'changed: dns.address, dns.with, dns.ttl$' '' -y apply "$work/dns.yaml"
options example.org "[('address', '192.0.2.1'), ('ttl', '900')]"
zone example.org "'keys.example.net'"
directory "$work/set.yaml"
row 'they go out and in' 0 'as the file says' '' apply "$work/set.yaml" --prune
# wrong NAME FIELDS PATTERN: refused, and nothing changes.
wrong() {
    fields "$2"
    row "$1" 65 '' "^mailctl: domains.0. (example.org): $3" -y apply "$work/dns.yaml"
}
wrong 'a list of records' 'dns: [a]' 'dns: options of dns set'
wrong 'an unknown option' 'dns: {tll: 600}' 'dns: dns set has no option tll; did you mean ttl'
wrong 'an option that is a field' 'dns: {spf-include: a.example}' 'dns: spf-include is a field'
wrong 'a bad value' 'dns: {ttl: 0}' 'dns: --ttl: expected 1 to 604800 seconds, found "0"'
wrong 'a bad word' 'dns: {dmarc-policy: maybe}' 'dns: --dmarc-policy: expected none, quarantine or reject'
wrong 'a bad kind' 'dns: {with: everything}' 'dns: --with: expected a kind'
wrong 'something in something' 'dns: {address: [[a]]}' 'dns.address: a list of texts'
wrong 'a path from here' 'dns: {certificate: cert.pem}' 'dns: --certificate: expected a path'
fields 'dns: {certificate: /nonexistent}'
row 'a file that is not there' 66 '' '^mailctl: domains.0. (example.org): dns: /nonexistent' -y apply "$work/dns.yaml"
wrong 'too many' "dns: {address: [$(seq -s ', ' -f '192.0.2.%.0f' 1 33)]}" 'dns.address: at most 32'
wrong 'a number for a zone' 'dkim_zone: 7' 'dkim_zone: a zone like'
wrong 'a zone within' 'dkim_zone: keys.example.org' 'dkim_zone: keys.example.org lies in example.org itself'
run dkim generate example.org
wrong 'another zone, with a key there' 'dkim_zone: ~' 'dkim_zone: the key s1r of example.org is made, and its record would move'
run -y dkim delete example.org s1r
same 'nothing was done of all that' "$work/set.yaml"
# A file that has gone since is only looked at when something changes.
/usr/bin/python3 - "$work/state" <<'END'
import sqlite3, sys
with sqlite3.connect(f"{sys.argv[1]}/directory/directory.db") as directory:
    directory.execute("INSERT INTO dns_option (domain_id, name, position, value)"
                      " SELECT id, 'certificate', 0, '/gone.pem' FROM domain WHERE name = 'example.org'")
with sqlite3.connect(f"{sys.argv[1]}/keys/keys.db") as keys:
    keys.execute("INSERT INTO dkim_delegation (domain, zone) VALUES ('young.example', 'keys.old.example')")
END
directory "$work/gone.yaml"
row 'a file that has gone' 0 'as the file says' '' apply "$work/gone.yaml"
fields 'dns: ~, dkim_zone: ~'
row 'back to the defaults' 0 'changed: dns.address, dns.certificate, dns.ttl, dkim_zone$' '' -y apply "$work/dns.yaml"
same 'all is as it was' "$work/before.yaml"
printf 'version: 1\ndomains: [{name: young.example}]\n' >"$work/young.yaml"
row 'a domain of a name that was there before' 0 'added' '' -y apply "$work/young.yaml"
zone young.example None
printf 'version: 1\ndomains: [{name: young.example, dkim_zone: keys.young.example.net, dns: {ttl: "600"}}]\n' >"$work/young.yaml"
row 'the same with a zone' 0 'changed: dkim_zone, dns.ttl' '' -y apply "$work/young.yaml"
row 'it goes' 0 'young.example.*deleted' '' -y apply "$work/before.yaml" --prune
run domain add young.example
zone young.example None
options young.example '[]'
run -y domain delete young.example

# --- passwords ---
hash='{SHA256-CRYPT}$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC'
umask 077
printf 'version: 1\nusers:\n  - {address: alice@example.org, password_hash: "%s"}\n' "$hash" >"$work/secret.yaml"
printf '  - {address: hilda@example.org, password_hash: "%s"}\n' "$hash" >>"$work/secret.yaml"
chmod 644 "$work/secret.yaml"
row 'hashes that everybody can read' 77 '' 'run "chmod 600' -y apply "$work/secret.yaml"
chmod 600 "$work/secret.yaml"
row 'hashes' 0 'hilda@example.org.*added' '' -y apply "$work/secret.yaml"
grep -q saltsalt "$work/out" "$work/err"
result $((! $?)) 'they are not in the plan'
row 'they are as the file says' 0 'as the file says' '' -y apply "$work/secret.yaml"
json 'a password is there' 'it["password_changed"] is not None' user show hilda@example.org
directory "$work/masked.yaml"
[ "$(grep -cF "password_hash: '********'" "$work/masked.yaml")" -eq 2 ] && ! grep -q saltsalt "$work/masked.yaml"
result $? 'they are masked'
row 'the mask leaves them as they are' 0 'as the file says' '' -y apply "$work/masked.yaml" --prune
chmod 600 "$work/out"
json 'all are shown when asked for' '[u["password_hash"] for u in it["users"] if u["password_hash"]] == ["'"$hash"'"] * 2' \
    export --secrets
for bad in '{PLAIN}topsecret' topsecret '{SHA256-CRYPT}$5$salt$topsecret' 7; do
    printf 'version: 1\nusers: [{address: alice@example.org, password_hash: "%s"}]\n' "$bad" >"$work/bad.yaml"
    row "no hash: $bad" 65 '' 'users\[0\] (alice@example.org): password_hash: ' -y apply "$work/bad.yaml"
    grep -q topsecret "$work/err"
    result $((! $?)) 'it is not repeated'
done
given 'another long password'
run user passwd alice@example.org --password-stdin
row 'one is another' 0 'alice@example.org.*changed: password_hash$' '' -y apply "$work/secret.yaml"
printf 'version: 1\nusers: [{address: alice@example.org, password_hash: ~}]\n' >"$work/null.yaml"
row 'none' 0 'alice@example.org.*changed: password_hash$' '' -y apply "$work/null.yaml"
json 'it is gone' 'it["password_changed"] is None' user show alice@example.org
json 'the other one is there' 'it["password_changed"] is not None' user show hilda@example.org
umask 022

# --- what goes ---
given 'a long enough password'
run user passwd dora@first.example --password-stdin
printf 'version: 1\naliases: [{address: way@first.example, targets: dora@first.example}]\nusers: []\n' >"$work/gone.yaml"
row 'what leads to nobody then' 0 'dora@first.example.*deleted' 'way@first.example leads to dora@first.example, which is neither' \
    -n apply "$work/gone.yaml" --prune
row 'no list, no deletion' 0 'as the file says' '' -y apply "$work/nothing.yaml" --prune
row 'without --prune nothing goes' 0 'as the file says' '' -y apply "$work/all.yaml"
row 'prune' 0 'user.*dora@first.example.*deleted' '' -y apply "$work/all.yaml" --prune
same 'it is as it was' "$work/all.yaml"
run -y apply "$work/some.yaml"
json 'a user of the same name has none' 'it["password_changed"] is None' user show dora@first.example
run -y apply "$work/all.yaml" --prune
printf 'version: 1\ndomains: [{name: example.org}, {name: bücher.example}]\n' >"$work/less.yaml"
row 'a domain with aliases in it' 65 '' 'domains\[0\] (kept.example)' -y apply "$work/less.yaml" --prune
run dkim generate kept.example
sed '/kept.example/,$d' "$work/all.yaml" >"$work/keyless.yaml"
printf 'aliases: []\n' >>"$work/keyless.yaml"
row 'a domain with keys' 65 '' 'it still has DKIM keys: "mailctl domain delete kept.example"' -y apply "$work/keyless.yaml" --prune
same 'what was refused is there' "$work/all.yaml"

# --- what is in the way goes first ---
cat >"$work/before.yaml" <<'END'
version: 1
domains:
  - {name: old.example, kind: mailbox}
  - {name: new.example, kind: alias, alias_of: old.example}
  - {name: also.example, kind: alias, alias_of: old.example}
  - {name: gone.example, kind: alias, alias_of: old.example}
users: [{address: bob@old.example}]
aliases: [{address: info@old.example, targets: bob@old.example}]
END
cat >"$work/after.yaml" <<'END'
version: 1
domains:
  - {name: old.example, kind: alias, alias_of: new.example}
  - {name: also.example, kind: alias, alias_of: new.example}
  - {name: new.example, kind: mailbox}
users: [{address: info@new.example}]
aliases: [{address: bob@new.example, targets: info@new.example}]
END
cat >"$work/turned.yaml" <<'END'
version: 1
users: [{address: info@old.example}]
aliases: [{address: bob@old.example, targets: info@old.example}]
END
elsewhere
row 'before' 0 '' '' -q -y apply "$work/before.yaml"
row 'an alias stays in the way without --prune' 65 '' 'users\[0\] (info@old.example): info@old.example is an alias' \
    -y apply "$work/turned.yaml"
row 'a user and an alias change places' 0 'alias.*info@old.example.*deleted' '' -y apply "$work/turned.yaml" --prune
row 'they have' 0 'as the file says' '' -y apply "$work/turned.yaml" --prune
row 'back again' 0 'user.*info@old.example.*deleted' '' -y apply "$work/before.yaml" --prune
row 'users stay in the way without --prune' 65 '' 'old.example still has users' -y apply "$work/after.yaml"
row 'an alias domain and its target change places' 0 'domain.*old.example.*changed: kind, alias_of' '' \
    -y apply "$work/after.yaml" --prune
row 'they have, too' 0 'as the file says' '' -y apply "$work/after.yaml" --prune
json 'the one that is left' '[(d["name"], d["alias_of"]) for d in it] ==
    [("also.example", "new.example"), ("new.example", None), ("old.example", "new.example")]' domain list
row 'before, again' 0 '' '' -q -y apply "$work/before.yaml" --prune
run alias add team@new.example bob@old.example
cat >"$work/passed-on.yaml" <<'END'
version: 1
domains:
  - {name: old.example, kind: relay}
  - {name: also.example, kind: relay}
  - {name: new.example, kind: mailbox}
users: [{address: info@new.example}]
aliases: [{address: info@old.example, targets: info@new.example}]
END
row 'users stay in the way of a relay without --prune' 65 '' 'old.example still has users: it cannot become a relay' \
    -y apply "$work/passed-on.yaml"
row 'a domain becomes a relay, and its users and aliases of it go' 0 'user.*bob@old.example.*deleted' '' \
    -y apply "$work/passed-on.yaml" --prune
row 'it has' 0 'as the file says' '' -y apply "$work/passed-on.yaml" --prune
json 'each is of its kind' '[(d["name"], d["kind"]) for d in it] ==
    [("also.example", "relay"), ("new.example", "mailbox"), ("old.example", "relay")]' domain list
row 'a relay becomes mailboxes, and gets users' 0 'user.*bob@old.example.*added' '' \
    -y apply "$work/before.yaml" --prune
back

# --- what is refused ---
while IFS='|' read -r name pattern content; do
    printf '%b\n' "version: 1\n$content" >"$work/bad.yaml"
    refused "$name" "$pattern"
done <<'END'
an unknown section|there is no section people|people: []
a section that is no list|users: a list was expected|users: {}
a section with nothing in it|users: a list was expected, \[\] for an empty one|users:
a thing that is no thing|users\[0\]: a user with fields was expected|users: [bob@example.org]
no name|users\[0\]: address is missing|users: [{name: x}]
a name that is none|users\[0\]: address: |users: [{address: "a b@example.org"}]
a name with a NUL|domains\[0\]: name: |domains: [{name: "example\\0.org"}]
no such domain|users\[1\] (x@nowhere.example): |users: [{address: bob@example.org}, {address: x@nowhere.example}]
an unknown field|(bob@example.org): there is no field quoat; did you mean quota|users: [{address: bob@example.org, quoat: 1G}]
no size|quota: a size like 500M|users: [{address: bob@example.org, quota: much}]
a size below nothing|quota: a size like 500M|users: [{address: bob@example.org, quota: -1}]
no flag|enabled: true or false|users: [{address: bob@example.org, enabled: yes}]
no protocol|protocols: some of imap|users: [{address: bob@example.org, protocols: smtp}]
a name with a tab|name: at most|users: [{address: bob@example.org, name: "a\\tb"}]
a name that is a number|name: a text|users: [{address: bob@example.org, name: 7}]
no address to send as|send_as: "a b": |users: [{address: bob@example.org, send_as: ["a b"]}]
one right in both lists|has a right to send as|users: [{address: bob@example.org, send_as: [x@a.example], send_on_behalf: [x@a.example]}]
no list|targets: a list of texts|aliases: [{address: info@example.org, targets: [7]}]
a thing twice|users\[1\] (bob@example.org): it stands in the file twice|users: [{address: bob@example.org}, {address: BOB@example.org}]
a user who is an alias|users\[0\] (info@example.org)|users: [{address: info@example.org}]
an alias that is a user|aliases\[0\] (bob@example.org)|aliases: [{address: bob@example.org, targets: alice@example.org}]
an alias without targets|aliases\[0\] (new@example.org)|aliases: [{address: new@example.org}]
an alias of itself|it leads to itself|aliases: [{address: new@example.org, targets: new@example.org}]
aliases in a circle|leads back to itself|aliases: [{address: x@example.org, targets: y@example.org}, {address: y@example.org, targets: x@example.org}]
a forward in a circle|leads back to itself|users: [{address: alice@example.org, forward_to: bob@example.org}, {address: bob@example.org, forward_to: alice@example.org}]
a target twice|targets: bob@example.org stands there twice|aliases: [{address: new@example.org, targets: [bob@example.org, alice@example.org, BOB@example.org]}]
a forward twice|forward_to: x@y.example stands there twice|users: [{address: alice@example.org, forward_to: [x@y.example, x@Y.example]}]
no copy of nothing|keeps_copy: only mail that is forwarded|users: [{address: alice@example.org, keeps_copy: false}]
no copy of what is forwarded no more|keeps_copy: only mail that is forwarded|users: [{address: bob@example.org, forward_to: [], keeps_copy: false}]
no end|expires: a day like|aliases: [{address: info@example.org, expires: soon}]
anchors|line 2: anchors, aliases and tags|aliases: [{address: new@example.org, targets: &x [alice@example.org]}]
a kind that is none|kind: mailbox, alias or relay|domains: [{name: new.example, kind: backup}]
a domain of its own|domains\[0\] (new.example)|domains: [{name: new.example, alias_of: new.example, kind: alias}]
an alias of nobody's domain|domains\[0\] (new.example)|domains: [{name: new.example, alias_of: nowhere.example, kind: alias}]
a relay with users|still has users|domains: [{name: example.org, kind: relay}]
what only an alias has|alias_of: only a domain of kind alias|domains: [{name: new.example, alias_of: example.org}]
no name to include|spf_includes: names like|domains: [{name: new.example, spf_includes: [net]}]
too many includes|spf_includes: at most 10|domains: [{name: new.example, spf_includes: [a.b, a.b, a.b, a.b, a.b, a.b, a.b, a.b, a.b, a.b, a.b]}]
no address for reports|report_address: an address|domains: [{name: new.example, report_address: nobody}]
END
printf 'version: 2\n' >"$work/bad.yaml"
refused 'another version' '"version: 1" was expected'
printf 'users: []\n' >"$work/bad.yaml"
refused 'no version' '"version: 1" was expected'
printf 'hello\n' >"$work/bad.yaml"
refused 'no sections' 'sections were expected'
: >"$work/bad.yaml"
refused 'nothing at all' 'sections were expected'
printf '{"version": 1, "users": [' >"$work/bad.yaml"
refused 'JSON that is cut off' 'line 1: this is no JSON'
head -c 200000 /dev/zero | tr '\0' '[' >"$work/bad.yaml"
refused 'deep in each other' 'too deep'
head -c 100000 /dev/urandom >"$work/bad.yaml"
refused 'noise' 'bad.yaml: line'
row 'no file' 66 '' 'nowhere.yaml' -y apply "$work/nowhere.yaml"
row 'a folder' 74 '' "$work" -y apply "$work"
same 'what was refused has left nothing' "$work/all.yaml"

# --- what was taken is what there is ---
mkdir "$work/files"
/usr/bin/python3 "$top_srcdir/tests/unit/mailctl/random-directory.py" "$work/files" 60
elsewhere
taken='' unsettled=''
for file in "$work"/files/*; do
    run -q -y apply "$file" --prune
    [ "$status" -eq 0 ] || continue
    taken="$taken ${file##*/}"
    run -y apply "$file" --prune
    [ "$status" -eq 0 ] && says "$work/out" '^the directory is as the file says$' || unsettled="$unsettled ${file##*/}"
done
echo "taken:$taken; not settled:$unsettled" >"$work/err"
[ -z "$unsettled" ] && [ "$(echo "$taken" | wc -w)" -ge 20 ]
result $? 'a file that is taken has nothing left to do'
back

# --- much of it, and what comes between ---
/usr/bin/python3 - >"$work/many.yaml" <<'END'
print("version: 1\nusers:")
for number in range(1500):
    print(f"  - {{address: user{number}@example.org, name: Number {number}}}")
END
# filled BLOCKS ARGUMENTS...: files may not grow beyond that many blocks of 512 bytes. Where SIGXFSZ is
# ignored, that is a disk that is full; else mailctl is killed at that write.
filled() {
    blocks=$1
    shift
    (ulimit -f "$blocks" && exec setsid --wait "$mailctl" -c "$work/conf" "$@") \
        </dev/null >"$work/out" 2>"$work/err"
    status=$?
}

# The directory is whole, and as it was or all that the file says.
all_or_nothing() {
    directory "$work/now.yaml" || return 1
    cmp -s "$work/all.yaml" "$work/now.yaml" || [ "$(grep -c 'address: user' "$work/now.yaml")" -eq 1500 ] ||
        return 1
    /usr/bin/python3 -c "
import sqlite3, sys
found = sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchall()
sys.exit(found != [('ok',)])" "$work/state/directory/directory.db"
}

largest=$(($(wc -c <"$work/state/directory/directory.db") / 512))
trap '' XFSZ
filled $((largest + 64)) -q -y apply "$work/many.yaml"
[ "$status" -eq 74 ] && says "$work/err" "directory.db"
result $? 'the disk is full in the middle'
same 'it is as before the disk was full' "$work/all.yaml"
trap - XFSZ
broken='' killed=0
for blocks in 8 32 64 96 128 160 192 224 256 288 320 352 384 512; do
    filled "$blocks" -q -y apply "$work/many.yaml"
    [ "$status" -eq 0 ] || killed=$((killed + 1))
    all_or_nothing || broken="$broken $blocks"
done 2>"$work/killed"
echo "$killed were killed; not whole:$broken" >>"$work/err"
[ -z "$broken" ] && [ "$killed" -gt 5 ]
result $? 'killed at a write, all of it or nothing is there'

# --- two at once ---
row 'back' 0 '' '' -q -y apply "$work/all.yaml" --prune
sed 's/Number/Another/' "$work/many.yaml" >"$work/others.yaml"
"$mailctl" -c "$work/conf" -q -y apply "$work/many.yaml" >"$work/one" 2>&1 &
one=$!
"$mailctl" -c "$work/conf" -q -y apply "$work/others.yaml" >"$work/two" 2>&1 &
two=$!
wait "$one"
first=$?
wait "$two"
second=$?
cat "$work/one" "$work/two" >"$work/err"
directory "$work/now.yaml"
for status in $first $second; do
    [ "$status" -eq 0 ] || { [ "$status" -eq 75 ] && grep -q 'changed meanwhile\|busy\|locked' "$work/err"; } ||
        first=1 second=1
done
[ "$first" -eq 0 ] || [ "$second" -eq 0 ]
result $? 'two at once: one of them, or one after the other'
[ "$(grep -c 'name: Number' "$work/now.yaml")" -eq 1500 ] || [ "$(grep -c 'name: Another' "$work/now.yaml")" -eq 1500 ]
result $? 'what they leave is whole'


# --- an export that cannot be written ---
for how in '' --json; do
    # More than is kept back until the end.
    # shellcheck disable=SC2086
    "$mailctl" -c "$work/conf" $how export >/dev/full 2>"$work/err"
    [ $? -eq 74 ] && says "$work/err" 'No space left'
    result $? "the disk is full, and export says so $how"
done

# --- hashes into a file that others can read ---
for mode in 644 600; do
    rm -f "$work/secret"
    : >"$work/secret"
    chmod "$mode" "$work/secret"
    "$mailctl" -c "$work/conf" export --secrets >"$work/secret" 2>"$work/err"
    case $mode:$? in
    644:77) says "$work/err" 'umask 077' && ! [ -s "$work/secret" ] ;;
    600:0) says "$work/secret" password_hash ;;
    *) false ;;
    esac
    result $? "hashes go into a file of mode 600 alone ($mode)"
done

echo "1..$count"
