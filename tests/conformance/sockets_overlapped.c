/* SPDX-License-Identifier: MIT */
/* WSASend and WSARecv with an event, a completion routine and a port; several buffers; zero-byte receives;
 * sockets as file handles; cancellation. Rules: spec sections 1, 4, 6, 7 and the pages of the functions. */
#include "../tap.h"

static SOCKET a, b;

static void begin(void)
{
    tcp_pair(&a, &b);
}

static void end(void)
{
    closesocket(a);
    closesocket(b);
}

static void with_event(void)
{
    begin();
    char data[16];
    WSABUF buffer = {sizeof data, data};
    WSAOVERLAPPED ov;
    DWORD bytes = 0, flags = 0;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = WSACreateEvent();
    is_int(WSARecv(a, &buffer, 1, NULL, &flags, &ov, NULL), SOCKET_ERROR, "WSARecv with nothing there");
    is_int(WSAGetLastError(), WSA_IO_PENDING, "pends (997)");
    ok(!HasOverlappedIoCompleted(&ov), "Internal says so");
    is_int(WSAWaitForMultipleEvents(1, &ov.hEvent, FALSE, 0, FALSE), WSA_WAIT_TIMEOUT, "the event is reset");
    flags = 77;
    ok(!WSAGetOverlappedResult(a, &ov, &bytes, FALSE, &flags), "WSAGetOverlappedResult without waiting");
    is_int(WSAGetLastError(), WSA_IO_INCOMPLETE, "is 996");
    is_int(send(b, "event", 5, 0), 5, "data comes");
    is_int(WSAWaitForMultipleEvents(1, &ov.hEvent, FALSE, PATIENCE_MS, FALSE), WSA_WAIT_EVENT_0, "the event is set");
    ok(WSAGetOverlappedResult(a, &ov, &bytes, FALSE, &flags), "the result");
    ok(bytes == 5 && flags == 0 && !memcmp(data, "event", 5), "bytes, flags and data");

    /* Data there first. */
    is_int(send(b, "first", 5, 0), 5, "data first");
    memset(&ov, 0, offsetof(WSAOVERLAPPED, hEvent));
    int result = WSARecv(a, &buffer, 1, &bytes, &flags, &ov, NULL);
    ok(result == 0 || WSAGetLastError() == WSA_IO_PENDING, "WSARecv succeeds or pends");
    ok(signalled_soon(ov.hEvent), "the event is set either way");
    ok(WSAGetOverlappedResult(a, &ov, &bytes, TRUE, &flags) && bytes == 5, "and the result is there");

    /* Sending. */
    WSABUF out = {4, "send"};
    result = WSASend(a, &out, 1, NULL, 0, &ov, NULL);
    ok(result == 0 || WSAGetLastError() == WSA_IO_PENDING, "WSASend");
    ok(WSAGetOverlappedResult(a, &ov, &bytes, TRUE, &flags) && bytes == 4, "completes");
    is_int(recv(b, data, 4, MSG_WAITALL), 4, "and arrives");
    WSACloseEvent(ov.hEvent);
    end();
}

static void several_buffers(void)
{
    begin();
    char one[3], two[4], three[10];
    WSABUF in[3] = {{3, one}, {4, two}, {10, three}}, out[3] = {{2, "ab"}, {5, "cdefg"}, {3, "hij"}};
    WSAOVERLAPPED ov;
    DWORD bytes = 0, flags = 0;
    is_int(WSASend(b, out, 3, &bytes, 0, NULL, NULL), 0, "WSASend of three buffers, not overlapped");
    is_int(bytes, 10, "10 bytes");
    char peek[10];
    is_int(recv(a, peek, 10, MSG_PEEK | MSG_WAITALL) > 0, 1, "they come");
    memset(&ov, 0, sizeof ov);
    int result = WSARecv(a, in, 3, NULL, &flags, &ov, NULL);
    ok(result == 0 || WSAGetLastError() == WSA_IO_PENDING, "WSARecv into three buffers");
    ok(WSAGetOverlappedResult(a, &ov, &bytes, TRUE, &flags) && bytes == 10, "has them");
    ok(!memcmp(one, "abc", 3) && !memcmp(two, "defg", 4) && !memcmp(three, "hij", 3), "spread in order");
    end();
}

struct request {
    WSAOVERLAPPED ov;
    DWORD error, bytes, flags;
    LONG calls;
};

static void CALLBACK completed(DWORD error, DWORD bytes, WSAOVERLAPPED *ov, DWORD flags)
{
    struct request *r = CONTAINING_RECORD(ov, struct request, ov);
    r->error = error;
    r->bytes = bytes;
    r->flags = flags;
    r->calls++;
}

