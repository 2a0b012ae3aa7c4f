#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the suite of a build directory, shows what failed and says aloud what was skipped and why. The last line is
# "N passed, N failed, N skipped": test programs passed and failed, and every single skip. tests/run.sh [BUILD]
# Options for `meson test` may follow the build directory (--suite conformance, names of tests).
set -uo pipefail
cd "$(dirname "$0")/.." || exit
build=${1:-build}
shift || true
[ -f "$build/build.ninja" ] || meson setup "$build" || exit
ninja -C "$build" || { echo '0 passed, 1 failed, 0 skipped'; exit 1; }
rm -f "$build/meson-logs/testlog.json"
meson test -C "$build" --no-rebuild "$@"
exec python3 - "$build/meson-logs/testlog.json" <<'PYTHON'
import json
import re
import sys

passed = failed = 0
skips = []
try:
    with open(sys.argv[1], encoding='utf-8') as log:
        tests = [json.loads(line) for line in log if line.strip()]
except OSError:
    tests = []
for test in tests:
    name, out = test['name'], test.get('stdout') or ''
    tap = re.search(r'^1\.\.[1-9]', out, re.M) is not None
    if test['result'] in ('OK', 'EXPECTEDFAIL'):
        passed += 1
    elif test['result'] == 'SKIP':
        reason = re.search(r'(?:# ?SKIP|skipped:?) *(.*)', out, re.I)
        if not tap:
            skips.append((name, reason.group(1) if reason else 'says no reason'))
    else:
        failed += 1
        print(f"\nFAIL {name} ({test['result']}, exit status {test.get('returncode')})")
        lines = [l for l in out.splitlines() if re.match(r'not ok|Bail out|#   at ', l)] or out.splitlines()[-20:]
        print('\n'.join(lines[:40]))
        errors = (test.get('stderr') or '').splitlines()
        print('\n'.join(errors[:40]))
    skips += [(name, m.group(1)) for m in re.finditer(r'^ok .*# SKIP (.*)$', out, re.M)]
if skips:
    print('\nSkipped:')
for name, reason in skips:
    print(f'  {name}: {reason}')
if not tests:
    failed = 1
print(f'{passed} passed, {failed} failed, {len(skips)} skipped')
sys.exit(1 if failed else 0)
PYTHON
