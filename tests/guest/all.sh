#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# all.sh BUILD [short | GROUP...]: real hosts against a real kernel, a boot of the guest for each group of checks; `short` is one boot with a
# little of each. TAP; exit status 1 when something failed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) || exit 2
shift
groups=("$@")
work=$(mktemp -d) # short: sockets' names are limited
helpers=()
cleanup() {
    [ ${#helpers[@]} = 0 ] || kill "${helpers[@]}" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
number=0 bad=0

say() { # say 'ok|not ok' NAME [DIRECTIVE]
    number=$((number + 1))
    echo "$1 $number - $2${3:+ # $3}"
    [ "$1" = ok ] || bad=1
}

wanted() { [ ${#groups[@]} = 0 ] && [ "$1" != short ] || [[ " ${groups[*]} " == *" $1 "* ]]; }

# The id that run.sh gives a device of the list: its name and its place.
pull() { # pull NAME LIST DIR
    local place=0 each
    [ "$1" != late ] || "$here/qmp.sh" "$3" '{"execute":"device_del","arguments":{"id":"late"}}' >/dev/null
    for each in ${2//,/ }; do
        place=$((place + 1))
        [ "$each" != "$1" ] || "$here/qmp.sh" "$3" "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"$1$place\"}}" >/dev/null
    done
}

plug() { # plug DIR: one more device
    "$here/qmp.sh" "$1" '{"execute":"device_add","arguments":{"driver":"usb-tablet","bus":"xhci.0","id":"late"}}' >/dev/null
}

# group NAME DEVICES [run.sh options] < SCRIPT: one boot. The script's checks are counted before, so that none gets lost with the guest.
group() {
    local name=$1 devices=$2 line began=$SECONDS seen=" " each
    shift 2
    local dir=$work/$name
    mkdir -p "$dir"
    { cat "$here/inside.sh"; cat; } >"$dir/script"
    while IFS= read -r line; do
        case $line in
            '# PLUG') plug "$dir"; echo "$line" ;;
            '# PULL '*) pull "${line##* }" "$devices" "$dir"; echo "$line" ;;
            'ok '*) say ok "$name: ${line#ok }"; seen+="${line#ok } " ;;
            'not ok '*) say 'not ok' "$name: ${line#not ok }"; seen+="${line#not ok } " ;;
            'skip '*) line=${line#skip }; say ok "$name: ${line%% *}" "SKIP ${line#* }"; seen+="${line%% *} " ;;
            *) echo "$line" ;;
        esac
    done < <("$here/run.sh" --timeout 240 --work "$dir" ${devices:+--devices "$devices"} --copy "$dir/script" --copy "$here/serve.sh" "$@" \
        -- sh /guest/script 2>"$dir/errors"; echo "# guest's exit status $?")
    sed 's/^/# /' "$dir/errors"
    for each in $(sed -nE 's/^\s*check(_live|_timed)? ([a-z0-9-]+) .*/\2/p' "$dir/script"); do
        [[ $seen == *" $each "* ]] || { say 'not ok' "$name: $each"; echo '# the guest ended before it'; }
    done
    echo "# $name: $((SECONDS - began)) s"
}

witness() { # witness GROUP SAMPLES [RUNS]: what the group's audio device has recorded
    local verdict=ok
    python3 "$here/wav_witness.py" "$work/$1/audio.wav" "${@:2}" >"$work/witness" 2>&1 || verdict='not ok'
    sed 's/^/# /' "$work/witness"
    say "$verdict" "$1: the samples that the audio device got (${3:-1} of $2)"
}

redir() { # redir SPEED [NAME]: the socket of a made-up device
    python3 "$here/redir_device.py" "$work/${2:-$1}" "$1" 2>/dev/null &
    helpers+=($!)
    until [ -S "$work/${2:-$1}" ]; do sleep 0.05; done
}

"$here/run.sh" -- true >"$work/trial" 2>&1
if [ $? = 125 ]; then
    sed 's/^/# /' "$work/trial"
    echo "1..0 # SKIP no guest can be started here: $(head -n 1 "$work/trial")"
    exit 0
fi
usbfs=$build/tests/guest/usbfs ovl=$build/tools/ovl

usbfs_group() {
    redir high
    redir super
    mkdir -p "$work/usbfs"
    python3 "$here/echo.py" "$work/usbfs/serial.sock" &
    helpers+=($!)
    group usbfs "audio,uas,storage,serial,redir=$work/high,redir=$work/super" --copy "$usbfs" --copy "$ovl" <<'SCRIPT'
check_timed isoout ./usbfs isoout
check_timed isoin ./usbfs isoin
check_timed isoin-long ./usbfs isoin-long
check loopback ./usbfs loopback
check loopback-streams ./usbfs loopback-streams
check storage ./usbfs storage
check mapped ./usbfs mapped
check uas ./usbfs uas
check serial ./usbfs serial
check memory ./usbfs memory
echo 1 >/sys/module/usbcore/parameters/usbfs_memory_mb
check memory-never ./usbfs memory-never
echo 16 >/sys/module/usbcore/parameters/usbfs_memory_mb
modprobe ftdi_sio
i=0; while [ ! -e /dev/ttyUSB0 ] && [ $i -lt 100 ]; do usleep 20000; i=$((i + 1)); done
check driver ./usbfs driver
check detach ./usbfs detach
rmmod ftdi_sio
refused() {
	OVERLAPPED_TRACE=usb ./usbfs denied 2>&1 && OVERLAPPED_TRACE=usb ./usbfs denied 2>&1 |
		grep -q 'no permission for /dev/bus/usb/.*SUBSYSTEM=="usb", ATTR{idVendor}=="46f4", ATTR{idProduct}=="0002", TAG+="uaccess"'
}
check denied refused
listed() {
	OVERLAPPED_USB=usbfs ./ovl usb list && OVERLAPPED_USB=usbfs ./ovl usb list | grep -q 46f4:0002 &&
		OVERLAPPED_USB=usbfs ./ovl usb show 1-1 | grep -qi isochronous
}
check ovl-list listed
check_live plug ./usbfs plug
check_live unplug ./usbfs unplug
check_live unplug-isoch ./usbfs unplug-isoch
SCRIPT
}

# In a guest whose time does not depend on what else this machine does: QEMU's recording is whole only there.
audio_group() {
    group audio audio --accel "${GUEST_ACCEL:-icount}" --copy "$usbfs" <<'SCRIPT'
check isoout ./usbfs isoout
check isoout-long ./usbfs isoout-long
SCRIPT
    witness audio 28000 2
    witness audio 114000 1
}

# Controllers of other kinds: without scatter-gather (long transfers go in pieces), at full speed, and one that keeps exact frames.
controllers_group() {
    redir high
    mkdir -p "$work/controllers"
    python3 "$here/echo.py" "$work/controllers/serial.sock" &
    helpers+=($!)
    group controllers "storage@ehci,redir=$work/high@ehci,audio@uhci,serial@ohci" --copy "$usbfs" <<'SCRIPT'
check_timed isoout ./usbfs isoout
check_timed isoin ./usbfs isoin
check loopback ./usbfs loopback
check storage ./usbfs storage
check mapped ./usbfs mapped
check serial ./usbfs serial
check memory ./usbfs memory
SCRIPT
}

# Our client against the kernel's server, which has the same devices.
usbip_client_group() {
    redir high
    mkdir -p "$work/client"
    python3 "$here/echo.py" "$work/client/serial.sock" &
    helpers+=($!)
    group client "audio,storage,serial,redir=$work/high" --usbipd --copy "$usbfs" <<'SCRIPT'
remote() { # remote VENDOR PRODUCT CHECK
	for d in /sys/bus/usb/devices/*; do
		[ "$(cat $d/idVendor 2>/dev/null)$(cat $d/idProduct 2>/dev/null)" = $1$2 ] && busid=${d##*/}
	done
	OVERLAPPED_USB=usbip:127.0.0.1,busid=$busid ./usbfs $3
}
check_timed isoout remote 46f4 0002 isoout
check_timed isoin remote 1209 0011 isoin
check_timed isoin-long remote 1209 0011 isoin-long
check loopback remote 1209 0011 loopback
check storage remote 46f4 0001 storage
check serial remote 0403 6001 serial
check memory remote 0403 6001 memory
check_live unplug remote 0403 6001 unplug
check_live unplug-isoch remote 46f4 0002 unplug-isoch
SCRIPT
}

# Real devices, exported by our server: to our client, and to the kernel's, whose disk driver reads through all of it.
export_group() {
    mkdir -p "$work/export"
    python3 "$here/echo.py" "$work/export/serial.sock" &
    helpers+=($!)
    group export "audio,storage,serial" --accel "${GUEST_ACCEL:-icount}" --usbip --copy "$usbfs" --copy "$ovl" <<'SCRIPT'
. /guest/serve.sh
serve usbfs
busid() { for d in /sys/bus/usb/devices/*; do [ "$(cat $d/idVendor 2>/dev/null)$(cat $d/idProduct 2>/dev/null)" = $1$2 ] && echo ${d##*/}; done; }
remote() { OVERLAPPED_USB=usbip:127.0.0.1,busid=$(busid $1 $2) ./usbfs $3; }
check storage remote 46f4 0001 storage
check serial remote 0403 6001 serial
check memory remote 0403 6001 memory
check_timed isoout remote 46f4 0002 isoout
disk_read() {
	modprobe sd_mod; modprobe vhci-hcd
	usbip attach -r 127.0.0.1 -b $(busid 46f4 0001) || return 1
	modprobe usb-storage # not before: it would take the real one
	await test -b /dev/sda || { dmesg | tail -n 20; return 1; }
	dd if=/dev/sda bs=65536 skip=16 count=32 2>/dev/null |
		hexdump -v -e '1/4 "%u\n"' | awk 'BEGIN { want = 16 * 65536 } $1 != want { print "a word is " $1 ", not " want; exit } { want += 4 } END { print "read up to " want; exit want != 48 * 65536 }'
}
check disk disk_read
is_unplugged() { [ ! -b /dev/sda ]; }
ended() { kill $server; wait $server; await is_unplugged; }
check ended ended
SCRIPT
}

