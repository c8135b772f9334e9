#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mailctl check where no name server answers and nobody outside is called: what --changes tells from
# call to call, and what a terminal shows meanwhile. What is found of the host depends on the machine, and is left out of sight.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"
printf 'check { outside = "" blocklists = {} domain_blocklists = {} addresses = {"192.0.2.10"} }\n' >>"$work/conf"

# changes ARGUMENTS...: what is told of domains, into $work/out: "new a.example no-answer".
changes() {
    run --resolver 127.0.0.1@1 --dns-timeout 200ms check --resolver-only "$@"
    awk -F '\t' '$2 != "mail.example.org" && $4 == "no-answer" && $5 == $2 {print $1, $2, $4}' "$work/out" |
        sort -u >"$work/told"
    mv "$work/told" "$work/out"
}

# told NAME LINES ARGUMENTS...: of the domains exactly that.
told() {
    name=$1
    printf '%s' "$2" >"$work/wanted"
    shift 2
    changes --changes "$@"
    cmp -s "$work/wanted" "$work/out" && ! [ -s "$work/err" ]
    result $? "$name"
}

run init
run domain add a.example
run domain add b.example
told 'a domain, the first time' 'new a.example no-answer
' a.example
told 'the same again' '' a.example
told 'twice in a call' '' a.example a.example
told 'another' 'new b.example no-answer
' b.example
told 'the host alone' '' --host-only
told 'all are known' ''
run -y domain delete b.example
told 'the other one is deleted, and not looked at' '' a.example
told 'all: one is deleted' 'gone b.example no-answer
'
told 'it is told once' ''
run domain add b.example
told 'it is there again' 'new b.example no-answer
'

# --- who is written to ---
# roles PATTERN...: what is found of postmaster and abuse, a domain, a level, a code and a command each.
roles() {
    run --resolver 127.0.0.1@1 --dns-timeout 200ms check --resolver-only
    awk -F '\t' '$3 ~ /^(postmaster|abuse)/ {print $1, $2, $3, $7}' "$work/out" | cut -d , -f 1 | sort >"$work/told"
    printf '%s\n' "$@" | sort >"$work/wanted"
    cmp "$work/wanted" "$work/told" >>"$work/err" 2>&1
}
run domain set b.example --alias-of a.example
run domain add relay.example --relay
run domain add off.example
run domain set off.example --disable
roles 'a.example warning postmaster-nobody mailctl alias add postmaster@a.example ADDRESS' \
    'a.example warning abuse-nobody mailctl alias add abuse@a.example ADDRESS' \
    'b.example warning postmaster-nobody mailctl alias add postmaster@a.example ADDRESS' \
    'b.example warning abuse-nobody mailctl alias add abuse@a.example ADDRESS'
result $? 'nobody reads what is for postmaster and abuse'
run alias add postmaster@a.example op@elsewhere.example
roles 'a.example fine postmaster ' 'b.example fine postmaster ' \
    'a.example warning abuse-nobody mailctl alias add abuse@a.example ADDRESS' \
    'b.example warning abuse-nobody mailctl alias add abuse@a.example ADDRESS'
result $? 'somebody reads what is for postmaster'
echo 'postmaster = "op@elsewhere.example"' >>"$work/conf"
roles 'a.example fine postmaster ' 'b.example fine postmaster ' 'a.example fine abuse ' 'b.example fine abuse '
result $? 'who is set reads the rest'

# --- on a terminal ---
# How far it is stands on one line, which is gone at the end; in a pipe there is none.
/usr/bin/python3 "$top_srcdir/tests/unit/mailctl/progress.py" "$mailctl" -c "$work/conf" \
    --resolver 127.0.0.1@1 --dns-timeout 200ms >"$work/out" 2>"$work/err"
sed -n 's/^/# /p' "$work/err"
while read -r word name; do
    [ "$word" = ok ]
    result $? "$name"
done <"$work/out"

echo "1..$count"
