/* SPDX-License-Identifier: MIT */
/* Interlocked singly linked lists: one 16-byte compare and exchange over the first entry, the depth
 * and a sequence number that keeps a list which changed and changed back from being taken for
 * unchanged. Entries may be freed once popped only if no pop is under way, as on Windows; reading
 * `Next` of a popped entry needs memory that is still mapped. */
#include "base/lock.h"
#include "win32/face.h"

/* Region's high half counts depth and sequence as Windows keeps them; only these functions look
 * inside. */
struct slist {
    _Alignas(16) uint64_t first;
    uint32_t depth;
    uint32_t sequence;
};
_Static_assert(sizeof(struct slist) == sizeof(SLIST_HEADER), "16 bytes");

union slist_word {
    struct slist list;
    unsigned __int128 whole;
};

static union slist_word slist_read(PSLIST_HEADER head)
{
    union slist_word word;
    volatile struct slist *list = (volatile struct slist *)head;
    /* Torn reads are harmless: the exchange compares all of it. */
    word.list.sequence = __atomic_load_n(&list->sequence, __ATOMIC_ACQUIRE);
    word.list.depth = __atomic_load_n(&list->depth, __ATOMIC_RELAXED);
    word.list.first = __atomic_load_n(&list->first, __ATOMIC_ACQUIRE);
    return word;
}

static bool slist_exchange(PSLIST_HEADER head, union slist_word from, union slist_word to)
{
#if defined(__x86_64__)
    bool done;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*(volatile unsigned __int128 *)head),
                       "+a"(from.list.first), "+d"(((uint64_t *)&from)[1])
                     : "b"(to.list.first), "c"(((uint64_t *)&to)[1])
                     : "memory");
    return done;
#else
    return __sync_bool_compare_and_swap((volatile unsigned __int128 *)head, from.whole, to.whole);
#endif
}

void WINAPI InitializeSListHead(PSLIST_HEADER head)
{
    *(struct slist *)head = (struct slist){0};
}

PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER head, PSLIST_ENTRY entry)
{
    for (;;) {
        union slist_word from = slist_read(head), to = from;
        __atomic_store_n((uint64_t *)&entry->Next, from.list.first, __ATOMIC_RELAXED);
        to.list.first = (uint64_t)(uintptr_t)entry;
        to.list.depth++;
        to.list.sequence++;
        if (slist_exchange(head, from, to))
            return (PSLIST_ENTRY)(uintptr_t)from.list.first;
    }
}

PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER head)
{
    for (;;) {
        union slist_word from = slist_read(head), to = from;
        PSLIST_ENTRY first = (PSLIST_ENTRY)(uintptr_t)from.list.first;
        if (first == NULL)
            return NULL;
        to.list.first = __atomic_load_n((uint64_t *)&first->Next, __ATOMIC_RELAXED);
        to.list.depth--;
        to.list.sequence++;
        if (slist_exchange(head, from, to))
            return first;
    }
}

PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER head)
{
    for (;;) {
        union slist_word from = slist_read(head), to = from;
        if (from.list.first == 0)
            return NULL;
        to.list.first = 0;
        to.list.depth = 0;
        to.list.sequence++;
        if (slist_exchange(head, from, to))
            return (PSLIST_ENTRY)(uintptr_t)from.list.first;
    }
}

USHORT WINAPI QueryDepthSList(PSLIST_HEADER head)
{
    return (USHORT)__atomic_load_n(&((struct slist *)head)->depth, __ATOMIC_RELAXED);
}
