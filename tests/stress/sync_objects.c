/* SPDX-License-Identifier: MIT */
/* Eight threads use the same mutexes, semaphores, events, timers, names and light locks in random order, with
 * time-outs, APCs and closing under use. What must hold: a lock keeps others out, no semaphore count is lost
 * or made, a timer that is set fires or is cancelled, and nobody waits for ever. */
#include "../tap.h"

enum { THREADS = 8, OPERATIONS = 30000, TOKENS = 3, NAMES = 4 };

static HANDLE mutexes[2], tokens, go;
static volatile LONG inside[2], held_tokens, broken, apcs, fired;
static CRITICAL_SECTION section;
static SRWLOCK slim = SRWLOCK_INIT;
static LONG section_counter;
static volatile LONG slim_counter;

/* xorshift, one state per thread: a failure's seed is its thread's number. */
static unsigned random_next(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void check(int condition)
{
    if (!condition)
        InterlockedIncrement(&broken);
}

static void use_mutex(unsigned *state)
{
    int which = random_next(state) % 2;
    DWORD result = WaitForSingleObject(mutexes[which], random_next(state) % 3 ? INFINITE : 1);
    if (result == WAIT_TIMEOUT)
        return;
    check(result == WAIT_OBJECT_0);
    check(InterlockedIncrement(&inside[which]) == 1);
    if (random_next(state) % 4 == 0) {
        check(WaitForSingleObject(mutexes[which], 0) == WAIT_OBJECT_0);
        check(ReleaseMutex(mutexes[which]));
    }
    InterlockedDecrement(&inside[which]);
    check(ReleaseMutex(mutexes[which]));
}

static void use_both(unsigned *state)
{
    HANDLE reversed[2] = {mutexes[1], mutexes[0]};
    DWORD result = WaitForMultipleObjects(2, random_next(state) % 2 ? reversed : mutexes, TRUE,
                                          random_next(state) % 20);
    if (result == WAIT_TIMEOUT)
        return;
    check(result == WAIT_OBJECT_0);
    for (int i = 0; i < 2; i++)
        check(InterlockedIncrement(&inside[i]) == 1);
    for (int i = 0; i < 2; i++) {
        InterlockedDecrement(&inside[i]);
        check(ReleaseMutex(mutexes[i]));
    }
}

static void use_token(unsigned *state)
{
    HANDLE either[2] = {go, tokens}; /* go is never set */
    DWORD result = WaitForMultipleObjects(2, either, FALSE, random_next(state) % 10);
    if (result == WAIT_TIMEOUT)
        return;
    check(result == WAIT_OBJECT_0 + 1);
    check(InterlockedIncrement(&held_tokens) <= TOKENS);
    if (random_next(state) % 8 == 0)
        SwitchToThread();
    InterlockedDecrement(&held_tokens);
    check(ReleaseSemaphore(tokens, 1, NULL));
}

static void CALLBACK timer_expired(void *context, DWORD low, DWORD high)
{
    (void)low;
    (void)high;
    InterlockedIncrement(context);
}

/* A timer is set, awaited, cancelled or closed while it is due. */
static void use_timer(unsigned *state)
{
    HANDLE timer = CreateWaitableTimerA(NULL, random_next(state) % 2, NULL);
    LARGE_INTEGER due;
    due.QuadPart = -(LONGLONG)(random_next(state) % 5000); /* within half a millisecond */
    PTIMERAPCROUTINE routine = random_next(state) % 2 ? timer_expired : NULL;
    check(SetWaitableTimer(timer, &due, random_next(state) % 3 == 0, routine, (void *)&apcs, FALSE));
    switch (random_next(state) % 4) {
    case 0:
        check(WaitForSingleObject(timer, PATIENCE_MS) == WAIT_OBJECT_0);
        InterlockedIncrement(&fired);
        break;
    case 1:
        check(CancelWaitableTimer(timer));
        break;
    case 2:
        check(SetWaitableTimer(timer, &due, 0, routine, (void *)&apcs, FALSE));
        if (routine)
            check(SleepEx(PATIENCE_MS, TRUE) == WAIT_IO_COMPLETION);
        break;
    default:
        break; /* closed while it runs */
    }
    check(CloseHandle(timer));
    SleepEx(0, TRUE);
}

/* All threads make, open and close the same few names. */
static void use_name(unsigned *state)
{
    char name[32];
    snprintf(name, sizeof name, "stress-%u", random_next(state) % NAMES);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, name);
    check(event != NULL && (GetLastError() == 0 || GetLastError() == ERROR_ALREADY_EXISTS));
    HANDLE again = OpenEventA(EVENT_MODIFY_STATE | SYNCHRONIZE, FALSE, name);
    check(again != NULL); /* it has a handle: ours */
    check(CompareObjectHandles(event, again));
    check(SetEvent(again));
    CloseHandle(event);
    CloseHandle(again);
}

