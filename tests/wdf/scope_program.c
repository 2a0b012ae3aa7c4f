/* SPDX-License-Identifier: MIT */
/* The program of the scope driver: several threads keep its devices busy; the driver counts how often two callbacks of a scope met. */
#include "../tap.h"

#include <winioctl.h>

#include "overlapped.h"
#include "scope_test.h"

enum { THREADS = 4, ROUNDS = 400 };

static HANDLE device;

static HANDLE open_scope(const WCHAR *name)
{
    HANDLE opened = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    ok(opened != INVALID_HANDLE_VALUE, "the device opens");
    return opened;
}

static BOOL finish(BOOL done, OVERLAPPED *block)
{
    DWORD bytes;
    BOOL good = done || (GetLastError() == ERROR_IO_PENDING && GetOverlappedResult(device, block, &bytes, TRUE));
    CloseHandle(block->hEvent);
    return good;
}

static BOOL control(DWORD code, void *out, DWORD room)
{
    OVERLAPPED block = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    return finish(DeviceIoControl(device, code, NULL, 0, out, room, NULL, &block), &block);
}

static DWORD WINAPI worker(void *transfers)
{
    DWORD good = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char data[4] = "abc";
        OVERLAPPED block = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
        if (transfers == NULL)
            good += finish(DeviceIoControl(device, IOCTL_SCOPE_WORK, NULL, 0, NULL, 0, NULL, &block), &block);
        else if (i % 2)
            good += finish(ReadFile(device, data, sizeof data, NULL, &block), &block);
        else
            good += finish(WriteFile(device, data, sizeof data, NULL, &block), &block);
    }
    return good;
}

static void keep_busy(void *transfers)
{
    HANDLE threads[THREADS];
    DWORD good = 0, ended;
    for (int i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, worker, transfers, 0, NULL);
    for (int i = 0; i < THREADS; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &ended);
        good += ended;
        CloseHandle(threads[i]);
    }
    is_int(good, THREADS * ROUNDS, "all requests were served");
}

static struct scope_counts counts(void)
{
    struct scope_counts got = {0};
    ok(control(IOCTL_SCOPE_STOP, &got, sizeof got), "the driver's counts");
    return got;
}

static void test_device_scope(const WCHAR *name, int passive)
{
    device = open_scope(name);
    ok(control(IOCTL_SCOPE_START, NULL, 0), "a timer runs too");
    struct scope_counts got = {0};
    unsigned int rounds = 0;
    do { /* until the timer, and what the requests queue, have come in between */
        keep_busy(NULL);
        rounds++;
        got = counts();
        ok(control(IOCTL_SCOPE_START, NULL, 0), "the timer goes on");
    } while (got.timers == 0 || (passive ? got.works : got.dpcs) == 0);
    got = counts();
    ok(got.requests == THREADS * ROUNDS * rounds && got.timers > 0 && got.locked == got.requests, "requests, %u timer calls and the lock",
       got.timers);
    ok(passive ? got.works > 0 : got.dpcs > 0, "and %u %s", passive ? got.works : got.dpcs, passive ? "work items" : "DPCs");
    is_int(got.overlaps, 0, "never two of them at once");
    is_int(got.wrong_irql, 0, "all at the scope's level");
    is_int(got.refusals, 2, "callbacks of the other level are refused");
    CloseHandle(device);
}

static void test_dispatch(void)
{
    test_device_scope(SCOPE_DISPATCH, 0);
}

static void test_passive(void)
{
    test_device_scope(SCOPE_PASSIVE, 1);
}

static void test_queue(void)
{
    device = open_scope(SCOPE_QUEUE);
    keep_busy(&device);
    struct scope_counts got = counts();
    is_int(got.requests, THREADS * ROUNDS, "reads and writes");
    is_int(got.overlaps, 0, "never two of one queue at once");
    CloseHandle(device);
}

static void test_preprocess(void)
{
    device = open_scope(SCOPE_PREPROCESS);
    ok(control(IOCTL_SCOPE_KEPT, NULL, 0), "the preprocess callback ends a request itself");
    ok(control(IOCTL_SCOPE_WORK, NULL, 0), "and gives one back in the next stack location");
    struct scope_counts got = counts();
    ok(got.requests == 1 && got.preprocessed == 3, "or in its own");
    CloseHandle(device);
}

int main(int argc, char **argv)
{
    struct ovl_driver *driver = NULL;
    tap_begin();
    if (argc < 2 || ovl_driver_load(argv[1], &driver) != 0) {
        printf("Bail out! the driver cannot be loaded\n");
        return 3;
    }
    part(test_dispatch);
    part(test_passive);
    part(test_queue);
    part(test_preprocess);
    is_int((int)ovl_driver_unload(driver), 0, "the driver unloads");
    return tap_end();
}
