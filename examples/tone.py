#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a WAV file to play, and compares two of them sample by sample.

    tone.py make FILE SECONDS        48000 Hz, 16 bits, stereo: a sweep on the left, two tones on the right
    tone.py compare FILE OTHER       OTHER must begin with all of FILE's samples; silence may follow
"""
import math
import struct
import sys
import wave

RATE = 48000


def make(path, seconds):
    with wave.open(path, 'wb') as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        frames = bytearray()
        for i in range(int(float(seconds) * RATE)):
            t = i / RATE
            left = 20000 * math.sin(2 * math.pi * (200 + 900 * t) * t)
            right = 12000 * math.sin(2 * math.pi * 440 * t) + 8000 * math.sin(2 * math.pi * 663 * t)
            frames += struct.pack('<hh', int(left), int(right))
        out.writeframes(frames)


def samples(path):
    with wave.open(path, 'rb') as file:
        form = file.getparams()[:3]
        data = file.readframes(file.getnframes())
    width = form[0] * form[1]
    return form, [data[i:i + width] for i in range(0, len(data), width)]


def compare(path, other):
    (form, want), (other_form, got) = samples(path), samples(other)
    if form != other_form:
        sys.exit(f'{other}: another format than {path}')
    if not any(any(frame) for frame in want):
        sys.exit(f'{path}: only silence')
    for i, frame in enumerate(want):
        if i >= len(got) or got[i] != frame:
            sys.exit(f'{other}: sample {i} of {len(want)} is ' + ('missing' if i >= len(got) else 'another'))
    if any(any(frame) for frame in got[len(want):]):
        sys.exit(f'{other}: more than silence behind the last sample')
    print(f'{len(want)} samples are the same')


if __name__ == '__main__':
    commands = {('make', 4): make, ('compare', 4): compare}
    command = commands.get((sys.argv[1] if len(sys.argv) > 1 else '', len(sys.argv)))
    if command is None:
        sys.exit(__doc__.strip())
    command(*sys.argv[2:])