# The kernel's client against our server: its own test driver, and what lsusb reads.
vhci_group() {
    group vhci '' --usbip --smp 2 --copy "$ovl" --copy "$build/tests/guest/usbtest" <<'SCRIPT'
modprobe vhci-hcd
dmesg -n 1 # the test driver says so much that the serial console holds everything up
vary=512 # the driver's lengths differ by it: whole packets
zero=0525:a4a0 # the ids that the test driver has a full set of tests for
. /guest/serve.sh
read_by_lsusb() {
	lsusb -v -d 1209:0001 >/tmp/lsusb 2>/tmp/lsusb.err
	cat /tmp/lsusb.err
	[ ! -s /tmp/lsusb.err ] && [ $(grep -c bEndpointAddress /tmp/lsusb) = 20 ] && grep -q 'iProduct .*Virtual test device' /tmp/lsusb &&
		grep -q 'Platform Device Capability' /tmp/lsusb
}
tests() { # tests LENGTH NUMBER...
	length=$1; shift; worst=0
	for n; do ./usbtest $n 20 $length $vary 8; rc=$?; [ $rc = 0 ] || worst=$rc; done
	[ $worst = 0 ]
}
serve_attached mutt,speed=high
check lsusb read_by_lsusb
modprobe usbtest
check unserve-idle unserve
for speed in full high super; do
	serve_attached mutt,speed=$speed,id=$zero,mode=zero
	case $speed in
	full) check control-full tests 1024 0 9 10 14 21; check bulk-full tests 1024 1 2 3 4 5 6 7 8 17 18 19 20 27 28 29
		check unlink-full tests 1024 11 12 24; check halt-full tests 1024 13; check interrupt-full tests 16 25 26;;
	high) check control-high tests 1024 0 9 10 14 21; check bulk-high tests 1024 1 2 3 4 5 6 7 8 17 18 19 20 27 28 29
		check unlink-high tests 1024 11 12 24; check halt-high tests 1024 13; check interrupt-high tests 1024 25 26
		check bulk-large tests 262144 1 2 27 28;;
	super) check control-super tests 1024 0 9 10 14 21; vary=1024; check bulk-super tests 2048 1 2 3 4 5 6 7 8 17 18 19 20 27 28 29; vary=512
		check unlink-super tests 1024 11 12 24; check halt-super tests 1024 13; check interrupt-super tests 1024 25 26;;
	esac
	unserve
