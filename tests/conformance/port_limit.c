/* SPDX-License-Identifier: MIT */
/* Rule 8 of completion ports: at most NumberOfConcurrentThreads are released; one that blocks frees its
 * place; after it wakes the number may exceed the limit, and nobody new is released until it drops. */
#include "../port_wait.h"

#ifdef __linux__
#include <time.h>
#include <unistd.h>
#endif

enum { WORKERS = 4 };
enum { STAY, WAIT_EVENT, WAIT_MANY, SLEEP, SECTION, SRW, CONDITION, ADDRESS, PIPE_READ, SLEEP_EX, KINDS };
static const char *const kind_names[] = {"running",       "WaitForSingleObject", "WaitForMultipleObjects", "Sleep",
                                         "EnterCriticalSection", "AcquireSRWLock", "SleepConditionVariable", "WaitOnAddress",
                                         "synchronous ReadFile", "SleepEx"};

static HANDLE port, release_event, took;
static volatile LONG running, inside, peak;
static CRITICAL_SECTION section;
static SRWLOCK srw = SRWLOCK_INIT;
static CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;
static CRITICAL_SECTION condition_section;
static volatile LONG condition_flag, address_word;
static struct pipe_pair blocking_pipe;
static volatile LONG spin_on;

static void block(int kind)
{
    LONG zero = 0;
    char byte;
    DWORD done;
    HANDLE pair[2];
    switch (kind) {
    case STAY: /* runs on, in user code, until told */
        while (tap_read(spin_on))
            YieldProcessor();
        break;
    case WAIT_EVENT:
        WaitForSingleObject(release_event, INFINITE);
        break;
    case WAIT_MANY:
        pair[0] = release_event;
        pair[1] = GetCurrentProcess();
        WaitForMultipleObjects(2, pair, FALSE, INFINITE);
        break;
    case SLEEP:
        Sleep(400);
        break;
    case SLEEP_EX:
        SleepEx(400, TRUE);
        break;
    case SECTION:
        EnterCriticalSection(&section);
        LeaveCriticalSection(&section);
        break;
    case SRW:
        AcquireSRWLockExclusive(&srw);
        ReleaseSRWLockExclusive(&srw);
        break;
    case CONDITION:
        EnterCriticalSection(&condition_section);
        while (!condition_flag)
            SleepConditionVariableCS(&condition, &condition_section, INFINITE);
        LeaveCriticalSection(&condition_section);
        break;
    case ADDRESS:
        while (!address_word)
            WaitOnAddress(&address_word, &zero, 4, INFINITE);
        break;
    case PIPE_READ:
        ReadFile(blocking_pipe.client, &byte, 1, &done, NULL);
        break;
    default:
        break;
    }
}

static DWORD WINAPI worker(void *unused)
{
    (void)unused;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    while (GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE)) {
        if (key == 0)
            return 0;
        InterlockedIncrement(&running);
        ReleaseSemaphore(took, 1, NULL);
        block((int)bytes);
        InterlockedDecrement(&running);
    }
    return 1;
}

static HANDLE workers[WORKERS];

static void begin(DWORD limit)
{
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, limit);
    release_event = event_manual();
    took = CreateSemaphoreA(NULL, 0, 1000, NULL);
    tap_write(running, 0);
    condition_flag = address_word = 0;
    for (int i = 0; i < WORKERS; i++)
        workers[i] = thread_start(worker, NULL);
    port_waiters_reach(port, WORKERS);
}

