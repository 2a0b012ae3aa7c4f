/* SPDX-License-Identifier: MIT */
/* Closing handles with requests in flight: the last handle cancels, packets and events still come, a
 * duplicate keeps the file alive. Rules: spec sections 7 (10) and 8. */
#include "../tap.h"

static DWORD status_of(OVERLAPPED *ov)
{
    ULONGLONG start = GetTickCount64();
    while (!HasOverlappedIoCompleted(ov) && GetTickCount64() - start < PATIENCE_MS)
        SwitchToThread();
    return (DWORD)ov->Internal;
}

/* The seed texts say cancelled (995). The file system of pipes may also say that the pipe broke (109), for
 * the end that closes breaks it; Wine does. Both tell the program that the request is over. */
static int is_ended(DWORD error)
{
    return error == ERROR_OPERATION_ABORTED || error == ERROR_BROKEN_PIPE;
}

static void last_handle_cancels(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char byte;
    HANDLE event = event_manual();
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event;
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    CloseHandle(pipe.server);
    ok(signalled_soon(event), "closing the last handle completes a pending read");
    DWORD status = status_of(&ov);
    ok(status == 0xC0000120u || status == 0xC000014Bu, "as cancelled or broken");
    CloseHandle(event);
    CloseHandle(pipe.client);
}

static void duplicate_keeps(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char byte = 0;
    HANDLE self = GetCurrentProcess(), copy = NULL;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    DuplicateHandle(self, pipe.server, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    CloseHandle(pipe.server);
    ok(stays_unsignalled(ov.hEvent), "with a duplicate open nothing is cancelled");
    ok(write_all(pipe.client, "k", 1), "data comes");
    ok(signalled_soon(ov.hEvent) && byte == 'k', "and the read has it");
    DWORD done = 0;
    ok(GetOverlappedResult(copy, &ov, &done, FALSE) && done == 1, "asked through the duplicate");
    CloseHandle(copy);
    CloseHandle(ov.hEvent);
    CloseHandle(pipe.client);
}

static void packet_still_comes(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(pipe.server, NULL, 3, 0);
    OVERLAPPED ov, *got = NULL;
    char byte;
    DWORD bytes;
    ULONG_PTR key = 0;
    memset(&ov, 0, sizeof ov);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    CloseHandle(pipe.server);
    ok(!GetQueuedCompletionStatus(port, &bytes, &key, &got, PATIENCE_MS) && is_ended(GetLastError()),
       "the packet of a request that close cancelled");
    ok(got == &ov && key == 3, "with its OVERLAPPED and key");
    CloseHandle(pipe.client);

    /* Closing the file does not remove packets that are queued (rule 10). */
    pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    ok(CreateIoCompletionPort(pipe.server, port, 4, 0) == port, "associate another");
    ok(write_all(pipe.client, "q", 1), "data first");
    memset(&ov, 0, sizeof ov);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    is_int(status_of(&ov), 0, "the read is complete");
    CloseHandle(pipe.server);
    CloseHandle(pipe.client);
    ok(GetQueuedCompletionStatus(port, &bytes, &key, &got, PATIENCE_MS) && got == &ov && key == 4 && bytes == 1,
       "its packet can be taken after the handle was closed");
    CloseHandle(port);
}

static volatile LONG calls;
static DWORD told;

static void CALLBACK routine(DWORD error, DWORD bytes, OVERLAPPED *ov)
{
    (void)bytes;
    (void)ov;
    told = error;
    calls++;
}

static void routine_still_runs(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char byte;
    memset(&ov, 0, sizeof ov);
    ReadFileEx(pipe.server, &byte, 1, &ov, routine);
    CloseHandle(pipe.server);
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "the routine of a request that close cancelled");
    ok(calls == 1 && is_ended(told), "runs once, and is told so");
    CloseHandle(pipe.client);
}

/* Closing a port handle that a thread waits on: FALSE, NULL, 735 (rule 4). */
static HANDLE port_closed;

static DWORD WINAPI waits_on_port(void *port)
{
    DWORD bytes = 11;
    ULONG_PTR key = 22;
    OVERLAPPED *ov = (OVERLAPPED *)33;
    SetEvent(port_closed);
    BOOL result = GetQueuedCompletionStatus(port, &bytes, &key, &ov, PATIENCE_MS);
    return result ? 0 : ov ? 1 : GetLastError();
}

static void port_under_waiter(void)
{
    port_closed = event_auto();
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HANDLE thread = thread_start(waits_on_port, port);
    signalled_soon(port_closed);
    settle();
    ok(CloseHandle(port), "close the port");
    is_int(thread_join(thread), ERROR_ABANDONED_WAIT_0, "its waiter gets FALSE, NULL and 735");
    CloseHandle(port_closed);
}

/* Open and close with requests in flight, many times: nothing hangs, each completes exactly once. */
static void churn(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    enum { ROUNDS = 300, READS = 4 };
    static OVERLAPPED ovs[ROUNDS][READS];
    static char data[ROUNDS][READS];
    int packets = 0, issued = 0;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *got;
    for (int i = 0; i < ROUNDS; i++) {
        struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
        CreateIoCompletionPort(pipe.server, port, (ULONG_PTR)i, 0);
        for (int k = 0; k < READS; k++)
            issued += !ReadFile(pipe.server, &data[i][k], 1, NULL, &ovs[i][k]) && GetLastError() == ERROR_IO_PENDING;
        if (i % 2)
            write_all(pipe.client, "z", 1);
        if (i % 3)
            CloseHandle(pipe.client), CloseHandle(pipe.server);
        else
            CloseHandle(pipe.server), CloseHandle(pipe.client);
    }
    got = NULL;
    while (packets < issued && (GetQueuedCompletionStatus(port, &bytes, &key, &got, PATIENCE_MS) || got)) {
        packets++;
        got = NULL;
    }
    is_int(issued, ROUNDS * READS, "300 pipes closed with four reads in flight");
    is_int(packets, issued, "one packet for each read");
    got = NULL;
    ok(!GetQueuedCompletionStatus(port, &bytes, &key, &got, BLOCKED_MS) && !got, "and no more");
    CloseHandle(port);
}

int main(void)
{
    tap_begin();
    part(last_handle_cancels);
    part(duplicate_keeps);
    part(packet_still_comes);
    part(routine_still_runs);
    part(port_under_waiter);
    part(churn);
    return tap_end();
}
