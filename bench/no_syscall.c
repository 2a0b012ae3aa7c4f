/* SPDX-License-Identifier: MIT */
/*
 * SetEvent, and a wait that is satisfied at once, of one and of 64 objects, between two marks:
 * raw/syscalls runs this program and counts what it asks of the kernel there. The answer must be
 * nothing.
 */
#include "measure.h"

#include <windows.h>

static HANDLE events[MAXIMUM_WAIT_OBJECTS];

static void round_trip(int i)
{
    if (!SetEvent(events[i]) || WaitForSingleObject(events[i], INFINITE) != WAIT_OBJECT_0)
        die_code("one object", GetLastError());
    if (!SetEvent(events[i]) || WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, events, FALSE,
                                                       INFINITE) != WAIT_OBJECT_0 + (DWORD)i)
        die_code("many objects", GetLastError());
}

int main(void)
{
    for (int i = 0; i < MAXIMUM_WAIT_OBJECTS; i++)
        if (!(events[i] = CreateEventA(NULL, FALSE, FALSE, NULL)))
            die_code("CreateEvent", GetLastError());
    round_trip(0); /* what a thread sets up on its first wait is not the question */
    mark_system_calls();
    for (int i = 0; i < MAXIMUM_WAIT_OBJECTS; i++)
        round_trip(i);
    mark_system_calls();
    return 0;
}
