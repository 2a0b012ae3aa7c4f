/* SPDX-License-Identifier: MIT */
/* Byte-mode named pipes: creation, instances, connect states, reading and writing, peek, wait, flush,
 * disconnect. Rules: spec sections 1, 4 and 9 and the pages of the functions. */
#include "../tap.h"

static char name[80];

static HANDLE server_end(DWORD open, DWORD mode, DWORD max)
{
    return CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | open, mode, max, 4096, 4096, 0, NULL);
}

static HANDLE client_end(DWORD flags)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
}

static void new_name(void)
{
    static int n;
    snprintf(name, sizeof name, "\\\\.\\pipe\\test-byte-%u-%d", (unsigned)GetCurrentProcessId(), n++);
}

static void creation(void)
{
    new_name();
    no_handle(CreateNamedPipeA("no-pipe-name", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), ERROR_INVALID_NAME,
              "a name outside \\\\.\\pipe is 123");
    no_handle(server_end(0, 0, 0), ERROR_INVALID_PARAMETER, "0 instances are 87");
    no_handle(server_end(0, 0, 256), ERROR_INVALID_PARAMETER, "more than 255 are 87");
    no_handle(server_end(0, PIPE_READMODE_MESSAGE, 1), ERROR_INVALID_PARAMETER,
              "message reading of a byte pipe is 87");
    no_handle(client_end(0), ERROR_FILE_NOT_FOUND, "a client without server is 2");
    HANDLE one = server_end(FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 2);
    ok(one != INVALID_HANDLE_VALUE, "the first instance");
    no_handle(server_end(FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 2), ERROR_ACCESS_DENIED,
              "FIRST_PIPE_INSTANCE a second time is 5");
    HANDLE two = server_end(0, 0, 2);
    ok(two != INVALID_HANDLE_VALUE, "a second instance");
    no_handle(server_end(0, 0, 2), ERROR_PIPE_BUSY, "a third of two is 231");
    is_int(GetFileType(one), FILE_TYPE_PIPE, "GetFileType is 3");
    DWORD flags = 99, out = 0, in = 0, most = 0;
    ok(GetNamedPipeInfo(one, &flags, &out, &in, &most), "GetNamedPipeInfo");
    is_int(flags, PIPE_SERVER_END, "server end of a byte pipe");
    is_int(most, 2, "two instances at most");
    DWORD state = 99, instances = 99;
    ok(GetNamedPipeHandleStateA(one, &state, &instances, NULL, NULL, NULL, 0), "GetNamedPipeHandleState");
    is_int(instances, 2, "two instances now");
    is_int(state, PIPE_READMODE_BYTE, "byte reading, blocking");
    /* Each client takes an instance; then all are busy. */
    HANDLE c1 = client_end(0), c2 = client_end(0);
    ok(c1 != INVALID_HANDLE_VALUE && c2 != INVALID_HANDLE_VALUE, "a client for each");
    no_handle(client_end(0), ERROR_PIPE_BUSY, "a third client is 231");
    fails_with(WaitNamedPipeA(name, 30), ERROR_SEM_TIMEOUT, "WaitNamedPipe times out: 121");
    fails_with(WaitNamedPipeA("\\\\.\\pipe\\test-nobody", 30), ERROR_FILE_NOT_FOUND, "no such pipe: 2");
    CloseHandle(c1);
    CloseHandle(c2);
    CloseHandle(one);
    CloseHandle(two);
    /* Names are case-insensitive. */
    new_name();
    one = server_end(0, 0, 1);
    for (char *c = name + 9; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c -= 32;
    c1 = client_end(0);
    ok(c1 != INVALID_HANDLE_VALUE, "the name in capitals is the same pipe");
    CloseHandle(c1);
    CloseHandle(one);
}

/* What ConnectNamedPipe says in each state (spec section 9). */
static void connect_states(void)
{
    new_name();
    HANDLE server = server_end(FILE_FLAG_OVERLAPPED, 0, 1);
    OVERLAPPED ov;
    DWORD done;
    char byte;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    /* No client: reads and writes are 536. */
    fails_with(ReadFile(server, &byte, 1, NULL, &ov), ERROR_PIPE_LISTENING, "reading without client is 536");
    fails_with(ConnectNamedPipe(server, &ov), ERROR_IO_PENDING, "connect pends");
    ok(stays_unsignalled(ov.hEvent), "while nobody calls");
    HANDLE client = client_end(0);
    ok(signalled_soon(ov.hEvent), "a client completes it");
    ok(GetOverlappedResult(server, &ov, &done, FALSE), "with success");
    fails_with(ConnectNamedPipe(server, &ov), ERROR_PIPE_CONNECTED, "again while connected: 535");
    CloseHandle(client);
    fails_with(ConnectNamedPipe(server, &ov), ERROR_NO_DATA, "the client has closed, not disconnected: 232");
    no_handle(client_end(0), ERROR_PIPE_BUSY, "nobody can connect before the disconnect");
    ok(DisconnectNamedPipe(server), "disconnect");
    fails_with(ReadFile(server, &byte, 1, NULL, &ov), ERROR_PIPE_NOT_CONNECTED, "reading then is 233");
    fails_with(WriteFile(server, &byte, 1, NULL, &ov), ERROR_PIPE_NOT_CONNECTED, "writing too");
    fails_with(ConnectNamedPipe(server, &ov), ERROR_IO_PENDING, "connect pends again");
    client = client_end(0);
    ok(GetOverlappedResult(server, &ov, &done, TRUE), "and is completed by the next client");
    CloseHandle(client);
    CloseHandle(server);
    /* A client that came before ConnectNamedPipe: a good connection. */
    new_name();
    server = server_end(FILE_FLAG_OVERLAPPED, 0, 1);
    client = client_end(0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 1, 0);
    memset(&ov, 0, sizeof ov);
    fails_with(ConnectNamedPipe(server, &ov), ERROR_PIPE_CONNECTED, "the client was first: FALSE 535");
    ULONG_PTR key;
    OVERLAPPED *got = NULL;
    ok(!GetQueuedCompletionStatus(port, &done, &key, &got, BLOCKED_MS) && !got, "and no packet is queued");
    fails_with(ConnectNamedPipe(client, &ov), ERROR_INVALID_FUNCTION, "the client end cannot: 1");
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(port);
    /* Synchronous, with a client: TRUE or 535 at once. */
    new_name();
    server = server_end(0, 0, 1);
    client = client_end(0);
    fails_with(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED, "synchronous: 535");
    CloseHandle(client);
    CloseHandle(server);
    /* PIPE_NOWAIT. */
    new_name();
    server = server_end(0, PIPE_NOWAIT, 1);
    fails_with(ConnectNamedPipe(server, NULL), ERROR_PIPE_LISTENING, "non-blocking: 536 while listening");
    client = client_end(0);
    fails_with(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED, "535 with a client");
    fails_with(ReadFile(server, &byte, 1, &done, NULL), ERROR_NO_DATA, "a read of nothing is 232");
    CloseHandle(client);
    CloseHandle(server);
}

static void data(void)
{
    struct pipe_pair p = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    char buffer[64];
    DWORD done, left, available;
    ok(write_all(p.server, "abc", 3) && write_all(p.server, "defg", 4), "two writes");
    ok(PeekNamedPipe(p.client, buffer, 5, &done, &available, &left), "PeekNamedPipe");
    ok(done == 5 && available == 7 && !memcmp(buffer, "abcde", 5), "sees both and takes nothing");
    is_int(left, 0, "a byte pipe has no messages");
    ok(ReadFile(p.client, buffer, 5, &done, NULL) && done == 5 && !memcmp(buffer, "abcde", 5),
       "a read runs across the writes");
    ok(ReadFile(p.client, buffer, 64, &done, NULL) && done == 2 && !memcmp(buffer, "fg", 2), "and gives what there is");
    ok(PeekNamedPipe(p.client, NULL, 0, NULL, &available, NULL) && available == 0, "empty");
    ok(WriteFile(p.client, "up", 2, &done, NULL) && done == 2, "the client writes");
    memset(buffer, 0, sizeof buffer);
    ok(ReadFile(p.server, buffer, 64, &done, NULL) && done == 2 && !memcmp(buffer, "up", 2), "the server reads");
    ok(write_all(p.server, "rest", 4), "the server writes");
    CloseHandle(p.server);
    ok(ReadFile(p.client, buffer, 64, &done, NULL) && done == 4, "data survives the writer's close");
    fails_with(ReadFile(p.client, buffer, 64, &done, NULL), ERROR_BROKEN_PIPE, "then reading is 109");
    is_int(done, 0, "0 bytes");
    SetLastError(0xdead);
    BOOL written = WriteFile(p.client, "x", 1, &done, NULL);
    DWORD error = GetLastError();
    ok(!written && (error == ERROR_NO_DATA || error == ERROR_BROKEN_PIPE), "writing to a closed pipe is 232 (%u)",
       (unsigned)error);
    fails_with(PeekNamedPipe(p.client, NULL, 0, NULL, &available, NULL), ERROR_BROKEN_PIPE, "peeking is 109");
    CloseHandle(p.client);
}

static void pending_reads(void)
{
    struct pipe_pair p = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, FILE_FLAG_OVERLAPPED);
    enum { N = 6 };
    OVERLAPPED ovs[N];
    char bytes[N][3];
    DWORD done;
    int right = 1;
    memset(ovs, 0, sizeof ovs);
    for (int i = 0; i < N; i++) {
        ovs[i].hEvent = event_manual();
        right &= !ReadFile(p.server, bytes[i], 2, NULL, &ovs[i]) && GetLastError() == ERROR_IO_PENDING;
    }
    ok(right, "six reads pend");
    ok(write_all(p.client, "001122334", 9), "one write of nine bytes");
    for (int i = 0; i < 4; i++)
        right &= GetOverlappedResult(p.server, &ovs[i], &done, TRUE) && done == 2 && bytes[i][0] == '0' + i &&
                 bytes[i][1] == '0' + i;
    ok(right, "fills four, in order");
    ok(GetOverlappedResult(p.server, &ovs[4], &done, TRUE) && done == 1 && bytes[4][0] == '4',
       "and gives its last byte to the fifth");
    ok(!HasOverlappedIoCompleted(&ovs[5]), "the sixth pends");
    /* A zero-byte read pends until data comes. */
    OVERLAPPED zero;
    memset(&zero, 0, sizeof zero);
    CancelIoEx(p.server, &ovs[5]);
    GetOverlappedResult(p.server, &ovs[5], &done, TRUE);
    zero.hEvent = event_manual();
    fails_with(ReadFile(p.server, bytes[0], 0, NULL, &zero), ERROR_IO_PENDING, "a read of 0 bytes pends");
    ok(stays_unsignalled(zero.hEvent), "while nothing comes");
    ok(write_all(p.client, "z", 1), "data");
    ok(GetOverlappedResult(p.server, &zero, &done, TRUE) && done == 0, "completes it with 0 bytes");
    ok(PeekNamedPipe(p.server, NULL, 0, NULL, &done, NULL) && done == 1, "and stays");
    ok(ReadFile(p.server, bytes[0], 2, &done, NULL) && done == 1, "take it");
    memset(&zero, 0, offsetof(OVERLAPPED, hEvent));
    fails_with(ReadFile(p.server, bytes[0], 2, NULL, &zero), ERROR_IO_PENDING, "a read pends");
    CloseHandle(p.client);
    fails_with(GetOverlappedResult(p.server, &zero, &done, TRUE), ERROR_BROKEN_PIPE, "the client's close ends it: 109");
    for (int i = 0; i < N; i++)
        CloseHandle(ovs[i].hEvent);
    CloseHandle(zero.hEvent);
    CloseHandle(p.server);
}

