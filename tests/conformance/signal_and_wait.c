/* SPDX-License-Identifier: MIT */
/* SignalObjectAndWait: what can be signalled, how it fails, and that it hands over. Rules: spec section 6. */
#include "../tap.h"

static void kinds(void)
{
    HANDLE set = CreateEventA(NULL, TRUE, TRUE, NULL), event = event_manual();
    is_int(SignalObjectAndWait(event, set, INFINITE, FALSE), WAIT_OBJECT_0, "signal an event");
    ok(signalled_now(event), "it is set");
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 1, NULL);
    is_int(SignalObjectAndWait(semaphore, set, INFINITE, FALSE), WAIT_OBJECT_0, "signal a semaphore");
    SetLastError(0xdead);
    is_int(SignalObjectAndWait(semaphore, set, 0, FALSE), WAIT_FAILED, "a full semaphore fails");
    is_int(GetLastError(), ERROR_TOO_MANY_POSTS, "with 298");
    ok(signalled_now(semaphore), "its one unit is there");
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
    is_int(SignalObjectAndWait(mutex, set, INFINITE, FALSE), WAIT_OBJECT_0, "signal a mutex that we own");
    SetLastError(0xdead);
    is_int(SignalObjectAndWait(mutex, set, 0, FALSE), WAIT_FAILED, "a mutex that we do not own fails");
    is_int(GetLastError(), ERROR_NOT_OWNER, "with 288");
    ResetEvent(event);
    HANDLE never = event_manual();
    is_int(SignalObjectAndWait(event, never, 20, FALSE), WAIT_TIMEOUT, "time-out");
    ok(signalled_now(event), "the signal was given all the same");
    SetLastError(0xdead);
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    is_int(SignalObjectAndWait(timer, set, 0, FALSE), WAIT_FAILED, "a timer cannot be signalled");
    is_int(GetLastError(), ERROR_INVALID_HANDLE, "6");
    CloseHandle(timer);
    CloseHandle(never);
    CloseHandle(mutex);
    CloseHandle(semaphore);
    CloseHandle(event);
    CloseHandle(set);
}

/* Two threads hand a token to and fro. */
static HANDLE ping, pong;
enum { ROUNDS = 500 };

static DWORD WINAPI ponger(void *unused)
{
    (void)unused;
    if (WaitForSingleObject(ping, PATIENCE_MS))
        return 1;
    for (int i = 1; i < ROUNDS; i++)
        if (SignalObjectAndWait(pong, ping, PATIENCE_MS, FALSE))
            return 1;
    SetEvent(pong);
    return 0;
}

static void hand_over(void)
{
    ping = event_auto();
    pong = event_auto();
    HANDLE thread = thread_start(ponger, NULL);
    int good = 0;
    for (int i = 0; i < ROUNDS; i++)
        good += SignalObjectAndWait(ping, pong, PATIENCE_MS, FALSE) == WAIT_OBJECT_0;
    is_int(good, ROUNDS, "500 rounds");
    is_int(thread_join(thread), 0, "on both sides");
    CloseHandle(ping);
    CloseHandle(pong);
}

int main(void)
{
    tap_begin();
    part(kinds);
    part(hand_over);
    return tap_end();
}
