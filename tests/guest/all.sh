#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# all.sh PROGRAM [NAME...]: the usbfs host's checks in the guest, all or those named. Status 77: no guest can be had here.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$1
shift
work=$(mktemp -d)
device=
trap '[ -z "$device" ] || kill "$device" 2>/dev/null; rm -rf "$work"' EXIT
"$here/run.sh" -- true >/dev/null 2>&1
if [ $? = 125 ]; then
    echo 'SKIP no guest can be started here'
    exit 77
fi
failed=0
check() {
    local name=$1
    shift
    if [ -n "$wanted" ] && [[ " $wanted " != *" $name "* ]]; then return; fi
    if "$here/run.sh" "$@" -- "$program" "$name"; then echo "ok $name"; else echo "not ok $name"; failed=1; fi
}
wanted="$*"
check storage --devices storage
check mapped --devices storage
check memory --devices serial
check uas --devices uas
check driver --devices serial --modules ftdi_sio
check detach --devices serial --modules ftdi_sio
check isoout --devices audio
check isoout-long --devices audio
python3 "$here/redir_device.py" "$work/redir" high 2>/dev/null &
device=$!
check loopback --devices "redir=$work/redir"
check isoin --devices "redir=$work/redir"
check isoin-long --devices "redir=$work/redir"
exit $failed