static void use_light_locks(unsigned *state)
{
    EnterCriticalSection(&section);
    section_counter++;
    if (random_next(state) % 64 == 0)
        SwitchToThread();
    LeaveCriticalSection(&section);
    if (random_next(state) % 3) {
        AcquireSRWLockShared(&slim);
        LONG seen = slim_counter;
        if (random_next(state) % 64 == 0)
            SwitchToThread();
        check(seen == slim_counter);
        ReleaseSRWLockShared(&slim);
    } else {
        AcquireSRWLockExclusive(&slim);
        slim_counter++;
        ReleaseSRWLockExclusive(&slim);
    }
}

static volatile LONG light_uses;

static DWORD WINAPI worker(void *number)
{
    unsigned state = 2463534242u + (unsigned)(ULONG_PTR)number * 7919;
    for (int i = 0; i < OPERATIONS; i++) {
        switch (random_next(&state) % 8) {
        case 0:
            use_mutex(&state);
            break;
        case 1:
            use_both(&state);
            break;
        case 2:
            use_token(&state);
            break;
        case 3:
            use_timer(&state);
            break;
        case 4:
            use_name(&state);
            break;
        default:
            InterlockedIncrement(&light_uses);
            use_light_locks(&state);
        }
    }
    return 0;
}

static void random_operations(void)
{
    HANDLE threads[THREADS];
    for (int i = 0; i < 2; i++)
        mutexes[i] = CreateMutexA(NULL, FALSE, NULL);
    tokens = CreateSemaphoreA(NULL, TOKENS, TOKENS, NULL);
    go = event_manual();
    InitializeCriticalSection(&section);
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start(worker, (void *)(ULONG_PTR)(i + 1));
    DWORD unfinished = 0;
    for (int i = 0; i < THREADS; i++)
        unfinished += WaitForSingleObject(threads[i], 50000) != WAIT_OBJECT_0;
    is_int(unfinished, 0, "nobody waits for ever");
    is_int(broken, 0, "no promise was broken");
    is_int(section_counter, light_uses, "the critical section kept others out");
    for (int i = 0; i < TOKENS; i++)
        ok(signalled_now(tokens), "no count of the semaphore is lost");
    ok(!signalled_now(tokens), "and none was made");
    note("%d timers fired in a wait, %d routines ran", (int)fired, (int)apcs);
    for (int i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    DeleteCriticalSection(&section);
}

/* A bounded queue with a condition variable: producers and consumers, each item once. */
enum { ITEMS = 200000, ROOM = 16 };
static struct {
    SRWLOCK lock;
    CONDITION_VARIABLE not_empty, not_full;
    int count, taken;
    LONGLONG sum;
} queue;

static DWORD WINAPI producer(void *unused)
{
    (void)unused;
    for (int i = 0; i < ITEMS / 2; i++) {
        AcquireSRWLockExclusive(&queue.lock);
        while (queue.count == ROOM)
            SleepConditionVariableSRW(&queue.not_full, &queue.lock, INFINITE, 0);
        queue.count++;
        ReleaseSRWLockExclusive(&queue.lock);
        WakeConditionVariable(&queue.not_empty);
    }
    return 0;
}

static DWORD WINAPI consumer(void *unused)
{
    (void)unused;
    for (;;) {
        AcquireSRWLockExclusive(&queue.lock);
        while (queue.count == 0 && queue.taken < ITEMS)
            SleepConditionVariableSRW(&queue.not_empty, &queue.lock, INFINITE, 0);
        int end = queue.taken == ITEMS;
        if (!end) {
            queue.count--;
            end = ++queue.taken == ITEMS;
        }
        ReleaseSRWLockExclusive(&queue.lock);
        WakeConditionVariable(&queue.not_full);
        if (end) {
            WakeAllConditionVariable(&queue.not_empty);
            return 0;
        }
    }
}

static void bounded_queue(void)
{
    HANDLE threads[4] = {thread_start(producer, NULL), thread_start(producer, NULL),
                         thread_start(consumer, NULL), thread_start(consumer, NULL)};
    is_int(WaitForMultipleObjects(4, threads, TRUE, 50000), WAIT_OBJECT_0, "producers and consumers end");
    is_int(queue.taken, ITEMS, "every item was taken");
    is_int(queue.count, 0, "and none is left");
    for (int i = 0; i < 4; i++)
        CloseHandle(threads[i]);
}

int main(void)
{
    tap_begin();
    part(random_operations);
    part(bounded_queue);
    return tap_end();
}
