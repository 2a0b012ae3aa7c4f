/* SPDX-License-Identifier: MIT */
/* Finds the board, asks how often its traces looked at their arguments; and traces a little itself.
 */
#define INITGUID
#include <windows.h>
#include <winioctl.h>
#include <cfgmgr32.h>
#include <evntrace.h>
#include <stdio.h>

#include "public.h"

#define WPP_CONTROL_GUIDS                                                                          \
    WPP_DEFINE_CONTROL_GUID(TracedProgram, (8e4b1f60, 2d77, 4a35, b1c9, 00ff12ab34cd),             \
                            WPP_DEFINE_BIT(NOISE) WPP_DEFINE_BIT(RESULT))                          \
    WPP_DEFINE_CONTROL_GUID(TracedOther, (9e4b1f60, 2d77, 4a35, b1c9, 00ff12ab34cd),               \
                            WPP_DEFINE_BIT(OTHER))
#include "traced_program.tmh"

int main(void)
{
    WCHAR list[512] = L"";
    ULONG looked = 0;
    DWORD bytes = 0;
    WPP_INIT_TRACING(L"TracedProgram");
    DoTraceMessage(NOISE, L"wide \x20ac %d %s", 7, "narrow");
    CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_TracedBoard, NULL, list, 512,
                                  CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    HANDLE device = CreateFileW(list, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    BOOL done =
        DeviceIoControl(device, IOCTL_TRACED_STATE, NULL, 0, &looked, sizeof looked, &bytes, NULL);
    DoTraceMessage(RESULT, "%!bool! %u %!WINERROR! %S", done, looked, done ? 0 : GetLastError(),
                   list[0] != 0 ? L"found" : L"absent");
    DoTraceMessage(OTHER, "other %.*s|%5d|%-5s|", 3, "abcdef", 42, "x");
    CloseHandle(device);
    printf("%d %u\n", (int)done, looked);
    WPP_CLEANUP();
    return 0;
}
