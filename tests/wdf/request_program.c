/* SPDX-License-Identifier: MIT */
/* The program of the request tests: buffers of every kind as the driver sees them, creates through a queue, cancelling before marking; and,
 * for request_broken.py, a driver that breaks a rule. Arguments: the driver; the number of the rule. */
#include "../tap.h"

#include <winioctl.h>

#include "overlapped.h"
#include "request_test.h"

static HANDLE open_device(const char *kind)
{
    char name[64];
    snprintf(name, sizeof name, "\\\\.\\OvlReq%s", kind);
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static struct request_facts facts_of(HANDLE device)
{
    struct request_facts facts = {.wrong = -1};
    DWORD bytes;
    DeviceIoControl(device, IOCTL_REQUEST_FACTS, NULL, 0, &facts, sizeof facts, &bytes, NULL);
    return facts;
}

static void test_buffers(void)
{
    static const char *const kinds[] = {"Buffered", "Direct", "Neither"};
    static const DWORD codes[] = {IOCTL_REQUEST_BUFFERED, IOCTL_REQUEST_IN, IOCTL_REQUEST_OUT, IOCTL_REQUEST_NEITHER};
    static const char *const methods[] = {"buffered", "in direct", "out direct", "neither"};
    for (int kind = 0; kind < 3; kind++) {
        HANDLE device = open_device(kinds[kind]);
        DWORD bytes;
        int wrong = -1;
        char read[8] = {0};
        ok(device != INVALID_HANDLE_VALUE && facts_of(device).creates == (unsigned)kind + 1, "%s I/O: the create came through a queue",
           kinds[kind]);
        BOOL good = ReadFile(device, read, sizeof read, &bytes, NULL);
        memcpy(&wrong, read, sizeof wrong);
        ok(good && facts_of(device).wrong == 0 && (kind == 2 || (bytes == 8 && wrong == 0)), "a read's buffers: %d", facts_of(device).wrong);
        good = WriteFile(device, "written!", 8, &bytes, NULL);
        ok(good && bytes == 8 && facts_of(device).wrong == 0, "a write's buffers: %d", facts_of(device).wrong);
        for (int method = 0; method < 4; method++) {
            char in[8] = "control", out[8] = "control";
            wrong = -1;
            good = DeviceIoControl(device, codes[method], in, 7, out, sizeof out, &bytes, NULL);
            memcpy(&wrong, out, sizeof wrong);
            ok(good && bytes == 8 && wrong == 0, "a control code's buffers, %s: %d", methods[method], facts_of(device).wrong);
        }
        good = DeviceIoControl(device, IOCTL_REQUEST_EMPTY, NULL, 0, NULL, 0, &bytes, NULL);
        ok(good && facts_of(device).wrong == 0, "no buffers are STATUS_BUFFER_TOO_SMALL: %d", facts_of(device).wrong);
        struct request_facts facts = facts_of(device);
        ok(facts.looked == 7u * ((unsigned)kind + 1) && facts.memory_first == facts.looked, "memory below a request goes before it");
        ok(facts.irp_in_cleanup >= facts.looked, "whose cleanup still finds the IRP");
        CloseHandle(device);
    }
}

struct later {
    HANDLE device;
    OVERLAPPED *overlapped;
};

static DWORD WINAPI cancel_soon(void *context)
{
    struct later *what = context;
    while (!CancelIoEx(what->device, what->overlapped)) /* until it is there to be cancelled */
        Sleep(1);
    return 0;
}

static void test_cancelled_before(void)
{
    HANDLE device = CreateFileA("\\\\.\\OvlReqBuffered", GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED overlapped = {0};
    overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    /* The driver waits in its callback for the cancel, so another thread has to ask for it. */
    struct later what = {device, &overlapped};
    HANDLE thread = CreateThread(NULL, 0, cancel_soon, &what, 0, NULL);
    DWORD bytes;
    DeviceIoControl(device, IOCTL_REQUEST_MARK, NULL, 0, NULL, 0, NULL, &overlapped);
    BOOL good = GetOverlappedResult(device, &overlapped, &bytes, TRUE);
    ok(!good && GetLastError() == ERROR_OPERATION_ABORTED, "a request that was cancelled before it is made cancelable ends");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(overlapped.hEvent);
    CloseHandle(device);
    device = open_device("Buffered");
    struct request_facts facts = facts_of(device);
    ok(facts.wrong == 0 && facts.cancels == 1 && facts.cancels_inside == 1,
       "WdfRequestMarkCancelableEx says so, WdfRequestMarkCancelable calls back: %d", facts.wrong);
    CloseHandle(device);
}

/* ---- Drivers that break a rule ----------------------------------------------------------------------------------------------------- */

static int run_broken(const char *driver_path, int rule)
{
    struct ovl_driver *driver;
    DWORD bytes;
    if (ovl_driver_load(driver_path, &driver) != 0)
        return 3;
    HANDLE device = open_device("Buffered");
    DeviceIoControl(device, IOCTL_REQUEST_BREAK, &rule, sizeof rule, NULL, 0, &bytes, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    struct ovl_driver *driver;
    if (argc > 2)
        return run_broken(argv[1], atoi(argv[2]));
    if (argc < 2)
        return 2;
    tap_begin();
    is_int((int)ovl_driver_load(argv[1], &driver), 0, "the driver loads");
    part(test_buffers);
    part(test_cancelled_before);
    is_int((int)ovl_driver_unload(driver), 0, "the driver unloads");
    return tap_end();
}
