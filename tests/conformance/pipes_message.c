/* SPDX-License-Identifier: MIT */
/* Message-mode named pipes: boundaries, ERROR_MORE_DATA, empty messages, read modes, transactions.
 * Rules: spec section 4 and the pages of the functions. */
#include "../tap.h"

static struct pipe_pair message_pair(DWORD client_flags)
{
    struct pipe_pair p =
        pipe_pair_make(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, FILE_FLAG_OVERLAPPED, client_flags);
    DWORD mode = PIPE_READMODE_MESSAGE;
    if (!SetNamedPipeHandleState(p.client, &mode, NULL, NULL))
        note("SetNamedPipeHandleState: %u", (unsigned)GetLastError());
    return p;
}

static void boundaries(void)
{
    struct pipe_pair p = message_pair(0);
    char buffer[16];
    DWORD done, left, available;
    ok(write_all(p.server, "one", 3) && write_all(p.server, "three", 5), "two messages");
    ok(PeekNamedPipe(p.client, buffer, 16, &done, &available, &left), "peek");
    ok(done == 3 && left == 0 && available == 8, "sees the first only, and all that is there");
    ok(PeekNamedPipe(p.client, buffer, 2, &done, &available, &left) || GetLastError() == ERROR_MORE_DATA,
       "peek at a part");
    is_int(left, 1, "one byte of the message is left");
    ok(ReadFile(p.client, buffer, 16, &done, NULL), "a read");
    is_int(done, 3, "ends at the message's end");
    done = 9;
    fails_with(ReadFile(p.client, buffer, 2, &done, NULL), ERROR_MORE_DATA, "a message longer than the buffer: 234");
    ok(done == 2 && !memcmp(buffer, "th", 2), "with a part of it");
    fails_with(ReadFile(p.client, buffer, 2, &done, NULL), ERROR_MORE_DATA, "and another part");
    ok(ReadFile(p.client, buffer, 16, &done, NULL) && done == 1 && buffer[0] == 'e', "the rest");
    /* Exactly fitting is no warning. */
    ok(write_all(p.server, "fits", 4), "a message");
    ok(ReadFile(p.client, buffer, 4, &done, NULL) && done == 4, "into a buffer of its size");
    /* An empty message is a message. */
    ok(WriteFile(p.client, "", 0, &done, NULL) && write_all(p.client, "x", 1), "an empty message and another");
    ok(ReadFile(p.server, buffer, 16, &done, NULL), "read the empty one");
    is_int(done, 0, "0 bytes with TRUE");
    ok(ReadFile(p.server, buffer, 16, &done, NULL) && done == 1, "then the other");
    pipe_pair_close(&p);
}

/* A client begins in byte-read mode, on a message pipe too. */
static void read_modes(void)
{
    struct pipe_pair p = pipe_pair_make(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, FILE_FLAG_OVERLAPPED, 0);
    char buffer[16];
    DWORD done, state = 99, mode;
    ok(GetNamedPipeHandleStateA(p.client, &state, NULL, NULL, NULL, NULL, 0), "the client's state");
    is_int(state, PIPE_READMODE_BYTE, "is byte reading");
    ok(write_all(p.server, "ab", 2) && write_all(p.server, "cd", 2), "two messages");
    ok(ReadFile(p.client, buffer, 3, &done, NULL) && done >= 2, "are read as bytes");
    if (done == 3)
        ok(ReadFile(p.client, buffer, 3, &done, NULL) && done == 1, "across their boundary");
    else
        ok(ReadFile(p.client, buffer, 3, &done, NULL) && done == 2, "one after the other");
    mode = PIPE_READMODE_MESSAGE;
    ok(SetNamedPipeHandleState(p.client, &mode, NULL, NULL), "SetNamedPipeHandleState");
    GetNamedPipeHandleStateA(p.client, &state, NULL, NULL, NULL, NULL, 0);
    is_int(state, PIPE_READMODE_MESSAGE, "message reading now");
    CloseHandle(p.client);
    CloseHandle(p.server);
    p = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    fails_with(SetNamedPipeHandleState(p.client, &mode, NULL, NULL), ERROR_INVALID_PARAMETER,
               "message reading of a byte pipe is 87");
    pipe_pair_close(&p);
}

