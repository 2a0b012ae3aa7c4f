#!/bin/bash
# SPDX-License-Identifier: MIT
# prepare.sh [--usbip]: fill the cache (idempotent, quick when it is filled)
#   $GUEST_CACHE/vmlinux          the distribution kernel, unpacked (boots by PVH)
#   $GUEST_CACHE/base.cpio        busybox and the kernel modules
#   $GUEST_CACHE/usbip.cpio       with --usbip: usbip, usbipd, lsusb and their libraries
. "$(dirname "$0")/common.sh"
want_usbip=0
for a; do case $a in --usbip) want_usbip=1;; *) die "prepare.sh: what is '$a'?";; esac; done
need apt-get; need dpkg-deb; need apt-cache
mkdir -p "$GUEST_CACHE/debs" || die "cannot make $GUEST_CACHE"
exec 9>"$GUEST_CACHE/lock"; flock 9

# fetch_deb NAME: prints the path of the package's file, downloading it once
fetch_deb() {
	local f
	f=$(cd "$GUEST_CACHE/debs" && ls -t "$1"_*.deb 2>/dev/null | head -1)
	if [ -z "$f" ]; then
		(cd "$GUEST_CACHE/debs" && apt-get -qq download "$1" >/dev/null 2>&1) ||
			die "apt-get download $1 failed (apt-get update needed?)"
		f=$(cd "$GUEST_CACHE/debs" && ls -t "$1"_*.deb | head -1)
	fi
	printf '%s\n' "$GUEST_CACHE/debs/$f"
}

# unpack_kernel IMAGE OUT: the ELF kernel inside a bzImage (no boot-time unpacking)
unpack_kernel() {
	local img=$1 out=$2 ss off len magic
	rd() { od -An -t u"$3" -j $(($2)) -N "$3" "$1" | tr -d ' '; }
	ss=$(rd "$img" 0x1f1 1); [ "$ss" = 0 ] && ss=4
	off=$(( (ss + 1) * 512 + $(rd "$img" 0x248 4) )); len=$(rd "$img" 0x24c 4)
	tail -c +$((off + 1)) "$img" | head -c "$len" >"$out.z"
	magic=$(od -An -tx1 -N4 "$out.z" | tr -d ' ')
	case $magic in
	fd377a58) xz -dc --single-stream <"$out.z" >"$out" 2>/dev/null;;
	28b52ffd) zstd -dcf <"$out.z" >"$out" 2>/dev/null;;
	1f8b*)    gzip -dc <"$out.z" >"$out" 2>/dev/null;;
	02214c18) lz4 -dc <"$out.z" >"$out" 2>/dev/null;;
	esac
	rm -f "$out.z"
	[ "$(od -An -tx1 -N4 "$out" 2>/dev/null | tr -d ' ')" = 7f454c46 ]
}