static void with_routine(void)
{
    begin();
    char data[16];
    WSABUF buffer = {sizeof data, data};
    struct request r;
    DWORD flags = 0;
    memset(&r, 0, sizeof r);
    r.ov.hEvent = (HANDLE)0x1234560; /* ignored */
    int result = WSARecv(a, &buffer, 1, NULL, &flags, &r.ov, completed);
    ok(result == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING, "WSARecv with a routine");
    is_int(send(b, "apc", 3, 0), 3, "data");
    is_int(r.calls, 0, "no routine before an alertable wait");
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "an alertable wait");
    ok(r.calls == 1 && r.error == 0 && r.bytes == 3, "runs it once, with 3 bytes");
    ok(r.ov.hEvent == (HANDLE)0x1234560, "hEvent untouched");
    WSABUF out = {3, "out"};
    memset(&r, 0, sizeof r);
    result = WSASend(a, &out, 1, NULL, 0, &r.ov, completed);
    ok(result == 0 || WSAGetLastError() == WSA_IO_PENDING, "WSASend with a routine");
    is_int(r.calls, 0, "not inside the call");
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "but in a wait");
    ok(r.calls == 1 && r.bytes == 3, "3 bytes");
    /* The routine's error is a Winsock code. */
    memset(&r, 0, sizeof r);
    WSARecv(a, &buffer, 1, NULL, &flags, &r.ov, completed);
    struct linger hard = {1, 0};
    setsockopt(b, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard);
    closesocket(b);
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "a reset");
    is_int(r.error, WSAECONNRESET, "the routine gets 10054");
    closesocket(a);
}

static HANDLE port;
static DWORD bytes_;
static ULONG_PTR key;
static OVERLAPPED *got;

static BOOL take(DWORD timeout)
{
    bytes_ = 0xabab;
    key = 0;
    got = NULL;
    return GetQueuedCompletionStatus(port, &bytes_, &key, &got, timeout);
}

static void with_port(void)
{
    begin();
    char data[16];
    WSABUF buffer = {sizeof data, data};
    WSAOVERLAPPED ov;
    DWORD flags = 0;
    port = CreateIoCompletionPort((HANDLE)a, NULL, 0x50c, 0);
    ok(port != NULL, "a socket on a port");
    memset(&ov, 0, sizeof ov);
    int result = WSARecv(a, &buffer, 1, NULL, &flags, &ov, NULL);
    ok(result == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING, "WSARecv pends");
    fails_with(take(BLOCKED_MS), WAIT_TIMEOUT, "no packet yet");
    is_int(send(b, "port", 4, 0), 4, "data");
    ok(take(PATIENCE_MS), "its packet");
    ok(got == &ov && bytes_ == 4 && key == 0x50c && !memcmp(data, "port", 4), "bytes, key and data");
    WSABUF out = {2, "ok"};
    result = WSASend(a, &out, 1, NULL, 0, &ov, NULL);
    ok(result == 0 || WSAGetLastError() == WSA_IO_PENDING, "WSASend");
    ok(take(PATIENCE_MS) && got == &ov && bytes_ == 2, "queues a packet, done at once or not");

    /* The peer closes: success with 0 bytes. */
    WSARecv(a, &buffer, 1, NULL, &flags, &ov, NULL);
    shutdown(b, SD_SEND);
    ok(take(PATIENCE_MS) && bytes_ == 0 && got == &ov, "a graceful close is a success of 0 bytes");

    end();
    CloseHandle(port);

    /* Closing the own socket: the packet says so. */
    begin();
    port = CreateIoCompletionPort((HANDLE)a, NULL, 1, 0);
    memset(&ov, 0, sizeof ov);
    WSARecv(a, &buffer, 1, NULL, &flags, &ov, NULL);
    closesocket(a);
    ok(!take(PATIENCE_MS) && got == &ov, "closesocket with a pending receive queues a failed packet");
    closesocket(b);
    CloseHandle(port);

    /* A reset at the other end is a failed packet: ERROR_NETNAME_DELETED (64). */
    begin();
    port = CreateIoCompletionPort((HANDLE)a, NULL, 1, 0);
    memset(&ov, 0, sizeof ov);
    WSARecv(a, &buffer, 1, NULL, &flags, &ov, NULL);
    struct linger hard = {1, 0};
    setsockopt(b, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard);
    closesocket(b);
    fails_with(take(PATIENCE_MS), ERROR_NETNAME_DELETED, "a reset: FALSE and 64");
    ok(got == &ov, "with its OVERLAPPED");
    ok(!WSAGetOverlappedResult(a, &ov, &bytes_, FALSE, &flags), "WSAGetOverlappedResult fails");
    is_int(WSAGetLastError(), WSAECONNRESET, "and translates it to 10054");
    closesocket(a);
    CloseHandle(port);
}

/* A zero-byte receive pends until there is data, and takes none. */
static void zero_byte_receive(void)
{
    begin();
    WSABUF none = {0, NULL};
    WSAOVERLAPPED ov;
    DWORD flags = 0, bytes = 7;
    char data[8];
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    int result = WSARecv(a, &none, 1, NULL, &flags, &ov, NULL);
    ok(result == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING, "0 bytes: pends");
    ok(stays_unsignalled(ov.hEvent), "while nothing comes");
    is_int(send(b, "zero", 4, 0), 4, "data");
    ok(signalled_soon(ov.hEvent), "completes it");
    ok(WSAGetOverlappedResult(a, &ov, &bytes, FALSE, &flags) && bytes == 0, "with 0 bytes");
    is_int(recv(a, data, 8, 0), 4, "the data is still there");
    CloseHandle(ov.hEvent);
    end();
}

