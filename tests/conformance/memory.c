/* SPDX-License-Identifier: MIT */
/* Heaps, local and global memory, virtual memory, interlocked lists. Rules: the pages of the functions. */
#include "../tap.h"

static void heaps(void)
{
    HANDLE heap = GetProcessHeap();
    unsigned char *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 1000);
    int zero = 1;
    for (int i = 0; i < 1000; i++)
        zero &= block[i] == 0;
    ok(zero, "HEAP_ZERO_MEMORY");
    ok(((ULONG_PTR)block & 15) == 0, "aligned to 16 bytes");
    is_int(HeapSize(heap, 0, block), 1000, "HeapSize is what was asked for");
    memset(block, 7, 1000);
    block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, 5000);
    ok(block[999] == 7 && block[1000] == 0 && block[4999] == 0, "HeapReAlloc keeps, and zeroes the rest");
    is_int(HeapSize(heap, 0, block), 5000, "the new size");
    ok(HeapFree(heap, 0, block), "HeapFree");

    HANDLE own = HeapCreate(0, 0, 0);
    ok(own && own != heap, "HeapCreate");
    void *kept = HeapAlloc(own, 0, 10);
    ok(kept && HeapAlloc(own, 0, 100000), "blocks of its own");
    ok(HeapValidate(own, 0, kept) && HeapValidate(own, 0, NULL), "HeapValidate");
    ok(HeapLock(own) && HeapLock(own) && HeapUnlock(own) && HeapUnlock(own), "locked recursively");
    ok(HeapDestroy(own), "HeapDestroy with blocks in use");
    HANDLE small = HeapCreate(0, 0, 65536);
    ok(HeapAlloc(small, 0, 1000) != NULL, "a heap with a limit");
    ok(HeapAlloc(small, 0, 1 << 20) == NULL, "gives no more than that");
    HeapDestroy(small);
}

static void local_global(void)
{
    char *text = LocalAlloc(LPTR, 64);
    ok(text && text[0] == 0 && text[63] == 0, "LPTR is zeroed");
    ok(LocalSize(text) >= 64, "LocalSize");
    text[5] = 'x';
    text = LocalReAlloc(text, 4096, LMEM_MOVEABLE | LMEM_ZEROINIT);
    ok(text && ((char *)LocalLock(text))[5] == 'x', "LocalReAlloc keeps it");
    ok(LocalFree(text) == NULL, "LocalFree gives NULL");
    ok(LocalFree(NULL) == NULL, "also for NULL");
    HGLOBAL global = GlobalAlloc(GMEM_MOVEABLE, 100);
    char *memory = GlobalLock(global);
    ok(memory != NULL, "GlobalLock");
    memory[99] = 1;
    GlobalUnlock(global);
    ok(GlobalSize(global) >= 100 && GlobalFree(global) == NULL, "GlobalFree");
}

