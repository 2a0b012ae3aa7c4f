#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ovl run --driver, ovl driver check and ovl mc, as a driver author uses them. usage: driver.py OVL OVCC TESTS_WDM PNP.so [-fsanitize=...]"""
import os
import re
import shutil
import sys

from checks import finish, ok, run, sanitize, scratch, write

ovl, ovcc, sources, pnp = (os.path.abspath(a) for a in sys.argv[1:5])
sanitize(sys.argv[5:])


write('use.c', r'''
#include <windows.h>
#include <cfgmgr32.h>
#include <winioctl.h>
#include <stdio.h>
#include "pnp.h"
int main(void)
{
    GUID guid = PNP_GUID;
    WCHAR path[512] = {0};
    DWORD bytes = 0;
    CM_Get_Device_Interface_ListW(&guid, NULL, path, 512, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    HANDLE device = CreateFileW(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    BOOL good = DeviceIoControl(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, &bytes, NULL);
    printf("%d %lu\n", good, bytes);
    return good ? 0 : 1;
}
''')
write('pnp.h', open(os.path.join(sources, 'pnp.h'), encoding='utf-8').read())
write('pnp_copy.c', open(os.path.join(sources, 'pnp.c'), encoding='utf-8').read())

result = run(ovl, 'run', '--driver', pnp + r',id=USB\VID_0547&PID_1002', '--usb', 'fx2', 'use.c')
ok(result[0] == 0 and result[1] == '1 77\n', 'driver, device and program come together', result)
result = run(ovl, 'run', '--driver=' + pnp + r',id=USB\VID_1111&PID_2222', '--usb=fx2', 'use.c')
ok(result[0] == 1 and result[1] == '0 0\n', 'another device is not given to it', result)
write('pnp_copy.inf', '[Version]\nClass=Sample\n[Manufacturer]\nm=Models,NTamd64\n[Models.NTamd64]\nd=I,USB\\VID_0547&PID_1002\n')
result = run(ovl, 'run', '--driver', 'pnp_copy.c', '--usb', 'fx2', 'use.c')
ok(result[0] == 0 and result[1] == '1 77\n', 'a driver as source, with the setup file beside it', result)
again = run(ovl, 'run', '--driver', 'pnp_copy.c,inf=pnp_copy.inf', '--usb', 'fx2', 'use.c')
ok(again[0] == 0, 'compiled once', again)
result = run(ovl, 'run', '--driver', 'absent.so', 'use.c')
ok(result[0] == 2 and 'absent.so' in result[2], 'a driver that is not there', result)
result = run(ovl, 'run', '--driver')
ok(result[0] == 2 and 'which driver' in result[2], 'a name is wanted', result)
write('bad.inf', '[Version\n')
result = run(ovl, 'run', '--driver', pnp + ',inf=bad.inf', '--usb', 'fx2', 'use.c')
ok('bad.inf:1: ' in result[2] and 'was not loaded' in result[2], 'an error in a setup file is told with its line', result)

result = run(ovl, 'driver', 'check', pnp)
ok(result[0] == 0 and 'IoRegisterDeviceInterface' in result[1] and 'missing' not in result[1], 'what a driver imports', result)
write('lacks.c', '#include <ntddk.h>\nNTSTATUS IoNobodyHasThis(void);\nvoid f(void); void f(void) { IoNobodyHasThis(); IoFreeIrp(0); }\n')
run(ovcc, '--driver', '-c', '-o', 'lacks.o', 'lacks.c')
result = run(ovl, 'driver', 'check', 'lacks.o')
ok(result[0] == 1 and re.search(r'missing +1 +IoNobodyHasThis', result[1]) and 'no DriverEntry' in result[1],
   'what nobody has, in an object that is not linked yet', result)
result = run(ovl, 'driver', 'check', 'lacks.c')
ok(result[0] == 2 and 'no driver' in result[2], 'something else', result)
result = run(ovl, 'driver', 'check', 'none.so')
ok(result[0] == 2, 'nothing', result)

