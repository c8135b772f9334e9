#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: threads.sh  (in a root)
#
# The tests of what has threads, under ThreadSanitizer, and the milter under mixed
# messages with reloads and changed keys. A report fails the test that made it,
# also one of a daemon that the test had started.
set -euo pipefail

# soak TRANSPORT MESSAGES: on machines and in a network of its own, since the integration tests have
# theirs at the same time.
soak() {
    # shellcheck disable=SC2016
    unshare --mount --net sh -c '
        mkdir -p /machines && mount -t tmpfs machines /machines
        ip link set lo up && ip address add 198.51.100.20/32 dev lo
        exec /src/tests/soak/run --program "$@"' \
        sh /build/thread/obj/milter/gatepost-milter --transport "$1" --messages "$2"
}

export GP_PACKAGE=/build/test/gatepost.deb
bash /src/tests/roots/build.sh thread
cd /build/thread/obj
find . -name '*.trs' -delete
status=0
make --silent -k check-threads || status=1
soak event 2000 || status=1
soak libmilter 500 || status=1
exit $status
