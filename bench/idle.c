/* SPDX-License-Identifier: MIT */
/*
 * A process that has everything under way and nothing to do: a port with a thread in Get, a receive
 * pending on a socket, a thread waiting for an event. Prints "ready", and whoever started it looks
 * how often it wakes.
 */
#include "measure.h"

#include "sockets.h"

static HANDLE port, event;

static DWORD WINAPI port_thread(void *unused)
{
    ULONG_PTR key;
    DWORD bytes;
    OVERLAPPED *ov;

    GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
    return 0;
}

static DWORD WINAPI event_thread(void *unused)
{
    return WaitForSingleObject(event, INFINITE);
}

int main(void)
{
    static char data[4096];
    static OVERLAPPED ov;
    WSABUF buffer = {sizeof data, data};
    DWORD bytes, flags = 0;
    SOCKET pair[2];

    sockets_start();
    socket_pair(pair);
    port = CreateIoCompletionPort((HANDLE)pair[0], NULL, 1, 0);
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (!port || !event)
        die_code("setup", GetLastError());
    if (!WSARecv(pair[0], &buffer, 1, &bytes, &flags, &ov, NULL) ||
        WSAGetLastError() != WSA_IO_PENDING)
        die_code("WSARecv", (uint32_t)WSAGetLastError());
    HANDLE first = CreateThread(NULL, 0, port_thread, NULL, 0, NULL);
    HANDLE second = CreateThread(NULL, 0, event_thread, NULL, 0, NULL);
    if (!first || !second)
        die_code("CreateThread", GetLastError());
    report_text("ready");
    WaitForSingleObject(first, INFINITE);
    return 0;
}
