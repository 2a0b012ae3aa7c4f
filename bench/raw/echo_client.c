/* SPDX-License-Identifier: MIT */
/*
 * The load of the echo benches, the same for every server: a closed loop of 64-byte messages on
 * conns=N connections (epoll), or with idle_us=T one message at a time after a pause, as an idle
 * client sends it. With pid=P the processor time of that process is reported per echo.
 */
#include "raw.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define MESSAGE 64
#define SAMPLES 4000000u

static int server_port, server_pid;
static uint64_t *samples;
static size_t sample_count;

/* Nanoseconds on a processor, of all threads; /proc/PID/stat counts in ticks, too coarse here. */
static double server_cpu(void)
{
    char path[320];
    double sum = 0;

    if (!server_pid)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/task", server_pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        die(path);
    for (struct dirent *e; (e = readdir(tasks));) {
        unsigned long long ns = 0;
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", server_pid, e->d_name);
        FILE *f = fopen(path, "re");
        if (f && fscanf(f, "%llu", &ns) == 1)
            sum += (double)ns;
        if (f)
            fclose(f);
    }
    closedir(tasks);
    return sum / 1e9;
}

static int connect_one(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)server_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address))
        die("connect");
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return s;
}

static void message_send(int s)
{
    static const char message[MESSAGE] = "echo";

    if (send(s, message, MESSAGE, MSG_NOSIGNAL) != MESSAGE)
        die("send");
}

static void message_receive(int s)
{
    char buffer[MESSAGE];
    ssize_t n;

    for (ssize_t got = 0; got < MESSAGE; got += n)
        if ((n = recv(s, buffer + got, (size_t)(MESSAGE - got), 0)) <= 0)
            die("recv");
    if (strcmp(buffer, "echo")) {
        errno = EIO;
        die("wrong echo");
    }
}

static void print_figures(double ops, uint64_t elapsed, double server, double client)
{
    report("rate", ops * 1e9 / (double)elapsed);
    report("p50_us", (double)percentile(samples, sample_count, .5) / 1e3);
    report("p99_us", (double)percentile(samples, sample_count, .99) / 1e3);
    report("cpu_us", server * 1e6 / ops);
    report("client_cpu_us", client * 1e6 / ops);
    report_end();
}

static void run_idle(int64_t idle_us, int64_t run_ms)
{
    int s = connect_one();
    uint64_t start = now_ns(), end = start + (uint64_t)run_ms * 1000000u;
    double server = server_cpu(), client = cpu_seconds();

    while (now_ns() < end && sample_count < SAMPLES) {
        usleep((useconds_t)idle_us);
        uint64_t sent = now_ns();
        message_send(s);
        message_receive(s);
        samples[sample_count++] = now_ns() - sent;
    }
    print_figures((double)sample_count, now_ns() - start, server_cpu() - server,
                  cpu_seconds() - client);
}

static void run_loaded(int conns, int64_t run_ms)
{
    int poller = epoll_create1(EPOLL_CLOEXEC), *sockets = calloc((size_t)conns, sizeof *sockets);
    uint64_t *sent = calloc((size_t)conns, sizeof *sent), start = 0, end = 0, ops = 0;
    double server = 0, client = 0;
    struct epoll_event events[256];

    if (poller < 0 || !sockets || !sent)
        die("setup");
    for (int i = 0; i < conns; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        sockets[i] = connect_one();
        if (epoll_ctl(poller, EPOLL_CTL_ADD, sockets[i], &event))
            die("epoll_ctl");
    }
    uint64_t warm = now_ns() + 300000000u;
    for (int i = 0; i < conns; i++) {
        sent[i] = now_ns();
        message_send(sockets[i]);
    }
    for (;;) {
        int n = epoll_wait(poller, events, 256, 5000);
        uint64_t now = now_ns();
        if (n <= 0)
            die("no echo for five seconds");
        if (!start && now > warm) {
            start = now;
            end = now + (uint64_t)run_ms * 1000000u;
            ops = sample_count = 0;
            server = server_cpu();
            client = cpu_seconds();
        }
        if (start && now > end)
            break;
        for (int i = 0; i < n; i++) {
            uint32_t k = events[i].data.u32;
            message_receive(sockets[k]);
            now = now_ns();
            if (sample_count < SAMPLES)
                samples[sample_count++] = now - sent[k];
            ops++;
            sent[k] = now;
            message_send(sockets[k]);
        }
    }
    double cpu = server_cpu() - server;
    print_figures((double)ops, now_ns() - start, cpu, cpu_seconds() - client);
    free(sent);
    free(sockets);
}

int main(int argc, char **argv)
{
    int64_t run_ms = arg_number(argc, argv, "ms", 1000);
    int64_t idle_us = arg_number(argc, argv, "idle_us", 0);
    int conns = (int)arg_number(argc, argv, "conns", 1);
    struct rlimit files;

    server_port = (int)arg_number(argc, argv, "port", 0);
    server_pid = (int)arg_number(argc, argv, "pid", 0);
    if (!server_port || conns < 1)
        return 2;
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    samples = malloc(SAMPLES * sizeof *samples);
    if (!samples)
        die("malloc");
    if (idle_us)
        run_idle(idle_us, run_ms);
    else
        run_loaded(conns, run_ms);
    return 0;
}
