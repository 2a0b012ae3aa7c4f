#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""WPP, TraceLogging and the recorder in drivers and programs that are compiled as they are: C and C++, gcc and clang; and `ovl wpp`.
usage: wpp.py OVL OVCC TESTS_WPP [-fsanitize=...]"""
import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

from checks import finish, ok, run, sanitize, scratch, write

ovl, ovcc, sources = (os.path.abspath(a) for a in sys.argv[1:4])
sanitizer = sys.argv[4:]
os.environ.pop('OVERLAPPED_WPP', None)
STRICT = ['-Wall', '-Wextra', '-Werror', '-g']
COMPILERS = ['gcc'] if sanitizer else [c for c in ('gcc', 'clang') if shutil.which(c)]
sanitize(sanitizer)


def compile_with(compiler, language, *words, driver=True):
    tool = ovcc if language == 'c' else os.path.join(os.path.dirname(ovcc), 'ovc++')
    return run(tool, *(['--driver'] if driver else []), *STRICT, *sanitizer, *words, OVCC_CC=compiler)


def traced(result):
    """The notes of the trace, without time and thread."""
    return [line.split(' ', 3)[3] for line in result[2].splitlines() if ' note ' in line]


def board(driver, **env):
    return run(ovl, 'run', '--driver', f'{driver},inf={sources}/traced_board.inx', '--usb', 'fx2', '--trace=driver',
               os.path.join(sources, 'traced_program.c'), **env)


BOARD = [r'TracedBoardTraceGuid: Driver\.c:\d+: information TRACE_DRIVER: DriverEntry Entry',
         r'TracedBoardTraceGuid: Driver\.c:\d+: information TRACE_DRIVER: DriverEntry Exit 0x00000000\(STATUS_SUCCESS\)',
         r'TracedBoardTraceGuid: Device\.c:\d+: error TRACE_DEVICE: failed with 0xc000009c\(STATUS_DEVICE_DATA_ERROR\)',
         r'TracedBoardTraceGuid: Device\.c:\d+: warning TRACE_DEVICE: board é wide <NULL> is BoardServing, SW1\|SW3, Perhaps 9; '
         r'\{2b0f7c1e-53a4-4c7d-9e21-0d6b8a4f1377\} -7% 123456789abcdef TRUE Low',
         r'TracedBoardTraceGuid: Device\.c:(\d+): TRACE_DEVICE: Device\.c\(\1\) TRACE_DEVICE 0x80004005\(E_FAIL\) '
         r'0x80070005\(E_ACCESSDENIED\) 2\(ERROR_FILE_NOT_FOUND\) 01/01/2020-00:00:00\.000 1~1:1:1',
         r'TracedBoardTraceGuid: Device\.c:\d+: information TRACE_DEVICE: TracedBoardEvtDevicePrepareHardware Exit, '
         r'TRACE_LEVEL_INFORMATION 0x00000000\(STATUS_SUCCESS\) 0xc0ffee00',
         r'TracedBoardTraceGuid: Queue\.c:\d+: information TRACE_QUEUE: TracedBoardEvtIoDeviceControl Queue 0x[0-9A-F]{16}, '
         r'Request 0x[0-9A-F]{16} OutputBufferLength 4 InputBufferLength 0 IoControlCode 2252800',
         r'TracedBoardTraceGuid: Queue\.c:\d+: verbose TRACE_QUEUE: TracedBoardEvtIoDeviceControl: looked 1',
         r'TracedProgram: traced_program\.c:\d+: NOISE: wide € 7 narrow',
         r'TracedProgram: traced_program\.c:\d+: RESULT: TRUE 1 0\(ERROR_SUCCESS\) found',
         r'TracedOther: traced_program\.c:\d+: OTHER: other abc\|   42\|x    \|',
         r'TracedBoardTraceGuid: Driver\.c:\d+: verbose MYDRIVER_ALL_INFO: TracedBoardEvtDriverContextCleanup Entry']

# The template driver, one object for each source, all at once.
for compiler in COMPILERS:
    for language in ('c', 'c++'):
        name = f'{compiler} {language}'
        with ThreadPoolExecutor(3) as pool:
            made = list(pool.map(lambda s: compile_with(compiler, language, '-x', language, '-c', '-o', f'{s}.o', f'{sources}/{s}.c'),
                                 ('Driver', 'Device', 'Queue')))
        ok(all(r[0] == 0 for r in made), f'{name}: each source by itself', made)
        result = compile_with(compiler, language, '-o', 'board.so', 'Driver.o', 'Device.o', 'Queue.o')
        ok(result[0] == 0, f'{name}: linked', result)
        result = board('board.so')
        lines = traced(result)
        for pattern in BOARD:
            ok(sum(re.fullmatch(pattern, line) is not None for line in lines) == 1, f'{name}: {pattern[:60]}', result)
        ok(result[0] == 0 and result[1] == '1 1\n', f'{name}: the arguments were looked at once', result)
        ok('too early' not in result[2] and 'too late' not in result[2], f'{name}: not before WPP_INIT_TRACING, not after WPP_CLEANUP', result)

# What OVERLAPPED_WPP enables.
result = board('board.so', OVERLAPPED_WPP='TracedBoardTraceGuid=error')
lines = [line for line in traced(result) if line.startswith('Traced') and 'Guid' in line]
ok(result[1] == '1 0\n' and len(lines) == 2 and all(' TRACE_DEVICE: ' in line for line in lines), 'errors only: no argument was looked at', result)
result = board('board.so', OVERLAPPED_WPP='TracedBoardTraceGuid=verbose:0x8;TracedOther=1')
lines = [line for line in traced(result) if re.match('Traced.*: .*:[0-9]+:', line)]
ok(result[1] == '1 1\n' and len(lines) == 3 and all('_QUEUE: ' in line or 'OTHER: ' in line for line in lines), 'a flag, and a second provider', result)
result = board('board.so', OVERLAPPED_WPP='*=5')
ok('DriverEntry Entry' in result[2] and 'NOISE' in result[2], 'all providers', result)
result = board('board.so', OVERLAPPED_WPP='TracedBoardTraceGuid=loud')
ok('expected, not TracedBoardTraceGuid=loud' in result[2], 'a setting that is not understood', result)
result = run(ovl, 'run', '--driver', f'board.so,inf={sources}/traced_board.inx', '--usb', 'fx2', os.path.join(sources, 'traced_program.c'))
ok(result[0] == 0 and result[1:] == ('1 0\n', ''), 'without the trace nothing is written and nothing looked at', result)

# EVENT_TRACING chooses; the recorder, the callback, TraceLogging.
write('touch.c', '#include <windows.h>\nint main(void) { CreateFileW(L"\\\\\\\\.\\\\Nothing", 0, 0, NULL, 3, 0, NULL); return 0; }\n')
LOGGED = ['Ovl.Choice: Bare: verbose:',
          'Ovl.Choice: Full: warning: Status=0xc0000001 Delta=-5 Mask=0xabcdef Good=true Ansi=text Wide=wide Counted=abc Data=dead Pair={A=44 B=7} '
          'Path=\\Registry\\Machine\\System\\CurrentControlSet\\Services\\choice Half=0.5', 'looked 0']
OWN = ['own 4 1: entered with words', *LOGGED, 'own 5 1: unloaded']
WPP = ['ChoiceGuid: choice.c:N: information DBG_INIT: entered with words', 'ChoiceGuid: choice.c:N: information DBG_PNP: [Endpoint-81] recorded 1',
       'ChoiceGuid: choice.c:N: information DBG_PNP: recorded 2', *LOGGED, 'ChoiceGuid: choice.c:N: verbose DBG_INIT: unloaded', 'callbacks 1 1']
for compiler in COMPILERS:
    for language in ('c', 'c++'):
        for define, expected in (('-DOWN', OWN), ('-DEVENT_TRACING', WPP)):
            result = compile_with(compiler, language, '-x', language, define, '-o', 'choice.so', f'{sources}/choice.c')
            ok(result[0] == 0, f'{compiler} {language} {define}', result)
            result = run(ovl, 'run', '--driver', 'choice.so', '--trace=driver', 'touch.c')
            lines = [re.sub(r'\.c:\d+', '.c:N', line) for line in traced(result)]
            ok(result[0] == 0 and lines == expected, f'{compiler} {language} {define}: its lines', '\n'.join(lines) + result[2])

# Programs; classes; methods; functions from options.
write('class.cpp', '''#include <windows.h>
#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(Classy,(8e4b1f60,2d77,4a35,b1c9,00ff12ab34cd), WPP_DEFINE_BIT(ALL))
#define WPP_PLACE_ENABLED(place) WPP_LEVEL_ENABLED(ALL)
#define WPP_PLACE_LOGGER(place) WPP_LEVEL_LOGGER(ALL)
#include "obj/class.tmh"
struct Thing { long long value; void Show() const { Note(1, "%!FUNC! %lld %f %c", value, 0.25, 'x'); } };
template <class T> static T twice(T value) { Say("twice %d", (int)value); return value + value; }
int main()
{
    WPP_INIT_TRACING(L"Classy");
    Thing thing = {1LL << 40};
    thing.Show();
    if (twice(2) == 4)
        Say("four");
    else
        Say("not four");
    Say("lost %!NoSuchType! %d", 1, 2);
    WPP_CLEANUP();
}
''')
write('more.h', '// begin_wpp config\n// FUNC Say{LEVEL=ALL}(MSG, ...);\n// end_wpp\n')
result = compile_with(COMPILERS[0], 'c++', '-scan:more.h', '-func:Note(PLACE,MSG,...)', '-o', 'class', 'class.cpp', driver=False)
ok(result[0] == 0, 'functions from -scan and -func', result)
result = run('./class', OVERLAPPED_TRACE='driver')
ok([re.sub(r':\d+:', ':', line) for line in traced(result)] ==
   ['Classy: class.cpp: Show 1099511627776 0.250000 x', 'Classy: class.cpp: ALL: twice 2', 'Classy: class.cpp: ALL: four',
    'Classy: class.cpp: ALL: lost %!NoSuchType! %d'], 'a C++ program', result)

HEAD = '#include <windows.h>\n#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(Same,(8e4b1f60,2d77,4a35,b1c9,00ff12ab34cd), WPP_DEFINE_BIT(ALL))\n'

# Complex types: a structure by value, a pointer, a macro from WPP_FLAGS; C and C++.
write('complex.c', HEAD + '''typedef struct { const void *bytes; short size; } xstr_t;
typedef struct { unsigned char part[16]; } six_t;
#define WPP_LOGHEXDUMP(x) WPP_LOGPAIR(2, &((x).size)) WPP_LOGPAIR((x).size, (x).bytes)
// begin_wpp config
// DEFINE_CPLX_TYPE(HEXDUMP, WPP_LOGHEXDUMP, xstr_t, ItemHEXDump, "s", _HEX_, 0, 2);
// DEFINE_CPLX_TYPE(TEXT, WPP_LOGHEXDUMP, const xstr_t &, ItemPString, "s", _TEXT_, 0, 2);
// DEFINE_CPLX_TYPE(SIX, WPP_LOGSIX, const six_t *, ItemIPV6Addr, "s", _SIX_, 0, 1);
// WPP_FLAGS(-DWPP_LOGSIX(x) WPP_LOGPAIR((16), (x)));
// FUNC Show{LEVEL=ALL}(MSG, ...);
// end_wpp
#include "complex.tmh"
int main(void)
{
    xstr_t dump = {"abcdef", 3};
    six_t six = {{0x20, 1, 0xd, 0xb8}};
    WPP_INIT_TRACING(L"complex");
    Show("%d %!HEXDUMP! %s %!TEXT! %!SIX! %d", 1, dump, "between", dump, &six, 2);
    WPP_CLEANUP();
    return 0;
}
''')
for compiler in COMPILERS:
    for language in ('c', 'c++'):
        result = compile_with(compiler, language, '-x', language, '-o', 'complex', 'complex.c', driver=False)
        shown = run('./complex', OVERLAPPED_TRACE='driver') if result[0] == 0 else result
        ok('ALL: 1 616263 between abc 2001:db8:0:0:0:0:0:0 2' in shown[2], f'{compiler} {language}: complex types', shown)

# The same name with another configuration, many at once: each has its own.
for i in range(8):
    write(f'same{i}/same.c', HEAD + f'// begin_wpp config\n// FUNC Trace{i}{{LEVEL=ALL}}(MSG, ...);\n// end_wpp\n#include "same.tmh"\nvoid f(void);\nvoid f(void) {{ Trace{i}("{i}"); }}\n')
with ThreadPoolExecutor(8) as pool:
    made = list(pool.map(lambda i: compile_with(COMPILERS[0], 'c', '-MD', '-MF', f'same{i}.d', '-c', '-o', f'same{i}.o', f'same{i}/same.c', driver=False), range(8)))
ok(all(r[0] == 0 for r in made), 'eight of one name at once', made)
depends = [re.findall(r'\S+\.tmh', open(f'{scratch}/same{i}.d', encoding='utf-8').read()) for i in range(8)]
ok(len({d[0] for d in depends}) == 8 and all(os.path.exists(d[0]) for d in depends), 'what a depfile names stays', depends)
compile_with(COMPILERS[0], 'c', '-MMD', '-MF', 'user.d', '-c', '-o', 'same0.o', 'same0/same.c', driver=False)
ok('.tmh' not in open(f'{scratch}/user.d', encoding='utf-8').read(), '-MMD names none')

# Headers in another case than their includes, as the template has them; what the system or we have stays theirs.
os.makedirs(f'{scratch}/cased/Inc')
for name in os.listdir(sources):
    shutil.copy(f'{sources}/{name}', f'{scratch}/cased/{name[0].upper() + name[1:] if name.endswith(".h") else name}')
write('cased/Inc/Shared.h', '#define SHARED 3\n')
write('cased/String.h', '#error "not this one"\n')
write('cased/Driver.c', '#include "inc\\shared.h"\n#include "string.h"\nint shared = SHARED;\n' + open(f'{scratch}/cased/Driver.c', encoding='utf-8').read())
result = compile_with(COMPILERS[0], 'c', '-MMD', '-MF', 'cased.d', '-c', '-o', 'Driver.o', 'cased/Driver.c')
ok(result[0] == 0 and 'cased/Trace.h' in open(f'{scratch}/cased.d', encoding='utf-8').read() if result[0] == 0 else False, 'Trace.h for "trace.h"', result)
result = compile_with(COMPILERS[0], 'c', '-o', 'cased.so', *(f'cased/{s}.c' for s in ('Driver', 'Device', 'Queue')))
ok(result[0] == 0 and 'BoardServing' in board('cased.so')[2], 'and its blocks and enumerations are found', result)

# ovl wpp, and a .tmh that is there.
result = run(ovl, 'wpp', '-km', '-odir:.', '-preserveext:.h', f'{sources}/Device.c', f'{sources}/trace.h')
text = open(f'{scratch}/Device.tmh', encoding='utf-8').read() if result[0] == 0 else ''
ok('#define TraceEvents(LEVEL, FLAGS, MSG, ...)' in text and os.path.exists(f'{scratch}/trace.h.tmh'), 'ovl wpp', result)
write('same0/same.tmh', '#error "mine"\n')
result = compile_with(COMPILERS[0], 'c', '-c', '-o', 'same0.o', 'same0/same.c', driver=False)
ok(result[0] != 0 and 'mine' in result[2], 'a file that is there is not made anew', result)
ok(run(ovl, 'wpp')[0] == 2 and run(ovl, 'wpp', '-nonsense', 'a.c')[0] != 0 and run(ovl, 'wpp', 'absent.c')[0] == 1, 'wrong uses')

# Errors.
write('open.c', HEAD + '// begin_wpp config\n// FUNC Trace(LEVEL,\n// end_wpp\n#include "open.tmh"\n')
result = compile_with(COMPILERS[0], 'c', '-c', 'open.c', driver=False)
ok(result[0] == 1 and 'open.c:4: a statement is not closed' in result[2], 'a statement that is not closed', result)
write('odd.c', HEAD + '/* begin_wpp config\n   words\n   FUNC Trace{LEVEL}(MSG, ...);\n   end_wpp */\n#include "odd.tmh"\n')
result = compile_with(COMPILERS[0], 'c', '-c', 'odd.c', driver=False)
ok(result[0] == 1 and 'odd.c:5: this is not understood' in result[2], 'a preset without a value', result)
write('no.c', '#include "no.tmh"\n')
result = compile_with(COMPILERS[0], 'c', '-c', 'no.c', driver=False)
ok(result[0] != 0 and 'WPP_CONTROL_GUIDS must be defined' in result[2], 'no WPP_CONTROL_GUIDS', result)
write('up.c', HEAD + '#include "../up.tmh"\n')
result = compile_with(COMPILERS[0], 'c', '-c', 'up.c', driver=False)
ok(result[0] == 1 and '../up.tmh' in result[2], 'a place outside', result)
write('simple.c', HEAD + '// begin_wpp config\n// DEFINE_SIMPLE_TYPE(MINE, ULONG, ItemLong, "d", _MINE_, 0);\n// end_wpp\n#include "simple.tmh"\n')
result = compile_with(COMPILERS[0], 'c', '-c', 'simple.c', driver=False)
ok(result[0] == 0 and 'simple.c:4: warning' in result[2], 'a type that cannot be defined is told of', result)
result = run(ovcc, '-c', 'same1/same.c', XDG_CACHE_HOME='/dev/null/x')
ok(result[0] == 1 and '/dev/null/x' in result[2], 'no place for what is made', result)
result = run(ovcc, '-c', 'touch.c', XDG_CACHE_HOME='/dev/null/x')
ok(result[0] == 0, 'a source without a .tmh needs none', result)

finish()
