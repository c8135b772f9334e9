#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mailctl as it is called: what it prints, its exit status, and that its JSON is
# JSON. Each row runs the program built here on a state directory of its own.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

# only DOMAIN STATE: the selector of a key of that state.
only() {
    "$mailctl" -c "$work/conf" dkim list "$1" | awk -v state="$2" '$5 == state { print $2; exit }'
}

# --- before there is anything ---
row 'no database' 78 '' 'mailctl init' domain list
row 'init, dry' 0 'directory: would be made' '' -n init
row 'init, dry, made nothing' 78 '' 'mailctl init' domain list
row 'attach before init' 78 '' 'mailctl init' -n attach
row 'detach before init' 78 '' 'mailctl init' detach
row 'a question to authd before init' 75 '' 'mailctl init' lookup domains example.org
row 'a question to policyd before init' 75 '' 'mailctl init' limit list
row 'init' 0 'keys: made' '' init
row 'init once more' 0 'keys: in order' '' init
row 'upgrade of what is new' 0 'directory: in order' '' upgrade
json 'init in JSON' '[d["changed"] for d in it] == [False] * 8' init
row 'an empty list' 0 '' '' domain list
json 'an empty list in JSON' 'it == []' user list

# --- the command line ---
row 'nothing said' 0 'usage: mailctl' ''
row 'help' 0 'user passwd ADDRESS' '' help
row 'help on a noun' 0 'alias delete' '' alias --help
row 'help on a verb' 0 'mailctl user add alice@example.org' '' help user add
row 'the version' 0 '^mailctl (gatepost ' '' --version
row 'an unknown noun' 64 '' 'no command "dommain"; did you mean "domain"' dommain list
row 'an unknown verb' 64 '' 'domain --help' domain make
row 'an unknown option' 64 '' 'no option --frobnicate' domain list --frobnicate
row 'an option of another verb' 64 '' 'does not belong' domain list --quota 1G
row 'an unknown option of a verb' 64 '' 'did you mean --password-stdin' user add --password x a@b.example
row 'too few arguments' 64 '' 'domain add DOMAIN' domain add
row 'too many arguments' 64 '' 'domain add DOMAIN' domain add a.example b.example
row 'an option without its value' 64 '' 'quota needs a value' user set a@b.example --quota
row 'no such configuration' 78 '' 'nowhere.conf' -c "$work/nowhere.conf" domain list
if [ "$(id -u)" -ne 0 ]; then
    (umask 777 && : >"$work/closed.conf")
    row 'a configuration for others' 77 '' 'run mailctl as root' -c "$work/closed.conf" domain list
fi

# --- the configuration ---
bad() {
    printf '%b' "$2" >"$work/bad"
    row "$1" 78 '' "^mailctl: $work/bad:$3" -c "$work/bad" config check
}
row 'config check' 0 'conf: good' '' config check
bad 'a misspelt setting' '\npolicyd {\n  mesages = 5\n}\n' '3: .*"mesages" in policyd; did you mean "messages"?'
bad 'a misspelt section' 'polycid {\n}\n' '1: .*"polycid"; did you mean "policyd"?'
bad 'a wrong type' 'policyd {\n  messages = many\n}\n' '2: policyd.messages: expected a number .*"many"'
bad 'a syntax error' 'policyd {\n  messages = 5\n' '2: the file ends inside of policyd, which line 1 opens'
# --- the file of all defaults: every line of it is one that the parser takes ---
"$mailctl" config show --defaults >"$work/defaults.conf"
sed -E 's/^( *)#([a-z_]+ = )/\1\2/' "$work/defaults.conf" >"$work/spoken.conf"
row 'the file of defaults' 0 'good' '' -c "$work/defaults.conf" config check
row 'the file of defaults, spoken out' 0 'good' '' -c "$work/spoken.conf" config check
row 'the file of defaults changes nothing' 0 '' '' -c "$work/spoken.conf" config show --changed
spoken=$(grep -cE '^ *[a-z_]+ = ' "$work/spoken.conf")
json 'the file of defaults has every setting' "sum(len(s) for s in it.values()) == $spoken" config show
json 'only what is changed, as JSON' "it['general']['hostname']['value'] and not any(
    setting['default'] for section in it.values() for setting in section.values())" config show --changed

# --- domains ---
row 'domain add, dry' 0 'example.org: would be added' '' -n domain add example.org
row 'domain add, dry, added nothing' 68 '' 'no domain example.org' domain show example.org
row 'domain add' 0 'dkim generate example.org' '' domain add Example.ORG.
row 'domain add twice' 73 '' 'exists already (--if-missing leaves it' domain add example.org
row 'domain add, if missing' 0 'left as it is' '' domain add --if-missing example.org
row 'domain add, quiet' 0 '' '' -q domain add example.net
row 'domain add, beyond ASCII' 0 'xn--bcher-kva.example: added' '' domain add bücher.example
row 'no domain: one label' 65 '' 'no mail domain' domain add localhost
row 'no domain: a blank' 65 '' 'no mail domain' domain add 'exa mple.org'
row 'no domain: an address' 65 '' 'no mail domain' domain add a@example.org
row 'no domain: controls are shown, not sent' 65 '' 'x1b' domain add "$(printf 'a\033b.org')"
row 'domain list' 0 "^example.net	yes	" '' domain list
json 'domain list in JSON' \
    '[d["name"] for d in it] == ["example.net", "example.org", "xn--bcher-kva.example"]' domain list
json 'domain add in JSON' 'it == {"name": "x.example", "result": "added", "dry_run": False, "warnings": []}' \
    domain add x.example

# --- the list of domains for Postfix ---
list=$work/state/postfix/domains
# list_row NAME LINES: what stands in the list, without its first line.
list_row() {
    sed 1d "$list" >"$work/out" 2>"$work/err"
    [ "$(tr '\n' ',' <"$work/out")" = "$2" ]
    result $? "$1"
}
all='example.net gatepost,example.org gatepost,x.example gatepost,xn--bcher-kva.example gatepost,'
list_row 'the list holds all domains' "$all"
row 'a domain goes' 0 'x.example: deleted' '' -y domain delete x.example
list_row 'the list follows' "$(echo "$all" | sed 's/x.example gatepost,//')"
[ "$(stat -c %a "$list")" = 644 ]
result $? 'the list is there for all to read'
echo '# nothing' >"$list"
row 'an old list is seen' 0 'postfix: would be' '' -n upgrade
row 'an old list is mended' 0 'postfix: made or' '' upgrade
list_row 'the list is true again' "$(echo "$all" | sed 's/x.example gatepost,//')"
echo '# nothing' >"$list"
row 'a domain that is there already mends it, too' 0 'left as it is' '' \
    domain add --if-missing example.org
list_row 'the list is true again' "$(echo "$all" | sed 's/x.example gatepost,//')"
# set_enabled 0|1: of example.net, as no verb does it yet.
set_enabled() {
    /usr/bin/python3 -c '
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("UPDATE domain SET enabled = ? WHERE name = ?", (sys.argv[2], "example.net"))
database.commit()' "$work/state/directory/directory.db" "$1"
    run upgrade
}
set_enabled 0
list_row 'a domain that is switched off is not in the list' \
    "$(echo "$all" | sed 's/x.example gatepost,//; s/example.net gatepost,//')"
