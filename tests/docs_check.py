#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that docs/differences.md has exactly one row for every exported name. usage: docs_check.py EXPORTS DIFFERENCES

A row is `| Name | module | how it differs, or "as documented" |`. Names of our own (module `-`) are documented in
overlapped.h and need no row.
"""
import sys


def exported(path):
    names = set()
    with open(path, encoding='utf-8') as f:
        for line in f:
            words = line.split('#')[0].split()
            if len(words) >= 2 and words[0] != '-':
                names.add((words[1], words[0]))
    return names


def rows(path):
    """(name, module, text, line) of each row; header and separator lines are not rows."""
    with open(path, encoding='utf-8') as f:
        for n, line in enumerate(f, 1):
            if not line.startswith('|'):
                continue
            cells = [c.strip().strip('`') for c in line.strip().strip('|').split('|')]
            if len(cells) < 3 or set(cells[0]) <= set('-: ') or cells[0] == 'Name':
                continue
            yield cells[0], cells[1], '|'.join(cells[2:]).strip(), n


def main():
    exports_path, differences_path = sys.argv[1:3]
    want = exported(exports_path)
    complaints, seen = [], {}
    try:
        table = list(rows(differences_path))
    except OSError as error:
        sys.exit(f'{differences_path}: {error.strerror}')
    for name, module, text, line in table:
        where = f'{differences_path}:{line}'
        if (name, module) not in want:
            complaints.append(f'{where}: {name} ({module}) is not exported')
        if (name, module) in seen:
            complaints.append(f'{where}: {name} has a row already, in line {seen[name, module]}')
        seen[name, module] = line
        if not text:
            complaints.append(f'{where}: {name}: says nothing')
    for name, module in sorted(want - seen.keys()):
        complaints.append(f'{differences_path}: no row for {name} ({module})')
    for c in complaints:
        print(c)
    print(f'{len(want)} exported names, {len(seen)} rows, {len(complaints)} complaints')
    sys.exit(1 if complaints else 0)


main()