done
serve_attached mutt,speed=high,id=$zero,mode=loopback
check unlink-unanswered tests 1024 11
unserve
rmmod usbtest
modprobe usbtest alt=1
serve_attached mutt,speed=high,id=$zero,mode=zero
check_timed isoch-high tests 8192 15 16 22 23
unserve
serve_attached mutt,speed=super,id=$zero,mode=zero
check_timed isoch-super tests 8192 15 16 22 23
check unserve unserve
SCRIPT
}

# The conformance programs of WinUSB, unmodified, on a device of the kernel's (vhci, with our server and model behind it) by usbfs, and on
# the same server by our own USB/IP client.
winusb_group() {
    local copies=() each
    for each in query pipe isoch unplug; do copies+=(--copy "$build/tests/test-winusb_$each"); done
    group winusb '' --usbip --smp 2 --copy "$ovl" "${copies[@]}" <<'SCRIPT'
modprobe vhci-hcd
. /guest/serve.sh
tap() { # tap PROGRAM: what it says only where something failed
	"$@" >/tmp/tap 2>&1
	tap_rc=$?
	grep -v '^ok' /tmp/tap
	echo "$(grep -c '^ok' /tmp/tap) assertions passed"
	[ $tap_rc = 0 ] && ! grep -q SKIP /tmp/tap
}
by_usbfs() { OVERLAPPED_USB=usbfs tap ./test-winusb_$1; }
by_usbip() { OVERLAPPED_USB=usbip:127.0.0.1 tap ./test-winusb_$1; }
serve_attached mutt,speed=full
check usbfs-full-query by_usbfs query
check usbfs-full-pipe by_usbfs pipe
check_timed usbfs-full-isoch by_usbfs isoch
unserve
serve_attached mutt,speed=high
check usbfs-high-query by_usbfs query
check usbfs-high-pipe by_usbfs pipe
check_timed usbfs-high-isoch by_usbfs isoch
unserve
serve_attached mutt,speed=super
check usbfs-super-query by_usbfs query
check usbfs-super-pipe by_usbfs pipe
check_timed usbfs-super-isoch by_usbfs isoch
unserve
serve_attached mutt,speed=high,faults=unplug:ep=01:at=2
check usbfs-unplug by_usbfs unplug
unserve
serve mutt,speed=full
check usbip-full-query by_usbip query
check usbip-full-pipe by_usbip pipe
check_timed usbip-full-isoch by_usbip isoch
unserve
serve mutt,speed=high
check usbip-high-query by_usbip query
check usbip-high-pipe by_usbip pipe
check_timed usbip-high-isoch by_usbip isoch
unserve
serve mutt,speed=super
check usbip-super-query by_usbip query
check usbip-super-pipe by_usbip pipe
check_timed usbip-super-isoch by_usbip isoch
unserve
serve mutt,speed=high,faults=unplug:ep=01:at=2
check usbip-unplug by_usbip unplug
unserve
SCRIPT
}

