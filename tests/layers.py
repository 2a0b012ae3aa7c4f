#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the layers of src know only what is below them. usage: layers.py SRC

    win32  winsock  device  wdf  wdm   ->   nt   ->   drivers   ->   usb, engine   ->   base

nt and drivers share one waist: drivers/driver.h declares what nt offers to drivers, so drivers include it and
never nt. Linux headers stand in the engine, in the two
USB hosts that speak to Linux, and in drivers. One file writes the last error; nobody uses wchar_t.
"""
import os
import re
import sys

FACES = ('win32', 'winsock', 'device', 'wdf', 'wdm')
BELOW = {
    'base': {'base'},
    'engine': {'engine', 'base'},
    'usb': {'usb', 'engine', 'base'},
    'drivers': {'drivers', 'usb', 'engine', 'base'},
    'nt': {'nt', 'drivers', 'usb', 'engine', 'base'},
}
for face in FACES:
    BELOW[face] = {face, 'nt', 'drivers', 'usb', 'engine', 'base'}
# A face uses another where Windows itself layers them so: KMDF on WDM; the others on Win32, whose is the last error.
BELOW['wdf'] |= {'wdm'}
BELOW['winsock'] |= {'win32'}
BELOW['device'] |= {'win32'}

# Headers that belong to Linux, not to C or POSIX.
LINUX = re.compile(r'linux/|asm/|sys/(epoll|eventfd|timerfd|signalfd|syscall|inotify|prctl|sendfile|sysmacros|vfs|statfs)\.h')
LINUX_FILES = ('engine/', 'drivers/', 'usb/usbfs', 'usb/usbip.c')
# base asks the kernel for two things: to sleep on a word, and to fence all processors.
LINUX_ALSO = ('base/futex.c', 'base/futex.h', 'base/lock.c', 'base/lock.h', 'base/barrier.c')

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.S)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')

complaints = []


def complain(path, line, text):
    complaints.append(f'{path}:{line}: {text}')


def check_includes(path, layer, lines):
    for n, line in enumerate(lines, 1):
        m = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if not m:
            continue
        quote, name = m.groups()
        first = name.split('/')[0]
        if quote == '"' and first in BELOW and '/' in name and first not in BELOW[layer]:
            complain(path, n, f'{layer} may not include {name}')
        if quote == '<' and LINUX.match(name) and not path.startswith(LINUX_FILES) and path not in LINUX_ALSO:
            complain(path, n, f'a Linux header outside engine, drivers and the Linux USB hosts: <{name}>')


def check_words(path, text):
    # Headers may name the type for programs (the C runtime's wide functions); the library itself never.
    bare = STRING.sub('""', COMMENT.sub(lambda m: '\n' * m.group().count('\n'), text))
    for n, line in enumerate(bare.splitlines(), 1):
        if re.search(r'\bwchar_t\b', line):
            complain(path, n, 'wchar_t: the library uses char16_t')
        if re.search(r'\b(?:__thread|_Thread_local)\b.*\blast_error\b', line):
            last_error.add(path)


last_error = set()


def main():
    root = sys.argv[1]
    files = 0
    for directory, _, names in sorted(os.walk(root)):
        layer = os.path.relpath(directory, root).split(os.sep)[0]
        for name in sorted(names):
            if not name.endswith(('.c', '.h')) or layer == '.':
                continue
            full = os.path.join(directory, name)
            path = os.path.relpath(full, root)
            with open(full, encoding='utf-8') as f:
                text = f.read()
            files += 1
            if layer not in BELOW:
                complain(path, 1, f'{layer} is no layer that the design knows')
                continue
            # Unit tests stand beside the code and may look below only, like it.
            check_includes(path, layer, text.splitlines())
            check_words(path, text)
    if len(last_error) > 1:
        complain(sorted(last_error)[1], 1, f'the last error is stored in more than one file: {sorted(last_error)}')
    for c in complaints:
        print('src/' + c)
    if not files:
        sys.exit('no sources found')
    print(f'{files} files, {len(complaints)} complaints')
    sys.exit(1 if complaints else 0)


main()
