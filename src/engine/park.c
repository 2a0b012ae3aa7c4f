/* SPDX-License-Identifier: MIT */
/* How a thread sleeps, and who leads. A thread that has to wait becomes the leader if requests pend
 * and nobody leads: it sleeps in epoll_wait and completes requests until its own word is claimed.
 * The others sleep on their word with a futex, newest first on the list of sleepers. Leadership may
 * stay vacant for the few microseconds until a released thread comes back; where that takes longer
 * (a running estimate tells), a leaving leader wakes the newest of the eager sleepers to lead.
 * watch.c bounds every wrong guess. */
#include <unistd.h>

#include "engine/internal.h"

enum {
    /* Shorter than this is not worth waking somebody: a busy thread that returns after so long
     * finds many completions at once, and wakes others for them. */
    VACANCY_SHORT_NS = 400 * 1000,
    VACANCY_LONGEST_NS = 1000 * 1000,
    /* It falls faster than it rises: a thread that was only preempted is no sign of long work. */
    RISE_WEIGHT = 16,
    FALL_WEIGHT = 2,
    FORGET_WEIGHT = 64,
    SPINS = 60,          /* one to two microseconds */
    REAPS_PER_POLL = 16, /* so that AIO alone cannot starve the descriptors */
};

static struct {
    struct lock lock;
    struct list list;              /* struct parker.link, newest first; under lock */
    _Atomic uint32_t arrivals;     /* how often a thread went to sleep */
    _Atomic bool promoting;        /* a woken sleeper has not looked yet */
    _Atomic uint64_t vacant_since; /* 0: not measured */
    _Atomic uint64_t vacancy_ns;   /* the estimate */
} park = {.list = {&park.list, &park.list}};

static _Thread_local struct {
    uint64_t left_ns; /* when it left work to a thread it promoted; 0: not measured */
    bool woke;        /* it woke a sleeping thread */
} local __attribute__((tls_model("initial-exec")));

void lead_estimate(uint64_t vacancy_ns)
{
    int64_t sample = (int64_t)(vacancy_ns < VACANCY_LONGEST_NS ? vacancy_ns : VACANCY_LONGEST_NS);
    int64_t before = (int64_t)atomic_load_explicit(&park.vacancy_ns, memory_order_relaxed);
    int64_t after = before + (sample - before) / (sample > before ? RISE_WEIGHT : FALL_WEIGHT);
    atomic_store_explicit(&park.vacancy_ns, (uint64_t)after, memory_order_relaxed);
}

/* While a thread leads for others nothing is measured; now and then it tries again what leaving
 * does. */
static void lead_forget(void)
{
    uint64_t before = atomic_load_explicit(&park.vacancy_ns, memory_order_relaxed);
    atomic_store_explicit(&park.vacancy_ns, before - before / FORGET_WEIGHT, memory_order_relaxed);
}

static bool vacancy_is_short(void)
{
    return atomic_load_explicit(&park.vacancy_ns, memory_order_relaxed) < VACANCY_SHORT_NS;
}

static bool lead_try(void)
{
    bool leading = false;
    if (atomic_load(&reactor.leading) ||
        !atomic_compare_exchange_strong(&reactor.leading, &leading, true))
        return false;
    uint32_t epoch = atomic_load_explicit(&reactor.epoch, memory_order_relaxed);
    atomic_store_explicit(&reactor.epoch, epoch + 1, memory_order_relaxed);
    if (atomic_load_explicit(&park.vacant_since, memory_order_relaxed) != 0) {
        uint64_t since = atomic_exchange(&park.vacant_since, 0);
        if (since != 0)
            lead_estimate(clock_now_ns() - since);
    }
    return true;
}

/* Wakes the newest sleeper that nobody has claimed. */
bool lead_promote(void)
{
    if (atomic_exchange(&park.promoting, true))
        return false;
    struct parker *chosen = NULL;
    lock_acquire(&park.lock);
    list_for_each (link, &park.list) {
        struct parker *parker = container_of(link, struct parker, link);
        uint32_t asleep = PARK_ASLEEP;
        if (!atomic_compare_exchange_strong(&parker->word, &asleep, PARK_ARMED))
            continue; /* claimed: it is waking up already */
        list_remove(&parker->link);
        parker->candidate = false;
        parker->promoted = true;
        atomic_fetch_sub(&reactor.sleepers, 1);
        chosen = parker;
        break;
    }
    lock_release(&park.lock);
    if (chosen == NULL) {
        atomic_store(&park.promoting, false);
        return false;
    }
    count_up(&reactor_counts.promotions);
    futex_wake(&chosen->word, 1);
    return true;
}

