/* SPDX-License-Identifier: MIT */
/* The status block, the event and the file object of an overlapped request: set to pending and reset when
 * it is issued, written and set when it completes. Rules: spec sections 3 and 4, minwinbase OVERLAPPED. */
#include "../tap.h"

static void layout(void)
{
    is_int(sizeof(OVERLAPPED), 32, "OVERLAPPED has 32 bytes");
    is_int(offsetof(OVERLAPPED, Internal), 0, "Internal at 0");
    is_int(offsetof(OVERLAPPED, InternalHigh), 8, "InternalHigh at 8");
    is_int(offsetof(OVERLAPPED, Offset), 16, "Offset at 16");
    is_int(offsetof(OVERLAPPED, OffsetHigh), 20, "OffsetHigh at 20");
    is_int(offsetof(OVERLAPPED, Pointer), 16, "Pointer shares their place");
    is_int(offsetof(OVERLAPPED, hEvent), 24, "hEvent at 24");
    is_int(sizeof(OVERLAPPED_ENTRY), 32, "OVERLAPPED_ENTRY has 32 bytes");
    is_int(offsetof(OVERLAPPED_ENTRY, lpOverlapped), 8, "lpOverlapped at 8");
    is_int(offsetof(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred), 24, "the count at 24");
}

static void pending_then_complete(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char data[8];
    DWORD done = 7;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = CreateEventA(NULL, TRUE, TRUE, NULL); /* set, to see the reset */
    ov.InternalHigh = 99;
    fails_with(ReadFile(pipe.server, data, 8, &done, &ov), ERROR_IO_PENDING, "a read of an empty pipe pends");
    is_int(ov.Internal, 0x103, "Internal is STATUS_PENDING");
    ok(!HasOverlappedIoCompleted(&ov), "HasOverlappedIoCompleted says no");
    ok(!signalled_now(ov.hEvent), "the event was reset when the request was issued");
    ok(write_all(pipe.client, "abc", 3), "data comes");
    ok(signalled_soon(ov.hEvent), "the event is set by completion");
    ok(HasOverlappedIoCompleted(&ov), "HasOverlappedIoCompleted says yes");
    is_int(ov.Internal, 0, "Internal is STATUS_SUCCESS");
    is_int(ov.InternalHigh, 3, "InternalHigh is the count");
    ok(!memcmp(data, "abc", 3), "the data is there");

    /* Immediate success: the event is set as well, after being reset. */
    ok(write_all(pipe.client, "xy", 2), "data first");
    ResetEvent(ov.hEvent);
    BOOL at_once = ReadFile(pipe.server, data, 8, &done, &ov);
    ok(at_once || GetLastError() == ERROR_IO_PENDING, "then the read");
    ok(signalled_soon(ov.hEvent), "sets the event");
    ok(GetOverlappedResult(pipe.server, &ov, &done, FALSE) && done == 2, "with its bytes");
    CloseHandle(ov.hEvent);
    pipe_pair_close(&pipe);
}

/* HasOverlappedIoCompleted turns true although nobody waits anywhere. */
static void polling(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char byte;
    DWORD done;
    memset(&ov, 0, sizeof ov);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    ok(!HasOverlappedIoCompleted(&ov), "pends");
    ok(write_all(pipe.client, "p", 1), "data comes");
    ULONGLONG start = GetTickCount64();
    /* Spinning, because waiting on anything would be somebody waiting. */
    while (!HasOverlappedIoCompleted(&ov) && GetTickCount64() - start < PATIENCE_MS)
        ;
    ok(HasOverlappedIoCompleted(&ov), "polling alone sees the completion");
    ok(GetOverlappedResult(pipe.server, &ov, &done, FALSE) && done == 1, "GetOverlappedResult agrees");
    pipe_pair_close(&pipe);
}

/* Without an event the file object is signalled. */
static void file_object(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char byte;
    memset(&ov, 0, sizeof ov);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    ok(!signalled_now(pipe.server), "the handle is reset while the request pends");
    ok(stays_unsignalled(pipe.server), "and stays so");
    ok(write_all(pipe.client, "f", 1), "data comes");
    ok(signalled_soon(pipe.server), "the handle is signalled at completion");
    ok(HasOverlappedIoCompleted(&ov), "the request is complete");
    ok(signalled_now(pipe.server), "it stays signalled: a wait does not consume it");
    memset(&ov, 0, sizeof ov);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    ok(!signalled_now(pipe.server), "the next request resets it");

    /* Two in flight: the first completion signals the handle, so it says nothing of the other. */
    OVERLAPPED second;
    char other;
    DWORD done;
    memset(&second, 0, sizeof second);
    ReadFile(pipe.server, &other, 1, NULL, &second);
    ok(write_all(pipe.client, "1", 1), "one byte for two reads");
    ok(signalled_soon(pipe.server), "signals the handle");
    ok(HasOverlappedIoCompleted(&ov) && !HasOverlappedIoCompleted(&second),
       "though only the first request is complete");
    ok(write_all(pipe.client, "2", 1), "the second byte");
    ok(GetOverlappedResult(pipe.server, &second, &done, TRUE) && other == '2', "completes the second");
    pipe_pair_close(&pipe);
}

/* hEvent must be an event; what is wrong with it fails the call, with nothing issued. */
static void bad_event(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char byte;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = (HANDLE)0x7ffc;
    fails_with(ReadFile(pipe.server, &byte, 1, NULL, &ov), ERROR_INVALID_HANDLE, "a handle of nothing is 6");
    /* The event may be closed after issue: the request holds it. */
    ov.hEvent = event_manual();
    HANDLE copy = NULL, self = GetCurrentProcess();
    DuplicateHandle(self, ov.hEvent, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    CloseHandle(ov.hEvent);
    ok(write_all(pipe.client, "e", 1), "data after the event's handle was closed");
    ok(signalled_soon(copy), "sets the event, which another handle sees");
    CloseHandle(copy);
    pipe_pair_close(&pipe);
}

/* An auto-reset event serves as well; one completion lets one wait through. */
static void auto_reset(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char byte;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_auto();
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    ok(write_all(pipe.client, "a", 1), "data comes");
    ok(signalled_soon(ov.hEvent), "one wait is let through");
    ok(!signalled_now(ov.hEvent), "a second is not");
    CloseHandle(ov.hEvent);
    pipe_pair_close(&pipe);
}

/* Offset members are ignored on devices that have no position (the ReadFile page). */
static void offset_on_pipe(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char data[4];
    DWORD done = 0;
    memset(&ov, 0, sizeof ov);
    ov.Offset = 12345;
    ok(write_all(pipe.client, "offs", 4), "data");
    BOOL at_once = ReadFile(pipe.server, data, 4, NULL, &ov);
    ok(at_once || GetLastError() == ERROR_IO_PENDING, "a nonzero offset is accepted");
    ok(GetOverlappedResult(pipe.server, &ov, &done, TRUE) && done == 4 && !memcmp(data, "offs", 4),
       "and ignored");
    is_int(ov.Offset, 12345, "and left alone");
    pipe_pair_close(&pipe);
}

int main(void)
{
    tap_begin();
    part(layout);
    part(pending_then_complete);
    part(polling);
    part(file_object);
    part(bad_event);
    part(auto_reset);
    part(offset_on_pipe);
    return tap_end();
}
