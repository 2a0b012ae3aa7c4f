/* SPDX-License-Identifier: MIT */
/*
 * How many times threads wake for one completion. Four threads sleep in Get; the main thread posts
 * a packet (what=post) or sends a byte to a socket with a receive pending (what=socket), and spins
 * until it has been taken, so that it adds no switch of its own. What threads of the library add is
 * reported apart.
 */
#include "measure.h"

#include "sockets.h"

#define THREADS 4

enum { KEY_POST = 1, KEY_SOCKET };

static HANDLE port;
static SOCKET pair[2];
static volatile LONG taken;

static void receive_issue(void)
{
    static char byte;
    static OVERLAPPED ov;
    WSABUF buffer = {1, &byte};
    DWORD bytes, flags = 0;

    memset(&ov, 0, sizeof ov);
    if (WSARecv(pair[0], &buffer, 1, &bytes, &flags, &ov, NULL) &&
        WSAGetLastError() != WSA_IO_PENDING)
        die_code("WSARecv", (uint32_t)WSAGetLastError());
}

static DWORD WINAPI worker(void *unused)
{
    for (;;) {
        ULONG_PTR key;
        DWORD bytes;
        OVERLAPPED *ov;
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE))
            die_code("GetQueuedCompletionStatus", GetLastError());
        if (!key)
            return 0;
        if (key == KEY_SOCKET)
            receive_issue();
        InterlockedIncrement(&taken);
    }
}

static void spin_us(uint64_t us)
{
    for (uint64_t end = now_ns() + us * 1000; now_ns() < end;)
        YieldProcessor();
}

static void complete_one(BOOL by_socket)
{
    LONG before = taken;

    if (by_socket ? send(pair[1], "x", 1, 0) != 1
                  : !PostQueuedCompletionStatus(port, 1, KEY_POST, NULL))
        die_code("send or post", GetLastError());
    while (taken == before)
        YieldProcessor();
    spin_us(60); /* long enough for the thread to sleep again */
}

int main(int argc, char **argv)
{
    BOOL by_socket = !strcmp(arg_text(argc, argv, "what", "post"), "socket");
    int64_t n = arg_number(argc, argv, "n", 10000);
    HANDLE threads[THREADS];

    sockets_start();
    socket_pair(pair);
    port = CreateIoCompletionPort((HANDLE)pair[0], NULL, KEY_SOCKET, 0);
    if (!port)
        die_code("CreateIoCompletionPort", GetLastError());
    for (int i = 0; i < THREADS; i++)
        if (!(threads[i] = CreateThread(NULL, 0, worker, NULL, 0, NULL)))
            die_code("CreateThread", GetLastError());
    if (by_socket)
        receive_issue();
    Sleep(100);
    for (int i = 0; i < 100; i++)
        complete_one(by_socket);
    int64_t waiters = switches_of_others(SWITCHES_PROGRAM);
    int64_t library = switches_of_others(SWITCHES_LIBRARY);
    for (int64_t i = 0; i < n; i++)
        complete_one(by_socket);
    waiters = switches_of_others(SWITCHES_PROGRAM) - waiters;
    library = switches_of_others(SWITCHES_LIBRARY) - library;
    for (int i = 0; i < THREADS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    report("per_completion", (double)waiters / (double)n);
    report("library", (double)library / (double)n);
    report_end();
    return 0;
}