static void local_returned(void)
{
    if (engine_unlikely(local.left_ns != 0)) {
        lead_estimate(clock_now_ns() - local.left_ns);
        local.left_ns = 0;
    }
}

void lead_vacant(void)
{
    if (atomic_load(&reactor.sleepers) != 0) {
        if (!vacancy_is_short()) {
            local_returned();
            if (lead_promote())
                local.left_ns = clock_now_ns();
        } else if (atomic_load_explicit(&park.vacant_since, memory_order_relaxed) == 0) {
            atomic_store_explicit(&park.vacant_since, clock_now_ns(), memory_order_relaxed);
        }
    }
    watch_start();
}

static void lead_leave(void)
{
    atomic_exchange(&reactor.leading, false);
    if (atomic_load(&reactor.sleepers) != 0 && atomic_load(&reactor.pending) != 0)
        lead_vacant();
}

/* The leader gives up its place to the thread that it just woke, which will come back as the
 * newest. false: somebody went to sleep meanwhile relying on this leader, and it leads on. */
static bool lead_step_down(uint32_t arrivals)
{
    if (atomic_load(&park.arrivals) != arrivals)
        return false;
    atomic_exchange(&reactor.leading, false);
    if (atomic_load(&park.arrivals) != arrivals && lead_try())
        return false;
    if (atomic_load(&reactor.pending) != 0)
        lead_vacant();
    return true;
}

static uint32_t wait_claimed(struct parker *parker)
{
    uint32_t word = atomic_load_explicit(&parker->word, memory_order_acquire);
    return word >= PARK_CLAIM ? word : 0;
}

/* One look at what completes; sleeps until `deadline_ns` if nothing has. While the word says
 * LEADING a claim costs an eventfd write, so it says so during epoll_wait only. */
static void lead_once(struct parker *parker, uint64_t deadline_ns, uint32_t reaped,
                      uint32_t *arrivals)
{
    *arrivals = atomic_load(&park.arrivals);
    if (reaped < REAPS_PER_POLL && aio_reap(false))
        return;
    uint32_t state = PARK_ARMED;
    if (!atomic_compare_exchange_strong(&parker->word, &state, PARK_LEADING))
        return;
    struct epoll_event events[REACTOR_EVENTS];
    int count = reactor_wait(events, deadline_ns);
    state = PARK_LEADING;
    atomic_compare_exchange_strong(&parker->word, &state, PARK_ARMED);
    *arrivals = atomic_load(&park.arrivals);
    reactor_dispatch(events, count);
}

/* Leads until claimed, until the deadline (PARK_ARMED), or until it stepped down (PARK_IDLE). */
static uint32_t lead(struct parker *parker, uint64_t deadline_ns)
{
    for (uint32_t reaped = 0;; reaped = reaped < REAPS_PER_POLL ? reaped + 1 : 0) {
        uint32_t arrivals;
        local.woke = false;
        lead_once(parker, deadline_ns, reaped, &arrivals);
        uint32_t word = wait_claimed(parker);
        if (word != 0 || (deadline_ns != FUTEX_NO_DEADLINE &&
                          (deadline_ns == 0 || clock_now_ns() >= deadline_ns))) {
            lead_leave();
            return word != 0 ? word : PARK_ARMED;
        }
        if (!local.woke)
            continue;
        if (parker->eager && !vacancy_is_short())
            lead_forget();
        else if (lead_step_down(arrivals))
            return PARK_IDLE;
    }
}

/* Only eager threads are listed: to wake another one to lead would cost a second wake for what
 * completes. */
