# SPDX-License-Identifier: MIT
# For scripts that run inside the guest (busybox sh): check NAME COMMAND... runs one check and says in one line what came of it.
check() {
	name=$1
	shift
	"$@" >/tmp/check.out 2>&1
	check_rc=$?
	sed 's/^/# /' /tmp/check.out
	case $check_rc in
	0) echo "ok $name";;
	77) echo "skip $name $(grep '^SKIP' /tmp/check.out | head -n 1 | cut -c6-)";;
	*) echo "# exit status $check_rc"; echo "not ok $name";;
	esac
}
# For what must keep up with the bus: an emulated processor on a busy machine loses time now and then, so up to ten attempts, all shown.
check_timed() {
	name=$1
	shift
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		"$@" >/tmp/check.out 2>&1
		check_rc=$?
		sed 's/^/# /' /tmp/check.out
		[ $check_rc != 0 ] || { echo "ok $name"; return; }
		echo "# attempt $attempt: exit status $check_rc"
	done
	echo "not ok $name"
}
# As check, but the output is seen while it runs: for what answers to it outside.
check_live() {
	name=$1
	shift
	{ "$@" 2>&1; echo "check_rc=$?" >/tmp/check.rc; } | while IFS= read -r line; do echo "# $line"; done
	. /tmp/check.rc
	if [ $check_rc = 0 ]; then echo "ok $name"; else echo "# exit status $check_rc"; echo "not ok $name"; fi
}
