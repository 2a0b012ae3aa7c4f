/* SPDX-License-Identifier: MIT */
/* Heaps over malloc. Each block has a header with its size and heap, because HeapSize tells the
 * size that was asked for and HeapDestroy frees what is left. LocalAlloc and GlobalAlloc are the
 * process heap; their handles are the pointers, which Lock gives back. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/lock.h"
#include "win32/face.h"

struct heap {
    uint64_t magic;
    struct lock lock;   /* guards blocks and the list of heaps below */
    struct list blocks; /* struct block.link; the process heap's are not listed */
    struct list link;
    SIZE_T maximum, used;     /* maximum 0: it grows */
    CRITICAL_SECTION section; /* HeapLock */
};

struct block {
    struct list link;
    SIZE_T size;
    struct heap *heap;
};
_Static_assert(sizeof(struct block) % 16 == 0, "blocks stay aligned");

#define HEAP_MAGIC 0x5041454850414548u

static struct heap process_heap = {
    .magic = HEAP_MAGIC,
    .blocks = {&process_heap.blocks, &process_heap.blocks},
    .link = {&process_heap.link, &process_heap.link},
};

static struct heap *heap_of(HANDLE handle)
{
    struct heap *heap = handle;
    if (heap != NULL && heap->magic == HEAP_MAGIC)
        return heap;
    error_set(ERROR_INVALID_HANDLE);
    return NULL;
}

HANDLE WINAPI GetProcessHeap(void)
{
    return &process_heap;
}

