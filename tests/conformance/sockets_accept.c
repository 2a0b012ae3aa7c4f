/* SPDX-License-Identifier: MIT */
/* AcceptEx, GetAcceptExSockaddrs, ConnectEx, DisconnectEx by their extension pointers, with events and with
 * a port. Rules: the pages of the functions (mswsock.h). */
#include "../tap.h"
#include <mswsock.h>

static LPFN_ACCEPTEX accept_ex;
static LPFN_CONNECTEX connect_ex;
static LPFN_DISCONNECTEX disconnect_ex;
static LPFN_GETACCEPTEXSOCKADDRS accept_addresses;
static struct sockaddr_in address;
static SOCKET listener;
enum { ROOM = sizeof(struct sockaddr_in) + 16 };

static int extension(const GUID *id, void *function)
{
    GUID guid = *id;
    DWORD bytes;
    return WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof guid, function, sizeof(void *),
                    &bytes, NULL, NULL) == 0;
}

static void pointers(void)
{
    static const GUID a = WSAID_ACCEPTEX, c = WSAID_CONNECTEX, d = WSAID_DISCONNECTEX,
                      g = WSAID_GETACCEPTEXSOCKADDRS;
    GUID nobody;
    memset(&nobody, 0x11, sizeof nobody);
    void *nothing;
    ok(extension(&a, &accept_ex) && accept_ex, "AcceptEx by WSAIoctl");
    ok(extension(&c, &connect_ex) && connect_ex, "ConnectEx");
    ok(extension(&d, &disconnect_ex) && disconnect_ex, "DisconnectEx");
    ok(extension(&g, &accept_addresses) && accept_addresses, "GetAcceptExSockaddrs");
    ok(!extension(&nobody, &nothing), "an unknown GUID fails");
}

static SOCKET dial(void)
{
    SOCKET s = tcp_socket();
    if (connect(s, (struct sockaddr *)&address, sizeof address))
        note("connect: %d", WSAGetLastError());
    return s;
}

static void accept_without_data(void)
{
    char buffer[2 * ROOM];
    OVERLAPPED ov;
    DWORD bytes = 9, flags;
    SOCKET incoming = tcp_socket();
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    BOOL result = accept_ex(listener, incoming, buffer, 0, ROOM, ROOM, &bytes, &ov);
    ok(!result && WSAGetLastError() == ERROR_IO_PENDING, "AcceptEx pends while nobody calls");
    ok(stays_unsignalled(ov.hEvent), "and stays so");
    SOCKET caller = dial();
    ok(signalled_soon(ov.hEvent), "a caller completes it");
    ok(WSAGetOverlappedResult(listener, &ov, &bytes, FALSE, &flags) && bytes == 0, "with 0 bytes");
    struct sockaddr *mine = NULL, *theirs = NULL;
    int my_length = 0, their_length = 0;
    accept_addresses(buffer, 0, ROOM, ROOM, &mine, &my_length, &theirs, &their_length);
    ok(mine && theirs, "GetAcceptExSockaddrs");
    ok(mine && ((struct sockaddr_in *)mine)->sin_port == address.sin_port, "the local address");
    struct sockaddr_in name;
    int length = sizeof name;
    getsockname(caller, (struct sockaddr *)&name, &length);
    ok(theirs && ((struct sockaddr_in *)theirs)->sin_port == name.sin_port, "the remote address");
    is_int(setsockopt(incoming, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener), 0,
           "SO_UPDATE_ACCEPT_CONTEXT");
    length = sizeof name;
    is_int(getpeername(incoming, (struct sockaddr *)&name, &length), 0, "getpeername works then");
    char data[4];
    is_int(send(caller, "ping", 4, 0), 4, "caller sends");
    is_int(recv(incoming, data, 4, MSG_WAITALL), 4, "the accepted socket receives");
    closesocket(caller);
    closesocket(incoming);
    CloseHandle(ov.hEvent);
}

/* With room for data AcceptEx waits for the first bytes as well. */
static void accept_with_data(void)
{
    char buffer[64 + 2 * ROOM];
    OVERLAPPED ov;
    DWORD bytes = 9, flags;
    SOCKET incoming = tcp_socket();
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    accept_ex(listener, incoming, buffer, 64, ROOM, ROOM, &bytes, &ov);
    SOCKET caller = dial();
    ok(stays_unsignalled(ov.hEvent), "a connection alone does not complete it");
    int seconds = 7, length = sizeof seconds;
    is_int(getsockopt(incoming, SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &length), 0, "SO_CONNECT_TIME");
    ok(seconds >= 0 && seconds < 60, "tells how long it is connected");
    is_int(send(caller, "first words", 11, 0), 11, "data");
    ok(signalled_soon(ov.hEvent), "does");
    ok(WSAGetOverlappedResult(listener, &ov, &bytes, FALSE, &flags), "the result");
    ok(bytes == 11 && !memcmp(buffer, "first words", 11), "has the first bytes");
    closesocket(caller);
    closesocket(incoming);
    CloseHandle(ov.hEvent);
}