/* A write with no room pends until the reader makes room, and is one transfer. */
static void full_pipe(void)
{
    new_name();
    HANDLE server = server_end(FILE_FLAG_OVERLAPPED, 0, 1), client = client_end(0);
    enum { BIG = 300000 };
    char *out = malloc(BIG), *in = malloc(BIG);
    OVERLAPPED ov;
    DWORD done, total = 0;
    for (unsigned i = 0; i < BIG; i++)
        out[i] = (char)pattern_byte(i);
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    fails_with(WriteFile(server, out, BIG, NULL, &ov), ERROR_IO_PENDING, "a write beyond the buffer pends");
    while (total < BIG && ReadFile(client, in + total, BIG - total, &done, NULL) && done)
        total += done;
    is_int(total, BIG, "the reader gets it all");
    ok(!memcmp(in, out, BIG), "in order");
    ok(GetOverlappedResult(server, &ov, &done, TRUE) && done == BIG, "then the write is complete");
    free(in);
    free(out);
    CloseHandle(ov.hEvent);
    CloseHandle(client);
    CloseHandle(server);
}

/* FlushFileBuffers at the server end waits until the client has read everything. */
static DWORD WINAPI flush(void *server)
{
    return FlushFileBuffers(server) ? 0 : GetLastError();
}

