# SPDX-License-Identifier: MIT
# For scripts that run inside the guest: our USB/IP server with one model, and the kernel's client (vhci) attached to it.
await() { # await COMMAND...: until it succeeds, at most 10 s
	i=0
	until "$@"; do
		[ $i -lt 500 ] || return 1
		usleep 20000
		i=$((i + 1))
	done
}
is_serving() { grep -q serving /tmp/serve.out 2>/dev/null; }
is_there() { ls /sys/bus/usb/devices/*-1/bConfigurationValue >/dev/null 2>&1; }
is_gone() { ! is_there; }
serve() { # serve MODEL
	./ovl usb serve "$1" >/tmp/serve.out 2>&1 &
	server=$!
	await is_serving
}
serve_attached() {
	serve "$1"
	usbip attach -r 127.0.0.1 -b virtual-1
	await is_there
}
# The end of the server is the device's removal.
unserve() {
	kill $server
	wait $server
	await is_gone
}
