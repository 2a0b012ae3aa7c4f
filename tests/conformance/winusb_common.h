/* SPDX-License-Identifier: MIT */
/* What the WinUSB tests share: the test device by its interface name, and short forms of the calls.
 */
#ifndef TESTS_WINUSB_COMMON_H
#define TESTS_WINUSB_COMMON_H

#include "../tap.h"

#include <winusb.h>
#ifdef __linux__
#include <overlapped.h>
#else
#define ovl_usb_clock(permille) ((void)(permille)) /* a real bus does not stop */
#endif

#ifndef ERROR_NO_SUCH_DEVICE
#define ERROR_NO_SUCH_DEVICE 433
#endif

/* The device hangs on a bus that loses nothing, however busy the machine is. */
TAP_MAYBE BOOL is_virtual(void)
{
#ifdef __linux__
    struct ovl_usb_info *list = NULL;
    uint32_t count = 0;
    BOOL found =
        ovl_usb_list(&list, &count) == 0 && count > 0 && strcmp(list[0].host, "virtual") == 0;
    ovl_free(list);
    return found;
#else
    return FALSE;
#endif
}

enum {
    BULK_OUT = 0x01,
    BULK_IN = 0x81,
    INTERRUPT_OUT = 0x02,
    INTERRUPT_IN = 0x82,
    ISOCH_OUT = 0x03,
    ISOCH_IN = 0x83
};
enum { SET_MODE = 0x01, ECHO = 0x30, MODE_LOOPBACK = 0, MODE_PATTERN = 1 };

static WCHAR device_path[300];
static HANDLE device;
static WINUSB_INTERFACE_HANDLE usb;

TAP_MAYBE HANDLE device_open(DWORD flags)
{
    return CreateFileW(device_path, GENERIC_READ | GENERIC_WRITE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                       FILE_ATTRIBUTE_NORMAL | flags, NULL);
}

/* The device's interface name. Where no device was asked for, the test is skipped as a whole. */
TAP_MAYBE void device_find(void)
{
    static const WCHAR name[] =
        L"\\\\?\\usb#vid_1209&pid_0001#0001#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}";
    memcpy(device_path, name, sizeof name);
    HANDLE probe = device_open(FILE_FLAG_OVERLAPPED);
    if (probe == INVALID_HANDLE_VALUE) {
        const char *asked = getenv("OVERLAPPED_USB");
        if (asked != NULL && *asked != '\0') {
            printf("Bail out! OVERLAPPED_USB is %s, but the device does not open: %u\n", asked,
                   (unsigned)GetLastError());
            exit(3);
        }
        puts("1..0 # SKIP no test device");
        exit(0);
    }
    CloseHandle(probe);
}

TAP_MAYBE void device_begin(void)
{
    device = device_open(FILE_FLAG_OVERLAPPED);
    if (device == INVALID_HANDLE_VALUE || !WinUsb_Initialize(device, &usb)) {
        printf("Bail out! the device does not open: %u\n", (unsigned)GetLastError());
        _Exit(3);
    }
}

TAP_MAYBE void device_end(void)
{
    WinUsb_Free(usb);
    CloseHandle(device);
}

TAP_MAYBE BOOL control(UCHAR type, UCHAR request, USHORT value, USHORT index, void *data,
                       USHORT length, ULONG *moved)
{
    WINUSB_SETUP_PACKET setup = {type, request, value, index, length};
    return WinUsb_ControlTransfer(usb, setup, data, length, moved, NULL);
}

TAP_MAYBE BOOL set_mode(USHORT mode)
{
    return control(0x40, SET_MODE, mode, 0, NULL, 0, NULL);
}

TAP_MAYBE BOOL policy_set(UCHAR pipe, ULONG policy, UCHAR value)
{
    return WinUsb_SetPipePolicy(usb, pipe, policy, sizeof value, &value);
}

/* The last error of an overlapped request that is waited for; *moved is what it moved. */
TAP_MAYBE DWORD finish(BOOL started, OVERLAPPED *overlapped, DWORD *moved)
{
    if (!started && GetLastError() != ERROR_IO_PENDING)
        return GetLastError();
    return WinUsb_GetOverlappedResult(usb, overlapped, moved, TRUE) ? 0 : GetLastError();
}

#endif