set_enabled 1
mv "$work/state/postfix" "$work/aside"
row 'without its folder, no list' 0 'added' '' domain add x.example
[ ! -e "$work/state/postfix" ]
result $? 'nobody made the folder'
mv "$work/aside" "$work/state/postfix"
chmod 555 "$work/state/postfix"
if [ "$(id -u)" -ne 0 ]; then
    row 'who may not write it is told' 77 'added' 'mailctl upgrade' domain add y.example
fi
chmod 755 "$work/state/postfix"
rm -f "$list"
row 'a lost list is made' 0 'postfix: made' '' upgrade

# --- users ---
given 'correct horse'
row 'user add' 0 'alice@example.org: added' '' \
    user add Alice@Example.org --password-stdin --quota 2G --name 'Alice Ä'
given 'correct horse'
row 'user add twice' 73 '' 'if-missing leaves it' user add alice@example.org --password-stdin
row 'user add, if missing, asks nothing' 0 'left as it is' '' \
    user add alice@example.org --if-missing
row 'user add, no terminal' 64 '' 'password-stdin' user add bob@example.org
row 'user add, none of our domains' 68 '' 'no domain elsewhere.example' \
    user add bob@elsewhere.example --no-password
row 'user add, nothing to read' 65 '' 'no password' user add bob@example.org --password-stdin
given "$(printf '%01030d' 7)"
row 'user add, too long a password' 65 '' 'at most 1024' \
    user add bob@example.org --password-stdin
printf 'a\000b\n' >"$work/nul"
input=$work/nul
row 'user add, NUL in the password' 65 '' 'NUL' user add bob@example.org --password-stdin
row 'user add, two sources' 64 '' 'one of' \
    user add bob@example.org --password-stdin --hash '{CRYPT}x'
row 'user add, none and one' 64 '' 'one of' user add bob@example.org --no-password --hash x
echo 'taken from a file' >"$work/password"
chmod 644 "$work/password"
row 'a password that all can read' 77 '' 'chmod 600' \
    user add bob@example.org --password-file "$work/password"
chmod 600 "$work/password"
row 'a password from a file' 0 'bob@example.org: added' '' \
    user add bob@example.org --password-file "$work/password"
row 'no such file' 66 '' 'No such file' user passwd bob@example.org --password-file "$work/none"
row 'a hash' 0 'changed' '' user passwd bob@example.org --hash \
    '{SHA256-CRYPT}$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC'
given '{SHA256-CRYPT}$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC'
row 'a hash from standard input' 0 'changed' '' user passwd bob@example.org --hash -
row 'a hash that was cut off' 65 '' 'cut off' user passwd bob@example.org --hash \
    '{SHA256-CRYPT}$5$abc'
row 'no hash' 65 '' 'ARGON2ID' user passwd bob@example.org --hash '{PLAIN}secret-word'
if grep -q secret-word "$work/err"; then result 1 'the refused hash is not shown'; else
    result 0 'the refused hash is not shown'
fi
given 'new password'
row 'passwd of nobody' 67 '' 'no user carol@example.org' \
    user passwd carol@example.org --password-stdin
row 'no address: no sign' 65 '' 'like name@example.org' user add bob --no-password
row 'no address: two dots' 65 '' 'single dots' user add a..b@example.org --no-password
row 'no address: a path' 65 '' 'letters' user add a/b@example.org --no-password
row 'no address: quotes' 65 '' 'letters' user add '"a b"@example.org' --no-password
row 'no address: beyond ASCII' 65 '' 'letters' user add ä@example.org --no-password
row 'no address: nothing before the sign' 65 '' 'letters' user add @example.org --no-password
row 'no address: too long' 65 '' 'more than 64' user add "$(printf '%065d' 1)@example.org" --no-password
row 'user set' 0 'changed' '' user set alice@example.org --quota 1536M --disable
json 'user set keeps the rest' \
    'it["name"] == "Alice Ä" and it["quota_bytes"] == 1536 << 20 and it["enabled"] is False' \
    user show alice@example.org
row 'user set twice' 0 'changed' '' user set alice@example.org --quota 1536M --disable
row 'user set, dry' 0 'would be changed' '' -n user set alice@example.org --quota unlimited
row 'user set, dry, set nothing' 0 "^quota	1536M" '' user show alice@example.org
row 'user set: no size' 64 '' 'expected a size' user set alice@example.org --quota many
row 'user set: both' 64 '' 'one of them' user set alice@example.org --enable --disable
row 'user set: nothing' 64 '' 'set what' user set alice@example.org
row 'user set: a name of two lines' 64 '' 'control' \
    user set alice@example.org --name "$(printf 'a\nb')"
row 'user list' 0 "^alice@example.org	Alice Ä	1536M	no	" '' user list example.org
row 'user list: none of ours' 68 '' 'elsewhere.example' user list elsewhere.example
row 'user show' 0 '^password	set 20' '' user show bob@example.org

# --- aliases ---
row 'send-as add' 0 'alice@example.org as press@example.org: added' '' \
    send-as add Alice@example.org Press@EXAMPLE.org
row 'send-as add, on behalf, of a whole domain' 0 'added' '' \
    send-as add alice@example.org @lists.example --on-behalf
row 'send-as add twice' 73 '' 'a right to send as.*send-as list' send-as add alice@example.org press@example.org
row 'send-as add, if missing' 0 'left as it is' '' \
    send-as add --if-missing alice@example.org press@example.org
run user set alice@example.org --enable
row 'send-as add what is there anyway' 0 'added' 'may write as alice@example.org without it' \
    send-as add alice@example.org alice@example.org
run user set alice@example.org --disable
row 'send-as add for nobody' 67 '' 'there is no user' send-as add nobody@example.org press@example.org
row 'send-as add of nonsense' 65 '' 'an address like' send-as add alice@example.org press
json 'send-as list' '[r["on_behalf"] for r in it] == [True, False, False]' \
    send-as list
row 'send-as list of one' 0 'press@example.org' '' send-as list alice@example.org
row 'send-as list of nobody' 67 '' 'there is no user' send-as list nobody@example.org
row 'send-as delete' 0 'deleted' '' send-as delete alice@example.org alice@example.org
row 'send-as delete twice' 67 '' 'has no right' send-as delete alice@example.org alice@example.org
json 'user show names the rights' 'it["writes_as"] == ["alice@example.org", "press@example.org"]' \
    user show alice@example.org
row 'override add' 0 'bank.example: added' '' override add Bank.Example. reject
row 'override add twice' 73 '' 'override list' override add bank.example accept
row 'override add, if missing' 0 'left as it is' '' override add --if-missing bank.example accept
row 'override add of nonsense' 65 '' 'a domain like' override add bank reject
row 'override add, another word' 64 '' 'accept, quarantine or reject' override add a.example drop
json 'override list' '[(r["domain"], r["action"]) for r in it] == [("bank.example", "reject")]' override list
row 'override set' 0 'bank.example: set' '' override set bank.example quarantine
row 'override set twice' 0 'bank.example: set' '' override set bank.example quarantine
row 'override set of a new one' 0 'shop.example: set' '' override set Shop.Example accept
row 'override set, dry' 0 'shop.example: would be set' '' -n override set shop.example reject
row 'override set, another word' 64 '' 'accept, quarantine or reject' override set a.example drop
json 'override set is seen' \
    '[(r["domain"], r["action"]) for r in it] == [("bank.example", "quarantine"), ("shop.example", "accept")]' \
    override list
