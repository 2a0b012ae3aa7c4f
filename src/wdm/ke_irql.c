/* SPDX-License-Identifier: MIT */
/* The interrupt request level, a value of each thread, and the locks that raise it. A spin lock is our own lock
 * in the driver's word: it spins briefly and then sleeps, so a preempted holder does no harm. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

static __thread KIRQL current_irql;

KIRQL wdm_irql_set(KIRQL irql)
{
    KIRQL before = current_irql;
    current_irql = irql;
    return before;
}

KIRQL NTAPI KeGetCurrentIrql(void)
{
    return current_irql;
}

_Noreturn void wdm_stop(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("overlapped: driver: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

/* What stops Windows with IRQL_NOT_GREATER_OR_EQUAL. */
static _Noreturn void irql_violation(const char *call, KIRQL irql, const void *caller)
{
    wdm_verifier_stop_at(NULL, "irql-order", caller, "%s(%u) at IRQL %u", call, irql, current_irql);
}

VOID NTAPI KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql)
{
    if (NewIrql < current_irql)
        irql_violation("KeRaiseIrql", NewIrql, VERIFY_CALLER);
    *OldIrql = wdm_irql_set(NewIrql);
}

VOID NTAPI KeLowerIrql(KIRQL NewIrql)
{
    if (NewIrql > current_irql)
        irql_violation("KeLowerIrql", NewIrql, VERIFY_CALLER);
    wdm_irql_set(NewIrql);
}

static struct lock *spin_lock(PKSPIN_LOCK lock)
{
    _Static_assert(sizeof(struct lock) <= sizeof(KSPIN_LOCK), "our lock lives in the driver's word");
    return (struct lock *)(void *)lock;
}

VOID NTAPI KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    *SpinLock = 0;
    if (verify_on())
        verify_lock_forget(SpinLock, sizeof *SpinLock);
}

static inline void spin_take(PKSPIN_LOCK lock, const void *caller)
{
    if (verify_on())
        verify_lock_taking(lock, VERIFY_SPIN_LOCK, caller);
    lock_acquire(spin_lock(lock));
    if (verify_on())
        verify_lock_taken(lock, VERIFY_SPIN_LOCK, caller);
}

static inline void spin_give(PKSPIN_LOCK lock, const void *caller)
{
    if (verify_on())
        verify_lock_given(lock, VERIFY_SPIN_LOCK, caller);
    lock_release(spin_lock(lock));
}

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    KIRQL before = wdm_irql_set(DISPATCH_LEVEL);
    if (verify_on() && before > DISPATCH_LEVEL)
        verify_level_was(__func__, before, DISPATCH_LEVEL, VERIFY_CALLER);
    spin_take(SpinLock, VERIFY_CALLER);
    return before;
}

VOID NTAPI KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql)
{
    KIRQL before = wdm_irql_set(DISPATCH_LEVEL);
    if (verify_on() && before > DISPATCH_LEVEL)
        verify_level_was(__func__, before, DISPATCH_LEVEL, VERIFY_CALLER);
    spin_take(SpinLock, VERIFY_CALLER);
    *OldIrql = before;
}

VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    spin_give(SpinLock, VERIFY_CALLER);
    wdm_irql_set(NewIrql);
}

KIRQL wdm_spin_lock_acquire(KSPIN_LOCK *lock, const void *caller)
{
    KIRQL before = wdm_irql_set(DISPATCH_LEVEL);
    spin_take(lock, caller);
    return before;
}

void wdm_spin_lock_release(KSPIN_LOCK *lock, KIRQL irql, const void *caller)
{
    spin_give(lock, caller);
    wdm_irql_set(irql);
}

VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    if (verify_on() && current_irql < DISPATCH_LEVEL)
        wdm_verifier_report(NULL, "irql", "%s at IRQL %u, which is for DISPATCH_LEVEL", __func__, current_irql);
    spin_take(SpinLock, VERIFY_CALLER);
}

VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    spin_give(SpinLock, VERIFY_CALLER);
}
