/* SPDX-License-Identifier: MIT */
/*
 * Bulk reads of the virtual test device's pattern: via=driver goes by ReadFile through the KMDF driver bulk_driver.c (driver=PATH), via=winusb
 * by WinUsb_ReadPipe. Both handles are overlapped, both reads waited for one at a time (depth=1, GetOverlappedResult), or `depth`
 * of them are kept pending through a completion port.
 */
#include "measure.h"

#include <windows.h>
#include <cfgmgr32.h>
#include <winusb.h>
#include <overlapped.h>
#include <stdlib.h>
#include <string.h>

#include "bulk_driver.h"

enum { DEPTH_MOST = 64 };

struct transfer {
    OVERLAPPED overlapped; /* first: the port gives its address */
    UCHAR *buffer;
};

static WINUSB_INTERFACE_HANDLE usb;
static HANDLE device;
static ULONG size;

static void check(BOOL good, const char *what)
{
    if (!good)
        die_code(what, GetLastError());
}

static void open_winusb(void)
{
    device = CreateFileA("\\\\?\\usb#vid_1209&pid_0001#0001#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                         OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    check(device != INVALID_HANDLE_VALUE, "CreateFile");
    check(WinUsb_Initialize(device, &usb), "WinUsb_Initialize");
}

static void open_driver(const char *path)
{
    static WCHAR list[1024];
    char text[1100] = "";
    struct ovl_driver *driver;
    strncat(text, path, 1000);
    strcat(text, ",id=USB\\VID_1209&PID_0001");
    uint32_t error = ovl_driver_load(text, &driver);
    if (error != 0)
        die_code("ovl_driver_load", error);
    CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_BULK, NULL, list, 1024, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    device = CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    check(device != INVALID_HANDLE_VALUE, "CreateFile");
}

static void begin(struct transfer *transfer)
{
    BOOL done = usb != NULL ? WinUsb_ReadPipe(usb, 0x81, transfer->buffer, size, NULL, &transfer->overlapped)
                            : ReadFile(device, transfer->buffer, size, NULL, &transfer->overlapped);
    check(done || GetLastError() == ERROR_IO_PENDING, "the read");
}

static uint64_t one_at_a_time(struct transfer *transfer, uint64_t until)
{
    uint64_t ops = 0;
    transfer->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    do {
        DWORD bytes = 0;
        begin(transfer);
        check(GetOverlappedResult(device, &transfer->overlapped, &bytes, TRUE) && bytes == size, "GetOverlappedResult");
        ops++;
    } while (now_ns() < until);
    return ops;
}

static uint64_t many_at_a_time(struct transfer *transfers, int depth, uint64_t until)
{
    HANDLE port = CreateIoCompletionPort(device, NULL, 1, 1);
    uint64_t ops = 0;
    int pending = depth;
    check(port != NULL, "CreateIoCompletionPort");
    for (int i = 0; i < depth; i++)
        begin(&transfers[i]);
    while (pending > 0) {
        DWORD bytes = 0;
        ULONG_PTR key;
        OVERLAPPED *got;
        check(GetQueuedCompletionStatus(port, &bytes, &key, &got, INFINITE) && bytes == size, "GetQueuedCompletionStatus");
        ops++;
        if (now_ns() < until)
            begin((struct transfer *)got);
        else
            pending--;
    }
    return ops;
}

int main(int argc, char **argv)
{
    static struct transfer transfers[DEPTH_MOST];
    struct ovl_usb_device *attached;
    uint64_t ms = (uint64_t)arg_number(argc, argv, "ms", 1000);
    int depth = (int)arg_number(argc, argv, "depth", 1);
    size = (ULONG)arg_number(argc, argv, "size", 4096);
    uint32_t error = ovl_usb_attach("mutt", "speed=high,mode=pattern", &attached);
    if (error != 0)
        die_code("ovl_usb_attach", error);
    if (strcmp(arg_text(argc, argv, "via", "driver"), "winusb") == 0)
        open_winusb();
    else
        open_driver(arg_text(argc, argv, "driver", ""));
    for (int i = 0; i < depth && i < DEPTH_MOST; i++)
        if ((transfers[i].buffer = malloc(size)) == NULL)
            die("malloc");
    one_at_a_time(&transfers[0], now_ns() + 20000000); /* warm */
    transfers[0].overlapped.hEvent = NULL;
    double cpu = cpu_seconds();
    uint64_t start = now_ns(), until = start + ms * 1000000;
    uint64_t ops = depth == 1 ? one_at_a_time(&transfers[0], until) : many_at_a_time(transfers, depth, until);
    report_rate((double)ops, now_ns() - start, cpu_seconds() - cpu);
    return 0;
}
