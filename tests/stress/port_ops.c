/* SPDX-License-Identifier: MIT */
/* Random operations on one completion port from eight threads: post, get, get-ex, read, write, cancel, close,
 * thread exit. Every packet must be taken exactly once, none lost; what one thread takes of one producer must
 * be in the order in which it was posted; requests on unbound handles end with their thread. Then the order
 * of waiting threads is checked exactly, in rounds. Usage: port_ops [operations] [seed] */
#include "../port_wait.h"

enum { WORKERS = 8, SLOTS = 16, REQUESTS = 4096 };

struct request {
    OVERLAPPED ov;
    struct request *next_free;
    volatile LONG in_flight; /* 1 from issue to the taking of its packet */
    char data[64];
};

/* A pipe whose server end is on the port. Shared for use, exclusive for close and open. */
struct slot {
    SRWLOCK lock;
    struct pipe_pair pipe;
    volatile LONG pending;
};

struct worker {
    int index;
    unsigned random;
    LONG operations_left;
    LONG posted;                 /* sequence of the next post */
    LONG last_taken[WORKERS];    /* per producer: the sequence taken last */
    volatile LONG *seen;         /* per sequence number of this producer: times taken */
    LONG capacity;
    struct pipe_pair own;        /* not on the port: its requests end with the thread */
    OVERLAPPED own_ov;
    char own_byte;
    int own_pending;
};

static HANDLE port;
static struct slot slots[SLOTS];
static struct worker workers[WORKERS];
static struct request requests[REQUESTS];
static struct request *free_requests;
static SRWLOCK free_lock = SRWLOCK_INIT;
static volatile LONG reads_issued, reads_taken, posts_made, posts_taken, packets_unknown;
static volatile LONG twice, out_of_order, bad_results, bad_status, exits, cancels, closes, not_cancelled;

#define POST_MARK ((ULONG_PTR)1 << 62)

static unsigned next_random(struct worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 17;
    w->random ^= w->random << 5;
    return w->random;
}

static struct request *request_get(void)
{
    AcquireSRWLockExclusive(&free_lock);
    struct request *r = free_requests;
    if (r)
        free_requests = r->next_free;
    ReleaseSRWLockExclusive(&free_lock);
    return r;
}

static void request_put(struct request *r)
{
    AcquireSRWLockExclusive(&free_lock);
    r->next_free = free_requests;
    free_requests = r;
    ReleaseSRWLockExclusive(&free_lock);
}

static void slot_open(struct slot *slot)
{
    slot->pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    slot->pending = 0;
    if (CreateIoCompletionPort(slot->pipe.server, port, (ULONG_PTR)(slot - slots), 0) != port)
        InterlockedIncrement(&bad_results);
}

/* What was taken from the port by worker `w`. */
static void packet_taken(struct worker *w, DWORD bytes, ULONG_PTR key, OVERLAPPED *ov)
{
    if (key & POST_MARK) {
        unsigned producer = (unsigned)(key >> 32) & 0xff;
        LONG sequence = (LONG)(key & 0x7fffffff);
        if (producer >= WORKERS || sequence >= workers[producer].capacity || bytes != (DWORD)sequence || ov) {
            InterlockedIncrement(&packets_unknown);
            return;
        }
        if (InterlockedIncrement(&workers[producer].seen[sequence]) != 1)
            InterlockedIncrement(&twice);
        if (sequence <= w->last_taken[producer])
            InterlockedIncrement(&out_of_order);
        w->last_taken[producer] = sequence;
        InterlockedIncrement(&posts_taken);
        return;
    }
    struct request *r = CONTAINING_RECORD(ov, struct request, ov);
    if (r < requests || r >= requests + REQUESTS || key >= SLOTS) {
        InterlockedIncrement(&packets_unknown);
        return;
    }
    if (InterlockedExchange(&r->in_flight, 0) != 1)
        InterlockedIncrement(&twice);
    /* InternalHigh says something only about a success. */
    if (!HasOverlappedIoCompleted(ov) || (ov->Internal == 0 && bytes != (DWORD)ov->InternalHigh))
        InterlockedIncrement(&bad_status);
    InterlockedIncrement(&reads_taken);
    request_put(r);
}

