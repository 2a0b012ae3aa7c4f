/* SPDX-License-Identifier: MIT */
/* Events: manual and auto reset, how many waiters each lets through, pulses, names, access.
 * Rules: spec section 9 and the event pages. */
#include "../tap.h"

static void reset_kinds(void)
{
    HANDLE manual = CreateEventA(NULL, TRUE, FALSE, NULL);
    ok(!signalled_now(manual), "begins reset");
    ok(SetEvent(manual) && SetEvent(manual), "SetEvent twice");
    ok(signalled_now(manual) && signalled_now(manual), "manual reset stays set");
    ok(ResetEvent(manual) && !signalled_now(manual), "until ResetEvent");
    ok(ResetEvent(manual), "ResetEvent of a reset event succeeds");
    CloseHandle(manual);
    HANDLE automatic = CreateEventA(NULL, FALSE, TRUE, NULL);
    ok(signalled_now(automatic), "begins set");
    ok(!signalled_now(automatic), "one wait resets it");
    SetEvent(automatic);
    SetEvent(automatic);
    ok(signalled_now(automatic) && !signalled_now(automatic), "it does not count");
    CloseHandle(automatic);
    HANDLE extended = CreateEventExA(NULL, NULL, CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET,
                                     EVENT_ALL_ACCESS);
    ok(signalled_now(extended) && signalled_now(extended), "CreateEventEx with both flags");
    CloseHandle(extended);
    fails_with(SetEvent(extended), ERROR_INVALID_HANDLE, "a closed event is 6");
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    fails_with(SetEvent(mutex), ERROR_INVALID_HANDLE, "a mutex is no event: 6");
    CloseHandle(mutex);
}

static HANDLE event;
static volatile LONG woken;

static DWORD WINAPI waiter(void *unused)
{
    (void)unused;
    DWORD result = WaitForSingleObject(event, PATIENCE_MS);
    if (result == WAIT_OBJECT_0)
        InterlockedIncrement(&woken);
    return result;
}

static void how_many(BOOL manual, const char *kind)
{
    HANDLE threads[4];
    tap_write(woken, 0);
    event = CreateEventA(NULL, manual, FALSE, NULL);
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(waiter, NULL);
    settle();
    SetEvent(event);
    DWORD first = WaitForMultipleObjects(4, threads, manual, PATIENCE_MS);
    ok(first < WAIT_OBJECT_0 + 4, "waiters wake (%s)", kind);
    if (!manual) {
        settle();
        is_int(tap_read(woken), 1, "an auto-reset event lets one of four through");
        for (int i = 0; i < 3; i++) {
            SetEvent(event);
            LONG want = i + 2;
            ULONGLONG start = GetTickCount64();
            while (tap_read(woken) < want && GetTickCount64() - start < PATIENCE_MS)
                SwitchToThread();
        }
    }
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
    is_int(tap_read(woken), 4, "all came through (%s)", kind);
    is_int(signalled_now(event), manual, "state afterwards (%s)", kind);
    CloseHandle(event);
}

static void manual_wakes_all(void)
{
    how_many(TRUE, "manual reset");
}

static void auto_wakes_one(void)
{
    how_many(FALSE, "auto reset");
}

/* PulseEvent: releases those who wait now, then is reset. */
static void pulse(void)
{
    event = event_manual();
    tap_write(woken, 0);
    ok(PulseEvent(event), "a pulse with nobody waiting");
    ok(!signalled_now(event), "leaves it reset");
    HANDLE threads[2] = {thread_start(waiter, NULL), thread_start(waiter, NULL)};
    settle();
    ok(PulseEvent(event), "a pulse with two waiting");
    thread_join(threads[0]);
    thread_join(threads[1]);
    is_int(tap_read(woken), 2, "lets both through");
    ok(!signalled_now(event), "and leaves it reset");
    CloseHandle(event);
}

static void names(void)
{
    char name[64], upper[64];
    snprintf(name, sizeof name, "Local\\test-event-%u", (unsigned)GetCurrentProcessId());
    SetLastError(0xdead);
    HANDLE one = CreateEventA(NULL, TRUE, FALSE, name);
    is_int(GetLastError(), 0, "new: last error 0");
    HANDLE two = CreateEventA(NULL, FALSE, TRUE, name + 6);
    is_int(GetLastError(), ERROR_ALREADY_EXISTS, "the name without Local\\ is the same: 183");
    ok(!signalled_now(two), "the second call's state is ignored");
    SetEvent(two);
    ok(signalled_now(one) && signalled_now(one), "and so is its kind");
    HANDLE three = OpenEventA(SYNCHRONIZE, FALSE, name);
    ok(three != NULL, "OpenEvent");
    fails_with(SetEvent(three), ERROR_ACCESS_DENIED, "without EVENT_MODIFY_STATE SetEvent is 5");
    CloseHandle(three);
    snprintf(upper, sizeof upper, "Local\\TEST-EVENT-%u", (unsigned)GetCurrentProcessId());
    SetLastError(0xdead);
    ok(OpenEventA(SYNCHRONIZE, FALSE, upper) == NULL, "names of objects are case-sensitive");
    is_int(GetLastError(), ERROR_FILE_NOT_FOUND, "2");
    CloseHandle(one);
    CloseHandle(two);
}

/* Every wake finds exactly one SetEvent: ping-pong between two threads. */
static HANDLE ping, pong;
enum { ROUNDS = 20000 };

static DWORD WINAPI ponger(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (WaitForSingleObject(ping, PATIENCE_MS))
            return 1;
        SetEvent(pong);
    }
    return 0;
}

static void ping_pong(void)
{
    ping = event_auto();
    pong = event_auto();
    HANDLE thread = thread_start(ponger, NULL);
    int good = 0;
    for (int i = 0; i < ROUNDS; i++) {
        SetEvent(ping);
        good += WaitForSingleObject(pong, PATIENCE_MS) == WAIT_OBJECT_0;
        if (good != i + 1)
            break;
    }
    is_int(good, ROUNDS, "20000 round trips, no wake lost");
    is_int(thread_join(thread), 0, "on both sides");
    CloseHandle(ping);
    CloseHandle(pong);
}

int main(void)
{
    tap_begin();
    part(reset_kinds);
    part(manual_wakes_all);
    part(auto_wakes_one);
    part(pulse);
    part(names);
    part(ping_pong);
    return tap_end();
}
