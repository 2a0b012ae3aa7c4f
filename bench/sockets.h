/* SPDX-License-Identifier: MIT */
/*
 * A connected pair of TCP sockets on loopback, for the benches that need one connection only.
 */
#ifndef BENCH_SOCKETS_H
#define BENCH_SOCKETS_H

#include "measure.h"

#include <winsock2.h>
#include <windows.h>
#include <string.h>

static inline void sockets_start(void)
{
    WSADATA data;

    if (WSAStartup(MAKEWORD(2, 2), &data))
        die_code("WSAStartup", (uint32_t)WSAGetLastError());
}

static inline void socket_pair(SOCKET pair[2])
{
    struct sockaddr_in address;
    int length = sizeof address;
    BOOL one = TRUE;
    SOCKET listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pair[0] = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (listener == INVALID_SOCKET || pair[0] == INVALID_SOCKET ||
        bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&address, &length) ||
        connect(pair[0], (struct sockaddr *)&address, sizeof address) ||
        (pair[1] = accept(listener, NULL, NULL)) == INVALID_SOCKET)
        die_code("socket pair", (uint32_t)WSAGetLastError());
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, (char *)&one, sizeof one);
    closesocket(listener);
}

#endif