static bool sleeper_add(struct parker *parker)
{
    uint32_t armed = PARK_ARMED;
    if (parker->eager)
        lock_acquire(&park.lock);
    bool added = atomic_compare_exchange_strong(&parker->word, &armed, PARK_ASLEEP);
    if (added && parker->eager) {
        parker->candidate = true;
        list_push_front(&park.list, &parker->link);
        atomic_fetch_add(&reactor.sleepers, 1);
    }
    if (parker->eager)
        lock_release(&park.lock);
    if (added)
        atomic_fetch_add(&park.arrivals, 1);
    return added;
}

/* Also tells whether it had been woken to lead. */
static bool sleeper_remove(struct parker *parker)
{
    if (!parker->eager)
        return false;
    lock_acquire(&park.lock);
    if (parker->candidate) {
        parker->candidate = false;
        list_remove(&parker->link);
        atomic_fetch_sub(&reactor.sleepers, 1);
    }
    bool promoted = parker->promoted;
    parker->promoted = false;
    lock_release(&park.lock);
    return promoted;
}

/* Sleeps on the futex. Returns whether the time was up. */
static bool follow(struct parker *parker, uint64_t deadline_ns, bool stepped_down)
{
    if (!sleeper_add(parker))
        return false;
    int error = 0;
    if (stepped_down || atomic_load(&reactor.leading) || atomic_load(&reactor.pending) == 0) {
        count_up(&reactor_counts.sleeps);
        error = futex_wait(&parker->word, PARK_ASLEEP, deadline_ns);
    }
    bool promoted = sleeper_remove(parker);
    uint32_t asleep = PARK_ASLEEP;
    atomic_compare_exchange_strong(&parker->word, &asleep, PARK_ARMED);
    if (promoted) {
        atomic_store(&park.promoting, false);
        if (atomic_load(&parker->word) >= PARK_CLAIM && !atomic_load(&reactor.leading) &&
            atomic_load(&reactor.pending) != 0)
            lead_vacant(); /* promoted and claimed at once: somebody else should lead */
    }
    return error == -ETIMEDOUT;
}

static uint32_t wait_spinning(struct parker *parker)
{
    for (int i = 0; i < SPINS; i++) {
        uint32_t word = wait_claimed(parker);
        if (word != 0)
            return word;
        cpu_relax();
    }
    return 0;
}

/* In a forked child there is no reactor any more, but its own threads can still wake each other. */
static uint32_t wait_alone(struct parker *parker, uint64_t deadline_ns)
{
    uint32_t armed = PARK_ARMED;
    atomic_compare_exchange_strong(&parker->word, &armed, PARK_ASLEEP);
    for (;;) {
        uint32_t word = wait_claimed(parker);
        if (word != 0)
            return word;
        if (futex_wait(&parker->word, PARK_ASLEEP, deadline_ns) == -ETIMEDOUT) {
            uint32_t asleep = PARK_ASLEEP;
            if (atomic_compare_exchange_strong(&parker->word, &asleep, PARK_ARMED))
                return PARK_ARMED;
        }
    }
}

uint32_t parker_wait(struct parker *parker, uint64_t deadline_ns, bool spin)
{
    uint32_t word = wait_claimed(parker);
    if (word == 0 && spin && (atomic_load(&reactor.leading) || atomic_load(&reactor.pending) == 0))
        word = wait_spinning(parker); /* a leader would only keep the kernel waiting */
    if (word != 0)
        return word;
    if (engine_unlikely(engine_dead()))
        return wait_alone(parker, deadline_ns);
    local_returned();
    bool stepped_down = false;
    for (;;) {
        if (!stepped_down && atomic_load(&reactor.pending) != 0 && lead_try()) {
            word = lead(parker, deadline_ns);
            if (word != PARK_IDLE)
                return word;
            stepped_down = true;
        } else if (deadline_ns == 0) {
            return PARK_ARMED;
        } else {
            bool late = follow(parker, deadline_ns, stepped_down);
            stepped_down = false;
            word = wait_claimed(parker);
            if (word != 0)
                return word;
            if (late)
                return PARK_ARMED;
        }
    }
}

void parker_notify(struct parker *parker, uint32_t old_state)
{
    if (old_state == PARK_ASLEEP) {
        local.woke = true;
        count_up(&reactor_counts.wakes);
        futex_wake(&parker->word, 1);
    } else if (old_state == PARK_LEADING && !engine_dead()) {
        reactor_interrupt();
    }
}