run override delete shop.example
row 'override delete' 0 'deleted' '' override delete bank.example
row 'override delete twice' 68 '' 'there is no override.*mailctl override list' override delete bank.example
row 'forwarder add' 0 'client 192.0.2.0/24: added' '' forwarder add client 192.0.2.0/24
row 'forwarder add, neither network nor address' 65 '' 'lies in 192.0.2.0/24' forwarder add client 192.0.2.7/24
row 'forwarder add signer' 0 'signer lists.example: added' '' forwarder add signer Lists.Example
row 'forwarder add twice' 73 '' 'is trusted already' forwarder add signer lists.example
row 'forwarder add, another kind' 64 '' 'client, signer, sender or sealer' forwarder add list a.example
row 'forwarder add sealer' 0 'sealer lists.example: added' '' forwarder add sealer lists.example
row 'forwarder delete sealer' 0 'deleted' '' forwarder delete sealer lists.example
row 'forwarder add, no network' 65 '' 'a network like' forwarder add client lists.example
row 'forwarder add, no domain' 65 '' 'a domain like' forwarder add sender 192.0.2.1
json 'forwarder list' '[r["value"] for r in it] == ["192.0.2.0/24", "lists.example"]' forwarder list
row 'forwarder delete' 0 'deleted' '' forwarder delete client 192.0.2.0/24
row 'forwarder delete twice' 68 '' 'is not trusted' forwarder delete client 192.0.2.0/24
row 'alias add' 0 'info@example.org: added' '' \
    alias add Info@example.org ALICE@example.org Some.One@Elsewhere.example
json 'targets of ours in lower case, others as they are' \
    'it["targets"] == ["alice@example.org", "Some.One@elsewhere.example"]' \
    alias show info@example.org
row 'a catch-all' 0 '' '' -q alias add @example.org alice@example.org
row 'alias add twice' 73 '' 'exists already (--if-missing leaves it' alias add info@example.org bob@example.org
row 'alias add, if missing' 0 'left as it is' '' \
    alias add --if-missing info@example.org bob@example.org
row 'an alias in place of a user' 65 '' 'is a user' alias add alice@example.org bob@example.org
row 'a user in place of an alias' 65 '' 'is an alias' user add info@example.org --no-password
row 'a target that nobody has' 0 'ghost@example.net: added' 'warning: .*mailctl user add casper@example.net' \
    alias add ghost@example.net casper@example.net
row 'a target that nobody has, quietly' 0 '' '' -q alias add ghost2@example.net casper@example.net
json 'a target that nobody has, in JSON' \
    'len(it["warnings"]) == 1 and "casper@example.net" in it["warnings"][0]' \
    alias add ghost3@example.net casper@example.net alice@example.org
row 'a target by its extension' 0 'added' '' alias add ext@example.net alice+x@example.org
row 'a target that is an alias' 0 'added' '' alias add more@example.net ext@example.net
row 'an alias in a circle' 65 '' 'casper@example.net leads back to itself: casper@example.net -> ghost3@example.net -> casper@example.net' \
    alias add casper@example.net ghost3@example.net
row 'the circle was not added' 67 '' 'no alias' alias show casper@example.net
row 'a catch-all to nobody but itself' 65 '' 'leads back to itself' \
    alias add @example.net nobody@example.net
run -q alias add most@example.net more@example.net
row 'alias set, nothing' 64 '' 'set what?' alias set ext@example.net
row 'alias set, an end' 0 'ext@example.net: changed' '' alias set ext@example.net --expires 2099-01-31
json 'alias set is seen' 'it["expires"][:4] == "2099" and not it["receive_only"] and it["enabled"]' \
    alias show ext@example.net
row 'alias set, an end that is over' 64 '' 'a day to come' alias set ext@example.net --expires 2001-01-31
row 'alias set, both ways' 64 '' 'give one of them' alias set ext@example.net --may-send --receive-only
row 'alias set, dry' 0 'would be changed' '' -n alias set ext@example.net --disable
row 'alias set, receive only' 0 'changed' '' alias set ext@example.net --receive-only --expires never
json 'what was not said stays' 'it["receive_only"] and it["expires"] is None and it["enabled"] and
    it["targets"] == ["alice+x@example.org"]' alias show ext@example.net
row 'alias set, other targets' 0 'changed' '' alias set ext@example.net bob@example.org Bob@Elsewhere.example
json 'other targets' 'it["targets"] == ["bob@example.org", "Bob@elsewhere.example"]' alias show ext@example.net
row 'alias set, to itself' 65 '' 'cannot lead to itself' alias set ext@example.net EXT@example.net
row 'alias set, in a circle' 65 '' 'leads back to itself' alias set ext@example.net more@example.net
row 'alias set, nobody' 67 '' 'no alias' alias set nobody@example.net --disable
run -q alias set ext@example.net alice+x@example.org --may-send
row 'an alias with an end' 0 'added' '' alias add fair@example.net alice@example.org --expires 30d
row 'it can go' 0 'deleted' '' -y alias delete fair@example.net
json 'users that fit a pattern' '[u["address"] for u in it] == ["bob@example.org"]' user list --match 'B?B'
json 'of one domain' 'it == []' user list example.net --match 'bob*'
run -q user add post@bücher.example --no-password
json 'the domain in either form' '[u["address"] for u in it] == ["post@xn--bcher-kva.example"]' \
    user list --match '*@BÜCHER.example'
run -q -y user delete post@xn--bcher-kva.example

# --- names beyond ASCII ---
row 'both forms' 0 '^in Unicode.*bücher.example' '' domain show BÜCHER.example
json 'both forms in JSON' 'it["name"] == "xn--bcher-kva.example" and it["unicode"] == "bücher.example"' \
    domain show xn--bcher-kva.example
json 'the same in ASCII' 'it["unicode"] == "example.org"' domain show example.org

# --- kinds of domains ---
run -q domain add twin.example
row 'domain set, an alias' 0 'twin.example: changed' '' domain set twin.example --alias-of Example.ORG.
json 'it is seen' 'it["kind"] == "alias" and it["alias_of"] == "example.org"' domain show twin.example
row 'for people' 0 'twin.example.*alias of example.org' '' domain list
row 'no user in it' 65 '' 'is an alias of example.org' user add a@twin.example --no-password
row 'no alias in it' 65 '' 'is an alias of example.org' alias add a@twin.example alice@example.org
row 'an alias over it' 0 'added' '' alias add over@example.net alice@twin.example
row 'an alias over it to nobody' 0 'added' 'warning: .*over2@example.net leads to' \
    alias add over2@example.net nobody@xn--bcher-kva.example
