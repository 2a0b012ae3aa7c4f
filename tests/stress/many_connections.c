/* SPDX-License-Identifier: MIT */
/* Ten thousand connections through one port: all connect (AcceptEx, ConnectEx),
 * each echoes a message several times, every byte checked. Then a peer that never reads, and a flood of
 * connections that are reset, must hold up nobody else. Where one process may not have descriptors enough, two do
 * it (many_connections.sh): many_connections serve | dial PORT [connections]; one process: [both] [connections] */
#include "../tap.h"
#include <mswsock.h>
#ifdef __linux__
#include <sys/resource.h>
#endif

enum { MESSAGE = 64, ROUNDS = 3, SERVERS = 2, CLIENTS = 2, DIALS = 200, ROOM = sizeof(struct sockaddr_in) + 16 };

enum kind { ACCEPTING, SERVER_READ, SERVER_WRITE, CONNECTING, CLIENT_WRITE, CLIENT_READ };

/* One end of a connection: one request in flight at a time. */
struct end {
    OVERLAPPED ov;
    SOCKET socket;
    enum kind kind;
    DWORD have;   /* bytes of the message read or written so far */
    int rounds;   /* client: still to go */
    unsigned id;
    char data[MESSAGE];
    char addresses[2 * ROOM];
};

static HANDLE port;
static SOCKET listener;
static struct sockaddr_in address;
static LPFN_ACCEPTEX accept_ex;
static LPFN_CONNECTEX connect_ex;
static LONG wanted = 10000;
static struct end *clients;
static volatile LONG next_dial, connected, finished, failures, wrong_data, live_servers;
static volatile LONG stopping;
static int serving = 1, dialling = 1;
static HANDLE all_finished;

static void complain(const char *what, DWORD error)
{
    if (InterlockedIncrement(&failures) <= 5)
        note("%s: error %u", what, (unsigned)error);
}

static int started(BOOL result, const char *what)
{
    DWORD error = WSAGetLastError();
    if (result || error == ERROR_IO_PENDING)
        return 1;
    if (!stopping)
        complain(what, error);
    return 0;
}

static void server_end(struct end *e)
{
    closesocket(e->socket);
    free(e);
    InterlockedDecrement(&live_servers);
}

static void transfer(struct end *e, enum kind kind)
{
    WSABUF buffer = {MESSAGE - e->have, e->data + e->have};
    DWORD flags = 0;
    e->kind = kind;
    memset(&e->ov, 0, sizeof e->ov);
    int result = kind == SERVER_READ || kind == CLIENT_READ
                     ? WSARecv(e->socket, &buffer, 1, NULL, &flags, &e->ov, NULL)
                     : WSASend(e->socket, &buffer, 1, NULL, 0, &e->ov, NULL);
    if (result == 0 || WSAGetLastError() == WSA_IO_PENDING)
        return;
    /* An immediate error queues no packet: the server's end of a connection that was reset ends here. */
    if (kind == SERVER_READ || kind == SERVER_WRITE)
        server_end(e);
    else
        complain("client transfer", WSAGetLastError());
}

/* --- server ------------------------------------------------------------------------------------- */

static void server_accept(void)
{
    struct end *e = calloc(1, sizeof *e);
    DWORD bytes;
    e->socket = tcp_socket();
    e->kind = ACCEPTING;
    if (e->socket == INVALID_SOCKET ||
        !started(accept_ex(listener, e->socket, e->addresses, 0, ROOM, ROOM, &bytes, &e->ov), "AcceptEx"))
        free(e);
}

static void server_done(struct end *e, BOOL success, DWORD bytes)
{
    if (e->kind == ACCEPTING) {
        if (!success) { /* a caller that was gone before it was accepted, or the listener closed */
            closesocket(e->socket);
            free(e);
            if (!stopping)
                server_accept();
            return;
        }
        InterlockedIncrement(&live_servers);
        setsockopt(e->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener);
        if (CreateIoCompletionPort((HANDLE)e->socket, port, 1, 0) != port)
            complain("associate accepted", GetLastError());
        server_accept();
        e->have = 0;
        transfer(e, SERVER_READ);
        return;
    }
    if (!success || bytes == 0) { /* reset or closed by the client */
        server_end(e);
        return;
    }
    e->have += bytes;
    if (e->have < MESSAGE) {
        transfer(e, e->kind);
    } else {
        e->have = 0;
        transfer(e, e->kind == SERVER_READ ? SERVER_WRITE : SERVER_READ);
    }
}

/* --- clients ------------------------------------------------------------------------------------ */

static void client_fill(struct end *e)
{
    for (unsigned i = 0; i < MESSAGE; i++)
        e->data[i] = (char)pattern_byte(e->id * 31u + (unsigned)e->rounds * 7u + i);
}

static void client_check(struct end *e)
{
    for (unsigned i = 0; i < MESSAGE; i++)
        if (e->data[i] != (char)pattern_byte(e->id * 31u + (unsigned)e->rounds * 7u + i)) {
            InterlockedIncrement(&wrong_data);
            return;
        }
}

