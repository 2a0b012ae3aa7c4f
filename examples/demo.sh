#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the library does, on real work: a file of about 1 GiB copied with 32 overlapped requests under way, compared,
# timed beside cp; an echo server and its load client; then the smaller examples; isochronous transfers and sound on virtual USB devices; KMDF drivers
# with their programs. examples/demo.sh [BUILD]
# SIZE_MB=N makes the file smaller or larger.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
size=$((${SIZE_MB:-1024} * 1024 * 1024))
ovcc=$build/tools/ovcc
work=''
server=''

say() { printf '\n== %s\n' "$*"; }
now() { date +%s.%N; }
seconds_since() { awk -v a="$1" -v b="$(now)" 'BEGIN { print b - a }'; }
rate() { awk -v b="$size" -v t="$1" 'BEGIN { printf "%.0f MiB/s (%.2f s)", b / 1048576 / t, t }'; }

clean_up() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# A directory on a real disk (a copy in memory would prove little) with room for source, copy and a tenth more.
choose_directory() {
    local dir free
    for dir in "${TMPDIR:-}" /var/tmp /tmp "$build"; do
        if ! [ -d "$dir" ] || ! [ -w "$dir" ]; then continue; fi
        case "$(stat -f -c %T "$dir")" in tmpfs | ramfs) continue ;; esac
        free=$(df -B1 --output=avail "$dir" | tail -n 1)
        [ "$free" -gt $((size * 22 / 10)) ] || continue
        work=$(mktemp -d "$dir/overlapped-demo.XXXXXX")
        return
    done
    echo "The demo needs $((size * 22 / 10 / 1048576)) MiB on a disk: set TMPDIR to a directory that has them, or SIZE_MB." >&2
    exit 1
}

# The system's own programs and libraries as one tar, as often as it takes to fill the size.
make_source() {
    local have=0
    : >"$1"
    while [ "$have" -lt "$size" ]; do
        # What one may not read is left out; head ends the last pass early, which tar reports.
        { tar -C / -cf - usr 2>/dev/null || true; } | head -c $((size - have)) >>"$1"
        [ "$(stat -c %s "$1")" -gt "$have" ] || { echo 'no data from /usr' >&2; exit 1; }
        have=$(stat -c %s "$1")
    done
}

copy_file() {
    local start ours theirs
    say "A file of $((size / 1048576)) MiB from /usr, in $work"
    make_source "$work/source"
    # A first copy touches the memory and the disk blocks that the next ones use again: whoever went first would
    # pay for both.
    cp --reflink=never "$work/source" "$work/first.out"
    sync "$work/first.out"
    rm "$work/first.out"
    sync
    say 'examples/copy.c, 32 requests under way'
    start=$(now)
    "$work/copy" -n 32 "$work/source" "$work/copy.out"
    sync "$work/copy.out"
    ours=$(seconds_since "$start")
    cmp "$work/source" "$work/copy.out"
    echo 'The copy is the same, byte for byte.'
    rm "$work/copy.out"
    sync
    start=$(now)
    cp --reflink=never "$work/source" "$work/cp.out"
    sync "$work/cp.out"
    theirs=$(seconds_since "$start")
    rm "$work/cp.out" "$work/source"
    echo "Both with fsync: overlapped $(rate "$ours"), cp --reflink=never $(rate "$theirs")"
}

run_echo() {
    local port
    say 'examples/echo_server.c and echo_client.c: 500 connections, 3 seconds'
    mkfifo "$work/end" # the server runs until its standard input ends
    "$work/echo_server" --port 0 --threads 4 <"$work/end" >"$work/echo.log" &
    server=$!
    exec 9>"$work/end"
    for ((i = 0; i < 200; i++)); do
        port=$(sed -nE 's/.*127\.0\.0\.1:([0-9]+).*/\1/p' "$work/echo.log")
        [ -z "$port" ] || break
        kill -0 "$server" || { echo 'the echo server did not start' >&2; exit 1; }
        sleep 0.05
    done
    "$work/echo_client" --port "$port" --connections 500 --seconds 3 9>&-
    exec 9>&-
    wait "$server"
    server=''
    cat "$work/echo.log"
}

choose_directory
say 'Compiling the examples with ovcc'
for source in examples/*.c; do
    "$ovcc" -O2 "$source" -o "$work/$(basename "$source" .c)" -lws2_32 -lmswsock
done
copy_file
run_echo
for name in wait_on_file wait_on_events by_apc by_port sync_and_overlapped cancellation; do
    say "examples/$name.c"
    (cd "$work" && "./$name")
done
say 'examples/isoch_transfer.c on a virtual USB device: 30 ms each way, 240 packets'
OVERLAPPED_USB=mutt "$work/isoch_transfer" | awk '/^(in|out), transfer/ { $0 = substr($0, 1, 60) "..." } { print }'
say 'examples/isoch_stream.c: 8 transfers in flight through a completion port, 2 seconds'
OVERLAPPED_USB=mutt "$work/isoch_stream" 2
say 'A WAV file through the virtual audio device: played, recorded, compared with what it was, sample by sample'
examples/tone.py make "$work/tone.wav" 3
ovl=$build/tools/ovl
audio=--usb=audio,in=$work/tone.wav,out=$work/speaker.wav
"$ovl" usb "$audio" --pcap="$work/audio.pcapng" iso-write --quiet --depth=32 --wav="$work/tone.wav" virtual-1
echo "The speaker: $(examples/tone.py compare "$work/tone.wav" "$work/speaker.wav")"
"$ovl" usb "$audio" iso-read --quiet --depth=32 --seconds=3 --wav="$work/microphone.wav" virtual-1
echo "The microphone: $(examples/tone.py compare "$work/tone.wav" "$work/microphone.wav")"
say 'ovl usb tree'
"$ovl" usb --usb='mutt;fx2;audio' tree | grep -v '^ *every'
say 'A KMDF driver, its program and a virtual FX2 board, under the verifier: lights, bulk loop-back, the switches'
drivers=examples/drivers
"$ovl" run --driver="$drivers/fx2_driver.c,inf=$drivers/fx2.inx" --usb=fx2 "$drivers/fx2.c"
say 'A KMDF driver with 16 static streams on a SuperSpeed device: a stall and the recovery, then requests that end in the other order'
"$ovl" run --driver="$drivers/streams_driver.c,inf=$drivers/streams.inx" --usb=mutt,speed=super,faults=stall:ep=81:at=1 \
    "$drivers/streams.c" stall
