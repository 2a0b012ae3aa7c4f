/* SPDX-License-Identifier: MIT */
/* What a suite of hundreds of driver tests does: the fx2 example driver is loaded, started on a virtual device, used, stopped and unloaded, 200
 * times in one process; the whole life with 1,000 requests takes less than 100 ms. Nothing may grow: handles, device interfaces, memory (a build with AddressSanitizer looks for every byte).
 *
 *   kmdf_cycles DRIVER [cycles] [requests in each] */
#include "../tap.h"

#include <cfgmgr32.h>
#include <winioctl.h>

#include <overlapped.h>

#include "../../examples/drivers/fx2.h"

enum { WARM_UP = 20, TIMED = 10, TIMED_REQUESTS = 1000, MOST_MS = 100 };

static const char *driver_path;
static struct ovl_usb_device *plugged;
static DWORD requests = 50, bad;

static HANDLE device_open(DWORD flags)
{
    static WCHAR list[1024];
    list[0] = 0;
    CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_FX2, NULL, list, 1024, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    return list[0] == 0 ? INVALID_HANDLE_VALUE : CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
}

/* A byte to the lights and back, a packet out and back. */
static void device_use(HANDLE device, DWORD number)
{
    UCHAR lights = (UCHAR)number, seen = (UCHAR)~lights, out[64], in[64] = {0};
    DWORD bytes = 0;
    memset(out, (int)(number ^ 0x55), sizeof out);
    bad += !DeviceIoControl(device, IOCTL_FX2_SET_BAR_GRAPH, &lights, 1, NULL, 0, &bytes, NULL);
    bad += !DeviceIoControl(device, IOCTL_FX2_GET_BAR_GRAPH, NULL, 0, &seen, 1, &bytes, NULL) || seen != lights;
    bad += !WriteFile(device, out, sizeof out, &bytes, NULL) || bytes != sizeof out;
    bad += !ReadFile(device, in, sizeof in, &bytes, NULL) || bytes != sizeof in || memcmp(in, out, sizeof in) != 0;
}

/* A read that is cancelled and closed at the last moment: the driver's objects for it are still going while the device is removed. */
static void device_leave(void)
{
    UCHAR in[64];
    OVERLAPPED ov;
    DWORD bytes;
    memset(&ov, 0, sizeof ov);
    HANDLE device = device_open(FILE_FLAG_OVERLAPPED);
    ov.hEvent = event_manual();
    bad += ReadFile(device, in, sizeof in, NULL, &ov) || GetLastError() != ERROR_IO_PENDING;
    bad += !CancelIoEx(device, &ov);
    bad += GetOverlappedResult(device, &ov, &bytes, TRUE) || GetLastError() != ERROR_OPERATION_ABORTED;
    CloseHandle(device);
    CloseHandle(ov.hEvent);
}

static BOOL cycle(void)
{
    char text[1100];
    struct ovl_driver *driver;
    snprintf(text, sizeof text, "%s,id=USB\\VID_0547&PID_1002", driver_path);
    if (ovl_driver_load(text, &driver) != 0)
        return FALSE;
    HANDLE device = device_open(0);
    BOOL good = device != INVALID_HANDLE_VALUE;
    for (DWORD i = 0; good && i < requests / 4; i++)
        device_use(device, i);
    if (good) {
        CloseHandle(device);
        device_leave();
    }
    return ovl_driver_unload(driver) == 0 && good;
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm == NULL || fscanf(statm, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (statm != NULL)
        fclose(statm);
    return resident * 4;
}

/* The shortest of some: what else the machine does is not the driver's. */
static DWORD timed_cycle_ms(void)
{
    LARGE_INTEGER frequency, begin, end;
    LONGLONG best = INT64_MAX;
    QueryPerformanceFrequency(&frequency);
    requests = TIMED_REQUESTS;
    for (int i = 0; i < TIMED; i++) {
        QueryPerformanceCounter(&begin);
        bad += !cycle();
        QueryPerformanceCounter(&end);
        if (end.QuadPart - begin.QuadPart < best)
            best = end.QuadPart - begin.QuadPart;
    }
    return (DWORD)(best * 1000 / frequency.QuadPart);
}

int main(int argc, char **argv)
{
    driver_path = argc > 1 ? argv[1] : "";
    DWORD cycles = argc > 2 ? (DWORD)atoi(argv[2]) : 200, done = 0, handles_before = 0, handles_after = 0;
    long kib_before = 0;
    if (argc > 3)
        requests = (DWORD)atoi(argv[3]);
    tap_begin();
    tap_part = "kmdf_cycles";
    is_int(ovl_usb_attach("fx2", NULL, &plugged), 0, "the device is plugged in");
    for (DWORD i = 0; i < cycles; i++) {
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
        done += cycle();
        if (i == WARM_UP) {
            GetProcessHandleCount(GetCurrentProcess(), &handles_before);
            kib_before = resident_kib();
        }
    }
    GetProcessHandleCount(GetCurrentProcess(), &handles_after);
    long grown = resident_kib() - kib_before;
    is_int(done, cycles, "each time: load, start, requests, stop, unload");
    is_int(bad, 0, "each request did what it should");
    is_int(handles_after, handles_before, "no handle is left");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(1, "a sanitizer keeps back what is freed; AddressSanitizer looks for leaks itself");
#else
    ok(grown < 2048, "memory does not grow (by %ld KiB)", grown);
#endif
    DWORD ms = timed_cycle_ms();
    ok(ms < MOST_MS && bad == 0, "load, start, %d requests, stop and unload in %u ms", TIMED_REQUESTS, (unsigned)ms);
    ovl_usb_detach(plugged);
    return tap_end();
}
