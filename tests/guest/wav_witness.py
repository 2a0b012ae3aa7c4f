#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wav_witness.py FILE SAMPLES: what QEMU's usb-audio recorded. The sender numbered its samples: left is n & 0x7fff, right ~n & 0x7fff, n
from 0. The device begins at volume 240 of 255. Silence between is the emulator's own pause. Status 0: at least SAMPLES came, in order,
none missing, none wrong. (A part of the last buffer may stay inside QEMU.)"""
import struct
import sys

with open(sys.argv[1], 'rb') as file:
    file.seek(44)
    data = file.read()
count = silent = 0
for at in range(0, len(data) // 4 * 4, 4):
    left, right = struct.unpack_from('<hh', data, at)
    if left == right == 0:
        silent += 1
        continue
    expected = [(side & 0x7fff) * 240 / 255 for side in (count, ~count)]
    if abs(left - expected[0]) >= 2 or abs(right - expected[1]) >= 2:
        sys.exit(f'sample {count} is {left}, {right}; {expected[0]:.0f}, {expected[1]:.0f} was sent')
    count += 1
print(f'{count} samples in order, {silent} silent ones between and behind')
sys.exit(count < int(sys.argv[2]))
