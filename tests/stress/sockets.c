/* SPDX-License-Identifier: MIT */
/* Random lives of connections on one port: accepted by AcceptEx and made by ConnectEx, with receives and
 * sends of random sizes in flight, cancelled and closed at random moments from another thread. Every request
 * that pended ends in exactly one packet, every one that was refused in none, and what was received, read in
 * the order of the requests, is what was sent.
 *   usage: sockets [rounds [seed]] */
#include "../tap.h"
#include <mswsock.h>
#include <stdint.h>

enum { THREADS = 4, WORKERS = 3, TRANSFERS = 12, PIECE = 3000, ROOM = sizeof(struct sockaddr_in) + 16 };

struct request {
    OVERLAPPED ov; /* first: a packet names it */
    volatile LONG packets;
    LONG wanted;   /* packets it must get */
    DWORD bytes, error;
    DWORD length;
    char data[PIECE];
};

static HANDLE port;
static LPFN_CONNECTEX connect_ex;
static volatile LONG wrong, lives, cancelled, moved;
static LONG rounds = 300;
static uint32_t seed = 1;

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static void complain(const char *text, long value)
{
    if (InterlockedIncrement(&wrong) < 10)
        note("%s: %ld", text, value);
}

static DWORD WINAPI worker(void *unused)
{
    (void)unused;
    for (;;) {
        DWORD bytes = 0;
        ULONG_PTR key;
        OVERLAPPED *ov = NULL;
        BOOL good = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
        if (!ov)
            return 0;
        struct request *request = (struct request *)ov;
        request->error = good ? 0 : GetLastError();
        request->bytes = bytes;
        InterlockedIncrement(&request->packets);
        WakeByAddressAll((void *)&request->packets);
    }
}

/* The call's answer decides how many packets there must be: one, but for what was refused. */
static int issued(struct request *request, int good)
{
    request->wanted = good || WSAGetLastError() == WSA_IO_PENDING;
    return request->wanted;
}

static void finish(struct request *request)
{
    for (LONG seen; (seen = tap_read(request->packets)) < request->wanted;)
        WaitOnAddress(&request->packets, &seen, sizeof seen, INFINITE);
}

static void on_port(SOCKET s)
{
    if (CreateIoCompletionPort((HANDLE)s, port, 1, 0) != port)
        complain("CreateIoCompletionPort", (long)GetLastError());
}

struct life {
    SOCKET listener, near_end, far_end;
    struct sockaddr_in address;
    struct request accept, connect, in[TRANSFERS], out[TRANSFERS];
    uint32_t state, meddler_state;
    LONG meddle;
};

static void issue_receive(struct life *life, struct request *request)
{
    WSABUF buffer = {1 + draw(&life->state, PIECE), request->data};
    DWORD flags = 0;
    issued(request, WSARecv(life->far_end, &buffer, 1, NULL, &flags, &request->ov, NULL) == 0);
}

static void issue_send(struct life *life, struct request *request, DWORD *sent)
{
    request->length = 1 + draw(&life->state, PIECE);
    for (DWORD i = 0; i < request->length; i++)
        request->data[i] = (char)pattern_byte(*sent + i);
    WSABUF buffers[2] = {{request->length / 2, request->data},
                         {request->length - request->length / 2, request->data + request->length / 2}};
    if (issued(request, WSASend(life->near_end, buffers, 2, NULL, 0, &request->ov, NULL) == 0))
        *sent += request->length;
}

/* A second thread that cancels and ends things while they go on. */
static DWORD WINAPI meddler(void *context)
{
    struct life *life = context;
    uint32_t state = life->meddler_state;
    for (uint32_t i = draw(&state, 2000); i > 0; i--)
        YieldProcessor();
    switch (life->meddle) {
    case 1:
        CancelIoEx((HANDLE)life->far_end, NULL);
        break;
    case 2:
        CancelIoEx((HANDLE)life->far_end, &life->in[draw(&state, TRANSFERS)].ov);
        break;
    case 3:
        CancelIoEx((HANDLE)life->listener, NULL);
        break;
    case 4:
        CancelIoEx((HANDLE)life->near_end, &life->connect.ov);
        break;
    case 5:
        shutdown(life->near_end, SD_SEND);
        break;
    }
    return 0;
}

