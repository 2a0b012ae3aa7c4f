#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh [options] [--] PROGRAM [ARGS...]
# Boots a throw-away QEMU guest with a distribution kernel, runs PROGRAM (a static
# binary of this host, or any script for busybox sh) in it as root, passes its
# stdout and stderr on and returns its exit status.
#
#   --devices LIST    emulated USB devices, comma-separated, each NAME[@BUS]:
#                     audio uas storage serial mtp tablet kbd mouse wacom ccid net hub
#                     redir=SOCKET (usbredir over a listening UNIX socket of yours)
#                     BUS: xhci (default) ehci uhci ohci
#   --gadgets LIST    virtual devices made inside the guest, FUNCTION@UDC[:key=value...]
#                     (see init.d/gadget), e.g. SourceSink@dummy,uac2@vudc
#   --modules LIST    more kernel modules, e.g. snd-usb-audio,uas,usb-storage
#                     (none of the class drivers is loaded unless named here)
#   --usbip           put usbip and usbipd in the guest
#   --usbipd          ... and export all devices (usbip-host on 3240, vudc on 3241)
#   --fwd HOST:GUEST  forward a TCP port of 127.0.0.1 here to the guest (repeatable);
#                     the guest reaches this machine at 10.0.2.2 once networking is
#                     on (--net, implied by --fwd and --usbipd)
#   --copy SRC[:DST]  put a file into the guest (default /guest/NAME; repeatable); a
#                     program brings the libraries that it needs here
#   --env NAME=VALUE  environment of the program (repeatable)
#   --share DIR       mount DIR read-write at /mnt/share in the guest (9p)
#   --hostfs          run PROGRAM chrooted in a read-only 9p view of this machine's
#                     file system: dynamic programs, interpreters, debuggers work
#   --work DIR        keep console.log, audio.wav, *.img ... there (default: a
#                     temporary directory, removed)
#                     (DIR/qmp.sock is QEMU's control socket: device_del / device_add
#                     of ids NAMEn, e.g. uas1, unplug and plug; see qmp.sh)
#   --timeout SEC     default 60; status 124 when it runs out
#   --accel NAME      tcg | kvm | icount | auto (default $GUEST_ACCEL or auto: kvm only
#                     when a trial boot with it has worked). icount: a processor whose
#                     time is its count of instructions, one a nanosecond, so that what is
#                     measured does not depend on who else uses this machine
#   --mem MB --smp N  default $GUEST_MEM or 512, 1
#   --pcap            record each device's traffic in DIR/NAME.pcap (see --work)
#   --qemu ARG        one more QEMU argument (repeatable)
#   --shell           an interactive shell instead of PROGRAM
#   --verbose         the guest's console on stderr afterwards
# Status 125: the guest could not be started or never reported.
. "$(dirname "$0")/common.sh"
devices= gadgets= modules= usbip=0 usbipd=0 net=0 share= hostfs=0 work= tmo=60
accel=${GUEST_ACCEL:-auto} mem=${GUEST_MEM:-512} smp=1 shell=0 verbose=0 pcap=0
fwd=() copies=() envs=() extra=()
while [ $# -gt 0 ]; do
	case $1 in
	--devices) devices=$2; shift;;   --gadgets) gadgets=$2; shift;;
	--modules) modules=$2; shift;;   --usbip) usbip=1;;
	--usbipd) usbip=1 usbipd=1 net=1;; --net) net=1;;
	--fwd) fwd+=("$2"); net=1; shift;; --copy) copies+=("$2"); shift;;
	--env) envs+=("$2"); shift;;     --share) share=$2; shift;;
	--hostfs) hostfs=1;;             --work) work=$2; shift;;
	--timeout) tmo=$2; shift;;       --accel) accel=$2; shift;;
	--mem) mem=$2; shift;;           --smp) smp=$2; shift;;
	--qemu) extra+=("$2"); shift;;   --shell) shell=1;;
	--verbose) verbose=1;;           --pcap) pcap=1;;
	-h|--help) sed -n '3,/^\. /p' "$0" | sed '$d; s/^# \{0,1\}//'; exit 0;;
	--) shift; break;;
	-*) die "unknown option $1 (see --help)";;
	*) break;;
	esac
	shift
