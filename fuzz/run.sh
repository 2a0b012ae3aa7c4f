#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the libFuzzer targets with clang and runs each for SECONDS_EACH seconds (60). What they find interesting is
# kept in BUILD/corpus and used the next time; a crash leaves its input there and ends the run. fuzz/run.sh [BUILD [NAME...]]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build-fuzz}
shift || true
# The libraries under the fuzzers are instrumented too: only so does a fuzzer see where its input led.
[ -f "$build/build.ninja" ] || CC=clang CXX=clang++ meson setup "$build" -Db_sanitize=address,undefined -Db_lundef=false \
    -Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined' -Dc_link_args=-fsanitize=fuzzer-no-link
mapfile -t targets < <(ninja -C "$build" -t targets all | sed -nE 's/^(fuzz\/fuzz_[a-z0-9_]+):.*/\1/p')
[ $# = 0 ] || targets=("${@/#/fuzz/fuzz_}") # only those
[ ${#targets[@]} -gt 0 ] || { echo 'no fuzzer was configured: is clang the compiler?' >&2; exit 1; }
ninja -C "$build" "${targets[@]}"
for target in "${targets[@]}"; do
    name=$(basename "$target")
    corpus=$build/corpus/$name
    mkdir -p "$corpus"
    echo "== $name, ${SECONDS_EACH:-60} s"
    "$build/$target" -max_total_time="${SECONDS_EACH:-60}" -print_final_stats=1 -artifact_prefix="$corpus/" "$corpus" \
        2>"$build/$name.log" || { tail -n 40 "$build/$name.log"; exit 1; }
    grep -E 'number_of_executed_units|average_exec' "$build/$name.log"
done
