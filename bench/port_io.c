/* SPDX-License-Identifier: MIT */
/*
 * Random 4 KiB overlapped reads or writes of one file, finished through a completion port.
 *   op=read|write  depth=N requests under way  threads=N in GetQueuedCompletionStatus  limit=N of
 * the port skip=1: FILE_SKIP_COMPLETION_PORT_ON_SUCCESS   direct=1: FILE_FLAG_NO_BUFFERING check=1:
 * also report how many threads were ever between two Gets at once Each block of the file starts
 * with its own number, and every read checks it.
 */
#include "measure.h"

#include <windows.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 4096u

struct request {
    OVERLAPPED ov; /* first: a packet names it */
    uint64_t block, seed;
    char *buffer;
};

struct counter {
    volatile uint64_t done;
    char apart[56];
};

enum { KEY_FILE = 1, KEY_START };

static struct {
    HANDLE file, port;
    BOOL write, skip, check;
    uint64_t blocks;
    LONG depth, threads;
} job;
static volatile LONG stop, retired, running, most_running;
static struct counter counters[MAXIMUM_WAIT_OBJECTS];

static void finished(struct request *r, DWORD bytes, DWORD error)
{
    if (error || bytes != BLOCK)
        die_code("a request ended short or failed", error);
    if (!job.write && memcmp(r->buffer, &r->block, 8))
        die_code("wrong data", 0);
}

static void retire(void)
{
    if (InterlockedIncrement(&retired) == job.depth)
        for (LONG i = 0; i < job.threads; i++)
            PostQueuedCompletionStatus(job.port, 0, 0, NULL);
}

/* Issues the slot's next request; with skip, goes on while requests succeed at once. */
static void issue(struct request *r, struct counter *counter)
{
    while (!stop) {
        r->block = random_next(&r->seed) % job.blocks;
        memset(&r->ov, 0, sizeof r->ov);
        r->ov.Offset = (DWORD)(r->block * BLOCK);
        r->ov.OffsetHigh = (DWORD)(r->block * BLOCK >> 32);
        if (job.write)
            memcpy(r->buffer, &r->block, 8);
        BOOL ok = job.write ? WriteFile(job.file, r->buffer, BLOCK, NULL, &r->ov)
                            : ReadFile(job.file, r->buffer, BLOCK, NULL, &r->ov);
        if (!ok && GetLastError() != ERROR_IO_PENDING)
            die_code("ReadFile or WriteFile", GetLastError());
        if (!ok || !job.skip)
            return;
        finished(r, (DWORD)r->ov.InternalHigh, 0);
        counter->done++;
    }
    retire();
}

static void running_enter(void)
{
    LONG now = InterlockedIncrement(&running);

    if (now > most_running)
        most_running = now;
}

static DWORD WINAPI worker(void *context)
{
    struct counter *counter = context;

    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov = NULL;
        BOOL ok = GetQueuedCompletionStatus(job.port, &bytes, &key, &ov, INFINITE);
        if (!ov)
            return 0;
        if (job.check)
            running_enter();
        if (key == KEY_FILE) {
            finished((struct request *)ov, bytes, ok ? 0 : GetLastError());
            counter->done++;
        }
        issue((struct request *)ov, counter);
        if (job.check)
            InterlockedDecrement(&running);
    }
}

static void file_open(const char *path, BOOL direct)
{
    LARGE_INTEGER size;

    job.file = CreateFileA(path, job.write ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ,
                           FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                           FILE_FLAG_OVERLAPPED | (direct ? FILE_FLAG_NO_BUFFERING : 0), NULL);
    if (job.file == INVALID_HANDLE_VALUE || !GetFileSizeEx(job.file, &size))
        die_code(path, GetLastError());
    job.blocks = (uint64_t)size.QuadPart / BLOCK;
}

static void port_open(DWORD limit)
{
    job.port = CreateIoCompletionPort(job.file, NULL, KEY_FILE, limit);
    if (!job.port)
        die_code("CreateIoCompletionPort", GetLastError());
    if (job.skip &&
        !SetFileCompletionNotificationModes(job.file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
        die_code("SetFileCompletionNotificationModes", GetLastError());
}

static uint64_t total(void)
{
    uint64_t sum = 0;

    for (LONG i = 0; i < job.threads; i++)
        sum += counters[i].done;
    return sum;
}

static struct request *requests_make(LONG count)
{
    struct request *requests = calloc((size_t)count, sizeof *requests);
    char *buffers = _aligned_malloc((size_t)count * BLOCK, BLOCK);

    if (!requests || !buffers)
        die("malloc");
    memset(buffers, 1, (size_t)count * BLOCK);
    for (LONG i = 0; i < count; i++) {
        requests[i].buffer = buffers + (size_t)i * BLOCK;
        requests[i].seed = 88172645463325252u + (uint64_t)i * 7919;
    }
    return requests;
}

int main(int argc, char **argv)
{
    const char *path = arg_text(argc, argv, "file", NULL);
    DWORD run_ms = (DWORD)arg_number(argc, argv, "ms", 1000);
    HANDLE threads[MAXIMUM_WAIT_OBJECTS];

    job.write = !strcmp(arg_text(argc, argv, "op", "read"), "write");
    job.skip = arg_number(argc, argv, "skip", 0) != 0;
    job.check = arg_number(argc, argv, "check", 0) != 0;
    job.depth = (LONG)arg_number(argc, argv, "depth", 1);
    job.threads = (LONG)arg_number(argc, argv, "threads", 1);
    if (!path || job.threads < 1 || job.threads > MAXIMUM_WAIT_OBJECTS || job.depth < 1)
        return 2;
    file_open(path, arg_number(argc, argv, "direct", 0) != 0);
    port_open((DWORD)arg_number(argc, argv, "limit", 0));
    struct request *requests = requests_make(job.depth);
    for (LONG i = 0; i < job.threads; i++)
        if (!(threads[i] = CreateThread(NULL, 0, worker, &counters[i], 0, NULL)))
            die_code("CreateThread", GetLastError());
    for (LONG i = 0; i < job.depth; i++)
        if (!PostQueuedCompletionStatus(job.port, 0, KEY_START, &requests[i].ov))
            die_code("PostQueuedCompletionStatus", GetLastError());
    Sleep(100);
    uint64_t first = total(), start = now_ns();
    double cpu = cpu_seconds();
    Sleep(run_ms);
    uint64_t ops = total() - first, elapsed = now_ns() - start;
    cpu = cpu_seconds() - cpu;
    stop = 1;
    WaitForMultipleObjects((DWORD)job.threads, threads, TRUE, INFINITE);
    if (job.check)
        report("running", most_running);
    report_rate((double)ops, elapsed, cpu);
    return 0;
}