done
[ $# -gt 0 ] || [ $shell = 1 ] || die "no program given (see --help)"
need "$GUEST_QEMU" qemu-system-x86
"$GUEST_DIR/prepare.sh" $([ $usbip = 1 ] && echo --usbip) || exit 125
rmwork=
if [ -z "$work" ]; then work=$(mktemp -d "${TMPDIR:-/tmp}/guest.XXXXXX") || exit 125; rmwork=$work; fi
mkdir -p "$work" && work=$(cd "$work" && pwd) || exit 125
pids=()
cleanup() { [ ${#pids[@]} -gt 0 ] && kill "${pids[@]}" 2>/dev/null; [ -n "$rmwork" ] && rm -rf "$rmwork"; }
trap cleanup EXIT; trap 'exit 125' INT TERM

q=(-qmp "unix:$work/qmp.sock,server=on,wait=off"
   -nodefaults -no-reboot -display none -M q35 -m "$mem" -smp "$smp" -rtc base=utc
   -kernel "$GUEST_CACHE/vmlinux" -device virtio-rng-pci)
# ---- devices ---------------------------------------------------------------
expect=0 buses=" " n=0
bus() {	# bus NAME : makes the controller once
	case $buses in *" $1 "*) return;; esac
	case $1 in
	xhci) q+=(-device qemu-xhci,id=xhci,p2=8,p3=8);;
	ehci) q+=(-device usb-ehci,id=ehci);;
	uhci) q+=(-device piix3-usb-uhci,id=uhci);;
	ohci) q+=(-device pci-ohci,id=ohci,num-ports=8);;
	*) die "unknown bus $1";;
	esac
	buses="$buses$1 "
	case $1 in xhci) bmods="$bmods xhci-pci";; ehci) bmods="$bmods ehci-pci";;
	uhci) bmods="$bmods uhci-hcd";; ohci) bmods="$bmods ohci-pci";; esac
}
bmods=
img() {	# img NAME MB : a disk whose every 4-byte word holds its own offset
	[ -s "$work/$1.img" ] || python3 - "$work/$1.img" "$2" <<-'P' 2>/dev/null || truncate -s "$2M" "$work/$1.img"
	import struct, sys
	with open(sys.argv[1], "wb") as f:
	    for b in range(0, int(sys.argv[2]) << 20, 1 << 16):
	        f.write(struct.pack("<16384I", *range(b, b + (1 << 16), 4)))
	P
}
for d in ${devices//,/ }; do
	b=xhci; case $d in *@*) b=${d##*@}; d=${d%@*};; esac
	bus $b; n=$((n+1)); id=$d$n o=; on="bus=$b.0"
	[ $pcap = 1 ] && o=",pcap=$work/${d%%=*}.pcap"
	case $d in
	audio) q+=(-audiodev "wav,id=snd$n,path=$work/audio.wav,out.frequency=48000" -device "usb-audio,id=$id,$on,audiodev=snd$n$o");;
	uas) img uas 16; q+=(-drive "file=$work/uas.img,if=none,format=raw,id=drv$n" -device "usb-uas,id=$id,$on$o"
		-device "scsi-hd,bus=$id.0,drive=drv$n,scsi-id=0,lun=0");;
	storage) img storage 16; q+=(-drive "file=$work/storage.img,if=none,format=raw,id=drv$n" -device "usb-storage,id=$id,$on,drive=drv$n$o");;
	serial) q+=(-chardev "socket,id=ch$n,path=$work/serial.sock,server=on,wait=off" -device "usb-serial,id=$id,$on,chardev=ch$n,always-plugged=on$o");;
	mtp) mkdir -p "$work/mtp"; echo hello >"$work/mtp/hello.txt"; q+=(-device "usb-mtp,id=$id,$on,rootdir=$work/mtp,readonly=off$o");;
	tablet|kbd|mouse|hub|ccid) q+=(-device "usb-$d,id=$id,$on$o");;
	wacom) q+=(-device "usb-wacom-tablet,id=$id,$on$o");;
	net) q+=(-netdev "user,id=un$n,restrict=on" -device "usb-net,id=$id,$on,netdev=un$n$o");;
	redir=*) q+=(-chardev "socket,id=ch$n,path=${d#redir=}" -device "usb-redir,id=redir$n,$on,chardev=ch$n");;
	*) die "unknown device $d";;
	esac
	expect=$((expect+1))
