/* SPDX-License-Identifier: MIT */
/* QueueUserAPC and the alertable waits: who runs APCs, when, on which thread, and what becomes of those
 * of threads that have not begun, are ending or have ended. Rules: spec sections 2 and 6. */
#include "../tap.h"

static volatile LONG runs;
static DWORD ran_on;

static void CALLBACK count(ULONG_PTR value)
{
    ran_on = GetCurrentThreadId();
    InterlockedExchangeAdd(&runs, (LONG)value);
}

static DWORD queue_self(LONG value)
{
    return QueueUserAPC(count, GetCurrentThread(), (ULONG_PTR)value);
}

/* Each of the alertable waits runs the queue and says 0xC0. */
static void each_wait(void)
{
    HANDLE event = event_manual(), other = event_manual();
    HANDLE both[2] = {event, other};
    runs = 0;
    ok(queue_self(1), "QueueUserAPC on the own thread through the pseudo-handle");
    is_int(SleepEx(0, FALSE), 0, "SleepEx not alertable is 0");
    is_int(runs, 0, "and runs nothing");
    is_int(SleepEx(0, TRUE), WAIT_IO_COMPLETION, "SleepEx(0, TRUE) drains and says 0xC0");
    is_int(runs, 1, "the APC ran");
    is_int(ran_on, GetCurrentThreadId(), "on this thread");
    is_int(SleepEx(0, TRUE), 0, "nothing more: 0");
    is_int(SleepEx(10, TRUE), 0, "0 on time-out as well");

    queue_self(1);
    is_int(WaitForSingleObject(event, 0), WAIT_TIMEOUT, "WaitForSingleObject is not alertable");
    is_int(WaitForSingleObjectEx(event, 0, FALSE), WAIT_TIMEOUT, "nor is Ex with FALSE");
    is_int(runs, 1, "nothing ran");
    is_int(WaitForSingleObjectEx(event, 0, TRUE), WAIT_IO_COMPLETION, "WaitForSingleObjectEx, time-out 0");
    is_int(runs, 2, "ran");
    queue_self(1);
    is_int(WaitForMultipleObjectsEx(2, both, FALSE, INFINITE, TRUE), WAIT_IO_COMPLETION, "any of several");
    queue_self(1);
    is_int(WaitForMultipleObjectsEx(2, both, TRUE, INFINITE, TRUE), WAIT_IO_COMPLETION, "all of several");
    queue_self(1);
    is_int(SignalObjectAndWait(event, other, INFINITE, TRUE), WAIT_IO_COMPLETION, "SignalObjectAndWait");
    ok(signalled_now(event), "which signals all the same");
    is_int(runs, 5, "one APC each");
    ResetEvent(event);
    queue_self(1);
    is_int(MsgWaitForMultipleObjectsEx(1, &event, INFINITE, 0, MWMO_ALERTABLE), WAIT_IO_COMPLETION,
           "MsgWaitForMultipleObjectsEx");
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    OVERLAPPED_ENTRY entry;
    ULONG taken = 9;
    queue_self(1);
    fails_with(GetQueuedCompletionStatusEx(port, &entry, 1, &taken, INFINITE, TRUE), WAIT_IO_COMPLETION,
               "GetQueuedCompletionStatusEx: FALSE with 192");
    is_int(runs, 7, "ran");
    /* GetQueuedCompletionStatus is not alertable. */
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    queue_self(1);
    fails_with(GetQueuedCompletionStatus(port, &bytes, &key, &ov, 10), WAIT_TIMEOUT,
               "GetQueuedCompletionStatus is not alertable");
    is_int(runs, 7, "nothing ran");
    SleepEx(0, TRUE);
    CloseHandle(port);
    CloseHandle(event);
    CloseHandle(other);
}

/* --- order and nesting ------------------------------------------------------------------------- */

static int order[32], order_count;

static void CALLBACK record(ULONG_PTR value)
{
    order[order_count++ % 32] = (int)value;
}

static void CALLBACK record_and_queue(ULONG_PTR value)
{
    record(value);
    if (value < 5)
        QueueUserAPC(record_and_queue, GetCurrentThread(), value + 1);
}

static void CALLBACK record_and_nest(ULONG_PTR value)
{
    record(value);
    QueueUserAPC(record, GetCurrentThread(), value + 1);
    record(SleepEx(0, TRUE) == WAIT_IO_COMPLETION ? 100 : 200); /* a wait inside an APC */
    record(value + 2);
}

