/* SPDX-License-Identifier: MIT */
/* What becomes of the requests of a thread that ends: cancelled, except on handles of a port; completion
 * routines are lost. Rules: spec sections 6, 7 (12) and 8. */
#include "../tap.h"

static struct pipe_pair pipe_;
static OVERLAPPED ov;
static char byte;
static volatile LONG routine_runs;

static void CALLBACK routine(DWORD error, DWORD bytes, OVERLAPPED *o)
{
    (void)error;
    (void)bytes;
    (void)o;
    InterlockedIncrement(&routine_runs);
}

static DWORD WINAPI issues_and_ends(void *how)
{
    if (how)
        return ReadFileEx(pipe_.server, &byte, 1, &ov, routine) ? 1 : 0;
    return !ReadFile(pipe_.server, &byte, 1, NULL, &ov) && GetLastError() == ERROR_IO_PENDING;
}

static void cancelled_with_thread(void)
{
    DWORD done;
    pipe_ = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    is_int(thread_join(thread_start(issues_and_ends, NULL)), 1, "a thread issues a read and ends");
    ok(signalled_soon(ov.hEvent), "the read completes");
    fails_with(GetOverlappedResult(pipe_.server, &ov, &done, FALSE), ERROR_OPERATION_ABORTED, "with 995");
    ok(write_all(pipe_.client, "d", 1), "data that comes then");
    ov.Internal = 0;
    BOOL at_once = ReadFile(pipe_.server, &byte, 1, NULL, &ov);
    ok((at_once || GetLastError() == ERROR_IO_PENDING) && GetOverlappedResult(pipe_.server, &ov, &done, TRUE) &&
           byte == 'd',
       "is there for somebody else");
    CloseHandle(ov.hEvent);
    pipe_pair_close(&pipe_);
}

static void routine_lost(void)
{
    pipe_ = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    memset(&ov, 0, sizeof ov);
    is_int(thread_join(thread_start(issues_and_ends, (void *)1)), 1, "a thread issues ReadFileEx and ends");
    ULONGLONG start = GetTickCount64();
    while (!HasOverlappedIoCompleted(&ov) && GetTickCount64() - start < PATIENCE_MS)
        SwitchToThread();
    is_int((DWORD)ov.Internal, 0xC0000120u, "the request is cancelled");
    is_int(SleepEx(BLOCKED_MS, TRUE), 0, "nobody else gets its routine");
    is_int(routine_runs, 0, "it never runs");
    pipe_pair_close(&pipe_);
}

/* Rule 12: on a port-bound handle the request goes on. */
static void port_bound_survives(void)
{
    pipe_ = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(pipe_.server, NULL, 5, 0);
    OVERLAPPED *got = NULL;
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    memset(&ov, 0, sizeof ov);
    is_int(thread_join(thread_start(issues_and_ends, NULL)), 1, "a thread issues on a port-bound handle and ends");
    /* Wine cancels here; the thread and completion-port pages exempt port-bound handles. */
    fails_with(GetQueuedCompletionStatus(port, &bytes, &key, &got, BLOCKED_MS), WAIT_TIMEOUT,
               "the request pends on");
    ok(write_all(pipe_.client, "p", 1), "data comes");
    ok(GetQueuedCompletionStatus(port, &bytes, &key, &got, PATIENCE_MS), "its packet comes");
    ok(got == &ov && bytes == 1 && key == 5 && byte == 'p', "with the data");
    pipe_pair_close(&pipe_);
    CloseHandle(port);
}

/* CancelIo works by issuing thread on port-bound handles too. */
static void cancel_io_on_port(void)
{
    pipe_ = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(pipe_.server, NULL, 5, 0);
    OVERLAPPED *got = NULL;
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    memset(&ov, 0, sizeof ov);
    thread_join(thread_start(issues_and_ends, NULL));
    ok(CancelIo(pipe_.server), "CancelIo of a thread that issued nothing");
    /* Wine cancelled it when the thread ended. */
    fails_with(GetQueuedCompletionStatus(port, &bytes, &key, &got, BLOCKED_MS), WAIT_TIMEOUT,
               "leaves another's request alone");
    ok(CancelIoEx(pipe_.server, NULL), "CancelIoEx does not care who issued it");
    fails_with(GetQueuedCompletionStatus(port, &bytes, &key, &got, PATIENCE_MS), ERROR_OPERATION_ABORTED,
               "its packet says 995");
    pipe_pair_close(&pipe_);
    CloseHandle(port);
}

/* Finished requests of an ended thread keep their results. */
static DWORD WINAPI writes(void *unused)
{
    (void)unused;
    return write_all(pipe_.server, "done", 4);
}

static void finished_stays(void)
{
    pipe_ = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    is_int(thread_join(thread_start(writes, NULL)), 1, "a thread writes and ends");
    char back[4];
    DWORD done;
    ok(ReadFile(pipe_.client, back, 4, &done, NULL) && done == 4 && !memcmp(back, "done", 4), "what it wrote is there");
    pipe_pair_close(&pipe_);
}

int main(void)
{
    tap_begin();
    part(cancelled_with_thread);
    part(routine_lost);
    part(port_bound_survives);
    part(cancel_io_on_port);
    part(finished_stays);
    return tap_end();
}
