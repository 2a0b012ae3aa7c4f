#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every kernel-mode header alone, in C, in C++ and in C++ inside extern "C", by gcc and clang, as `ovcc --driver` compiles, with no warning. usage: driver_headers.py OVCC KM"""
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
    header, compiler, language = job
    name = f'{scratch}/{header}.{compiler}.{language.replace(" ", "-")}.{"c" if language == "C" else "cpp"}'
    text = f'{BEHIND.get(header.lower(), "")}#include "{header}"\n#include "{header}"\n'
    with open(name, 'w', encoding='utf-8') as f:
        f.write(f'extern "C" {{\n{text}}}\n#include <new>\n' if language == 'extern C' else text)
    tool = ovcc if language == 'C' else os.path.join(os.path.dirname(ovcc), 'ovc++')
    done = subprocess.run([tool, '--driver', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', name], capture_output=True, text=True,
                          env={**os.environ, 'OVCC_CC': compiler})
    return None if done.returncode == 0 else f'{header} with {compiler} as {language}:\n{done.stderr[:1500]}'


compilers = [c for c in ('gcc', 'clang') if shutil.which(c)]
jobs = [(h, c, x) for h in sorted(os.listdir(km)) if h.endswith('.h') for c in compilers for x in ('C', 'C++', 'extern C')]
with ThreadPoolExecutor(os.cpu_count()) as pool:
    failed = [text for text in pool.map(compile_one, jobs) if text]
shutil.rmtree(scratch)
print('\n'.join(failed) + f'{len(jobs)} compilations, {len(failed)} failed')
sys.exit(1 if failed or not jobs else 0)
