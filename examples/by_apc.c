/* SPDX-License-Identifier: MIT */
/* The third way: a completion routine. ReadFileEx names a function; it runs on the thread that
 * issued the request, and only while that thread waits alertably (here in SleepEx). So no lock is
 * needed for what the routine shares with the rest of the thread. Each routine issues the next read
 * of its file. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 1000, FILE_BYTES = 10500 };

struct reader {
    OVERLAPPED overlapped; /* the routine finds the reader by it */
    HANDLE file;
    unsigned long long sum; /* of all bytes */
    DWORD total, error;
    int routines, done;
    unsigned char data[BLOCK];
};

static void CALLBACK block_read(DWORD error, DWORD bytes, OVERLAPPED *overlapped);

static void read_next(struct reader *r)
{
    r->overlapped.Offset = r->total;
    /* TRUE means: the routine will be called, however soon the data is there. The end of the file
     * may come as an immediate error or as the routine's. */
    if (!ReadFileEx(r->file, r->data, BLOCK, &r->overlapped, block_read)) {
        r->error = GetLastError();
        r->done = 1;
    }
}

static void CALLBACK block_read(DWORD error, DWORD bytes, OVERLAPPED *overlapped)
{
    struct reader *r = CONTAINING_RECORD(overlapped, struct reader, overlapped);
    r->routines++;
    if (error) {
        r->error = error;
        r->done = 1;
        return;
    }
    for (DWORD i = 0; i < bytes; i++)
        r->sum += r->data[i];
    r->total += bytes;
    read_next(r);
}

int main(void)
{
    static unsigned char content[FILE_BYTES];
    unsigned long long want = 0;
    DWORD bytes;
    for (unsigned i = 0; i < FILE_BYTES; i++)
        want += content[i] = (unsigned char)(i * 13);
    HANDLE made = CreateFileA("by_apc.tmp", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (made == INVALID_HANDLE_VALUE || !WriteFile(made, content, FILE_BYTES, &bytes, NULL)) {
        printf("cannot make by_apc.tmp: error %u\n", (unsigned)GetLastError());
        return 1;
    }
    CloseHandle(made);

    struct reader r;
    memset(&r, 0, sizeof r);
    r.file = CreateFileA("by_apc.tmp", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                         FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (r.file == INVALID_HANDLE_VALUE) {
        printf("cannot open by_apc.tmp: error %u\n", (unsigned)GetLastError());
        return 1;
    }
    read_next(&r);
    printf("Nothing has been called yet: %d routines.\n", r.routines);
    while (!r.done)
        SleepEx(INFINITE, TRUE); /* the routines run in here */
    CloseHandle(r.file);
    printf("%d routines read %u bytes; the last error was %u (%s).\n", r.routines,
           (unsigned)r.total, (unsigned)r.error,
           r.error == ERROR_HANDLE_EOF ? "the end of the file" : "unexpected");
    if (r.total != FILE_BYTES || r.sum != want || r.error != ERROR_HANDLE_EOF) {
        printf("by_apc: wrong\n");
        return 1;
    }
    printf("by_apc: done\n");
    return 0;
}
