/* SPDX-License-Identifier: MIT */
/* CancelSynchronousIo: it ends the synchronous operation in which another thread blocks.
 * Rules: spec section 2 and the page of the function. */
#include "../tap.h"

static HANDLE about_to;

static DWORD WINAPI reads(void *handle)
{
    char byte;
    DWORD done = 7;
    SetEvent(about_to);
    return ReadFile(handle, &byte, 1, &done, NULL) ? 0 : GetLastError();
}

static DWORD WINAPI connects(void *handle)
{
    SetEvent(about_to);
    return ConnectNamedPipe(handle, NULL) ? 0 : GetLastError();
}

static DWORD WINAPI waits(void *event)
{
    SetEvent(about_to);
    return WaitForSingleObject(event, PATIENCE_MS);
}

/* Cancels until it takes, for the victim may not be inside its call yet. */
static int cancel_soon(HANDLE thread)
{
    ULONGLONG start = GetTickCount64();
    while (GetTickCount64() - start < PATIENCE_MS) {
        if (CancelSynchronousIo(thread))
            return 1;
        if (GetLastError() != ERROR_NOT_FOUND)
            return 0;
        WaitForSingleObject(thread, 5);
    }
    return 0;
}

static void nothing_to_cancel(void)
{
    HANDLE event = event_manual();
    HANDLE thread = thread_start(waits, event);
    signalled_soon(about_to);
    settle();
    fails_with(CancelSynchronousIo(thread), ERROR_NOT_FOUND, "a thread in a plain wait: FALSE 1168");
    ok(stays_unsignalled(thread), "it is not disturbed");
    SetEvent(event);
    is_int(thread_join(thread), WAIT_OBJECT_0, "it ends as it should");
    HANDLE self = GetCurrentProcess(), weak = NULL;
    DuplicateHandle(self, GetCurrentThread(), self, &weak, SYNCHRONIZE, FALSE, 0);
    fails_with(CancelSynchronousIo(weak), ERROR_ACCESS_DENIED, "needs THREAD_TERMINATE (5)");
    CloseHandle(weak);
    fails_with(CancelSynchronousIo(event), ERROR_INVALID_HANDLE, "an event is no thread: 6");
    CloseHandle(event);
}

static void blocked_read(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE thread = thread_start(reads, pipe.client);
    signalled_soon(about_to);
    ok(cancel_soon(thread), "a read of a named pipe is cancelled");
    is_int(thread_join(thread), ERROR_OPERATION_ABORTED, "it fails with 995");
    ok(write_all(pipe.server, "x", 1), "data that comes later");
    char byte = 0;
    DWORD done = 0;
    ok(ReadFile(pipe.client, &byte, 1, &done, NULL) && byte == 'x', "is there for the next read");
    pipe_pair_close(&pipe);

    HANDLE in, out;
    CreatePipe(&in, &out, NULL, 0);
    thread = thread_start(reads, in);
    signalled_soon(about_to);
    ok(cancel_soon(thread), "a read of an anonymous pipe is cancelled");
    is_int(thread_join(thread), ERROR_OPERATION_ABORTED, "995");
    CloseHandle(in);
    CloseHandle(out);
}

static void blocked_connect(void)
{
    char name[80];
    snprintf(name, sizeof name, "\\\\.\\pipe\\test-cs-%u", (unsigned)GetCurrentProcessId());
    HANDLE server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, 0, 1, 100, 100, 0, NULL);
    HANDLE thread = thread_start(connects, server);
    signalled_soon(about_to);
    ok(cancel_soon(thread), "a blocking ConnectNamedPipe is cancelled");
    is_int(thread_join(thread), ERROR_OPERATION_ABORTED, "995");
    CloseHandle(server);
}

/* An overlapped request of the victim is not a synchronous one. */
static struct pipe_pair shared;
static OVERLAPPED pending;
static char pending_byte;

static DWORD WINAPI issues_then_waits(void *event)
{
    memset(&pending, 0, sizeof pending);
    ReadFile(shared.server, &pending_byte, 1, NULL, &pending);
    SetEvent(about_to);
    return WaitForSingleObject(event, PATIENCE_MS);
}

static void overlapped_untouched(void)
{
    HANDLE event = event_manual();
    shared = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE thread = thread_start(issues_then_waits, event);
    signalled_soon(about_to);
    settle();
    fails_with(CancelSynchronousIo(thread), ERROR_NOT_FOUND, "overlapped requests are not its business");
    ok(!HasOverlappedIoCompleted(&pending), "they pend on");
    SetEvent(event);
    thread_join(thread);
    CloseHandle(event);
    pipe_pair_close(&shared);
}

int main(void)
{
    tap_begin();
    about_to = event_auto();
    part(nothing_to_cancel);
    part(blocked_read);
    part(blocked_connect);
    part(overlapped_untouched);
    return tap_end();
}
