#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: deb.sh [--version VERSION]  (in a root)
#
# Builds the Debian package from /src, as Debian would, and has lintian judge it. What is left in
# /build/deb is the package alone; its path is the last line printed. Nothing is built when the
# package of these very sources is there already.
set -euo pipefail
area=/build/deb
export PATH=/usr/lib/ccache:$PATH

mkdir -p "$area/tree"
exec 9>"$area/lock"
flock 9
rsync --archive --delete --filter=':- .gitignore' --exclude=/.git /src/ "$area/tree/"
cd "$area/tree"

upstream=$(sed -n 's/^AC_INIT(\[gatepost\], \[\(.*\)\])$/\1/p' configure.ac)
noted=$(dpkg-parsechangelog --show-field Version)
if [ "$upstream" != "$noted" ]; then
    echo "debian/changelog speaks of $noted, configure.ac of $upstream"
    exit 1
fi
# The release sorts behind the version: what Debian 13 gets is newer than what Debian 12 got.
version=$upstream~deb$GP_RELEASE
if [ "${1:-}" = --version ]; then
    version=$2
fi

package=$area/gatepost_${version}_$(dpkg --print-architecture).deb
made_of="$version $(find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)"
if [ -f "$package" ] && [ "$made_of" = "$(cat "$area/made-of" 2>/dev/null)" ]; then
    echo "$package"
    exit 0
fi

rm -rf "$area"/*.deb "$area"/*.changes "$area"/*.buildinfo "$area/made-of" "$area/src"
cp -r "$area/tree" "$area/src"
cd "$area/src"
sed -i "1s/(.*)/($version)/" debian/changelog debian/NEWS
# The tests are run by ./dev test. Of build-essential, the C++ half is not needed.
if ! DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -b --ignore-builtin-builddeps >"$area/build.log" 2>&1; then
    tail -n 40 "$area/build.log"
    echo "the package was not built; the log: build/debian-$GP_RELEASE/deb/build.log"
    exit 1
fi
judging=(--allow-root --tag-display-limit 0 --display-info --fail-on 'error,warning,info')
if [ "$GP_RELEASE" = 12 ]; then
    # Debian 12 still asked for scripts of other inits; Gatepost has none.
    judging+=(--suppress-tags package-supports-alternative-init-but-no-init.d-script)
fi
lintian "${judging[@]}" "$area"/*.changes
echo "$made_of" >"$area/made-of"
echo "$package"
