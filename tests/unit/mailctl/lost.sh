#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Databases that were lost: nothing is made anew in their place unless somebody says so.
top_srcdir=${top_srcdir:?}
# shellcheck source=tests/unit/mailctl/rows.sh
. "$top_srcdir/tests/unit/mailctl/rows.sh"

sed "s,$work/state,$work/worn," "$work/conf" >"$work/conf3"
worn=$work/worn

# fresh: the databases of a server that has one domain.
fresh() {
    rm -rf "$worn"
    "$mailctl" -c "$work/conf3" -q init && "$mailctl" -c "$work/conf3" -q domain add example.org
}

# keep NAME...: all the others are gone.
keep() {
    fresh
    for folder in "$worn"/*; do
        case " $* " in *" ${folder##*/} "*) ;; *) rm -r "$folder" ;; esac
    done
}

for gone in directory credentials keys; do
    fresh
    rm -r "${worn:?}/$gone"
    set -- "the $gone database is lost"
    row "$gone lost: init" 78 '' "$worn/$gone/$gone.db: $1.* from a backup .*--make-empty $gone\$" \
        -c "$work/conf3" init
    row "$gone lost: init, dry" 78 '' "$1" -c "$work/conf3" -n init
    row "$gone lost: upgrade" 78 '' "$1" -c "$work/conf3" upgrade
    row "$gone lost: status" 2 "$1.*--make-empty $gone" '' -c "$work/conf3" status
    ! [ -e "$worn/$gone" ]
    result $? "$gone lost: nothing was made"
    row "$gone lost: an empty one" 0 "$gone: made" '' -c "$work/conf3" init --make-empty "$gone"
    row "$gone lost: and then" 0 "$gone: in order" '' -c "$work/conf3" init
done
fresh
: >"$worn/keys/keys.db"
rm -f "$worn/keys/keys.db-wal" "$worn/keys/keys.db-shm"
row 'a database cut to nothing' 78 '' 'the keys database is lost' -c "$work/conf3" init
rm -r "$worn/directory"
row 'two lost: both are named' 78 '' 'the directory database is lost' -c "$work/conf3" init
says "$work/err" 'the keys database is lost'
result $? 'two lost: the second'
row 'two lost, one given up' 78 '' 'the directory database' -c "$work/conf3" init --make-empty keys
! says "$work/err" 'the keys database' && ! [ -e "$worn/directory" ]
result $? 'two lost, one given up: nothing was made'
fresh
rm -r "$worn/limits" "$worn/seen" "$worn/srs"
row 'what fills by itself is made' 0 'srs: made' '' -c "$work/conf3" init
keep directory
row 'the directory alone was put back' 78 '' 'the keys database is lost' -c "$work/conf3" init
keep keys
row 'the keys alone were put back' 78 '' 'the credentials database is lost' -c "$work/conf3" init

# tell SQL...: to the directory.
tell() {
    /usr/bin/python3 - "$worn/directory/directory.db" "$@" <<'EOF'
import sqlite3
import sys
directory = sqlite3.connect(sys.argv[1])
version = directory.execute("PRAGMA user_version").fetchone()[0]
for line in sys.argv[2:]:
    directory.execute(line.replace("OLDER", str(version - 1)))
directory.commit()
EOF
}
keep directory credentials
tell 'DELETE FROM domain'
row 'an init that ended early goes on' 0 'keys: made' '' -c "$work/conf3" init
keep directory
tell 'DELETE FROM domain' 'PRAGMA user_version = OLDER'
row 'an older directory alone was put back' 78 '' 'the keys database is lost' -c "$work/conf3" init

echo "1..$count"
