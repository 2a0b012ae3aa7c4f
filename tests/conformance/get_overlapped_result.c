/* SPDX-License-Identifier: MIT */
/* GetOverlappedResult and GetOverlappedResultEx: they decide on Internal, wait on the event or on the
 * file, and translate the status. Rules: spec section 5 and the pages of the two functions. */
#include "../tap.h"

static struct pipe_pair pipe_;
static OVERLAPPED ov;
static char data[16];
static DWORD done;

static void issue(HANDLE event, DWORD size)
{
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event;
    done = 0xdead;
    ReadFile(pipe_.server, data, size, NULL, &ov);
}

static void answer(const char *text)
{
    write_all(pipe_.client, text, (DWORD)strlen(text));
}

static DWORD WINAPI answer_later(void *text)
{
    settle();
    answer(text);
    return 0;
}

static void pending(void)
{
    issue(event_manual(), 8);
    fails_with(GetOverlappedResult(pipe_.server, &ov, &done, FALSE), ERROR_IO_INCOMPLETE,
               "pending and no wait: 996");
    fails_with(GetOverlappedResultEx(pipe_.server, &ov, &done, 0, FALSE), ERROR_IO_INCOMPLETE,
               "Ex with time-out 0: 996");
    fails_with(GetOverlappedResultEx(pipe_.server, &ov, &done, 20, FALSE), WAIT_TIMEOUT,
               "Ex after its time-out: 258");
    fails_with(GetOverlappedResultEx(pipe_.server, &ov, &done, 20, TRUE), WAIT_TIMEOUT,
               "alertable without APC: 258 too");
    answer("one");
    ok(GetOverlappedResult(pipe_.server, &ov, &done, TRUE), "then complete");
    is_int(done, 3, "with the count");
    done = 0;
    ok(GetOverlappedResultEx(pipe_.server, &ov, &done, INFINITE, TRUE) && done == 3, "as often as asked");
    CloseHandle(ov.hEvent);
}

static void waits_for_it(HANDLE event, const char *how)
{
    issue(event, 8);
    HANDLE thread = thread_start(answer_later, "later");
    ok(GetOverlappedResult(pipe_.server, &ov, &done, TRUE), "bWait waits %s", how);
    is_int(done, 5, "and has the count");
    thread_join(thread);
    issue(event, 8);
    thread = thread_start(answer_later, "again");
    ok(GetOverlappedResultEx(pipe_.server, &ov, &done, INFINITE, FALSE), "Ex waits %s", how);
    is_int(done, 5, "and has the count");
    thread_join(thread);
    if (event)
        CloseHandle(event);
}

static void waiting(void)
{
    waits_for_it(event_manual(), "on a manual-reset event");
    waits_for_it(event_auto(), "on an auto-reset event");
    waits_for_it(NULL, "on the file");
}

/* An earlier wait consumed the auto-reset event: Internal is looked at first, so this returns. */
static void consumed_event(void)
{
    issue(event_auto(), 8);
    answer("auto");
    ok(signalled_soon(ov.hEvent), "a wait consumes the event");
    ok(GetOverlappedResult(pipe_.server, &ov, &done, TRUE) && done == 4, "bWait returns all the same");
    CloseHandle(ov.hEvent);
}

static volatile LONG apc_runs;

static void CALLBACK apc(ULONG_PTR value)
{
    InterlockedExchangeAdd(&apc_runs, (LONG)value);
}

static void alertable(void)
{
    issue(event_manual(), 8);
    apc_runs = 0;
    QueueUserAPC(apc, GetCurrentThread(), 1);
    fails_with(GetOverlappedResultEx(pipe_.server, &ov, &done, INFINITE, TRUE), WAIT_IO_COMPLETION,
               "an APC ends an alertable Ex: 192");
    is_int(apc_runs, 1, "the APC ran");
    ok(!HasOverlappedIoCompleted(&ov), "the request still pends");
    QueueUserAPC(apc, GetCurrentThread(), 1);
    fails_with(GetOverlappedResultEx(pipe_.server, &ov, &done, 20, FALSE), WAIT_TIMEOUT,
               "not alertable: the APC waits");
    is_int(apc_runs, 1, "it did not run");
    is_int(SleepEx(0, TRUE), WAIT_IO_COMPLETION, "until SleepEx");
    answer("x");
    ok(GetOverlappedResult(pipe_.server, &ov, &done, TRUE), "complete");
    CloseHandle(ov.hEvent);
}

