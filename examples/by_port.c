/* SPDX-License-Identifier: MIT */
/* The fourth way: a completion port. Any number of handles report to it, any number of threads take
 * from it; the port lets as many of them run as it was told. Four threads serve eight pipes here;
 * each message is answered in capitals. A packet with key 0, which no pipe has, tells a thread to
 * end. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

enum { PIPES = 8, THREADS = 4, MESSAGES = 50 };

struct pipe {
    OVERLAPPED overlapped; /* one request in flight for each pipe */
    HANDLE server, client;
    int writing;
    char data[32];
};

static struct pipe pipes[PIPES];
static HANDLE port;
static volatile LONG served[THREADS];

static void pipe_read(struct pipe *p)
{
    p->writing = 0;
    memset(&p->overlapped, 0, sizeof p->overlapped);
    /* Whether it ends at once or later, the port gets one packet for it; only an immediate error
     * has none. */
    if (!ReadFile(p->server, p->data, sizeof p->data, NULL, &p->overlapped) &&
        GetLastError() != ERROR_IO_PENDING && GetLastError() != ERROR_BROKEN_PIPE)
        printf("ReadFile: error %u\n", (unsigned)GetLastError());
}

static void pipe_answer(struct pipe *p, DWORD bytes)
{
    for (DWORD i = 0; i < bytes; i++)
        if (p->data[i] >= 'a' && p->data[i] <= 'z')
            p->data[i] -= 'a' - 'A';
    p->writing = 1;
    memset(&p->overlapped, 0, sizeof p->overlapped);
    if (!WriteFile(p->server, p->data, bytes, NULL, &p->overlapped) &&
        GetLastError() != ERROR_IO_PENDING)
        printf("WriteFile: error %u\n", (unsigned)GetLastError());
}

static DWORD WINAPI serve(void *number)
{
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        BOOL success = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        if (overlapped == NULL)
            return 0; /* a packet that we posted, or no port any more */
        struct pipe *p = CONTAINING_RECORD(overlapped, struct pipe, overlapped);
        InterlockedIncrement(&served[(INT_PTR)number]);
        if (!success)
            continue; /* the client has closed its end: nothing more to read */
        if (p->writing)
            pipe_read(p);
        else
            pipe_answer(p, bytes);
    }
}

static int pipe_open(struct pipe *p, int number)
{
    char name[64];
    snprintf(name, sizeof name, "\\\\.\\pipe\\by-port-%d", number);
    p->server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                 PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 4096, 4096, 0, NULL);
    p->client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (p->server == INVALID_HANDLE_VALUE || p->client == INVALID_HANDLE_VALUE ||
        CreateIoCompletionPort(p->server, port, (ULONG_PTR)number + 1, 0) != port)
        return 0;
    pipe_read(p);
    return 1;
}

int main(void)
{
    HANDLE threads[THREADS];
    int right = 0;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2); /* two at work at a time */
    for (int i = 0; i < PIPES; i++)
        if (!pipe_open(&pipes[i], i)) {
            printf("pipe %d: error %u\n", i, (unsigned)GetLastError());
            return 1;
        }
    for (INT_PTR i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, serve, (void *)i, 0, NULL);

    for (int round = 0; round < MESSAGES; round++)
        for (int i = 0; i < PIPES; i++) {
            char question[32], answer[32], want[32];
            DWORD bytes = 0;
            int length = snprintf(question, sizeof question, "message %d on %d", round, i);
            snprintf(want, sizeof want, "MESSAGE %d ON %d", round, i);
            WriteFile(pipes[i].client, question, (DWORD)length, &bytes, NULL);
            ReadFile(pipes[i].client, answer, sizeof answer, &bytes, NULL);
            right += bytes == (DWORD)length && !memcmp(answer, want, bytes);
        }

    for (int i = 0; i < THREADS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (int i = 0; i < THREADS; i++) {
        printf("Thread %d took %d packets.\n", i, (int)served[i]);
        CloseHandle(threads[i]);
    }
    for (int i = 0; i < PIPES; i++) {
        CloseHandle(pipes[i].client);
        CloseHandle(pipes[i].server);
    }
    CloseHandle(port);
    printf("by_port: %d of %d answers right\n", right, PIPES * MESSAGES);
    return right == PIPES * MESSAGES ? 0 : 1;
}