row 'users write as both' 0 'alice@twin.example' '' user show alice@example.org
row 'an alias of an alias' 65 '' 'has no mailboxes itself' domain set example.net --alias-of twin.example
row 'with aliases in it' 65 '' 'still has aliases' domain set example.net --alias-of example.org
row 'what others are aliases of' 65 '' 'twin.example is an alias of' -y domain delete example.org --with-content --aliases delete
row 'of its own again' 0 'changed' '' domain set twin.example --mailboxes
run -q alias add round@example.org round@twin.example
row 'a circle over it' 65 '' 'round@example.org leads back to itself' domain set twin.example --alias-of example.org
json 'it stays as it was' 'it["kind"] == "mailbox" and it["alias_of"] is None' domain show twin.example
run -y alias delete round@example.org
row 'dry' 0 'would be changed' '' -n domain set twin.example --disable
row 'switched off' 0 'changed' '' domain set twin.example --disable
json 'that is seen, too' 'not it["enabled"]' domain show twin.example
row 'what it has of its own' 0 'changed' '' domain set example.org --default-quota 2G \
    --report-address Reports@Elsewhere.example --spf-include _SPF.Elsewhere.example --spf-include mail.elsewhere.example
json 'all of it' 'it["default_quota_bytes"] == 2 << 30 and it["report_address"] == "Reports@elsewhere.example" and
    it["spf_includes"] == ["_spf.elsewhere.example", "mail.elsewhere.example"]' domain show example.org
json 'the quota counts for those who have none' 'it["quota_bytes"] == 2 << 30 and it["quota_is_default"]' \
    user show bob@example.org
row 'no signing' 0 'changed' '' domain set example.org --signing off
json 'it is seen' 'not it["signing"]' domain show example.org
row 'signing' 0 'changed' '' domain set example.org --signing on
set --
for number in 1 2 3 4 5 6 7 8 9 10 11; do
    set -- "$@" --spf-include "a$number.example"
done
row 'too many includes' 64 '' 'at most 10' domain set example.org "$@"
row 'none of it' 0 'changed' '' domain set example.org --default-quota unlimited --report-address none --no-spf-includes
json 'nothing is left' 'it["default_quota_bytes"] == 0 and it["report_address"] is None and it["spf_includes"] == []' \
    domain show example.org
run -y domain delete twin.example --aliases delete

# --- where a user's mail goes, and who may log in ---
json 'a new user has the quota of the domain' 'it["quota_is_default"] and it["protocols"] == "all" and
    not it["needs_app_password"] and it["forward_to"] == []' user show bob@example.org
row 'a quota of his own' 0 'changed' '' user set bob@example.org --quota unlimited
json 'it is seen' 'not it["quota_is_default"]' user show bob@example.org
row 'the quota of the domain' 0 'changed' '' user set bob@example.org --quota default
row 'forward' 0 'bob@example.org: changed' '' user set bob@example.org --forward-to Bob@Elsewhere.example
json 'with a copy' 'it["forward_to"] == ["Bob@elsewhere.example"] and it["keeps_copy"]' user show bob@example.org
row 'without' 0 'changed' '' user set bob@example.org --no-copy
row 'for people' 0 'Bob@elsewhere.example (without a copy)' '' user show bob@example.org
row 'to two, as before without a copy' 0 'changed' '' \
    user set bob@example.org --forward-to alice@example.org --forward-to b@elsewhere.example
json 'both, in their order' 'it["forward_to"] == ["alice@example.org", "b@elsewhere.example"] and
    not it["keeps_copy"]' user show bob@example.org
row 'forward in a circle' 65 '' 'alice@example.org leads back to itself: alice@example.org -> bob@example.org -> alice@example.org' \
    user set alice@example.org --forward-to bob@example.org
row 'the circle was not made' 0 'forward[[:space:]]*none' '' user show alice@example.org
row 'forward to nobody' 0 'would be changed' 'warning: .*mailctl user add nobody@example.net' \
    -n user set bob@example.org --forward-to nobody@example.net
row 'delete where a forward leads' 65 '' 'say --aliases delete' -y user delete alice@example.org
row 'delete it, dry' 0 'mail would be forwarded to alice@example.org no more' '' \
    -n user delete alice@example.org --aliases delete
row 'no forward' 0 'changed' '' user set bob@example.org --no-forward
row 'no copy of nothing' 64 '' 'where to' user set bob@example.org --no-copy
row 'protocols' 0 'changed' '' user set bob@example.org --protocols imap,submission
json 'protocols are seen' 'it["protocols"] == "imap submission"' user show bob@example.org
row 'app passwords alone' 0 'changed' '' user set bob@example.org --require-app-passwords
row 'it is told' 0 'lets nobody in' '' user show bob@example.org
row 'both at once' 64 '' 'give one of them' user set bob@example.org --require-app-passwords --permit-password
row 'as it was' 0 'changed' '' user set bob@example.org --permit-password --protocols all

# --- app passwords ---
row 'an app password' 0 '^[0-9a-z-]\{30\}$' '' app-password add bob@example.org --label phone
cp "$work/out" "$work/secret"
[ "$(wc -l <"$work/secret")" -eq 1 ]
result $? 'nothing else is printed'
row 'the same label' 73 '' 'has an app password "phone" already' app-password add bob@example.org --label phone
row 'the same label, if missing' 0 'left as it is' '' app-password add bob@example.org --label phone --if-missing
row 'an app password, dry' 0 'would be added' '' -n app-password add bob@example.org --label dry
json 'one in JSON' 'len(it["password"]) == 30 and it["label"] == "printer" and it["id"] == 2' \
    app-password add bob@example.org --label printer --protocols submission --expires 2099-01-31 \
    --network 192.0.2.0/24 --network 2001:db8::1
json 'they are listed' '[p["label"] for p in it] == ["phone", "printer"] and it[0]["expires"] is None and
    it[1]["networks"] == ["192.0.2.0/24", "2001:db8::1"] and it[1]["protocols"] == "submission" and
    it[0]["last_used"] is None and not any("hash" in p or "password" in p for p in it)' \
    app-password list bob@example.org
row 'for people' 0 'phone.*all.*any.*never.*never' '' app-password list bob@example.org
json 'the user has them' '[p["label"] for p in it["app_passwords"]] == ["phone", "printer"]' \
    user show bob@example.org
! grep -rq "$(cat "$work/secret")" "$work/state"
result $? 'the password itself is nowhere'
row 'none of its protocols' 0 '^[0-9a-z-]*$' 'may log in by none of its protocols' \
    app-password add bob@example.org --label nothing --protocols none
row 'revoke by label' 0 'bob@example.org "nothing": deleted' '' app-password revoke bob@example.org nothing
row 'revoke, dry' 0 'would be deleted' '' -n app-password revoke bob@example.org 1
row 'revoke by number' 0 '"phone": deleted' '' app-password revoke bob@example.org 1
row 'revoke once more' 67 '' 'app-password list bob@example.org' app-password revoke bob@example.org 1
row "another user's" 67 '' 'no app password' app-password revoke alice@example.org 2
row 'revoke all' 0 '1 app passwords' '' app-password revoke bob@example.org --all
row 'none is left' 0 '' '' app-password list bob@example.org
run -q user add gone@example.org --no-password
run app-password add gone@example.org --label old
run -y user delete gone@example.org
run -q user add gone@example.org --no-password
row 'a user of the same name has none' 0 '' '' app-password list gone@example.org
run -y user delete gone@example.org

