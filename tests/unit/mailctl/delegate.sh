#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Keys in a zone of the operator's own: what is asked for, shown and refused.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

run init
run domain add example.org
row 'its own zone' 0 'stand in its own zone' '' dkim delegate example.org
row 'both options' 64 '' 'contradict' dkim delegate example.org --to keys.example --off
row 'a zone within the domain' 64 '' 'lies in example.org itself' dkim delegate example.org --to keys.example.org
row 'the domain itself' 64 '' 'lies in example.org itself' dkim delegate example.org --to example.org
label=$(printf '%060d' 0)
row 'names that are too long' 65 '' 'longer than a name can be' \
    dkim delegate example.org --to "$label.$label.$label.$label.example"
row 'dry' 0 '^s1r._domainkey.example.org.	IN	CNAME' '' -n dkim delegate example.org --to keys.example
json 'dry, kept nothing' 'it["zone"] is None and it["aliases"] == []' dkim delegate example.org
json 'delegated' '(it["zone"], [a["name"][:3] for a in it["aliases"]], it["aliases"][0]["target"]) ==
    ("keys.example", ["s1r", "s2r"], "s1r._domainkey.example.org.keys.example.")' \
    dkim delegate example.org --to Keys.Example.
json 'without a key: the aliases' '[r["data"] for r in it if r["kind"] == "dkim"] ==
    [f"s{i}r._domainkey.example.org.keys.example." for i in (1, 2)]' dns show example.org

json 'keys get the names' 'sorted((k["selector"], k["name"], k["alias_of"]) for k in it) ==
    [(s, f"{s}._domainkey.example.org", f"{s}._domainkey.example.org.keys.example") for s in ("s1e", "s1r")]' \
    dkim generate example.org --dual
json 'aliases for both kinds' '[a["name"][:3] for a in it["aliases"]] == ["s1r", "s2r", "s1e", "s2e"]' \
    dkim delegate example.org
json 'each key in the other zone' 'sorted((r["name"][:3], r["in_zone"]) for r in it if r["kind"] == "dkim" and
    r["type"] == "TXT") == [("s1e", False), ("s1r", False)]' dns show example.org
row 'dkim show: alias and record' 0 '^s1r._domainkey.example.org.keys.example.	IN	TXT' '' dkim show example.org s1r
row 'the second name' 0 '^s2r._domainkey.example.org.	IN	CNAME' '' dkim generate example.org
row 'no name is left' 73 '' 'no name for another key' dkim generate example.org
row 'a selector of its own' 0 '^office._domainkey.example.org.	IN	TXT' '' \
    dkim generate example.org --selector office
row 'elsewhere, with keys there' 65 '' 'record would move' dkim delegate example.org --to other.example
row 'off, with keys there' 65 '' 'record would move' dkim delegate example.org --off
row 'to where they are' 0 'CNAME' '' dkim delegate example.org --to keys.example
row 'elsewhere, forced' 0 's2r._domainkey.example.org.other.example' '' \
    dkim delegate example.org --to other.example --force
row 'off, forced' 0 'stand in its own zone' '' dkim delegate example.org --off --force
row 'and back in its own' 0 '^s1r._domainkey.example.org.	IN	TXT' '' dkim show example.org s1r

row 'a name that is free again' 0 '' '' -q -y dkim delete example.org s1r
run dkim delegate example.org --to keys.example --force
json 'is given again' 'it[0]["selector"] == "s1r"' dkim generate example.org
run -y domain delete example.org --with-content
run domain add example.org
row 'a domain that is new has its own' 0 'stand in its own zone' '' dkim delegate example.org

echo "1..$count"