if [ ! -s "$GUEST_CACHE/base.cpio" ] || [ "$GUEST_DIR/common.sh" -nt "$GUEST_CACHE/base.cpio" ]; then
	kpkg=$(apt-cache depends "$GUEST_KERNEL_PACKAGE" 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
	kpkg=${kpkg:-$GUEST_KERNEL_PACKAGE}
	kdeb=$(fetch_deb "$kpkg") || exit; bdeb=$(fetch_deb busybox-static) || exit
	t=$(mktemp -d "$GUEST_CACHE/tmp.XXXXXX"); trap 'rm -rf "$t"' EXIT
	dpkg-deb -x "$kdeb" "$t/k" && dpkg-deb -x "$bdeb" "$t/b" || die "cannot unpack the packages"
	bb="$t/b/bin/busybox"; [ -x "$bb" ] || bb="$t/b/usr/bin/busybox"
	mdir=$t/k/lib/modules; [ -d "$mdir" ] || mdir=$t/k/usr/lib/modules
	ver=$(ls "$mdir" | head -1)
	unpack_kernel "$t/k/boot/vmlinuz-$ver" "$t/vmlinux" || cp "$t/k/boot/vmlinuz-$ver" "$t/vmlinux"
	r=$t/root; mkdir -p "$r"/{bin,sbin,dev,proc,sys,tmp,etc,guest,mnt/share,host,run,var,usr/bin,lib/modules/$ver}
	cp "$bb" "$r/bin/busybox"
	(cd "$t/k" && mkdir -p lib && [ "$mdir" = "$t/k/lib/modules" ] || ln -s ../usr/lib/modules lib/modules
	 cd "$t" && "$bb" depmod -b "$t/k" "$ver" 2>/dev/null
	 cd "$mdir/$ver" && "$bb" awk -v want="$GUEST_MODULES_ALL" '
		BEGIN { n = split(want, w); for (i = 1; i <= n; i++) { gsub("_", "-", w[i]); need[w[i]] = 1 } }
		{ f = $1; sub(":$", "", f); b = f; sub(".*/", "", b); sub("[.]ko.*", "", b); gsub("_", "-", b)
		  if (b in need) { print f; for (i = 2; i <= NF; i++) print $i } }' modules.dep |
		sort -u | tar -cf - -T - | tar -xf - -C "$r/lib/modules/$ver"
	 cp modules.builtin modules.order "$r/lib/modules/$ver/" 2>/dev/null)
	"$bb" depmod -b "$r" "$ver" 2>/dev/null || die "depmod failed"
	grep -E '^CONFIG_' "$t/k/boot/config-$ver" >"$r/etc/kernel.config" 2>/dev/null
	(cd "$r" && find . | sort | "$bb" cpio -o -H newc 2>/dev/null) >"$t/base.cpio" || die "cpio failed"
	cp "$bb" "$GUEST_CACHE/busybox"; mv "$t/vmlinux" "$GUEST_CACHE/vmlinux"
	echo "$ver" >"$GUEST_CACHE/version"; mv "$t/base.cpio" "$GUEST_CACHE/base.cpio"
	rm -rf "$t"; trap - EXIT
fi

if [ $want_usbip = 1 ] && { [ ! -s "$GUEST_CACHE/usbip.cpio" ] || [ "$GUEST_DIR/prepare.sh" -nt "$GUEST_CACHE/usbip.cpio" ]; }; then
	t=$(mktemp -d "$GUEST_CACHE/tmp.XXXXXX"); trap 'rm -rf "$t"' EXIT
	pk=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
			--no-breaks --no-replaces --no-enhances --no-pre-depends usbip usbutils |
			grep -E '^[a-z0-9]' | grep -vE '^(debconf|cdebconf|perl|gcc-.*-base|usb.ids)')
	(cd "$GUEST_CACHE/debs" && apt-get -q download $pk >/dev/null 2>&1)
	for p in $pk; do
		f=$(fetch_deb "$p") || exit
		mkdir -p "$t/x"; dpkg-deb -x "$f" "$t/x"
	done
	mkdir -p "$t/r"
	(cd "$t/x" && find . \( -name '*.so' -o -name '*.so.*' -o -name 'ld-*' -o -path '*sbin/usbip*' -o -name lsusb \) \
		! -path '*/gconv/*' ! -path '*/engines*' ! -path '*/ossl-modules/*' ! -path '*/audit/*' \
		! -path '*/plugins/*' \( -type f -o -type l \) | tar -cf - -T - | tar -xf - -C "$t/r")
	mkdir -p "$t/r/usr/share/misc"; : >"$t/r/usr/share/misc/usb.ids"
	(cd "$t/r" && find . | sort | "$GUEST_CACHE/busybox" cpio -o -H newc 2>/dev/null) >"$GUEST_CACHE/usbip.cpio.new" &&
		mv "$GUEST_CACHE/usbip.cpio.new" "$GUEST_CACHE/usbip.cpio"
	rm -rf "$t"; trap - EXIT
fi
exit 0
