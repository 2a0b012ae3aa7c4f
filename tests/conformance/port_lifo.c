/* SPDX-License-Identifier: MIT */
/* Rule 7 of completion ports: of several waiting threads the one that began to wait last runs, and takes
 * the oldest packet. Threads are made to wait in a known order, one at a time. */
#include "../port_wait.h"

enum { WAITERS = 5 };
static HANDLE port, took[WAITERS], next[WAITERS];
static volatile ULONG_PTR which_key[WAITERS];
static volatile LONG taken;

/* Waits on the port whenever it is told to; notes the key of what it takes. */
static DWORD WINAPI waiter(void *argument)
{
    int me = (int)(INT_PTR)argument;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    for (;;) {
        WaitForSingleObject(next[me], INFINITE);
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &ov, PATIENCE_MS) || key == 0)
            return 0;
        which_key[me] = key;
        InterlockedIncrement(&taken);
        SetEvent(took[me]);
    }
}

static HANDLE threads[WAITERS];

static void begin(DWORD limit)
{
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, limit);
    for (int i = 0; i < WAITERS; i++) {
        took[i] = event_auto();
        next[i] = event_auto();
        threads[i] = thread_start(waiter, (void *)(INT_PTR)i);
    }
}

/* Lets the thread wait on the port; afterwards so many wait there. */
static void line_up(int thread, unsigned waiting)
{
    SetEvent(next[thread]);
    if (!port_waiters_reach(port, waiting))
        note("waiter %d does not come to wait", thread);
}

static void finish(void)
{
    for (int i = 0; i < WAITERS; i++)
        SetEvent(next[i]);
    for (int i = 0; i < WAITERS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    for (int i = 0; i < WAITERS; i++) {
        thread_join(threads[i]);
        CloseHandle(took[i]);
        CloseHandle(next[i]);
    }
    CloseHandle(port);
}

/* Waiters 0..4 in this order; packets come one by one: 4, 3, 2, 1, 0 take them. */
static void newest_first(void)
{
    begin(WAITERS);
    for (int i = 0; i < WAITERS; i++)
        line_up(i, (unsigned)i + 1);
    for (int i = WAITERS - 1; i >= 0; i--) {
        PostQueuedCompletionStatus(port, 0, (ULONG_PTR)(100 + i), NULL);
        ok(signalled_soon(took[i]), "the packet goes to waiter %d, the newest of those that wait", i);
        is_int(which_key[i], 100 + i, "with its key");
    }
    is_int(taken, WAITERS, "no other waiter woke");
    finish();
}

/* The thread that took one and waits again is the newest: it takes them all. */
static void comes_back(void)
{
    taken = 0;
    begin(WAITERS);
    for (int i = 0; i < WAITERS; i++)
        line_up(i, (unsigned)i + 1);
    int right = 1;
    for (int round = 0; round < 10; round++) {
        PostQueuedCompletionStatus(port, 0, (ULONG_PTR)(1000 + round), NULL);
        right &= signalled_soon(took[WAITERS - 1]) && which_key[WAITERS - 1] == (ULONG_PTR)(1000 + round);
        line_up(WAITERS - 1, WAITERS);
    }
    ok(right, "ten packets in turn go to the one that comes back");
    is_int(taken, 10, "and to no other");
    finish();
}

/* Several packets at once wake several waiters; the oldest packet goes to the newest waiter. */
static void burst(void)
{
    HANDLE all[WAITERS];
    taken = 0;
    begin(WAITERS);
    for (int i = 0; i < WAITERS; i++)
        line_up(i, (unsigned)i + 1);
    for (int i = 0; i < WAITERS; i++)
        PostQueuedCompletionStatus(port, 0, (ULONG_PTR)(10 + i), NULL);
    for (int i = 0; i < WAITERS; i++)
        all[i] = took[i];
    is_int(WaitForMultipleObjects(WAITERS, all, TRUE, PATIENCE_MS), WAIT_OBJECT_0, "five packets, five waiters");
    ULONG_PTR sum = 0;
    for (int i = 0; i < WAITERS; i++)
        sum += which_key[i];
    is_int(sum, 10 + 11 + 12 + 13 + 14, "each took one");
    finish();
}

int main(void)
{
    tap_begin();
    part(newest_first);
    part(comes_back);
    part(burst);
    return tap_end();
}