static int life_connect(struct life *life)
{
    struct sockaddr_in any;
    DWORD first = draw(&life->state, 4) == 0 ? 100 : 0; /* AcceptEx waits for the first data too */
    memset(&any, 0, sizeof any);
    any.sin_family = AF_INET;
    life->near_end = tcp_socket();
    life->far_end = tcp_socket();
    bind(life->near_end, (struct sockaddr *)&any, sizeof any);
    on_port(life->near_end);
    issued(&life->accept, AcceptEx(life->listener, life->far_end, life->accept.data, first, ROOM, ROOM, NULL,
                                   &life->accept.ov));
    for (DWORD i = 0; i < first; i++)
        life->connect.data[i] = (char)pattern_byte(i);
    issued(&life->connect, connect_ex(life->near_end, (struct sockaddr *)&life->address, sizeof life->address,
                                      first ? life->connect.data : NULL, first, NULL, &life->connect.ov));
    return (int)first;
}

/* Both requests of the connection have ended; a cancelled one leaves the other to be ended too. */
static int life_connected(struct life *life)
{
    finish(&life->connect);
    if (!life->connect.wanted || life->connect.error)
        CancelIoEx((HANDLE)life->listener, &life->accept.ov);
    finish(&life->accept);
    if (!life->accept.wanted || life->accept.error || !life->connect.wanted || life->connect.error) {
        InterlockedIncrement(&cancelled);
        return 0;
    }
    on_port(life->far_end);
    return 1;
}

static void life_check(struct life *life, DWORD at)
{
    for (int i = 0; i < TRANSFERS; i++) {
        struct request *request = &life->in[i];
        if (!request->wanted)
            continue;
        if (request->error && request->bytes)
            complain("bytes of a failed receive", (long)request->error);
        for (DWORD k = 0; k < request->bytes; k++)
            if (request->data[k] != (char)pattern_byte(at + k)) {
                complain("wrong byte at", (long)(at + k));
                return;
            }
        at += request->bytes;
        InterlockedExchangeAdd(&moved, (LONG)request->bytes);
    }
}

static void live(struct life *life)
{
    DWORD first = (DWORD)life_connect(life), sent = first;
    HANDLE thread = life->meddle ? thread_start(meddler, life) : NULL;
    if (life->meddle != 3 && life->meddle != 4 ? life_connected(life) : 0) {
        if (first ? life->accept.bytes == 0 : life->accept.bytes != 0)
            complain("first data", (long)life->accept.bytes);
        for (int i = 0; i < TRANSFERS; i++) {
            issue_receive(life, &life->in[i]);
            issue_send(life, &life->out[i], &sent);
        }
    }
    if (thread)
        thread_join(thread);
    if (life->meddle == 3 || life->meddle == 4)
        life_connected(life);
    int early = draw(&life->state, 2);
    closesocket(life->near_end);
    if (early)
        closesocket(life->far_end);
    for (int i = 0; i < TRANSFERS; i++) {
        finish(&life->out[i]);
        finish(&life->in[i]);
    }
    life_check(life, life->accept.bytes);
    if (!early)
        closesocket(life->far_end);
}

static void check_packets(struct request *request)
{
    if (tap_read(request->packets) != request->wanted)
        complain("packets of one request", tap_read(request->packets));
}

static DWORD WINAPI lives_run(void *context)
{
    uint32_t state = seed + (uint32_t)(uintptr_t)context * 7919;
    for (LONG i = 0; i < rounds; i++) {
        struct life *life = calloc(1, sizeof *life);
        life->listener = tcp_listener(&life->address);
        on_port(life->listener);
        life->state = draw(&state, 0x7fffff);
        life->meddle = (LONG)draw(&state, 8);
        life->meddler_state = draw(&state, 0x7fffff);
        live(life);
        closesocket(life->listener);
        check_packets(&life->accept);
        check_packets(&life->connect);
        for (int k = 0; k < TRANSFERS; k++) {
            check_packets(&life->in[k]);
            check_packets(&life->out[k]);
        }
        free(life);
        InterlockedIncrement(&lives);
    }
    return 0;
}

