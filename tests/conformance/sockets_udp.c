/* SPDX-License-Identifier: MIT */
/* Datagrams: truncation, addresses, overlapped receives from anybody, connected sockets. */
#include "../tap.h"
#include <mswsock.h>

static SOCKET udp_socket(struct sockaddr_in *address)
{
    int length = sizeof *address;
    SOCKET s = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(s, (struct sockaddr *)address, sizeof *address) ||
        getsockname(s, (struct sockaddr *)address, &length))
        note("udp_socket: %d", WSAGetLastError());
    return s;
}

static void exchange(void)
{
    struct sockaddr_in a_name, b_name, from;
    int length = sizeof from;
    char data[64];
    SOCKET a = udp_socket(&a_name), b = udp_socket(&b_name);
    is_int(sendto(a, "hello", 5, 0, (struct sockaddr *)&b_name, sizeof b_name), 5, "sendto");
    memset(&from, 0, sizeof from);
    is_int(recvfrom(b, data, sizeof data, 0, (struct sockaddr *)&from, &length), 5, "recvfrom");
    ok(!memcmp(data, "hello", 5), "the bytes");
    ok(length == sizeof from && from.sin_family == AF_INET && from.sin_port == a_name.sin_port &&
           from.sin_addr.s_addr == a_name.sin_addr.s_addr,
       "who sent it");
    sendto(a, "0123456789", 10, 0, (struct sockaddr *)&b_name, sizeof b_name);
    sendto(a, "next", 4, 0, (struct sockaddr *)&b_name, sizeof b_name);
    is_int(recv(b, data, 4, 0), SOCKET_ERROR, "a datagram longer than the buffer");
    is_int(WSAGetLastError(), WSAEMSGSIZE, "is 10040");
    ok(!memcmp(data, "0123", 4), "its beginning is there");
    is_int(recv(b, data, sizeof data, 0), 4, "the rest is lost: the next one");
    ok(!memcmp(data, "next", 4), "comes");
    is_int(sendto(a, "", 0, 0, (struct sockaddr *)&b_name, sizeof b_name), 0, "a datagram of 0 bytes");
    is_int(recv(b, data, sizeof data, 0), 0, "is received");
    static char huge[70000];
    is_int(sendto(a, huge, sizeof huge, 0, (struct sockaddr *)&b_name, sizeof b_name), SOCKET_ERROR,
           "more than a datagram holds");
    is_int(WSAGetLastError(), WSAEMSGSIZE, "10040");
    is_int(send(a, "x", 1, 0), SOCKET_ERROR, "send without an address");
    is_int(WSAGetLastError(), WSAENOTCONN, "10057");
    SOCKET raw = socket(AF_INET, SOCK_DGRAM, 0);
    is_int(recv(raw, data, 1, 0), SOCKET_ERROR, "a receive on an unbound socket");
    is_int(WSAGetLastError(), WSAEINVAL, "10022");
    closesocket(raw);
    is_int(listen(a, 1), SOCKET_ERROR, "listen");
    is_int(WSAGetLastError(), WSAEOPNOTSUPP, "10045");
    closesocket(a);
    closesocket(b);
}

static void overlapped(void)
{
    struct sockaddr_in a_name, b_name, from;
    int length = sizeof from;
    char first[4], second[8];
    WSABUF buffers[2] = {{4, first}, {8, second}};
    DWORD bytes = 77, flags = 0;
    WSAOVERLAPPED ov;
    SOCKET a = udp_socket(&a_name), b = udp_socket(&b_name);
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    is_int(WSARecvFrom(b, buffers, 2, NULL, &flags, (struct sockaddr *)&from, &length, &ov, NULL),
           SOCKET_ERROR, "WSARecvFrom");
    is_int(WSAGetLastError(), WSA_IO_PENDING, "pends");
    WSABUF out[2] = {{3, (char *)"abc"}, {3, (char *)"def"}};
    is_int(WSASendTo(a, out, 2, &bytes, 0, (struct sockaddr *)&b_name, sizeof b_name, NULL, NULL), 0,
           "WSASendTo of two buffers");
    is_int(bytes, 6, "6 bytes");
    ok(WSAGetOverlappedResult(b, &ov, &bytes, TRUE, &flags) && bytes == 6, "the receive ends with 6");
    ok(!memcmp(first, "abcd", 4) && !memcmp(second, "ef", 2), "in its buffers");
    ok(length == sizeof from && from.sin_port == a_name.sin_port, "with the sender's address");
    WSABUF small = {2, first};
    flags = 0;
    WSARecv(b, &small, 1, NULL, &flags, &ov, NULL);
    sendto(a, "long one", 8, 0, (struct sockaddr *)&b_name, sizeof b_name);
    ok(!WSAGetOverlappedResult(b, &ov, &bytes, TRUE, &flags), "a truncated datagram");
    is_int(WSAGetLastError(), WSAEMSGSIZE, "is an error for Winsock");
    is_int(bytes, 2, "with what fitted");
    ok(flags & MSG_PARTIAL, "MSG_PARTIAL");
    CloseHandle(ov.hEvent);
    closesocket(a);
    closesocket(b);
}

