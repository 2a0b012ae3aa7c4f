/* SPDX-License-Identifier: MIT */
/*
 * Baseline of post_get: a bounded FIFO under a mutex with two condition variables, as one would
 * write it by hand. producers=0: one thread pushes and pops in turn, in a process that has had a
 * second thread: before that the C library's locks are no locks at all. A packet is 32 bytes, as a
 * port's is.
 */
#include "raw.h"

#include <pthread.h>

#define CAPACITY 65536u

struct packet {
    uint64_t bytes, key, overlapped, status;
};

static struct packet fifo[CAPACITY];
static uint32_t head, tail;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;
static int64_t per_producer;
static _Atomic int64_t received;

static void push(struct packet p)
{
    pthread_mutex_lock(&lock);
    while (tail - head == CAPACITY)
        pthread_cond_wait(&not_full, &lock);
    fifo[tail++ % CAPACITY] = p;
    pthread_mutex_unlock(&lock);
    pthread_cond_signal(&not_empty);
}

static struct packet pop(void)
{
    pthread_mutex_lock(&lock);
    while (tail == head)
        pthread_cond_wait(&not_empty, &lock);
    bool was_full = tail - head == CAPACITY;
    struct packet p = fifo[head++ % CAPACITY];
    pthread_mutex_unlock(&lock);
    if (was_full)
        pthread_cond_broadcast(&not_full);
    return p;
}

static void *produce(void *unused)
{
    for (int64_t i = 0; i < per_producer; i++)
        push((struct packet){.bytes = (uint32_t)i, .key = 1});
    return unused;
}

static void *consume(void *unused)
{
    int64_t count = 0;

    while (pop().key)
        count++;
    received += count;
    push((struct packet){0}); /* the next consumer stops too */
    return unused;
}

static void *end_at_once(void *unused)
{
    return unused;
}

static void become_threaded(void)
{
    pthread_t thread;

    thread_start(&thread, end_at_once, NULL);
    pthread_join(thread, NULL);
}

static void run_alone(int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        push((struct packet){.bytes = (uint32_t)i, .key = 1});
        if (pop().bytes != (uint32_t)i)
            die("queue out of order");
    }
}

static void run_threads(int producers, int consumers)
{
    pthread_t p[64], c[64];

    for (int i = 0; i < consumers; i++)
        thread_start(&c[i], consume, NULL);
    for (int i = 0; i < producers; i++)
        thread_start(&p[i], produce, NULL);
    for (int i = 0; i < producers; i++)
        pthread_join(p[i], NULL);
    push((struct packet){0});
    for (int i = 0; i < consumers; i++)
        pthread_join(c[i], NULL);
    if (received != per_producer * producers)
        die("packets lost");
}

int main(int argc, char **argv)
{
    int producers = (int)arg_number(argc, argv, "producers", 0);
    int consumers = (int)arg_number(argc, argv, "consumers", producers);
    int64_t n = arg_number(argc, argv, "n", 2000000);

    if (producers > 64 || consumers > 64 || (producers && !consumers))
        return 2;
    per_producer = producers ? n / producers : 0;
    become_threaded();
    run_alone(10000);
    double cpu = cpu_seconds();
    uint64_t start = now_ns();
    if (producers)
        run_threads(producers, consumers);
    else
        run_alone(n);
    report_rate((double)n, now_ns() - start, cpu_seconds() - cpu);
    return 0;
}
