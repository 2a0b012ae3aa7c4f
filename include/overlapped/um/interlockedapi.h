/* SPDX-License-Identifier: MIT */
/* Interlocked operations, inline over the compiler's atomic builtins: full barriers, as documented,
 * except the NoFence, Acquire and Release forms. The _Interlocked names are macros, because clang
 * knows some of them as builtins and would refuse definitions. */
#ifndef _INTERLOCKEDAPI_H_
#define _INTERLOCKEDAPI_H_
#include "ovl_types.h"

#define OVL_ATOMIC static __inline__ __attribute__((__always_inline__, __unused__))
#ifdef __cplusplus
extern "C++" {
#endif

/* The operations of one width: suffix of the name, type, and the suffix of a memory order. */
#define OVL_INTERLOCKED(bits, type, fence, order)                                                      \
    OVL_ATOMIC type InterlockedExchange##bits##fence(type volatile *target, type value)               \
    {                                                                                                 \
        return __atomic_exchange_n(target, value, order);                                             \
    }                                                                                                 \
    OVL_ATOMIC type InterlockedExchangeAdd##bits##fence(type volatile *target, type value)            \
    {                                                                                                 \
        return __atomic_fetch_add(target, value, order);                                              \
    }                                                                                                 \
    OVL_ATOMIC type InterlockedIncrement##bits##fence(type volatile *target)                          \
    {                                                                                                 \
        return __atomic_add_fetch(target, 1, order);                                                  \
    }                                                                                                 \
    OVL_ATOMIC type InterlockedDecrement##bits##fence(type volatile *target)                          \
    {                                                                                                 \
        return __atomic_sub_fetch(target, 1, order);                                                  \
    }                                                                                                 \
    OVL_ATOMIC type InterlockedAnd##bits##fence(type volatile *target, type value)                    \
    {                                                                                                 \
        return __atomic_fetch_and(target, value, order);                                              \
    }                                                                                                 \
    OVL_ATOMIC type InterlockedOr##bits##fence(type volatile *target, type value)                     \
    {                                                                                                 \
        return __atomic_fetch_or(target, value, order);                                               \
    }                                                                                                 \
    OVL_ATOMIC type InterlockedXor##bits##fence(type volatile *target, type value)                    \
    {                                                                                                 \
        return __atomic_fetch_xor(target, value, order);                                              \
    }                                                                                                 \
    OVL_ATOMIC type InterlockedAdd##bits##fence(type volatile *target, type value)                    \
    {                                                                                                 \
        return __atomic_add_fetch(target, value, order);                                              \
    }                                                                                                 \
    OVL_ATOMIC type InterlockedCompareExchange##bits##fence(type volatile *target, type value,        \
                                                            type expected)                            \
    {                                                                                                 \
        __atomic_compare_exchange_n(target, &expected, value, 0, order, __ATOMIC_RELAXED);            \
        return expected;                                                                              \
    }

#define OVL_INTERLOCKED_WIDTH(bits, type)                     \
    OVL_INTERLOCKED(bits, type, , __ATOMIC_SEQ_CST)           \
    OVL_INTERLOCKED(bits, type, NoFence, __ATOMIC_RELAXED)    \
    OVL_INTERLOCKED(bits, type, Acquire, __ATOMIC_ACQUIRE)    \
    OVL_INTERLOCKED(bits, type, Release, __ATOMIC_RELEASE)

OVL_INTERLOCKED_WIDTH(, LONG)
OVL_INTERLOCKED_WIDTH(64, LONG64)
OVL_INTERLOCKED(16, SHORT, , __ATOMIC_SEQ_CST)
OVL_INTERLOCKED(8, CHAR, , __ATOMIC_SEQ_CST)

