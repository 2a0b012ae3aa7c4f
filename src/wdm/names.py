#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tables of the names of status values and errors for the trace, from the public headers. usage: names.py NTSTATUS.H WINERROR.H OUT"""
import re
import sys

status_header, error_header, out = sys.argv[1:4]


def names(path, pattern):
    found = {}
    with open(path, encoding='utf-8') as f:
        for line in f:
            m = re.match(pattern, line)
            if m:
                found.setdefault(int(m.group(2), 0) & 0xffffffff, m.group(1))
    return found


status = names(status_header, r'#define (\w+)\s+\(\(NTSTATUS\)\s*(0x[0-9A-Fa-f]+)U?L?\)')
status[0] = 'STATUS_SUCCESS'
status[0x102] = 'STATUS_TIMEOUT'
error = names(error_header, r'#define ((?:ERROR|WSA|NO_|RPC|DNS)\w+)\s+\(?(\d+)L?\)?\s')
error[0] = 'ERROR_SUCCESS'
result = {v: n for v, n in names(error_header, r'#define ((?:[A-Z]+_)?[ES]_\w+)\s+.*?(0x[0-9A-Fa-f]{8})').items() if v >= 1 << 31}
result.update({0: 'S_OK', 1: 'S_FALSE'})
with open(out, 'w', encoding='utf-8') as f:
    for name, table in (('status', status), ('error', error), ('result', result)):
        f.write(f'static const struct value_name {name}_names[] = {{\n')
        f.writelines(f'    {{0x{value:08x}u, "{text}"}},\n' for value, text in sorted(table.items()))
        f.write('};\n')
