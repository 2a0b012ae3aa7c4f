/* SPDX-License-Identifier: MIT */
/* One-time initialisation in one pointer. Its low bits: 0 not begun, 1 one thread initialises (5:
 * and others sleep), 3 any number try (asynchronous), 2 done, the context in the other bits. */
#include "win32/block.h"
#include "win32/face.h"

enum { FRESH = 0, BUSY = 1, DONE = 2, RACING = 3, BUSY_SLEEPERS = 5, STATE_MASK = 3 };

static _Atomic uint64_t *once_word(PINIT_ONCE once)
{
    return (_Atomic uint64_t *)once;
}

static _Atomic uint32_t *once_futex(PINIT_ONCE once)
{
    return (_Atomic uint32_t *)once; /* the low half: both machines are little-endian */
}

static void once_give_context(uint64_t word, LPVOID *context)
{
    if (context != NULL)
        *context = handle_pointer(word & ~(uint64_t)STATE_MASK);
}

static void once_finish(PINIT_ONCE once, uint64_t word)
{
    uint64_t before = atomic_exchange_explicit(once_word(once), word, memory_order_acq_rel);
    if (before == BUSY_SLEEPERS)
        futex_wake(once_futex(once), INT32_MAX);
}

/* Sleeps while another thread initialises. */
static void once_wait(PINIT_ONCE once)
{
    uint64_t word = BUSY;
    if (atomic_compare_exchange_strong(once_word(once), &word, BUSY_SLEEPERS) ||
        word == BUSY_SLEEPERS)
        block_on(once_futex(once), BUSY_SLEEPERS, FUTEX_NO_DEADLINE);
}

void WINAPI InitOnceInitialize(PINIT_ONCE once)
{
    *once = (INIT_ONCE)INIT_ONCE_STATIC_INIT;
}

static int32_t once_begin(PINIT_ONCE once, DWORD flags, PBOOL pending, LPVOID *context)
{
    bool async = flags & INIT_ONCE_ASYNC;
    for (;;) {
        uint64_t word = atomic_load_explicit(once_word(once), memory_order_acquire);
        if (word != FRESH && (word & STATE_MASK) == DONE) {
            *pending = FALSE;
            once_give_context(word, context);
            return STATUS_SUCCESS;
        }
        if (flags & INIT_ONCE_CHECK_ONLY)
            return STATUS_UNSUCCESSFUL;
        if (word == FRESH) {
            if (!atomic_compare_exchange_strong(once_word(once), &word, async ? RACING : BUSY))
                continue;
            *pending = TRUE;
            return STATUS_SUCCESS;
        }
        if ((word == RACING) != async)
            return STATUS_INVALID_PARAMETER; /* documented: the two ways do not mix */
        if (async) {
            *pending = TRUE;
            return STATUS_SUCCESS;
        }
        once_wait(once);
    }
}

BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE once, DWORD flags, PBOOL pending, LPVOID *context)
{
    if (flags & ~(DWORD)(INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC) ||
        flags == (INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC))
        return error_from_status(STATUS_INVALID_PARAMETER);
    return error_from_status(once_begin(once, flags, pending, context));
}

static int32_t once_complete(PINIT_ONCE once, DWORD flags, uint64_t context)
{
    bool failed = flags & INIT_ONCE_INIT_FAILED, async = flags & INIT_ONCE_ASYNC;
    if (flags & ~(DWORD)(INIT_ONCE_INIT_FAILED | INIT_ONCE_ASYNC) || (failed && async) ||
        (failed && context != 0) || context & STATE_MASK)
        return STATUS_INVALID_PARAMETER;
    uint64_t word = atomic_load_explicit(once_word(once), memory_order_acquire);
    if (async) {
        word = RACING;
        return atomic_compare_exchange_strong(once_word(once), &word, context | DONE)
                   ? STATUS_SUCCESS
                   : STATUS_UNSUCCESSFUL; /* another thread was first; the caller drops its own */
    }
    if (word != BUSY && word != BUSY_SLEEPERS)
        return STATUS_UNSUCCESSFUL;
    once_finish(once, failed ? FRESH : context | DONE);
    return STATUS_SUCCESS;
}

BOOL WINAPI InitOnceComplete(LPINIT_ONCE once, DWORD flags, LPVOID context)
{
    return error_from_status(once_complete(once, flags, handle_number(context)));
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE once, PINIT_ONCE_FN initialise, PVOID parameter,
                                LPVOID *context)
{
    BOOL pending;
    if (!error_from_status(once_begin(once, 0, &pending, context)))
        return FALSE;
    if (!pending)
        return TRUE;
    PVOID made = NULL;
    if (!initialise(once, parameter, &made)) {
        once_finish(once, FRESH); /* the last error is the callback's */
        return FALSE;
    }
    int32_t status = once_complete(once, 0, handle_number(made));
    if (!error_from_status(status)) {
        once_finish(once, FRESH);
        return FALSE;
    }
    if (context != NULL)
        *context = made;
    return TRUE;
}