static void messages(void)
{
    struct sockaddr_in a_name, b_name, from;
    SOCKET a = udp_socket(&a_name), b = udp_socket(&b_name);
    GUID receive_id = WSAID_WSARECVMSG, send_id = WSAID_WSASENDMSG;
    LPFN_WSARECVMSG receive_message = NULL;
    LPFN_WSASENDMSG send_message = NULL;
    DWORD bytes = 0;
    char data[4];
    WSABUF out = {5, (char *)"hello"}, in = {sizeof data, data};
    WSAMSG message;
    is_int(WSAIoctl(a, SIO_GET_EXTENSION_FUNCTION_POINTER, &receive_id, sizeof receive_id, &receive_message,
                    sizeof receive_message, &bytes, NULL, NULL),
           0, "WSARecvMsg by its identifier");
    is_int(WSAIoctl(a, SIO_GET_EXTENSION_FUNCTION_POINTER, &send_id, sizeof send_id, &send_message,
                    sizeof send_message, &bytes, NULL, NULL),
           0, "WSASendMsg too");
    memset(&message, 0, sizeof message);
    message.name = (SOCKADDR *)&b_name;
    message.namelen = sizeof b_name;
    message.lpBuffers = &out;
    message.dwBufferCount = 1;
    is_int(send_message(a, &message, 0, &bytes, NULL, NULL), 0, "send");
    is_int(bytes, 5, "5 bytes");
    memset(&from, 0, sizeof from);
    memset(&message, 0, sizeof message);
    message.name = (SOCKADDR *)&from;
    message.namelen = sizeof from;
    message.lpBuffers = &in;
    message.dwBufferCount = 1;
    is_int(receive_message(b, &message, &bytes, NULL, NULL), SOCKET_ERROR, "receive too little");
    is_int(WSAGetLastError(), WSAEMSGSIZE, "10040");
    ok(message.dwFlags & MSG_TRUNC, "MSG_TRUNC");
    ok(bytes == 4 && !memcmp(data, "hell", 4), "what fits");
    is_int(from.sin_port, a_name.sin_port, "who sent it");
    closesocket(a);
    closesocket(b);
}

static void connected(void)
{
    struct sockaddr_in a_name, b_name, c_name, peer;
    int length = sizeof peer;
    char data[8];
    DWORD timeout = 50;
    SOCKET a = udp_socket(&a_name), b = udp_socket(&b_name), c = udp_socket(&c_name);
    is_int(connect(a, (struct sockaddr *)&b_name, sizeof b_name), 0, "connect");
    is_int(getpeername(a, (struct sockaddr *)&peer, &length), 0, "getpeername");
    is_int(peer.sin_port, b_name.sin_port, "the peer");
    is_int(send(a, "x", 1, 0), 1, "send needs no address now");
    is_int(recv(b, data, 8, 0), 1, "it comes");
    setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout);
    sendto(c, "y", 1, 0, (struct sockaddr *)&a_name, sizeof a_name);
    is_int(recv(a, data, 8, 0), SOCKET_ERROR, "a stranger's datagram is not received");
    is_int(WSAGetLastError(), WSAETIMEDOUT, "10060");
    closesocket(b);
    send(a, "x", 1, 0);
    is_int(recv(a, data, 8, 0), SOCKET_ERROR, "nobody there any more");
    is_int(WSAGetLastError(), WSAECONNRESET, "10054");
    struct sockaddr_in nobody;
    memset(&nobody, 0, sizeof nobody);
    nobody.sin_family = AF_INET;
    is_int(connect(a, (struct sockaddr *)&nobody, sizeof nobody), 0, "connect to the zero address");
    is_int(send(a, "x", 1, 0), SOCKET_ERROR, "ends the association");
    is_int(WSAGetLastError(), WSAENOTCONN, "10057");
    int size = 0, option = sizeof size;
    is_int(getsockopt(a, SOL_SOCKET, SO_MAX_MSG_SIZE, (char *)&size, &option), 0, "SO_MAX_MSG_SIZE");
    is_int(size, 65507, "what a datagram holds");
    closesocket(a);
    closesocket(c);
}

int main(void)
{
    tap_begin();
    winsock_start();
    part(exchange);
    part(overlapped);
    part(messages);
    part(connected);
    WSACleanup();
    return tap_end();
}