static void overlapped(void)
{
    struct pipe_pair p = message_pair(FILE_FLAG_OVERLAPPED);
    OVERLAPPED one, two;
    char first[4], second[4];
    DWORD done;
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    one.hEvent = event_manual();
    two.hEvent = event_manual();
    fails_with(ReadFile(p.client, first, 4, NULL, &one), ERROR_IO_PENDING, "a read pends");
    fails_with(ReadFile(p.client, second, 4, NULL, &two), ERROR_IO_PENDING, "and another");
    ok(write_all(p.server, "abcdef", 6), "a message of six bytes");
    fails_with(GetOverlappedResult(p.client, &one, &done, TRUE), ERROR_MORE_DATA, "the first has a part: 234");
    ok(done == 4 && !memcmp(first, "abcd", 4), "four bytes");
    ok(GetOverlappedResult(p.client, &two, &done, TRUE) && done == 2 && !memcmp(second, "ef", 2),
       "the second has the rest");
    memset(&one, 0, offsetof(OVERLAPPED, hEvent));
    fails_with(ReadFile(p.client, first, 4, NULL, &one), ERROR_IO_PENDING, "a read pends");
    OVERLAPPED empty;
    memset(&empty, 0, sizeof empty);
    BOOL at_once = WriteFile(p.server, "", 0, NULL, &empty);
    ok(at_once || GetLastError() == ERROR_IO_PENDING, "an empty message");
    ok(GetOverlappedResult(p.client, &one, &done, TRUE) && done == 0, "completes it with 0 bytes");
    CloseHandle(one.hEvent);
    CloseHandle(two.hEvent);
    pipe_pair_close(&p);
}

/* TransactNamedPipe and CallNamedPipe. */
static char transact_name[80];

static DWORD WINAPI answers(void *server)
{
    char buffer[32];
    DWORD done;
    OVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    BOOL result = ReadFile(server, buffer, sizeof buffer, &done, &ov);
    if (!result && GetLastError() == ERROR_IO_PENDING)
        result = GetOverlappedResult(server, &ov, &done, TRUE);
    CloseHandle(ov.hEvent);
    if (!result)
        return GetLastError();
    for (DWORD i = 0; i < done; i++)
        buffer[i] -= 32;
    return write_all(server, buffer, done) ? 0 : GetLastError();
}

static DWORD WINAPI connects_and_answers(void *server)
{
    OVERLAPPED ov;
    DWORD done;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    if (!ConnectNamedPipe(server, &ov) && GetLastError() == ERROR_IO_PENDING)
        GetOverlappedResult(server, &ov, &done, TRUE);
    CloseHandle(ov.hEvent);
    return answers(server);
}

static void transactions(void)
{
    struct pipe_pair p = message_pair(0);
    char reply[16];
    DWORD done;
    HANDLE thread = thread_start(answers, p.server);
    ok(TransactNamedPipe(p.client, "question", 8, reply, 16, &done, NULL), "TransactNamedPipe");
    ok(done == 8 && !memcmp(reply, "QUESTION", 8), "writes a message and reads the answer");
    is_int(thread_join(thread), 0, "the server answered");
    thread = thread_start(answers, p.server);
    fails_with(TransactNamedPipe(p.client, "long", 4, reply, 2, &done, NULL), ERROR_MORE_DATA,
               "an answer longer than the buffer: 234");
    thread_join(thread);
    is_int(done, 2, "a part of it");
    pipe_pair_close(&p);
    snprintf(transact_name, sizeof transact_name, "\\\\.\\pipe\\test-call-%u", (unsigned)GetCurrentProcessId());
    HANDLE server = CreateNamedPipeA(transact_name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                     PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 100, 100, 0, NULL);
    thread = thread_start(connects_and_answers, server);
    ok(CallNamedPipeA(transact_name, "call", 4, reply, 16, &done, NMPWAIT_USE_DEFAULT_WAIT), "CallNamedPipe");
    ok(done == 4 && !memcmp(reply, "CALL", 4), "opens, asks, is answered, closes");
    is_int(thread_join(thread), 0, "the server answered");
    CloseHandle(server);
}

int main(void)
{
    tap_begin();
    part(boundaries);
    part(read_modes);
    part(overlapped);
    part(transactions);
    return tap_end();
}
