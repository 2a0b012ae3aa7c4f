#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the examples that need more than themselves: smoke.py copy COPY | echo SERVER CLIENT"""
import filecmp
import os
import random
import re
import subprocess
import sys
import tempfile


def check_copy(program):
    """Files of awkward lengths, buffered and not, with many and with few requests in flight."""
    with tempfile.TemporaryDirectory(dir='.') as work:
        source, target = os.path.join(work, 'source'), os.path.join(work, 'target')
        for length in (0, 1, 4095, 4096, 1000003, 20 * 1024 * 1024 + 17):
            with open(source, 'wb') as f:
                f.write(random.Random(length).randbytes(length))
            for options in ([], ['-n', '1', '-b', '64'], ['-n', '64', '-b', '4'], ['-u']):
                with open(target, 'wb') as f:
                    f.write(b'x' * 5000)  # the target is there already, and longer than some sources
                subprocess.run([program, '-q', *options, source, target], check=True, timeout=60)
                if not filecmp.cmp(source, target, shallow=False):
                    sys.exit(f'the copy of {length} bytes with {options} differs')
        if subprocess.run([program, '-q', source + '-missing', target], timeout=60).returncode == 0:
            sys.exit('a missing source is no error')
        print('copies are the same')


def check_echo(server_program, client_program):
    server = subprocess.Popen([server_program, '--port', '0', '--threads', '2'], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r'127\.0\.0\.1:(\d+)', server.stdout.readline()).group(1)
        for options in (['--connections', '1'], ['--connections', '50'], ['--connections', '8', '--size', '100000']):
            subprocess.run([client_program, '--port', port, '--seconds', '1', *options], check=True, timeout=60)
        out, _ = server.communicate('', timeout=20)  # the end of its input ends it
        print(out, end='')
        if server.returncode != 0:
            sys.exit(f'the server ended with {server.returncode}')
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


{'copy': check_copy, 'echo': check_echo}[sys.argv[1]](*sys.argv[2:])