static void flushing(void)
{
    struct pipe_pair p = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    char buffer[8];
    DWORD done;
    ok(FlushFileBuffers(p.server), "flushing an empty pipe returns");
    ok(write_all(p.server, "flush me", 8), "write");
    HANDLE thread = thread_start(flush, p.server);
    ok(stays_unsignalled(thread), "flush waits");
    ok(ReadFile(p.client, buffer, 4, &done, NULL), "half is read");
    ok(stays_unsignalled(thread), "it waits on");
    ok(ReadFile(p.client, buffer, 4, &done, NULL), "all is read");
    is_int(thread_join(thread), 0, "it returns");
    pipe_pair_close(&p);
}

/* DisconnectNamedPipe throws away what was not read; the client gets 233. */
static void disconnecting(void)
{
    struct pipe_pair p = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    char byte;
    DWORD done;
    ok(write_all(p.server, "lost", 4), "write");
    ok(DisconnectNamedPipe(p.server), "disconnect");
    fails_with(ReadFile(p.client, &byte, 1, &done, NULL), ERROR_PIPE_NOT_CONNECTED, "the client's read is 233");
    fails_with(WriteFile(p.client, "x", 1, &done, NULL), ERROR_PIPE_NOT_CONNECTED, "its write too");
    CloseHandle(p.client);
    CloseHandle(p.server);
}

