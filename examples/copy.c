/* SPDX-License-Identifier: MIT */
/* Copies a file through a completion port, with many requests under way at once. A block is read
 * and, when its packet comes, written to the same place; when that packet comes, its buffer reads
 * the next block. So reads and writes overlap each other and the disk is never idle. One thread
 * does it all.
 *
 *   copy [options] SOURCE TARGET
 *     -n N   requests in flight (32)          -b N   block size in KiB (256)
 *     -u     unbuffered: past the file cache  -q     no progress bar */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 4096u /* a multiple of every disk's sector size */

struct block {
    OVERLAPPED overlapped;
    unsigned char *data;
    DWORD length; /* of file data in it */
    int writing;
};

static HANDLE source, target, port;
static LONGLONG size, next_offset, written;
static DWORD block_size = 256 * 1024;
static unsigned block_count = 32, in_flight;
static int unbuffered, quiet;
static double started;

static double seconds(void)
{
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart / (double)frequency.QuadPart;
}

static int fail(const char *what, const char *name)
{
    printf("\ncopy: %s %s: error %u\n", what, name, (unsigned)GetLastError());
    return 1;
}

static void progress(int last)
{
    static double shown;
    double now = seconds(), part = size ? (double)written / (double)size : 1;
    if (quiet || (!last && now - shown < 0.1))
        return;
    shown = now;
    char bar[41];
    for (int i = 0; i < 40; i++)
        bar[i] = i < (int)(part * 40) ? '#' : '.';
    bar[40] = 0;
    fprintf(stderr, "\r[%s] %3d%%  %.0f MiB/s ", bar, (int)(part * 100),
            (double)written / (1 << 20) / (now - started + 1e-9));
    if (last)
        fprintf(stderr, "\n");
}

static LONGLONG block_offset(const struct block *b)
{
    return (LONGLONG)b->overlapped.OffsetHigh << 32 | b->overlapped.Offset;
}

static BOOL accepted(BOOL result)
{
    /* Done at once or pending: in both cases the port gets a packet. */
    if (!result && GetLastError() != ERROR_IO_PENDING)
        return FALSE;
    in_flight++;
    return TRUE;
}

/* Begins to read the next block of the file; nothing where there is none. */
static BOOL block_read(struct block *b)
{
    if (next_offset >= size)
        return TRUE;
    LONGLONG left = size - next_offset;
    memset(&b->overlapped, 0, sizeof b->overlapped);
    b->overlapped.Offset = (DWORD)next_offset;
    b->overlapped.OffsetHigh = (DWORD)(next_offset >> 32);
    b->length = left < block_size ? (DWORD)left : block_size;
    b->writing = 0;
    next_offset += b->length;
    /* Unbuffered requests are whole sectors; the last read then ends early, at the end of the file.
     */
    return accepted(
        ReadFile(source, b->data, unbuffered ? block_size : b->length, NULL, &b->overlapped));
}

static BOOL block_write(struct block *b)
{
    DWORD length = b->length, low = b->overlapped.Offset, high = b->overlapped.OffsetHigh;
    if (unbuffered) {
        DWORD whole = (length + SECTOR - 1) / SECTOR * SECTOR;
        memset(b->data + length, 0, whole - length);
        length = whole; /* the target is cut to its size in the end */
    }
    memset(&b->overlapped, 0, sizeof b->overlapped);
    b->overlapped.Offset = low;
    b->overlapped.OffsetHigh = high;
    b->writing = 1;
    return accepted(WriteFile(target, b->data, length, NULL, &b->overlapped));
}

/* One packet. FALSE: something failed, the last error says what. */
static BOOL step(void)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    BOOL success = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
    if (overlapped != NULL)
        in_flight--;
    if (!success)
        return FALSE;
    struct block *b = CONTAINING_RECORD(overlapped, struct block, overlapped);
    if (b->writing) {
        if (bytes < b->length) {
            SetLastError(ERROR_WRITE_FAULT);
            return FALSE;
        }
        written += b->length;
        progress(0);
        return block_read(b);
    }
    if (bytes < b->length) { /* somebody cut the source meanwhile */
        printf("\ncopy: the source ends at %lld\n", (long long)(block_offset(b) + bytes));
        SetLastError(ERROR_HANDLE_EOF);
        return FALSE;
    }
    return block_write(b);
}

