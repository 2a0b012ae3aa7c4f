/* SPDX-License-Identifier: MIT */
/* What is less used on connections: cancelled blocking calls, time-outs, shutdown behind pending sends, urgent
 * data, TransmitFile, peeks, context options. Rules: the Winsock pages. */
#include "../tap.h"
#include <mswsock.h>

static DWORD WINAPI receive_one(void *s)
{
    char data[4];
    int n = recv((SOCKET)s, data, sizeof data, 0);
    return n >= 0 ? (DWORD)n : (DWORD)WSAGetLastError();
}

static void cancelled_call(void)
{
    SOCKET a, b;
    tcp_pair(&a, &b);
    HANDLE thread = thread_start(receive_one, (void *)a);
    BOOL cancelled = FALSE;
    for (int i = 0; i < 500 && !cancelled; i++) {
        Sleep(10);
        cancelled = CancelSynchronousIo(thread);
    }
    ok(cancelled, "CancelSynchronousIo of a thread in recv");
    is_int(thread_join(thread), WSA_OPERATION_ABORTED, "which ends with 995");
    send(b, "ok", 2, 0);
    is_int(receive_one((void *)a), 2, "the socket goes on");
    closesocket(a);
    closesocket(b);
}

static void send_timeout(void)
{
    SOCKET a, b;
    static char data[1 << 20];
    DWORD timeout = 100;
    int total = 0, n = 0;
    tcp_pair(&a, &b);
    setsockopt(a, SOL_SOCKET, SO_SNDTIMEO, (char *)&timeout, sizeof timeout);
    for (int i = 0; i < 100 && n >= 0; i++) {
        n = send(a, data, sizeof data, 0);
        total += n > 0 ? n : 0;
    }
    is_int(n, SOCKET_ERROR, "a send that nobody reads");
    is_int(WSAGetLastError(), WSAETIMEDOUT, "ends with 10060");
    closesocket(a);
    closesocket(b);
}

static DWORD WINAPI read_to_end(void *s)
{
    static char chunk[65536];
    DWORD total = 0;
    for (int n; (n = recv((SOCKET)s, chunk, sizeof chunk, 0)) > 0;)
        total += (DWORD)n;
    return total;
}

/* shutdown and DisconnectEx send what is still queued before the end. */
static void shutdown_behind_sends(void)
{
    enum { SIZE = 4 << 20, COUNT = 3 };
    SOCKET a, b;
    WSAOVERLAPPED ovs[COUNT];
    DWORD bytes, flags;
    char *data = calloc(1, SIZE);
    WSABUF buffer = {SIZE, data};
    int pending = 0;
    tcp_pair(&a, &b);
    memset(ovs, 0, sizeof ovs);
    for (int i = 0; i < COUNT; i++) {
        ovs[i].hEvent = event_manual();
        pending += WSASend(a, &buffer, 1, NULL, 0, &ovs[i], NULL) != 0 &&
                   WSAGetLastError() == WSA_IO_PENDING;
    }
    ok(pending > 0, "sends pend");
    is_int(shutdown(a, SD_SEND), 0, "shutdown behind them");
    is_int(WSASend(a, &buffer, 1, &bytes, 0, NULL, NULL), SOCKET_ERROR, "a later send");
    is_int(WSAGetLastError(), WSAESHUTDOWN, "is 10058");
    HANDLE thread = thread_start(read_to_end, (void *)b);
    int done = 0;
    for (int i = 0; i < COUNT; i++) {
        done += WSAGetOverlappedResult(a, &ovs[i], &bytes, TRUE, &flags) && bytes == SIZE;
        CloseHandle(ovs[i].hEvent);
    }
    is_int(done, COUNT, "all sends complete");
    is_int(thread_join(thread), COUNT * SIZE, "the peer reads all of it, then the end");
    is_int(shutdown(b, SD_RECEIVE), 0, "SD_RECEIVE");
    is_int(recv(b, data, 1, 0), SOCKET_ERROR, "receiving after it");
    is_int(WSAGetLastError(), WSAESHUTDOWN, "is 10058");
    closesocket(a);
    closesocket(b);
    free(data);
}

