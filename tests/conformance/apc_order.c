/* SPDX-License-Identifier: MIT */
/* On entry of an alertable wait the APC queue comes first, then the objects, then a zero time-out; and the
 * one exception at completion ports. Rules: spec section 6 (observed on Windows by several). */
#include "../tap.h"

static LONG runs;

static void CALLBACK count(ULONG_PTR unused)
{
    (void)unused;
    runs++;
}

static void queue(void)
{
    QueueUserAPC(count, GetCurrentThread(), 0);
}

/* The object is already signalled: APCs run, the wait says 0xC0, the object is not consumed. */
static void before_signalled_objects(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, TRUE, NULL); /* auto-reset, set */
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 1, NULL);
    HANDLE both[2] = {event, semaphore};
    runs = 0;
    queue();
    is_int(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION, "APC before a set event");
    is_int(runs, 1, "it ran");
    queue();
    is_int(WaitForSingleObjectEx(event, 0, TRUE), WAIT_IO_COMPLETION, "with time-out 0 too");
    queue();
    is_int(WaitForMultipleObjectsEx(2, both, FALSE, INFINITE, TRUE), WAIT_IO_COMPLETION, "any");
    queue();
    is_int(WaitForMultipleObjectsEx(2, both, TRUE, INFINITE, TRUE), WAIT_IO_COMPLETION, "all");
    is_int(runs, 4, "all ran");
    is_int(WaitForSingleObjectEx(event, 0, TRUE), WAIT_OBJECT_0, "the event was not consumed");
    is_int(WaitForSingleObjectEx(semaphore, 0, TRUE), WAIT_OBJECT_0, "nor the semaphore");
    is_int(WaitForMultipleObjectsEx(2, both, FALSE, 0, TRUE), WAIT_TIMEOUT, "now they are");
    CloseHandle(event);
    CloseHandle(semaphore);
}

/* A mutex that would be acquired: not acquired when the APC ends the wait. */
static void before_free_mutex(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    queue();
    is_int(WaitForSingleObjectEx(mutex, INFINITE, TRUE), WAIT_IO_COMPLETION, "APC before a free mutex");
    fails_with(ReleaseMutex(mutex), ERROR_NOT_OWNER, "which was not acquired");
    CloseHandle(mutex);
}

static OVERLAPPED_ENTRY entry[4];
static ULONG taken;

static DWORD take(HANDLE port, DWORD timeout, BOOL alertable)
{
    SetLastError(0);
    taken = 0;
    return GetQueuedCompletionStatusEx(port, entry, 4, &taken, timeout, alertable) ? 0 : GetLastError();
}

/* A thread not yet associated with the port runs its APCs first, and that call does not associate it. */
static DWORD WINAPI newcomer(void *port)
{
    runs = 0;
    PostQueuedCompletionStatus(port, 1, 1, NULL);
    queue();
    is_int(take(port, INFINITE, TRUE), WAIT_IO_COMPLETION, "a newcomer's APC comes before a queued packet");
    is_int(runs, 1, "it ran");
    queue();
    is_int(take(port, INFINITE, TRUE), WAIT_IO_COMPLETION, "again: that call did not associate the thread");
    is_int(runs, 2, "it ran");
    is_int(take(port, 0, TRUE), 0, "then the packet is taken");
    is_int(taken, 1, "one packet");
    return 0;
}

/* An associated thread takes queued packets first and leaves its APCs queued. */
static DWORD WINAPI member(void *port)
{
    runs = 0;
    PostQueuedCompletionStatus(port, 1, 1, NULL);
    is_int(take(port, 0, TRUE), 0, "the first packet makes the thread a member");
    PostQueuedCompletionStatus(port, 2, 2, NULL);
    queue();
    is_int(take(port, INFINITE, TRUE), 0, "a member takes the packet");
    is_int(taken, 1, "one packet");
    is_int(runs, 0, "and leaves its APC queued");
    is_int(take(port, INFINITE, TRUE), WAIT_IO_COMPLETION, "no packet: the APC runs");
    is_int(runs, 1, "it ran");
    return 0;
}

static void at_ports(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    /* Wine takes the packet first for a newcomer also; the rule is what was observed on Windows. */
    thread_join(thread_start(newcomer, port));
    thread_join(thread_start(member, port));
    CloseHandle(port);
}

int main(void)
{
    tap_begin();
    part(before_signalled_objects);
    part(before_free_mutex);
    part(at_ports);
    return tap_end();
}
