/* SPDX-License-Identifier: MIT */
/*
 * A TCP echo server on one completion port: AcceptEx, WSARecv, WSASend. Prints its TCP port and
 * runs until it is killed.
 *   threads=N in GetQueuedCompletionStatus   limit=N of the port (0: number of processors)
 *   skip=1: FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, so that a send done at once costs no packet
 */
#include "measure.h"

#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdlib.h>
#include <string.h>

#define ACCEPTS      16
#define ADDRESS_ROOM (sizeof(struct sockaddr_in) + 16)

enum operation { OP_ACCEPT, OP_RECEIVE, OP_SEND };

struct connection {
    OVERLAPPED ov; /* first: a packet names it */
    enum operation op;
    SOCKET socket;
    DWORD bytes;
    char buffer[4096];
};

static HANDLE port;
static SOCKET listener;
static LPFN_ACCEPTEX accept_ex;
static BOOL skip;

static BOOL pending(BOOL ok)
{
    return ok || WSAGetLastError() == WSA_IO_PENDING;
}

static SOCKET socket_make(void)
{
    SOCKET s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);

    if (s == INVALID_SOCKET)
        die_code("WSASocket", (uint32_t)WSAGetLastError());
    return s;
}

static void connection_end(struct connection *c)
{
    closesocket(c->socket);
    free(c);
}

static void accept_issue(void)
{
    struct connection *c = calloc(1, sizeof *c);
    DWORD received;

    if (!c)
        die("calloc");
    c->op = OP_ACCEPT;
    c->socket = socket_make();
    if (!pending(accept_ex(listener, c->socket, c->buffer, 0, ADDRESS_ROOM, ADDRESS_ROOM, &received,
                           &c->ov)))
        die_code("AcceptEx", (uint32_t)WSAGetLastError());
}

/* Returns whether it is done at once and will send no packet. */
static BOOL receive_issue(struct connection *c)
{
    WSABUF buffer = {sizeof c->buffer, c->buffer};
    DWORD flags = 0;

    c->op = OP_RECEIVE;
    memset(&c->ov, 0, sizeof c->ov);
    int error = WSARecv(c->socket, &buffer, 1, &c->bytes, &flags, &c->ov, NULL);
    if (!pending(!error)) {
        c->bytes = 0;
        return TRUE;
    }
    return !error && skip;
}

static BOOL send_issue(struct connection *c)
{
    WSABUF buffer = {c->bytes, c->buffer};

    c->op = OP_SEND;
    memset(&c->ov, 0, sizeof c->ov);
    int error = WSASend(c->socket, &buffer, 1, &c->bytes, 0, &c->ov, NULL);
    if (!pending(!error)) {
        c->bytes = 0;
        return TRUE;
    }
    return !error && skip;
}

/* Goes on until something pends; a receive of nothing, or a failure, ends the connection. */
static void connection_run(struct connection *c)
{
    BOOL at_once;

    do {
        if (c->op != OP_ACCEPT && !c->bytes) {
            connection_end(c);
            return;
        }
        at_once = c->op == OP_RECEIVE ? send_issue(c) : receive_issue(c);
    } while (at_once);
}

static void accepted(struct connection *c)
{
    BOOL one = TRUE;

    accept_issue();
    setsockopt(c->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener);
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, (char *)&one, sizeof one);
    if (!CreateIoCompletionPort((HANDLE)c->socket, port, 0, 0))
        die_code("CreateIoCompletionPort", GetLastError());
    if (skip && !SetFileCompletionNotificationModes((HANDLE)c->socket,
                                                    FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
        die_code("SetFileCompletionNotificationModes", GetLastError());
    connection_run(c);
}

static DWORD WINAPI worker(void *unused)
{
    for (;;) {
        ULONG_PTR key;
        DWORD bytes;
        OVERLAPPED *ov;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
        if (!ov)
            die_code("GetQueuedCompletionStatus", GetLastError());
        struct connection *c = (struct connection *)ov;
        c->bytes = ok ? bytes : 0;
        if (c->op == OP_ACCEPT && !ok) {
            connection_end(c);
            accept_issue();
        } else if (c->op == OP_ACCEPT) {
            accepted(c);
        } else {
            connection_run(c);
        }
    }
    return 0;
}

static void listener_open(void)
{
    GUID id = WSAID_ACCEPTEX;
    struct sockaddr_in address;
    int length = sizeof address;
    DWORD bytes;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket_make();
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &length) ||
        WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &accept_ex,
                 sizeof accept_ex, &bytes, NULL, NULL))
        die_code("listener", (uint32_t)WSAGetLastError());
    if (!CreateIoCompletionPort((HANDLE)listener, port, 0, 0))
        die_code("CreateIoCompletionPort", GetLastError());
    report("port", ntohs(address.sin_port));
    report_end();
}

int main(int argc, char **argv)
{
    int count = (int)arg_number(argc, argv, "threads", 1);
    HANDLE threads[MAXIMUM_WAIT_OBJECTS];
    WSADATA data;

    skip = arg_number(argc, argv, "skip", 0) != 0;
    if (count < 1 || count > MAXIMUM_WAIT_OBJECTS)
        return 2;
    if (WSAStartup(MAKEWORD(2, 2), &data))
        die_code("WSAStartup", (uint32_t)WSAGetLastError());
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0,
                                  (DWORD)arg_number(argc, argv, "limit", 0));
    if (!port)
        die_code("CreateIoCompletionPort", GetLastError());
    listener_open();
    for (int i = 0; i < ACCEPTS; i++)
        accept_issue();
    for (int i = 0; i < count; i++)
        if (!(threads[i] = CreateThread(NULL, 0, worker, NULL, 0, NULL)))
            die_code("CreateThread", GetLastError());
    WaitForMultipleObjects((DWORD)count, threads, TRUE, INFINITE);
    return 0;
}
