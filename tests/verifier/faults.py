#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A driver and its program under the verifier's faults. usage: faults.py OVL DRIVER USB SEEDS PROGRAM [ARGS]

The program may fail when its requests do. It may not crash, hang, or end with the status of the verifier (86) or of a sanitizer (87),
whatever is cancelled, late or out of memory.
"""
import os
import subprocess
import sys

ovl, driver, usb, seeds = sys.argv[1:5]
program = sys.argv[5:]
MODES = ('on', 'on,delay=400', 'on,delay=400,cancel=3%', 'on,cancel=10%', 'on,delay=200,cancel=2%,lowmem=0.5%')
number = failures = 0


def run(words):
    environment = dict(os.environ, OVERLAPPED_VERIFIER=words)
    for name in ('ASAN_OPTIONS', 'LSAN_OPTIONS'):
        environment[name] = environment.get(name, '') + ':exitcode=87'
    command = [ovl, 'run', '--driver', driver, '--usb', usb, *program]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, env=environment)
    except subprocess.TimeoutExpired as late:
        return 'hangs', (late.output or b'').decode() if isinstance(late.output, bytes) else str(late.output)
    return done.returncode, done.stdout


for mode in MODES:
    wrong, output = '', ''
    for seed in range(1, 2 if mode == 'on' else int(seeds) + 1):
        status, text = run(f'{mode},seed={seed}')
        if status in ('hangs', 86, 87) or (isinstance(status, int) and status < 0) or (mode in MODES[:2] and status != 0):
            wrong, output = f'seed {seed}: {status}', text
            break
    number += 1
    failures += wrong != ''
    print(f'{"not ok" if wrong else "ok"} {number} - {mode}')
    for line in (wrong + '\n' + output).splitlines()[-15:] if wrong else []:
        print(f'# {line}')
print(f'1..{number}')
sys.exit(1 if failures else 0)
