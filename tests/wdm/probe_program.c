/* SPDX-License-Identifier: MIT */
/* The program of the probe driver: loads it, reaches it by name, and checks the four methods, pending reads that
 * a DPC completes, cancelling, the KEVENT in the driver's memory, close and unload. Its argument is the driver. */
#include "../tap.h"

#include <winioctl.h>

#include "overlapped.h"
#include "probe.h"

static HANDLE open_probe(DWORD flags)
{
    return CreateFileW(L"\\\\.\\OvlProbe", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
}

static struct probe_facts facts(HANDLE device)
{
    struct probe_facts got = {0};
    DWORD bytes;
    DeviceIoControl(device, IOCTL_PROBE_FACTS, NULL, 0, &got, sizeof got, &bytes, NULL);
    return got;
}

static void test_methods(void)
{
    HANDLE device = open_probe(0);
    ok(device != INVALID_HANDLE_VALUE, "CreateFile reaches the device by its symbolic link");
    char out[8];
    DWORD bytes = 99;
    BOOL good = DeviceIoControl(device, IOCTL_PROBE_BUFFERED, (void *)"abcd", 4, out, sizeof out, &bytes, NULL);
    ok(good && bytes == 4 && memcmp(out, "dcba", 4) == 0, "METHOD_BUFFERED copies in and out");
    good = DeviceIoControl(device, IOCTL_PROBE_BUFFERED, (void *)"abcd", 4, out, 2, &bytes, NULL);
    ok(!good && GetLastError() == ERROR_INSUFFICIENT_BUFFER && bytes == 0, "STATUS_BUFFER_TOO_SMALL is 122, 0 bytes");
    good = DeviceIoControl(device, IOCTL_PROBE_OUT_DIRECT, (void *)"wxyz", 4, out, sizeof out, &bytes, NULL);
    ok(good && bytes == 4 && memcmp(out, "zyxw", 4) == 0, "METHOD_OUT_DIRECT writes the caller's memory");
    memcpy(out, "same", 4);
    good = DeviceIoControl(device, IOCTL_PROBE_IN_DIRECT, (void *)"same", 4, out, 4, &bytes, NULL);
    ok(good && bytes == 4, "METHOD_IN_DIRECT reads the second buffer");
    good = DeviceIoControl(device, IOCTL_PROBE_NEITHER, (void *)"abcd", 4, out, sizeof out, &bytes, NULL);
    ok(good && bytes == 4 && memcmp(out, "dcba", 4) == 0, "METHOD_NEITHER sees the caller's pointers");
    good = DeviceIoControl(device, IOCTL_PROBE_OVERFLOW, NULL, 0, out, 4, &bytes, NULL);
    ok(!good && GetLastError() == ERROR_MORE_DATA && bytes == 4 && out[3] == 'o',
       "a warning gives FALSE, 234 and the data");
    good = DeviceIoControl(device, CTL_CODE(0x22, 0x8ff, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0, NULL, 0, &bytes,
                           NULL);
    ok(!good && GetLastError() == ERROR_INVALID_FUNCTION, "an unknown code is ERROR_INVALID_FUNCTION");
    good = DeviceIoControl(device, IOCTL_PROBE_TIMER, NULL, 0, NULL, 0, &bytes, NULL);
    ok(good && facts(device).completion_irql == 2, "a synchronous request is completed by a timer's DPC at DISPATCH_LEVEL");
    CloseHandle(device);
    ok(CreateFileW(L"\\\\.\\OvlProbe\\refused", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) ==
               INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_ACCESS_DENIED,
       "the driver sees the rest of the name and may refuse it");
}

static void test_pending(void)
{
    HANDLE device = open_probe(FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(device, NULL, 5, 0);
    OVERLAPPED first = {0}, second = {0}, write = {0};
    char a[16], b[16];
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *done;
    ok(!ReadFile(device, a, sizeof a, NULL, &first) && GetLastError() == ERROR_IO_PENDING, "a read pends");
    ok(!ReadFile(device, b, sizeof b, NULL, &second) && GetLastError() == ERROR_IO_PENDING, "and a second one");
    ok(WriteFile(device, "hello", 5, NULL, &write), "a write ends inside its dispatch");
    int reads = 0, writes = 0;
    for (int i = 0; i < 2; i++) {
        ok(GetQueuedCompletionStatus(port, &bytes, &key, &done, PATIENCE_MS) && key == 5 && bytes == 5,
           "a packet of 5 bytes");
        reads += done == &first;
        writes += done == &write;
    }
    ok(reads == 1 && writes == 1 && memcmp(a, "hello", 5) == 0, "the oldest read has what was written");
    ok(CancelIoEx(device, &second), "the other read is cancelled by the driver's cancel routine");
    ok(!GetQueuedCompletionStatus(port, &bytes, &key, &done, PATIENCE_MS) && done == &second &&
           GetLastError() == ERROR_OPERATION_ABORTED,
       "its packet says so");
    ok(!CancelIoEx(device, &second) && GetLastError() == ERROR_NOT_FOUND, "it is gone");
    ok(!ReadFile(device, b, sizeof b, NULL, &second) && GetLastError() == ERROR_IO_PENDING, "a last read pends");
    unsigned int before = facts(device).event_seen;
    ok(!DeviceIoControl(device, IOCTL_PROBE_WAIT_EVENT, NULL, 0, NULL, 0, NULL, &first) &&
           GetLastError() == ERROR_IO_PENDING,
       "a control request waits for the driver's event");
    ok(WriteFile(device, "x", 1, NULL, &write), "the write sets it");
    for (int i = 0; i < 3; i++)
        ok(GetQueuedCompletionStatus(port, &bytes, &key, &done, PATIENCE_MS), "one of three packets");
    ok(facts(device).event_seen > before, "the KEVENT in the driver's memory woke its thread");
    ok(!ReadFile(device, b, sizeof b, NULL, &second) && GetLastError() == ERROR_IO_PENDING, "one more read pends");
    CloseHandle(device);
    ok(!GetQueuedCompletionStatus(port, &bytes, &key, &done, PATIENCE_MS) && done == &second &&
           GetLastError() == ERROR_OPERATION_ABORTED,
       "closing the handle cancels it");
    CloseHandle(port);
}

struct blocked {
    HANDLE device;
    OVERLAPPED *overlapped;
    DWORD error;
};

static DWORD WINAPI blocker(void *argument)
{
    struct blocked *blocked = argument;
    DWORD bytes;
    blocked->error = DeviceIoControl(blocked->device, IOCTL_PROBE_BLOCK, NULL, 0, NULL, 0, &bytes, blocked->overlapped) ? 0 : GetLastError();
    return 0;
}

/* A request whose dispatch routine waits is listed already, as Windows' I/O manager has it. */
static void test_blocked_dispatch(void)
{
    enum { BY_THREAD, BY_BLOCK, BY_HANDLE, WAYS };
    static const char *const names[] = {"CancelSynchronousIo", "CancelIoEx for its OVERLAPPED", "CancelIoEx for the handle"};
    HANDLE control = open_probe(0);
    for (int way = BY_THREAD; way < WAYS; way++) {
        OVERLAPPED overlapped = {0};
        struct blocked blocked = {open_probe(way == BY_THREAD ? 0 : FILE_FLAG_OVERLAPPED), way == BY_THREAD ? NULL : &overlapped, 0};
        unsigned int before = facts(control).blocked;
        HANDLE thread = thread_start(blocker, &blocked);
        while (facts(control).blocked == before)
            SwitchToThread();
        BOOL good = way == BY_THREAD  ? CancelSynchronousIo(thread)
                    : way == BY_BLOCK ? CancelIoEx(blocked.device, &overlapped)
                                      : CancelIoEx(blocked.device, NULL);
        ok(good, "%s finds a request that waits in its dispatch routine", names[way]);
        thread_join(thread);
        is_int(blocked.error, ERROR_OPERATION_ABORTED, "which its cancel routine ends");
        ok(!CancelIoEx(blocked.device, NULL) && GetLastError() == ERROR_NOT_FOUND, "and nothing is left of it");
        CloseHandle(blocked.device);
    }
    CloseHandle(control);
}

/* The last request of a closed file ends in a DPC: the driver hears of the close at PASSIVE_LEVEL all the same. */
static void test_late_close(void)
{
    HANDLE control = open_probe(0);
    for (int i = 0; i < 20; i++) {
        OVERLAPPED overlapped = {0};
        HANDLE device = open_probe(FILE_FLAG_OVERLAPPED);
        unsigned int before = facts(control).closes;
        ok(!DeviceIoControl(device, IOCTL_PROBE_TIMER, NULL, 0, NULL, 0, NULL, &overlapped) && GetLastError() == ERROR_IO_PENDING,
           "a request that a DPC will end");
        CloseHandle(device);
        while (facts(control).closes == before)
            SwitchToThread();
        is_int(facts(control).close_irql, 0, "its file's close comes at PASSIVE_LEVEL");
    }
    CloseHandle(control);
}

static DWORD WINAPI canceller(void *argument)
{
    HANDLE *pair = argument;
    for (int i = 0; i < 20000; i++)
        CancelIoEx(pair[0], NULL);
    return 0;
}

/* Reads, writes and cancels from two threads: each read ends once. */
static void test_race(void)
{
    HANDLE device = open_probe(FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(device, NULL, 0, 0);
    HANDLE thread = CreateThread(NULL, 0, canceller, &device, 0, NULL);
    int issued = 0, ended = 0;
    for (int i = 0; i < 5000; i++) {
        static OVERLAPPED reads[5000], writes[5000];
        static char data[5000][4];
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *done;
        if (ReadFile(device, data[i], 4, NULL, &reads[i]) || GetLastError() == ERROR_IO_PENDING)
            issued++;
        if (WriteFile(device, "data", 4, NULL, &writes[i]) || GetLastError() == ERROR_IO_PENDING)
            issued++;
        while (ended < issued - 2 && (GetQueuedCompletionStatus(port, &bytes, &key, &done, 0) || done != NULL))
            ended++;
    }
    WaitForSingleObject(thread, INFINITE);
    CancelIoEx(device, NULL);
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *done;
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &done, ended < issued ? PATIENCE_MS : BLOCKED_MS) &&
            done == NULL)
            break;
        ended++;
    }
    is_int(ended, issued, "each request ended once");
    CloseHandle(thread);
    CloseHandle(device);
    CloseHandle(port);
}

int main(int argc, char **argv)
{
    struct ovl_driver *driver = NULL;
    if (argc < 2)
        return 2;
    tap_begin();
    is_int((int)ovl_driver_load(argv[1], &driver), 0, "the driver loads");
    test_methods();
    test_pending();
    test_race();
    test_blocked_dispatch();
    test_late_close();
    HANDLE device = open_probe(0);
    struct probe_facts seen = facts(device);
    ok(seen.creates == seen.closes + 1 && seen.cleanups == seen.closes, "every open had its cleanup and close");
    ok(ovl_driver_unload(driver) == ERROR_BUSY, "a driver with an open file stays");
    CloseHandle(device);
    is_int((int)ovl_driver_unload(driver), 0, "it unloads");
    ok(open_probe(0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND, "its device is gone");
    return tap_end();
}
