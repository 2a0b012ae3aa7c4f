#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns exports.def into what is made of it.

usage: exports.py map|table|stub:MODULE|names exports.def OUTPUT

A line of exports.def is `module Name [symbol]`: the Windows module that exports it, the Windows name,
and the ELF symbol where that differs (Winsock's clashing names). Lines that begin with # are comments.
The module `-` is for our own names (overlapped.h, helpers that inline functions of the headers call).
"""
import sys


def rows(path):
    with open(path, encoding='utf-8') as f:
        for n, line in enumerate(f, 1):
            words = line.split('#')[0].split()
            if not words:
                continue
            if len(words) not in (2, 3):
                sys.exit(f'{path}:{n}: module Name [symbol]')
            yield words[0], words[1], words[2] if len(words) == 3 else words[1]


def make_map(entries):
    symbols = sorted({symbol for _, _, symbol in entries})
    return 'OVERLAPPED_0 {\nglobal:\n' + ''.join(f'    {s};\n' for s in symbols) + 'local:\n    *;\n};\n'


def make_table(entries):
    out = ['/* Made from exports.def: what GetProcAddress answers from. */', '#include "base/exports.h"', '']
    out += [f'extern void {s}(void);' for s in sorted({s for _, _, s in entries})]
    out += ['', 'const struct export_row export_rows[] = {']
    for module, name, symbol in sorted(entries, key=lambda e: (e[1], e[0])):
        out.append(f'    {{"{module}", "{name}", {symbol}}},')
    out += ['};', 'const unsigned export_row_count = sizeof export_rows / sizeof *export_rows;', '']
    return '\n'.join(out)


def main():
    what, source, target = sys.argv[1:4]
    entries = list(rows(source))
    names = [(m, n) for m, n, _ in entries]
    twice = {e for e in names if names.count(e) > 1} if len(names) != len(set(names)) else ()
    if twice:
        sys.exit(f'{source}: named twice: {sorted(twice)}')
    text = {'map': make_map, 'table': make_table,
            'names': lambda e: ''.join(f'{m} {n}\n' for m, n, _ in e)}[what](entries)
    with open(target, 'w', encoding='utf-8') as f:
        f.write(text)


main()
