#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: pack.sh SOURCE OBJECTS VERSION PACKAGE  (in a root)
#
# Packs what lies built in OBJECTS as the Debian package of that version, in seconds: nothing is
# compiled, stripped or compressed. Nothing at all is done when PACKAGE is younger than both.
set -euo pipefail
source=$1 objects=$2 version=$3 package=$4

younger() {
    find "$source" "$objects" -type f ! -name '*.trs' ! -name '*.log' -cnewer "$package" -print -quit
}
if [ -f "$package" ] && [ -z "$(younger)" ]; then
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source" "$work/tree"
cd "$work/tree"
sed -i "1s/(.*)/($version)/" debian/changelog
rm -rf debian/.debhelper debian/gatepost debian/files
# Debhelper takes this for its own word that the package is built.
echo gatepost >debian/debhelper-build-stamp
DEB_BUILD_OPTIONS='nostrip nocheck noautodbgsym' GP_OBJECTS=$objects debian/rules binary >"$work/log" 2>&1 || {
    tail -n 30 "$work/log"
    exit 1
}
mv "$work/gatepost_${version}_"*.deb "$package"
