#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench.sh [BUILD [ROUNDS]]: bulk reads through WinUSB in the guest, over usbfs and over USB/IP, beside the same reads by the kernel's interface
# or the protocol alone, and by libusb. The device is the kernel's SourceSink gadget at SuperSpeed. The guest's time is its count of
# instructions (run.sh --accel icount), so the figures say what each program costs, whatever else this machine does: they are not those of a real
# machine, their ratios are what counts. One processor: the gadget's controller (dummy_hcd) copies under a lock with interrupts off.
# Exit status 1: a goal was missed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build}" && pwd)
rounds=${2:-3}
guest=$here/../../tests/guest
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for each in measure measure_linux; do cc -std=gnu17 -O2 -c "$here/../$each.c" -o "$work/$each.o"; done
for each in raw_usbfs raw_usbip libusb_read; do
    cc -std=gnu17 -O2 -Wall -Wextra "$here/$each.c" "$work"/measure*.o -o "$work/$each" -pthread \
        $([ $each = libusb_read ] && echo -I/usr/include/libusb-1.0 -lusb-1.0)
done
"$build/tools/ovcc" -O2 "$here/usb_read.c" "$work"/measure*.o -o "$work/usb_read" -lwinusb
cat >"$work/names.conf" <<'CONF'
usb 1d6b:0104 winusb {58d07210-27c1-11dd-bd0b-0800200c9a66}
CONF
cat >"$work/script" <<SCRIPT
rounds=$rounds
SCRIPT
cat >>"$work/script" <<'SCRIPT'
export OVERLAPPED_NAMES=/guest/names.conf
for d in /sys/bus/usb/devices/*; do
	[ "$(cat $d/idVendor 2>/dev/null)$(cat $d/idProduct 2>/dev/null)" = 1d6b0104 ] && device=$d
done
busid=${device##*/}
node=$(printf /dev/bus/usb/%03d/%03d $(cat $device/busnum) $(cat $device/devnum))
turn() { # turn WHAT COMMAND...
	what=$1
	shift
	echo "$what $("$@")"
}
for size in 65536 1048576; do
	for round in $(seq 0 $rounds); do # the first one warms up
		turn usbfs:$size:raw ./raw_usbfs node=$node size=$size
		OVERLAPPED_USB=usbfs turn usbfs:$size:ours ./usb_read size=$size
		turn usbfs:$size:libusb ./libusb_read size=$size
	done
done
sh /guest/usbip-export >/dev/null 2>&1
for size in 65536 1048576; do
	for round in $(seq 0 $rounds); do
		turn usbip:$size:raw ./raw_usbip busid=$busid size=$size
		OVERLAPPED_USB=usbip:127.0.0.1,busid=$busid turn usbip:$size:ours ./usb_read size=$size
	done
done
SCRIPT
"$guest/run.sh" --timeout 600 --accel icount --smp 1 --usbip --gadgets "SourceSink@dummy:bulk_buflen=65536" --copy "$work/script" \
    --copy "$work/names.conf" --copy "$work/raw_usbfs" --copy "$work/raw_usbip" --copy "$work/libusb_read" --copy "$work/usb_read" \
    -- sh /guest/script | tee "$work/figures" | { [ -n "${VERBOSE:-}" ] && cat || cat >/dev/null; }
exec python3 "$here/judge.py" "$work/figures"
