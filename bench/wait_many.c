/* SPDX-License-Identifier: MIT */
/*
 * Two threads wake each other, each asleep in WaitForMultipleObjects on 64 auto-reset events of
 * which the last is set; one operation is one hop.
 */
#include "measure.h"

#include <windows.h>

static HANDLE events[2][MAXIMUM_WAIT_OBJECTS];
static int64_t rounds;
static int cores;

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

/* cores=2 keeps each thread on a core of its own, cores=1 both on one, cores=0 neither. */
static void place(int me)
{
    if (cores)
        pin_thread(cores == 2 ? me : 0);
}

static DWORD WINAPI partner(void *unused)
{
    place(1);
    for (int64_t i = 0; i < rounds; i++) {
        take(1);
        give(0);
    }
    return 0;
}

int main(int argc, char **argv)
{
    rounds = arg_number(argc, argv, "n", 50000);
    cores = (int)arg_number(argc, argv, "cores", 0);
    for (int i = 0; i < 2 * MAXIMUM_WAIT_OBJECTS; i++) {
        HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
        if (!event)
            die_code("CreateEvent", GetLastError());
        events[i / MAXIMUM_WAIT_OBJECTS][i % MAXIMUM_WAIT_OBJECTS] = event;
    }
    HANDLE thread = CreateThread(NULL, 0, partner, NULL, 0, NULL);
    if (!thread)
        die_code("CreateThread", GetLastError());
    place(0);
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
