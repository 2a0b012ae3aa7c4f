/* SPDX-License-Identifier: MIT */
/*
 * Baselines of everything that hands a token between two threads; one operation is one hop.
 *   mode=futex       one futex word each way: what waking a thread costs at all
 *   mode=socketpair  a Unix socket pair with 64-byte messages (pipe_pingpong)
 *   mode=poll        poll(2) over 64 eventfds, the last one is signalled (wait_many)
 * cores=2 pins each thread to a core of its own, cores=1 both to one, cores=0 neither.
 */
#include "raw.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define OBJECTS 64
#define MESSAGE 64

static const char *mode;
static int cores;
static int64_t rounds;
static struct {
    _Alignas(64) _Atomic uint32_t word;
} words[2];
static int sockets[2];
static int events[2][OBJECTS];
static pthread_barrier_t together;

static void give(int to)
{
    static const char message[MESSAGE];
    uint64_t one = 1;

    if (mode[0] == 'f') {
        atomic_store(&words[to].word, 1);
        futex_wake(&words[to].word);
    } else if (mode[0] == 's') {
        if (write(sockets[!to], message, MESSAGE) != MESSAGE)
            die("write");
    } else if (write(events[to][OBJECTS - 1], &one, 8) != 8) {
        die("write");
    }
}

static void take_event(int me)
{
    struct pollfd set[OBJECTS];
    uint64_t value;

    for (int i = 0; i < OBJECTS; i++)
        set[i] = (struct pollfd){.fd = events[me][i], .events = POLLIN};
    if (poll(set, OBJECTS, -1) < 0)
        die("poll");
    for (int i = 0; i < OBJECTS; i++)
        if (set[i].revents && read(set[i].fd, &value, 8) != 8)
            die("read");
}

static void take(int me)
{
    char buffer[MESSAGE];

    if (mode[0] == 'f') {
        while (!atomic_exchange(&words[me].word, 0))
            futex_wait(&words[me].word, 0);
    } else if (mode[0] == 's') {
        for (ssize_t got = 0, n; got < MESSAGE; got += n)
            if ((n = read(sockets[me], buffer + got, (size_t)(MESSAGE - got))) <= 0)
                die("read");
    } else {
        take_event(me);
    }
}

static void place(int me)
{
    if (cores)
        pin_thread(cores == 2 ? me : 0);
    pthread_barrier_wait(&together);
}

static void *partner(void *unused)
{
    place(1);
    for (int64_t i = 0; i < rounds; i++) {
        take(1);
        give(0);
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    mode = arg_text(argc, argv, "mode", "futex");
    cores = (int)arg_number(argc, argv, "cores", 2);
    rounds = arg_number(argc, argv, "n", 50000);
    uint64_t *trips = malloc((size_t)rounds * sizeof *trips);
    if (!trips || pthread_barrier_init(&together, NULL, 2) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
        die("setup");
    for (int i = 0; i < 2 * OBJECTS; i++)
        if ((events[i / OBJECTS][i % OBJECTS] = eventfd(0, EFD_CLOEXEC)) < 0)
            die("eventfd");
    thread_start(&thread, partner, NULL);
    place(0);
    double cpu = cpu_seconds();
    uint64_t start = now_ns(), last = start;
    for (int64_t i = 0; i < rounds; i++) {
        give(1);
        take(0);
        uint64_t now = now_ns();
        trips[i] = now - last;
        last = now;
    }
    cpu = cpu_seconds() - cpu;
    pthread_join(thread, NULL);
    report("hop_p50_us", (double)percentile(trips, (size_t)rounds, .5) / 2e3);
    report_rate(2.0 * (double)rounds, last - start, cpu);
    free(trips);
    return 0;
}
