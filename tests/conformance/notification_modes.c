/* SPDX-License-Identifier: MIT */
/* SetFileCompletionNotificationModes: FILE_SKIP_COMPLETION_PORT_ON_SUCCESS (1) and
 * FILE_SKIP_SET_EVENT_ON_HANDLE (2); flags are only ever added. Rules: spec section 2, 7.2, 8. */
#include "../tap.h"

static HANDLE port;

/* A packet within the time? Gives its OVERLAPPED. */
static OVERLAPPED *packet(DWORD timeout)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov = NULL;
    GetQueuedCompletionStatus(port, &bytes, &key, &ov, timeout);
    return ov;
}

static void skip_port(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char data[8];
    DWORD done;
    port = CreateIoCompletionPort(pipe.server, NULL, 1, 0);
    ok(port != NULL, "port");

    memset(&ov, 0, sizeof ov);
    ok(write_all(pipe.client, "a", 1), "data is there");
    BOOL at_once = ReadFile(pipe.server, data, 8, &done, &ov);
    ok(at_once || GetLastError() == ERROR_IO_PENDING, "read");
    ok(packet(PATIENCE_MS) == &ov, "without the mode immediate success queues a packet");

    ok(SetFileCompletionNotificationModes(pipe.server, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS), "mode 1");
    ok(write_all(pipe.client, "b", 1), "data is there");
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    at_once = ReadFile(pipe.server, data, 8, &done, &ov);
    if (at_once) {
        is_int(done, 1, "the count is given by the call");
        ok(packet(BLOCKED_MS) == NULL, "and no packet is queued");
        ok(signalled_now(ov.hEvent), "an explicit event is set");
    } else {
        /* Whether data that is there completes a read at once is the system's business; pending has a packet. */
        ok(GetLastError() == ERROR_IO_PENDING && packet(PATIENCE_MS) == &ov, "the read pended and has its packet");
    }

    fails_with(ReadFile(pipe.server, data, 8, NULL, &ov), ERROR_IO_PENDING, "a read that pends");
    ok(write_all(pipe.client, "c", 1), "and completes later");
    ok(packet(PATIENCE_MS) == &ov, "queues its packet in this mode too");
    CloseHandle(ov.hEvent);

    /* Not removable. */
    ok(SetFileCompletionNotificationModes(pipe.server, 0), "flags 0 are accepted");
    memset(&ov, 0, sizeof ov);
    ok(write_all(pipe.client, "d", 1), "data is there");
    if (ReadFile(pipe.server, data, 8, &done, &ov))
        ok(packet(BLOCKED_MS) == NULL, "but the mode is still on");
    else
        ok(packet(PATIENCE_MS) == &ov, "pended, and so has its packet");
    fails_with(SetFileCompletionNotificationModes(pipe.server, 0x80), ERROR_INVALID_PARAMETER,
               "unknown flags are 87");
    pipe_pair_close(&pipe);
    CloseHandle(port);
}

/* The modes belong to the file object: a duplicate has them (rule 13). */
static void shared_by_duplicates(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE self = GetCurrentProcess(), copy = NULL;
    OVERLAPPED ov;
    char data[8];
    DWORD done;
    port = CreateIoCompletionPort(pipe.server, NULL, 1, 0);
    DuplicateHandle(self, pipe.server, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    ok(SetFileCompletionNotificationModes(copy, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS), "set on the duplicate");
    memset(&ov, 0, sizeof ov);
    ok(write_all(pipe.client, "a", 1), "data is there");
    BOOL at_once = ReadFile(pipe.server, data, 8, &done, &ov);
    ok(at_once || GetLastError() == ERROR_IO_PENDING, "a read of the first handle");
    if (at_once)
        ok(packet(BLOCKED_MS) == NULL, "queues no packet");
    else
        ok(packet(PATIENCE_MS) == &ov, "pended, and so has its packet");
    CloseHandle(copy);
    pipe_pair_close(&pipe);
    CloseHandle(port);
}

/* Mode 2: the file object is not signalled by overlapped requests that succeed or pend. */
static void skip_handle(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char data[8];
    DWORD done;
    memset(&ov, 0, sizeof ov);
    ReadFile(pipe.server, data, 8, NULL, &ov); /* resets the handle */
    ok(write_all(pipe.client, "a", 1), "data");
    ok(signalled_soon(pipe.server), "without the mode the handle is signalled");
    ReadFile(pipe.server, data, 8, NULL, &ov);
    ok(!signalled_now(pipe.server), "a new request resets it");
    ok(write_all(pipe.client, "b", 1), "data");
    ok(GetOverlappedResult(pipe.server, &ov, &done, TRUE), "complete it");

    ok(SetFileCompletionNotificationModes(pipe.server, FILE_SKIP_SET_EVENT_ON_HANDLE), "mode 2");
    HANDLE event = event_manual();
    ov.hEvent = event;
    ReadFile(pipe.server, data, 8, NULL, &ov);
    int was_set = signalled_now(pipe.server);
    ok(write_all(pipe.client, "c", 1), "data");
    ok(signalled_soon(event), "the explicit event is still set");
    if (was_set)
        skip(1, "the handle was signalled from before; an implementation need not reset what it never sets");
    else
        ok(!signalled_now(pipe.server), "the handle is not");
    CloseHandle(event);
    pipe_pair_close(&pipe);
}

static void bad_handles(void)
{
    HANDLE event = event_manual();
    ok(!SetFileCompletionNotificationModes(event, 1), "an event has no modes");
    fails_with(SetFileCompletionNotificationModes(INVALID_HANDLE_VALUE, 1), ERROR_INVALID_HANDLE, "no handle: 6");
    CloseHandle(event);
}

int main(void)
{
    tap_begin();
    part(skip_port);
    part(shared_by_duplicates);
    part(skip_handle);
    part(bad_handles);
    return tap_end();
}
