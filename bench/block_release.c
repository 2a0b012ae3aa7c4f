/* SPDX-License-Identifier: MIT */
/*
 * A port of limit 1 with two threads and two packets: one thread takes the first packet and blocks
 * in a read of the C library, which the port cannot see. How soon does the other get the second
 * packet?
 */
#include "measure.h"

#include <windows.h>
#include <stdlib.h>

enum { KEY_BLOCK = 1, KEY_RELEASE, KEY_STOP };

static HANDLE port, released;
static int ends[2];
static volatile uint64_t blocked_at, released_at;

static void post(ULONG_PTR key)
{
    if (!PostQueuedCompletionStatus(port, 0, key, NULL))
        die_code("PostQueuedCompletionStatus", GetLastError());
}

static DWORD WINAPI worker(void *unused)
{
    for (;;) {
        ULONG_PTR key;
        DWORD bytes;
        OVERLAPPED *ov;
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE))
            die_code("GetQueuedCompletionStatus", GetLastError());
        if (key == KEY_STOP)
            return 0;
        if (key == KEY_BLOCK) {
            blocked_at = now_ns();
            foreign_read(ends[0]);
        } else {
            released_at = now_ns();
            SetEvent(released);
        }
    }
}

int main(int argc, char **argv)
{
    int64_t n = arg_number(argc, argv, "n", 500);
    uint64_t *delays = malloc((size_t)n * sizeof *delays);
    HANDLE threads[2];

    foreign_pipe(ends);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    released = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (!port || !released || !delays)
        die_code("setup", GetLastError());
    for (int i = 0; i < 2; i++)
        if (!(threads[i] = CreateThread(NULL, 0, worker, NULL, 0, NULL)))
            die_code("CreateThread", GetLastError());
    for (int64_t i = 0; i < n; i++) {
        Sleep(2); /* both threads are back in the port, asleep */
        post(KEY_BLOCK);
        post(KEY_RELEASE);
        if (WaitForSingleObject(released, 5000) != WAIT_OBJECT_0)
            die_code("the second packet was not given out", WAIT_TIMEOUT);
        delays[i] = released_at - blocked_at;
        foreign_write(ends[1]);
    }
    post(KEY_STOP);
    post(KEY_STOP);
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    report("p50_us", (double)percentile(delays, (size_t)n, .5) / 1e3);
    report("p99_us", (double)percentile(delays, (size_t)n, .99) / 1e3);
    report_end();
    free(delays);
    return 0;
}
