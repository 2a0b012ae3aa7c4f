/* SPDX-License-Identifier: MIT */
/*
 * What a function driver costs: the same small bulk transfers on the virtual fx2 board, by WinUSB, or with driver=FILE by ReadFile and
 * WriteFile through a KMDF driver (examples/drivers/fx2_driver.c). One operation is a write and the read that brings it back.
 */
#include "measure.h"

#include <windows.h>
#include <winusb.h>
#include <cfgmgr32.h>
#include <overlapped.h>
#include <stdlib.h>
#include <string.h>

#include "../examples/drivers/fx2.h"

static HANDLE device;
static WINUSB_INTERFACE_HANDLE usb;

static void check(BOOL good, const char *what)
{
    if (!good)
        die_code(what, GetLastError());
}

static HANDLE interface_open(const GUID *guid)
{
    static WCHAR list[4096];
    if (CM_Get_Device_Interface_ListW((LPGUID)guid, NULL, list, sizeof list / sizeof *list, CM_GET_DEVICE_INTERFACE_LIST_PRESENT) !=
            CR_SUCCESS || list[0] == 0)
        die("no such device interface");
    return CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

static void device_open(const char *driver_file)
{
    static const GUID winusb = {0x573e8c73, 0x0cb4, 0x4471, {0xa1, 0xbf, 0xfa, 0xb2, 0x6c, 0x31, 0xd3, 0x84}};
    struct ovl_usb_device *attached;
    struct ovl_driver *driver;
    char spec[4096];
    snprintf(spec, sizeof spec, "%s,id=USB\\VID_0547&PID_1002", driver_file);
    if (driver_file[0] != '\0' && ovl_driver_load(spec, &driver) != 0)
        die("the driver cannot be loaded");
    if (ovl_usb_attach("fx2", "", &attached) != 0)
        die("ovl_usb_attach");
    device = interface_open(driver_file[0] != '\0' ? &GUID_DEVINTERFACE_FX2 : &winusb);
    check(device != INVALID_HANDLE_VALUE, "CreateFile");
    if (driver_file[0] == '\0')
        check(WinUsb_Initialize(device, &usb), "WinUsb_Initialize");
}

static void finish(BOOL begun, OVERLAPPED *overlapped, ULONG size)
{
    DWORD moved;
    check(begun || GetLastError() == ERROR_IO_PENDING, "begin");
    check((usb != NULL ? WinUsb_GetOverlappedResult(usb, overlapped, &moved, TRUE) : GetOverlappedResult(device, overlapped, &moved, TRUE)) &&
              moved == size, "end");
}

static void loop(UCHAR *out, UCHAR *in, ULONG size, OVERLAPPED *overlapped)
{
    finish(usb != NULL ? WinUsb_WritePipe(usb, 0x06, out, size, NULL, overlapped) : WriteFile(device, out, size, NULL, overlapped),
           overlapped, size);
    finish(usb != NULL ? WinUsb_ReadPipe(usb, 0x88, in, size, NULL, overlapped) : ReadFile(device, in, size, NULL, overlapped),
           overlapped, size);
}

int main(int argc, char **argv)
{
    ULONG size = (ULONG)arg_number(argc, argv, "size", 512);
    uint64_t ms = (uint64_t)arg_number(argc, argv, "ms", 1000), ops = 0;
    UCHAR *out = malloc(size), *in = calloc(1, size);
    OVERLAPPED overlapped = {0};
    if (out == NULL || in == NULL)
        die("malloc");
    memset(out, 0x5a, size);
    overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    device_open(arg_text(argc, argv, "driver", ""));
    for (int i = 0; i < 1000; i++)
        loop(out, in, size, &overlapped);
    uint64_t begin = now_ns();
    double cpu = cpu_seconds();
    for (; now_ns() - begin < ms * 1000000u; ops++)
        loop(out, in, size, &overlapped);
    if (memcmp(in, out, size) != 0)
        die("what came back");
    report_rate((double)ops, now_ns() - begin, cpu_seconds() - cpu);
    return 0;
}
