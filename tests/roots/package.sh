#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: package.sh  (in a root)
#
# That the Debian package is the same byte for byte when it is built again, in another folder, at
# another time, in another language and time zone, by another number of jobs. Done once for the
# same sources.
set -euo pipefail
export PATH=/usr/lib/ccache:$PATH
package=$(bash /src/tests/roots/deb.sh | tail -n 1)
[ -f "$package" ] || exit 1
area=/build/deb
if cmp -s "$area/made-of" "$area/made-twice"; then
    echo "built twice before: $package"
    exit 0
fi

again=/tmp/quite/another/folder
mkdir -p "$again"
cp -r "$area/src" "$again/gatepost"
cd "$again/gatepost"
# As if it were fetched anew: the first build's objects are gone, and all files are of today.
rm -rf build debian/.debhelper debian/gatepost debian/debhelper-build-stamp debian/files
find . -exec touch --no-dereference {} +
TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 LANG=C HOME=/tmp/quite CCACHE_DISABLE=1 DEB_BUILD_OPTIONS='nocheck parallel=1' \
    dpkg-buildpackage -us -uc -b --ignore-builtin-builddeps >"$area/again.log" 2>&1 || {
    tail -n 30 "$area/again.log"
    exit 1
}
sha256sum "$package" "$again/$(basename "$package")"
cmp "$package" "$again/$(basename "$package")"
cp "$area/made-of" "$area/made-twice"
