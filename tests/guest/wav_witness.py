#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wav_witness.py FILE SAMPLES [RUNS]: what QEMU's usb-audio recorded. The sender numbered its samples: left is n & 0x7fff, right ~n & 0x7fff, n
from 0. The device begins at volume 240 of 255. Silence between is the emulator's own pause. Status 0: RUNS times (1) at least SAMPLES
came from 0 on, in order, none missing, none wrong. (A part of the last buffer may stay inside QEMU.)"""
import struct
import sys

with open(sys.argv[1], 'rb') as file:
    file.seek(44)
    data = file.read()


def is_sample(left, right, number):
    return all(abs(got - (side & 0x7fff) * 240 / 255) < 2 for got, side in ((left, number), (right, ~number)))


# Each stream begins at sample 0 again.
runs, count, silent = [], 0, 0
for at in range(0, len(data) // 4 * 4, 4):
    left, right = struct.unpack_from('<hh', data, at)
    if left == right == 0:
        silent += 1
    elif is_sample(left, right, count):
        count += 1
    else:
        runs.append(count)
        count = 1 if is_sample(left, right, 0) else 0
runs.append(count)
print(f'{" and ".join(map(str, runs))} samples in order, {silent} silent ones between and behind')
wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 1
sys.exit(sum(count >= int(sys.argv[2]) for count in runs) < wanted)
