/* SPDX-License-Identifier: MIT */
/* Completion ports in ordinary use: one port, files and pipes, several requests, several threads.
 * The fourteen rules one by one are in port_rules.c. Rules: spec section 7. */
#include "../tap.h"

static BOOL take(HANDLE port, DWORD timeout, DWORD *bytes, ULONG_PTR *key, OVERLAPPED **ov)
{
    *bytes = 0xabab;
    *key = 0xcdcd;
    *ov = NULL;
    SetLastError(0);
    return GetQueuedCompletionStatus(port, bytes, key, ov, timeout);
}

/* Reads of a file at 16 offsets, all in flight; each packet belongs to its request. */
static void file_reads(void)
{
    enum { N = 16, BLOCK = 4096 };
    static unsigned char data[N][BLOCK];
    static OVERLAPPED ovs[N];
    const char *name = temp_name("port");
    HANDLE file = file_with_pattern(name, N * BLOCK, FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(file, NULL, 0xf11e, 0);
    int wrong = 0, seen[N] = {0}, content = 1;
    ok(port != NULL, "create and associate in one call");
    for (int i = 0; i < N; i++) {
        ovs[i].Offset = (DWORD)((N - 1 - i) * BLOCK);
        if (!ReadFile(file, data[i], BLOCK, NULL, &ovs[i]) && GetLastError() != ERROR_IO_PENDING)
            wrong++;
    }
    is_int(wrong, 0, "16 reads issued");
    for (int i = 0; i < N; i++) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov;
        if (!take(port, PATIENCE_MS, &bytes, &key, &ov) || bytes != BLOCK || key != 0xf11e || ov < ovs || ov >= ovs + N)
            wrong++;
        else
            seen[ov - ovs]++;
    }
    is_int(wrong, 0, "16 packets with the right bytes and key");
    for (int i = 0; i < N; i++) {
        content &= seen[i] == 1;
        for (unsigned k = 0; k < BLOCK; k++)
            content &= data[i][k] == pattern_byte((unsigned)(N - 1 - i) * BLOCK + k);
    }
    ok(content, "one for each request, the data in place");
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov, last;
    memset(&last, 0, sizeof last);
    last.Offset = N * BLOCK;
    /* End of file: immediately (no packet) or as a packet. */
    BOOL result = ReadFile(file, data[0], BLOCK, NULL, &last);
    DWORD error = GetLastError();
    ok(!result && (error == ERROR_HANDLE_EOF || error == ERROR_IO_PENDING), "a read at the end");
    if (error == ERROR_IO_PENDING)
        fails_with(take(port, PATIENCE_MS, &bytes, &key, &ov), ERROR_HANDLE_EOF, "its packet says 38");
    else
        fails_with(take(port, BLOCKED_MS, &bytes, &key, &ov), WAIT_TIMEOUT, "no packet for an immediate error");
    CloseHandle(file);
    CloseHandle(port);
    DeleteFileA(name);
}

/* Several handles, several keys. */
static void keys(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct pipe_pair pipes[5];
    OVERLAPPED ovs[5];
    char data[5];
    int wrong = 0;
    memset(ovs, 0, sizeof ovs);
    for (int i = 0; i < 5; i++) {
        pipes[i] = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
        wrong += CreateIoCompletionPort(pipes[i].server, port, (ULONG_PTR)(100 + i), 0) != port;
        ReadFile(pipes[i].server, &data[i], 1, NULL, &ovs[i]);
    }
    is_int(wrong, 0, "five pipes on one port");
    for (int i = 4; i >= 0; i--) {
        char byte = (char)('a' + i);
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov;
        write_all(pipes[i].client, &byte, 1);
        if (!take(port, PATIENCE_MS, &bytes, &key, &ov) || key != (ULONG_PTR)(100 + i) || ov != &ovs[i] ||
            data[i] != byte)
            wrong++;
    }
    is_int(wrong, 0, "each packet carries its handle's key");
    for (int i = 0; i < 5; i++)
        pipe_pair_close(&pipes[i]);
    CloseHandle(port);
}

/* Packets leave in the order in which they came. */
static void fifo(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    int right = 1;
    for (DWORD i = 0; i < 1000; i++)
        PostQueuedCompletionStatus(port, i, i * 2, (OVERLAPPED *)(ULONG_PTR)(i * 16));
    for (DWORD i = 0; i < 1000; i++) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov;
        right &= take(port, 0, &bytes, &key, &ov) && bytes == i && key == i * 2 &&
                 ov == (OVERLAPPED *)(ULONG_PTR)(i * 16);
    }
    ok(right, "1000 packets, first in, first out");
    CloseHandle(port);
}

/* Two threads serve what another posts; every packet exactly once. */
enum { PACKETS = 20000 };
static volatile LONG seen[PACKETS];

static DWORD WINAPI server(void *port)
{
    DWORD served = 0, bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    while (GetQueuedCompletionStatus(port, &bytes, &key, &ov, PATIENCE_MS) && key) {
        InterlockedIncrement(&seen[bytes]);
        served++;
    }
    return served;
}

static void threads(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), serving[3];
    for (int i = 0; i < 3; i++)
        serving[i] = thread_start(server, port);
    for (DWORD i = 0; i < PACKETS; i++)
        PostQueuedCompletionStatus(port, i, 1, NULL);
    for (int i = 0; i < 3; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    DWORD total = 0;
    for (int i = 0; i < 3; i++)
        total += thread_join(serving[i]);
    is_int(total, PACKETS, "three threads serve 20000 packets");
    int once = 1;
    for (int i = 0; i < PACKETS; i++)
        once &= seen[i] == 1;
    ok(once, "each exactly once");
    CloseHandle(port);
}

/* GetOverlappedResult works on a port-bound handle as well: with an event, waiting elsewhere. */
static void result_on_bound_handle(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE port = CreateIoCompletionPort(pipe.server, NULL, 1, 0);
    OVERLAPPED ov, *got;
    char byte;
    DWORD bytes;
    ULONG_PTR key;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    ReadFile(pipe.server, &byte, 1, NULL, &ov);
    ok(write_all(pipe.client, "g", 1), "data");
    ok(GetOverlappedResult(pipe.server, &ov, &bytes, TRUE) && bytes == 1, "GetOverlappedResult waits on the event");
    ok(take(port, PATIENCE_MS, &bytes, &key, &got) && got == &ov, "the packet is there nevertheless");
    CloseHandle(ov.hEvent);
    pipe_pair_close(&pipe);
    CloseHandle(port);
}

int main(void)
{
    tap_begin();
    part(file_reads);
    part(keys);
    part(fifo);
    part(threads);
    part(result_on_bound_handle);
    return tap_end();
}