static int do_get(struct worker *w, DWORD timeout)
{
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    OVERLAPPED *ov = NULL;
    BOOL result = GetQueuedCompletionStatus(port, &bytes, &key, &ov, timeout);
    if (!result && !ov) {
        if (GetLastError() != WAIT_TIMEOUT)
            InterlockedIncrement(&bad_results);
        return 0;
    }
    packet_taken(w, bytes, key, ov);
    return 1;
}

static int do_get_ex(struct worker *w, DWORD timeout)
{
    OVERLAPPED_ENTRY entries[8];
    ULONG taken = 0;
    if (!GetQueuedCompletionStatusEx(port, entries, 1 + next_random(w) % 8, &taken, timeout, FALSE)) {
        if (GetLastError() != WAIT_TIMEOUT)
            InterlockedIncrement(&bad_results);
        return 0;
    }
    for (ULONG i = 0; i < taken; i++)
        packet_taken(w, entries[i].dwNumberOfBytesTransferred, entries[i].lpCompletionKey, entries[i].lpOverlapped);
    return (int)taken;
}

static void do_post(struct worker *w)
{
    if (w->posted >= w->capacity)
        return;
    LONG sequence = w->posted++;
    ULONG_PTR key = POST_MARK | (ULONG_PTR)w->index << 32 | (ULONG_PTR)sequence;
    if (PostQueuedCompletionStatus(port, (DWORD)sequence, key, NULL))
        InterlockedIncrement(&posts_made);
    else
        InterlockedIncrement(&bad_results);
}

static void do_read(struct worker *w, struct slot *slot)
{
    struct request *r = request_get();
    if (!r)
        return;
    memset(&r->ov, 0, sizeof r->ov);
    InterlockedExchange(&r->in_flight, 1);
    InterlockedIncrement(&reads_issued);
    InterlockedIncrement(&slot->pending);
    if (!ReadFile(slot->pipe.server, r->data, 1 + next_random(w) % sizeof r->data, NULL, &r->ov) &&
        GetLastError() != ERROR_IO_PENDING) {
        /* An immediate error queues no packet. */
        note("ReadFile: %u", (unsigned)GetLastError());
        InterlockedIncrement(&bad_results);
        InterlockedDecrement(&reads_issued);
        InterlockedExchange(&r->in_flight, 0);
        request_put(r);
    }
}

static void do_write(struct worker *w, struct slot *slot)
{
    DWORD done;
    if (InterlockedExchange(&slot->pending, 0) == 0)
        return; /* so that the pipe never fills and the write never blocks for long */
    if (!WriteFile(slot->pipe.client, "0123456789abcdef", 1 + next_random(w) % 16, &done, NULL))
        InterlockedIncrement(&bad_results);
}

static void do_cancel(struct worker *w, struct slot *slot)
{
    InterlockedIncrement(&cancels);
    if (next_random(w) % 2)
        CancelIo(slot->pipe.server);
    else if (!CancelIoEx(slot->pipe.server, NULL) && GetLastError() != ERROR_NOT_FOUND)
        InterlockedIncrement(&bad_results);
}

static void do_close(struct slot *slot)
{
    InterlockedIncrement(&closes);
    CloseHandle(slot->pipe.server);
    CloseHandle(slot->pipe.client);
    slot_open(slot);
}

/* A read on the worker's own pipe, left pending when the thread ends. */
static void do_own_read(struct worker *w)
{
    if (w->own_pending)
        return;
    memset(&w->own_ov, 0, sizeof w->own_ov);
    w->own_pending = 1;
    if (ReadFile(w->own.server, &w->own_byte, 1, NULL, &w->own_ov) || GetLastError() != ERROR_IO_PENDING)
        InterlockedIncrement(&bad_results);
}