# KMDF drivers on devices of a real kernel, by usbfs: streams looped back, and a disk's by UAS; the board (our server and model behind vhci),
# under the verifier, also by our USB/IP client.
kmdf_group() {
    redir super kmdf-super
    group kmdf "uas,redir=$work/kmdf-super" --usbip --smp 2 --copy "$ovl" --copy "$build/examples/fx2_driver.so" --copy "$build/examples/fx2" \
        --copy "$here/../../examples/drivers/fx2.inx" --copy "$build/tests/guest/uas_driver.so:/guest/uas_driver.so" --copy "$build/tests/guest/uas_program" \
        --copy "$build/examples/streams_driver.so:/guest/streams_driver.so" --copy "$build/examples/streams" <<'SCRIPT'
export OVERLAPPED_USB=usbfs
driven() { # driven DRIVER ID PROGRAM
	OVERLAPPED_DRIVERS="/guest/$1,id=USB\\$2" "$3"
}
check uas driven uas_driver.so 'VID_46F4&PID_0003' ./uas_program
check streams driven streams_driver.so 'VID_1209&PID_0012' ./streams
unset OVERLAPPED_USB
modprobe vhci-hcd
. /guest/serve.sh
is_there() { grep -qs 0547 /sys/bus/usb/devices/*/idVendor; } # this guest has other devices too
board() { # board USB
	./ovl run --driver=./fx2_driver.so,inf=./fx2.inx --usb="$1" ./fx2
}
serve_attached fx2
check board-usbfs board usbfs
unserve
serve fx2
check board-usbip board usbip:127.0.0.1
unserve
SCRIPT
}

# In a guest whose time does not depend on what else this machine does.
short_group() {
    group short "audio,uas,storage" --accel "${GUEST_ACCEL:-icount}" --usbip --copy "$usbfs" <<'SCRIPT'
check_timed isoout ./usbfs isoout
check storage ./usbfs storage
check mapped ./usbfs mapped
check uas ./usbfs uas
sh /guest/usbip-export >/dev/null
busid() { for d in /sys/bus/usb/devices/*; do [ "$(cat $d/idVendor 2>/dev/null)$(cat $d/idProduct 2>/dev/null)" = $1$2 ] && echo ${d##*/}; done; }
export OVERLAPPED_USB=usbip:127.0.0.1,busid=$(busid 46f4 0001)
check usbip-storage ./usbfs storage
export OVERLAPPED_USB=usbip:127.0.0.1,busid=$(busid 46f4 0002)
check_timed usbip-isoout ./usbfs isoout
SCRIPT
    witness short 28000 2
}

if wanted short; then short_group; fi
if wanted usbfs; then usbfs_group; fi
if wanted kmdf; then kmdf_group; fi
if wanted export; then export_group; fi
if wanted vhci; then vhci_group; fi
if wanted winusb; then winusb_group; fi
if wanted audio; then audio_group; fi
if wanted controllers; then controllers_group; fi
if wanted client; then usbip_client_group; fi
echo "1..$number"
exit $bad
