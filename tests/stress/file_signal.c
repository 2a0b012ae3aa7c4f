/* SPDX-License-Identifier: MIT */
/* The first wait on a file's handle against a request that ends just then, many times over: a file that nobody has waited for keeps
 * its signal without a lock, and the wait must neither miss the end nor see one that has not come. */
#include "../tap.h"

#define ROUNDS 1000

static HANDLE server, client;
static volatile LONG go, ready; /* rounds */

static DWORD WINAPI feed(void *unused)
{
    (void)unused;
    for (LONG round = 1; round <= ROUNDS; round++) {
        while (tap_read(go) != round)
            SwitchToThread();
        for (volatile int pause = (round * 7) % 600; pause > 0; pause--)
            ;
        DWORD written;
        if (!WriteFile(client, "x", 1, &written, NULL) || written != 1)
            return 1;
        tap_write(ready, round);
    }
    return 0;
}

static BOOL round_open(LONG round)
{
    char name[100];
    snprintf(name, sizeof name, "\\\\.\\pipe\\signal-%u-%d", (unsigned)GetCurrentProcessId(), (int)round);
    server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 512, 512, 0, NULL);
    client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    return server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE;
}

static void round_close(LONG round)
{
    while (tap_read(ready) != round)
        SwitchToThread();
    CloseHandle(client);
    CloseHandle(server);
}

/* The read pends, the writer is let go, and the handle is waited for, for the first time. */
static void first_wait(void)
{
    int missed = 0, early = 0, wrong = 0;
    HANDLE writer = CreateThread(NULL, 0, feed, NULL, 0, NULL);
    for (LONG round = 1; round <= ROUNDS; round++) {
        char byte = 0;
        DWORD bytes = 0;
        OVERLAPPED ov;
        memset(&ov, 0, sizeof ov);
        if (!round_open(round)) {
            ok(0, "pipe %d was made", (int)round);
            return;
        }
        BOOL at_once = ReadFile(server, &byte, 1, NULL, &ov);
        wrong += at_once || GetLastError() != ERROR_IO_PENDING;
        if (round % 3 == 0)
            early += WaitForSingleObject(server, 0) != WAIT_TIMEOUT;
        tap_write(go, round);
        for (volatile int pause = (round * 13) % 900; pause > 0; pause--)
            ;
        if (round % 2 == 0)
            missed += WaitForSingleObject(server, PATIENCE_MS) != WAIT_OBJECT_0 || !HasOverlappedIoCompleted(&ov);
        wrong += !GetOverlappedResult(server, &ov, &bytes, TRUE) || bytes != 1 || byte != 'x';
        round_close(round);
    }
    is_int(thread_join(writer), 0, "the writer wrote all");
    ok(missed == 0, "no first wait missed the end of the request (%d)", missed);
    ok(early == 0, "none saw the file signalled before (%d)", early);
    ok(wrong == 0, "each read ended with its byte (%d)", wrong);
}

int main(void)
{
    tap_begin();
    part(first_wait);
    return tap_end();
}
