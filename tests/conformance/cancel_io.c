/* SPDX-License-Identifier: MIT */
/* CancelIo and CancelIoEx: whose requests they cancel, what they return, how the cancelled requests
 * complete. Rules: spec section 2 and the pages of the two functions. */
#include "../tap.h"

static struct pipe_pair pipe_;

struct read {
    OVERLAPPED ov;
    char data[8];
};

static void issue(struct read *r)
{
    memset(r, 0, sizeof *r);
    r->ov.hEvent = event_manual();
    if (ReadFile(pipe_.server, r->data, sizeof r->data, NULL, &r->ov) || GetLastError() != ERROR_IO_PENDING)
        note("a read did not pend: %u", (unsigned)GetLastError());
}

/* The error that the request ended with, or 0; closes its event. */
static DWORD result(struct read *r)
{
    DWORD done;
    if (WaitForSingleObject(r->ov.hEvent, PATIENCE_MS) != WAIT_OBJECT_0)
        return 0xbad;
    DWORD error = GetOverlappedResult(pipe_.server, &r->ov, &done, FALSE) ? 0 : GetLastError();
    CloseHandle(r->ov.hEvent);
    return error;
}

static struct read theirs;
static HANDLE issued, may_end;

static DWORD WINAPI issues_and_stays(void *unused)
{
    (void)unused;
    issue(&theirs);
    SetEvent(issued);
    WaitForSingleObject(may_end, PATIENCE_MS);
    return 0;
}

/* CancelIo: only the calling thread's requests on that file. */
static void only_own(void)
{
    struct read one, two;
    issue(&one);
    issue(&two);
    HANDLE thread = thread_start(issues_and_stays, NULL);
    signalled_soon(issued);
    ok(CancelIo(pipe_.server), "CancelIo");
    is_int(result(&one), ERROR_OPERATION_ABORTED, "cancels this thread's first request");
    is_int(result(&two), ERROR_OPERATION_ABORTED, "and the second");
    ok(stays_unsignalled(theirs.ov.hEvent), "but not another thread's");
    ok(CancelIo(pipe_.server), "with nothing to cancel it is TRUE");
    ok(CancelIoEx(pipe_.server, &theirs.ov), "CancelIoEx cancels it from here");
    is_int(result(&theirs), ERROR_OPERATION_ABORTED, "995");
    SetEvent(may_end);
    thread_join(thread);
}

/* CancelIoEx: one request, all with that OVERLAPPED, or all of the handle. */
static void chosen(void)
{
    struct read one, two, three;
    issue(&one);
    issue(&two);
    issue(&three);
    ok(CancelIoEx(pipe_.server, &two.ov), "CancelIoEx of one of three");
    is_int(result(&two), ERROR_OPERATION_ABORTED, "cancels it");
    ok(!HasOverlappedIoCompleted(&one.ov) && !HasOverlappedIoCompleted(&three.ov), "and no other");
    ok(CancelIoEx(pipe_.server, NULL), "CancelIoEx(NULL)");
    is_int(result(&one), ERROR_OPERATION_ABORTED, "cancels all:");
    is_int(result(&three), ERROR_OPERATION_ABORTED, "both");
    fails_with(CancelIoEx(pipe_.server, NULL), ERROR_NOT_FOUND, "with none pending it is FALSE 1168");
    fails_with(CancelIoEx(pipe_.server, &two.ov), ERROR_NOT_FOUND, "an OVERLAPPED that is done: 1168");
    fails_with(CancelIoEx(INVALID_HANDLE_VALUE, NULL), ERROR_INVALID_HANDLE, "no handle: 6");
    HANDLE event = event_manual();
    ok(!CancelIoEx(event, NULL), "an event is no file");
    CloseHandle(event);
}

/* The order of what is left is kept, and data goes to the right request. */
static void the_rest_goes_on(void)
{
    struct read one, two, three;
    issue(&one);
    issue(&two);
    issue(&three);
    ok(CancelIoEx(pipe_.server, &one.ov), "cancel the first of three");
    is_int(result(&one), ERROR_OPERATION_ABORTED, "995");
    ok(write_all(pipe_.client, "AAAAAAAA", 8), "data for one read");
    is_int(result(&two), 0, "goes to the second");
    ok(!memcmp(two.data, "AAAAAAAA", 8), "all of it");
    ok(write_all(pipe_.client, "BBBBBBBB", 8), "more");
    is_int(result(&three), 0, "goes to the third");
    ok(!memcmp(three.data, "BBBBBBBB", 8), "all of it");
    ok(!memcmp(one.data, "\0\0\0\0\0\0\0\0", 8), "nothing went to the cancelled one");
}

