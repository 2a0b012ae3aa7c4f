/* SPDX-License-Identifier: MIT */
/* Condition variables in one pointer: a count of wakes, which is what sleepers sleep on, and a
 * count of sleepers, so that waking nobody costs no system call. A sleeper counts itself before it
 * drops the lock. */
#include <errno.h>

#include "win32/block.h"
#include "win32/face.h"

struct condition {
    _Atomic uint32_t wakes;
    _Atomic uint32_t sleepers;
};
_Static_assert(sizeof(struct condition) == sizeof(CONDITION_VARIABLE), "one pointer");

void WINAPI InitializeConditionVariable(PCONDITION_VARIABLE variable)
{
    *variable = (CONDITION_VARIABLE)CONDITION_VARIABLE_INIT;
}

static void condition_wake(PCONDITION_VARIABLE variable, int count)
{
    struct condition *condition = (struct condition *)variable;
    if (atomic_load(&condition->sleepers) == 0)
        return;
    atomic_fetch_add(&condition->wakes, 1);
    futex_wake(&condition->wakes, count);
}

void WINAPI WakeConditionVariable(PCONDITION_VARIABLE variable)
{
    condition_wake(variable, 1);
}

void WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE variable)
{
    condition_wake(variable, INT32_MAX);
}

static uint32_t condition_enter(struct condition *condition)
{
    atomic_fetch_add(&condition->sleepers, 1);
    return atomic_load(&condition->wakes);
}

/* FALSE: the time is over. A zero time-out still drops the lock. */
static BOOL condition_sleep(struct condition *condition, uint32_t wakes, DWORD timeout_ms)
{
    uint64_t deadline = timeout_ms == INFINITE
                            ? FUTEX_NO_DEADLINE
                            : clock_deadline_ns((uint64_t)timeout_ms * NS_PER_MS);
    int result = block_on(&condition->wakes, wakes, deadline);
    atomic_fetch_sub(&condition->sleepers, 1);
    return result != -ETIMEDOUT;
}

static BOOL condition_answer(BOOL woken)
{
    if (!woken)
        error_set(ERROR_TIMEOUT);
    return woken;
}

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE variable, PCRITICAL_SECTION section,
                                     DWORD timeout_ms)
{
    struct condition *condition = (struct condition *)variable;
    uint32_t wakes = condition_enter(condition);
    LeaveCriticalSection(section);
    BOOL woken = condition_sleep(condition, wakes, timeout_ms);
    EnterCriticalSection(section);
    return condition_answer(woken);
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE variable, PSRWLOCK lock, DWORD timeout_ms,
                                      ULONG flags)
{
    struct condition *condition = (struct condition *)variable;
    bool shared = flags & CONDITION_VARIABLE_LOCKMODE_SHARED;
    if (flags & ~(ULONG)CONDITION_VARIABLE_LOCKMODE_SHARED)
        return error_from_status(STATUS_INVALID_PARAMETER);
    uint32_t wakes = condition_enter(condition);
    if (shared)
        ReleaseSRWLockShared(lock);
    else
        ReleaseSRWLockExclusive(lock);
    BOOL woken = condition_sleep(condition, wakes, timeout_ms);
    if (shared)
        AcquireSRWLockShared(lock);
    else
        AcquireSRWLockExclusive(lock);
    return condition_answer(woken);
}
