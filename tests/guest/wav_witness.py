#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wav_witness.py FILE SAMPLES: what QEMU's usb-audio recorded. The sender numbered its samples: left is n & 0x7fff, right ~n & 0x7fff, n
from 0. The device begins at volume 240 of 255. Silence between is the emulator's own pause. Status 0: at least SAMPLES came from 0 on, in
order, none missing, none wrong. (A part of the last buffer may stay inside QEMU.)"""
import struct
import sys

with open(sys.argv[1], 'rb') as file:
    file.seek(44)
    data = file.read()


def is_sample(left, right, number):
    return all(abs(got - (side & 0x7fff) * 240 / 255) < 2 for got, side in ((left, number), (right, ~number)))


# A stream that is tried again begins at sample 0 again; one of the attempts must be whole.
best = count = silent = 0
for at in range(0, len(data) // 4 * 4, 4):
    left, right = struct.unpack_from('<hh', data, at)
    if left == right == 0:
        silent += 1
    elif is_sample(left, right, count):
        count += 1
        best = max(best, count)
    else:
        count = 1 if is_sample(left, right, 0) else 0
        if count:
            print(f'frame {at // 4} is the beginning of another attempt')
print(f'{best} samples in order, {silent} silent ones between and behind')
sys.exit(best < int(sys.argv[2]))
