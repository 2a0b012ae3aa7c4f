/* SPDX-License-Identifier: MIT */
/*
 * Bulk streams through a KMDF driver (driver=FILE, examples/drivers/streams_driver.c) on the virtual SuperSpeed test device: `flight`
 * loop-backs of `size` bytes at once, spread over `streams` streams. slow=1: the device delays one more stream's data all the while.
 */
#include "measure.h"

#include <windows.h>
#include <cfgmgr32.h>
#include <overlapped.h>
#include <stdlib.h>
#include <string.h>
#include <winioctl.h>

#include "../examples/drivers/streams.h"

enum { FLIGHT = 64 };

struct half {
    OVERLAPPED overlapped;
    ULONG stream;
    BOOL pending;
};

static HANDLE device;
static ULONG size, flight, streams;
static UCHAR *out, *in;
static struct half writes[FLIGHT], reads[FLIGHT], slow_read;

static void check(BOOL good, const char *what)
{
    if (!good)
        die_code(what, GetLastError());
}

static void device_open(const char *file, const char *faults)
{
    static WCHAR list[4096];
    struct ovl_usb_device *attached;
    struct ovl_driver *driver;
    char text[4096];
    snprintf(text, sizeof text, "%s,id=USB\\VID_1209&PID_0001", file);
    if (ovl_driver_load(text, &driver) != 0)
        die("the driver cannot be loaded");
    snprintf(text, sizeof text, "speed=super%s%s", faults[0] != '\0' ? ",faults=" : "", faults);
    if (ovl_usb_attach("mutt", text, &attached) != 0)
        die("ovl_usb_attach");
    if (CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_STREAMS, NULL, list, sizeof list / sizeof *list,
                                      CM_GET_DEVICE_INTERFACE_LIST_PRESENT) != CR_SUCCESS || list[0] == 0)
        die("no device interface");
    device = CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    check(device != INVALID_HANDLE_VALUE, "CreateFile");
}

static void begin(struct half *half, DWORD code, ULONG stream, UCHAR *data)
{
    half->stream = stream;
    check(DeviceIoControl(device, code, &half->stream, sizeof half->stream, data, size, NULL, &half->overlapped) ||
              GetLastError() == ERROR_IO_PENDING, "begin");
}

static void end(struct half *half)
{
    DWORD moved = 0;
    check(GetOverlappedResult(device, &half->overlapped, &moved, TRUE) && moved == size, "end");
}

static void round_trip(void)
{
    for (ULONG i = 0; i < flight; i++)
        begin(&reads[i], IOCTL_STREAMS_READ, i % streams + 1, in + i * size);
    for (ULONG i = 0; i < flight; i++)
        begin(&writes[i], IOCTL_STREAMS_WRITE, i % streams + 1, out);
    for (ULONG i = 0; i < flight; i++) {
        end(&writes[i]);
        end(&reads[i]);
    }
}

int main(int argc, char **argv)
{
    uint64_t ms = (uint64_t)arg_number(argc, argv, "ms", 1000), ops = 0;
    BOOL slow = arg_number(argc, argv, "slow", 0) != 0;
    size = (ULONG)arg_number(argc, argv, "size", 16384);
    streams = (ULONG)arg_number(argc, argv, "streams", 15);
    flight = (ULONG)arg_number(argc, argv, "flight", 15);
    out = malloc(size);
    in = calloc(FLIGHT, size);
    if (out == NULL || in == NULL || flight > FLIGHT || streams > 15)
        die("arguments");
    memset(out, 0x5a, size);
    for (ULONG i = 0; i < flight; i++)
        reads[i].overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL), writes[i].overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    device_open(arg_text(argc, argv, "driver", ""), slow ? "slow:ep=81:stream=16:ms=50" : "");
    if (slow) { /* it has one packet to wait for, over and over */
        slow_read.overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        begin(&slow_read, IOCTL_STREAMS_READ, 16, malloc(size));
        begin(&writes[0], IOCTL_STREAMS_WRITE, 16, out);
        end(&writes[0]);
    }
    for (int i = 0; i < 50; i++)
        round_trip();
    uint64_t start = now_ns();
    double cpu = cpu_seconds();
    for (; now_ns() - start < ms * 1000000u; ops += flight)
        round_trip();
    uint64_t elapsed = now_ns() - start;
    if (memcmp(in + (flight - 1) * size, out, size) != 0)
        die("what came back");
    report("bytes_s", (double)ops * size / ((double)elapsed / 1e9));
    report_rate((double)ops, elapsed, cpu_seconds() - cpu);
    return 0;
}
