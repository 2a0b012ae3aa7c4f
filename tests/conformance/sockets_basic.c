/* SPDX-License-Identifier: MIT */
/* TCP sockets in plain use: connect, accept, send, recv, shutdown, errors, addresses, IPv6, names.
 * Rules: spec section 1 (Socket) and the Winsock pages. */
#include "../tap.h"
#include <ws2tcpip.h>

static void startup(void)
{
    WSADATA data;
    memset(&data, 0, sizeof data);
    is_int(WSAStartup(MAKEWORD(2, 2), &data), 0, "WSAStartup");
    is_int(data.wVersion, MAKEWORD(2, 2), "version 2.2");
    is_int(WSACleanup(), 0, "WSACleanup, one of two");
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    ok(s != INVALID_SOCKET, "socket");
    is_int(closesocket(s), 0, "closesocket");
    is_int(closesocket(s), SOCKET_ERROR, "twice fails");
    is_int(WSAGetLastError(), WSAENOTSOCK, "with 10038");
    ok(socket(AF_INET, 99, 0) == INVALID_SOCKET, "a bad type fails");
    WSASetLastError(4321);
    is_int(GetLastError(), 4321, "WSASetLastError and SetLastError are one");
    HANDLE event = event_manual();
    char byte;
    is_int(recv((SOCKET)event, &byte, 1, 0), SOCKET_ERROR, "an event is not a socket");
    is_int(WSAGetLastError(), WSAENOTSOCK, "10038");
    CloseHandle(event);
}

static void round_trip(void)
{
    SOCKET a, b;
    char data[64];
    tcp_pair(&a, &b);
    is_int(send(a, "hello", 5, 0), 5, "send");
    is_int(recv(b, data, sizeof data, 0), 5, "recv");
    ok(!memcmp(data, "hello", 5), "the bytes");
    is_int(send(b, "12345678", 8, 0), 8, "the other way");
    is_int(recv(a, data, 3, MSG_PEEK), 3, "MSG_PEEK looks");
    is_int(recv(a, data, 8, MSG_WAITALL), 8, "and takes nothing");
    ok(!memcmp(data, "12345678", 8), "MSG_WAITALL has it all");
    struct sockaddr_in mine, theirs;
    int length = sizeof mine;
    is_int(getsockname(a, (struct sockaddr *)&mine, &length), 0, "getsockname");
    length = sizeof theirs;
    is_int(getpeername(b, (struct sockaddr *)&theirs, &length), 0, "getpeername");
    ok(mine.sin_port == theirs.sin_port && mine.sin_addr.s_addr == theirs.sin_addr.s_addr, "agree");
    is_int(mine.sin_family, AF_INET, "AF_INET is 2");

    /* Graceful close: recv gives 0. */
    is_int(shutdown(a, SD_SEND), 0, "shutdown of sending");
    is_int(recv(b, data, 8, 0), 0, "the peer reads 0");
    is_int(send(a, "x", 1, 0), SOCKET_ERROR, "sending after it fails");
    is_int(WSAGetLastError(), WSAESHUTDOWN, "with 10058");
    is_int(send(b, "still", 5, 0), 5, "the other direction is open");
    is_int(recv(a, data, 8, 0), 5, "and works");
    closesocket(a);
    closesocket(b);
}

static void reset(void)
{
    SOCKET a, b;
    char byte;
    tcp_pair(&a, &b);
    struct linger hard = {1, 0};
    is_int(setsockopt(a, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard), 0, "SO_LINGER 0");
    closesocket(a);
    /* Wine gives 0 here; the recv page says WSAECONNRESET. */
    is_int(recv(b, &byte, 1, 0), SOCKET_ERROR, "a reset fails the peer's recv");
    is_int(WSAGetLastError(), WSAECONNRESET, "with 10054");
    closesocket(b);

    SOCKET s = tcp_socket();
    struct sockaddr_in address;
    SOCKET listener = tcp_listener(&address);
    closesocket(listener);
    is_int(connect(s, (struct sockaddr *)&address, sizeof address), SOCKET_ERROR, "connect to a closed port");
    is_int(WSAGetLastError(), WSAECONNREFUSED, "is 10061");
    closesocket(s);
    s = tcp_socket();
    is_int(send(s, "x", 1, 0), SOCKET_ERROR, "sending without connection");
    is_int(WSAGetLastError(), WSAENOTCONN, "is 10057");
    is_int(recv(s, &byte, 1, 0), SOCKET_ERROR, "receiving too");
    is_int(WSAGetLastError(), WSAENOTCONN, "10057");
    closesocket(s);
    listener = tcp_listener(&address);
    s = tcp_socket();
    SOCKET second = tcp_socket();
    BOOL exclusive = TRUE;
    setsockopt(second, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&exclusive, sizeof exclusive);
    is_int(bind(second, (struct sockaddr *)&address, sizeof address), SOCKET_ERROR, "an address in use");
    int error = WSAGetLastError();
    ok(error == WSAEADDRINUSE || error == WSAEACCES, "is 10048");
    closesocket(second);
    is_int(bind(s, (struct sockaddr *)&address, 4), SOCKET_ERROR, "a short address");
    is_int(WSAGetLastError(), WSAEFAULT, "is 10014");
    closesocket(s);
    closesocket(listener);
}

