/* SPDX-License-Identifier: MIT */
/* The fourteen rules of completion ports, spec section 7, one function for each; rules 7 and 8 have files
 * of their own (port_lifo.c, port_limit.c) and 12 has thread_exit.c; they are touched here only. */
#include "../tap.h"

static DWORD bytes;
static ULONG_PTR key;
static OVERLAPPED *got;

static BOOL take(HANDLE port, DWORD timeout)
{
    bytes = 0xabab;
    key = 0xcdcd;
    got = (OVERLAPPED *)0x10;
    return GetQueuedCompletionStatus(port, &bytes, &key, &got, timeout);
}

static int nothing_queued(HANDLE port)
{
    return !take(port, BLOCKED_MS) && GetLastError() == WAIT_TIMEOUT && !got;
}

static HANDLE new_port(DWORD threads)
{
    return CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, threads);
}

static void rule_1_create_and_associate(void)
{
    HANDLE port = new_port(0);
    ok(port != NULL, "INVALID_HANDLE_VALUE and NULL make a port");
    fails_with(CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0) != NULL, ERROR_INVALID_PARAMETER,
               "INVALID_HANDLE_VALUE with an existing port is 87");
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    ok(CreateIoCompletionPort(pipe.server, port, 1, 0) == port, "associating returns the same handle");
    fails_with(CreateIoCompletionPort(pipe.server, port, 1, 0) != NULL, ERROR_INVALID_PARAMETER,
               "a second association with the same port is 87");
    HANDLE other = new_port(0);
    fails_with(CreateIoCompletionPort(pipe.server, other, 1, 0) != NULL, ERROR_INVALID_PARAMETER,
               "with another port too");
    fails_with(CreateIoCompletionPort(pipe.client, port, 1, 0) != NULL, ERROR_INVALID_PARAMETER,
               "a handle that is not overlapped is 87");
    HANDLE event = event_manual();
    ok(CreateIoCompletionPort(event, port, 1, 0) == NULL, "an event cannot be associated");
    ok(CreateIoCompletionPort(pipe.server, event, 1, 0) == NULL, "nor is it a port");
    CloseHandle(event);
    CloseHandle(other);
    pipe_pair_close(&pipe);
    CloseHandle(port);

    const char *name = temp_name("rule1");
    HANDLE file = file_with_pattern(name, 10, FILE_FLAG_OVERLAPPED);
    port = CreateIoCompletionPort(file, NULL, 7, 3);
    ok(port != NULL, "create and associate in one call");
    CloseHandle(file);
    CloseHandle(port);
    DeleteFileA(name);
}

