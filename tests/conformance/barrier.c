/* SPDX-License-Identifier: MIT */
/* Synchronization barriers: nobody passes before all have come, one of each round is told, rounds follow
 * each other at once. Rules: the pages of the functions. */
#include "../tap.h"

enum { THREADS = 4, ROUNDS = 5000 };

static SYNCHRONIZATION_BARRIER barrier;
static volatile LONG arrived[ROUNDS], early, chosen;

static DWORD WINAPI member(void *flags)
{
    for (int round = 0; round < ROUNDS; round++) {
        InterlockedIncrement(&arrived[round]);
        if (EnterSynchronizationBarrier(&barrier, (DWORD)(ULONG_PTR)flags))
            InterlockedIncrement(&chosen);
        if (InterlockedExchangeAdd(&arrived[round], 0) != THREADS)
            InterlockedIncrement(&early);
    }
    return 0;
}

static void rounds(DWORD flags, const char *kind)
{
    HANDLE threads[THREADS];
    chosen = early = 0;
    for (int i = 0; i < ROUNDS; i++)
        arrived[i] = 0;
    ok(InitializeSynchronizationBarrier(&barrier, THREADS, -1), "a barrier for four (%s)", kind);
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start(member, (void *)(ULONG_PTR)flags);
    for (int i = 0; i < THREADS; i++)
        is_int(thread_join(threads[i]), 0, "a thread comes through all rounds");
    is_int(early, 0, "nobody passes before all have come");
    is_int(chosen, ROUNDS, "TRUE for one of each round");
    ok(DeleteSynchronizationBarrier(&barrier), "deleted");
}

static void spinning(void)
{
    rounds(0, "spinning first");
}

static void blocking(void)
{
    rounds(SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY, "blocking only");
}

int main(void)
{
    tap_begin();
    part(spinning);
    part(blocking);
    return tap_end();
}
