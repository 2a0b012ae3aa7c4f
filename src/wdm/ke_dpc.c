/* SPDX-License-Identifier: MIT */
/* Deferred procedure calls, run in order by one library thread at DISPATCH_LEVEL, and the timers that queue
 * them. */
#include <stdlib.h>

#include "base/futex.h"
#include "engine/engine.h"
#include "nt/wait.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

static struct {
    struct lock lock;
    struct list queue;          /* KDPC.DpcListEntry */
    _Atomic uint32_t bell;      /* rung when something is queued */
    _Atomic uint32_t finished;  /* calls that have ended */
    uint32_t begun;             /* calls taken from the queue */
    bool started;
} dpcs = {.queue = {&dpcs.queue, &dpcs.queue}};

static struct list *dpc_link(KDPC *dpc)
{
    return (struct list *)(void *)&dpc->DpcListEntry;
}

/* What is to be called, as it was queued: the object may be queued again, with other arguments, at once. */
static bool dpc_take(KDPC **taken, KDPC *call)
{
    lock_acquire(&dpcs.lock);
    struct list *node = list_pop_front(&dpcs.queue);
    KDPC *dpc = NULL;
    if (node != NULL) {
        dpc = container_of((LIST_ENTRY *)(void *)node, KDPC, DpcListEntry);
        dpc->Queued = 0;
        dpcs.begun++;
        *taken = dpc;
        *call = *dpc;
    }
    lock_release(&dpcs.lock);
    return dpc != NULL;
}

static void *dpc_run(void *unused)
{
    (void)unused;
    wdm_irql_set(DISPATCH_LEVEL);
    for (;;) {
        uint32_t rung = atomic_load(&dpcs.bell);
        KDPC *dpc, call;
        if (!dpc_take(&dpc, &call)) {
            futex_wait(&dpcs.bell, rung, FUTEX_NO_DEADLINE);
            continue;
        }
        if (verify_on())
            verify_enter("DPC routine", (const void *)call.DeferredRoutine);
        call.DeferredRoutine(dpc, call.DeferredContext, call.SystemArgument1, call.SystemArgument2);
        if (verify_on())
            verify_leave();
        atomic_fetch_add(&dpcs.finished, 1);
        futex_wake(&dpcs.finished, INT32_MAX);
    }
    return NULL;
}

VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    *Dpc = (KDPC){.DeferredRoutine = DeferredRoutine, .DeferredContext = DeferredContext};
    list_init(dpc_link(Dpc));
}

BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    lock_acquire(&dpcs.lock);
    if (!dpcs.started)
        dpcs.started = engine_thread_start("ovl-dpc", dpc_run, NULL) == 0;
    bool fresh = dpcs.started && !Dpc->Queued;
    if (fresh) {
        Dpc->Queued = 1;
        Dpc->SystemArgument1 = SystemArgument1;
        Dpc->SystemArgument2 = SystemArgument2;
        list_push_back(&dpcs.queue, dpc_link(Dpc));
        atomic_fetch_add(&dpcs.bell, 1);
    }
    lock_release(&dpcs.lock);
    if (fresh)
        futex_wake(&dpcs.bell, 1);
    return fresh;
}

BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc)
{
    lock_acquire(&dpcs.lock);
    bool queued = Dpc->Queued;
    if (queued) {
        list_remove(dpc_link(Dpc));
        Dpc->Queued = 0;
    }
    lock_release(&dpcs.lock);
    return queued;
}

VOID NTAPI KeFlushQueuedDpcs(void)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    for (;;) {
        uint32_t finished = atomic_load(&dpcs.finished);
        lock_acquire(&dpcs.lock);
        bool idle = list_empty(&dpcs.queue) && dpcs.begun == atomic_load(&dpcs.finished);
        lock_release(&dpcs.lock);
        if (idle)
            return;
        futex_wait(&dpcs.finished, finished, FUTEX_NO_DEADLINE);
    }
}

/* ---- Timers --------------------------------------------------------------------------------------------------- */

_Static_assert(sizeof(struct engine_timer) <= sizeof(((KTIMER *)0)->Engine), "the clock's part fits");

static struct engine_timer *timer_engine(KTIMER *timer)
{
    return (struct engine_timer *)(void *)timer->Engine;
}

static void timer_fired(struct engine_timer *engine)
{
    enum { NS_PER_MS = 1000000 };
    KTIMER *timer = container_of((PVOID(*)[3])(void *)engine, KTIMER, Engine);
    KDPC *dpc = timer->Dpc;
    ULONG period = __atomic_load_n(&timer->Period, __ATOMIC_SEQ_CST);
    if (verify_on() && period == 0)
        verify_forget(VERIFY_TIMER, timer);
    if (period != 0)
        engine_timer_set(engine, engine->due_ns + (uint64_t)period * NS_PER_MS);
    dispatcher_set((struct dispatcher *)(void *)&timer->Header);
    if (dpc != NULL)
        KeInsertQueueDpc(dpc, NULL, NULL);
}

VOID NTAPI KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    *Timer = (KTIMER){.Period = 0};
    dispatcher_init((struct dispatcher *)(void *)&Timer->Header,
                    Type == NotificationTimer ? DISPATCHER_NOTIFICATION : DISPATCHER_SYNCHRONIZATION, 0);
    timer_engine(Timer)->fired = timer_fired;
}

VOID NTAPI KeInitializeTimer(PKTIMER Timer)
{
    KeInitializeTimerEx(Timer, NotificationTimer);
}

/* Whether it was set. Behind this it is not firing either, and its memory is the driver's: one that
 * is firing may have set itself again by its period before that went, so a periodic one is taken
 * twice. */
static bool timer_stop(KTIMER *timer)
{
    struct engine_timer *engine = timer_engine(timer);
    bool periodic = __atomic_exchange_n(&timer->Period, 0, __ATOMIC_SEQ_CST) != 0;
    if (engine_timer_cancel(engine) && !periodic)
        return true;
    engine_timer_drain(engine);
    if (periodic) {
        engine_timer_cancel(engine);
        engine_timer_drain(engine);
    }
    return periodic;
}

static bool timer_set(KTIMER *Timer, LARGE_INTEGER DueTime, LONG Period, KDPC *Dpc, const void *caller)
{
    bool queued = timer_stop(Timer);
    dispatcher_reset((struct dispatcher *)(void *)&Timer->Header);
    Timer->Dpc = Dpc;
    __atomic_store_n(&Timer->Period, (ULONG)Period, __ATOMIC_SEQ_CST);
    uint64_t due = wdm_deadline(&DueTime);
    if (verify_on())
        verify_track(VERIFY_TIMER, Timer, 0, 0, caller);
    if (engine_timer_set(timer_engine(Timer), due == 0 ? clock_now_ns() : due) != 0)
        wdm_stop("KeSetTimer: no memory"); /* the routine has no way to fail */
    return queued;
}

BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    return timer_set(Timer, DueTime, Period, Dpc, VERIFY_CALLER);
}

BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    return timer_set(Timer, DueTime, 0, Dpc, VERIFY_CALLER);
}

BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    if (verify_on())
        verify_forget(VERIFY_TIMER, Timer);
    return timer_stop(Timer);
}