#define OVL_INTERLOCKED_POINTER(fence, order)                                                         \
    OVL_ATOMIC PVOID InterlockedExchangePointer##fence(PVOID volatile *target, PVOID value)           \
    {                                                                                                 \
        return __atomic_exchange_n(target, value, order);                                             \
    }                                                                                                 \
    OVL_ATOMIC PVOID InterlockedCompareExchangePointer##fence(PVOID volatile *target, PVOID value,    \
                                                              PVOID expected)                         \
    {                                                                                                 \
        __atomic_compare_exchange_n(target, &expected, value, 0, order, __ATOMIC_RELAXED);            \
        return expected;                                                                              \
    }
OVL_INTERLOCKED_POINTER(, __ATOMIC_SEQ_CST)
OVL_INTERLOCKED_POINTER(NoFence, __ATOMIC_RELAXED)
OVL_INTERLOCKED_POINTER(Acquire, __ATOMIC_ACQUIRE)
OVL_INTERLOCKED_POINTER(Release, __ATOMIC_RELEASE)

OVL_ATOMIC UCHAR InterlockedBitTestAndSet(LONG volatile *base, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));
    return (__atomic_fetch_or(base + bit / 32, mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
OVL_ATOMIC UCHAR InterlockedBitTestAndReset(LONG volatile *base, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));
    return (__atomic_fetch_and(base + bit / 32, ~mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
OVL_ATOMIC UCHAR InterlockedBitTestAndComplement(LONG volatile *base, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));
    return (__atomic_fetch_xor(base + bit / 32, mask, __ATOMIC_SEQ_CST) & mask) != 0;
}

#ifdef __x86_64__
/* Always the instruction: the compilers' 16-byte builtin may call a library that takes a lock. */
OVL_ATOMIC UCHAR InterlockedCompareExchange128(LONG64 volatile *target, LONG64 high, LONG64 low,
                                               LONG64 *comparand)
{
    UCHAR equal;
    __asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
                     : "=q"(equal), "+m"(*(LONG64 volatile(*)[2])target), "+a"(comparand[0]),
                       "+d"(comparand[1])
                     : "b"(low), "c"(high)
                     : "cc", "memory");
    return equal;
}
#endif