static int set_size(LONGLONG length)
{
    FILE_END_OF_FILE_INFO end;
    end.EndOfFile.QuadPart = length;
    return SetFileInformationByHandle(target, FileEndOfFileInfo, &end, sizeof end);
}

static int copy(const char *target_name)
{
    int good = 1;
    struct block *blocks = calloc(block_count, sizeof *blocks);
    /* Page-aligned memory, as unbuffered requests need it. */
    unsigned char *memory = VirtualAlloc(NULL, (SIZE_T)block_count * block_size,
                                         MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (blocks == NULL || memory == NULL)
        return fail("no memory for", "the blocks");
    for (unsigned i = 0; good && i < block_count; i++) {
        blocks[i].data = memory + (SIZE_T)i * block_size;
        good = block_read(&blocks[i]);
    }
    while (good && in_flight > 0)
        good = step();
    DWORD error = GetLastError();
    if (!good) { /* buffers are ours again only when every request has ended */
        CancelIoEx(source, NULL);
        CancelIoEx(target, NULL);
        while (in_flight > 0) {
            DWORD bytes;
            ULONG_PTR key;
            OVERLAPPED *overlapped = NULL;
            GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
            in_flight -= overlapped != NULL;
        }
        SetLastError(error);
    }
    VirtualFree(memory, 0, MEM_RELEASE);
    free(blocks);
    return good ? 0 : fail("cannot copy to", target_name);
}

static int usage(void)
{
    printf("copy [-n requests] [-b KiB] [-u] [-q] SOURCE TARGET\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *names[2];
    int given = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-u"))
            unbuffered = 1;
        else if (!strcmp(argv[i], "-q"))
            quiet = 1;
        else if (!strcmp(argv[i], "-n") && i + 1 < argc)
            block_count = (unsigned)atoi(argv[++i]);
        else if (!strcmp(argv[i], "-b") && i + 1 < argc)
            block_size = (DWORD)atoi(argv[++i]) * 1024;
        else if (given < 2 && argv[i][0] != '-')
            names[given++] = argv[i];
        else
            return usage();
    }
    if (given < 2 || block_count < 1 || block_count > 4096 || block_size < SECTOR ||
        block_size > 1u << 26 || block_size % SECTOR)
        return usage();

    DWORD flags =
        FILE_FLAG_OVERLAPPED | (unbuffered ? FILE_FLAG_NO_BUFFERING : FILE_FLAG_SEQUENTIAL_SCAN);
    LARGE_INTEGER length;
    source = CreateFileA(names[0], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, flags, NULL);
    if (source == INVALID_HANDLE_VALUE || !GetFileSizeEx(source, &length))
        return fail("cannot open", names[0]);
    size = length.QuadPart;
    target =
        CreateFileA(names[1], GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, flags, NULL);
    if (target == INVALID_HANDLE_VALUE ||
        !set_size(size)) /* its room is known from the beginning */
        return fail("cannot make", names[1]);
    port = CreateIoCompletionPort(source, NULL, 1, 1);
    if (port == NULL || CreateIoCompletionPort(target, port, 2, 0) != port)
        return fail("cannot make the port for", names[0]);

    started = seconds();
    if (copy(names[1]))
        return 1;
    progress(1);
    if (!set_size(size) ||
        !FlushFileBuffers(target)) /* exactly as long as the source, and on the disk */
        return fail("cannot finish", names[1]);
    double took = seconds() - started;
    CloseHandle(source);
    CloseHandle(target);
    CloseHandle(port);
    printf("copy: %lld bytes in %.3f s, %.0f MiB/s, %u requests of %u KiB in flight%s\n",
           (long long)size, took, (double)size / (1 << 20) / (took + 1e-9), block_count,
           (unsigned)(block_size / 1024), unbuffered ? ", unbuffered" : "");
    return 0;
}