row 'delete what an alias leads to' 65 '' 'more@example.net; say --aliases delete' \
    -y alias delete ext@example.net
row 'delete it, choosing neither' 64 '' 'expected delete or keep' \
    -y alias delete ext@example.net --aliases all
row 'delete it, dry' 0 'more@example.net: would be deleted, as' '' -n alias delete ext@example.net --aliases delete
row 'delete it, with what leads there' 0 'more@example.net: deleted' '' \
    -y alias delete ext@example.net --aliases delete
row 'what led there is gone' 67 '' 'no alias' alias show more@example.net
row 'what led to that is gone, too' 67 '' 'no alias' alias show most@example.net
for ghost in ghost ghost2 ghost3; do
    run -y alias delete $ghost@example.net
done
row 'an alias to itself' 65 '' 'itself' alias add a@example.org A@example.org
row 'an alias without target' 64 '' 'ADDRESS TARGET' alias add a@example.org
row 'a target that is none' 65 '' 'like name@example.org' alias add a@example.org bob
row 'alias of none of ours' 68 '' 'no domain' alias add a@elsewhere.example bob@example.org
row 'alias list' 0 "^@example.org	alice@example.org	yes" '' alias list example.org
json 'user show names the aliases' 'it["aliases"] == ["@example.org", "info@example.org"]' \
    user show alice@example.org
row 'alias show of none' 67 '' 'no alias' alias show none@example.org
row 'alias delete, nobody to ask' 64 '' '\-\-yes' alias delete info@example.org
row 'alias delete' 0 'deleted' '' -y alias delete info@example.org
row 'alias delete twice' 67 '' 'no alias' -y alias delete info@example.org

# --- keys and records ---
row 'dkim generate' 0 'p=' '' dkim generate example.org --dual --activate
json 'dkim list' 'sorted(k["algorithm"] for k in it) == ["ed25519", "rsa"] and all(k["state"] == "active" for k in it)' \
    dkim list example.org
row 'dkim generate, none of ours' 68 '' 'elsewhere.example' dkim generate elsewhere.example
row 'dns zone' 0 'SOA' '' dns zone example.org --address 192.0.2.1 --nameserver-address 192.0.2.53
row 'dns show' 0 'v=DMARC1' '' dns show example.org --address 192.0.2.1
row 'dns show, no address' 0 'v=DMARC1' 'address record of mail.example.org' dns show example.org
row 'dns show: its kind' 0 '^_dmarc.example.org	TXT	v=DMARC1; p=quarantine	DMARC: .*	dmarc$' '' \
    -q dns show example.org
row 'dns show for nsupdate' 0 '^update add example.org. 3600 IN MX 10 mail.example.org.$' 'another zone: 1.2.0.192.in-addr.arpa PTR' \
    dns show example.org --address 192.0.2.1 --format nsupdate
row 'dns show as a table' 0 'v=DMARC1' '' -q dns show example.org --format table
row 'dns show, no such kind' 64 '' 'a kind of records' dns show example.org --without nonsense
row 'dns show, no mail' 0 '^www.example.net	MX	0 .	' '' -q dns show www.example.net --no-mail
json 'dns show in JSON' 'all(r["kind"] == "srv" for r in it if r["type"] == "SRV") and {r["kind"]: r["required"] for r in it}["dmarc"]' \
    -q dns show example.org
row 'dns set, nothing' 64 '' 'nothing to set' dns set example.org
row 'dns set, a bad value' 64 '' 'an IP address' dns set example.org --address nowhere
row 'dns set, a file from here' 64 '' 'begins with /' dns set example.org --certificate x.pem
row 'dns set, no such file' 66 '' '/nonexistent' dns set example.org --certificate /nonexistent
set --
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32; do
    set -- "$@" --service imaps --without srv --address "192.0.2.$number"
done
row 'dns set, as many as there may be' 0 'would be set' '' -n dns set example.org "$@"
row 'dns set, too many services' 64 '' '--service: at most 32 were expected' -n dns set example.org "$@" --service imap
row 'dns set, too many addresses' 64 '' '--address: at most 32 were expected' -n dns set example.org "$@" --address 192.0.2.33
row 'dns set, too many kinds' 64 '' '--without: at most 32 were expected' -n dns set example.org "$@" --without mx
row 'dns set, dry' 0 'would be set' '' -n dns set example.org --address 192.0.2.9
row 'dns set, dry, kept nothing' 0 '' '' dns options example.org
row 'dns set' 0 'set' '' dns set example.org --address 192.0.2.9 --without srv --caa ca.example
row 'dns set counts' 0 '^mail.example.org	A	192.0.2.9' '' -q dns show example.org
row 'what is given counts more' 0 '^mail.example.org	A	192.0.2.8' '' -q dns show example.org --address 192.0.2.8
json 'a kind is switched off' '"SRV" not in {r["type"] for r in it}' -q dns show example.org
json 'and on again' '"SRV" in {r["type"] for r in it}' -q dns show example.org --with srv
row 'dns options' 0 '^address	192.0.2.9$' '' dns options example.org
row 'dns set, forget what is none' 64 '' 'name of an option' dns set example.org --forget nonsense
row 'dns set, forget' 0 'set' '' dns set example.org --forget address --forget without --forget caa
json 'all is forgotten' 'it == []' dns options example.org
# Kept by the domain itself, so both verbs mean the same.
row 'dns set, of the domain' 0 'set' '' dns set example.org --spf-include _SPF.a.example --spf-include b.example --dmarc-reports Reports@Elsewhere.example
json 'domain show has it' 'it["spf_includes"] == ["_spf.a.example", "b.example"] and it["report_address"] == "Reports@elsewhere.example"' domain show example.org
row 'domain set, of the DNS' 0 'changed' '' domain set example.org --report-address dmarc@example.org
json 'dns options has it' '[(o["option"], o["value"]) for o in it] == [("dmarc-reports", "dmarc@example.org"), ("spf-include", "_spf.a.example"), ("spf-include", "b.example")]' dns options example.org
row 'dns show has it' 0 'v=spf1 mx include:_spf.a.example include:b.example ~all' '' -q dns show example.org
row 'dns show has the address' 0 'rua=mailto:dmarc@example.org' '' -q dns show example.org
row 'dns set, too many names' 64 '' 'at most 10' dns set example.org --spf-include 1.example --spf-include 2.example --spf-include 3.example --spf-include 4.example --spf-include 5.example --spf-include 6.example --spf-include 7.example --spf-include 8.example --spf-include 9.example --spf-include 10.example --spf-include 11.example
row 'dns set, forget what is the domain'"'"'s' 0 'set' '' dns set example.org --forget spf-include --forget dmarc-reports
json 'the domain has none' 'it["spf_includes"] == [] and it["report_address"] is None' domain show example.org
printf 'version: STSv1\nmode: enforce\nmx: other.example\nmax_age: 1\n' >"$work/policy"
row 'a policy without our host' 65 '' 'none of its mx is mail.example.org' \
    dns show example.org --mta-sts-policy "$work/policy"
