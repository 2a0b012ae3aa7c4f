/* SPDX-License-Identifier: MIT */
/* Events, semaphores and waits on objects in the driver's own memory: the executive's dispatcher has the layout
 * of Windows' header, so the same wait core serves them. */
#include <stdlib.h>
#include <time.h>

#include "base/futex.h"
#include "nt/wait.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

_Static_assert(sizeof(struct dispatcher) == sizeof(DISPATCHER_HEADER), "one header");
_Static_assert((int)MAXIMUM_WAIT_OBJECTS <= (int)WAIT_OBJECTS_MAX, "as many are waited for at once");
_Static_assert(offsetof(struct dispatcher, signal) == offsetof(DISPATCHER_HEADER, SignalState), "one header");

/* A KMUTEX has the executive's mutex behind a header that says so. */
static struct dispatcher *dispatcher_of(void *object)
{
    struct dispatcher *header = object;
    return atomic_load_explicit(&header->word, memory_order_relaxed) == WDM_HEADER_MUTEX ? wdm_mutex_dispatcher(object) : header;
}

VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    dispatcher_init(dispatcher_of(Event),
                    Type == NotificationEvent ? DISPATCHER_NOTIFICATION : DISPATCHER_SYNCHRONIZATION,
                    State != 0);
}

LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)Increment;
    (void)Wait; /* a hint that a wait follows at once */
    return dispatcher_exchange(dispatcher_of(Event), 1);
}

LONG NTAPI KeResetEvent(PRKEVENT Event)
{
    return dispatcher_exchange(dispatcher_of(Event), 0);
}

VOID NTAPI KeClearEvent(PRKEVENT Event)
{
    dispatcher_reset(dispatcher_of(Event));
}

LONG NTAPI KeReadStateEvent(PRKEVENT Event)
{
    return atomic_load(&dispatcher_of(Event)->signal);
}

VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
    dispatcher_init(dispatcher_of(Semaphore), DISPATCHER_SEMAPHORE, Count);
    Semaphore->Limit = Limit;
}

LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait)
{
    (void)Increment;
    (void)Wait;
    int32_t before = dispatcher_release(dispatcher_of(Semaphore), Adjustment, Semaphore->Limit);
    if (before < 0) /* Windows raises STATUS_SEMAPHORE_LIMIT_EXCEEDED, which stops a driver */
        wdm_verifier_stop("semaphore-limit", "KeReleaseSemaphore beyond the limit of %d", Semaphore->Limit);
    return before;
}

LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
    return atomic_load(&dispatcher_of(Semaphore)->signal);
}

BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer)
{
    return atomic_load(&dispatcher_of(Timer)->signal) != 0;
}

LONG NTAPI KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    (void)Increment;
    (void)Wait;
    LONG before = KeReadStateEvent(Event);
    dispatcher_pulse(dispatcher_of(Event));
    return before;
}

enum { NS_PER_TICK = 100 };
#define TICKS_TO_1970 116444736000000000LL /* 100 ns from 1601 to 1970 */

VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    CurrentTime->QuadPart = TICKS_TO_1970 + now.tv_sec * 10000000LL + now.tv_nsec / NS_PER_TICK;
}

uint64_t wdm_deadline(const LARGE_INTEGER *timeout)
{
    if (timeout == NULL)
        return WAIT_FOREVER;
    LONGLONG when = timeout->QuadPart;
    if (when == 0)
        return 0;
    uint64_t ticks = 0 - (uint64_t)when;
    if (when > 0) {
        LARGE_INTEGER now;
        KeQuerySystemTime(&now);
        ticks = when > now.QuadPart ? (uint64_t)(when - now.QuadPart) : 0;
    }
    return ticks > UINT64_MAX / NS_PER_TICK ? WAIT_FOREVER : clock_deadline_ns(ticks * NS_PER_TICK);
}

/* A wait that may sleep is for levels below DISPATCH_LEVEL. */
static void wait_check_irql(const char *call, uint64_t deadline_ns, const void *caller)
{
    if (deadline_ns != 0 && KeGetCurrentIrql() >= DISPATCH_LEVEL)
        wdm_verifier_stop_at(NULL, "wait-at-dispatch", caller, "%s would sleep at IRQL %u", call, KeGetCurrentIrql());
}

NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                     PLARGE_INTEGER Timeout)
{
    (void)WaitReason;
    uint64_t deadline = wdm_deadline(Timeout);
    wait_check_irql("KeWaitForSingleObject", deadline, VERIFY_CALLER);
    return wait_for_one(dispatcher_of(Object), Alertable && WaitMode == UserMode, deadline);
}

NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason,
                                        KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                        PKWAIT_BLOCK WaitBlockArray)
{
    (void)WaitReason;
    ULONG most = WaitBlockArray == NULL ? THREAD_WAIT_OBJECTS : MAXIMUM_WAIT_OBJECTS;
    struct dispatcher *objects[WAIT_OBJECTS_MAX];
    uint64_t deadline = wdm_deadline(Timeout);
    wait_check_irql("KeWaitForMultipleObjects", deadline, VERIFY_CALLER);
    if (Count > most) /* MAXIMUM_WAIT_OBJECTS_EXCEEDED */
        wdm_verifier_stop_at(NULL, "bug-check", VERIFY_CALLER, "KeWaitForMultipleObjects of %u objects: %u at most%s", Count, most,
                             WaitBlockArray == NULL ? " without a WaitBlockArray" : "");
    if (Count == 0)
        return STATUS_INVALID_PARAMETER_1;
    for (ULONG i = 0; i < Count; i++)
        objects[i] = dispatcher_of(Object[i]);
    return wait_for(objects, Count, WaitType == WaitAll,
                    Alertable && WaitMode == UserMode, deadline);
}

NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    uint64_t deadline = wdm_deadline(Interval);
    wait_check_irql("KeDelayExecutionThread", deadline, VERIFY_CALLER);
    return wait_sleep(Alertable && WaitMode == UserMode, deadline);
}
