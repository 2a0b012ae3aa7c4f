#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A driver that breaks a rule of requests or queues is named with the rule, and stopped as Windows would stop it. usage: request_broken.py
PROGRAM DRIVER; the numbers are those of enum broken in request_test.h."""
import subprocess
import sys

# The rule's name, and whether the process goes on behind the report.
RULES = [('completed-twice', False), ('request-deleted', False), ('completed-own', False), ('queue-deadlock', False),
         ('completed-cancelable', True), ('request-touched', False), ('irql', False), ('mark-cancelable', False),
         ('default-queue', False), ('stop-acknowledge', False)]


def main():
    program, driver = sys.argv[1:3]
    bad = 0
    for number, (rule, goes_on) in enumerate(RULES):
        run = subprocess.run([program, driver, str(number)], capture_output=True, text=True, timeout=60)
        named = rule in run.stderr and 'wdf_request' in run.stderr
        right = named and (run.returncode == 0) == goes_on
        bad += not right
        print(f'{"ok" if right else "not ok"} - {rule}: {"reported" if goes_on else "stopped"}')
        if not right:
            print(f'# status {run.returncode}, it wrote: {run.stderr.strip()}')
    print(f'1..{len(RULES)}')
    sys.exit(bad != 0)


main()
