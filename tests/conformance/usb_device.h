/* SPDX-License-Identifier: MIT */
/* For tests that plug in virtual devices of their own: the newest device, opened by WinUSB. */
#ifndef TESTS_USB_DEVICE_H
#define TESTS_USB_DEVICE_H

#include "../tap.h"

#include <overlapped.h>
#include <winusb.h>

static struct ovl_usb_device *plugged;
static HANDLE device;
static WINUSB_INTERFACE_HANDLE usb;

/* The name, in ovl_usb_list, of the device that was attached last. */
TAP_MAYBE const char *device_name(void)
{
    static char name[96];
    struct ovl_usb_info *list = NULL;
    uint32_t count = 0;
    name[0] = '\0';
    if (ovl_usb_list(&list, &count) == 0 && count > 0)
        strcpy(name, list[count - 1].path);
    ovl_free(list);
    return name;
}

TAP_MAYBE void device_bail(const char *what, DWORD error)
{
    printf("Bail out! %s: error %u\n", what, (unsigned)error);
    _Exit(3);
}

/* Opens the device that was attached last. */
TAP_MAYBE void device_open_newest(void)
{
    char *path;
    DWORD error = ovl_usb_winusb(device_name(), 0, &path);
    if (error != 0)
        device_bail("ovl_usb_winusb", error);
    device = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                         FILE_FLAG_OVERLAPPED, NULL);
    if (device == INVALID_HANDLE_VALUE || !WinUsb_Initialize(device, &usb))
        device_bail(path, GetLastError());
    ovl_free(path);
}

TAP_MAYBE void device_attach(const char *model, const char *options)
{
    DWORD error = ovl_usb_attach(model, options, &plugged);
    if (error != 0)
        device_bail(options, error);
    device_open_newest();
}

TAP_MAYBE void model_attach(const struct ovl_usb_model *model, void *context, const char *options)
{
    DWORD error = ovl_usb_attach_model(model, context, options, &plugged);
    if (error != 0)
        device_bail(options, error);
    device_open_newest();
}

TAP_MAYBE void device_detach(void)
{
    WinUsb_Free(usb);
    CloseHandle(device);
    ovl_usb_detach(plugged);
}

TAP_MAYBE BOOL control_out(UCHAR request, USHORT value)
{
    WINUSB_SETUP_PACKET setup = {0x40, request, value, 0, 0};
    return WinUsb_ControlTransfer(usb, setup, NULL, 0, NULL, NULL);
}

TAP_MAYBE BOOL policy_byte(UCHAR pipe, ULONG policy, UCHAR value)
{
    return WinUsb_SetPipePolicy(usb, pipe, policy, sizeof value, &value);
}

TAP_MAYBE BOOL policy_time(UCHAR pipe, ULONG ms)
{
    return WinUsb_SetPipePolicy(usb, pipe, PIPE_TRANSFER_TIMEOUT, sizeof ms, &ms);
}

/* The last error of an overlapped request that is waited for; *moved is what it moved. */
TAP_MAYBE DWORD finish(BOOL begun, OVERLAPPED *overlapped, DWORD *moved)
{
    if (!begun && GetLastError() != ERROR_IO_PENDING)
        return GetLastError();
    return WinUsb_GetOverlappedResult(usb, overlapped, moved, TRUE) ? 0 : GetLastError();
}

#endif