static void do_one(struct worker *w)
{
    unsigned choice = next_random(w) % 1000;
    struct slot *slot = &slots[next_random(w) % SLOTS];
    if (choice < 330) {
        do_post(w);
    } else if (choice < 560) {
        do_get(w, choice % 20 ? 0 : 1);
    } else if (choice < 680) {
        do_get_ex(w, choice % 20 ? 0 : 1);
    } else if (choice < 685) {
        do_own_read(w);
    } else if (choice < 690) {
        AcquireSRWLockExclusive(&slot->lock);
        do_close(slot);
        ReleaseSRWLockExclusive(&slot->lock);
    } else {
        AcquireSRWLockShared(&slot->lock);
        if (choice < 840)
            do_read(w, slot);
        else if (choice < 970)
            do_write(w, slot);
        else
            do_cancel(w, slot);
        ReleaseSRWLockShared(&slot->lock);
    }
}

/* Ends after all its operations, or now and then before: exit code 1 asks for a successor. */
static DWORD WINAPI work(void *argument)
{
    struct worker *w = argument;
    while (w->operations_left > 0) {
        w->operations_left--;
        if (next_random(w) % 4000 == 0) {
            InterlockedIncrement(&exits);
            if (next_random(w) % 2)
                ExitThread(1);
            return 1;
        }
        do_one(w);
    }
    return 0;
}

/* The request that the ended thread left on an unbound handle must be over. */
static void own_request_ended(struct worker *w)
{
    if (!w->own_pending)
        return;
    ULONGLONG start = GetTickCount64();
    while (!HasOverlappedIoCompleted(&w->own_ov) && GetTickCount64() - start < PATIENCE_MS)
        SwitchToThread();
    if ((DWORD)w->own_ov.Internal != 0xC0000120u)
        InterlockedIncrement(&not_cancelled);
    w->own_pending = 0;
}

static void begin(LONG operations, unsigned seed)
{
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, WORKERS);
    for (int i = 0; i < REQUESTS; i++)
        request_put(&requests[i]);
    for (int i = 0; i < SLOTS; i++)
        slot_open(&slots[i]);
    for (int i = 0; i < WORKERS; i++) {
        struct worker *w = &workers[i];
        w->index = i;
        w->random = (seed * 2654435761u + (unsigned)i * 40503u) | 1u;
        w->operations_left = operations / WORKERS;
        w->capacity = operations / WORKERS;
        w->seen = calloc((size_t)w->capacity + 1, sizeof *w->seen);
        w->own = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
        for (int k = 0; k < WORKERS; k++)
            w->last_taken[k] = -1;
    }
}

static void run_workers(void)
{
    HANDLE threads[WORKERS];
    int alive = WORKERS;
    for (int i = 0; i < WORKERS; i++)
        threads[i] = thread_start(work, &workers[i]);
    while (alive) {
        DWORD code = 1, which = WaitForMultipleObjects(WORKERS, threads, FALSE, 120000);
        if (which >= WORKERS) {
            ok(0, "workers come to their end (wait says %u)", (unsigned)which);
            _Exit(3);
        }
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
        GetExitCodeThread(threads[which], &code);
        CloseHandle(threads[which]);
        own_request_ended(&workers[which]);
        if (code == 1) {
            threads[which] = thread_start(work, &workers[which]);
        } else {
            alive--;
            threads[which] = event_manual(); /* stands in for a worker that is done */
        }
    }
    for (int i = 0; i < WORKERS; i++)
        CloseHandle(threads[i]);
}

/* Everything is closed: what was pending is cancelled; then all packets are taken. */
static void drain(void)
{
    struct worker *w = &workers[0];
    for (int i = 0; i < SLOTS; i++) {
        CloseHandle(slots[i].pipe.server);
        CloseHandle(slots[i].pipe.client);
    }
    ULONGLONG start = GetTickCount64();
    while ((reads_taken < reads_issued || posts_taken < posts_made) && GetTickCount64() - start < PATIENCE_MS)
        do_get_ex(w, 100);
}