static void rule_2_what_queues(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(pipe.server, NULL, 2, 0);
    OVERLAPPED ov;
    char data[8];
    memset(&ov, 0, sizeof ov);
    ok(write_all(pipe.client, "abc", 3), "a message is there");
    BOOL at_once = ReadFile(pipe.server, data, 8, NULL, &ov);
    ok(at_once || GetLastError() == ERROR_IO_PENDING, "a read that can succeed at once");
    ok(take(port, PATIENCE_MS) && got == &ov && bytes == 3, "queues a packet");
    ok(nothing_queued(port), "one");

    /* A warning at once: a packet is queued. */
    ok(write_all(pipe.client, "long message", 12), "a message longer than the buffer");
    memset(&ov, 0, sizeof ov);
    at_once = ReadFile(pipe.server, data, 8, NULL, &ov);
    DWORD error = GetLastError();
    ok(!at_once && (error == ERROR_MORE_DATA || error == ERROR_IO_PENDING), "a read that ends with a warning");
    fails_with(take(port, PATIENCE_MS), ERROR_MORE_DATA, "queues its packet, with 234");
    ok(got == &ov && bytes == 8, "and what was read");
    at_once = ReadFile(pipe.server, data, 8, NULL, &ov);
    ok(take(port, PATIENCE_MS) && bytes == 4, "the rest");

    /* An immediate error queues nothing. */
    HANDLE one_way = CreateNamedPipeA("\\\\.\\pipe\\test-rule-2", PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED, 0, 1, 100, 100,
                                      0, NULL);
    ok(CreateIoCompletionPort(one_way, port, 22, 0) == port, "a pipe that the server cannot write");
    memset(&ov, 0, sizeof ov);
    fails_with(WriteFile(one_way, data, 8, NULL, &ov), ERROR_ACCESS_DENIED, "a write is an immediate error");
    ok(nothing_queued(port), "and queues no packet");
    CloseHandle(one_way);

    /* Pending always queues exactly one: success, failure, cancelled. */
    memset(&ov, 0, sizeof ov);
    fails_with(ReadFile(pipe.server, data, 8, NULL, &ov), ERROR_IO_PENDING, "a read that pends");
    CloseHandle(pipe.client);
    fails_with(take(port, PATIENCE_MS), ERROR_BROKEN_PIPE, "its failure is a packet");
    ok(got == &ov && bytes == 0 && key == 2, "with everything in it");
    ok(nothing_queued(port), "one");
    memset(&ov, 0, sizeof ov);
    at_once = ReadFile(pipe.server, data, 8, NULL, &ov);
    error = GetLastError();
    ok(!at_once && (error == ERROR_BROKEN_PIPE || error == ERROR_IO_PENDING), "a read that can fail at once");
    if (error == ERROR_IO_PENDING)
        fails_with(take(port, PATIENCE_MS), ERROR_BROKEN_PIPE, "it pended: one packet");
    ok(nothing_queued(port), "a failure at once queues none");
    CloseHandle(pipe.server);
    CloseHandle(port);
}

static void rule_3_low_bit_and_synchronous(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(pipe.server, NULL, 3, 0);
    OVERLAPPED ov;
    char byte = 0;
    DWORD done = 0;
    HANDLE event = event_manual();
    memset(&ov, 0, sizeof ov);
    ov.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    fails_with(ReadFile(pipe.server, &byte, 1, NULL, &ov), ERROR_IO_PENDING, "a read with the low bit of hEvent");
    ok(write_all(pipe.client, "l", 1), "data");
    ok(signalled_soon(event), "the event is set");
    ok(GetOverlappedResult(pipe.server, &ov, &done, TRUE) && done == 1, "GetOverlappedResult strips the bit");
    ok(nothing_queued(port), "no packet is queued");
    ok(write_all(pipe.client, "n", 1), "data first");
    BOOL at_once = ReadFile(pipe.server, &byte, 1, NULL, &ov);
    ok(at_once || GetLastError() == ERROR_IO_PENDING, "likewise when it succeeds at once");
    ok(signalled_soon(event) && nothing_queued(port), "the event and no packet");

    /* A request without OVERLAPPED queues none. */
    ok(write_all(pipe.client, "s", 1), "data");
    ok(ReadFile(pipe.server, &byte, 1, &done, NULL) && byte == 's', "a read without OVERLAPPED");
    ok(nothing_queued(port), "queues none");
    CloseHandle(event);
    pipe_pair_close(&pipe);
    CloseHandle(port);
}

static HANDLE about_to;

static DWORD WINAPI waits(void *port)
{
    DWORD n;
    ULONG_PTR k;
    OVERLAPPED *o = NULL;
    SetEvent(about_to);
    BOOL result = GetQueuedCompletionStatus(port, &n, &k, &o, INFINITE);
    return result || o ? 0 : GetLastError();
}

