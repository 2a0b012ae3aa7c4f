/* SPDX-License-Identifier: MIT */
/* Slim reader/writer locks and condition variables. Rules: spec section 9 (Locks) and their pages. */
#include "../tap.h"

static SRWLOCK lock = SRWLOCK_INIT;
static CRITICAL_SECTION section;
static CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;

static DWORD WINAPI probe(void *unused)
{
    (void)unused;
    DWORD result = 0;
    if (TryAcquireSRWLockShared(&lock)) {
        result |= 1;
        ReleaseSRWLockShared(&lock);
    }
    if (TryAcquireSRWLockExclusive(&lock)) {
        result |= 2;
        ReleaseSRWLockExclusive(&lock);
    }
    return result;
}

static void compatibility(void)
{
    is_int(sizeof(SRWLOCK), 8, "SRWLOCK is one pointer");
    is_int(sizeof(CONDITION_VARIABLE), 8, "CONDITION_VARIABLE too");
    is_int(thread_join(thread_start(probe, NULL)), 3, "a free lock can be had either way");
    AcquireSRWLockShared(&lock);
    is_int(thread_join(thread_start(probe, NULL)), 1, "held shared: shared only");
    ReleaseSRWLockShared(&lock);
    AcquireSRWLockExclusive(&lock);
    is_int(thread_join(thread_start(probe, NULL)), 0, "held exclusive: neither");
    ok(!TryAcquireSRWLockExclusive(&lock), "not recursive either");
    ReleaseSRWLockExclusive(&lock);
    is_int(thread_join(thread_start(probe, NULL)), 3, "free again");
}

static DWORD WINAPI exclusive(void *unused)
{
    (void)unused;
    AcquireSRWLockExclusive(&lock);
    ReleaseSRWLockExclusive(&lock);
    return 1;
}

static DWORD WINAPI shared(void *unused)
{
    (void)unused;
    AcquireSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
    return 2;
}

static void blocking(void)
{
    AcquireSRWLockShared(&lock);
    HANDLE writer = thread_start(exclusive, NULL);
    ok(stays_unsignalled(writer), "a writer waits for a reader");
    ReleaseSRWLockShared(&lock);
    is_int(thread_join(writer), 1, "and gets in");
    AcquireSRWLockExclusive(&lock);
    HANDLE one = thread_start(shared, NULL), two = thread_start(shared, NULL);
    ok(stays_unsignalled(one), "readers wait for a writer");
    ReleaseSRWLockExclusive(&lock);
    is_int(thread_join(one), 2, "and get in");
    is_int(thread_join(two), 2, "all of them");
}

/* A queue with readers and writers: writers alone, readers together. */
static volatile LONG writers, readers, mistakes;

static DWORD WINAPI mixed(void *seed)
{
    unsigned state = (unsigned)(ULONG_PTR)seed;
    for (int i = 0; i < 20000; i++) {
        state = state * 1103515245u + 12345u;
        if ((state >> 16) % 4 == 0) {
            AcquireSRWLockExclusive(&lock);
            if (InterlockedIncrement(&writers) != 1 || readers)
                InterlockedIncrement(&mistakes);
            InterlockedDecrement(&writers);
            ReleaseSRWLockExclusive(&lock);
        } else {
            AcquireSRWLockShared(&lock);
            InterlockedIncrement(&readers);
            if (writers)
                InterlockedIncrement(&mistakes);
            InterlockedDecrement(&readers);
            ReleaseSRWLockShared(&lock);
        }
    }
    return 0;
}

static void contention(void)
{
    HANDLE threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(mixed, (void *)(ULONG_PTR)(i + 1));
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
    is_int(mistakes, 0, "writers alone, readers together");
}

static volatile LONG flag, woken;

static DWORD WINAPI waits_cs(void *unused)
{
    (void)unused;
    EnterCriticalSection(&section);
    while (!flag)
        if (!SleepConditionVariableCS(&condition, &section, PATIENCE_MS))
            break;
    woken = woken + 1;
    LeaveCriticalSection(&section);
    return 0;
}

static DWORD WINAPI waits_srw(void *unused)
{
    (void)unused;
    AcquireSRWLockShared(&lock);
    while (!flag)
        if (!SleepConditionVariableSRW(&condition, &lock, PATIENCE_MS, CONDITION_VARIABLE_LOCKMODE_SHARED))
            break;
    InterlockedIncrement(&woken);
    ReleaseSRWLockShared(&lock);
    return 0;
}

static void condition_variables(void)
{
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    fails_with(SleepConditionVariableCS(&condition, &section, 30), ERROR_TIMEOUT, "time-out is 1460");
    ok(TryEnterCriticalSection(&section), "the section is held again afterwards");
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    AcquireSRWLockExclusive(&lock);
    fails_with(SleepConditionVariableSRW(&condition, &lock, 30, 0), ERROR_TIMEOUT, "SRW form: 1460");
    ReleaseSRWLockExclusive(&lock);
    is_int(thread_join(thread_start(probe, NULL)), 3, "and the lock was held and released properly");

    HANDLE threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start(waits_cs, NULL);
    settle();
    EnterCriticalSection(&section);
    flag = 1;
    LeaveCriticalSection(&section);
    WakeAllConditionVariable(&condition);
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    is_int(woken, 3, "WakeAll wakes all");

    flag = woken = 0;
    HANDLE one = thread_start(waits_srw, NULL);
    settle();
    AcquireSRWLockExclusive(&lock);
    flag = 1;
    ReleaseSRWLockExclusive(&lock);
    WakeConditionVariable(&condition);
    thread_join(one);
    is_int(woken, 1, "WakeConditionVariable wakes one (SRW, shared mode)");
    DeleteCriticalSection(&section);
}

/* A bounded buffer: nothing lost, nothing twice. */
enum { ITEMS = 20000, ROOM = 8 };
static int buffer[ROOM], used, put_at, get_at;
static CONDITION_VARIABLE not_full = CONDITION_VARIABLE_INIT, not_empty = CONDITION_VARIABLE_INIT;
static volatile LONG seen[ITEMS];

static DWORD WINAPI producer(void *from)
{
    for (int i = (int)(INT_PTR)from; i < ITEMS; i += 2) {
        AcquireSRWLockExclusive(&lock);
        while (used == ROOM)
            SleepConditionVariableSRW(&not_full, &lock, INFINITE, 0);
        buffer[put_at++ % ROOM] = i;
        used++;
        ReleaseSRWLockExclusive(&lock);
        WakeConditionVariable(&not_empty);
    }
    return 0;
}

static DWORD WINAPI consumer(void *unused)
{
    (void)unused;
    for (int i = 0; i < ITEMS / 2; i++) {
        AcquireSRWLockExclusive(&lock);
        while (!used)
            SleepConditionVariableSRW(&not_empty, &lock, INFINITE, 0);
        int item = buffer[get_at++ % ROOM];
        used--;
        ReleaseSRWLockExclusive(&lock);
        WakeConditionVariable(&not_full);
        InterlockedIncrement(&seen[item]);
    }
    return 0;
}

static void bounded_buffer(void)
{
    HANDLE threads[4] = {thread_start(producer, (void *)0), thread_start(producer, (void *)1),
                         thread_start(consumer, NULL), thread_start(consumer, NULL)};
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
    int right = 1;
    for (int i = 0; i < ITEMS; i++)
        right &= seen[i] == 1;
    ok(right, "20000 items through a buffer of 8, each exactly once");
}

int main(void)
{
    tap_begin();
    part(compatibility);
    part(blocking);
    part(contention);
    part(condition_variables);
    part(bounded_buffer);
    return tap_end();
}
