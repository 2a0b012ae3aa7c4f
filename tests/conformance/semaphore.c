/* SPDX-License-Identifier: MIT */
/* Semaphores: counts, limits, wakes. Rules: spec section 9 and the semaphore pages. */
#include "../tap.h"

static void counting(void)
{
    LONG previous = -1;
    HANDLE s = CreateSemaphoreA(NULL, 2, 3, NULL);
    ok(signalled_now(s) && signalled_now(s), "two units");
    ok(!signalled_now(s), "and no third");
    ok(ReleaseSemaphore(s, 2, &previous), "release 2");
    is_int(previous, 0, "the previous count was 0");
    previous = -1;
    fails_with(ReleaseSemaphore(s, 2, &previous), ERROR_TOO_MANY_POSTS, "over the maximum is 298");
    ok(ReleaseSemaphore(s, 1, &previous) && previous == 2, "and left the count alone");
    fails_with(ReleaseSemaphore(s, 0, NULL), ERROR_INVALID_PARAMETER, "release 0 is 87");
    fails_with(ReleaseSemaphore(s, -1, NULL), ERROR_INVALID_PARAMETER, "a negative release is 87");
    fails_with(ReleaseSemaphore(s, 0x7fffffff, NULL), ERROR_TOO_MANY_POSTS, "no overflow: 298");
    CloseHandle(s);
    fails_with(CreateSemaphoreA(NULL, 0, 0, NULL) != NULL, ERROR_INVALID_PARAMETER, "maximum 0 is 87");
    fails_with(CreateSemaphoreA(NULL, 2, 1, NULL) != NULL, ERROR_INVALID_PARAMETER, "initial over maximum is 87");
    fails_with(CreateSemaphoreA(NULL, -1, 1, NULL) != NULL, ERROR_INVALID_PARAMETER, "negative initial is 87");
    HANDLE event = event_manual();
    fails_with(ReleaseSemaphore(event, 1, NULL), ERROR_INVALID_HANDLE, "an event is no semaphore: 6");
    CloseHandle(event);
}

static HANDLE semaphore;
static volatile LONG passed;

static DWORD WINAPI passer(void *unused)
{
    (void)unused;
    if (WaitForSingleObject(semaphore, PATIENCE_MS))
        return 1;
    InterlockedIncrement(&passed);
    return 0;
}

static void wakes_as_many(void)
{
    HANDLE threads[5];
    semaphore = CreateSemaphoreA(NULL, 0, 10, NULL);
    for (int i = 0; i < 5; i++)
        threads[i] = thread_start(passer, NULL);
    settle();
    ReleaseSemaphore(semaphore, 3, NULL);
    /* Three get through, two stay: wait until three have ended, then look for a bounded time. */
    ULONGLONG start = GetTickCount64();
    while (tap_read(passed) < 3 && GetTickCount64() - start < PATIENCE_MS)
        SwitchToThread();
    settle();
    is_int(tap_read(passed), 3, "3 units let 3 of 5 waiters through");
    ReleaseSemaphore(semaphore, 2, NULL);
    DWORD failures = 0;
    for (int i = 0; i < 5; i++)
        failures += thread_join(threads[i]);
    is_int(failures, 0, "2 more let the rest through");
    ok(!signalled_now(semaphore), "none is left over");
    CloseHandle(semaphore);
}

static void names(void)
{
    char name[64];
    snprintf(name, sizeof name, "test-semaphore-%u", (unsigned)GetCurrentProcessId());
    HANDLE one = CreateSemaphoreA(NULL, 0, 5, name);
    SetLastError(0xdead);
    HANDLE two = CreateSemaphoreA(NULL, 3, 7, name);
    is_int(GetLastError(), ERROR_ALREADY_EXISTS, "the same name: 183");
    ok(!signalled_now(two), "counts of the second call are ignored");
    ReleaseSemaphore(one, 1, NULL);
    ok(signalled_now(two), "one object");
    HANDLE three = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, name);
    ok(three && ReleaseSemaphore(three, 5, NULL), "OpenSemaphore");
    CloseHandle(one);
    CloseHandle(two);
    CloseHandle(three);
}

int main(void)
{
    tap_begin();
    part(counting);
    part(wakes_as_many);
    part(names);
    return tap_end();
}