static void rule_4_results_of_get(void)
{
    HANDLE port = new_port(0);
    fails_with(take(port, 0), WAIT_TIMEOUT, "nothing dequeued: 258 on time-out");
    ok(got == NULL, "with ov NULL");
    ULONGLONG start = GetTickCount64();
    fails_with(take(port, 50), WAIT_TIMEOUT, "after waiting");
    ok(GetTickCount64() - start >= 30, "its time");
    HANDLE thread = thread_start(waits, port);
    signalled_soon(about_to);
    settle();
    CloseHandle(port);
    /* Wine leaves the waiter waiting; the page says ERROR_ABANDONED_WAIT_0. */
    if (WaitForSingleObject(thread, 2000) == WAIT_OBJECT_0) {
        is_int(thread_join(thread), ERROR_ABANDONED_WAIT_0, "735 when the port is closed during the wait");
    } else {
        ok(0, "735 when the port is closed during the wait");
        CloseHandle(thread);
    }
    fails_with(take(port, 0), ERROR_INVALID_HANDLE, "a closed handle is 6");
    HANDLE event = event_manual();
    fails_with(take(event, 0), ERROR_INVALID_HANDLE, "an event is 6");
    CloseHandle(event);
    /* Failed input and output: FALSE, ov valid, the error mapped: rule_2 has shown it. */
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    port = CreateIoCompletionPort(pipe.server, NULL, 44, 0);
    OVERLAPPED ov;
    char byte;
    memset(&ov, 0, sizeof ov);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    CancelIoEx(pipe.server, &ov);
    fails_with(take(port, PATIENCE_MS), ERROR_OPERATION_ABORTED, "a failed request: FALSE and its error");
    ok(got == &ov && key == 44 && bytes == 0, "with bytes, key and ov");
    pipe_pair_close(&pipe);
    CloseHandle(port);
}

static void rule_5_post(void)
{
    HANDLE port = new_port(0);
    OVERLAPPED ov;
    memset(&ov, 0x5a, sizeof ov);
    ok(PostQueuedCompletionStatus(port, 0xffffffff, ~(ULONG_PTR)0, (OVERLAPPED *)~(ULONG_PTR)0), "post all ones");
    ok(take(port, 0), "it is a success");
    ok(bytes == 0xffffffff && key == ~(ULONG_PTR)0 && got == (OVERLAPPED *)~(ULONG_PTR)0, "passed untouched");
    ok(PostQueuedCompletionStatus(port, 0, 0, NULL), "post nothing at all");
    ok(take(port, 0), "TRUE with ov NULL is possible");
    ok(bytes == 0 && key == 0 && got == NULL, "all zero");
    ok(PostQueuedCompletionStatus(port, 1, 2, &ov), "post a real OVERLAPPED");
    ok(take(port, 0) && got == &ov, "it comes back");
    int untouched = 1;
    for (unsigned i = 0; i < sizeof ov; i++)
        untouched &= ((unsigned char *)&ov)[i] == 0x5a;
    ok(untouched, "and nobody looked into it");
    HANDLE event = event_manual();
    ok(!PostQueuedCompletionStatus(event, 0, 0, NULL), "an event is no port");
    CloseHandle(event);
    CloseHandle(port);
    fails_with(PostQueuedCompletionStatus(port, 0, 0, NULL), ERROR_INVALID_HANDLE, "a closed port is 6");
}

static void CALLBACK apc(ULONG_PTR unused)
{
    (void)unused;
}

