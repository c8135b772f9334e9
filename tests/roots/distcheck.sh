#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: distcheck.sh  (in a root)
#
# That what `make dist` packs builds out of its tree, passes its tests, installs,
# uninstalls and cleans up; here as on a system whose libmilter takes no
# listening descriptor, the path that no other build of the tests has.
set -euo pipefail
export PATH=/usr/lib/ccache:$PATH
bash /src/tests/roots/build.sh dist
cd /build/dist/obj
make --silent -j"$(nproc)" distcheck \
    DISTCHECK_CONFIGURE_FLAGS='--enable-werror gp_cv_libmilter_fd=no'
