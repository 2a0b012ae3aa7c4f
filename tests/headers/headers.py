#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every public header alone, and all of them with the standard ones in both orders: C and C++, gcc and
clang, as ovcc compiles (16-bit wchar_t, narrow and UNICODE) and without it, with no warning.

usage: headers.py OVCC SOURCE_INCLUDE_DIRECTORY
"""
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ovcc, include = sys.argv[1:3]
compilers = [c for c in ('gcc', 'clang') if shutil.which(c)]
strict = ['-Wall', '-Wextra', '-Werror', '-fsyntax-only']

# Not headers of their own: pairs around a piece of code, and parts that others include (as all of *_cxx.h are).
parts = {'poppack.h', 'pshpack1.h', 'pshpack2.h', 'pshpack4.h', 'pshpack8.h', 'ovl_hide.h', 'ovl_unhide.h'}

C_HEADERS = ['stdio.h', 'stdlib.h', 'string.h', 'wchar.h', 'unistd.h', 'time.h', 'errno.h', 'signal.h', 'math.h',
             'sys/stat.h', 'fcntl.h', 'assert.h', 'ctype.h']
CXX_HEADERS = ['string', 'vector', 'thread', 'iostream', 'memory', 'functional', 'algorithm', 'mutex', 'atomic',
               'chrono', 'map', 'fstream', 'sstream', 'cstdlib', 'cwchar', 'random', 'filesystem', 'regex', 'tuple']
WINDOWS = ['winsock2.h', 'ws2tcpip.h', 'mswsock.h', 'windows.h', 'winioctl.h', 'strsafe.h', 'process.h', 'tchar.h',
           'intrin.h', 'io.h', 'conio.h', 'crtdbg.h', 'winusb.h', 'usbioctl.h']
# All of these names clash with libc's or with the compiler's unless the headers do their work.
USES = '''
int used(void);
int used(void)
{
    SOCKET s = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    struct timeval patience = {1, 0};
    fd_set set;
    u_long one = 1;
    char name[64];
    DWORD bytes = sizeof(u_long) == 4 && SOL_SOCKET == 0xffff && AF_INET6 == 23 && FD_SETSIZE == 64;
    LONG count = 0;
    FD_ZERO(&set);
    FD_SET(s, &set);
    bind(s, NULL, 0);
    select(0, &set, NULL, NULL, &patience);
    ioctlsocket(s, FIONBIO, &one);
    gethostname(name, (int)sizeof(name));
    printf("%I64d %lu %S\\n", (__int64)1, bytes, L"x");
    sprintf_s(name, sizeof(name), "%d", _stricmp("a", "A"));
    InterlockedIncrement(&count);
    _InterlockedExchange(&count, (LONG)_rotl(1u, 3));
    return (int)_countof(name) + count;
}
'''


def run(title, command, source):
    p = subprocess.run(command, input=source, capture_output=True, text=True)
    return None if p.returncode == 0 else f'{title}\n  {p.stderr[:1200]}'


def plain(compiler, language):
    """As the library's own sources see the headers: neither ovcc nor the wrappers of crt/."""
    command = [compiler + '++' if compiler == 'clang' and language == 'c++' else
               'g++' if language == 'c++' else compiler, '-x', language, '-fms-extensions', *strict]
    if compiler == 'clang':
        command.append('-Wno-microsoft-anon-tag')
    for folder in ('um', 'shared'):
        command.append(f'-I{include}/{folder}')
    return command + ['-']


def driver(compiler, language, unicode):
    command = ['env', f'OVCC_CC={compiler}', ovcc if language == 'c' else os.path.join(os.path.dirname(ovcc), 'ovc++'),
               '-x', language, *strict]
    return command + (['-municode'] if unicode else []) + ['-']


def jobs():
    for folder in ('um', 'shared', 'crt', 'crt/sys'):
        for name in sorted(os.listdir(f'{include}/{folder}')):
            path = f'{include}/{folder}/{name}'
            if not name.endswith(('.h', '.H')) or name in parts or name.endswith('_cxx.h'):
                continue
            with open(path, encoding='utf-8') as f:
                text = f.read()
            # Another spelling of a name: that it leads to its target is enough, once.
            forward = re.fullmatch(r'/\* SPDX[^\n]*\*/\n#include ["<](\S+)[">]\n', text)
            shown = ('sys/' if folder == 'crt/sys' else '') + name
            source = f'#include <{shown}>\n#include <{shown}>\n'
            for compiler in compilers[:1] if forward else compilers:
                for language in ('c',) if forward else ('c', 'c++'):
                    yield f'{shown}: {compiler} {language}, ovcc', driver(compiler, language, False), source
                    if forward:
                        continue
                    # What UNICODE chooses is the same text for both compilers.
                    if compiler == compilers[0]:
                        yield f'{shown}: {compiler} {language}, UNICODE', driver(compiler, language, True), source
                    if folder in ('um', 'shared'):
                        yield f'{shown}: {compiler} {language}, plain', plain(compiler, language), source
    for compiler in compilers:
        for language in ('c', 'c++'):
            standard = C_HEADERS + (CXX_HEADERS if language == 'c++' else [])
            for order, names in (('standard first', standard + WINDOWS), ('windows first', WINDOWS + standard)):
                source = ''.join(f'#include <{n}>\n' for n in names) + USES
                for unicode in (False, True):
                    yield (f'{order}: {compiler} {language}{", UNICODE" if unicode else ""}',
                           driver(compiler, language, unicode), source)


def main():
    work = list(jobs())
    with ThreadPoolExecutor(2) as pool:
        failures = [f for f in pool.map(lambda j: run(*j), work) if f]
    for f in failures:
        print('not ok -', f)
    print(f'{len(work)} compilations by {" and ".join(compilers)}, {len(failures)} failed')
    sys.exit(bool(failures))


main()
