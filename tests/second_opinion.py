#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the answers of two runs of the conformance tests side by side.

usage: second_opinion.py OURS THEIRS KNOWN

OURS and THEIRS are directories with one TAP file per test. KNOWN explains disagreements: a line that ends in
a colon gives a reason, the indented lines after it the checks, as `test: description of the check`.
"""
import collections
import os
import re
import sys


def read_tap(path):
    """Checks in order, as (description, number of it) -> 'ok', 'not ok' or 'skip'."""
    answers, counts, complete = {}, collections.Counter(), False
    try:
        with open(path, encoding='utf-8', errors='replace') as f:
            lines = f.read().splitlines()
    except OSError:
        return None, False
    for line in lines:
        if re.match(r'1\.\.\d+', line):
            complete = True
        m = re.match(r'(not ok|ok) - (.*?)( # SKIP.*)?$', line)
        if m:
            key = (m.group(2), counts[m.group(2)])
            counts[m.group(2)] += 1
            answers[key] = 'skip' if m.group(3) else m.group(1)
    return answers, complete


def read_known(path):
    reasons, reason = {}, ''
    with open(path, encoding='utf-8') as f:
        for line in f:
            if line.startswith('#') or not line.strip():
                continue
            if line[0].isspace():
                reasons[line.strip()] = reason
            else:
                reason = line.strip().rstrip(':')
    return reasons


def tally(answers, complete):
    if answers is None:
        return 'not run'
    n = collections.Counter(answers.values())
    return f"{n['ok']:3} ok {n['not ok']:3} not ok" + ('' if complete else ', broke off')


def main():
    ours_dir, theirs_dir, known_path = sys.argv[1:4]
    known = read_known(known_path)
    names = sorted(set(os.listdir(ours_dir)) | set(os.listdir(theirs_dir)))
    disagreements, unexplained = [], 0
    print(f"{'test':24} {'ours':28} wine")
    for name in names:
        ours, ours_complete = read_tap(os.path.join(ours_dir, name))
        theirs, theirs_complete = read_tap(os.path.join(theirs_dir, name))
        print(f'{name:24} {tally(ours, ours_complete):28} {tally(theirs, theirs_complete)}')
        for key in list(theirs or {}) + [k for k in ours or {} if k not in (theirs or {})]:
            a, b = (ours or {}).get(key, '-'), (theirs or {}).get(key, '-')
            if a == b == 'ok' or 'skip' in (a, b) or (b == '-' and a == 'ok'):
                continue
            disagreements.append((f'{name}: {key[0]}', a, b))
    if disagreements:
        print(f"\n{'ours':7} {'wine':7} check")
    for check, a, b in disagreements:
        why = known.get(check, known.get(check.split(':')[0] + ': *'))
        print(f'{a:7} {b:7} {check}' + (f'\n{"":16}  known: {why}' if why else ''))
        if a == 'not ok' and b == 'ok' and not why:
            unexplained += 1
    print(f'\n{len(disagreements)} checks that do not hold on both sides; '
          f'{unexplained} fail here, hold there and are not explained')
    sys.exit(1 if unexplained else 0)


main()
