/* SPDX-License-Identifier: MIT */
/*
 * measure.h on Linux. Context switches are read from /proc for all threads but the caller, so that
 * threads which a library keeps for itself are counted too.
 */
#define _GNU_SOURCE
#include "measure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double cpu_seconds(void)
{
    struct rusage r;

    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static int64_t switches_of(const char *tid, enum switches_whose whose)
{
    char path[64], line[256], name[64] = "";
    long long count = 0;

    snprintf(path, sizeof path, "/proc/self/task/%.20s/status", tid);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0; /* the thread has just ended */
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "Name: %63s", name) != 1 &&
            sscanf(line, "voluntary_ctxt_switches: %lld", &count) == 1)
            break;
    fclose(f);
    bool library = !strncmp(name, "ovl-", 4);
    return library == (whose == SWITCHES_LIBRARY) ? count : 0;
}

int64_t switches_of_others(enum switches_whose whose)
{
    int64_t sum = 0;
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;

    if (!tasks)
        return -1;
    while ((entry = readdir(tasks)))
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != gettid())
            sum += switches_of(entry->d_name, whose);
    closedir(tasks);
    return sum;
}

int64_t resident_bytes(void)
{
    long long pages = -1;
    FILE *f = fopen("/proc/self/statm", "re");

    if (!f)
        die("/proc/self/statm");
    if (fscanf(f, "%*d %lld", &pages) != 1)
        die("/proc/self/statm");
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

void mark_system_calls(void)
{
    syscall(BENCH_MARK_CALL);
}

void pin_thread(int n)
{
    cpu_set_t allowed, one;

    if (sched_getaffinity(0, sizeof allowed, &allowed))
        die("sched_getaffinity");
    n %= CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || n--)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
        return;
    }
}

void foreign_pipe(int ends[2])
{
    if (pipe(ends))
        die("pipe");
}

void foreign_read(int end)
{
    char byte;

    while (read(end, &byte, 1) != 1)
        if (errno != EINTR)
            die("read");
}

void foreign_write(int end)
{
    if (write(end, "x", 1) != 1)
        die("write");
}