static void urgent(void)
{
    SOCKET a, b;
    char data[16];
    u_long mark = 0;
    struct timeval patience = {10, 0};
    fd_set except;
    tcp_pair(&a, &b);
    is_int(send(a, "abc", 3, 0), 3, "send");
    is_int(send(a, "!", 1, MSG_OOB), 1, "send urgent");
    is_int(send(a, "def", 3, 0), 3, "send more");
    FD_ZERO(&except);
    FD_SET(b, &except);
    is_int(select(0, NULL, NULL, &except, &patience), 1, "select: exceptional");
    is_int(recv(b, data, sizeof data, MSG_OOB), 1, "recv MSG_OOB");
    is_int(data[0], '!', "the urgent byte");
    is_int(recv(b, data, 6, MSG_WAITALL), 6, "the others");
    ok(!memcmp(data, "abcdef", 6), "without it");
    is_int(ioctlsocket(b, SIOCATMARK, &mark), 0, "SIOCATMARK");
    is_int(mark, 1, "no urgent data waits");
    is_int(recv(b, data, 1, MSG_OOB), SOCKET_ERROR, "no second one");
    is_int(WSAGetLastError(), WSAEINVAL, "10022");
    closesocket(a);
    closesocket(b);
}

static void transmit_file(void)
{
    enum { SIZE = 300000 };
    SOCKET a, b;
    DWORD bytes, flags;
    OVERLAPPED ov;
    const char *name = temp_name("transmit");
    HANDLE file = file_with_pattern(name, SIZE, 0);
    TRANSMIT_FILE_BUFFERS around = {(void *)"head", 4, (void *)"tail!", 5};
    char *got = malloc(SIZE + 16);
    tcp_pair(&a, &b);
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    ov.Offset = 1000;
    BOOL result = TransmitFile(a, file, 2000, 0, &ov, &around, 0);
    ok(result || WSAGetLastError() == WSA_IO_PENDING, "TransmitFile of a piece");
    ok(WSAGetOverlappedResult(a, &ov, &bytes, TRUE, &flags) && bytes == 2009, "completes with all bytes");
    is_int(recv(b, got, 2009, MSG_WAITALL), 2009, "they come");
    int right = !memcmp(got, "head", 4) && !memcmp(got + 2004, "tail!", 5);
    for (unsigned i = 0; i < 2000; i++)
        right &= (unsigned char)got[4 + i] == pattern_byte(1000 + i);
    ok(right, "head, piece, tail");
    ok(TransmitFile(a, file, 0, 0, NULL, NULL, TF_DISCONNECT), "the whole file, waited for, then the end");
    int total = 0;
    for (int n; (n = recv(b, got + total, SIZE + 16 - total, 0)) > 0;)
        total += n;
    is_int(total, SIZE, "the file's size");
    right = 1;
    for (unsigned i = 0; i < SIZE; i++)
        right &= (unsigned char)got[i] == pattern_byte(i);
    ok(right, "its bytes");
    ok(!TransmitFile(a, file, 0, 0, NULL, NULL, 0), "not after the end");
    is_int(WSAGetLastError(), WSAESHUTDOWN, "10058");
    CloseHandle(ov.hEvent);
    CloseHandle(file);
    DeleteFileA(name);
    closesocket(a);
    closesocket(b);
    free(got);
}

