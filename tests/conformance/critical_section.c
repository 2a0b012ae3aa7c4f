/* SPDX-License-Identifier: MIT */
/* Critical sections: exclusion, recursion, TryEnter. Rules: spec section 9 (Locks). */
#include "../tap.h"

static CRITICAL_SECTION section;
static volatile LONG inside, overlaps;
static LONG total;

static DWORD WINAPI try_enter(void *unused)
{
    (void)unused;
    BOOL entered = TryEnterCriticalSection(&section);
    if (entered)
        LeaveCriticalSection(&section);
    return (DWORD)entered;
}

static void recursion(void)
{
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    ok(TryEnterCriticalSection(&section), "the owner enters again");
    is_int(thread_join(thread_start(try_enter, NULL)), 0, "another thread does not");
    LeaveCriticalSection(&section);
    is_int(thread_join(thread_start(try_enter, NULL)), 0, "nor after one leave of two");
    LeaveCriticalSection(&section);
    is_int(thread_join(thread_start(try_enter, NULL)), 1, "after the second it does");
    DeleteCriticalSection(&section);
    ok(InitializeCriticalSectionAndSpinCount(&section, 4000), "with a spin count");
    DeleteCriticalSection(&section);
    ok(InitializeCriticalSectionEx(&section, 0, 0), "Ex");
    DeleteCriticalSection(&section);
    ok(sizeof(CRITICAL_SECTION) == 40, "40 bytes, as on 64-bit Windows");
}

static DWORD WINAPI contender(void *unused)
{
    (void)unused;
    for (int i = 0; i < 50000; i++) {
        EnterCriticalSection(&section);
        if (InterlockedIncrement(&inside) != 1)
            InterlockedIncrement(&overlaps);
        total++;
        InterlockedDecrement(&inside);
        LeaveCriticalSection(&section);
    }
    return 0;
}

static void contention(void)
{
    HANDLE threads[4];
    InitializeCriticalSection(&section);
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(contender, NULL);
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
    is_int(overlaps, 0, "never two inside");
    is_int(total, 200000, "nothing lost");
    DeleteCriticalSection(&section);
}

static DWORD WINAPI blocked(void *unused)
{
    (void)unused;
    EnterCriticalSection(&section);
    LeaveCriticalSection(&section);
    return 1;
}

static void blocks_and_wakes(void)
{
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    HANDLE thread = thread_start(blocked, NULL);
    ok(stays_unsignalled(thread), "a second thread blocks");
    LeaveCriticalSection(&section);
    is_int(thread_join(thread), 1, "and is let in on leave");
    DeleteCriticalSection(&section);
}

int main(void)
{
    tap_begin();
    part(recursion);
    part(contention);
    part(blocks_and_wakes);
    return tap_end();
}
