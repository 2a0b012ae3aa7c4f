/* SPDX-License-Identifier: MIT */
/*
 * A 64-byte message to and fro over a named pipe between two threads of one process; one operation
 * is one hop. overlapped=1: overlapped handles, each request waited for by its own event;
 * overlapped=0: synchronous handles.
 */
#include "measure.h"

#include <windows.h>
#include <string.h>

#define MESSAGE 64

struct end {
    HANDLE pipe, event;
};

static BOOL overlapped;
static int64_t rounds;
static int cores;
static struct end server, client;

static DWORD finish(struct end *e, BOOL ok, OVERLAPPED *ov)
{
    DWORD bytes;

    if (!ok && GetLastError() != ERROR_IO_PENDING)
        die_code("ReadFile or WriteFile", GetLastError());
    if (!GetOverlappedResult(e->pipe, ov, &bytes, TRUE))
        die_code("GetOverlappedResult", GetLastError());
    return bytes;
}

static void give(struct end *e)
{
    static const char message[MESSAGE] = "token";
    OVERLAPPED ov = {0};
    DWORD bytes = 0;

    ov.hEvent = e->event;
    BOOL ok =
        WriteFile(e->pipe, message, MESSAGE, overlapped ? NULL : &bytes, overlapped ? &ov : NULL);
    if (overlapped)
        bytes = finish(e, ok, &ov);
    if (bytes != MESSAGE)
        die_code("WriteFile", GetLastError());
}

static void take(struct end *e)
{
    char message[MESSAGE];
    DWORD got = 0;

    while (got < MESSAGE) {
        OVERLAPPED ov = {0};
        DWORD bytes = 0;

        ov.hEvent = e->event;
        BOOL ok = ReadFile(e->pipe, message + got, MESSAGE - got, overlapped ? NULL : &bytes,
                           overlapped ? &ov : NULL);
        if (overlapped)
            bytes = finish(e, ok, &ov);
        if (!bytes)
            die_code("ReadFile", GetLastError());
        got += bytes;
    }
    if (strcmp(message, "token"))
        die_code("wrong message", 0);
}

/* cores=2 keeps each thread on a core of its own, cores=1 both on one, cores=0 neither. */
static void place(int me)
{
    if (cores)
        pin_thread(cores == 2 ? me : 0);
}

static DWORD WINAPI partner(void *unused)
{
    place(1);
    for (int64_t i = 0; i < rounds; i++) {
        take(&client);
        give(&client);
    }
    return 0;
}

static void open_both(void)
{
    static const char name[] = "\\\\.\\pipe\\overlapped-bench-pingpong";
    DWORD flag = overlapped ? FILE_FLAG_OVERLAPPED : 0;

    server.pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | flag,
                                   PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL);
    if (server.pipe == INVALID_HANDLE_VALUE)
        die_code("CreateNamedPipe", GetLastError());
    client.pipe =
        CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flag, NULL);
    if (client.pipe == INVALID_HANDLE_VALUE)
        die_code("CreateFile", GetLastError());
    server.event = CreateEventA(NULL, TRUE, FALSE, NULL);
    client.event = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (!server.event || !client.event)
        die_code("CreateEvent", GetLastError());
}

int main(int argc, char **argv)
{
    rounds = arg_number(argc, argv, "n", 50000);
    cores = (int)arg_number(argc, argv, "cores", 0);
    overlapped = arg_number(argc, argv, "overlapped", 1) != 0;
    open_both();
    HANDLE thread = CreateThread(NULL, 0, partner, NULL, 0, NULL);
    if (!thread)
        die_code("CreateThread", GetLastError());
    place(0);
    double cpu = cpu_seconds();
    uint64_t start = now_ns();
    for (int64_t i = 0; i < rounds; i++) {
        give(&server);
        take(&server);
    }
    uint64_t elapsed = now_ns() - start;
    cpu = cpu_seconds() - cpu;
    WaitForSingleObject(thread, INFINITE);
    report_rate(2.0 * (double)rounds, elapsed, cpu);
    return 0;
}