static void options(void)
{
    struct sockaddr_in address;
    SOCKET listener = tcp_listener(&address), a = tcp_socket(), other;
    DWORD value = 0;
    int length = sizeof value;
    BOOL on = TRUE;
    struct linger linger = {1, 3};
    is_int(getsockopt(a, SOL_SOCKET, SO_CONNECT_TIME, (char *)&value, &length), 0, "SO_CONNECT_TIME");
    ok(value == 0xffffffff, "-1 before the connection");
    getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, &length);
    is_int(value, 1, "SO_ACCEPTCONN of a listener");
    is_int(setsockopt(a, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0), SOCKET_ERROR, "connect context");
    is_int(WSAGetLastError(), WSAENOTCONN, "needs a connection (10057)");
    is_int(setsockopt(a, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger), 0, "SO_LINGER");
    memset(&linger, 0, sizeof linger);
    length = sizeof linger;
    getsockopt(a, SOL_SOCKET, SO_LINGER, (char *)&linger, &length);
    ok(linger.l_onoff && linger.l_linger == 3, "as set");
    setsockopt(a, SOL_SOCKET, SO_DONTLINGER, (char *)&on, sizeof on);
    length = sizeof linger;
    getsockopt(a, SOL_SOCKET, SO_LINGER, (char *)&linger, &length);
    ok(!linger.l_onoff, "SO_DONTLINGER");
    is_int(setsockopt(a, SOL_SOCKET, SO_TYPE, (char *)&on, sizeof on), SOCKET_ERROR, "SO_TYPE is not set");
    is_int(WSAGetLastError(), WSAENOPROTOOPT, "10042");
    is_int(getsockopt(a, SOL_SOCKET, SO_TYPE, (char *)&value, &(int){1}), SOCKET_ERROR, "too little room");
    is_int(WSAGetLastError(), WSAEFAULT, "10014");
    is_int(connect(a, (struct sockaddr *)&address, sizeof address), 0, "connect");
    is_int(connect(a, (struct sockaddr *)&address, sizeof address), SOCKET_ERROR, "twice");
    is_int(WSAGetLastError(), WSAEISCONN, "10056");
    is_int(setsockopt(a, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0), 0, "now");
    length = sizeof value;
    getsockopt(a, SOL_SOCKET, SO_CONNECT_TIME, (char *)&value, &length);
    ok(value < 60, "SO_CONNECT_TIME in seconds");
    other = accept(listener, NULL, NULL);
    is_int(listen(a, 1), SOCKET_ERROR, "listen on a connection");
    is_int(WSAGetLastError(), WSAEISCONN, "10056");
    SOCKET unbound = tcp_socket();
    is_int(listen(unbound, 1), SOCKET_ERROR, "listen unbound");
    is_int(WSAGetLastError(), WSAEINVAL, "10022");
    is_int(getsockname(unbound, (struct sockaddr *)&address, &(int){sizeof address}), SOCKET_ERROR,
           "getsockname unbound");
    is_int(WSAGetLastError(), WSAEINVAL, "10022");
    closesocket(unbound);
    closesocket(other);
    closesocket(a);
    closesocket(listener);
}

/* A server that is started again binds the port that its last connections just left. */
static void restart(void)
{
    struct sockaddr_in address, client_name;
    int length = sizeof client_name;
    SOCKET listener = tcp_listener(&address), a = tcp_socket(), b;
    connect(a, (struct sockaddr *)&address, sizeof address);
    b = accept(listener, (struct sockaddr *)&client_name, &length);
    shutdown(b, SD_SEND); /* this side ends first: the port's TIME_WAIT is here */
    char byte;
    recv(a, &byte, 1, 0);
    closesocket(a);
    recv(b, &byte, 1, 0);
    closesocket(b);
    SOCKET second = tcp_socket();
    is_int(bind(second, (struct sockaddr *)&address, sizeof address), SOCKET_ERROR,
           "the port is taken while somebody listens");
    is_int(WSAGetLastError(), WSAEADDRINUSE, "10048");
    closesocket(listener);
    is_int(bind(second, (struct sockaddr *)&address, sizeof address), 0, "and free when nobody does");
    is_int(listen(second, 5), 0, "listen");
    closesocket(second);
}