static void rule_6_get_ex(void)
{
    OVERLAPPED_ENTRY entries[8];
    ULONG taken = 99;
    HANDLE port = new_port(0);
    fails_with(GetQueuedCompletionStatusEx(port, entries, 8, &taken, 0, FALSE), WAIT_TIMEOUT, "time-out: 258");
    fails_with(GetQueuedCompletionStatusEx(port, entries, 0, &taken, 0, FALSE), ERROR_INVALID_PARAMETER,
               "no entries: 87");
    for (ULONG_PTR i = 0; i < 5; i++)
        PostQueuedCompletionStatus(port, (DWORD)(10 + i), 20 + i, (OVERLAPPED *)(30 + i));
    ok(GetQueuedCompletionStatusEx(port, entries, 3, &taken, 0, FALSE), "three at a time");
    is_int(taken, 3, "3 taken");
    int right = 1;
    for (ULONG_PTR i = 0; i < 3; i++)
        right &= entries[i].dwNumberOfBytesTransferred == 10 + i && entries[i].lpCompletionKey == 20 + i &&
                 entries[i].lpOverlapped == (OVERLAPPED *)(30 + i);
    ok(right, "in order, with everything");
    ok(GetQueuedCompletionStatusEx(port, entries, 8, &taken, INFINITE, FALSE), "the others");
    is_int(taken, 2, "2 taken");
    QueueUserAPC(apc, GetCurrentThread(), 0);
    /* From a thread that is a member, with nothing queued: alertable. */
    fails_with(GetQueuedCompletionStatusEx(port, entries, 8, &taken, INFINITE, TRUE), WAIT_IO_COMPLETION,
               "an APC: FALSE and 192");
    /* TRUE even if the entries are failed requests. */
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    char byte;
    CreateIoCompletionPort(pipe.server, port, 9, 0);
    memset(&ov, 0, sizeof ov);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    CancelIoEx(pipe.server, &ov);
    ok(GetQueuedCompletionStatusEx(port, entries, 8, &taken, PATIENCE_MS, FALSE), "TRUE for a failed request");
    ok(taken == 1 && entries[0].lpOverlapped == &ov && entries[0].lpCompletionKey == 9, "it is in the entry");
    is_int((DWORD)ov.Internal, 0xC0000120u, "its status in ov.Internal");
    is_int((DWORD)entries[0].Internal, 0xC0000120u, "and in the entry's");
    pipe_pair_close(&pipe);
    CloseHandle(port);
}

/* Rules 7 and 8 in short: a thread that takes and comes back takes the next packet itself. */
static DWORD WINAPI waits_and_notes(void *port)
{
    DWORD n;
    ULONG_PTR k;
    OVERLAPPED *o;
    SetEvent(about_to);
    return GetQueuedCompletionStatus(port, &n, &k, &o, PATIENCE_MS) ? (DWORD)k : 0;
}

static void rule_7_and_8_in_short(void)
{
    HANDLE port = new_port(1);
    PostQueuedCompletionStatus(port, 0, 1, NULL);
    ok(take(port, 0) && key == 1, "this thread is released");
    HANDLE waiter = thread_start(waits_and_notes, port);
    signalled_soon(about_to);
    settle();
    for (ULONG_PTR i = 2; i < 50; i++) {
        PostQueuedCompletionStatus(port, 0, i, NULL);
        if (!take(port, 0) || key != i) {
            ok(0, "every packet is taken by the running thread");
            break;
        }
    }
    ok(WaitForSingleObject(waiter, 0) == WAIT_TIMEOUT, "with limit 1 the waiting thread never got one");
    PostQueuedCompletionStatus(port, 0, 99, NULL);
    is_int(WaitForSingleObject(waiter, PATIENCE_MS), WAIT_OBJECT_0, "when this thread blocks, it does");
    is_int(thread_join(waiter), 99, "the packet");
    CloseHandle(port);
}

/* Rule 9: a thread belongs to one port at a time. */
static void rule_9_membership(void)
{
    HANDLE one = new_port(1), two = new_port(1);
    PostQueuedCompletionStatus(one, 0, 1, NULL);
    ok(take(one, 0), "released by the first port");
    HANDLE waiter = thread_start(waits_and_notes, one);
    signalled_soon(about_to);
    settle();
    PostQueuedCompletionStatus(one, 0, 2, NULL);
    /* Calling Get on another port ends the membership: the first port may release another thread. */
    fails_with(take(two, 0), WAIT_TIMEOUT, "Get on a second port");
    is_int(thread_join(waiter), 2, "lets the first port release its other thread");
    CloseHandle(one);
    CloseHandle(two);
}

static DWORD WINAPI takes_and_ends(void *port)
{
    DWORD n;
    ULONG_PTR k;
    OVERLAPPED *o;
    return GetQueuedCompletionStatus(port, &n, &k, &o, PATIENCE_MS) ? (DWORD)k : 0;
}

