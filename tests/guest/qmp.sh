#!/bin/bash
# SPDX-License-Identifier: MIT
# qmp.sh WORKDIR 'JSON command'... : sends commands to a running guest's QEMU, e.g.
#   qmp.sh DIR '{"execute":"device_del","arguments":{"id":"uas1"}}'
# (needs python3; prints the answers)
exec python3 - "$@" <<'P'
import json, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1] + "/qmp.sock"); f = s.makefile("rw")
f.readline()
for c in ['{"execute":"qmp_capabilities"}'] + sys.argv[2:]:
    f.write(c + "\n"); f.flush()
    while True:
        r = json.loads(f.readline())
        if "event" not in r: break
    if c != '{"execute":"qmp_capabilities"}': print(json.dumps(r))
    if "error" in r: sys.exit(1)
P