write('pragmas.c', '''#include <ntddk.h>
#pragma warning(disable : 4200)
#pragma prefast(suppress : 28118)
#pragma comment(lib, "usbd.lib")
DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD OnUnload;
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, OnUnload)
#pragma code_seg("PAGE")
#include <pshpack1.h>
typedef struct _PACKED { UCHAR a; ULONG b; } PACKED;
#include <poppack.h>
C_ASSERT(sizeof(PACKED) == 5);
VOID OnUnload(PDRIVER_OBJECT Driver) { PAGED_CODE(); UNREFERENCED_PARAMETER(Driver); }
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) { UNREFERENCED_PARAMETER(Path); Driver->DriverUnload = OnUnload; return STATUS_SUCCESS; }
''')
write('modern.cpp', '''extern "C" {
#include <ntddk.h>
#include <wdf.h>
}
inline LONG volatile Live = 0;
template <typename F> struct Exit { F f; explicit Exit(F g) : f(g) {} ~Exit() { f(); } };
template <bool In> constexpr ULONG Flags() { if constexpr (In) return 1; else return 2; }
extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    Exit exit([] { InterlockedIncrement(&Live); });
    size_t length = 70;
    static_assert(Flags<true>() == 1 && WDF_ALIGN_SIZE_UP(13, 8) == 16);
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, [](WDFDRIVER, PWDFDEVICE_INIT) -> NTSTATUS { return STATUS_NOT_SUPPORTED; });
    return min(length, size_t{64}) == max(1u, 64u) ? WdfDriverCreate(Driver, Path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE) : STATUS_UNSUCCESSFUL;
}
''')
for compiler in [c for c in ('gcc', 'clang') if shutil.which(c)]:
    result = run(ovcc, '--driver', '-Wall', '-Wextra', '-Werror', '-c', '-o', 'pragmas.o', 'pragmas.c', OVCC_CC=compiler)
    ok(result[0] == 0, f'{compiler} -Wall is silent about the pragmas that drivers have', result)
    result = run(os.path.join(os.path.dirname(ovcc), 'ovc++'), '--driver', '-Wall', '-Wextra', '-Werror', '-o', 'modern.so', 'modern.cpp', OVCC_CC=compiler)
    ok(result[0] == 0, f'{compiler}: a driver in C++17, with min and max', result)

result = run(ovl, 'mc', '-o', 'events.h', os.path.join(sources, 'events.man'))
ok(result[0] == 0, 'a manifest becomes a header', result)
result = run(ovcc, '--driver', '-I.', '-Wall', '-Wextra', '-Werror', '-o', 'events.so', os.path.join(sources, 'events.c'))
ok(result[0] == 0, 'which compiles in a driver', result)
write('touch.c', '#include <windows.h>\nint main(void) { CreateFileW(L"\\\\\\\\.\\\\Nothing", 0, 0, NULL, 3, 0, NULL); return 0; }\n')
result = run(ovl, 'run', '--driver', 'events.so', '--trace=driver', 'touch.c')
lines = result[2]
ok('Ovl-Test: DeviceFailed: Device left failed with 0xc0000001 & -5 (100%)' in lines, 'an event with its message', result)
ok('Ovl-Test: DataSeen: {5ab7e8c4-7a3f-4d1c-9b1e-0c3a6f2d8e12} Length=2 Data=dead Ansi_Text=text '
   'Id={5ab7e8c4-7a3f-4d1c-9b1e-0c3a6f2d8e12} Ratio=0.5 Good=true' in lines, 'an event with all kinds of fields', result)
ok('Ovl-Test: Named: Activity={5ab7e8c4-7a3f-4d1c-9b1e-0c3a6f2d8e12} event=1 values=2' in lines, 'fields of any name', result)
ok(lines.count('Ovl-Test: Plain:') == 1, 'events are written while the provider is registered', result)
ok('descriptor 1 2 8 2 1 3 12' in lines, 'the descriptor', result)
write('bad.man', '<a>\n<provider name="x" guid="{5ab7e8c4-7a3f-4d1c-9b1e-0c3a6f2d8e12}"><event value="1" template="No"/></provider></a>')
result = run(ovl, 'mc', 'bad.man')
ok(result[0] == 1 and 'bad.man:2: ' in result[2] and not os.path.exists(scratch + '/bad.h'), 'a template that nobody defines', result)
write('cut.man', '<a>\n<b c="d>')
result = run(ovl, 'mc', 'cut.man')
ok(result[0] == 1 and 'cut.man:2: ' in result[2], 'a manifest that is cut off', result)
result = run(ovl, 'mc', '-um', '-p', 'Trace', '-o', 'user.h', os.path.join(sources, 'events.man'))
ok(result[0] == 0 and '#define TraceDeviceFailed(Name, Status, Delta)' in open(scratch + '/user.h').read(),
   'for programs: no activity, a prefix of one\'s own', result)

finish()