static void finish(void)
{
    for (int i = 0; i < WORKERS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    for (int i = 0; i < WORKERS; i++)
        thread_join(workers[i]);
    CloseHandle(port);
    CloseHandle(release_event);
    CloseHandle(took);
}

static void post(int kind)
{
    PostQueuedCompletionStatus(port, (DWORD)kind, 1, NULL);
}

/* Released threads that run keep the others out, however many packets wait. */
static void running_threads_keep_others_out(void)
{
    begin(1);
    tap_write(spin_on, 1);
    post(STAY);
    ok(signalled_soon(took), "one thread is released");
    post(STAY);
    post(STAY);
    ok(stays_unsignalled(took), "while it runs no other is, though packets and threads wait");
    is_int(tap_read(running), 1, "one runs");
    tap_write(spin_on, 0);
    ok(signalled_soon(took), "when it comes back the next packet is taken");
    ok(signalled_soon(took), "and the third");
    finish();
}

static void limit_two(void)
{
    begin(2);
    tap_write(spin_on, 1);
    for (int i = 0; i < 4; i++)
        post(STAY);
    ok(signalled_soon(took) && signalled_soon(took), "limit 2: two are released");
    ok(stays_unsignalled(took), "and no third");
    is_int(tap_read(running), 2, "two run");
    tap_write(spin_on, 0);
    ok(signalled_soon(took) && signalled_soon(took), "the others follow");
    finish();
}

static void unblock(int kind)
{
    switch (kind) {
    case WAIT_EVENT:
    case WAIT_MANY:
        SetEvent(release_event);
        break;
    case SECTION:
        LeaveCriticalSection(&section);
        break;
    case SRW:
        ReleaseSRWLockExclusive(&srw);
        break;
    case CONDITION:
        EnterCriticalSection(&condition_section);
        condition_flag = 1;
        LeaveCriticalSection(&condition_section);
        WakeAllConditionVariable(&condition);
        break;
    case ADDRESS:
        InterlockedExchange(&address_word, 1);
        WakeByAddressAll((void *)&address_word);
        break;
    case PIPE_READ:
        write_all(blocking_pipe.server, "x", 1);
        break;
    default:
        break;
    }
}

/* A released thread that blocks in any of our calls frees its place. */
static void blocking_frees_the_place(void)
{
    blocking_pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    for (int kind = WAIT_EVENT; kind < KINDS; kind++) {
        begin(1);
        if (kind == SECTION)
            EnterCriticalSection(&section);
        if (kind == SRW)
            AcquireSRWLockExclusive(&srw);
        post(kind);
        ok(signalled_soon(took), "a thread is released and blocks in %s", kind_names[kind]);
        tap_write(spin_on, 1);
        post(STAY);
        ok(signalled_soon(took), "another is let in while it blocks in %s", kind_names[kind]);
        /* The first wakes: now two run, over the limit. Nobody new is released until it drops. */
        unblock(kind);
        post(STAY);
        ok(stays_unsignalled(took), "no third, neither while it blocks nor after (%s)", kind_names[kind]);
        tap_write(spin_on, 0);
        ok(signalled_soon(took), "when the count drops, the next is (%s)", kind_names[kind]);
        finish();
    }
    pipe_pair_close(&blocking_pipe);
}

/* A thread that waits on the port and nothing else: with limit 1 and short work never two run. */
static DWORD WINAPI counted(void *unused)
{
    (void)unused;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    while (GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE) && key) {
        LONG now = InterlockedIncrement(&inside);
        if (now > tap_read(peak))
            InterlockedExchange(&peak, now);
        for (volatile int i = 0; i < 200; i++)
            ;
        InterlockedDecrement(&inside);
    }
    return 0;
}

static BOOL threads_may_block(void)
{
#ifdef __SANITIZE_THREAD__
    return TRUE;
#else
    const char *engine = getenv("OVERLAPPED_ENGINE");
    return engine != NULL && strncmp(engine, "sim", 3) == 0;
#endif
}

static void never_two(void)
{
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    HANDLE threads[8];
    tap_write(inside, 0);
    tap_write(peak, 0);
    for (int i = 0; i < 8; i++)
        threads[i] = thread_start(counted, NULL);
    for (int i = 0; i < 20000; i++)
        PostQueuedCompletionStatus(port, 0, 1, NULL);
    for (int i = 0; i < 8; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    for (int i = 0; i < 8; i++)
        thread_join(threads[i]);
    if (threads_may_block())
        skip(1, "ThreadSanitizer's locks and the simulation's pauses block a thread in its work, which lets another in, rightly");
    else
        is_int(tap_read(peak), 1, "8 threads at limit 1, 20000 packets: never two at work");
    CloseHandle(port);
}

#ifdef __linux__
/* Ours only: blocking in a plain system call of Linux is noticed too, by sampling. */
static int plain_pipe[2];

static DWORD WINAPI plain_worker(void *unused)
{
    (void)unused;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    char byte;
    struct timespec long_time = {0, 500000000};
    while (GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE) && key) {
        ReleaseSemaphore(took, 1, NULL);
        if (bytes == 1 && read(plain_pipe[0], &byte, 1) != 1)
            return 1;
        if (bytes == 2)
            nanosleep(&long_time, NULL);
    }
    return 0;
}

static void plain_system_calls(void)
{
    for (DWORD kind = 1; kind <= 2; kind++) {
        const char *name = kind == 1 ? "read(2)" : "nanosleep";
        port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
        took = CreateSemaphoreA(NULL, 0, 10, NULL);
        if (pipe(plain_pipe)) {
            skip(2, "no pipe");
            return;
        }
        HANDLE one = thread_start(plain_worker, NULL), two = thread_start(plain_worker, NULL);
        settle();
        PostQueuedCompletionStatus(port, kind, 1, NULL);
        ok(signalled_soon(took), "a thread is released and blocks in %s", name);
        PostQueuedCompletionStatus(port, 0, 1, NULL);
        ok(WaitForSingleObject(took, 300) == WAIT_OBJECT_0, "another is let in while it blocks in %s", name);
        if (write(plain_pipe[1], "x", 1) != 1)
            note("write failed");
        PostQueuedCompletionStatus(port, 0, 0, NULL);
        PostQueuedCompletionStatus(port, 0, 0, NULL);
        thread_join(one);
        thread_join(two);
        close(plain_pipe[0]);
        close(plain_pipe[1]);
        CloseHandle(took);
        CloseHandle(port);
    }
}
#else
static void plain_system_calls(void)
{
    skip(4, "blocking in system calls of Linux can be shown on Linux only");
}
#endif

int main(void)
{
    tap_begin();
    InitializeCriticalSection(&section);
    InitializeCriticalSection(&condition_section);
    part(running_threads_keep_others_out);
    part(limit_two);
    part(blocking_frees_the_place);
    part(never_two);
    part(plain_system_calls);
    return tap_end();
}
