# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For scripts that call mailctl: a state directory of their own in $work, and rows of TAP that run
# the program built here on it. Sourced.
top_builddir=${top_builddir:?}
mailctl=$top_builddir/mailctl/mailctl
work=$(mktemp -d /tmp/gatepost-mailctl-XXXXXX) || exit 99
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
count=0
input=/dev/null

# The user and the group who run the tests stand for the daemons'.
me=$(id -un)
cat >"$work/conf" <<EOF
state_directory = "$work/state"
group = "$(id -gn)"
hostname = "mail.example.org"
milter { user = "$me" }
policyd { user = "$me" }
srs { group = "$(id -gn)" }
authd {
    user = "$me"
    hash_memory = 8M
    hash_passes = 1
}
EOF

# result STATUS NAME: one line of TAP.
result() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        sed 's/^/#  out: /' "$work/out"
        sed 's/^/#  err: /' "$work/err"
    fi
}

# run ARGUMENTS...: into $work/out, $work/err; the status into $status. In a session of its own:
# at the terminal where the tests were started mailctl would ask for passwords.
run() {
    setsid --wait "$mailctl" -c "$work/conf" "$@" <"$input" >"$work/out" 2>"$work/err"
    status=$?
    input=/dev/null
}

# says FILE PATTERN: the file holds it; an empty pattern: the file is empty.
says() {
    if [ -z "$2" ]; then
        ! [ -s "$1" ]
    else
        grep -qe "$2" "$1"
    fi
}

# row NAME STATUS OUT ERR ARGUMENTS...: patterns of grep for what is printed.
row() {
    name=$1 wanted=$2 out=$3 err=$4
    shift 4
    run "$@"
    [ "$status" -eq "$wanted" ] && says "$work/out" "$out" && says "$work/err" "$err"
    result $? "$name"
}

# given TEXT: what the next row reads from standard input.
given() {
    printf '%s\n' "$1" >"$work/input"
    input=$work/input
}

# json NAME EXPRESSION ARGUMENTS...: the output is JSON, of which EXPRESSION holds.
json() {
    name=$1 expression=$2
    shift 2
    run --json "$@"
    [ "$status" -eq 0 ] && /usr/bin/python3 -c "
import json, sys
it = json.load(open(sys.argv[1]))
sys.exit(not ($expression))" "$work/out" 2>>"$work/err"
    result $? "$name"
}
