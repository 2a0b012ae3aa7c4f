#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Everything that can be checked on this machine: the suite on every engine, the simulated engine with many
# seeds, and builds with AddressSanitizer + UBSan and with ThreadSanitizer. tests/check_all.sh [BUILD]
# SEEDS=N is the number of simulated seeds (200), FIRST_SEED=N where they begin (1), FAULT_RUNS=N the runs of the USB
# streaming program under random faults (10000, AddressSanitizer).
# Each configuration ends in one line; the last line is the sum, and the exit status is its verdict.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
build=${1:-build}
seeds=${SEEDS:-200}
first=${FIRST_SEED:-1}
logs=$(mktemp -d "${TMPDIR:-/tmp}/overlapped-check.XXXXXX")
passed=0 failed=0 skipped=0 broken=0

# configure DIR OPTIONS...: a build directory of its own, configured once.
configure() {
    local dir=$1
    shift
    { [ -f "$dir/build.ninja" ] || meson setup "$dir" "$@"; } >"$logs/setup" 2>&1 &&
        ninja -C "$dir" >>"$logs/setup" 2>&1 && return
    echo "$dir does not build:"
    tail -n 20 "$logs/setup"
    broken=$((broken + 1))
    return 1
}

# suite LABEL DIR ENGINE [OPTIONS of meson test...]: one run of the suite; what failed is shown, the rest is kept quiet.
suite() {
    local label=$1 dir=$2 engine=$3 summary
    shift 3
    OVERLAPPED_ENGINE=$engine tests/run.sh "$dir" "$@" >"$logs/out" 2>&1
    summary=$(tail -n 1 "$logs/out")
    if ! [[ $summary =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        printf '%-24s did not finish:\n' "$label"
        tail -n 20 "$logs/out"
        broken=$((broken + 1))
        return
    fi
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    skipped=$((skipped + BASH_REMATCH[3]))
    [ "${BASH_REMATCH[2]}" = 0 ] || sed -n '/^FAIL /,$p' "$logs/out" | sed '/^Skipped:$/,$d' | head -n 60
    printf '%-24s %s\n' "$label" "$summary"
}

# faults DIR: a tenth of the runs with each of ten orders of completion.
faults() {
    local order runs=$((${FAULT_RUNS:-10000} / 10)) bad=0
    for order in 0 1 2 3 4 5 6 7 8 9; do
        if OVERLAPPED_ENGINE=sim:$((order + 1)) "$1/tests/test-usb_faults" $((first + order * runs)) "$runs" >"$logs/out" 2>&1; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1)) bad=1
            grep -vE '^ok' "$logs/out" | tail -n 40
        fi
    done
    printf '%-24s %s runs, %s\n' 'usb faults' $((runs * 10)) "$([ "$bad" = 0 ] && echo good || echo FAILED)"
}

# What no engine changes is tested once, with the first.
behaviour=(--no-suite headers --no-suite tree --no-suite guest)
order=(--suite unit --suite conformance --suite wdm)

configure "$build" || exit 1
suite uring "$build" uring
suite pool "$build" pool "${behaviour[@]}"
suite "sim:$first" "$build" sim:"$first" "${behaviour[@]}"
for ((seed = first + 1; seed < first + seeds; seed++)); do
    suite "sim:$seed" "$build" sim:"$seed" "${order[@]}"
done
for sanitizer in address,undefined thread; do
    case $sanitizer in thread) name=tsan ;; *) name=asan ;; esac
    configure "$build-$name" -Db_sanitize="$sanitizer" -Db_lundef=false || continue
    for engine in uring pool sim:"$first"; do
        suite "$name $engine" "$build-$name" "$engine" "${behaviour[@]}"
    done
    [ $name = tsan ] || faults "$build-$name"
done
rm -rf "$logs"
[ "$broken" = 0 ] || echo "$broken configurations did not build or finish"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$broken" = 0 ]