static void client_finished(struct end *e)
{
    (void)e;
    if (InterlockedIncrement(&finished) == wanted)
        SetEvent(all_finished);
}

static void client_dial(void)
{
    LONG i = InterlockedIncrement(&next_dial) - 1;
    if (i >= wanted)
        return;
    struct end *e = &clients[i];
    struct sockaddr_in any;
    memset(&any, 0, sizeof any);
    any.sin_family = AF_INET;
    e->id = (unsigned)i;
    e->kind = CONNECTING;
    e->rounds = ROUNDS;
    e->socket = tcp_socket();
    if (e->socket == INVALID_SOCKET || bind(e->socket, (struct sockaddr *)&any, sizeof any)) {
        complain("socket or bind", WSAGetLastError());
        client_finished(e);
        return;
    }
    if (CreateIoCompletionPort((HANDLE)e->socket, port, 2, 0) != port)
        complain("associate", GetLastError());
    if (!started(connect_ex(e->socket, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, &e->ov), "ConnectEx"))
        client_finished(e);
}

static void client_done(struct end *e, BOOL success, DWORD bytes)
{
    if (!success || (e->kind != CONNECTING && bytes == 0)) {
        complain(e->kind == CONNECTING ? "connecting" : "client transfer", GetLastError());
        client_finished(e);
        return;
    }
    if (e->kind == CONNECTING) {
        InterlockedIncrement(&connected);
        setsockopt(e->socket, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0);
        client_dial();
        client_fill(e);
        e->have = 0;
        transfer(e, CLIENT_WRITE);
        return;
    }
    e->have += bytes;
    if (e->have < MESSAGE) {
        transfer(e, e->kind);
        return;
    }
    e->have = 0;
    if (e->kind == CLIENT_WRITE) {
        memset(e->data, 0, sizeof e->data);
        transfer(e, CLIENT_READ);
        return;
    }
    client_check(e);
    if (--e->rounds > 0) {
        client_fill(e);
        transfer(e, CLIENT_WRITE);
    } else {
        client_finished(e);
    }
}

static DWORD WINAPI serve(void *unused)
{
    (void)unused;
    for (;;) {
        DWORD bytes = 0;
        ULONG_PTR key = 0;
        OVERLAPPED *ov = NULL;
        BOOL success = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
        if (!ov)
            return 0;
        struct end *e = CONTAINING_RECORD(ov, struct end, ov);
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
        if (e->kind <= SERVER_WRITE)
            server_done(e, success, bytes);
        else
            client_done(e, success, bytes);
    }
}

/* --- the parts ---------------------------------------------------------------------------------- */

static HANDLE threads[SERVERS + CLIENTS];

static void everybody_connects(void)
{
    clients = calloc((size_t)wanted, sizeof *clients);
    all_finished = event_manual();
    ULONGLONG start = GetTickCount64();
    for (int i = 0; i < DIALS; i++)
        client_dial();
    DWORD result = WAIT_TIMEOUT;
    for (int i = 0; i < 240 && result == WAIT_TIMEOUT; i++)
        result = WaitForSingleObject(all_finished, 500);
    is_int(result, WAIT_OBJECT_0, "%d connections are made and echo %d messages each", (int)wanted, ROUNDS);
    is_int(connected, wanted, "all of them connected");
    is_int(failures, 0, "with no error");
    is_int(wrong_data, 0, "and every byte right");
    note("%d connections in %u ms", (int)connected, (unsigned)(GetTickCount64() - start));
}

/* All clients echo once more while something bad goes on; all must finish. */
static void everybody_echoes(const char *meanwhile)
{
    finished = failures = 0;
    ResetEvent(all_finished);
    LONG alive = 0;
    for (LONG i = 0; i < wanted; i++)
        alive += clients[i].rounds == 0;
    LONG all = wanted;
    InterlockedExchange(&wanted, alive);
    for (LONG i = 0; i < all; i++)
        if (clients[i].rounds == 0) {
            clients[i].rounds = 1;
            clients[i].have = 0;
            client_fill(&clients[i]);
            transfer(&clients[i], CLIENT_WRITE);
        }
    DWORD result = WAIT_TIMEOUT;
    for (int i = 0; i < 120 && result == WAIT_TIMEOUT; i++)
        result = WaitForSingleObject(all_finished, 500);
    InterlockedExchange(&wanted, all);
    is_int(result, WAIT_OBJECT_0, "%d others echo %s", (int)alive, meanwhile);
    is_int(failures, 0, "without error");
    is_int(wrong_data, 0, "and without a wrong byte");
}