static void options(void)
{
    SOCKET a, b;
    tcp_pair(&a, &b);
    int value = 1, length = sizeof value;
    is_int(setsockopt(a, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof value), 0, "TCP_NODELAY");
    value = 0;
    is_int(getsockopt(a, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &length), 0, "is told again");
    ok(value != 0, "as set");
    value = 65536;
    is_int(setsockopt(a, SOL_SOCKET, SO_RCVBUF, (char *)&value, sizeof value), 0, "SO_RCVBUF");
    length = sizeof value;
    is_int(getsockopt(a, SOL_SOCKET, SO_TYPE, (char *)&value, &length), 0, "SO_TYPE");
    is_int(value, SOCK_STREAM, "is SOCK_STREAM");
    length = sizeof value;
    value = 99;
    is_int(getsockopt(a, SOL_SOCKET, SO_ERROR, (char *)&value, &length), 0, "SO_ERROR");
    is_int(value, 0, "is 0");
    value = 1;
    is_int(setsockopt(a, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, sizeof value), 0, "SO_KEEPALIVE");
    DWORD timeout = 60;
    is_int(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout), 0, "SO_RCVTIMEO in ms");
    ULONGLONG start = GetTickCount64();
    char byte;
    is_int(recv(a, &byte, 1, 0), SOCKET_ERROR, "a receive then fails");
    is_int(WSAGetLastError(), WSAETIMEDOUT, "with 10060");
    ok(GetTickCount64() - start >= 40, "after its time");
    is_int(setsockopt(a, 12345, 1, (char *)&value, sizeof value), SOCKET_ERROR, "an unknown level fails");
    u_long available = 9;
    is_int(send(b, "abc", 3, 0), 3, "send");
    is_int(recv(a, &byte, 1, MSG_PEEK), 1, "it is there");
    is_int(ioctlsocket(a, FIONREAD, &available), 0, "FIONREAD");
    is_int(available, 3, "says 3");
    closesocket(a);
    closesocket(b);
}

static void ipv6(void)
{
    SOCKET listener = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    struct sockaddr_in6 address;
    int length = sizeof address;
    memset(&address, 0, sizeof address);
    is_int(AF_INET6, 23, "AF_INET6 is 23");
    address.sin6_family = AF_INET6;
    address.sin6_addr.s6_addr[15] = 1;
    if (listener == INVALID_SOCKET || bind(listener, (struct sockaddr *)&address, sizeof address)) {
        skip(4, "no IPv6 loopback here");
        return;
    }
    listen(listener, 5);
    is_int(getsockname(listener, (struct sockaddr *)&address, &length), 0, "getsockname");
    is_int(address.sin6_family, AF_INET6, "family 23");
    SOCKET a = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    is_int(connect(a, (struct sockaddr *)&address, sizeof address), 0, "connect over IPv6");
    struct sockaddr_in6 from;
    length = sizeof from;
    SOCKET b = accept(listener, (struct sockaddr *)&from, &length);
    ok(b != INVALID_SOCKET && from.sin6_family == AF_INET6 && length == sizeof from, "accept tells the peer");
    char data[4];
    is_int(send(a, "six!", 4, 0), 4, "send");
    is_int(recv(b, data, 4, MSG_WAITALL), 4, "recv");
    closesocket(a);
    closesocket(b);
    closesocket(listener);
}

static void names(void)
{
    struct addrinfo hints, *result = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST;
    is_int(getaddrinfo("127.0.0.1", "80", &hints, &result), 0, "getaddrinfo");
    ok(result && result->ai_family == AF_INET &&
           ((struct sockaddr_in *)result->ai_addr)->sin_port == htons(80),
       "address and port");
    if (result)
        freeaddrinfo(result);
    ok(getaddrinfo("not.a.number", "80", &hints, &result) == WSAHOST_NOT_FOUND, "no number: 11001");
    struct in_addr in;
    is_int(inet_pton(AF_INET, "10.1.2.3", &in), 1, "inet_pton");
    is_int(ntohl(in.s_addr), 0x0a010203, "the value");
    char text[64];
    ok(inet_ntop(AF_INET, &in, text, sizeof text) && !strcmp(text, "10.1.2.3"), "inet_ntop");
    ok(htons(0x1234) == 0x3412 && htonl(0x12345678) == 0x78563412, "byte order");
    is_int(inet_addr("1.2.3.4"), 0x04030201, "inet_addr");
    char host[256];
    is_int(gethostname(host, sizeof host), 0, "gethostname");
}

/* A thread in accept is let go by closesocket. */
static DWORD WINAPI accepts(void *listener)
{
    SOCKET s = accept((SOCKET)listener, NULL, NULL);
    return s == INVALID_SOCKET ? (DWORD)WSAGetLastError() : 0;
}

static DWORD WINAPI receives(void *s)
{
    char byte;
    return recv((SOCKET)s, &byte, 1, 0) == SOCKET_ERROR ? (DWORD)WSAGetLastError() : 0;
}

static void close_lets_go(void)
{
    struct sockaddr_in address;
    SOCKET listener = tcp_listener(&address), a, b;
    HANDLE thread = thread_start(accepts, (void *)listener);
    settle();
    closesocket(listener);
    DWORD error = thread_join(thread);
    ok(error == WSAEINTR || error == WSAENOTSOCK || error == WSAECONNABORTED, "accept ends when the listener is closed");
    tcp_pair(&a, &b);
    thread = thread_start(receives, (void *)a);
    settle();
    closesocket(a);
    error = thread_join(thread);
    ok(error == WSAECONNABORTED || error == WSAEINTR || error == WSAENOTSOCK, "recv ends when the socket is closed");
    closesocket(b);
}

int main(void)
{
    tap_begin();
    winsock_start();
    part(startup);
    part(round_trip);
    part(reset);
    part(options);
    part(ipv6);
    part(names);
    part(close_lets_go);
    WSACleanup();
    return tap_end();
}
