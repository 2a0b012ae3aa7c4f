/* SPDX-License-Identifier: MIT */
/* Non-blocking sockets, select, WSAPoll, WSAEventSelect. Rules: the Winsock pages. */
#include "../tap.h"
#include <ws2tcpip.h>

static void nonblocking(void)
{
    SOCKET a, b;
    char data[8];
    u_long on = 1;
    tcp_pair(&a, &b);
    is_int(ioctlsocket(a, FIONBIO, &on), 0, "FIONBIO");
    is_int(recv(a, data, 8, 0), SOCKET_ERROR, "recv with nothing there");
    is_int(WSAGetLastError(), WSAEWOULDBLOCK, "is 10035");
    struct sockaddr_in address;
    SOCKET listener = tcp_listener(&address);
    ioctlsocket(listener, FIONBIO, &on);
    ok(accept(listener, NULL, NULL) == INVALID_SOCKET && WSAGetLastError() == WSAEWOULDBLOCK, "accept too");
    SOCKET s = tcp_socket();
    ioctlsocket(s, FIONBIO, &on);
    int result = connect(s, (struct sockaddr *)&address, sizeof address);
    ok(result == 0 || WSAGetLastError() == WSAEWOULDBLOCK, "connect begins (10035)");
    fd_set writable;
    struct timeval patience = {10, 0};
    FD_ZERO(&writable);
    FD_SET(s, &writable);
    is_int(select(0, NULL, &writable, NULL, &patience), 1, "select: writable when connected");
    ok(FD_ISSET(s, &writable), "that socket");
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(listener, &readable);
    FD_SET(a, &readable);
    is_int(select(0, &readable, NULL, NULL, &patience), 1, "select: one readable");
    ok(FD_ISSET(listener, &readable) && !FD_ISSET(a, &readable), "the listener with a caller");
    SOCKET accepted = accept(listener, NULL, NULL);
    ok(accepted != INVALID_SOCKET, "accept");
    FD_ZERO(&readable);
    FD_SET(a, &readable);
    struct timeval brief = {0, 30000};
    is_int(select(0, &readable, NULL, NULL, &brief), 0, "select times out");
    is_int(readable.fd_count, 0, "and empties the set");
    FD_ZERO(&readable);
    FD_SET(a, &readable);
    send(b, "x", 1, 0);
    is_int(select(0, &readable, NULL, NULL, &patience), 1, "select: data");
    is_int(recv(a, data, 8, 0), 1, "is there");
    is_int(select(0, NULL, NULL, NULL, &brief), SOCKET_ERROR, "select of nothing fails");
    is_int(WSAGetLastError(), WSAEINVAL, "with 10022");
    FD_ZERO(&readable);
    FD_SET(a, &readable);
    closesocket(b);
    is_int(select(0, &readable, NULL, NULL, &patience), 1, "the peer's close makes it readable");
    is_int(recv(a, data, 8, 0), 0, "0 bytes");
    closesocket(a);
    closesocket(s);
    closesocket(accepted);
    closesocket(listener);
}

static void overlapped_on_nonblocking(void)
{
    /* FIONBIO does not touch overlapped calls: they pend. */
    SOCKET a, b;
    u_long on = 1;
    char data[4];
    WSABUF buffer = {4, data};
    WSAOVERLAPPED ov;
    DWORD flags = 0, bytes;
    tcp_pair(&a, &b);
    ioctlsocket(a, FIONBIO, &on);
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    int result = WSARecv(a, &buffer, 1, NULL, &flags, &ov, NULL);
    is_int(result ? WSAGetLastError() : 0, WSA_IO_PENDING, "an overlapped receive on a non-blocking socket pends");
    send(b, "nb", 2, 0);
    ok(WSAGetOverlappedResult(a, &ov, &bytes, TRUE, &flags) && bytes == 2, "and completes");
    CloseHandle(ov.hEvent);
    closesocket(a);
    closesocket(b);
}

static void polling(void)
{
    SOCKET a, b;
    tcp_pair(&a, &b);
    WSAPOLLFD fds[2] = {{a, POLLRDNORM, 0}, {b, POLLWRNORM, 0}};
    is_int(WSAPoll(fds, 1, 0), 0, "WSAPoll: nothing");
    is_int(WSAPoll(fds, 2, 1000), 1, "one writable");
    ok(fds[1].revents & POLLWRNORM, "the second");
    send(b, "x", 1, 0);
    is_int(WSAPoll(fds, 1, PATIENCE_MS), 1, "data");
    ok(fds[0].revents & POLLRDNORM, "readable");
    closesocket(a);
    closesocket(b);
}

static void events(void)
{
    SOCKET a, b;
    WSANETWORKEVENTS happened;
    char data[8];
    tcp_pair(&a, &b);
    HANDLE event = WSACreateEvent();
    is_int(WSAEventSelect(a, event, FD_READ | FD_CLOSE), 0, "WSAEventSelect");
    is_int(recv(a, data, 8, 0), SOCKET_ERROR, "makes the socket non-blocking");
    is_int(WSAGetLastError(), WSAEWOULDBLOCK, "10035");
    ok(!signalled_now(event), "nothing happened");
    send(b, "abc", 3, 0);
    ok(signalled_soon(event), "data sets the event");
    memset(&happened, 0, sizeof happened);
    is_int(WSAEnumNetworkEvents(a, event, &happened), 0, "WSAEnumNetworkEvents");
    ok(happened.lNetworkEvents & FD_READ, "says FD_READ");
    ok(!signalled_now(event), "and resets the event");
    is_int(recv(a, data, 8, 0), 3, "take it");
    ok(stays_unsignalled(event), "nothing more");
    send(b, "d", 1, 0);
    ok(signalled_soon(event), "recv enabled it again");
    WSAEnumNetworkEvents(a, event, &happened);
    recv(a, data, 8, 0);
    closesocket(b);
    ok(signalled_soon(event), "close sets it");
    WSAEnumNetworkEvents(a, event, &happened);
    ok(happened.lNetworkEvents & FD_CLOSE, "says FD_CLOSE");
    is_int(WSAEventSelect(a, event, 0), 0, "events off");
    WSACloseEvent(event);
    closesocket(a);

    struct sockaddr_in address;
    SOCKET listener = tcp_listener(&address);
    event = WSACreateEvent();
    is_int(WSAEventSelect(listener, event, FD_ACCEPT), 0, "WSAEventSelect on a listener");
    SOCKET s = tcp_socket();
    connect(s, (struct sockaddr *)&address, sizeof address);
    ok(signalled_soon(event), "a caller sets it");
    WSAEnumNetworkEvents(listener, event, &happened);
    ok(happened.lNetworkEvents & FD_ACCEPT, "FD_ACCEPT");
    is_int(happened.iErrorCode[FD_ACCEPT_BIT], 0, "without error");
    SOCKET accepted = accept(listener, NULL, NULL);
    ok(accepted != INVALID_SOCKET, "accept");
    closesocket(accepted);
    closesocket(s);
    closesocket(listener);
    WSACloseEvent(event);
}

int main(void)
{
    tap_begin();
    winsock_start();
    part(nonblocking);
    part(overlapped_on_nonblocking);
    part(polling);
    part(events);
    WSACleanup();
    return tap_end();
}