/* WaitNamedPipe lets a client wait for an instance. */
static DWORD WINAPI waits_for_instance(void *unused)
{
    (void)unused;
    return WaitNamedPipeA(name, PATIENCE_MS) ? 0 : GetLastError();
}

static void waiting(void)
{
    new_name();
    HANDLE server = server_end(FILE_FLAG_OVERLAPPED, 0, 2), client = client_end(0);
    HANDLE thread = thread_start(waits_for_instance, NULL);
    ok(stays_unsignalled(thread), "WaitNamedPipe waits while all instances are busy");
    HANDLE second = server_end(FILE_FLAG_OVERLAPPED, 0, 2);
    OVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    ConnectNamedPipe(second, &ov);
    is_int(thread_join(thread), 0, "a new instance lets it go");
    ok(WaitNamedPipeA(name, NMPWAIT_USE_DEFAULT_WAIT), "and so does one that is free already");
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(second);
}

/* One-way pipes, and access that the direction forbids. */
static void directions(void)
{
    new_name();
    HANDLE server = CreateNamedPipeA(name, PIPE_ACCESS_INBOUND, 0, 1, 100, 100, 0, NULL);
    ok(server != INVALID_HANDLE_VALUE, "an inbound pipe");
    no_handle(CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), ERROR_ACCESS_DENIED,
              "the client cannot read from it: 5");
    HANDLE client = CreateFileA(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    ok(client != INVALID_HANDLE_VALUE, "but write");
    DWORD done;
    char byte = 0;
    ok(WriteFile(client, "i", 1, &done, NULL), "write");
    ok(ReadFile(server, &byte, 1, &done, NULL) && byte == 'i', "read");
    fails_with(WriteFile(server, "o", 1, &done, NULL), ERROR_ACCESS_DENIED, "the server cannot write: 5");
    CloseHandle(client);
    CloseHandle(server);
}

int main(void)
{
    tap_begin();
    part(creation);
    part(connect_states);
    part(data);
    part(pending_reads);
    part(full_pipe);
    part(flushing);
    part(disconnecting);
    part(waiting);
    part(directions);
    return tap_end();
}