static void fifo(void)
{
    order_count = 0;
    for (ULONG_PTR i = 0; i < 20; i++)
        QueueUserAPC(record, GetCurrentThread(), i);
    is_int(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION, "one wait");
    is_int(order_count, 20, "runs all that are queued");
    int sorted = 1;
    for (int i = 0; i < 20; i++)
        sorted &= order[i] == i;
    ok(sorted, "first in, first out");

    order_count = 0;
    QueueUserAPC(record_and_queue, GetCurrentThread(), 1);
    is_int(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION, "a callback that queues another");
    is_int(order_count, 5, "those queued meanwhile run before the wait returns");
    is_int(SleepEx(0, TRUE), 0, "nothing is left");

    order_count = 0;
    QueueUserAPC(record_and_nest, GetCurrentThread(), 1);
    SleepEx(INFINITE, TRUE);
    ok(order_count == 4 && order[0] == 1 && order[1] == 2 && order[2] == 100 && order[3] == 3,
       "an alertable wait inside an APC dispatches recursively");
}

/* --- on other threads -------------------------------------------------------------------------- */

static HANDLE go, ready, blocker;

static DWORD WINAPI sleeper(void *unused)
{
    (void)unused;
    SetEvent(ready);
    return SleepEx(INFINITE, TRUE);
}

static void wakes_a_sleeper(void)
{
    runs = 0;
    HANDLE thread = thread_start(sleeper, NULL);
    DWORD id = GetThreadId(thread);
    signalled_soon(ready);
    settle();
    ok(QueueUserAPC(count, thread, 1), "queue to a thread in SleepEx");
    is_int(thread_join(thread), WAIT_IO_COMPLETION, "it wakes with 0xC0");
    is_int(runs, 1, "the APC ran");
    is_int(ran_on, id, "on that thread");
}

static DWORD WINAPI plain_waiter(void *unused)
{
    (void)unused;
    SetEvent(ready);
    WaitForSingleObject(blocker, INFINITE); /* not alertable */
    LONG before = runs;
    SleepEx(0, TRUE);
    return (DWORD)(before * 10 + runs);
}

static void not_alertable(void)
{
    runs = 0;
    HANDLE thread = thread_start(plain_waiter, NULL);
    signalled_soon(ready);
    settle();
    QueueUserAPC(count, thread, 1);
    ok(stays_unsignalled(thread), "a thread in a plain wait is not disturbed");
    is_int(runs, 0, "and runs nothing");
    SetEvent(blocker);
    is_int(thread_join(thread), 1, "until its first alertable wait");
    ResetEvent(blocker);
}

/* The object waited for is not consumed when an APC ends the wait. */
static DWORD WINAPI semaphore_waiter(void *semaphore)
{
    SetEvent(ready);
    return WaitForSingleObjectEx(semaphore, INFINITE, TRUE);
}

static void object_not_consumed(void)
{
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 5, NULL);
    HANDLE thread = thread_start(semaphore_waiter, semaphore);
    signalled_soon(ready);
    settle();
    QueueUserAPC(count, thread, 1);
    is_int(thread_join(thread), WAIT_IO_COMPLETION, "the wait ended by APC");
    LONG previous = -1;
    ok(ReleaseSemaphore(semaphore, 1, &previous) && previous == 0, "the semaphore is as it was");
    ok(signalled_now(semaphore), "its unit is still to be had");
    CloseHandle(semaphore);
}

/* Queued before the thread starts: runs before the start routine. */
static DWORD WINAPI starter(void *unused)
{
    (void)unused;
    return (DWORD)runs;
}

static void before_start(void)
{
    runs = 0;
    HANDLE thread = CreateThread(NULL, 0, starter, NULL, CREATE_SUSPENDED, NULL);
    ok(QueueUserAPC(count, thread, 7), "queue to a suspended thread");
    is_int(runs, 0, "it does not run yet");
    is_int(ResumeThread(thread), 1, "resume");
    is_int(thread_join(thread), 7, "it ran before the start routine");
}

/* An ended thread takes none. ERROR_GEN_FAILURE, as the page says of a thread that is terminating. */
static DWORD WINAPI at_once(void *unused)
{
    (void)unused;
    return 0;
}