/* A failure status becomes the last error; the warning BUFFER_OVERFLOW gives FALSE, 234 and the count. */
static void statuses(void)
{
    issue(event_manual(), 8);
    ok(CancelIoEx(pipe_.server, &ov), "cancel the read");
    fails_with(GetOverlappedResult(pipe_.server, &ov, &done, TRUE), ERROR_OPERATION_ABORTED, "995");
    is_int((DWORD)ov.Internal, 0xC0000120u, "Internal is STATUS_CANCELLED");
    is_int(done, 0, "0 bytes");
    CloseHandle(ov.hEvent);

    struct pipe_pair message = pipe_pair_make(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, FILE_FLAG_OVERLAPPED, 0);
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    fails_with(ReadFile(message.server, data, 4, NULL, &ov), ERROR_IO_PENDING, "a message read pends");
    ok(write_all(message.client, "sixsix", 6), "a message that is too long");
    ok(signalled_soon(ov.hEvent), "completes it");
    done = 0;
    fails_with(GetOverlappedResult(message.server, &ov, &done, TRUE), ERROR_MORE_DATA,
               "a warning status gives FALSE and 234");
    is_int(done, 4, "with the byte count set");
    is_int((DWORD)ov.Internal, 0x80000005u, "Internal is STATUS_BUFFER_OVERFLOW");
    BOOL at_once = ReadFile(message.server, data, 8, NULL, &ov);
    ok(at_once || GetLastError() == ERROR_IO_PENDING, "read the rest");
    ok(GetOverlappedResult(message.server, &ov, &done, TRUE) && done == 2, "two bytes");
    CloseHandle(ov.hEvent);
    pipe_pair_close(&message);
}

/* Waiting on the file, woken by another request of the same file: it must look at Internal again. */
static HANDLE waiter_returned;

static DWORD WINAPI wait_for_second(void *request)
{
    DWORD count = 0;
    BOOL result = GetOverlappedResult(pipe_.server, request, &count, TRUE);
    SetEvent(waiter_returned);
    return result ? count : 0x10000 | GetLastError();
}

static void unrelated_request(void)
{
    OVERLAPPED second;
    char other[8];
    memset(&second, 0, sizeof second);
    waiter_returned = event_manual();
    issue(NULL, 1);
    ReadFile(pipe_.server, other, 8, NULL, &second);
    HANDLE thread = thread_start(wait_for_second, &second);
    settle();
    answer("1"); /* completes the first and signals the file */
    ok(GetOverlappedResult(pipe_.server, &ov, &done, TRUE) && done == 1, "the first request completes");
    ok(!HasOverlappedIoCompleted(&second), "the second pends");
    /* On Windows GetOverlappedResult may also return 996 here, when the file was signalled for the first
     * request; spec section 5 asks that it looks again. */
    ok(stays_unsignalled(waiter_returned), "a waiter for the second is not let through");
    answer("22");
    is_int(thread_join(thread), 2, "it returns with the second's count");
    CloseHandle(waiter_returned);
}

/* The status alone decides: an OVERLAPPED made by hand needs no handle of anything. */
static void by_hand(void)
{
    memset(&ov, 0, sizeof ov);
    ov.Internal = 0;
    ov.InternalHigh = 77;
    ok(GetOverlappedResult(pipe_.server, &ov, &done, TRUE) && done == 77, "success by hand");
    ov.Internal = (ULONG_PTR)0xC0000011u;
    fails_with(GetOverlappedResult(pipe_.server, &ov, &done, FALSE), ERROR_HANDLE_EOF, "end of file by hand");
    ov.Internal = (ULONG_PTR)0xC0000022u;
    fails_with(GetOverlappedResult(pipe_.server, &ov, &done, FALSE), ERROR_ACCESS_DENIED, "access denied");
    ov.Internal = (ULONG_PTR)0xC000014Bu;
    fails_with(GetOverlappedResult(pipe_.server, &ov, &done, FALSE), ERROR_BROKEN_PIPE, "broken pipe");
    ov.Internal = (ULONG_PTR)0xC0000225u;
    fails_with(GetOverlappedResult(pipe_.server, &ov, &done, FALSE), ERROR_NOT_FOUND, "not found");
    /* A status that no table has. */
    ov.Internal = (ULONG_PTR)0xC000BEEFu;
    fails_with(GetOverlappedResult(pipe_.server, &ov, &done, FALSE), ERROR_MR_MID_NOT_FOUND,
               "an unknown status is 317");
}

int main(void)
{
    tap_begin();
    pipe_ = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    part(pending);
    part(waiting);
    part(consumed_event);
    part(alertable);
    part(statuses);
    part(unrelated_request);
    part(by_hand);
    pipe_pair_close(&pipe_);
    return tap_end();
}