/* A SOCKET is a HANDLE: ReadFile, WriteFile, CancelIoEx, GetFileType. */
static void as_file(void)
{
    begin();
    OVERLAPPED ov;
    char data[8];
    DWORD done = 0;
    is_int(GetFileType((HANDLE)a), FILE_TYPE_PIPE, "GetFileType of a socket is 3");
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    fails_with(ReadFile((HANDLE)a, data, 8, NULL, &ov), ERROR_IO_PENDING, "ReadFile pends");
    is_int(send(b, "file", 4, 0), 4, "data");
    ok(GetOverlappedResult((HANDLE)a, &ov, &done, TRUE) && done == 4 && !memcmp(data, "file", 4), "and has it");
    ok(write_all((HANDLE)a, "back", 4), "WriteFile");
    is_int(recv(b, data, 4, MSG_WAITALL), 4, "arrives");
    fails_with(ReadFile((HANDLE)a, data, 8, NULL, &ov), ERROR_IO_PENDING, "ReadFile pends");
    ok(CancelIoEx((HANDLE)a, &ov), "CancelIoEx");
    fails_with(GetOverlappedResult((HANDLE)a, &ov, &done, TRUE), ERROR_OPERATION_ABORTED, "995");
    fails_with(CancelIoEx((HANDLE)a, NULL), ERROR_NOT_FOUND, "nothing left: 1168");
    fails_with(ReadFile((HANDLE)a, data, 8, NULL, &ov), ERROR_IO_PENDING, "ReadFile pends");
    shutdown(b, SD_SEND);
    BOOL ended = GetOverlappedResult((HANDLE)a, &ov, &done, TRUE);
    ok((ended && done == 0) || (!ended && GetLastError() == ERROR_HANDLE_EOF), "the peer's close ends it, 0 bytes");
    CloseHandle(ov.hEvent);
    ok(CloseHandle((HANDLE)a), "CloseHandle closes a socket");
    closesocket(b);
}

/* Reads are served in the order in which they were issued. */
static void order(void)
{
    begin();
    enum { N = 20 };
    static char data[N][5];
    static WSAOVERLAPPED ovs[N];
    DWORD flags = 0, bytes;
    int right = 1;
    for (int i = 0; i < N; i++) {
        WSABUF buffer = {4, data[i]};
        ovs[i].hEvent = event_manual();
        WSARecv(a, &buffer, 1, NULL, &flags, &ovs[i], NULL);
    }
    for (int i = 0; i < N; i++) {
        char out[5];
        snprintf(out, sizeof out, "%04d", i);
        send(b, out, 4, 0);
        right &= signalled_soon(ovs[i].hEvent);
    }
    ok(right, "20 receives in flight complete in turn");
    for (int i = 0; i < N; i++) {
        right &= WSAGetOverlappedResult(a, &ovs[i], &bytes, FALSE, &flags) && bytes == 4 && atoi(data[i]) == i;
        CloseHandle(ovs[i].hEvent);
    }
    ok(right, "with the data in order");
    end();
}

/* A send larger than every buffer completes when the peer has read; all of it, in order. */
static DWORD WINAPI drain(void *s)
{
    static unsigned char chunk[65536];
    DWORD total = 0;
    int n;
    while ((n = recv((SOCKET)s, (char *)chunk, sizeof chunk, 0)) > 0)
        for (int i = 0; i < n; i++)
            if (chunk[i] != pattern_byte(total++))
                return 0;
    return total;
}

static void large_send(void)
{
    begin();
    enum { LARGE = 8 << 20 };
    unsigned char *data = malloc(LARGE);
    for (unsigned i = 0; i < LARGE; i++)
        data[i] = pattern_byte(i);
    WSABUF buffer = {LARGE, (char *)data};
    WSAOVERLAPPED ov;
    DWORD bytes = 0, flags = 0;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    int result = WSASend(a, &buffer, 1, NULL, 0, &ov, NULL);
    ok(result == 0 || WSAGetLastError() == WSA_IO_PENDING, "WSASend of 8 MiB");
    HANDLE thread = thread_start(drain, (void *)b);
    ok(WSAGetOverlappedResult(a, &ov, &bytes, TRUE, &flags), "completes when the peer reads");
    is_int(bytes, LARGE, "all of it");
    shutdown(a, SD_SEND);
    is_int(thread_join(thread), LARGE, "every byte in its place");
    CloseHandle(ov.hEvent);
    free(data);
    end();
}

int main(void)
{
    tap_begin();
    winsock_start();
    part(with_event);
    part(several_buffers);
    part(with_routine);
    part(with_port);
    part(zero_byte_receive);
    part(as_file);
    part(order);
    part(large_send);
    WSACleanup();
    return tap_end();
}
