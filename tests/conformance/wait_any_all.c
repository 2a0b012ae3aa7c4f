/* SPDX-License-Identifier: MIT */
/* WaitForSingleObject and WaitForMultipleObjects: any and all, which index, what is consumed, limits and
 * errors. Rules: spec section 9 (Waits) and the pages of the functions. */
#include "../tap.h"

static void single(void)
{
    HANDLE event = event_manual();
    is_int(WaitForSingleObject(event, 0), WAIT_TIMEOUT, "time-out 0 asks");
    ULONGLONG start = GetTickCount64();
    is_int(WaitForSingleObject(event, 60), WAIT_TIMEOUT, "a time-out");
    ok(GetTickCount64() - start >= 40, "takes its time"); /* the tick may be 15 ms coarse */
    SetEvent(event);
    is_int(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0, "a set event");
    CloseHandle(event);
    SetLastError(0xdead);
    is_int(WaitForSingleObject(event, 0), WAIT_FAILED, "a closed handle fails");
    is_int(GetLastError(), ERROR_INVALID_HANDLE, "with 6");
    is_int(WaitForSingleObject(NULL, 0), WAIT_FAILED, "NULL fails");
    HANDLE self = GetCurrentProcess(), weak = NULL;
    event = event_manual();
    DuplicateHandle(self, event, self, &weak, EVENT_MODIFY_STATE, FALSE, 0);
    SetLastError(0xdead);
    is_int(WaitForSingleObject(weak, 0), WAIT_FAILED, "without SYNCHRONIZE it fails");
    is_int(GetLastError(), ERROR_ACCESS_DENIED, "with 5");
    CloseHandle(weak);
    CloseHandle(event);
    /* A file can be waited on. */
    const char *name = temp_name("wait");
    HANDLE file = file_with_pattern(name, 1, 0);
    ok(WaitForSingleObject(file, 0) == WAIT_OBJECT_0 || WaitForSingleObject(file, 0) == WAIT_TIMEOUT,
       "a file handle is waitable");
    CloseHandle(file);
    DeleteFileA(name);
}

static void any(void)
{
    HANDLE handles[4];
    for (int i = 0; i < 4; i++)
        handles[i] = event_auto();
    is_int(WaitForMultipleObjects(4, handles, FALSE, 0), WAIT_TIMEOUT, "none set");
    SetEvent(handles[3]);
    SetEvent(handles[1]);
    is_int(WaitForMultipleObjects(4, handles, FALSE, INFINITE), WAIT_OBJECT_0 + 1, "the lowest index wins");
    ok(!signalled_now(handles[1]), "it was consumed");
    is_int(WaitForMultipleObjects(4, handles, FALSE, INFINITE), WAIT_OBJECT_0 + 3,
           "the other was left for the next wait");
    /* Duplicates are allowed in wait-any. */
    HANDLE twice[2] = {handles[0], handles[0]};
    SetEvent(handles[0]);
    is_int(WaitForMultipleObjects(2, twice, FALSE, 0), WAIT_OBJECT_0, "the same handle twice in wait-any");
    for (int i = 0; i < 4; i++)
        CloseHandle(handles[i]);
}

static void all_takes_nothing_until_all(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 1, NULL);
    HANDLE event = event_auto();
    HANDLE handles[3] = {semaphore, mutex, event};
    is_int(WaitForMultipleObjects(3, handles, TRUE, 20), WAIT_TIMEOUT, "two of three");
    LONG previous = -1;
    fails_with(ReleaseSemaphore(semaphore, 1, &previous), ERROR_TOO_MANY_POSTS,
               "the semaphore's unit was not taken");
    fails_with(ReleaseMutex(mutex), ERROR_NOT_OWNER, "the mutex was not acquired");
    SetEvent(event);
    is_int(WaitForMultipleObjects(3, handles, TRUE, 0), WAIT_OBJECT_0, "all three");
    ok(!signalled_now(semaphore) && !signalled_now(event), "now they are consumed");
    ok(ReleaseMutex(mutex), "and the mutex is ours");
    CloseHandle(mutex);
    CloseHandle(semaphore);
    CloseHandle(event);
}

static HANDLE set_later[2];

static DWORD WINAPI setter(void *unused)
{
    (void)unused;
    settle();
    SetEvent(set_later[1]);
    settle();
    SetEvent(set_later[0]);
    return 0;
}

static void blocking(void)
{
    set_later[0] = event_auto();
    set_later[1] = event_auto();
    HANDLE thread = thread_start(setter, NULL);
    is_int(WaitForMultipleObjects(2, set_later, TRUE, PATIENCE_MS), WAIT_OBJECT_0, "all, set one after the other");
    thread_join(thread);
    thread = thread_start(setter, NULL);
    is_int(WaitForMultipleObjects(2, set_later, FALSE, PATIENCE_MS), WAIT_OBJECT_0 + 1, "any gives the first set");
    thread_join(thread);
    ok(signalled_now(set_later[0]), "the later one is left");
    CloseHandle(set_later[0]);
    CloseHandle(set_later[1]);
}

/* A unit that a wait-all cannot use yet is free for others. */
static DWORD WINAPI wait_all_two(void *handles)
{
    return WaitForMultipleObjects(2, handles, TRUE, PATIENCE_MS);
}

