/* SPDX-License-Identifier: MIT */
/* Reads a bulk pipe through WinUSB with several overlapped reads in flight, their ends taken from a completion port. Whether the device is the
 * machine's (usbfs) or a server's (USB/IP) is not its business. usb_read [size=N] [depth=N] [total=N] */
#include <stdlib.h>
#include <winusb.h>

#include "../measure.h"

enum { DEPTH_MAX = 32, PIPE = 0x81 };

static OVERLAPPED overlapped[DEPTH_MAX];
static UCHAR *buffers[DEPTH_MAX];

static void read_start(WINUSB_INTERFACE_HANDLE usb, int which, ULONG size)
{
    overlapped[which] = (OVERLAPPED){0};
    if (!WinUsb_ReadPipe(usb, PIPE, buffers[which], size, NULL, &overlapped[which]) && GetLastError() != ERROR_IO_PENDING)
        die_code("WinUsb_ReadPipe", GetLastError());
}

int main(int argc, char **argv)
{
    ULONG size = (ULONG)arg_number(argc, argv, "size", 1 << 20);
    int depth = (int)arg_number(argc, argv, "depth", 4);
    uint64_t total = (uint64_t)arg_number(argc, argv, "total", 32 << 20);
    HANDLE device = CreateFileW(L"\\\\?\\usb#vid_1d6b&pid_0104#guest0#{58d07210-27c1-11dd-bd0b-0800200c9a66}", GENERIC_READ | GENERIC_WRITE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    WINUSB_INTERFACE_HANDLE usb;
    if (device == INVALID_HANDLE_VALUE || !WinUsb_Initialize(device, &usb))
        die_code("the device", GetLastError());
    UCHAR on = 1;
    if (!WinUsb_SetPipePolicy(usb, PIPE, RAW_IO, sizeof on, &on))
        die_code("RAW_IO", GetLastError());
    HANDLE port = CreateIoCompletionPort(device, NULL, 0, 1);
    for (int i = 0; i < depth; i++)
        buffers[i] = malloc(size);
    uint64_t begun = now_ns(), got = 0, asked = 0;
    double cpu = cpu_seconds();
    for (int i = 0; i < depth && asked < total; i++, asked += size)
        read_start(usb, i, size);
    while (got < total) {
        DWORD moved;
        ULONG_PTR key;
        OVERLAPPED *done;
        if (!GetQueuedCompletionStatus(port, &moved, &key, &done, INFINITE))
            die_code("a read", GetLastError());
        got += moved;
        if (asked < total) {
            read_start(usb, (int)(done - overlapped), size);
            asked += size;
        }
    }
    report("mb_s", (double)got * 1e3 / (double)(now_ns() - begun));
    report("cpu_us_mb", (cpu_seconds() - cpu) * 1e12 / (double)got);
    report_end();
    WinUsb_Free(usb);
    CloseHandle(device);
    return 0;
}