printf 'nonsense' >"$work/policy"
row 'a policy that is none' 65 '' 'a line has no colon' dns show example.org --mta-sts-policy "$work/policy"
row 'a certificate that is none' 65 '' 'no certificate and no key' dns show example.org --certificate "$work/policy"
row 'an id of a policy' 0 '^_mta-sts.example.org	TXT	v=STSv1; id=[0-9a-f]*	' '' -q dns show example.org --mta-sts testing
row 'dns check, nobody answers' 3 '^example.org	unknown	no-answer	example.org	' '' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dns check example.org
row 'dns check of all' 3 '^example.net	unknown	no-answer' '' --resolver 127.0.0.1@1 --dns-timeout 500ms dns check
run domain set example.net --disable
row 'dns check of all, one is switched off' 3 '^example.org	' '(1 of them): name them' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dns check
row 'dns check of one that is switched off' 3 '^example.net	' '' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dns check example.net
run domain set example.net --enable
row 'dns show, quiet' 0 'v=DMARC1' '' -q dns show example.org
json 'domain show' 'it["users"] == 2 and it["aliases"] == 1 and len(it["keys"]) == 2' \
    domain show example.org

row 'dkim generate, dry' 0 'made since 20' '' -n dkim generate example.net
json 'dkim generate, dry, kept nothing' 'it == []' dkim list example.net
row 'dkim generate, a selector taken' 73 '' 'already' \
    dkim generate example.org --selector "$(date -u +%Y)q$((($(date -u +%-m) + 2) / 3))r"
row 'dkim generate, no selector' 64 '' 'letters, digits and hyphens' dkim generate example.net --selector 'a b'
row 'dkim generate, few bits' 64 '' '2048 to 4096' dkim generate example.net --bits 1024
row 'dkim activate' 0 'no key is waiting' '' dkim activate example.net
row 'dkim activate, no such selector' 65 '' 'dkim list example.net' dkim activate example.net none


run dkim generate example.net --activate
run dkim generate example.net --selector office --activate
row 'dkim retire, dry' 0 'would be retired' '' -n dkim retire example.net office
row 'dkim retire' 0 'office._domainkey.example.net: retired' '' dkim retire example.net OFFICE
json 'dkim list, states' \
    'sorted(k["state"] for k in it) == ["active", "retired"] and all(k["state_since"] >= k["created"] for k in it)' \
    dkim list example.net
row 'dkim show, state' 0 '^; retired since 20' '' dkim show example.net office
row 'dkim show, quiet' 0 '^office' '' -q dkim show example.net office
json 'dkim activate in JSON' 'it == {"domain": "example.net", "activated": ["office"], "dry_run": True}' \
    -n dkim activate example.net office --force
row 'dkim activate, nobody answers' 75 '' 'office of example.net: .*name servers could not be found.*--force' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dkim activate example.net office
row 'dkim activate, dry, activated nothing' 0 '^; retired' '' dkim show example.net office
row 'dkim rotate, no domain' 64 '' 'name one domain, or say --all' dkim rotate
row 'dkim rotate, one domain and all' 64 '' 'name one domain, or say --all' dkim rotate example.net --all
row 'dkim rotate, none of ours' 68 '' 'elsewhere.example' dkim rotate elsewhere.example
row 'dkim rotate: nothing to ask' 0 'active	signs; a successor is made from 20' '' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dkim rotate --all
row 'dkim rotate: what was retired waits' 0 '^example.net	office	retired	mail that it signed may be under way until 20' '' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dkim rotate example.net
row 'dkim rotate, quiet' 0 '' '' -q --resolver 127.0.0.1@1 dkim rotate --all
row 'dkim rotate, dry' 0 'made	publish the record of .*_domainkey.example.org' '' \
    -n --resolver 127.0.0.1@1 --dns-timeout 500ms dkim rotate example.org --now
json 'dkim rotate, dry, made nothing' 'len(it) == 2' dkim list example.org
json 'dkim rotate --now: one successor for each' \
    'sorted((k["state"], k["waits_for"], k["was"]) for k in it) == [
        ("active", "successor", "active")] * 2 + [("made", "record", None)] * 2' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dkim rotate example.org --now
json 'dkim rotate: the successors say whose' \
    'sorted(k["replaces"] for k in it if k["state"] == "made") == sorted(k["selector"] for k in it if k["state"] == "active")' \
    dkim list example.org
row 'dkim rotate: nobody answers' 75 'made	its zone.s name servers could not be found' '' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dkim rotate example.org
run --resolver 127.0.0.1@1 --dns-timeout 500ms dkim rotate example.org --now
json 'dkim rotate --now once more: no further ones' 'len(it) == 4' dkim list example.org
row 'dkim rotate, forced' 0 'active, was made' '' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dkim rotate example.org --force
json 'dkim rotate, forced: the successors sign' \
    'sorted(k["state"] for k in it) == ["active", "active", "retired", "retired"]' dkim list example.org
row 'dkim revoke, nobody to ask' 64 '' '\-\-yes' dkim revoke example.org "$(only example.org retired)"
row 'dkim revoke, the only one' 65 '' 'only key that signs' -y dkim revoke example.net "$(only example.net active)"
row 'dkim revoke' 0 'revoked; now change its record to "v=DKIM1; p="' '' -y dkim revoke example.org \
    "$(only example.org retired)"
revoked=$(only example.org revoked)
row 'dkim revoke: its record' 0 'TXT	"v=DKIM1; p="$' '' dkim show example.org "$revoked"
row 'dns show of a revoked key' 0 "^$revoked._domainkey.example.org	TXT	v=DKIM1; p=	" '' -q dns show example.org
row 'dkim revoke twice' 65 '' 'was revoked' -y dkim revoke example.org "$revoked"
row 'dkim retire, revoked' 65 '' 'was revoked' dkim retire example.org "$revoked"
row 'dkim activate, revoked' 65 '' 'was revoked' dkim activate example.org "$revoked" --force
row 'dkim export, revoked' 65 '' 'private part is no more' dkim export example.org "$revoked"
run -y dkim delete example.org "$revoked"
run -y dkim delete example.org "$(only example.org retired)"
# A clock that was ahead when the key was retired.
/usr/bin/python3 -c '
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("UPDATE dkim_key SET changed = 4102444800 WHERE selector = ?", ("office",))
' "$work/state/keys/keys.db"
run --resolver 127.0.0.1@1 --dns-timeout 500ms dkim rotate example.net
json 'dkim rotate: a time to come is now' '[k["state_since"] < "2090" for k in it if k["selector"] == "office"] == [True]' \
    dkim list example.net
# A state that a later version wrote.
run dkim generate example.net --selector later
/usr/bin/python3 -c '
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("UPDATE dkim_key SET state = ? WHERE selector = ?", ("resting", "later"))
' "$work/state/keys/keys.db"
row 'dkim rotate: a state of a later version' 0 '^example.net	later	resting	left to a later version' '' \
    --resolver 127.0.0.1@1 --dns-timeout 500ms dkim rotate example.net --force
json 'dkim list: a state of a later version' '[k["state"] for k in it if k["selector"] == "later"] == ["resting"]' \
    dkim list example.net
