/* SPDX-License-Identifier: MIT */
/* Critical sections. The lock is one word (where Windows keeps a semaphore handle): 0 free, 1 held,
 * 2 held and somebody may sleep; so memory that is all zero is a free one. Recursion and owner
 * belong to the holder. */
#include "win32/block.h"
#include "win32/face.h"

enum { FREE, HELD, CONTENDED, SPIN_DEFAULT = 200, SPIN_MASK = 0xffffff };

static _Atomic uint32_t *section_word(LPCRITICAL_SECTION section)
{
    return (_Atomic uint32_t *)&section->LockSemaphore;
}

static HANDLE section_owner(LPCRITICAL_SECTION section)
{
    return __atomic_load_n(&section->OwningThread, __ATOMIC_RELAXED);
}

static void section_take(LPCRITICAL_SECTION section, HANDLE self)
{
    __atomic_store_n(&section->OwningThread, self, __ATOMIC_RELAXED);
    section->RecursionCount = 1;
}

static HANDLE section_self(void)
{
    return handle_pointer(thread_self()->tid);
}

static bool word_try(_Atomic uint32_t *word)
{
    uint32_t free = FREE;
    return atomic_compare_exchange_strong_explicit(word, &free, HELD, memory_order_acquire,
                                                   memory_order_relaxed);
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION section, DWORD spin_count, DWORD flags)
{
    (void)flags; /* there is never debug information */
    *section = (CRITICAL_SECTION){
        .DebugInfo = (PRTL_CRITICAL_SECTION_DEBUG)(intptr_t)-1, /* as Windows marks "none" */
        .LockCount = -1,
        .SpinCount = spin_count & SPIN_MASK,
    };
    return TRUE;
}

void WINAPI InitializeCriticalSection(LPCRITICAL_SECTION section)
{
    InitializeCriticalSectionEx(section, SPIN_DEFAULT, 0);
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spin_count)
{
    return InitializeCriticalSectionEx(section, spin_count, 0);
}

DWORD WINAPI SetCriticalSectionSpinCount(LPCRITICAL_SECTION section, DWORD spin_count)
{
    DWORD before = (DWORD)section->SpinCount;
    section->SpinCount = spin_count & SPIN_MASK;
    return before;
}

void WINAPI DeleteCriticalSection(LPCRITICAL_SECTION section)
{
    *section = (CRITICAL_SECTION){.LockCount = -1};
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION section)
{
    HANDLE self = section_self();
    if (word_try(section_word(section))) {
        section_take(section, self);
        return TRUE;
    }
    if (section_owner(section) != self)
        return FALSE;
    section->RecursionCount++;
    return TRUE;
}

static void section_enter_slow(LPCRITICAL_SECTION section)
{
    _Atomic uint32_t *word = section_word(section);
    for (ULONG_PTR i = 0; i < section->SpinCount; i++) {
        cpu_relax();
        if (atomic_load_explicit(word, memory_order_relaxed) == FREE && word_try(word))
            return;
    }
    while (atomic_exchange_explicit(word, CONTENDED, memory_order_acquire) != FREE)
        block_on(word, CONTENDED, FUTEX_NO_DEADLINE);
}

void WINAPI EnterCriticalSection(LPCRITICAL_SECTION section)
{
    if (TryEnterCriticalSection(section))
        return;
    section_enter_slow(section);
    section_take(section, section_self());
}

void WINAPI LeaveCriticalSection(LPCRITICAL_SECTION section)
{
    if (--section->RecursionCount > 0)
        return;
    __atomic_store_n(&section->OwningThread, NULL, __ATOMIC_RELAXED);
    _Atomic uint32_t *word = section_word(section);
    if (atomic_exchange_explicit(word, FREE, memory_order_release) == CONTENDED)
        futex_wake(word, 1);
}
