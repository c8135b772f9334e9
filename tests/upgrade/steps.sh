# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What both sides of the upgrade do.
USER_ADDRESS=alice@example.org
PASSWORD='correct horse battery staple'

fail() {
    echo "upgrade: $*" >&2
    exit 1
}

place_sockets() {
    mkdir -p /run/gatepost
    systemd-tmpfiles --create gatepost.conf 2>/dev/null || true
}

# Ready is when it answers.
start_authd() {
    gatepost-authd -f 2>>/root/authd.log &
    authd=$!
    tries=0
    until mailctl status | grep -q '^daemons.authd	ok'; do
        tries=$((tries + 1))
        [ "$tries" -lt 30 ] || fail "gatepost-authd does not answer: $(cat /root/authd.log)"
    done
}

stop_authd() {
    kill "$authd"
    wait "$authd" || true
}

# is CHECK STATE [COMMAND]: status says so of each finding of the check.
is() {
    mailctl status >/root/status || true
    grep "^$1	" /root/status | awk -F '\t' -v state="$2" -v mend="${3:-}" \
        '$2 != state || (mend != "" && $4 != mend) { bad = 1 } END { exit bad || NR == 0 }' || {
        cat /root/status
        fail "$1 is not $2"
    }
}

logs_in() {
    python3 - "$USER_ADDRESS" "$PASSWORD" <<'END' || fail "$USER_ADDRESS cannot log in"
import imaplib, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
client = imaplib.IMAP4_SSL("127.0.0.1", 993, ssl_context=context, timeout=60)
client.login(*sys.argv[1:])
client.logout()
END
}