/* A peer that sends and never reads: the server's answer to it pends for good, and harms nobody. */
static void slow_reader(void)
{
    SOCKET slow = tcp_socket();
    char junk[4096];
    u_long on = 1;
    memset(junk, 's', sizeof junk);
    int small = 4096;
    setsockopt(slow, SOL_SOCKET, SO_RCVBUF, (char *)&small, sizeof small);
    is_int(connect(slow, (struct sockaddr *)&address, sizeof address), 0, "the slow reader connects");
    ioctlsocket(slow, FIONBIO, &on);
    int sent = 0, stuck = 0, n;
    /* Until the server, whose answers nobody takes, stops reading. */
    while (stuck < 20) {
        n = send(slow, junk, sizeof junk, 0);
        if (n > 0) {
            sent += n;
            stuck = 0;
        } else {
            stuck++;
            Sleep(10); /* the other side has to get on; nothing tells when it is stuck */
        }
    }
    note("the server took %d bytes of the slow reader", sent);
    everybody_echoes("while one never reads");
    closesocket(slow);
}

static volatile LONG resets_done;

static DWORD WINAPI resetter(void *unused)
{
    (void)unused;
    struct linger hard = {1, 0};
    for (int i = 0; i < 3000; i++) {
        SOCKET s = tcp_socket();
        setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard);
        if (!connect(s, (struct sockaddr *)&address, sizeof address)) {
            if (i % 2)
                send(s, "half a message", 14, 0);
            InterlockedIncrement(&resets_done);
        }
        closesocket(s);
    }
    return 0;
}

static void flood_of_resets(void)
{
    HANDLE flood = thread_start(resetter, NULL);
    everybody_echoes("during a flood of resets");
    is_int(WaitForSingleObject(flood, 60000), WAIT_OBJECT_0, "the flood comes to its end");
    CloseHandle(flood);
    is_int(resets_done, 3000, "3000 connections were made and reset");
    everybody_echoes("after it");
}

static void server_left_alone(void)
{
    ULONGLONG start = GetTickCount64();
    while (tap_read(live_servers) > 0 && GetTickCount64() - start < PATIENCE_MS)
        Sleep(20);
    is_int(tap_read(live_servers), 0, "the server saw everybody leave");
}

static void stop_threads(void)
{
    stopping = 1;
    closesocket(listener);
    for (int i = 0; i < SERVERS + CLIENTS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    for (int i = 0; i < SERVERS + CLIENTS; i++)
        thread_join(threads[i]);
    CloseHandle(port);
}

static void everybody_leaves(void)
{
    struct linger hard = {1, 0}; /* no thousands of TIME_WAITs left behind */
    for (LONG i = 0; i < wanted; i++) {
        setsockopt(clients[i].socket, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard);
        closesocket(clients[i].socket);
    }
    if (serving)
        server_left_alone();
    stop_threads();
    free(clients);
}

/* The server's process: until its input ends. Only its exit status is looked at. */
static void serve_until_told(void)
{
    char line[16];
    DWORD bytes;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    tap_limit_ms = 10 * 60 * 1000;
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), line, sizeof line, &bytes, NULL) && bytes > 0)
        ;
    server_left_alone();
    stop_threads();
}

/* Descriptors for the ends that are here; fewer connections, said aloud, where the system has not enough. */
static void room_for_all(void)
{
#ifdef __linux__
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        rlim_t ends = (rlim_t)(serving + dialling), need = (rlim_t)wanted * ends + 1000;
        struct rlimit raised = {need, limit.rlim_max > need ? limit.rlim_max : need}; /* root may raise both */
        if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
            raised.rlim_cur = raised.rlim_max = limit.rlim_max;
            setrlimit(RLIMIT_NOFILE, &raised);
        }
        limit = raised;
        if (limit.rlim_cur < (rlim_t)wanted * ends + 500) {
            wanted = (LONG)((limit.rlim_cur - 600) / ends);
            skip(1, "RLIMIT_NOFILE is too small for 10,000 connections; as many as there is room for");
        }
    }
#endif
}

int main(int argc, char **argv)
{
    static const GUID accept_id = WSAID_ACCEPTEX, connect_id = WSAID_CONNECTEX;
    GUID id;
    DWORD bytes;
    tap_begin();
    if (argc > 1 && !strcmp(argv[1], "serve"))
        dialling = 0;
    if (argc > 2 && !strcmp(argv[1], "dial"))
        serving = 0;
    if (argc > (serving ? 2 : 3))
        wanted = atoi(argv[serving ? 2 : 3]);
    room_for_all();
    winsock_start();
    listener = tcp_listener(&address); /* the dialling side has one to ask it for functions */
    if (!serving)
        address.sin_port = htons((u_short)atoi(argv[2]));
    id = accept_id;
    WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &accept_ex, sizeof accept_ex, &bytes, NULL, NULL);
    id = connect_id;
    WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &connect_ex, sizeof connect_ex, &bytes, NULL, NULL);
    port = CreateIoCompletionPort((HANDLE)listener, NULL, 0, 0);
    for (int i = 0; i < SERVERS + CLIENTS; i++)
        threads[i] = thread_start(serve, NULL);
    for (int i = 0; serving && i < 256; i++)
        server_accept();
    if (!dialling) {
        serve_until_told();
        return tap_end();
    }
    part(everybody_connects);
    part(slow_reader);
    part(flood_of_resets);
    part(everybody_leaves);
    WSACleanup();
    return tap_end();
}
