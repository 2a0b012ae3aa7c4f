#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""judge.py FIGURES: medians and ratios of what bench.sh measured, and whether the goals are met."""
import collections
import statistics
import sys

runs = collections.defaultdict(lambda: collections.defaultdict(list))
with open(sys.argv[1], encoding='utf-8') as lines:
    for line in lines:
        what, *words = line.split()
        host, size, who = what.split(':')
        values = dict(word.split('=') for word in words)
        runs[host, int(size)][who].append((float(values['mb_s']), float(values['cpu_us_mb'])))

missed = 0


def ratio(ours, other, which):
    return statistics.median(a[which] / b[which] for a, b in zip(ours, other))


def goal(text, value, met, judged):
    global missed
    missed += judged and not met
    print(f'  {text} {value:.3f}{"" if met else "   MISSED" if judged else "   (not a goal at this size)"}')


if not runs:
    sys.exit('nothing was measured')
for (host, size), by in sorted(runs.items()):
    print(f'{host}, reads of {size >> 10} KiB, 4 in flight')
    for who, figures in by.items():
        del figures[0]  # the warm-up
        rate, cpu = (statistics.median(column) for column in zip(*figures))
        print(f'  {who:7} {rate:8.1f} MB/s {cpu:8.1f} us of processor per MB')
    judged = size >= 1 << 20  # of small transfers the figures are told
    goal('rate against raw, at least 0.97:', r := ratio(by['ours'], by['raw'], 0), r >= 0.97, judged)
    goal('processor against raw, at most 1.10:', r := ratio(by['ours'], by['raw'], 1), r <= 1.10, judged)
    if 'libusb' in by:  # half a percent is not told apart
        goal('rate against libusb, at least 1:', r := ratio(by['ours'], by['libusb'], 0), r >= 0.995, judged)
sys.exit(missed != 0)
