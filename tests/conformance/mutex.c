/* SPDX-License-Identifier: MIT */
/* Mutexes: ownership, recursion, abandonment, names. Rules: spec section 9 and the mutex pages. */
#include "../tap.h"

static DWORD WINAPI try_take(void *mutex)
{
    DWORD result = WaitForSingleObject(mutex, 0);
    if (result == WAIT_OBJECT_0)
        ReleaseMutex(mutex);
    return result;
}

static DWORD WINAPI try_release(void *mutex)
{
    SetLastError(0);
    return ReleaseMutex(mutex) ? 0 : GetLastError();
}

static void ownership(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    fails_with(ReleaseMutex(mutex), ERROR_NOT_OWNER, "releasing what nobody owns is 288");
    is_int(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0, "take it");
    is_int(thread_join(thread_start(try_take, mutex)), WAIT_TIMEOUT, "another thread cannot");
    is_int(thread_join(thread_start(try_release, mutex)), ERROR_NOT_OWNER, "nor release it: 288");
    is_int(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0, "the owner takes it again");
    ok(ReleaseMutex(mutex), "one release");
    is_int(thread_join(thread_start(try_take, mutex)), WAIT_TIMEOUT, "is not enough");
    ok(ReleaseMutex(mutex), "as many releases as takes");
    is_int(thread_join(thread_start(try_take, mutex)), WAIT_OBJECT_0, "free it");
    fails_with(ReleaseMutex(mutex), ERROR_NOT_OWNER, "and no more");
    CloseHandle(mutex);
    mutex = CreateMutexA(NULL, TRUE, NULL);
    is_int(thread_join(thread_start(try_take, mutex)), WAIT_TIMEOUT, "bInitialOwner owns it");
    ok(ReleaseMutex(mutex), "and may release it");
    CloseHandle(mutex);
    HANDLE event = event_manual();
    fails_with(ReleaseMutex(event), ERROR_INVALID_HANDLE, "an event is no mutex: 6");
    CloseHandle(event);
}

static DWORD WINAPI take_and_end(void *mutex)
{
    WaitForSingleObject(mutex, INFINITE);
    return WaitForSingleObject(mutex, INFINITE); /* twice */
}

static DWORD WINAPI take_and_exit(void *mutex)
{
    WaitForSingleObject(mutex, INFINITE);
    ExitThread(5);
}

static void abandoned(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    thread_join(thread_start(take_and_end, mutex));
    is_int(WaitForSingleObject(mutex, PATIENCE_MS), WAIT_ABANDONED, "its owner ended: 0x80");
    is_int(thread_join(thread_start(try_take, mutex)), WAIT_TIMEOUT, "but it is ours now");
    ok(ReleaseMutex(mutex), "one release frees it, however often the dead thread took it");
    is_int(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0, "abandonment is told once");
    ReleaseMutex(mutex);
    is_int(thread_join(thread_start(take_and_exit, mutex)), 5, "ExitThread");
    is_int(WaitForSingleObject(mutex, PATIENCE_MS), WAIT_ABANDONED, "abandons likewise");
    ReleaseMutex(mutex);

    /* A thread that waits while the owner dies is woken. */
    WaitForSingleObject(mutex, 0);
    ReleaseMutex(mutex);
    CloseHandle(mutex);
}

static HANDLE ready, go;

static DWORD WINAPI hold_until_told(void *mutex)
{
    WaitForSingleObject(mutex, INFINITE);
    SetEvent(ready);
    WaitForSingleObject(go, INFINITE);
    return 0;
}

static DWORD WINAPI wait_for(void *mutex)
{
    DWORD result = WaitForSingleObject(mutex, PATIENCE_MS);
    ReleaseMutex(mutex);
    return result;
}

static void abandoned_under_waiter(void)
{
    ready = event_auto();
    go = event_auto();
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE owner = thread_start(hold_until_told, mutex);
    signalled_soon(ready);
    HANDLE waiter = thread_start(wait_for, mutex);
    ok(stays_unsignalled(waiter), "a waiter blocks");
    SetEvent(go);
    is_int(thread_join(waiter), WAIT_ABANDONED, "the owner's end wakes it with 0x80");
    thread_join(owner);
    CloseHandle(mutex);
    CloseHandle(ready);
    CloseHandle(go);
}

static void names(void)
{
    char name[64];
    snprintf(name, sizeof name, "test-mutex-%u", (unsigned)GetCurrentProcessId());
    SetLastError(0xdead);
    HANDLE one = CreateMutexA(NULL, FALSE, name);
    is_int(GetLastError(), 0, "a new name: last error 0");
    HANDLE two = CreateMutexA(NULL, TRUE, name);
    is_int(GetLastError(), ERROR_ALREADY_EXISTS, "the same name: success and 183");
    ok(two && two != one, "another handle");
    is_int(WaitForSingleObject(one, 0), WAIT_OBJECT_0, "bInitialOwner is ignored for an existing mutex");
    ok(ReleaseMutex(two), "and it is the same mutex");
    HANDLE three = OpenMutexA(SYNCHRONIZE, FALSE, name);
    ok(three != NULL, "OpenMutex");
    fails_with(CreateEventA(NULL, FALSE, FALSE, name) != NULL, ERROR_INVALID_HANDLE,
               "the name of another kind of object is 6");
    CloseHandle(one);
    CloseHandle(two);
    CloseHandle(three);
    fails_with(OpenMutexA(SYNCHRONIZE, FALSE, name) != NULL, ERROR_FILE_NOT_FOUND,
               "the name goes with the last handle");
}

/* Mutual exclusion under contention. */
static volatile LONG inside, total, overlaps;
static HANDLE lock;

static DWORD WINAPI contender(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2000; i++) {
        if (WaitForSingleObject(lock, PATIENCE_MS) != WAIT_OBJECT_0)
            return 1;
        if (InterlockedIncrement(&inside) != 1)
            InterlockedIncrement(&overlaps);
        total = total + 1;
        InterlockedDecrement(&inside);
        ReleaseMutex(lock);
    }
    return 0;
}

static void contention(void)
{
    HANDLE threads[4];
    lock = CreateMutexA(NULL, FALSE, NULL);
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(contender, NULL);
    DWORD failures = 0;
    for (int i = 0; i < 4; i++)
        failures += thread_join(threads[i]);
    is_int(failures, 0, "four threads take it 2000 times each");
    is_int(overlaps, 0, "one at a time");
    is_int(total, 8000, "and nothing is lost");
    CloseHandle(lock);
}

int main(void)
{
    tap_begin();
    part(ownership);
    part(abandoned);
    part(abandoned_under_waiter);
    part(names);
    part(contention);
    return tap_end();
}