static void random_lives(void)
{
    HANDLE threads[THREADS], workers[WORKERS];
    GUID id = WSAID_CONNECTEX;
    DWORD bytes;
    SOCKET s = tcp_socket();
    is_int(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &connect_ex, sizeof connect_ex,
                    &bytes, NULL, NULL),
           0, "ConnectEx");
    closesocket(s);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    for (int i = 0; i < WORKERS; i++)
        workers[i] = thread_start(worker, NULL);
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start(lives_run, (void *)(uintptr_t)i);
    for (LONG seen = -1, now; (now = tap_read(lives)) < THREADS * rounds; Sleep(20)) {
        if (now != seen)
            InterlockedExchange(&tap_started_tick, (LONG)GetTickCount()); /* the limit is for what hangs */
        seen = now;
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    for (int i = 0; i < WORKERS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    for (int i = 0; i < WORKERS; i++)
        thread_join(workers[i]);
    CloseHandle(port);
    is_int(lives, THREADS * rounds, "connections lived");
    is_int(wrong, 0, "nothing lost, nothing twice, every byte in its place");
    note("%ld connections were cancelled, %ld bytes received, seed %u", (long)cancelled, (long)moved, seed);
}

/* Several threads send frames on one connection, blocking and overlapped, larger than any buffer: the bytes of a
 * send stay together. */
enum { SENDERS = 4, FRAMES = 60, FRAME_MAX = 200000 };

struct frame {
    uint32_t sender, serial, length;
};

static SOCKET shared;

static DWORD WINAPI sender(void *number)
{
    uint32_t state = seed + (uint32_t)(uintptr_t)number * 104729;
    char *data = malloc(FRAME_MAX);
    WSAOVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    for (uint32_t serial = 0; serial < FRAMES; serial++) {
        struct frame frame = {(uint32_t)(uintptr_t)number, serial, 0};
        DWORD bytes = 0, flags;
        frame.length = (uint32_t)sizeof frame + draw(&state, serial % 4 == 0 ? 100 : FRAME_MAX - 100);
        for (uint32_t i = 0; i < frame.length; i++)
            data[i] = (char)pattern_byte(frame.sender * 31 + serial + i);
        memcpy(data, &frame, sizeof frame);
        WSABUF buffers[2] = {{frame.length / 3, data}, {frame.length - frame.length / 3, data + frame.length / 3}};
        if (serial % 3 == 0)
            bytes = (DWORD)send(shared, data, (int)frame.length, 0);
        else if (WSASend(shared, buffers, 2, &bytes, 0, &ov, NULL) != 0 && WSAGetLastError() != WSA_IO_PENDING)
            complain("WSASend", WSAGetLastError());
        else if (!WSAGetOverlappedResult(shared, &ov, &bytes, TRUE, &flags))
            complain("send's result", WSAGetLastError());
        if (bytes != frame.length)
            complain("bytes sent", (long)bytes);
    }
    CloseHandle(ov.hEvent);
    free(data);
    return 0;
}

static int frame_receive(SOCKET s, char *data)
{
    struct frame frame;
    if (recv(s, (char *)&frame, sizeof frame, MSG_WAITALL) != sizeof frame || frame.sender >= SENDERS ||
        frame.serial >= FRAMES || frame.length < sizeof frame || frame.length > FRAME_MAX)
        return 0;
    int rest = (int)(frame.length - sizeof frame);
    if (rest > 0 && recv(s, data, rest, MSG_WAITALL) != rest)
        return 0;
    for (int i = 0; i < rest; i++)
        if (data[i] != (char)pattern_byte((unsigned)(frame.sender * 31 + frame.serial + sizeof frame + (unsigned)i)))
            return 0;
    return 1;
}

static void frames(void)
{
    SOCKET other;
    HANDLE threads[SENDERS];
    char *data = malloc(FRAME_MAX);
    int whole = 0;
    tcp_pair(&shared, &other);
    for (int i = 0; i < SENDERS; i++)
        threads[i] = thread_start(sender, (void *)(uintptr_t)i);
    while (whole < SENDERS * FRAMES && frame_receive(other, data)) {
        whole++;
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
    }
    is_int(whole, SENDERS * FRAMES, "every frame in one piece");
    if (whole < SENDERS * FRAMES)
        closesocket(other); /* lets the senders go */
    for (int i = 0; i < SENDERS; i++)
        thread_join(threads[i]);
    closesocket(shared);
    closesocket(other);
    is_int(wrong, 0, "every send whole");
    free(data);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = atol(argv[1]);
    if (argc > 2)
        seed = (uint32_t)atol(argv[2]);
    tap_begin();
    winsock_start();
    part(random_lives);
    part(frames);
    WSACleanup();
    return tap_end();
}