static void all_does_not_hoard(void)
{
    HANDLE pair[2] = {event_auto(), event_auto()};
    HANDLE thread = thread_start(wait_all_two, pair);
    settle();
    SetEvent(pair[0]);
    ok(stays_unsignalled(thread), "the wait-all goes on");
    ok(signalled_now(pair[0]), "the event can be taken by somebody else");
    SetEvent(pair[1]);
    ok(stays_unsignalled(thread), "it still goes on");
    SetEvent(pair[0]);
    is_int(thread_join(thread), WAIT_OBJECT_0, "until both are set at once");
    CloseHandle(pair[0]);
    CloseHandle(pair[1]);
}

static void limits(void)
{
    HANDLE handles[65];
    for (int i = 0; i < 65; i++)
        handles[i] = event_auto();
    SetEvent(handles[63]);
    is_int(WaitForMultipleObjects(64, handles, FALSE, 0), WAIT_OBJECT_0 + 63, "64 objects");
    SetLastError(0xdead);
    is_int(WaitForMultipleObjects(65, handles, FALSE, 0), WAIT_FAILED, "65 fail");
    is_int(GetLastError(), ERROR_INVALID_PARAMETER, "with 87");
    SetLastError(0xdead);
    is_int(WaitForMultipleObjects(0, handles, FALSE, 0), WAIT_FAILED, "0 fail");
    is_int(GetLastError(), ERROR_INVALID_PARAMETER, "with 87");
    handles[1] = handles[0];
    SetLastError(0xdead);
    /* Wine accepts duplicates in wait-all; the page says the function fails then. */
    is_int(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_FAILED, "duplicates in wait-all fail");
    is_int(GetLastError(), ERROR_INVALID_PARAMETER, "with 87");
    handles[1] = NULL;
    SetLastError(0xdead);
    is_int(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_FAILED, "a bad handle fails the call");
    is_int(GetLastError(), ERROR_INVALID_HANDLE, "with 6");
    SetEvent(handles[0]);
    is_int(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_FAILED, "also when another is signalled");
    ok(signalled_now(handles[0]), "which is not consumed");
    CloseHandle(handles[0]);
    for (int i = 2; i < 65; i++)
        CloseHandle(handles[i]);
}

static DWORD WINAPI abandoner(void *mutex)
{
    return WaitForSingleObject(mutex, INFINITE); /* and ends with it */
}

static void abandoned_in_many(void)
{
    HANDLE handles[3] = {event_manual(), CreateMutexA(NULL, FALSE, NULL), event_manual()};
    thread_join(thread_start(abandoner, handles[1]));
    is_int(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_ABANDONED_0 + 1, "any: abandoned at its index");
    ReleaseMutex(handles[1]);
    thread_join(thread_start(abandoner, handles[1]));
    SetEvent(handles[0]);
    SetEvent(handles[2]);
    DWORD result = WaitForMultipleObjects(3, handles, TRUE, 0);
    ok(result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + 3, "all: says abandoned");
    ReleaseMutex(handles[1]);
    for (int i = 0; i < 3; i++)
        CloseHandle(handles[i]);
}

/* Many threads, each waits for two neighbouring forks with wait-all: no deadlock, no double ownership. */
enum { SEATS = 5, MEALS = 400 };
static HANDLE forks[SEATS];
static volatile LONG held[SEATS], violations;

static DWORD WINAPI philosopher(void *seat)
{
    int left = (int)(INT_PTR)seat, right = (left + 1) % SEATS;
    HANDLE both[2] = {forks[left], forks[right]};
    for (int i = 0; i < MEALS; i++) {
        if (WaitForMultipleObjects(2, both, TRUE, PATIENCE_MS) != WAIT_OBJECT_0)
            return 1;
        if (InterlockedIncrement(&held[left]) != 1 || InterlockedIncrement(&held[right]) != 1)
            InterlockedIncrement(&violations);
        InterlockedDecrement(&held[left]);
        InterlockedDecrement(&held[right]);
        SetEvent(forks[right]);
        SetEvent(forks[left]);
    }
    return 0;
}

static void philosophers(void)
{
    HANDLE threads[SEATS];
    for (int i = 0; i < SEATS; i++)
        forks[i] = CreateEventA(NULL, FALSE, TRUE, NULL);
    for (int i = 0; i < SEATS; i++)
        threads[i] = thread_start(philosopher, (void *)(INT_PTR)i);
    is_int(WaitForMultipleObjects(SEATS, threads, TRUE, PATIENCE_MS), WAIT_OBJECT_0, "all have dined");
    DWORD failures = 0;
    for (int i = 0; i < SEATS; i++)
        failures += thread_join(threads[i]);
    is_int(failures, 0, "none starved");
    is_int(violations, 0, "no fork was in two hands");
    for (int i = 0; i < SEATS; i++)
        CloseHandle(forks[i]);
}

int main(void)
{
    tap_begin();
    part(single);
    part(any);
    part(all_takes_nothing_until_all);
    part(blocking);
    part(all_does_not_hoard);
    part(limits);
    part(abandoned_in_many);
    part(philosophers);
    return tap_end();
}
