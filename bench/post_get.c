/* SPDX-License-Identifier: MIT */
/*
 * PostQueuedCompletionStatus to GetQueuedCompletionStatus: packets a second through one port.
 * producers=0: one thread posts and takes in turn; otherwise so many of each.
 */
#include "measure.h"

#include <windows.h>

static HANDLE port;
static int64_t per_producer;
static LONG64 volatile received;

static void post(DWORD bytes, ULONG_PTR key)
{
    if (!PostQueuedCompletionStatus(port, bytes, key, NULL))
        die_code("PostQueuedCompletionStatus", GetLastError());
}

static DWORD take(ULONG_PTR *key)
{
    DWORD bytes;
    OVERLAPPED *ov;

    if (!GetQueuedCompletionStatus(port, &bytes, key, &ov, INFINITE))
        die_code("GetQueuedCompletionStatus", GetLastError());
    return bytes;
}

static DWORD WINAPI produce(void *unused)
{
    for (int64_t i = 0; i < per_producer; i++)
        post((DWORD)i, 1);
    return 0;
}

static DWORD WINAPI consume(void *unused)
{
    LONG64 count = 0;
    ULONG_PTR key;

    for (take(&key); key; take(&key))
        count++;
    InterlockedExchangeAdd64(&received, count);
    post(0, 0); /* the next consumer stops too */
    return 0;
}

static void run_alone(int64_t n)
{
    ULONG_PTR key;

    for (int64_t i = 0; i < n; i++) {
        post((DWORD)i, 1);
        if (take(&key) != (DWORD)i)
            die_code("packet out of order", 0);
    }
}

static void threads_start(HANDLE *threads, int count, LPTHREAD_START_ROUTINE body)
{
    for (int i = 0; i < count; i++)
        if (!(threads[i] = CreateThread(NULL, 0, body, NULL, 0, NULL)))
            die_code("CreateThread", GetLastError());
}

static void threads_join(HANDLE *threads, int count)
{
    if (WaitForMultipleObjects((DWORD)count, threads, TRUE, INFINITE) == WAIT_FAILED)
        die_code("WaitForMultipleObjects", GetLastError());
    for (int i = 0; i < count; i++)
        CloseHandle(threads[i]);
}

static void run_threads(int producers, int consumers)
{
    HANDLE p[MAXIMUM_WAIT_OBJECTS], c[MAXIMUM_WAIT_OBJECTS];

    threads_start(c, consumers, consume);
    threads_start(p, producers, produce);
    threads_join(p, producers);
    post(0, 0);
    threads_join(c, consumers);
    if (received != per_producer * producers)
        die_code("packets lost", 0);
}

int main(int argc, char **argv)
{
    int producers = (int)arg_number(argc, argv, "producers", 0);
    int consumers = (int)arg_number(argc, argv, "consumers", producers);
    int64_t n = arg_number(argc, argv, "n", 2000000);

    if (producers > MAXIMUM_WAIT_OBJECTS || consumers > MAXIMUM_WAIT_OBJECTS ||
        (producers && !consumers))
        return 2;
    per_producer = producers ? n / producers : 0;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0,
                                  (DWORD)arg_number(argc, argv, "limit", 0));
    if (!port)
        die_code("CreateIoCompletionPort", GetLastError());
    run_alone(10000);
    double cpu = cpu_seconds();
    uint64_t start = now_ns();
    if (producers)
        run_threads(producers, consumers);
    else
        run_alone(n);
    report_rate((double)n, now_ns() - start, cpu_seconds() - cpu);
    CloseHandle(port);
    return 0;
}
