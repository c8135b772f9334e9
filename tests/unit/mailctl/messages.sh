#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mailctl on messages, without configuration, database or name server: sign, verify, spf, dmarc.
# The name server asked is one that is not there, so what needs DNS is a temporary error.
top_builddir=${top_builddir:?}
mailctl=$top_builddir/mailctl/mailctl
work=$(mktemp -d /tmp/gatepost-messages-XXXXXX) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
count=0

# row NAME STATUS PATTERN ARGUMENTS...: the pattern (of grep) stands in what is printed on either side.
row() {
    name=$1 wanted=$2 pattern=$3
    shift 3
    "$mailctl" -c /dev/null --resolver 127.0.0.1@1 --dns-timeout 500ms "$@" >out 2>err </dev/null
    status=$?
    check "$name" "$wanted" "$pattern"
}

check() {
    count=$((count + 1))
    if [ "$status" -eq "$2" ] && cat out err | grep -qe "$3"; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        echo "#  status $status, wanted $2 and: $3"
        sed 's/^/#  out: /' out
        sed 's/^/#  err: /' err
    fi
}

printf 'From: Alice <alice@example.org>\nTo: bob@example.net\nSubject: hello\n\nHello\n\nworld\n' >lf.eml
sed 's/$/\r/' lf.eml >crlf.eml
printf 'From alice Sat Nov 21 10:00:00 2026\n' | cat - lf.eml >mbox.eml
printf 'no message\n' >none.eml
{
    echo 'From: alice@example.org'
    yes 'X-Filler: x' | head -n 1100
    printf 'From: mallory@example.com\n\nx\n'
} >long.eml
printf 'Subject: no author\n\nx\n' >authorless.eml
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null ||
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null
openssl genpkey -algorithm ED25519 -out ed25519.pem 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:768 -out short.pem 2>/dev/null
echo '-----BEGIN PRIVATE KEY-----' >bad.pem

sign='sign --domain example.org --selector s1'
row 'sign with RSA' 0 'a=rsa-sha256' $sign --key rsa.pem lf.eml
mv out signed.eml
sed '1,/^From:/{/^From:/!d;}' signed.eml >out
cmp -s out lf.eml
status=$?
check 'the message below the signature is the same' 0 '^From: Alice'
row 'sign CRLF' 0 'a=ed25519-sha256' $sign --key ed25519.pem crlf.eml
status=$(grep -vc "$(printf '\r')\$" out)
check 'each line ends as in the file' 0 'DKIM-Signature'
row 'sign an mbox' 0 '^From: Alice' $sign --key ed25519.pem mbox.eml
row 'the domain is normalized' 0 'd=example\.org;' sign --domain EXAMPLE.org. --selector s1 --key rsa.pem lf.eml
row 'a time' 0 't=1700000000;' $sign --time 1700000000 --key rsa.pem lf.eml
row 'a short key' 65 'short.pem: ' $sign --key short.pem lf.eml
row 'a short key, allowed' 0 'a=rsa-sha256' $sign --allow-short-key --key short.pem lf.eml
row 'not a key' 65 'bad.pem: ' $sign --key bad.pem lf.eml
head -c 70000 /dev/zero >large.pem
row 'a key file that is too large' 65 'large.pem: larger than' $sign --key large.pem lf.eml
row 'no such key' 66 'nowhere.pem: No such file' $sign --key nowhere.pem lf.eml
row 'no message' 65 'none.eml: not a message' $sign --key rsa.pem none.eml
row 'no From' 65 'no From field' $sign --key rsa.pem authorless.eml
row 'no domain' 64 'domain is needed' sign --key rsa.pem lf.eml
row 'no selector' 64 'needs --selector' sign --domain example.org --key rsa.pem lf.eml

row 'verify: the key cannot be looked up' 0 'dkim=temperror' verify signed.eml
row 'verify: no signature' 0 'spf=none' verify lf.eml
row 'verify: who judges' 0 '^Authentication-Results: mx.example.net;' verify --authserv-id mx.example.net lf.eml
row 'verify: an author is missing' 0 'dmarc=permerror' verify authorless.eml
row 'verify: a second author behind all bounds' 0 'dmarc=permerror reason="several From fields"' verify long.eml
row 'verify --json, unfolded' 0 '"authentication_results": "[^\]*dkim=temperror' --json verify signed.eml
row 'verify --json' 0 '"algorithm": "rsa-sha256"' --json verify signed.eml
row 'verify: no such file' 66 'No such file' verify nowhere.eml
row 'verify: from without ip' 64 'mean nothing without' verify --from a@example.org lf.eml
row 'verify --compare: as of now' 64 'leave --time out' verify --compare --time 1700000000 lf.eml
row 'verify: a bad address' 64 'expected an IP address' verify --ip 1.2.3 lf.eml

row 'spf: no answer' 0 '^temperror' spf --ip 192.0.2.1 --from a@example.org
row 'spf: no domain' 0 '^none' spf --ip 192.0.2.1 --helo localhost
row 'spf --json' 0 '"result": "temperror"' --json spf --ip 2001:db8::1 --from a@example.org
row 'spf without ip' 64 'without --ip' spf --from a@example.org
row 'spf without anybody' 64 'is needed' spf --ip 192.0.2.1

row 'dmarc: no answer' 0 '_dmarc.example.org.*no answer' dmarc news.example.org
row 'dmarc --json' 0 '"temporary": true' --json dmarc example.org
row 'dmarc: no domain' 65 'no mail domain' dmarc 'not a domain'
echo "1..$count"