done
for g in ${gadgets//,/ }; do case $g in *@dummy*) expect=$((expect+1));; esac; done
# ---- channels --------------------------------------------------------------
mkfifo "$work/out" "$work/err" 2>/dev/null; : >"$work/rc"
q+=(-chardev "file,id=con,path=$work/console.log" -device virtio-serial-pci
    -chardev "file,id=out,path=$work/out" -device virtserialport,chardev=out,name=out
    -chardev "file,id=err,path=$work/err" -device virtserialport,chardev=err,name=err
    -chardev "file,id=rc,path=$work/rc" -device virtserialport,chardev=rc,name=rc)
if [ $shell = 1 ]; then q+=(-serial stdio -monitor none); else q+=(-serial chardev:con -monitor none); fi
if [ $net = 1 ]; then
	nd=user,id=net0,ipv6=off
	for f in "${fwd[@]}"; do nd="$nd,hostfwd=tcp:127.0.0.1:${f%:*}-10.0.2.15:${f#*:}"; done
	q+=(-netdev "$nd" -device virtio-net-pci,netdev=net0,romfile=)
fi
n9p=0
[ -n "$share" ] && { n9p=1; q+=(-virtfs "local,path=$share,mount_tag=share,security_model=none,multidevs=remap"); }
[ $hostfs = 1 ] && { n9p=1; q+=(-virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"); }
# ---- the guest's own files, on top of the cached base ------------------------
r=$work/overlay; rm -rf "$r"; mkdir -p "$r/guest" "$r/etc"
cp "$GUEST_DIR/init.d/init" "$r/init"; cp "$GUEST_DIR"/init.d/{gadget,usbip-export} "$r/guest/"
{ echo "G_NET=$net G_9P=$n9p G_SHARE=$([ -n "$share" ] && echo 1 || echo 0) G_HOSTFS=$hostfs G_SHELL=$shell"
  echo "G_USBIPD=$usbipd G_EXPECT=$expect"
  echo "G_MODULES='$bmods ${modules//,/ }' G_GADGETS='${gadgets//,/ }'"; } >"$r/etc/guest.conf"
for c in "${copies[@]}"; do
	s=${c%%:*}; dst=; case $c in *:*) dst=${c#*:};; esac; dst=${dst:-/guest/$(basename "$s")}
	mkdir -p "$r/$(dirname "$dst")"; cp -L "$s" "$r/$dst" || die "cannot copy $s"
done
# libraries SRC : those of a dynamically linked program, to a place that is looked at before the guest's own
libraries() {
	[ $hostfs = 0 ] && [ "$(od -An -tx1 -N4 "$1" 2>/dev/null | tr -d ' ')" = 7f454c46 ] || return 0
	local name arrow path rest
	while read -r name arrow path rest; do
		case $name in /*) [ "$arrow" != '=>' ] && path=$name && { mkdir -p "$r${name%/*}"; cp -L "$path" "$r$name"; };; esac
		case $arrow$path in '=>'/*) mkdir -p "$r/guest/lib"; [ -e "$r/guest/lib/${name##*/}" ] || cp -L "$path" "$r/guest/lib/${name##*/}";; esac
	done < <(ldd "$1" 2>/dev/null)
}
for c in "${copies[@]}"; do libraries "${c%%:*}"; done
cmd=
if [ $# -gt 0 ]; then
	p=$1; shift
	if [ -f "$p" ]; then
		p=$(cd "$(dirname "$p")" && pwd)/$(basename "$p")
		case $hostfs$p in
		1/tmp/*|1/run/*|1/var/run/*|0*)	# not visible in there: take it along
			cp -L "$p" "$r/guest/" && chmod +x "$r/guest/$(basename "$p")" || die "cannot copy $p"
			libraries "$p"
			p=./$(basename "$p");;
		esac
	fi
	[ -d "$r/guest/lib" ] && envs+=("LD_LIBRARY_PATH=/guest/lib")
	for e in "${envs[@]}"; do cmd="${cmd}export ${e%%=*}=$(quote "${e#*=}"); "; done
	cmd="$cmd$(quote "$p" "$@")"
fi
printf '%s\n' "$cmd" >"$r/guest/cmd"
(cd "$r" && find . | sort | "$GUEST_CACHE/busybox" cpio -o -H newc 2>/dev/null) >"$work/overlay.cpio" || die "cpio failed"
cat "$GUEST_CACHE/base.cpio" $([ $usbip = 1 ] && echo "$GUEST_CACHE/usbip.cpio") "$work/overlay.cpio" >"$work/initrd"
rm -rf "$r"
q+=(-initrd "$work/initrd")
# ---- accelerator -------------------------------------------------------------
acc() { case $1 in icount) echo "-accel tcg,thread=single -icount shift=0,sleep=off -cpu ${GUEST_CPU:-max,la57=off}";; kvm) echo "-accel kvm -cpu ${GUEST_CPU:-host}";; *) echo "-accel tcg,thread=multi -cpu ${GUEST_CPU:-max,la57=off}";; esac; }
if [ "$accel" = auto ]; then
	mark=$GUEST_CACHE/accel-$(uname -r)
	if [ ! -s "$mark" ]; then
		accel=tcg
		if [ -w /dev/kvm ] && GUEST_ACCEL=kvm "$0" --timeout 8 -- true >/dev/null 2>&1; then accel=kvm; fi
		echo $accel >"$mark"
	fi
	accel=$(cat "$mark")
fi
append="console=ttyS0 panic=-1 loglevel=4 nokaslr mitigations=off audit=0 random.trust_cpu=on tsc=reliable no_timer_check"
[ $shell = 1 ] && append="$append quiet"
cat "$work/out" & p1=$!; cat "$work/err" >&2 & p2=$!; pids+=($p1 $p2)
t0=$(date +%s.%N)
if [ $shell = 1 ]; then
	"$GUEST_QEMU" $(acc $accel) "${q[@]}" "${extra[@]}" -append "$append"; st=$?
else
	timeout -k 3 "$tmo" "$GUEST_QEMU" $(acc $accel) "${q[@]}" "${extra[@]}" -append "$append" </dev/null >"$work/qemu.log" 2>&1 &
	qp=$!; pids+=($qp); echo $qp >"$work/pid"
	wait $qp; st=$?
fi
[ $st = 124 ] || [ -s "$work/rc" ] || sleep 0.1
# the readers end by themselves once QEMU has closed the pipes; if it never opened them:
for p in $p1 $p2; do [ -s "$work/rc" ] || kill $p 2>/dev/null; wait $p 2>/dev/null; done
pids=()
rc=$(tr -d '\n' <"$work/rc")
[ $verbose = 1 ] && { cat "$work/console.log" 2>/dev/null; cat "$work/qemu.log"; echo "guest: $accel, $(echo "$(date +%s.%N) - $t0" | bc 2>/dev/null) s"; } >&2
[ $shell = 1 ] && exit 0
[ $st = 124 ] && { echo "guest: out of time ($tmo s)" >&2; tail -5 "$work/console.log" >&2; exit 124; }
if [ -z "$rc" ]; then
	echo "guest: no report" >&2; cat "$work/qemu.log" >&2; tail -15 "$work/console.log" >&2; exit 125
fi
exit "$rc"
