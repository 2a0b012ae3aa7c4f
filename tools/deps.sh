#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes sure that what a target needs is there: tools/deps.sh build|bench|fuzz|guest|bench-guest|capture|second-opinion|format
# Looks for the programs and headers themselves; what is missing is installed as Debian packages. As root, or with
# CI=true and sudo, without asking; else it asks on a terminal, and otherwise says the command and fails.
set -euo pipefail

# Looked for (a program, or a file), and the package that brings it.
needs() {
    case "$1" in
        build) echo 'gcc gcc|g++ g++|clang clang|meson meson|ninja ninja-build|python3 python3|pkg-config pkg-config' \
                    '|/usr/include/unistd.h libc6-dev|git git|tar tar|cmp diffutils' ;;
        bench) needs build; echo '|/usr/include/liburing.h liburing-dev' ;;
        second-opinion) needs build; echo '|x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64|/usr/lib/wine/wine64 wine64' ;;
        fuzz) needs build; echo "|$(clang_runtime) libclang-rt-dev" ;;
        guest) needs build; echo '|qemu-system-x86_64 qemu-system-x86|xz xz-utils|flock util-linux' ;;
        capture) needs build; echo '|tshark tshark' ;;
        bench-guest) needs guest; echo '|/usr/include/libusb-1.0/libusb.h libusb-1.0-0-dev' ;;
        format) echo 'clang-format clang-format' ;;
        *) echo "deps.sh: unknown target: $1" >&2; exit 2 ;;
    esac
}

# libFuzzer's archive of the installed clang; without clang a path that is not there.
clang_runtime() {
    if command -v clang >/dev/null; then
        clang -print-file-name="libclang_rt.fuzzer-$(uname -m).a"
    else
        echo /nonexistent
    fi
}

is_there() {
    case "$1" in
        /*) [ -e "$1" ] ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

missing() {
    needs "$1" | tr '|' '\n' | while read -r thing package; do
        [ -z "$thing" ] || is_there "$thing" || echo "$package"
    done | sort -u | tr '\n' ' '
}

root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif [ "${CI:-}" = true ]; then sudo -n "$@"; else sudo "$@"; fi
}

may_install() {
    [ "$(id -u)" != 0 ] || return 0
    command -v sudo >/dev/null || return 1
    [ "${CI:-}" != true ] || return 0
    [ -t 0 ] || return 1
    read -r -p "Install them now with sudo? [y/N] " answer
    [ "$answer" = y ] || [ "$answer" = Y ]
}

packages=$(missing "$1")
[ -n "$packages" ] || exit 0
echo "Missing for '$1': $packages"
if ! command -v apt-get >/dev/null; then
    echo "Install what these Debian packages bring, then try again." >&2
    exit 1
fi
if ! may_install; then
    echo "As root: apt-get update && apt-get install --no-install-recommends $packages" >&2
    exit 1
fi
# shellcheck disable=SC2086  # a list of words
install() { root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages; }
update() { root apt-get update -q; }
# A fresh machine may have no package lists; an older one may have lists older than the archive.
# shellcheck disable=SC2086
[ "$(apt-cache policy $packages | grep -c 'Candidate: [^(]')" = "$(wc -w <<<"$packages")" ] || update
install || { update && install; }
left=$(missing "$1")
if [ -n "$left" ]; then
    echo "Still missing after the installation: $left" >&2
    exit 1
fi
