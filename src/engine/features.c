/* SPDX-License-Identifier: MIT */
/* The engine's beginning: on first use, chosen by OVERLAPPED_ENGINE=uring|pool|sim:SEED, else by
 * what the kernel allows. There is no end: the kernel takes everything back when the process exits.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/internal.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

_Atomic uint32_t engine_phase;
enum engine_kind engine_kind;

static struct lock features_lock;

static int engine_open(void)
{
    const char *wish = getenv("OVERLAPPED_ENGINE");
    int error = fork_watch();
    if (error == 0)
        error = thread_reserve_signal();
    if (error == 0)
        error = reactor_open();
    if (error != 0)
        return error;
    error = timer_open();
    if (error == 0 && wish != NULL && strncmp(wish, "sim:", 4) == 0)
        error = sim_start(strtoull(wish + 4, NULL, 0));
    if (error != 0) {
        timer_close();
        reactor_close();
        return error;
    }
    engine_kind = KIND_URING;
    if (wish != NULL && strcmp(wish, "pool") == 0)
        engine_kind = KIND_POOL;
    else if (wish != NULL && strncmp(wish, "sim:", 4) == 0)
        engine_kind = KIND_SIM;
    return 0;
}

int engine_start_slow(void)
{
    if (engine_dead())
        return -EOWNERDEAD;
    int error = 0;
    lock_acquire(&features_lock);
    uint32_t phase = PHASE_NEW;
    if (atomic_compare_exchange_strong(&engine_phase, &phase, PHASE_STARTING)) {
        error = engine_open();
        atomic_store(&engine_phase, error == 0 ? PHASE_UP : PHASE_NEW);
    }
    lock_release(&features_lock);
    return error;
}

bool engine_is_dead(void)
{
    return engine_dead();
}

static bool has_epoll_pwait2(void)
{
    struct epoll_event event;
    struct timespec none = {0};
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        return false;
    long count = syscall(SYS_epoll_pwait2, epoll_fd, &event, 1, &none, NULL, sizeof(uint64_t));
    close(epoll_fd);
    return count >= 0;
}

void engine_describe(struct engine_info *info)
{
    *info = (struct engine_info){.name = "dead"};
    if (engine_start() != 0)
        return;
    info->has_aio = aio_available();
    info->has_epoll_pwait2 = has_epoll_pwait2();
    if (engine_is_sim()) {
        info->name = "sim";
        info->seed = sim_seed();
    } else if (engine_kind == KIND_URING && uring_available()) {
        info->name = "uring";
        info->has_uring = true;
    } else {
        info->name = "pool";
    }
}

void engine_count(struct engine_counts *counts)
{
    *counts = (struct engine_counts){
        .polls = atomic_load(&reactor_counts.polls),
        .sleeps = atomic_load(&reactor_counts.sleeps),
        .wakes = atomic_load(&reactor_counts.wakes),
        .interruptions = atomic_load(&reactor_counts.interruptions),
        .promotions = atomic_load(&reactor_counts.promotions),
        .ticks = atomic_load(&reactor_counts.ticks),
    };
}
