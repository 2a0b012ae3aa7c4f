/* SPDX-License-Identifier: MIT */
/* An echo server: one completion port for the listener and all connections, a few threads that take
 * from it. AcceptEx keeps a number of accepts in flight, so nobody ever blocks in accept(); each
 * connection has one request in flight: it reads, writes back what it read, and reads again.
 *
 *   echo_server [--port N] [--threads N] [--limit N] [--seconds N]
 * Port 7777; as many threads as processors; limit: how many of them run at once (0: as many as
 * processors). It runs until its standard input ends, or for so many seconds. */
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCEPTS = 64, BUFFER = 16384, ROOM = sizeof(struct sockaddr_in) + 16 };
enum state { ACCEPTING, READING, WRITING };

struct connection {
    OVERLAPPED overlapped;
    SOCKET socket;
    enum state state;
    DWORD have, sent; /* bytes in the buffer, and how many of them went back */
    char data[BUFFER];
    char addresses[2 * ROOM];
};

static HANDLE port;
static SOCKET listener;
static LPFN_ACCEPTEX accept_ex;
static volatile LONG stopping, connections, most_connections;
static volatile LONG64 echoes;

static int started(int result)
{
    return result == 0 || WSAGetLastError() == WSA_IO_PENDING;
}

static void connection_accept(void)
{
    struct connection *c = calloc(1, sizeof *c);
    DWORD bytes;
    if (c == NULL)
        return;
    c->socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    c->state = ACCEPTING;
    if (c->socket == INVALID_SOCKET || !started(!accept_ex(listener, c->socket, c->addresses, 0,
                                                           ROOM, ROOM, &bytes, &c->overlapped))) {
        if (!stopping)
            printf("AcceptEx: error %d\n", WSAGetLastError());
        if (c->socket != INVALID_SOCKET)
            closesocket(c->socket);
        free(c);
    }
}

static void connection_end(struct connection *c)
{
    closesocket(c->socket);
    free(c);
    InterlockedDecrement(&connections);
}

static void connection_read(struct connection *c)
{
    WSABUF buffer = {BUFFER, c->data};
    DWORD flags = 0;
    memset(&c->overlapped, 0, sizeof c->overlapped);
    c->state = READING;
    if (!started(WSARecv(c->socket, &buffer, 1, NULL, &flags, &c->overlapped, NULL)))
        connection_end(c); /* an immediate error: no packet will come */
}

static void connection_write(struct connection *c)
{
    WSABUF buffer = {c->have - c->sent, c->data + c->sent};
    memset(&c->overlapped, 0, sizeof c->overlapped);
    c->state = WRITING;
    if (!started(WSASend(c->socket, &buffer, 1, NULL, 0, &c->overlapped, NULL)))
        connection_end(c);
}

static void connection_accepted(struct connection *c)
{
    int on = 1;
    connection_accept(); /* another takes its place */
    LONG now = InterlockedIncrement(&connections), most = 0, seen;
    while (now > most && (seen = InterlockedCompareExchange(&most_connections, now, most)) != most)
        most = seen;
    setsockopt(c->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener);
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof on);
    if (CreateIoCompletionPort((HANDLE)c->socket, port, 1, 0) != port)
        connection_end(c);
    else
        connection_read(c);
}

static void completed(struct connection *c, BOOL success, DWORD bytes)
{
    if (c->state == ACCEPTING) {
        if (success) {
            connection_accepted(c);
            return;
        }
        closesocket(c->socket); /* the caller was gone again, or the listener closed */
        free(c);
        if (!stopping)
            connection_accept();
    } else if (!success || bytes == 0) {
        connection_end(c); /* reset, or closed by the peer */
    } else if (c->state == READING) {
        c->have = bytes;
        c->sent = 0;
        connection_write(c);
    } else {
        c->sent += bytes;
        if (c->sent < c->have) {
            connection_write(c);
        } else {
            InterlockedIncrement64(&echoes);
            connection_read(c);
        }
    }
}

static DWORD WINAPI serve(void *unused)
{
    (void)unused;
    for (;;) {
        DWORD bytes = 0;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        BOOL success = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        if (overlapped == NULL)
            return 0;
        completed(CONTAINING_RECORD(overlapped, struct connection, overlapped), success, bytes);
    }
}

static int number_after(int argc, char **argv, const char *option, int standard)
{
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], option))
            return atoi(argv[i + 1]);
    return standard;
}

static int listen_on(int number)
{
    struct sockaddr_in address;
    int length = sizeof address;
    DWORD bytes;
    GUID id = WSAID_ACCEPTEX;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((u_short)number);
    listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (listener == INVALID_SOCKET || bind(listener, (struct sockaddr *)&address, sizeof address) ||
        listen(listener, SOMAXCONN) ||
        getsockname(listener, (struct sockaddr *)&address, &length) ||
        WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &accept_ex,
                 sizeof accept_ex, &bytes, NULL, NULL)) {
        printf("cannot listen on port %d: error %d\n", number, WSAGetLastError());
        return 0;
    }
    printf("echo_server: listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return 1;
}

static void wait_for_the_end(int seconds)
{
    if (seconds > 0) {
        Sleep((DWORD)seconds * 1000);
        return;
    }
    char line[64];
    DWORD bytes;
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), line, sizeof line, &bytes, NULL) && bytes > 0)
        ;
}

int main(int argc, char **argv)
{
    WSADATA data;
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    int threads = number_after(argc, argv, "--threads", (int)system.dwNumberOfProcessors);
    int limit = number_after(argc, argv, "--limit", 0);
    HANDLE workers[64];
    if (threads < 1 || threads > 64 || WSAStartup(MAKEWORD(2, 2), &data) ||
        !listen_on(number_after(argc, argv, "--port", 7777)))
        return 1;
    port = CreateIoCompletionPort((HANDLE)listener, NULL, 0, (DWORD)limit);
    if (port == NULL) {
        printf("CreateIoCompletionPort: error %u\n", (unsigned)GetLastError());
        return 1;
    }
    for (int i = 0; i < threads; i++)
        workers[i] = CreateThread(NULL, 0, serve, NULL, 0, NULL);
    for (int i = 0; i < ACCEPTS; i++)
        connection_accept();

    wait_for_the_end(number_after(argc, argv, "--seconds", 0));

    InterlockedExchange(&stopping, 1);
    closesocket(listener);
    for (int i = 0; i < threads; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    WaitForMultipleObjects((DWORD)threads, workers, TRUE, INFINITE);
    printf("echo_server: %lld echoes, at most %d connections, %d threads\n", (long long)echoes,
           (int)most_connections, threads);
    return 0;
}