static void dead_thread(void)
{
    HANDLE thread = thread_start(at_once, NULL);
    signalled_soon(thread);
    fails_with(QueueUserAPC(count, thread, 1), ERROR_GEN_FAILURE, "an ended thread: 31");
    CloseHandle(thread);
    fails_with(QueueUserAPC(count, thread, 1), ERROR_INVALID_HANDLE, "a closed handle: 6");
    HANDLE event = event_manual();
    fails_with(QueueUserAPC(count, event, 1), ERROR_INVALID_HANDLE, "an event: 6");
    CloseHandle(event);
    HANDLE self = GetCurrentProcess(), weak = NULL;
    DuplicateHandle(self, GetCurrentThread(), self, &weak, SYNCHRONIZE, FALSE, 0);
    fails_with(QueueUserAPC(count, weak, 1), ERROR_ACCESS_DENIED, "without THREAD_SET_CONTEXT: 5");
    CloseHandle(weak);
}

static DWORD WINAPI leaves_apcs(void *unused)
{
    (void)unused;
    SetEvent(ready);
    WaitForSingleObject(go, INFINITE);
    return 0;
}

static void dropped_with_thread(void)
{
    runs = 0;
    HANDLE thread = thread_start(leaves_apcs, NULL);
    signalled_soon(ready);
    QueueUserAPC(count, thread, 1);
    SetEvent(go);
    is_int(thread_join(thread), 0, "a thread ends with an APC queued");
    is_int(runs, 0, "which never runs");
    ResetEvent(go);
}

/* --- completion routines ------------------------------------------------------------------------ */

struct request {
    OVERLAPPED ov;
    char data[16];
    DWORD error, bytes;
    LONG calls;
};

static void CALLBACK completed(DWORD error, DWORD bytes, OVERLAPPED *ov)
{
    struct request *request = CONTAINING_RECORD(ov, struct request, ov);
    request->error = error;
    request->bytes = bytes;
    request->calls++;
    ran_on = GetCurrentThreadId();
}

static void completion_routine(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    struct request r;
    memset(&r, 0, sizeof r);
    r.ov.hEvent = (HANDLE)0x12345678; /* ignored: free for the caller */
    SetLastError(0xdead);
    ok(ReadFileEx(pipe.server, r.data, 16, &r.ov, completed), "ReadFileEx: TRUE means queued");
    is_int(GetLastError(), 0, "and sets the last error to 0");
    is_int(SleepEx(10, TRUE), 0, "nothing yet");
    ok(write_all(pipe.client, "hello", 5), "data");
    is_int(r.calls, 0, "no alertable wait, no routine");
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "an alertable wait");
    is_int(r.calls, 1, "runs it once");
    is_int(r.error, 0, "error 0");
    is_int(r.bytes, 5, "5 bytes");
    ok(!memcmp(r.data, "hello", 5), "the data");
    ok(r.ov.hEvent == (HANDLE)0x12345678, "hEvent untouched");
    is_int(ran_on, GetCurrentThreadId(), "on the thread that issued it");

    /* Completes at once, but still only through the APC. */
    ok(write_all(pipe.client, "now", 3), "data is there first");
    memset(&r, 0, sizeof r);
    ok(ReadFileEx(pipe.server, r.data, 16, &r.ov, completed), "ReadFileEx");
    is_int(r.calls, 0, "the routine does not run inside the call");
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "but in an alertable wait");
    is_int(r.bytes, 3, "3 bytes");

    memset(&r, 0, sizeof r);
    ok(WriteFileEx(pipe.server, "out", 3, &r.ov, completed), "WriteFileEx");
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "completes");
    ok(r.calls == 1 && r.error == 0 && r.bytes == 3, "with 3 bytes");
    char back[4];
    DWORD done;
    ok(ReadFile(pipe.client, back, 3, &done, NULL) && !memcmp(back, "out", 3), "that arrived");

    /* Cancelled: 995 and 0 bytes. */
    memset(&r, 0, sizeof r);
    ok(ReadFileEx(pipe.server, r.data, 16, &r.ov, completed), "ReadFileEx");
    ok(CancelIoEx(pipe.server, &r.ov), "cancel it");
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "completes");
    is_int(r.error, ERROR_OPERATION_ABORTED, "with 995");
    is_int(r.bytes, 0, "and 0 bytes");

    /* The other end closes. */
    memset(&r, 0, sizeof r);
    ok(ReadFileEx(pipe.server, r.data, 16, &r.ov, completed), "ReadFileEx");
    CloseHandle(pipe.client);
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "completes");
    is_int(r.error, ERROR_BROKEN_PIPE, "with 109");
    CloseHandle(pipe.server);
}

