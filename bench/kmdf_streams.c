/* SPDX-License-Identifier: MIT */
/*
 * Reads of the virtual test device's pattern at SuperSpeed by static streams, through the streams example driver (driver=PATH): 16 reads of
 * `size` bytes are kept pending, spread over `streams` streams. slow=1 has the device delay each packet of one more stream, whose reads are
 * not counted: do the others notice? The rate is that of the upper decile of slices of 2 ms, so that a busy machine's other programs are seen less.
 */
#include "measure.h"

#include <windows.h>
#include <cfgmgr32.h>
#include <winioctl.h>
#include <overlapped.h>
#include <stdlib.h>
#include <string.h>

#include "../examples/drivers/streams.h"

enum { PENDING = 16, SLICE_NS = 2000000, SLICES_MOST = 60000 };

struct transfer {
    OVERLAPPED overlapped; /* first: the port gives its address */
    ULONG stream;
    UCHAR *buffer;
};

static struct transfer transfers[PENDING + 1];
static HANDLE device, port;
static ULONG size, streams, slow;

static void check(BOOL good, const char *what)
{
    if (!good)
        die_code(what, GetLastError());
}

static void device_open(const char *path)
{
    static WCHAR list[1024];
    char text[1100] = "";
    struct ovl_usb_device *attached;
    struct ovl_driver *driver;
    uint32_t error = ovl_usb_attach("mutt", slow ? "speed=super,mode=pattern,faults=nak:ep=81:stream=16:ms=10" : "speed=super,mode=pattern",
                                    &attached);
    if (error != 0)
        die_code("ovl_usb_attach", error);
    strncat(text, path, 1000);
    strcat(text, ",id=USB\\VID_1209&PID_0001");
    error = ovl_driver_load(text, &driver);
    if (error != 0)
        die_code("ovl_driver_load", error);
    CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_STREAMS, NULL, list, 1024, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    device = CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    check(device != INVALID_HANDLE_VALUE, "CreateFile");
    port = CreateIoCompletionPort(device, NULL, 1, 1);
    check(port != NULL, "CreateIoCompletionPort");
}

static void begin(struct transfer *transfer)
{
    check(DeviceIoControl(device, IOCTL_STREAMS_READ, &transfer->stream, sizeof transfer->stream, transfer->buffer, size, NULL,
                          &transfer->overlapped) || GetLastError() == ERROR_IO_PENDING, "the read");
}

static struct transfer *next(BOOL whole)
{
    DWORD bytes = 0;
    ULONG_PTR key;
    OVERLAPPED *got = NULL;
    BOOL good = GetQueuedCompletionStatus(port, &bytes, &key, &got, INFINITE);
    check(!whole || (good && bytes == size), "GetQueuedCompletionStatus");
    return (struct transfer *)got;
}

static uint64_t run(uint64_t until)
{
    uint64_t ops = 0;
    while (now_ns() < until) {
        struct transfer *transfer = next(TRUE);
        ops += transfer != &transfers[PENDING];
        begin(transfer);
    }
    return ops;
}

int main(int argc, char **argv)
{
    uint64_t ms = (uint64_t)arg_number(argc, argv, "ms", 1000);
    size = (ULONG)arg_number(argc, argv, "size", 65536);
    streams = (ULONG)arg_number(argc, argv, "streams", 16);
    slow = (ULONG)arg_number(argc, argv, "slow", 0);
    device_open(arg_text(argc, argv, "driver", ""));
    ULONG begun = PENDING + (slow != 0);
    for (ULONG i = 0; i < begun; i++) {
        transfers[i].stream = i == PENDING ? 16 : 1 + i % streams;
        transfers[i].buffer = malloc(size);
        if (transfers[i].buffer == NULL)
            die("malloc");
        begin(&transfers[i]);
    }
    run(now_ns() + 20000000); /* warm */
    static uint64_t rates[SLICES_MOST];
    size_t slices = 0;
    double cpu = cpu_seconds();
    uint64_t start = now_ns(), ops = 0, now;
    while ((now = now_ns()) < start + ms * 1000000 && slices < SLICES_MOST) {
        uint64_t done = run(now + SLICE_NS);
        rates[slices++] = done * 1000000000 / (now_ns() - now);
        ops += done;
    }
    uint64_t elapsed = now_ns() - start;
    cpu = cpu_seconds() - cpu;
    CancelIoEx(device, NULL);
    for (ULONG i = 0; i < begun; i++)
        next(FALSE);
    report("bytes_s", (double)percentile(rates, slices, 0.9) * size);
    report_rate((double)ops, elapsed, cpu);
    return 0;
}
