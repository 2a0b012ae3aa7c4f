#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every kernel-mode header alone, in C and C++, by gcc and clang, as `ovcc --driver` compiles, with no warning. usage: driver_headers.py OVCC KM"""
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ovcc, km = sys.argv[1:3]
# Declares routines on what ntddk.h or wdm.h defines, and is included behind them, as on Windows.
BEHIND = {'usbdlib.h': '#include <ntddk.h>\n'}
scratch = tempfile.mkdtemp()


def compile_one(job):
    header, compiler, cxx = job
    name = f'{scratch}/{header}.{compiler}.{"cpp" if cxx else "c"}'
    with open(name, 'w', encoding='utf-8') as f:
        f.write(f'{BEHIND.get(header.lower(), "")}#include "{header}"\n#include "{header}"\n')
    tool = os.path.join(os.path.dirname(ovcc), 'ovc++') if cxx else ovcc
    done = subprocess.run([tool, '--driver', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', name], capture_output=True, text=True,
                          env={**os.environ, 'OVCC_CC': compiler})
    return None if done.returncode == 0 else f'{header} with {compiler} as {"C++" if cxx else "C"}:\n{done.stderr[:1500]}'


compilers = [c for c in ('gcc', 'clang') if shutil.which(c)]
jobs = [(h, c, x) for h in sorted(os.listdir(km)) if h.endswith('.h') for c in compilers for x in (False, True)]
with ThreadPoolExecutor(os.cpu_count()) as pool:
    failed = [text for text in pool.map(compile_one, jobs) if text]
shutil.rmtree(scratch)
print('\n'.join(failed) + f'{len(jobs)} compilations, {len(failed)} failed')
sys.exit(1 if failed or not jobs else 0)