static void virtual_memory(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    is_int(info.dwAllocationGranularity, 65536, "reservations are aligned to 64 KiB");
    ok(info.dwNumberOfProcessors >= 1 && info.dwPageSize >= 4096, "processors and pages");
    char *base = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE, PAGE_READWRITE);
    ok(base && ((ULONG_PTR)base & 0xffff) == 0, "MEM_RESERVE");
    MEMORY_BASIC_INFORMATION about;
    ok(VirtualQuery(base + 5000, &about, sizeof about) == sizeof about, "VirtualQuery");
    is_int(about.State, MEM_RESERVE, "reserved, not committed");
    ok(about.AllocationBase == base, "its base");
    char *page = base + 3 * info.dwPageSize;
    ok(VirtualAlloc(page, 100, MEM_COMMIT, PAGE_READWRITE) == page, "MEM_COMMIT of one page");
    page[0] = page[99] = 42;
    ok(page[50] == 0, "committed memory is zero");
    VirtualQuery(page, &about, sizeof about);
    ok(about.State == MEM_COMMIT && about.Protect == PAGE_READWRITE && about.Type == MEM_PRIVATE,
       "it is committed now");
    DWORD before = 0;
    ok(VirtualProtect(page, 1, PAGE_READONLY, &before), "VirtualProtect");
    is_int(before, PAGE_READWRITE, "tells what it was");
    VirtualQuery(page, &about, sizeof about);
    is_int(about.Protect, PAGE_READONLY, "and changes it");
    VirtualProtect(page, 1, PAGE_READWRITE, &before);
    ok(VirtualFree(page, info.dwPageSize, MEM_DECOMMIT), "MEM_DECOMMIT");
    ok(VirtualAlloc(page, 1, MEM_COMMIT, PAGE_READWRITE) == page && page[0] == 0, "commits anew, zeroed");
    fails_with(VirtualFree(base, 1 << 20, MEM_RELEASE), ERROR_INVALID_PARAMETER,
               "MEM_RELEASE wants size 0: 87");
    ok(!VirtualFree(page, 0, MEM_RELEASE), "and the base address");
    ok(VirtualFree(base, 0, MEM_RELEASE), "MEM_RELEASE");
    VirtualQuery(base, &about, sizeof about);
    is_int(about.State, MEM_FREE, "free again");
    char *both = VirtualAlloc(NULL, 100, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    ok(both != NULL, "reserve and commit in one");
    both[0] = 1;
    VirtualFree(both, 0, MEM_RELEASE);
    fails_with(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE) != NULL, ERROR_INVALID_PARAMETER,
               "no bytes: 87");
}

/* Four threads push and pop the same entries: every entry is always in one place. */
struct entry {
    SLIST_ENTRY link;
    volatile LONG owners;
};
enum { ENTRIES = 64, LIST_ROUNDS = 50000, LIST_THREADS = 4 };
static SLIST_HEADER *head;
static volatile LONG collisions;

static DWORD WINAPI list_user(void *unused)
{
    (void)unused;
    for (int i = 0; i < LIST_ROUNDS; i++) {
        struct entry *entry = (struct entry *)InterlockedPopEntrySList(head);
        if (!entry)
            continue;
        if (InterlockedIncrement(&entry->owners) != 1)
            InterlockedIncrement(&collisions);
        InterlockedDecrement(&entry->owners);
        InterlockedPushEntrySList(head, &entry->link);
    }
    return 0;
}

static void lists(void)
{
    head = _aligned_malloc(sizeof *head, MEMORY_ALLOCATION_ALIGNMENT);
    struct entry *entries = _aligned_malloc(ENTRIES * sizeof *entries, MEMORY_ALLOCATION_ALIGNMENT);
    HANDLE threads[LIST_THREADS];
    memset(entries, 0, ENTRIES * sizeof *entries);
    InitializeSListHead(head);
    ok(InterlockedPopEntrySList(head) == NULL, "an empty list");
    ok(InterlockedPushEntrySList(head, &entries[0].link) == NULL, "the first push gives what was first");
    for (int i = 1; i < ENTRIES; i++)
        InterlockedPushEntrySList(head, &entries[i].link);
    is_int(QueryDepthSList(head), ENTRIES, "its depth");
    ok(InterlockedPopEntrySList(head) == &entries[ENTRIES - 1].link, "last in, first out");
    InterlockedPushEntrySList(head, &entries[ENTRIES - 1].link);
    for (int i = 0; i < LIST_THREADS; i++)
        threads[i] = thread_start(list_user, NULL);
    for (int i = 0; i < LIST_THREADS; i++)
        thread_join(threads[i]);
    is_int(collisions, 0, "no entry is popped twice");
    int count = 0;
    for (SLIST_ENTRY *entry = InterlockedFlushSList(head); entry; entry = entry->Next)
        count++;
    is_int(count, ENTRIES, "none is lost");
    is_int(QueryDepthSList(head), 0, "flushed");
    _aligned_free(entries);
    _aligned_free(head);
}

int main(void)
{
    tap_begin();
    part(heaps);
    part(local_global);
    part(virtual_memory);
    part(lists);
    return tap_end();
}