/* A cancelled asynchronous request does queue its packet. */
static void packet(void)
{
    struct pipe_pair own = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(own.server, NULL, 0x77, 0);
    OVERLAPPED ov, *got = NULL;
    DWORD bytes = 9;
    ULONG_PTR key = 0;
    char byte;
    memset(&ov, 0, sizeof ov);
    fails_with(ReadFile(own.server, &byte, 1, NULL, &ov), ERROR_IO_PENDING, "a read pends");
    ok(CancelIoEx(own.server, NULL), "cancel");
    fails_with(GetQueuedCompletionStatus(port, &bytes, &key, &got, PATIENCE_MS), ERROR_OPERATION_ABORTED,
               "its packet says 995");
    ok(got == &ov && key == 0x77 && bytes == 0, "with OVERLAPPED, key and 0 bytes");
    fails_with(GetQueuedCompletionStatus(port, &bytes, &key, &got, BLOCKED_MS), WAIT_TIMEOUT, "only one packet");
    pipe_pair_close(&own);
    CloseHandle(port);
}

/* Cancel against complete: the request ends exactly once, either way; no data is lost. */
static void race(void)
{
    struct pipe_pair own = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(own.server, NULL, 1, 0);
    int succeeded = 0, cancelled = 0, other = 0, written = 0, extra = 0, drained = 0;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED ov, *got;
    char byte;
    for (int i = 0; i < 2000; i++) {
        memset(&ov, 0, sizeof ov);
        ReadFile(own.server, &byte, 1, NULL, &ov);
        char out = (char)written;
        if (i % 2)
            written += write_all(own.client, &out, 1);
        CancelIoEx(own.server, &ov);
        if (GetQueuedCompletionStatus(port, &bytes, &key, &got, PATIENCE_MS))
            succeeded++;
        else if (got && GetLastError() == ERROR_OPERATION_ABORTED)
            cancelled++;
        else
            other++;
        /* What the cancelled reads left is not to fill the pipe: how many small writes it takes is not promised. */
        while (PeekNamedPipe(own.server, NULL, 0, NULL, &bytes, NULL) && bytes > 64) {
            char rest[64];
            if (!ReadFile(own.server, rest, sizeof rest, &bytes, NULL))
                break;
            drained += (int)bytes;
        }
    }
    while (GetQueuedCompletionStatus(port, &bytes, &key, &got, 0) || got)
        extra++;
    is_int(other, 0, "2000 races: each ends as success or as cancelled");
    is_int(extra, 0, "each exactly once");
    DWORD left = 0;
    PeekNamedPipe(own.server, NULL, 0, NULL, &left, NULL);
    is_int(succeeded + drained + (int)left, written, "every byte was either read or is still there");
    note("%d completed, %d cancelled", succeeded, cancelled);
    pipe_pair_close(&own);
    CloseHandle(port);
}

/* A connecting server end and a lock are cancelled just so. */
static void other_requests(void)
{
    char name[80];
    snprintf(name, sizeof name, "\\\\.\\pipe\\test-cancel-%u", (unsigned)GetCurrentProcessId());
    HANDLE server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 100, 100, 0, NULL);
    OVERLAPPED ov;
    DWORD done;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    fails_with(ConnectNamedPipe(server, &ov), ERROR_IO_PENDING, "a connect pends");
    ok(CancelIo(server), "CancelIo");
    fails_with(GetOverlappedResult(server, &ov, &done, TRUE), ERROR_OPERATION_ABORTED, "995");
    CloseHandle(server);

    const char *file_name = temp_name("cancel");
    HANDLE file = file_with_pattern(file_name, 100, FILE_FLAG_OVERLAPPED);
    HANDLE second = CreateFileA(file_name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING,
                                FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED first;
    memset(&first, 0, sizeof first);
    first.hEvent = event_manual();
    BOOL locked = LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &first);
    if (!locked)
        locked = GetLastError() == ERROR_IO_PENDING && GetOverlappedResult(file, &first, &done, TRUE);
    ok(locked, "one handle locks");
    ResetEvent(ov.hEvent);
    ov.Internal = 0;
    fails_with(LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &ov), ERROR_IO_PENDING, "another waits");
    ok(CancelIoEx(second, &ov), "CancelIoEx");
    fails_with(GetOverlappedResult(second, &ov, &done, TRUE), ERROR_OPERATION_ABORTED, "995");
    CloseHandle(ov.hEvent);
    CloseHandle(first.hEvent);
    CloseHandle(second);
    CloseHandle(file);
    DeleteFileA(file_name);
}

int main(void)
{
    tap_begin();
    issued = event_auto();
    may_end = event_auto();
    pipe_ = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    part(only_own);
    part(chosen);
    part(the_rest_goes_on);
    part(packet);
    part(race);
    part(other_requests);
    pipe_pair_close(&pipe_);
    return tap_end();
}
