# SPDX-License-Identifier: MIT
"""What the tests of the tools share: a scratch directory, TAP, running and writing there; under a sanitizer a compiler of its kind for what
the tools compile."""
import os
import shutil
import subprocess
import sys
import tempfile

scratch = tempfile.mkdtemp()
os.environ['XDG_CACHE_HOME'] = scratch + '/cache'
checks = failures = 0


def sanitize(words):
    """words: [] or ['-fsanitize=...'], as the library is built."""
    if words:
        wrapper = scratch + '/cc'
        with open(wrapper, 'w', encoding='utf-8') as script:
            script.write(f'#!/bin/sh\nexec gcc {words[0]} "$@"\n')
        os.chmod(wrapper, 0o755)
        os.environ['OVCC_CC'] = wrapper


def ok(good, what, why=''):
    global checks, failures
    checks += 1
    failures += not good
    print(('ok' if good else 'not ok') + ' - ' + what)
    if not good:
        print(''.join('# ' + line + '\n' for line in str(why).splitlines()), end='')


def run(*words, **env):
    done = subprocess.run(words, cwd=scratch, env={**os.environ, **env}, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def write(name, text):
    os.makedirs(os.path.dirname(os.path.join(scratch, name)), exist_ok=True)
    with open(os.path.join(scratch, name), 'w', encoding='utf-8') as f:
        f.write(text)


def finish():
    print(f'1..{checks}')
    shutil.rmtree(scratch)
    sys.exit(failures != 0)