/* A warning (message longer than the buffer) reaches the routine as error 0... or as 234 at issue. */
static void warning_at_routine(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, FILE_FLAG_OVERLAPPED, 0);
    struct request r;
    memset(&r, 0, sizeof r);
    ok(ReadFileEx(pipe.server, r.data, 2, &r.ov, completed), "ReadFileEx of a message pipe");
    ok(write_all(pipe.client, "long", 4), "a message that is too long");
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "completes");
    /* Wine hands the routine 234; the rule says 0 for warnings, which then show in GetOverlappedResult. */
    is_int(r.error, 0, "the routine gets error 0 for a warning");
    is_int(r.bytes, 2, "and the bytes");
    DWORD done = 0;
    fails_with(GetOverlappedResult(pipe.server, &r.ov, &done, FALSE), ERROR_MORE_DATA, "the status says 234");
    pipe_pair_close(&pipe);
}

static void end_of_file(void)
{
    const char *name = temp_name("apc");
    HANDLE file = file_with_pattern(name, 100, FILE_FLAG_OVERLAPPED);
    struct request r;
    memset(&r, 0, sizeof r);
    r.ov.Offset = 90;
    ok(ReadFileEx(file, r.data, 16, &r.ov, completed), "ReadFileEx of a file");
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "completes");
    ok(r.error == 0 && r.bytes == 10, "with the 10 bytes there are");
    memset(&r, 0, sizeof r);
    r.ov.Offset = 100;
    BOOL queued = ReadFileEx(file, r.data, 16, &r.ov, completed);
    DWORD error = GetLastError();
    if (queued) {
        is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "the end of file comes as a completion");
        is_int(r.error, ERROR_HANDLE_EOF, "with 38");
    } else {
        is_int(error, ERROR_HANDLE_EOF, "the end of file is an immediate error 38");
        is_int(SleepEx(0, TRUE), 0, "and no routine runs");
    }
    CloseHandle(file);

    /* ReadFileEx wants an overlapped handle. */
    file = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    memset(&r, 0, sizeof r);
    if (ReadFileEx(file, r.data, 4, &r.ov, completed))
        SleepEx(PATIENCE_MS, TRUE); /* Windows takes it for a synchronous read and runs the routine */
    skip(1, "ReadFileEx on a synchronous handle is undefined; only that it does no harm is tested");
    CloseHandle(file);

    /* A handle tied to a port takes none. */
    file = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE port = CreateIoCompletionPort(file, NULL, 0, 0);
    memset(&r, 0, sizeof r);
    fails_with(ReadFileEx(file, r.data, 4, &r.ov, completed), ERROR_INVALID_PARAMETER,
               "ReadFileEx on a handle of a port is 87");
    is_int(SleepEx(0, TRUE), 0, "no routine");
    CloseHandle(file);
    CloseHandle(port);
    DeleteFileA(name);
}

/* The routine may free its OVERLAPPED: nothing touches it afterwards. */
static volatile LONG freed;

static void CALLBACK free_it(DWORD error, DWORD bytes, OVERLAPPED *ov)
{
    (void)error;
    (void)bytes;
    memset(ov, 0xee, sizeof *ov);
    free(ov);
    freed++;
}

static void routine_frees(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    static char data[50];
    for (int i = 0; i < 50; i++) {
        OVERLAPPED *ov = calloc(1, sizeof *ov);
        if (!ReadFileEx(pipe.server, &data[i], 1, ov, free_it))
            note("ReadFileEx failed with %u", (unsigned)GetLastError());
    }
    ok(write_all(pipe.client, "01234567890123456789012345678901234567890123456789", 50), "50 bytes");
    ULONGLONG start = GetTickCount64();
    while (freed < 50 && GetTickCount64() - start < PATIENCE_MS)
        SleepEx(100, TRUE);
    is_int(freed, 50, "50 routines ran and freed their OVERLAPPED");
    ok(!memcmp(data, "0123456789", 10), "bytes in the order of the reads");
    pipe_pair_close(&pipe);
}

int main(void)
{
    tap_begin();
    go = event_manual();
    ready = event_auto();
    blocker = event_manual();
    part(each_wait);
    part(fifo);
    part(wakes_a_sleeper);
    part(not_alertable);
    part(object_not_consumed);
    part(before_start);
    part(dead_thread);
    part(dropped_with_thread);
    part(completion_routine);
    part(warning_at_routine);
    part(end_of_file);
    part(routine_frees);
    return tap_end();
}
