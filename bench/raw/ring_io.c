/* SPDX-License-Identifier: MIT */
/*
 * Baseline of port_io: random 4 KiB reads or writes of a file by io_uring, one ring per thread.
 * best=0 is a plain ring as a first program would set it up; best=1 has SINGLE_ISSUER,
 * DEFER_TASKRUN, a registered file and registered buffers. op=pread does the same work by pread(2).
 * Each block of the file starts with its own number, and every read checks it.
 */
#include "raw.h"

#include <fcntl.h>
#include <liburing.h>
#include <sys/stat.h>

#define BLOCK 4096u

static struct {
    int file, depth, threads;
    bool write, pread, best;
    uint64_t blocks;
} job;
static atomic_bool stop;
struct counter {
    _Alignas(64) _Atomic uint64_t done;
};
static struct counter counters[64];

struct slot {
    uint64_t block;
};

static void ring_open(struct io_uring *ring, char *buffers)
{
    struct io_uring_params params = {0};

    if (job.best)
        params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    int error = io_uring_queue_init_params((unsigned)job.depth, ring, &params);
    if (error) {
        errno = -error;
        die("io_uring_queue_init");
    }
    if (!job.best)
        return;
    struct iovec all = {buffers, (size_t)job.depth * BLOCK};
    if (io_uring_register_files(ring, &job.file, 1) || io_uring_register_buffers(ring, &all, 1) ||
        io_uring_register_ring_fd(ring) < 0)
        die("io_uring_register");
}

static void ring_issue(struct io_uring *ring, struct slot *slots, char *buffers, unsigned i,
                       uint64_t *seed)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    char *buffer = buffers + (size_t)i * BLOCK;
    int file = job.best ? 0 : job.file;

    slots[i].block = random_next(seed) % job.blocks;
    uint64_t offset = slots[i].block * BLOCK;
    if (job.write) {
        memcpy(buffer, &slots[i].block, 8);
        if (job.best)
            io_uring_prep_write_fixed(sqe, file, buffer, BLOCK, offset, 0);
        else
            io_uring_prep_write(sqe, file, buffer, BLOCK, offset);
    } else if (job.best) {
        io_uring_prep_read_fixed(sqe, file, buffer, BLOCK, offset, 0);
    } else {
        io_uring_prep_read(sqe, file, buffer, BLOCK, offset);
    }
    if (job.best)
        sqe->flags |= IOSQE_FIXED_FILE;
    sqe->user_data = i;
}

static void block_check(const char *buffer, uint64_t block)
{
    if (memcmp(buffer, &block, 8)) {
        errno = EIO;
        die("wrong data");
    }
}

static void *ring_worker(void *context)
{
    int id = (int)(intptr_t)context;
    uint64_t seed = 88172645463325252u + (uint64_t)id * 7919, done = 0;
    char *buffers = aligned_alloc(BLOCK, (size_t)job.depth * BLOCK);
    struct slot *slots = calloc((size_t)job.depth, sizeof *slots);
    struct io_uring ring;
    unsigned pending = 0;

    if (!buffers || !slots)
        die("malloc");
    memset(buffers, 1, (size_t)job.depth * BLOCK);
    ring_open(&ring, buffers);
    for (unsigned i = 0; i < (unsigned)job.depth; i++, pending++)
        ring_issue(&ring, slots, buffers, i, &seed);
    while (pending) {
        int error = io_uring_submit_and_wait(&ring, 1);
        if (error < 0 && error != -EINTR) {
            errno = -error;
            die("io_uring_enter");
        }
        struct io_uring_cqe *cqe;
        unsigned head, seen = 0;
        bool more = !atomic_load_explicit(&stop, memory_order_relaxed);
        io_uring_for_each_cqe(&ring, head, cqe)
        {
            unsigned i = (unsigned)cqe->user_data;
            if (cqe->res != (int)BLOCK) {
                errno = cqe->res < 0 ? -cqe->res : EIO;
                die("ring operation");
            }
            if (!job.write)
                block_check(buffers + (size_t)i * BLOCK, slots[i].block);
            seen++;
            if (more)
                ring_issue(&ring, slots, buffers, i, &seed);
            else
                pending--;
        }
        io_uring_cq_advance(&ring, seen);
        done += seen;
        atomic_store_explicit(&counters[id].done, done, memory_order_relaxed);
    }
    io_uring_queue_exit(&ring);
    free(slots);
    free(buffers);
    return NULL;
}

static void *call_worker(void *context)
{
    int id = (int)(intptr_t)context;
    uint64_t seed = 88172645463325252u + (uint64_t)id * 7919, done = 0;
    char *buffer = aligned_alloc(BLOCK, BLOCK);

    if (!buffer)
        die("malloc");
    memset(buffer, 1, BLOCK);
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        uint64_t block = random_next(&seed) % job.blocks;
        memcpy(buffer, &block, 8);
        ssize_t n = job.write ? pwrite(job.file, buffer, BLOCK, (off_t)(block * BLOCK))
                              : pread(job.file, buffer, BLOCK, (off_t)(block * BLOCK));
        if (n != (ssize_t)BLOCK)
            die("pread or pwrite");
        block_check(buffer, block);
        atomic_store_explicit(&counters[id].done, ++done, memory_order_relaxed);
    }
    free(buffer);
    return NULL;
}

static uint64_t total(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < job.threads; i++)
        sum += atomic_load_explicit(&counters[i].done, memory_order_relaxed);
    return sum;
}

int main(int argc, char **argv)
{
    const char *path = arg_text(argc, argv, "file", NULL);
    const char *op = arg_text(argc, argv, "op", "read");
    bool direct = arg_number(argc, argv, "direct", 0);
    int64_t run_ms = arg_number(argc, argv, "ms", 1000);
    pthread_t threads[64];
    struct stat status;

    job.write = strstr(op, "write");
    job.pread = !strncmp(op, "p", 1);
    job.best = arg_number(argc, argv, "best", 0);
    job.depth = (int)arg_number(argc, argv, "depth", 1);
    job.threads = (int)arg_number(argc, argv, "threads", 1);
    if (!path || job.threads < 1 || job.threads > 64 || job.depth < 1)
        return 2;
    job.file = open(path, (job.write ? O_RDWR : O_RDONLY) | O_CLOEXEC | (direct ? O_DIRECT : 0));
    if (job.file < 0 || fstat(job.file, &status))
        die(path);
    job.blocks = (uint64_t)status.st_size / BLOCK;
    for (int i = 0; i < job.threads; i++)
        thread_start(&threads[i], job.pread ? call_worker : ring_worker, (void *)(intptr_t)i);
    usleep(100000);
    uint64_t first = total(), start = now_ns();
    double cpu = cpu_seconds();
    usleep((useconds_t)run_ms * 1000);
    uint64_t ops = total() - first, elapsed = now_ns() - start;
    cpu = cpu_seconds() - cpu;
    atomic_store(&stop, true);
    for (int i = 0; i < job.threads; i++)
        pthread_join(threads[i], NULL);
    report_rate((double)ops, elapsed, cpu);
    return 0;
}
