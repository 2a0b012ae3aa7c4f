#!/bin/bash
# SPDX-License-Identifier: MIT
# with-usbip.sh [run.sh options] -- COMMAND [ARGS...]
# Boots a guest that exports its USB devices by the standard kernel USB/IP server
# and runs COMMAND on THIS machine meanwhile, with
#   USBIP_HOST=127.0.0.1
#   USBIP_PORT        usbipd for the emulated devices (usbip-host)
#   USBIP_VUDC_PORT   usbipd --device for gadgets on usbip-vudc
#   GUEST_WORK        the guest's working directory (audio.wav, uas.img, console.log)
# Exit status: COMMAND's, or 125 when the guest did not come up.
. "$(dirname "$0")/common.sh"
opts=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do opts+=("$1"); shift; done
[ "${1-}" = -- ] && shift; [ $# -gt 0 ] || die "with-usbip.sh: no command"
work=; rmwork=
for ((i = 0; i < ${#opts[@]}; i++)); do [ "${opts[i]}" = --work ] && work=${opts[i+1]}; done
[ -n "$work" ] || { work=$(mktemp -d "${TMPDIR:-/tmp}/guest.XXXXXX"); rmwork=$work; opts+=(--work "$work"); }
mkdir -p "$work"; rm -f "$work/pid"
export USBIP_HOST=127.0.0.1 USBIP_PORT USBIP_VUDC_PORT GUEST_WORK=$work
USBIP_PORT=$(free_port); USBIP_VUDC_PORT=$(free_port)
"$GUEST_DIR/run.sh" --timeout "${GUEST_LIFETIME:-120}" "${opts[@]}" --usbipd \
	--fwd "$USBIP_PORT:3240" --fwd "$USBIP_VUDC_PORT:3241" -- \
	sh -c 'echo READY; while :; do sleep 1000; done' >"$work/ready" 2>"$work/run.err" &
rp=$!
stop() { [ -s "$work/pid" ] && kill "$(cat "$work/pid")" 2>/dev/null; wait $rp 2>/dev/null; [ -n "$rmwork" ] && rm -rf "$rmwork"; }
trap stop EXIT; trap 'exit 125' INT TERM
for ((i = 0; i < 600; i++)); do
	grep -qs READY "$work/ready" && break
	kill -0 $rp 2>/dev/null || { cat "$work/run.err" >&2; die "the guest ended early"; }
	sleep 0.1
done
grep -qs READY "$work/ready" || die "the guest was not ready in 60 s"
"$@"
