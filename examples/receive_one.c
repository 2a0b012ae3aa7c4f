/* SPDX-License-Identifier: MIT */
/* Two receives on one socket, both before there is anything to receive: the first is completed by
 * what the other end sends, the second is cancelled. Told in docs/life-of-a-read.md. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>

/* Two ends of a connection on loopback. */
static int connect_pair(SOCKET *one, SOCKET *other)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int length = sizeof address;
    SOCKET listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    *one = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    *other = INVALID_SOCKET;
    if (bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
        connect(*one, (struct sockaddr *)&address, length) == 0)
        *other = accept(listener, NULL, NULL);
    closesocket(listener);
    return *other != INVALID_SOCKET;
}

/* Says how the request that comes next from the port ended. */
static int take(HANDLE port)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped = NULL;
    if (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE))
        printf("%lu bytes received\n", bytes);
    else if (overlapped != NULL && GetLastError() == ERROR_OPERATION_ABORTED)
        printf("cancelled\n");
    else
        return 0;
    return 1;
}

int main(void)
{
    WSADATA data;
    SOCKET here, there;
    char text[64];
    WSABUF buffer = {.len = sizeof text, .buf = text};
    OVERLAPPED first = {0}, second = {0};
    DWORD flags = 0;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0 || !connect_pair(&here, &there))
        return 1;
    HANDLE port = CreateIoCompletionPort((HANDLE)here, NULL, 0, 0);

    int pends = WSARecv(here, &buffer, 1, NULL, &flags, &first, NULL) != 0 &&
                WSAGetLastError() == WSA_IO_PENDING;
    send(there, "hello", 5, 0);
    int received = take(port);

    pends += WSARecv(here, &buffer, 1, NULL, &flags, &second, NULL) != 0 &&
             WSAGetLastError() == WSA_IO_PENDING;
    CancelIoEx((HANDLE)here, &second);
    int cancelled = take(port);

    closesocket(here);
    closesocket(there);
    CloseHandle(port);
    WSACleanup();
    return pends == 2 && received && cancelled ? 0 : 1;
}