row 'dkim activate: a state of a later version' 65 '' 'in the state "resting", which only a later version' \
    dkim activate example.net later --force
row 'dkim retire: a state of a later version' 65 '' 'in the state "resting"' dkim retire example.net later
row 'dkim delete: a state of a later version' 0 'deleted' '' -y dkim delete example.net later

signer=$(only example.org active)
row 'dkim export' 0 '^-----BEGIN PRIVATE KEY-----$' '' dkim export example.org "$signer"
row 'dkim export to a file' 0 '' '' dkim export example.org "$signer" --output "$work/key.pem"
[ "$(stat -c %a "$work/key.pem")" = 600 ] && "$mailctl" -c "$work/conf" dkim export example.org "$signer" |
    cmp -s - "$work/key.pem"
result $? 'dkim export to a file: the key, for its owner alone'
row 'dkim export, a file that is there' 73 '' 'name a new file' dkim export example.org "$signer" --output "$work/key.pem"
row 'dkim export, no selector' 64 '' 'name a domain and a selector' dkim export example.org
row 'dkim export, no such key' 65 '' 'no key with selector' dkim export example.org none
row 'dkim import' 0 '^brought._domainkey.example.net.*TXT' '' dkim import example.net "$work/key.pem" --selector brought
json 'dkim import: the same key, waiting' \
    '[(k["state"], k["algorithm"]) for k in it if k["selector"] == "brought"] == [("made", "ed25519")] or
     [(k["state"], k["algorithm"]) for k in it if k["selector"] == "brought"] == [("made", "rsa")]' dkim list example.net
row 'dkim import twice' 0 '0 keys imported, 1 were there' '' dkim import example.net "$work/key.pem" --selector brought
row 'dkim import --activate, it is there, dry' 0 '1 were there already, 1 of which would sign from now on' '' \
    -n dkim import example.net "$work/key.pem" --selector brought --activate
row 'dkim import --activate, it is there' 0 '^; 0 keys imported, 1 were there already, 1 of which sign from now on$' '' \
    dkim import example.net "$work/key.pem" --selector brought --activate
json 'dkim import --activate: it signs' '[k["state"] for k in it if k["selector"] == "brought"] == ["active"]' \
    dkim list example.net
row 'dkim import --activate, it signs' 0 '0 keys imported, 1 were there already$' '' \
    dkim import example.net "$work/key.pem" --selector brought --activate
run -y dkim revoke example.net brought --force
row 'dkim import, revoked' 0 '0 keys imported, 1 were there already$' 'the key brought of example.net is revoked here' \
    dkim import example.net "$work/key.pem" --selector brought
row 'dkim import --activate, revoked' 65 '' 'the key brought of example.net was revoked' \
    dkim import example.net "$work/key.pem" --selector brought --activate
run -y dkim delete example.net brought
run dkim import example.net "$work/key.pem" --selector brought
run dkim generate example.net --selector other --algorithm ed25519
row 'dkim import, a selector taken' 73 '' 'other of example.net is another key here' \
    dkim import example.net "$work/key.pem" --selector other
row 'dkim import, no key' 65 '' 'no private key in PEM form' dkim import example.net "$work/conf" --selector x
row 'dkim import, no file' 66 '' '/nonexistent' dkim import example.net /nonexistent --selector x
row 'dkim import, no selector' 64 '' 'and --selector' dkim import example.net "$work/key.pem"
row 'dkim import, none of ours' 68 '' 'elsewhere.example' dkim import elsewhere.example "$work/key.pem" --selector x
row 'dkim export, tables' 0 '/opendkim: 2 keys$' "the key $signer of example.org was left out: OpenDKIM" \
    dkim export --opendkim "$work/opendkim"
grep -q "$signer" "$work/opendkim/KeyTable" "$work/opendkim/SigningTable"
result $((! $?)) 'dkim export, tables: RSA alone'
row 'dkim export, tables that are there' 73 '' 'not there yet' dkim export --opendkim "$work/opendkim"
exported=$(sed -n 's/.* example.org:\([^:]*\):.*/\1/p' "$work/opendkim/KeyTable")
[ "$(stat -c %a "$work/opendkim" "$work/opendkim/KeyTable" "$work/opendkim/keys/example.org/$exported.private" |
    tr '\n' ' ')" = '700 600 600 ' ]
result $? 'dkim export, tables: for their owner alone'
row 'dkim import, tables: all are there' 0 '0 keys imported, 2 were there' '' dkim import \
    --key-table "$work/opendkim/KeyTable" --signing-table "$work/opendkim/SigningTable"
run -y dkim delete example.org "$exported"
row 'dkim import, tables: one was lost' 0 '1 keys imported, 1 were there' '' dkim import --activate \
    --key-table "$work/opendkim/KeyTable" --signing-table "$work/opendkim/SigningTable"
"$mailctl" -c "$work/conf" dkim export example.org "$exported" | cmp -s - "$work/opendkim/keys/example.org/$exported.private"
result $? 'dkim import, tables: it is that key'
printf 'x elsewhere.example:x:%s\n' "$work/key.pem" >"$work/KeyTable"
row 'dkim import, tables: none of ours' 0 '0 keys imported' 'elsewhere.example was left out' dkim import --key-table "$work/KeyTable"
printf 'x\n' >"$work/KeyTable"
row 'dkim import, tables: malformed' 65 '' 'KeyTable, line 1' dkim import --key-table "$work/KeyTable"
row 'dkim import, a signing table alone' 64 '' 'goes with --key-table' dkim import --signing-table "$work/KeyTable"
run -y dkim delete example.net brought
run -y dkim delete example.net other
row 'dkim retire, none such' 65 '' 'dkim list example.net' dkim retire example.net none
row 'dkim retire, the only one' 65 '' 'only key that signs for example.net' \
    dkim retire example.net "$(only example.net active)"
row 'dkim delete, nobody to ask' 64 '' '\-\-yes' dkim delete example.net office
row 'dkim delete' 0 'deleted' '' -y dkim delete example.net office
row 'dkim delete twice' 65 '' 'no key with selector' -y dkim delete example.net office
row 'dkim delete, the only one' 65 '' '\-\-force' -y dkim delete example.net "$(only example.net active)"
row 'dkim delete, the only one, by force' 0 'deleted' '' \
    -y dkim delete example.net "$(only example.net active)" --force
json 'no key is left' 'it == []' dkim list example.net

# --- signing with the keys of the database ---
printf 'From: a@example.org\nSubject: x\n\nA line.\n' >"$work/message"
row 'sign' 0 '^DKIM-Signature: .*d=example.org' '' sign --domain example.org "$work/message"
row 'seal' 0 '^ARC-Seal: a=rsa-sha256' '' seal --domain example.org --authserv-id mx.example.org "$work/message"
row 'seal, its results' 0 '^ARC-Authentication-Results: i=1; mx.example.org; none' '' \
    seal --domain example.org --authserv-id mx.example.org "$work/message"
printf 'To: a@example.org\n\nA line.\n' >"$work/nobody"
row 'seal, nobody is the author' 65 '' 'has no From field' seal --domain example.org "$work/nobody"
row 'seal, a list without From' 65 '' 'no list of fields to seal' \
    seal --domain example.org --headers Subject:To "$work/message"
