# SPDX-License-Identifier: MIT
# Shared by the scripts of this folder (bash).  Nothing here is specific to one
# machine: packages are named, fetched with apt at run time and cached.
set -u
GUEST_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${GUEST_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/usb-guest}"
: "${GUEST_KERNEL_PACKAGE:=linux-image-amd64}"
: "${GUEST_QEMU:=qemu-system-x86_64}"

# Every module the guest may load (their dependencies come along).
GUEST_MODULES_ALL="
 virtio_pci virtio_console virtio_net virtio_blk 9p 9pnet_virtio af_packet
 xhci-pci ehci-pci uhci-hcd ohci-pci usbmon usbtest
 usb-storage uas sd_mod usbhid hid-generic snd-usb-audio cdc-acm usbserial
 ftdi_sio usblp usbtmc cdc_ether cdc_ncm cdc_eem rndis_host
 dummy_hcd libcomposite gadgetfs g_serial g_ether
 usb_f_ss_lb usb_f_acm usb_f_serial usb_f_obex usb_f_fs usb_f_hid
 usb_f_mass_storage usb_f_midi usb_f_printer usb_f_uac1 usb_f_uac2 usb_f_uvc
 usb_f_ecm usb_f_ncm usb_f_eem usb_f_rndis
 usbip-core usbip-host usbip-vudc vhci-hcd
 loop fuse cuse parport parport_pc lp ppdev uhid uinput tun veth configfs
 snd-aloop nbd cifs"

die() { echo "guest: $*" >&2; exit 125; }
need() { command -v "$1" >/dev/null 2>&1 || die "missing program '$1'${2:+ (package $2)}"; }

# quote WORD... : the words as one line a POSIX shell reads back unchanged
quote() {
	local w s=
	for w in "$@"; do s="$s '${w//\'/\'\\\'\'}'"; done
	printf '%s' "${s# }"
}

free_port() {	# a TCP port of 127.0.0.1 nobody listens on now
	local p
	while :; do
		p=$((20000 + RANDOM % 30000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo $p; return; }
	done
}
