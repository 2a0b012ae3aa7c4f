#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A second opinion on what the conformance tests expect: the same sources, compiled with MinGW, run under Debian's
# wine64, its answers beside ours. Where the two disagree Microsoft's documentation decides; the known cases are
# explained in second_opinion.txt. Exit status 1: a check that fails here and holds there, and is not explained.
# tests/second_opinion.sh [BUILD] [TEST...]
set -uo pipefail
cd "$(dirname "$0")/.." || exit
build=${1:-build}
shift || true
tools/deps.sh second-opinion || exit
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
work=$(mktemp -d "${TMPDIR:-/tmp}/overlapped-second.XXXXXX")
export WINEPREFIX=$work/prefix WINEDEBUG=-all
trap '"$(dirname "$wine")/wineserver" -k 2>/dev/null; rm -rf "$work"' EXIT
mkdir -p "$work/ours" "$work/theirs"

tests=("$@")
[ ${#tests[@]} -gt 0 ] || for source in tests/conformance/*.c; do tests+=("$(basename "$source" .c)"); done
programs=$(realpath "$build")/tests
for test in "${tests[@]}"; do
    # A test that plugs in devices of its own has no counterpart elsewhere.
    ! grep -q '"usb_device.h"' "tests/conformance/$test.c" || continue
    x86_64-w64-mingw32-gcc -std=gnu17 -O1 -Wall -Wextra -o "$work/$test.exe" "tests/conformance/$test.c" \
        -lws2_32 -lmswsock -lsynchronization -lsetupapi -lcfgmgr32 -lwinusb || { echo "$test does not compile with MinGW"; continue; }
    (cd "$work" && timeout 150 "$wine" "./$test.exe" 2>/dev/null | tr -d '\r' >"theirs/$test")
    if [ -x "$programs/test-$test" ]; then
        (cd "$work" && timeout 150 "$programs/test-$test" >"ours/$test" 2>/dev/null)
    fi
done
python3 tests/second_opinion.py "$work/ours" "$work/theirs" tests/second_opinion.txt