/* Several accepts in flight on a port; the caller may come first. */
static void accept_on_port(void)
{
    enum { N = 8 };
    struct {
        OVERLAPPED ov;
        SOCKET incoming;
        char buffer[2 * ROOM];
    } accepts[N];
    SOCKET callers[N];
    HANDLE port = CreateIoCompletionPort((HANDLE)listener, NULL, 0xacc, 0);
    ok(port != NULL, "the listener on a port");
    callers[0] = dial();
    callers[1] = dial();
    memset(accepts, 0, sizeof accepts);
    int wrong = 0;
    for (int i = 0; i < N; i++) {
        DWORD bytes;
        accepts[i].incoming = tcp_socket();
        if (!accept_ex(listener, accepts[i].incoming, accepts[i].buffer, 0, ROOM, ROOM, &bytes, &accepts[i].ov) &&
            WSAGetLastError() != ERROR_IO_PENDING)
            wrong++;
    }
    is_int(wrong, 0, "8 accepts issued, 2 callers waiting already");
    for (int i = 2; i < N; i++)
        callers[i] = dial();
    int seen[N] = {0};
    for (int i = 0; i < N; i++) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov = NULL;
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &ov, PATIENCE_MS) || key != 0xacc) {
            wrong++;
            continue;
        }
        for (int k = 0; k < N; k++)
            seen[k] += ov == &accepts[k].ov;
    }
    is_int(wrong, 0, "8 packets");
    int once = 1;
    for (int i = 0; i < N; i++)
        once &= seen[i] == 1;
    ok(once, "one for each accept");
    /* The accepted sockets are not on the port by themselves; they may be put there. */
    ok(CreateIoCompletionPort((HANDLE)accepts[0].incoming, port, 7, 0) == port, "an accepted socket joins the port");
    for (int i = 0; i < N; i++) {
        closesocket(callers[i]);
        closesocket(accepts[i].incoming);
    }
    CloseHandle(port);
}

static void cancelled_accept(void)
{
    char buffer[2 * ROOM];
    OVERLAPPED ov;
    DWORD bytes, flags;
    struct sockaddr_in own;
    SOCKET own_listener = tcp_listener(&own), incoming = tcp_socket();
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    accept_ex(own_listener, incoming, buffer, 0, ROOM, ROOM, &bytes, &ov);
    ok(CancelIoEx((HANDLE)own_listener, &ov), "cancel an accept");
    ok(!WSAGetOverlappedResult(own_listener, &ov, &bytes, TRUE, &flags), "it fails");
    is_int(WSAGetLastError(), WSA_OPERATION_ABORTED, "with 995");
    memset(&ov, 0, offsetof(OVERLAPPED, hEvent));
    BOOL again = accept_ex(own_listener, incoming, buffer, 0, ROOM, ROOM, &bytes, &ov);
    ok(!again && WSAGetLastError() == ERROR_IO_PENDING, "the accept socket can be used again");
    closesocket(own_listener);
    ok(signalled_soon(ov.hEvent), "closing the listener completes it");
    is_int((DWORD)ov.Internal >> 30, 3, "with an error");
    closesocket(incoming);
    CloseHandle(ov.hEvent);
}