static void rule_9_thread_exit(void)
{
    HANDLE port = new_port(1);
    PostQueuedCompletionStatus(port, 0, 1, NULL);
    is_int(thread_join(thread_start(takes_and_ends, port)), 1, "a thread takes a packet and ends");
    PostQueuedCompletionStatus(port, 0, 2, NULL);
    is_int(thread_join(thread_start(takes_and_ends, port)), 2, "its place is free for the next");
    CloseHandle(port);
}

static void rule_10_lifetime(void)
{
    /* The port lives on in the association, and goes when everything is closed. */
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(pipe.server, NULL, 1, 0);
    HANDLE self = GetCurrentProcess(), copy = NULL;
    OVERLAPPED ov;
    char byte;
    ok(DuplicateHandle(self, port, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS), "a second handle of the port");
    CloseHandle(port);
    memset(&ov, 0, sizeof ov);
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    ok(write_all(pipe.client, "x", 1), "data");
    ok(take(copy, PATIENCE_MS) && got == &ov, "packets arrive at the port while a handle is open");
    CloseHandle(copy);
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    ok(write_all(pipe.client, "y", 1), "data for a file whose port has no handle any more");
    ok(signalled_soon(ov.hEvent) && byte == 'y', "the request completes");
    HANDLE other = new_port(0);
    fails_with(CreateIoCompletionPort(pipe.server, other, 1, 0) != NULL, ERROR_INVALID_PARAMETER,
               "and the file is still associated");
    CloseHandle(other);
    CloseHandle(ov.hEvent);
    pipe_pair_close(&pipe);
}

static void rule_11_status_not_late(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(pipe.server, NULL, 1, 0);
    int late = 0, wrong = 0;
    char byte;
    for (int i = 0; i < 500; i++) {
        OVERLAPPED *ov = calloc(1, sizeof *ov);
        ReadFile(pipe.server, &byte, 1, NULL, ov);
        write_all(pipe.client, "x", 1);
        if (!take(port, PATIENCE_MS) || got != ov)
            wrong++;
        late += !HasOverlappedIoCompleted(ov) || ov->InternalHigh != 1;
        memset(ov, 0x77, sizeof *ov); /* nothing may write here any more */
        for (unsigned k = 0; k < sizeof *ov; k++)
            wrong += ((unsigned char *)ov)[k] != 0x77;
        free(ov);
    }
    is_int(late, 0, "the status block is written when the packet is taken, 500 times");
    is_int(wrong, 0, "and never afterwards");
    pipe_pair_close(&pipe);
    CloseHandle(port);
}

static void rule_13_duplicates(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE self = GetCurrentProcess(), copy = NULL, port;
    OVERLAPPED ov;
    char byte;
    DuplicateHandle(self, pipe.server, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    port = CreateIoCompletionPort(pipe.server, NULL, 13, 0);
    fails_with(CreateIoCompletionPort(copy, port, 1, 0) != NULL, ERROR_INVALID_PARAMETER,
               "a duplicate shares the association (87)");
    memset(&ov, 0, sizeof ov);
    ReadFile(copy, &byte, 1, NULL, &ov);
    ok(write_all(pipe.client, "x", 1), "data");
    ok(take(port, PATIENCE_MS) && got == &ov && key == 13, "requests of the duplicate arrive at the port");
    CloseHandle(copy);
    pipe_pair_close(&pipe);
    CloseHandle(port);
}

int main(void)
{
    tap_begin();
    about_to = event_auto();
    part(rule_1_create_and_associate);
    part(rule_2_what_queues);
    part(rule_3_low_bit_and_synchronous);
    part(rule_4_results_of_get);
    part(rule_5_post);
    part(rule_6_get_ex);
    part(rule_7_and_8_in_short);
    part(rule_9_membership);
    part(rule_9_thread_exit);
    part(rule_10_lifetime);
    part(rule_11_status_not_late);
    part(rule_13_duplicates);
    skip(1, "rule 14, a port as a waitable object, is observed and not documented");
    return tap_end();
}
