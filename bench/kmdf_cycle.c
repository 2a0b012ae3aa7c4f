/* SPDX-License-Identifier: MIT */
/*
 * A driver's whole life, as a test of it would have it: the fx2 example driver (driver=PATH) is loaded, started on the virtual board, does
 * 1,000 requests (control both ways, bulk both ways), is stopped and unloaded. The median of `cycles` such lives in ms.
 */
#include "measure.h"

#include <windows.h>
#include <cfgmgr32.h>
#include <winioctl.h>
#include <overlapped.h>
#include <string.h>

#include "../examples/drivers/fx2.h"

enum { CYCLES_MOST = 1000, REQUESTS = 1000 };

static void check(BOOL good, const char *what)
{
    if (!good)
        die_code(what, GetLastError());
}

static void device_use(HANDLE device, int number)
{
    UCHAR lights = (UCHAR)number, seen = 0, out[64], in[64] = {0};
    DWORD bytes = 0;
    memset(out, number, sizeof out);
    check(DeviceIoControl(device, IOCTL_FX2_SET_BAR_GRAPH, &lights, 1, NULL, 0, &bytes, NULL), "set");
    check(DeviceIoControl(device, IOCTL_FX2_GET_BAR_GRAPH, NULL, 0, &seen, 1, &bytes, NULL) && seen == lights, "get");
    check(WriteFile(device, out, sizeof out, &bytes, NULL) && bytes == sizeof out, "WriteFile");
    check(ReadFile(device, in, sizeof in, &bytes, NULL) && bytes == sizeof in && in[63] == lights, "ReadFile");
}

static void cycle(const char *path)
{
    static WCHAR list[1024];
    char text[1100] = "";
    struct ovl_driver *driver;
    strncat(text, path, 1000);
    strcat(text, ",id=USB\\VID_0547&PID_1002");
    uint32_t error = ovl_driver_load(text, &driver);
    if (error != 0)
        die_code("ovl_driver_load", error);
    CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_FX2, NULL, list, 1024, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    HANDLE device = CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    check(device != INVALID_HANDLE_VALUE, "CreateFile");
    for (int i = 0; i < REQUESTS / 4; i++)
        device_use(device, i);
    CloseHandle(device);
    error = ovl_driver_unload(driver);
    if (error != 0)
        die_code("ovl_driver_unload", error);
}

int main(int argc, char **argv)
{
    static uint64_t times[CYCLES_MOST];
    struct ovl_usb_device *attached;
    int cycles = (int)arg_number(argc, argv, "cycles", 100);
    const char *path = arg_text(argc, argv, "driver", "");
    uint32_t error = ovl_usb_attach("fx2", NULL, &attached);
    if (error != 0 || cycles < 1 || cycles > CYCLES_MOST)
        die_code("ovl_usb_attach", error);
    double cpu = cpu_seconds();
    for (int i = 0; i < cycles; i++) {
        uint64_t start = now_ns();
        cycle(path);
        times[i] = now_ns() - start;
    }
    cpu = (cpu_seconds() - cpu) / cycles;
    report("first_ms", (double)times[0] / 1e6);
    report("worst_ms", (double)percentile(times, (size_t)cycles, 1.0) / 1e6);
    report("ms", (double)percentile(times, (size_t)cycles, 0.5) / 1e6);
    report("cpu_us", cpu * 1e6);
    report_end();
    return 0;
}