HANDLE WINAPI HeapCreate(DWORD flags, SIZE_T initial, SIZE_T maximum)
{
    (void)flags;
    struct heap *heap = calloc(1, sizeof *heap);
    if (heap == NULL || (maximum != 0 && initial > maximum)) {
        error_set(heap == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
        free(heap);
        return NULL;
    }
    heap->magic = HEAP_MAGIC;
    heap->maximum = maximum;
    list_init(&heap->blocks);
    lock_acquire(&process_heap.lock);
    list_push_back(&process_heap.link, &heap->link);
    lock_release(&process_heap.lock);
    return heap;
}

BOOL WINAPI HeapDestroy(HANDLE handle)
{
    struct heap *heap = heap_of(handle);
    if (heap == NULL)
        return FALSE;
    if (heap == &process_heap)
        return error_from_status(STATUS_INVALID_PARAMETER);
    lock_acquire(&process_heap.lock);
    list_remove(&heap->link);
    lock_release(&process_heap.lock);
    for (struct list *node; (node = list_pop_front(&heap->blocks)) != NULL;)
        free(container_of(node, struct block, link));
    heap->magic = 0;
    free(heap);
    return TRUE;
}

/* Counts `size` against the heap's limit and lists the block. false: it would not fit. */
static bool heap_add(struct heap *heap, struct block *block, SIZE_T size)
{
    block->size = size;
    block->heap = heap;
    if (heap == &process_heap)
        return true;
    lock_acquire(&heap->lock);
    bool fits =
        heap->maximum == 0 || (heap->used <= heap->maximum && size <= heap->maximum - heap->used);
    if (fits) {
        heap->used += size;
        list_push_back(&heap->blocks, &block->link);
    }
    lock_release(&heap->lock);
    return fits;
}

static void heap_remove(struct heap *heap, struct block *block)
{
    if (heap == &process_heap)
        return;
    lock_acquire(&heap->lock);
    heap->used -= block->size;
    list_remove(&block->link);
    lock_release(&heap->lock);
}

LPVOID WINAPI HeapAlloc(HANDLE handle, DWORD flags, SIZE_T size)
{
    struct heap *heap = heap_of(handle);
    if (heap == NULL)
        return NULL;
    struct block *block = NULL;
    if (size <= SIZE_MAX - sizeof *block)
        block = flags & HEAP_ZERO_MEMORY ? calloc(1, sizeof *block + size)
                                         : malloc(sizeof *block + size);
    if (block != NULL && heap_add(heap, block, size))
        return block + 1;
    free(block);
    error_set(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static struct block *block_of(struct heap *heap, const void *memory)
{
    struct block *block = memory == NULL ? NULL : (struct block *)memory - 1;
    if (block != NULL && block->heap == heap)
        return block;
    error_set(ERROR_INVALID_PARAMETER);
    return NULL;
}

BOOL WINAPI HeapFree(HANDLE handle, DWORD flags, LPVOID memory)
{
    (void)flags;
    struct heap *heap = heap_of(handle);
    if (memory == NULL)
        return heap !=
               NULL; /* documented since Windows 10: a NULL block is freed without complaint */
    struct block *block = heap == NULL ? NULL : block_of(heap, memory);
    if (block == NULL)
        return FALSE;
    heap_remove(heap, block);
    block->heap = NULL;
    free(block);
    return TRUE;
}

LPVOID WINAPI HeapReAlloc(HANDLE handle, DWORD flags, LPVOID memory, SIZE_T size)
{
    struct heap *heap = heap_of(handle);
    struct block *block = heap == NULL ? NULL : block_of(heap, memory);
    if (block == NULL)
        return NULL;
    if (flags & HEAP_REALLOC_IN_PLACE_ONLY && size > block->size) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (flags & HEAP_REALLOC_IN_PLACE_ONLY) {
        heap_remove(heap, block);
        heap_add(heap, block, size);
        return memory;
    }
    void *moved = HeapAlloc(handle, flags & HEAP_ZERO_MEMORY, size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, memory, size < block->size ? size : block->size);
    HeapFree(handle, 0, memory);
    return moved;
}

SIZE_T WINAPI HeapSize(HANDLE handle, DWORD flags, LPCVOID memory)
{
    (void)flags;
    struct heap *heap = heap_of(handle);
    struct block *block = heap == NULL ? NULL : block_of(heap, memory);
    return block == NULL ? (SIZE_T)-1 : block->size;
}

BOOL WINAPI HeapValidate(HANDLE handle, DWORD flags, LPCVOID memory)
{
    (void)flags;
    struct heap *heap = handle;
    if (heap == NULL || heap->magic != HEAP_MAGIC)
        return FALSE;
    return memory == NULL || ((const struct block *)memory - 1)->heap == heap;
}

BOOL WINAPI HeapLock(HANDLE handle)
{
    struct heap *heap = heap_of(handle);
    if (heap == NULL)
        return FALSE;
    EnterCriticalSection(&heap->section); /* zeroed memory is a free section */
    return TRUE;
}

BOOL WINAPI HeapUnlock(HANDLE handle)
{
    struct heap *heap = heap_of(handle);
    if (heap == NULL)
        return FALSE;
    LeaveCriticalSection(&heap->section);
    return TRUE;
}

/* There is nothing to compact; documented as 0 with no error. */
SIZE_T WINAPI HeapCompact(HANDLE handle, DWORD flags)
{
    (void)flags;
    if (heap_of(handle) != NULL)
        error_set(ERROR_SUCCESS);
    return 0;
}

BOOL WINAPI HeapSetInformation(HANDLE handle, HEAP_INFORMATION_CLASS information, PVOID data,
                               SIZE_T size)
{
    (void)data;
    (void)size;
    if (handle != NULL && heap_of(handle) == NULL)
        return FALSE;
    if (information != HeapCompatibilityInformation &&
        information != HeapEnableTerminationOnCorruption)
        return error_from_status(STATUS_INVALID_PARAMETER);
    return TRUE; /* malloc ends the process on corruption, and needs no other front end */
}

DWORD WINAPI GetProcessHeaps(DWORD room, PHANDLE heaps)
{
    DWORD count = 0;
    lock_acquire(&process_heap.lock);
    struct list *node = &process_heap.link;
    do {
        if (count < room)
            heaps[count] = container_of(node, struct heap, link);
        count++;
        node = node->next;
    } while (node != &process_heap.link);
    lock_release(&process_heap.lock);
    return count;
}

/* ---- Local and global memory ----------------------------------------------------------------- */

_Static_assert(LMEM_ZEROINIT == GMEM_ZEROINIT && LMEM_MODIFY == GMEM_MODIFY, "the same flags");

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size)
{
    return HeapAlloc(&process_heap, flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, size);
}

HLOCAL WINAPI LocalReAlloc(HLOCAL memory, SIZE_T size, UINT flags)
{
    if (flags & LMEM_MODIFY)
        return memory; /* fixed or movable is the same here */
    if (memory == NULL) {
        error_set(ERROR_INVALID_HANDLE);
        return NULL;
    }
    void *moved = LocalAlloc(flags, size);
    if (moved == NULL)
        return NULL;
    SIZE_T before = HeapSize(&process_heap, 0, memory);
    memcpy(moved, memory, size < before ? size : before);
    HeapFree(&process_heap, 0, memory);
    return moved;
}

HLOCAL WINAPI LocalFree(HLOCAL memory)
{
    return HeapFree(&process_heap, 0, memory) ? NULL : memory;
}

SIZE_T WINAPI LocalSize(HLOCAL memory)
{
    SIZE_T size = HeapSize(&process_heap, 0, memory);
    return size == (SIZE_T)-1 ? 0 : size;
}

LPVOID WINAPI LocalLock(HLOCAL memory)
{
    return memory;
}

/* Documented for a lock count of zero, which memory that does not move always has. */
BOOL WINAPI LocalUnlock(HLOCAL memory)
{
    (void)memory;
    error_set(ERROR_NOT_LOCKED);
    return FALSE;
}

HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T size)
{
    return LocalAlloc(flags, size);
}

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL memory, SIZE_T size, UINT flags)
{
    return LocalReAlloc(memory, size, flags);
}

HGLOBAL WINAPI GlobalFree(HGLOBAL memory)
{
    return LocalFree(memory);
}

SIZE_T WINAPI GlobalSize(HGLOBAL memory)
{
    return LocalSize(memory);
}

LPVOID WINAPI GlobalLock(HGLOBAL memory)
{
    return memory;
}

BOOL WINAPI GlobalUnlock(HGLOBAL memory)
{
    (void)memory;
    return TRUE; /* documented for fixed memory */
}
