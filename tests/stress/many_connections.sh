#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Ten thousand connections need twenty thousand descriptors: in one process where the limit allows it, else in two.
# tests/stress/many_connections.sh PROGRAM [CONNECTIONS]
set -euo pipefail
program=$1
count=${2:-10000}
if ulimit -Hn "$((2 * count + 1000))" 2>/dev/null || [ "$(ulimit -Hn)" = unlimited ] ||
    [ "$(ulimit -Hn)" -ge "$((2 * count + 1000))" ]; then
    exec "$program" both "$count"
fi
coproc SERVER { exec "$program" serve; }
read -r port <&"${SERVER[0]}"
pid=$SERVER_PID
input=${SERVER[1]}
status=0
"$program" dial "$port" "$count" || status=$?
exec {input}>&-
wait "$pid" || { echo "# the server ended with status $?"; status=1; }
exit "$status"