static void connecting(void)
{
    OVERLAPPED ov;
    DWORD bytes = 9, flags;
    struct sockaddr_in any;
    SOCKET s = tcp_socket();
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    BOOL result = connect_ex(s, (struct sockaddr *)&address, sizeof address, NULL, 0, &bytes, &ov);
    ok(!result && WSAGetLastError() == WSAEINVAL, "ConnectEx needs a bound socket (10022)");
    memset(&any, 0, sizeof any);
    any.sin_family = AF_INET;
    is_int(bind(s, (struct sockaddr *)&any, sizeof any), 0, "bind");
    result = connect_ex(s, (struct sockaddr *)&address, sizeof address, NULL, 0, &bytes, &ov);
    ok(result || WSAGetLastError() == ERROR_IO_PENDING, "ConnectEx");
    SOCKET peer = accept(listener, NULL, NULL);
    ok(WSAGetOverlappedResult(s, &ov, &bytes, TRUE, &flags), "completes");
    is_int(setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0), 0, "SO_UPDATE_CONNECT_CONTEXT");
    struct sockaddr_in name;
    int length = sizeof name;
    is_int(getpeername(s, (struct sockaddr *)&name, &length), 0, "getpeername");
    is_int(name.sin_port, address.sin_port, "the right peer");
    char data[4];
    is_int(send(s, "conn", 4, 0), 4, "send");
    is_int(recv(peer, data, 4, MSG_WAITALL), 4, "recv");

    /* DisconnectEx ends the connection; the peer reads 0. */
    memset(&ov, 0, offsetof(OVERLAPPED, hEvent));
    result = disconnect_ex(s, &ov, 0, 0);
    ok(result || WSAGetLastError() == ERROR_IO_PENDING, "DisconnectEx");
    is_int(recv(peer, data, 4, 0), 0, "the peer sees the end");
    closesocket(peer);
    ok(result || WSAGetOverlappedResult(s, &ov, &bytes, TRUE, &flags), "it completes");
    closesocket(s);

    /* With data that goes along. */
    s = tcp_socket();
    bind(s, (struct sockaddr *)&any, sizeof any);
    memset(&ov, 0, offsetof(OVERLAPPED, hEvent));
    result = connect_ex(s, (struct sockaddr *)&address, sizeof address, "hello", 5, &bytes, &ov);
    ok(result || WSAGetLastError() == ERROR_IO_PENDING, "ConnectEx with data");
    ok(WSAGetOverlappedResult(s, &ov, &bytes, TRUE, &flags) && bytes == 5, "completes with 5 bytes sent");
    peer = accept(listener, NULL, NULL);
    char five[5];
    is_int(recv(peer, five, 5, MSG_WAITALL), 5, "which arrive");
    closesocket(peer);
    closesocket(s);

    /* Refused. */
    struct sockaddr_in closed;
    SOCKET dead = tcp_listener(&closed);
    closesocket(dead);
    s = tcp_socket();
    bind(s, (struct sockaddr *)&any, sizeof any);
    memset(&ov, 0, offsetof(OVERLAPPED, hEvent));
    result = connect_ex(s, (struct sockaddr *)&closed, sizeof closed, NULL, 0, &bytes, &ov);
    int error = result ? 0 : WSAGetLastError();
    if (error == ERROR_IO_PENDING)
        error = WSAGetOverlappedResult(s, &ov, &bytes, TRUE, &flags) ? 0 : WSAGetLastError();
    is_int(error, WSAECONNREFUSED, "refused is 10061");
    closesocket(s);
    CloseHandle(ov.hEvent);
}

/* TF_REUSE_SOCKET: the same socket connects or accepts again. */
static void reuse(void)
{
    char buffer[2 * ROOM];
    OVERLAPPED ov;
    DWORD bytes, flags;
    SOCKET incoming = tcp_socket();
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    int good = 0;
    for (int i = 0; i < 3; i++) {
        memset(&ov, 0, offsetof(OVERLAPPED, hEvent));
        BOOL result = accept_ex(listener, incoming, buffer, 0, ROOM, ROOM, &bytes, &ov);
        if (!result && WSAGetLastError() != ERROR_IO_PENDING)
            break;
        SOCKET caller = dial();
        if (!WSAGetOverlappedResult(listener, &ov, &bytes, TRUE, &flags))
            break;
        setsockopt(incoming, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener);
        char data[2];
        good += send(caller, "ok", 2, 0) == 2 && recv(incoming, data, 2, MSG_WAITALL) == 2;
        closesocket(caller);
        if (!disconnect_ex(incoming, NULL, TF_REUSE_SOCKET, 0)) {
            note("DisconnectEx: %d", WSAGetLastError());
            break;
        }
    }
    is_int(good, 3, "one socket accepts three callers, one after the other");
    closesocket(incoming);
    CloseHandle(ov.hEvent);
}

int main(void)
{
    tap_begin();
    winsock_start();
    listener = tcp_listener(&address);
    part(pointers);
    if (accept_ex && connect_ex && disconnect_ex && accept_addresses) {
        part(accept_without_data);
        part(accept_with_data);
        part(accept_on_port);
        part(cancelled_accept);
        closesocket(listener);
        listener = tcp_listener(&address); /* off the port */
        part(connecting);
        part(reuse);
    }
    closesocket(listener);
    WSACleanup();
    return tap_end();
}
