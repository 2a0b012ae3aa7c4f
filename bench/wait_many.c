/* SPDX-License-Identifier: MIT */
/*
 * Two threads wake each other, each asleep in WaitForMultipleObjects on 64 auto-reset events of
 * which the last is set; one operation is one hop.
 */
#include "measure.h"

#include <windows.h>

static HANDLE events[2][MAXIMUM_WAIT_OBJECTS];
static int64_t rounds;

static void give(int to)
{
    if (!SetEvent(events[to][MAXIMUM_WAIT_OBJECTS - 1]))
        die_code("SetEvent", GetLastError());
}

static void take(int me)
{
    DWORD which = WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, events[me], FALSE, INFINITE);

    if (which != WAIT_OBJECT_0 + MAXIMUM_WAIT_OBJECTS - 1)
        die_code("WaitForMultipleObjects", which);
}

static DWORD WINAPI partner(void *unused)
{
    for (int64_t i = 0; i < rounds; i++) {
        take(1);
        give(0);
    }
    return 0;
}

int main(int argc, char **argv)
{
    rounds = arg_number(argc, argv, "n", 50000);
    for (int i = 0; i < 2 * MAXIMUM_WAIT_OBJECTS; i++) {
        HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
        if (!event)
            die_code("CreateEvent", GetLastError());
        events[i / MAXIMUM_WAIT_OBJECTS][i % MAXIMUM_WAIT_OBJECTS] = event;
    }
    HANDLE thread = CreateThread(NULL, 0, partner, NULL, 0, NULL);
    if (!thread)
        die_code("CreateThread", GetLastError());
    double cpu = cpu_seconds();
    uint64_t start = now_ns();
    for (int64_t i = 0; i < rounds; i++) {
        give(1);
        take(0);
    }
    uint64_t elapsed = now_ns() - start;
    cpu = cpu_seconds() - cpu;
    WaitForSingleObject(thread, INFINITE);
    report_rate(2.0 * (double)rounds, elapsed, cpu);
    return 0;
}
