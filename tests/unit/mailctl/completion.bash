# SPDX-License-Identifier: MIT
# usage: completion.bash MAILCTL; TAP
program=$1
count=0
folder=$(mktemp -d /tmp/gatepost-completion-XXXXXX) || exit 99
trap 'rm -rf "$folder"' EXIT
cd "$folder" && touch message.eml 'two words.eml' || exit 99
eval "$("$program" completion bash)" || exit 99

# Stands for the program when the function asks for the domains.
mailctl() {
    [ "$*" = 'domain list' ] && printf 'example.org\tyes\nexample.net\tyes\n'
}

# complete_line WORDS...: the last one is being typed. What is offered, in $offered.
complete_line() {
    COMP_WORDS=(mailctl "$@")
    COMP_CWORD=$#
    _mailctl mailctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    offered=$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ' ')
}

# row NAME OFFERED WORDS...
row() {
    local name=$1 wanted=$2
    shift 2
    complete_line "$@"
    check "$name" "$wanted"
}

# holds NAME WORD WORDS...: the word is among what is offered.
holds() {
    local name=$1 wanted=$2
    shift 2
    complete_line "$@"
    [[ " $offered " == *" $wanted "* ]] && offered=$wanted
    check "$name" "$wanted"
}

check() {
    count=$((count + 1))
    if [ "$offered" = "$2" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        echo "# wanted: $2"
        echo "# offered: $offered"
    fi
}

row 'a noun' 'domain' doma
row 'two nouns' 'detach dkim dmarc dns domain' d
holds 'any noun' verify ''
row 'verbs' 'add delete list set show' domain ''
row 'a verb' 'delete' user del
row 'options of a verb' '--if-missing' domain add --if
row 'options of another verb are not offered' '' domain list --if
row 'global options' '--dns-timeout --dry-run' -- --d
row 'global options before the noun' '--dns-timeout --dry-run' --d
row 'global options behind the verb' '--json' domain list --js
row 'a noun behind a global option' 'domain' --json doma
row 'a noun behind an option with a value' 'domain' --color never doma
row 'a noun behind an option with its value by a sign' 'domain' --color = never doma
row 'a verb behind options' 'delete' -n user -y del
row 'words of an option' 'always' --color al
row 'words of an option, by a sign' 'auto' --color = au
row 'words of a verb' 'delete' user delete alice --aliases d
row 'a domain' 'example.net example.org' domain show ''
row 'a domain behind an option' 'example.org' dkim generate --dual example.o
row 'a selector' '' dkim show example.org ''
row 'an argument of one word' 'bash' completion ''
row 'a file' 'message.eml' verify mess
row 'a file with a blank' 'two words.eml' verify two
row 'a file for an option' 'message.eml' sign --key mess
row 'nothing behind a value that is free' '' user add --quota ''
row 'no verb for what has none' '' status ''
row 'a noun to help' 'dmarc' help dm
row 'one of several words' 'dovecot' attach do
row 'the other of several words' 'postfix' attach dovecot po

# Each noun and verb of the table is offered where it belongs.
while read -r noun verb; do
    holds "noun $noun" "$noun" "$noun"
    [ -z "$verb" ] || holds "verb $noun $verb" "$verb" "$noun" "$verb"
done < <("$program" help --json | /usr/bin/python3 -c '
import json, sys
for command in json.load(sys.stdin)["commands"]:
    print(command["noun"], command["verb"] or "")')
echo "1..$count"