static void events_of_connect(void)
{
    struct sockaddr_in address;
    SOCKET listener = tcp_listener(&address), s = tcp_socket();
    HANDLE event = WSACreateEvent();
    WSANETWORKEVENTS happened;
    LONG seen = 0;
    WSAEventSelect(s, event, FD_CONNECT | FD_WRITE | FD_CLOSE);
    connect(s, (struct sockaddr *)&address, sizeof address);
    for (int i = 0; i < 10 && (seen & (FD_CONNECT | FD_WRITE)) != (FD_CONNECT | FD_WRITE); i++) {
        if (!signalled_soon(event))
            break;
        WSAEnumNetworkEvents(s, event, &happened);
        seen |= happened.lNetworkEvents;
    }
    is_int(seen, FD_CONNECT | FD_WRITE, "FD_CONNECT and FD_WRITE");
    SOCKET peer = accept(listener, NULL, NULL);
    static char data[1 << 16];
    int n;
    while ((n = send(s, data, sizeof data, 0)) == (int)sizeof data)
        ;
    /* Mostly the last send was taken in part. With another request under way the next must not find it still in its way. */
    static OVERLAPPED receiving;
    static char received;
    WSABUF one = {1, &received};
    DWORD none = 0;
    is_int(WSARecv(s, &one, 1, NULL, &none, &receiving, NULL), SOCKET_ERROR, "a receive waits");
    is_int(WSAGetLastError(), WSA_IO_PENDING, "997");
    while ((n = send(s, data, sizeof data, 0)) > 0)
        ;
    is_int(WSAGetLastError(), WSAEWOULDBLOCK, "sends until it would block");
    WSAEnumNetworkEvents(s, event, &happened);
    u_long on = 1;
    ioctlsocket(peer, FIONBIO, &on);
    while (recv(peer, data, sizeof data, 0) > 0)
        ;
    ok(signalled_soon(event), "the peer reads: an event");
    WSAEnumNetworkEvents(s, event, &happened);
    ok(happened.lNetworkEvents & FD_WRITE, "FD_WRITE when there is room again");
    closesocket(s);
    closesocket(peer);
    closesocket(listener);
    s = tcp_socket();
    WSAEventSelect(s, event, FD_CONNECT);
    WSAResetEvent(event);
    connect(s, (struct sockaddr *)&address, sizeof address);
    if (WSAGetLastError() == WSAEWOULDBLOCK) {
        ok(signalled_soon(event), "a refused connect sets the event");
        WSAEnumNetworkEvents(s, event, &happened);
        is_int(happened.lNetworkEvents, FD_CONNECT, "FD_CONNECT");
        is_int(happened.iErrorCode[FD_CONNECT_BIT], WSAECONNREFUSED, "with 10061");
    } else {
        is_int(WSAGetLastError(), WSAECONNREFUSED, "refused at once");
    }
    closesocket(s);
    WSACloseEvent(event);
}

static void refused_select(void)
{
    struct sockaddr_in address;
    SOCKET listener = tcp_listener(&address), s = tcp_socket();
    u_long on = 1;
    fd_set out, except;
    struct timeval patience = {10, 0};
    closesocket(listener);
    ioctlsocket(s, FIONBIO, &on);
    connect(s, (struct sockaddr *)&address, sizeof address);
    if (WSAGetLastError() != WSAEWOULDBLOCK) {
        is_int(WSAGetLastError(), WSAECONNREFUSED, "refused at once");
        closesocket(s);
        return;
    }
    FD_ZERO(&out);
    FD_ZERO(&except);
    FD_SET(s, &out);
    FD_SET(s, &except);
    is_int(select(0, NULL, &out, &except, &patience), 1, "select after a refused connect");
    ok(FD_ISSET(s, &except) && !FD_ISSET(s, &out), "is exceptional, not writable");
    int error = 0, length = sizeof error;
    getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &length);
    is_int(error, WSAECONNREFUSED, "SO_ERROR is 10061");
    getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &length);
    is_int(error, 0, "once");
    closesocket(s);
}

int main(void)
{
    tap_begin();
    winsock_start();
    part(cancelled_call);
    part(send_timeout);
    part(shutdown_behind_sends);
    part(urgent);
    part(transmit_file);
    part(options);
    part(restart);
    part(events_of_connect);
    part(refused_select);
    WSACleanup();
    return tap_end();
}
