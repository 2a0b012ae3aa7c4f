/* SPDX-License-Identifier: MIT */
/* Timers that the executive allocates (ExAllocateTimer), and the work items of ExQueueWorkItem. An EX_TIMER is a KTIMER whose DPC calls
 * the driver; waiting for it is waiting for the KTIMER, which stands first. */
#include <stdlib.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

struct _EX_TIMER {
    KTIMER timer;
    KDPC dpc;
    PEXT_CALLBACK callback;
    PVOID context;
};

static VOID NTAPI timer_called(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    struct _EX_TIMER *timer = DeferredContext;
    (void)Dpc;
    (void)SystemArgument1;
    (void)SystemArgument2;
    timer->callback(timer, timer->context);
}

PEX_TIMER NTAPI ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes)
{
    enum { KNOWN = EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE };
    if (Attributes & ~(ULONG)(KNOWN | EX_TIMER_NOTIFICATION))
        return NULL;
    struct _EX_TIMER *timer = verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *timer);
    if (timer == NULL)
        return NULL;
    KeInitializeTimerEx(&timer->timer, Attributes & EX_TIMER_NOTIFICATION ? NotificationTimer : SynchronizationTimer);
    KeInitializeDpc(&timer->dpc, timer_called, timer);
    timer->callback = Callback;
    timer->context = CallbackContext;
    return timer;
}

BOOLEAN NTAPI ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period, PEXT_SET_PARAMETERS Parameters)
{
    enum { TICKS_PER_MS = 10000 };
    LARGE_INTEGER due = {.QuadPart = DueTime};
    (void)Parameters;
    LONGLONG period = (Period + TICKS_PER_MS - 1) / TICKS_PER_MS;
    return KeSetTimerEx(&Timer->timer, due, (LONG)period, Timer->callback == NULL ? NULL : &Timer->dpc);
}

BOOLEAN NTAPI ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters)
{
    (void)Parameters;
    return KeCancelTimer(&Timer->timer);
}

static void timer_free(struct _EX_TIMER *timer, const EXT_DELETE_PARAMETERS *parameters)
{
    KeFlushQueuedDpcs(); /* its call is not running any more */
    free(timer);
    if (parameters != NULL && parameters->DeleteCallback != NULL)
        parameters->DeleteCallback(parameters->DeleteContext);
}

struct timer_delete {
    struct engine_op op;
    struct _EX_TIMER *timer;
    EXT_DELETE_PARAMETERS parameters;
};

static int64_t delete_run(struct engine_op *op)
{
    struct timer_delete *work = container_of(op, struct timer_delete, op);
    timer_free(work->timer, &work->parameters);
    return 0;
}

static void delete_done(struct engine_op *op, int64_t result)
{
    (void)result;
    free(container_of(op, struct timer_delete, op));
}

/* With Wait the call that may be running is awaited here, else by a worker: the caller may be that call. */
BOOLEAN NTAPI ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait, PEXT_DELETE_PARAMETERS Parameters)
{
    BOOLEAN was_set = KeCancelTimer(&Timer->timer) && Cancel; /* its memory goes: also where it need not be cancelled */
    KeRemoveQueueDpc(&Timer->dpc);
    if (Wait) {
        VERIFY_IRQL(APC_LEVEL);
        timer_free(Timer, Parameters);
        return was_set;
    }
    struct timer_delete *work = calloc(1, sizeof *work);
    if (work == NULL)
        wdm_stop("ExDeleteTimer: no memory"); /* the routine has no way to fail */
    work->timer = Timer;
    if (Parameters != NULL)
        work->parameters = *Parameters;
    work->op = (struct engine_op){.code = ENGINE_WORK, .work = delete_run, .done = delete_done};
    engine_submit(&work->op);
    return was_set;
}

BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc)
{
    (void)TolerableDelay;
    return KeSetTimerEx(Timer, DueTime, (LONG)Period, Dpc);
}

VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, LONG Importance)
{
    Dpc->Importance = (ULONG)Importance;
}

VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
    (void)Dpc; /* one thread runs all */
    (void)Number;
}

VOID NTAPI KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    KeInitializeDpc(Dpc, DeferredRoutine, DeferredContext);
}
