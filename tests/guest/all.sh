#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# all.sh BUILD [short | GROUP...]: real hosts against a real kernel, a boot of the guest for each group of checks. TAP; exit status 0
# when all went well, 77 when no guest can be had here, else 1.
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

wanted() { [ ${#groups[@]} = 0 ] || [[ " ${groups[*]} " == *" $1 "* ]]; }

# The id that run.sh gives a device of the list: its name and its place.
pull() { # pull NAME LIST DIR
    local place=0 each
    for each in ${2//,/ }; do
        place=$((place + 1))
        [ "$each" != "$1" ] || "$here/qmp.sh" "$3" "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"$1$place\"}}" >/dev/null
    done
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
            '# PULL '*) pull "${line##* }" "$devices" "$dir"; echo "$line" ;;
            'ok '*) say ok "$name: ${line#ok }"; seen+="${line#ok } " ;;
            'not ok '*) say 'not ok' "$name: ${line#not ok }"; seen+="${line#not ok } " ;;
            'skip '*) line=${line#skip }; say ok "$name: ${line%% *}" "SKIP ${line#* }"; seen+="${line%% *} " ;;
            *) echo "$line" ;;
        esac
    done < <(nice "$here/run.sh" --timeout 240 --work "$dir" ${devices:+--devices "$devices"} --copy "$dir/script" "$@" \
        -- sh /guest/script 2>"$dir/errors"; echo "# guest's exit status $?")
    sed 's/^/# /' "$dir/errors"
    for each in $(sed -nE 's/^\s*check(_live|_timed)? ([a-z0-9-]+) .*/\2/p' "$dir/script"); do
        [[ $seen == *" $each "* ]] || { say 'not ok' "$name: $each"; echo '# the guest ended before it'; }
    done
    echo "# $name: $((SECONDS - began)) s"
}

redir() { # redir SPEED: the socket of a made-up device
    python3 "$here/redir_device.py" "$work/$1" "$1" 2>/dev/null &
    helpers+=($!)
    until [ -S "$work/$1" ]; do sleep 0.05; done
}

"$here/run.sh" -- true >"$work/trial" 2>&1
if [ $? = 125 ]; then
    sed 's/^/# /' "$work/trial"
    echo "1..0 # SKIP no guest can be started here: $(head -n 1 "$work/trial")"
    exit 77
fi
usbfs=$build/tests/guest/usbfs ovl=$build/tools/ovl

usbfs_group() {
    redir high
    redir super
    mkdir -p "$work/usbfs"
    python3 "$here/echo.py" "$work/usbfs/serial.sock" &
    helpers+=($!)
    group usbfs "audio,uas,storage,serial,redir=$work/high,redir=$work/super" --copy "$usbfs" <<'SCRIPT'
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
modprobe ftdi_sio
i=0; while [ ! -e /dev/ttyUSB0 ] && [ $i -lt 100 ]; do usleep 20000; i=$((i + 1)); done
check driver ./usbfs driver
check detach ./usbfs detach
rmmod ftdi_sio
check_live unplug ./usbfs unplug
check_live unplug-isoch ./usbfs unplug-isoch
SCRIPT
    # 28800 samples were sent before the silence of the last check.
    if python3 "$here/wav_witness.py" "$work/usbfs/audio.wav" 28000 >"$work/witness" 2>&1; then line=ok; else line='not ok'; fi
    sed 's/^/# /' "$work/witness"
    say "$line" 'usbfs: the samples that the audio device got'
    group usbfs-long audio --copy "$usbfs" <<'SCRIPT'
check_timed isoout-long ./usbfs isoout-long
SCRIPT
    if python3 "$here/wav_witness.py" "$work/usbfs-long/audio.wav" 114000 >"$work/witness" 2>&1; then line=ok; else line='not ok'; fi
    sed 's/^/# /' "$work/witness"
    say "$line" 'usbfs-long: the samples that the audio device got'
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
    if python3 "$here/wav_witness.py" "$work/client/audio.wav" 28000 >"$work/witness" 2>&1; then line=ok; else line='not ok'; fi
    sed 's/^/# /' "$work/witness"
    say "$line" 'client: the samples that the audio device got'
}

# The kernel's client against our server: its own test driver, and what lsusb reads.
vhci_group() {
    group vhci '' --usbip --smp 2 --copy "$ovl" --copy "$build/tests/guest/usbtest" <<'SCRIPT'
modprobe vhci-hcd
vary=512 # the driver's lengths differ by it: whole packets
zero=0525:a4a0 # the ids that the test driver has a full set of tests for
serve() { # serve MODEL: our server, its first device attached
	./ovl usb serve "$1" >/tmp/serve.out 2>&1 &
	server=$!
	i=0; while ! grep -q serving /tmp/serve.out && [ $i -lt 250 ]; do usleep 20000; i=$((i + 1)); done
	usbip attach -r 127.0.0.1 -b virtual-1
	i=0; while ! ls /sys/bus/usb/devices/*-1/bConfigurationValue >/dev/null 2>&1 && [ $i -lt 250 ]; do usleep 20000; i=$((i + 1)); done
}
gone() { ! ls /sys/bus/usb/devices/*-1/bConfigurationValue >/dev/null 2>&1; }
unserve() { # the end of the server is the device's removal
	kill $server; wait $server
	i=0; while ! gone && [ $i -lt 250 ]; do usleep 20000; i=$((i + 1)); done
	gone
}
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
serve mutt,speed=high
check lsusb read_by_lsusb
modprobe usbtest
check unserve-idle unserve
for speed in full high super; do
	serve mutt,speed=$speed,id=$zero,mode=zero
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
serve mutt,speed=high,id=$zero,mode=loopback
check unlink-unanswered tests 1024 11
unserve
rmmod usbtest
modprobe usbtest alt=1
serve mutt,speed=high,id=$zero,mode=zero
check_timed isoch-high tests 8192 15 16 22 23
unserve
serve mutt,speed=super,id=$zero,mode=zero
check_timed isoch-super tests 8192 15 16 22 23
check unserve unserve
SCRIPT
}

if wanted usbfs; then usbfs_group; fi
if wanted vhci; then vhci_group; fi
if wanted client; then usbip_client_group; fi
echo "1..$number"
exit $bad