static LONG operations = 1000000;
static unsigned seed = 1;

static void random_operations(void)
{
    begin(operations, seed);
    run_workers();
    drain();
    note("%d operations, seed %u: %d posts, %d reads, %d cancels, %d closes, %d thread exits", (int)operations, seed,
         (int)posts_made, (int)reads_issued, (int)cancels, (int)closes, (int)exits);
    is_int(posts_taken, posts_made, "every posted packet was taken");
    is_int(reads_taken, reads_issued, "every read that was issued had its packet");
    is_int(twice, 0, "none twice");
    is_int(packets_unknown, 0, "none that nobody sent");
    is_int(out_of_order, 0, "what a thread takes of one producer is in order");
    is_int(bad_results, 0, "no call failed that must not");
    is_int(bad_status, 0, "every status block was written when its packet was taken");
    is_int(not_cancelled, 0, "requests on unbound handles were cancelled when their thread ended");
    int in_flight = 0, missed = 0;
    for (int i = 0; i < REQUESTS; i++)
        in_flight += requests[i].in_flight != 0;
    for (int i = 0; i < WORKERS; i++)
        for (LONG k = 0; k < workers[i].posted; k++)
            missed += workers[i].seen[k] != 1;
    is_int(in_flight, 0, "no request is still in flight");
    is_int(missed, 0, "each sequence number exactly once");
    int extra = 0;
    while (do_get(&workers[0], 0))
        extra++;
    is_int(extra, 0, "nothing is left in the queue");
}

/* --- the order of waiting threads ---------------------------------------------------------------- */

enum { WAITERS = 4, ROUNDS = 30 };
static HANDLE turn[WAITERS], told;
static volatile LONG taken_by;

static DWORD WINAPI waiter(void *argument)
{
    int me = (int)(INT_PTR)argument;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    for (;;) {
        WaitForSingleObject(turn[me], INFINITE);
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE) || key == 0)
            return 0;
        InterlockedExchange(&taken_by, me);
        SetEvent(told);
    }
}

/* Threads are lined up in a random order, one at a time; packets must take them from the back. */
static void newest_waiter_first(void)
{
    HANDLE threads[WAITERS];
    struct worker random = {.random = seed | 1u};
    int wrong = 0;
    told = event_auto();
    for (int i = 0; i < WAITERS; i++) {
        turn[i] = event_auto();
        threads[i] = thread_start(waiter, (void *)(INT_PTR)i);
    }
    for (int round = 0; round < ROUNDS; round++) {
        int order[WAITERS] = {0, 1, 2, 3};
        for (int i = WAITERS - 1; i > 0; i--) {
            int k = (int)(next_random(&random) % (unsigned)(i + 1)), t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
        for (int i = 0; i < WAITERS; i++) {
            SetEvent(turn[order[i]]);
            if (!port_waiters_reach(port, (unsigned)i + 1))
                wrong++;
        }
        for (int i = WAITERS - 1; i >= 0; i--) {
            PostQueuedCompletionStatus(port, 0, 1, NULL);
            if (!signalled_soon(told) || taken_by != order[i])
                wrong++;
        }
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
    }
    is_int(wrong, 0, "%d rounds of 4 waiters: the newest takes each packet", ROUNDS);
    for (int i = 0; i < WAITERS; i++) {
        SetEvent(turn[i]);
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    }
    for (int i = 0; i < WAITERS; i++)
        thread_join(threads[i]);
}

int main(int argc, char **argv)
{
    tap_begin();
    if (argc > 1)
        operations = atoi(argv[1]);
    if (argc > 2)
        seed = (unsigned)strtoul(argv[2], NULL, 0);
    part(random_operations);
    part(newest_waiter_first);
    CloseHandle(port);
    return tap_end();
}