row 'sign, none of our domains' 68 '' 'mailctl domain add elsewhere.example' \
    sign --domain elsewhere.example "$work/message"
row 'sign, no key' 65 '' 'example.net has no key that signs' sign --domain example.net "$work/message"
row 'sign, no such selector' 65 '' 'no key with selector none' \
    sign --domain example.org --selector none "$work/message"
row 'sign, a short key that is none of a file' 64 '' 'goes with --key' \
    sign --domain example.org --allow-short-key "$work/message"

# --- on a terminal ---
# The password is asked for twice and not shown; lists have a heading.
/usr/bin/python3 "$top_srcdir/tests/unit/mailctl/terminal.py" "$mailctl" -c "$work/conf" \
    >"$work/out" 2>"$work/err"
sed -n 's/^/# /p' "$work/err"
while read -r word name; do
    [ "$word" = ok ]
    result $? "$name"
done <"$work/out"

# --- limits: policyd is down, then a peer that answers as it does ---
row 'limit show, policyd down' 75 '' 'systemctl start gatepost-policyd' limit show alice@example.org
row 'limit list, policyd down' 75 '' 'policyd.control' limit list
mkdir "$work/run"
printf 'run_directory = "%s"\n' "$work/run" >>"$work/conf"
/usr/bin/python3 "$top_srcdir/tests/unit/mailctl/policyd.py" "$work/run/policyd.control" \
    >"$work/policyd.ready" &
policyd=$!
until [ -s "$work/policyd.ready" ]; do kill -0 $policyd 2>/dev/null || break; done
row 'limit list' 0 "^alice@example.org	3	100	500	500	20" '' limit list
json 'limit list in JSON' \
    '[u["user"] for u in it] == ["alice@example.org", "tab\there"] and it[0]["messages"] == {"used": 3, "limit": 100, "free_at": None} and it[0]["recipients"]["free_at"] == "2027-01-15T08:00:00Z" and it[1]["recipients"]["limit"] is None and it[0]["period_seconds"] == 3600' \
    limit list
row 'limit show' 0 "^recipients	500 of 500" '' limit show alice@example.org
row 'limit show, the period' 0 "^period	1h" '' limit show alice@example.org
row 'limit show, when' 0 "^next	2027-01-1" '' limit show alice@example.org
row 'limit show, somebody who sent nothing' 0 "^next	now" '' limit show bob@example.org
row 'limit show, nobody' 67 '' 'no user carol@example.org' limit show carol@example.org
row 'limit show, no login' 65 '' 'like alice@example.org' limit show "$(printf 'a\nreset b')"
row 'limit reset, dry' 0 'would be reset' '' -n limit reset alice@example.org
row 'limit reset' 0 'alice@example.org: reset' '' limit reset alice@example.org
row 'limit reset twice' 0 'nothing was counted' '' limit reset alice@example.org
row 'limit reset, nobody' 67 '' 'no user' limit reset carol@example.org
row 'limit of a peer that is none of ours' 76 '' 'same version' limit show garbled
kill $policyd
wait $policyd 2>/dev/null

# --- lookups: authd is down ---
printf 'authd { listen_lookup = "unix:%s" }\n' "$work/run/lookup" >>"$work/conf"
row 'lookup, authd down' 75 '' 'systemctl start gatepost-authd' lookup aliases info@example.org
row 'lookup, no such table' 64 '' 'domains, relays, relay-recipients, .*aliases, senders or srs' lookup alias info@example.org
row 'lookup, an empty key' 65 '' 'a key of 1 to' lookup aliases ''

# --- a database of an earlier version ---
/usr/bin/python3 - "$work/state/keys/keys.db" <<'EOF'
import sqlite3
import sys
keys = sqlite3.connect(sys.argv[1])
keys.execute("DROP TABLE dkim_delegation")
for column in "doubted", "replaces", "seen", "ttl", "changed":
    keys.execute("ALTER TABLE dkim_key DROP COLUMN " + column)
keys.execute("PRAGMA user_version = 1001")
keys.commit()
EOF
row 'keys of an earlier version' 78 '' 'mailctl upgrade' dkim list
row 'upgrade, dry' 0 'keys: would be' '' -n upgrade
row 'upgrade' 0 'keys: made or brought up to date' '' upgrade
row 'upgrade twice' 0 'keys: in order' '' upgrade
ls "$work/state/keys/" >"$work/out"
grep -q '^keys.db.1001$' "$work/out"
result $? 'the copy from before is there'
json 'the keys are there, too' 'len(it) == 2 and all(k["state_since"] == k["created"] for k in it)' \
    dkim list example.org

# --- two at once ---
rm -rf "$work/fresh"
sed "s,$work/state,$work/fresh," "$work/conf" >"$work/conf2"
pids=
for _ in 1 2 3 4; do
    "$mailctl" -c "$work/conf2" init >>"$work/out" 2>>"$work/err" &
    pids="$pids $!"
done
worst=0
for pid in $pids; do
    wait "$pid" || worst=$?
done
result "$worst" 'four times init at once'

# --- the end ---
run -q user add carol@example.net --no-password
run -q alias add team@example.net carol@example.net bob@example.org
row 'user delete, a target' 65 '' '--aliases delete to take it out' -y user delete carol@example.net
row 'user delete, aliases kept' 0 'deleted' 'warning: aliases still lead' \
    -y user delete carol@example.net --aliases keep
json 'the alias is as it was' 'len(it["targets"]) == 2' alias show team@example.net
row 'domain delete, a target' 65 '' 'lead to @example.org: team@example.net' \
    -y domain delete example.org --with-content
row 'domain delete with users in it' 65 '' 'with-content' -y domain delete example.org
row 'domain delete, nobody to ask' 64 '' '\-\-yes' domain delete example.org --with-content --aliases keep
row 'user delete, dry' 0 'would be deleted' '' -n user delete bob@example.org --aliases delete
row 'user delete' 0 'bob@example.org: deleted' 'still lead' -y user delete bob@example.org --aliases keep
row 'user delete twice' 67 '' 'no user' -y user delete bob@example.org
row 'a user of that name again' 0 'added' '' user add bob@example.org --no-password
json 'has no password of an earlier life' 'it["password_changed"] is None' user show bob@example.org
row 'domain delete, dry' 0 'would be deleted with its users ([1-9]), aliases ([1-9]) and DKIM keys ([1-9]); the mail' '' \
    -n domain delete example.org --with-content --aliases delete
row 'domain delete' 0 'example.org: deleted with its users' '' -y domain delete example.org --with-content \
    --aliases delete
json 'no alias leads into it' 'it["targets"] == ["carol@example.net"]' alias show team@example.net
json 'its users are gone' 'it == []' user list
json 'its keys are gone' 'it == []' dkim list
row 'domain delete twice' 68 '' 'no domain' -y domain delete example.org

# --- the secrets ---
if find "$work/state" -perm /007 ! -type d ! -path "${list%/*}/*" | grep -q .; then
    result 1 'no file for all to read'
else
    result 0 'no file for all to read'
fi
echo 'text in its place' >"$work/state/directory/directory.db"
row 'not a database' 78 '' 'directory.db' domain list

echo "1..$count"
