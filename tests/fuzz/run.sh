#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: run.sh [TARGET|all] [SECONDS] | --seeds | --long [OPTIONS] [TARGET...]
#
# Builds the fuzz targets with libFuzzer and the sanitizers in build/fuzz and
# runs one, or each in turn, for SECONDS (30); or each over its seeds alone; or
# until no new edge is found (long.py). What is found new is kept in
# build/fuzz/corpus; a crash leaves its input in build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:-all}

[ -f configure ] || autoreconf -fi
mkdir -p build/fuzz/obj build/fuzz/crashes
cd build/fuzz/obj
[ -f Makefile ] || ../../../configure --quiet CC=clang CFLAGS='-g -O1' --enable-fuzzing \
    --enable-sanitizer='address,undefined' --enable-werror
make --silent -j"$(nproc)" fuzz-targets >../build.log 2>&1 || {
    grep -A 12 -E '(error:|\*\*\*)' ../build.log | tail -n 40
    echo 'fuzz: the build failed; its log: build/fuzz/build.log'
    exit 1
}
cd ..

if [ "$target" = --long ]; then
    shift
    exec python3 ../../tests/fuzz/long.py "$@"
fi
seconds=${2:-30}

# seeds NAME: quiet when all is well.
seeds() {
    "obj/tests/fuzz/fuzz_$1" -runs=0 "../../tests/fuzz/seeds/$1" >"$1.log" 2>&1 || {
        tail -n 40 "$1.log"
        echo "fuzz: $1: FAILED over its seeds"
        return 1
    }
}

fuzz() {
    local name=$1 options=()
    mkdir -p "corpus/$name"
    [ ! -f "../../tests/fuzz/dict/$name.dict" ] || options+=("-dict=../../tests/fuzz/dict/$name.dict")
    echo "fuzz: $name, $seconds s"
    "obj/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 \
        -print_final_stats=1 -artifact_prefix="crashes/$name-" \
        "${options[@]}" "corpus/$name" "../../tests/fuzz/seeds/$name" 2>"$name.log" || {
        tail -n 40 "$name.log"
        echo "fuzz: $name: FAILED; the input is in build/fuzz/crashes"
        return 1
    }
    grep -E 'stat::(number_of_executed_units|new_units_added)' "$name.log"
}

act=fuzz status=0
if [ "$target" = --seeds ]; then
    target=all act=seeds
fi
if [ "$target" != all ]; then
    fuzz "${target#fuzz_}" || status=1
else
    for program in obj/tests/fuzz/fuzz_*; do
        if [ ! -f "$program" ] || [ ! -x "$program" ]; then
            continue
        fi
        "$act" "$(basename "$program" | sed 's/^fuzz_//')" || status=1
    done
fi
exit "$status"