#ifdef __cplusplus
/* Windows defines these names for unsigned types in C++ too. */
OVL_ATOMIC ULONG InterlockedIncrement(ULONG volatile *target)
{
    return __atomic_add_fetch(target, 1, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG InterlockedDecrement(ULONG volatile *target)
{
    return __atomic_sub_fetch(target, 1, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG InterlockedExchange(ULONG volatile *target, ULONG value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG InterlockedExchangeAdd(ULONG volatile *target, ULONG value)
{
    return __atomic_fetch_add(target, value, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG InterlockedExchangeSubtract(ULONG volatile *target, ULONG value)
{
    return __atomic_fetch_sub(target, value, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG InterlockedCompareExchange(ULONG volatile *target, ULONG value, ULONG expected)
{
    __atomic_compare_exchange_n(target, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    return expected;
}
OVL_ATOMIC ULONG InterlockedAnd(ULONG volatile *target, ULONG value)
{
    return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG InterlockedOr(ULONG volatile *target, ULONG value)
{
    return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG InterlockedXor(ULONG volatile *target, ULONG value)
{
    return __atomic_fetch_xor(target, value, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG64 InterlockedIncrement(ULONG64 volatile *target)
{
    return __atomic_add_fetch(target, 1, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG64 InterlockedDecrement(ULONG64 volatile *target)
{
    return __atomic_sub_fetch(target, 1, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG64 InterlockedExchange(ULONG64 volatile *target, ULONG64 value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG64 InterlockedExchangeAdd(ULONG64 volatile *target, ULONG64 value)
{
    return __atomic_fetch_add(target, value, __ATOMIC_SEQ_CST);
}
OVL_ATOMIC ULONG64 InterlockedCompareExchange(ULONG64 volatile *target, ULONG64 value,
                                              ULONG64 expected)
{
    __atomic_compare_exchange_n(target, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    return expected;
}
}
#endif

#define _InterlockedExchange               InterlockedExchange
#define _InterlockedExchange8              InterlockedExchange8
#define _InterlockedExchange16             InterlockedExchange16
#define _InterlockedExchange64             InterlockedExchange64
#define _InterlockedExchangePointer        InterlockedExchangePointer
#define _InterlockedExchangeAdd            InterlockedExchangeAdd
#define _InterlockedExchangeAdd8           InterlockedExchangeAdd8
#define _InterlockedExchangeAdd16          InterlockedExchangeAdd16
#define _InterlockedExchangeAdd64          InterlockedExchangeAdd64
#define _InterlockedIncrement              InterlockedIncrement
#define _InterlockedIncrement16            InterlockedIncrement16
#define _InterlockedIncrement64            InterlockedIncrement64
#define _InterlockedDecrement              InterlockedDecrement
#define _InterlockedDecrement16            InterlockedDecrement16
#define _InterlockedDecrement64            InterlockedDecrement64
#define _InterlockedCompareExchange        InterlockedCompareExchange
#define _InterlockedCompareExchange8       InterlockedCompareExchange8
#define _InterlockedCompareExchange16      InterlockedCompareExchange16
#define _InterlockedCompareExchange64      InterlockedCompareExchange64
#define _InterlockedCompareExchange128     InterlockedCompareExchange128
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _InterlockedAnd                    InterlockedAnd
#define _InterlockedAnd8                   InterlockedAnd8
#define _InterlockedAnd16                  InterlockedAnd16
#define _InterlockedAnd64                  InterlockedAnd64
#define _InterlockedOr                     InterlockedOr
#define _InterlockedOr8                    InterlockedOr8
#define _InterlockedOr16                   InterlockedOr16
#define _InterlockedOr64                   InterlockedOr64
#define _InterlockedXor                    InterlockedXor
#define _InterlockedXor8                   InterlockedXor8
#define _InterlockedXor16                  InterlockedXor16
#define _InterlockedXor64                  InterlockedXor64
#define _interlockedbittestandset          InterlockedBitTestAndSet
#define _interlockedbittestandreset        InterlockedBitTestAndReset

#define MemoryBarrier()   __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define _ReadWriteBarrier() __asm__ volatile("" ::: "memory")
#define _ReadBarrier()      __asm__ volatile("" ::: "memory")
#define _WriteBarrier()     __asm__ volatile("" ::: "memory")
#if defined(__x86_64__) || defined(__i386__)
#define YieldProcessor() __builtin_ia32_pause()
#else
#define YieldProcessor() __asm__ volatile("yield")
#endif

#define OVL_READ_WRITE(name, type)                                                        \
    OVL_ATOMIC type ReadAcquire##name(type const volatile *source)                        \
    {                                                                                     \
        return __atomic_load_n(source, __ATOMIC_ACQUIRE);                                 \
    }                                                                                     \
    OVL_ATOMIC type ReadNoFence##name(type const volatile *source)                        \
    {                                                                                     \
        return __atomic_load_n(source, __ATOMIC_RELAXED);                                 \
    }                                                                                     \
    OVL_ATOMIC void WriteRelease##name(type volatile *target, type value)                 \
    {                                                                                     \
        __atomic_store_n(target, value, __ATOMIC_RELEASE);                                \
    }                                                                                     \
    OVL_ATOMIC void WriteNoFence##name(type volatile *target, type value)                 \
    {                                                                                     \
        __atomic_store_n(target, value, __ATOMIC_RELAXED);                                \
    }
OVL_READ_WRITE(, LONG)
OVL_READ_WRITE(64, LONG64)
OVL_READ_WRITE(Pointer, PVOID)

/* Singly linked lists: the headers and the calls (exported, because a pop must not fault). */
typedef struct _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} __attribute__((__aligned__(16))) SLIST_ENTRY, *PSLIST_ENTRY;
typedef union _SLIST_HEADER {
    struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
} __attribute__((__aligned__(16))) SLIST_HEADER, *PSLIST_HEADER;

#endif
