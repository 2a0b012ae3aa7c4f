/* SPDX-License-Identifier: MIT */
/* Virtual memory over mmap. A reservation is a mapping without rights, committed by giving it some.
 * The list of reservations knows their sizes, for MEM_RELEASE; what protection a page has is read
 * from Linux. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/list.h"
#include "base/lock.h"
#include "nt/status.h"
#include "win32/face.h"

enum { GRANULARITY = 65536 };

struct region {
    struct list link;
    uintptr_t base;
    size_t size;
    DWORD protect; /* as it was allocated */
};

static struct lock regions_lock;
static struct list regions = {&regions, &regions};

static uintptr_t page_size(void)
{
    return (uintptr_t)sysconf(_SC_PAGESIZE);
}

/* Under the lock. */
static struct region *region_find(uintptr_t address)
{
    list_for_each (node, &regions) {
        struct region *region = container_of(node, struct region, link);
        if (address >= region->base && address - region->base < region->size)
            return region;
    }
    return NULL;
}

static bool protect_to_linux(DWORD protect, int *linux_protect)
{
    switch (protect & ~(DWORD)(PAGE_NOCACHE | PAGE_WRITECOMBINE)) {
    case PAGE_NOACCESS:
        *linux_protect = PROT_NONE;
        return true;
    case PAGE_READONLY:
        *linux_protect = PROT_READ;
        return true;
    case PAGE_READWRITE:
    case PAGE_WRITECOPY:
        *linux_protect = PROT_READ | PROT_WRITE;
        return true;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
        *linux_protect = PROT_READ | PROT_EXEC;
        return true;
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY:
        *linux_protect = PROT_READ | PROT_WRITE | PROT_EXEC;
        return true;
    default:
        return false; /* guard pages are not supported */
    }
}

static int32_t memory_status(int result)
{
    return result == 0 ? STATUS_SUCCESS : status_from_errno(errno);
}

/* Maps without rights, aligned to 64 KiB; at `address` if that is given and free. */
static int32_t region_map(uintptr_t address, size_t size, uintptr_t *base)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (address != 0) {
        void *at = mmap((void *)address, size, PROT_NONE, flags | MAP_FIXED_NOREPLACE, -1, 0);
        if (at == MAP_FAILED)
            return errno == EEXIST ? STATUS_CONFLICTING_ADDRESSES : status_from_errno(errno);
        *base = address;
        return STATUS_SUCCESS;
    }
    char *room = mmap(NULL, size + GRANULARITY, PROT_NONE, flags, -1, 0);
    if (room == MAP_FAILED)
        return status_from_errno(errno);
    uintptr_t start = (uintptr_t)room,
              aligned = (start + GRANULARITY - 1) & ~(uintptr_t)(GRANULARITY - 1);
    if (aligned > start)
        munmap(room, aligned - start);
    if (start + GRANULARITY > aligned)
        munmap((void *)(aligned + size), start + GRANULARITY - aligned);
    *base = aligned;
    return STATUS_SUCCESS;
}

static int32_t memory_reserve(uintptr_t address, size_t size, DWORD protect, uintptr_t *base)
{
    struct region *region = malloc(sizeof *region);
    if (region == NULL)
        return STATUS_NO_MEMORY;
    uintptr_t end = address + size, start = address & ~(uintptr_t)(GRANULARITY - 1);
    size = address == 0 ? size : end - start;
    size = (size + page_size() - 1) & ~(page_size() - 1);
    int32_t status = region_map(start, size, base);
    if (status != STATUS_SUCCESS) {
        free(region);
        return status;
    }
    *region = (struct region){.base = *base, .size = size, .protect = protect};
    lock_acquire(&regions_lock);
    list_push_back(&regions, &region->link);
    lock_release(&regions_lock);
    return STATUS_SUCCESS;
}

static int32_t memory_release(uintptr_t base)
{
    lock_acquire(&regions_lock);
    struct region *region = region_find(base);
    if (region == NULL || region->base != base) {
        lock_release(&regions_lock);
        return STATUS_MEMORY_NOT_ALLOCATED;
    }
    list_remove(&region->link);
    lock_release(&regions_lock);
    munmap((void *)region->base, region->size);
    free(region);
    return STATUS_SUCCESS;
}

/* The pages that the range touches, if one reservation holds them all. */
static bool range_in_region(uintptr_t *address, size_t *size)
{
    uintptr_t start = *address & ~(page_size() - 1);
    uintptr_t end = (*address + *size + page_size() - 1) & ~(page_size() - 1);
    lock_acquire(&regions_lock);
    struct region *region = region_find(start);
    bool inside = region != NULL && end > start && end - region->base <= region->size;
    lock_release(&regions_lock);
    *address = start;
    *size = end - start;
    return inside;
}

static int32_t memory_allocate(uintptr_t *address, size_t size, DWORD type, DWORD protect)
{
    int linux_protect;
    if (size == 0 || size > (SIZE_MAX >> 1) || !protect_to_linux(protect, &linux_protect))
        return STATUS_INVALID_PARAMETER;
    if (type & (MEM_LARGE_PAGES | MEM_PHYSICAL | MEM_WRITE_WATCH))
        return STATUS_NOT_SUPPORTED;
    if (type & MEM_RESET) {
        if (!range_in_region(address, &size))
            return STATUS_CONFLICTING_ADDRESSES;
        return memory_status(madvise((void *)*address, size, MADV_FREE));
    }
    if (!(type & (MEM_COMMIT | MEM_RESERVE)))
        return STATUS_INVALID_PARAMETER;
    uintptr_t base = *address;
    if (type & MEM_RESERVE || base == 0) {
        int32_t status = memory_reserve(base, size, protect, &base);
        if (status != STATUS_SUCCESS)
            return status;
        if (*address == 0 || !(type & MEM_COMMIT))
            *address = base;
    }
    if (!(type & MEM_COMMIT))
        return STATUS_SUCCESS;
    if (!range_in_region(address, &size))
        return STATUS_CONFLICTING_ADDRESSES;
    return memory_status(mprotect((void *)*address, size, linux_protect));
}

LPVOID WINAPI VirtualAlloc(LPVOID address, SIZE_T size, DWORD type, DWORD protect)
{
    uintptr_t at = (uintptr_t)address;
    return error_from_status(memory_allocate(&at, size, type, protect)) ? (LPVOID)at : NULL;
}

static int32_t memory_decommit(uintptr_t address, size_t size)
{
    if (size == 0) { /* the whole reservation, by its base */
        lock_acquire(&regions_lock);
        struct region *region = region_find(address);
        size = region != NULL && region->base == address ? region->size : 0;
        lock_release(&regions_lock);
        if (size == 0)
            return STATUS_FREE_VM_NOT_AT_BASE;
    }
    if (!range_in_region(&address, &size))
        return STATUS_MEMORY_NOT_ALLOCATED;
    void *at = mmap((void *)address, size, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return at == MAP_FAILED ? status_from_errno(errno) : STATUS_SUCCESS;
}

BOOL WINAPI VirtualFree(LPVOID address, SIZE_T size, DWORD type)
{
    if (type == MEM_RELEASE)
        return error_from_status(size != 0 ? STATUS_INVALID_PARAMETER
                                           : memory_release((uintptr_t)address));
    if (type == MEM_DECOMMIT)
        return error_from_status(memory_decommit((uintptr_t)address, size));
    return error_from_status(STATUS_INVALID_PARAMETER);
}

/* ---- What Linux says of a page --------------------------------------------------------------- */

struct mapping {
    uintptr_t start, end;
    char rights[5]; /* "rwxp" */
    bool file;
};

/* The mapping at `address`, or the hole there: false, with its bounds. */
static bool mapping_find(uintptr_t address, struct mapping *mapping)
{
    char line[512];
    uintptr_t start, end, last = 0;
    unsigned long inode;
    *mapping = (struct mapping){.start = 0, .end = (uintptr_t)0x7ffffffff000};
    FILE *file = fopen("/proc/self/maps", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %lu", &start, &end, rights, &inode) != 4)
            continue;
        if (address < end) {
            bool found = address >= start;
            *mapping = found ? (struct mapping){.start = start, .end = end, .file = inode != 0}
                             : (struct mapping){.start = last, .end = start};
            for (int i = 0; i < 4; i++)
                mapping->rights[i] = rights[i];
            fclose(file);
            return found;
        }
        last = end;
    }
    if (file != NULL)
        fclose(file);
    mapping->start = last;
    return false;
}

static DWORD mapping_protect(const struct mapping *mapping)
{
    bool read = mapping->rights[0] == 'r', write = mapping->rights[1] == 'w';
    bool execute = mapping->rights[2] == 'x';
    if (execute)
        return write ? PAGE_EXECUTE_READWRITE : read ? PAGE_EXECUTE_READ : PAGE_EXECUTE;
    return write ? PAGE_READWRITE : read ? PAGE_READONLY : PAGE_NOACCESS;
}

BOOL WINAPI VirtualProtect(LPVOID address, SIZE_T size, DWORD protect, PDWORD before)
{
    int linux_protect;
    struct mapping mapping;
    uintptr_t start = (uintptr_t)address & ~(page_size() - 1);
    uintptr_t end = ((uintptr_t)address + size + page_size() - 1) & ~(page_size() - 1);
    if (before == NULL)
        return error_from_status(STATUS_ACCESS_VIOLATION);
    if (!protect_to_linux(protect, &linux_protect))
        return error_from_status(STATUS_INVALID_PAGE_PROTECTION);
    if (!mapping_find(start, &mapping))
        return error_from_status(STATUS_INVALID_ADDRESS);
    if (mprotect((void *)start, end - start, linux_protect) != 0) {
        error_set(errno == ENOMEM ? ERROR_INVALID_ADDRESS
                                  : status_to_win32(status_from_errno(errno)));
        return FALSE;
    }
    *before = mapping_protect(&mapping);
    return TRUE;
}

SIZE_T WINAPI VirtualQuery(LPCVOID address, PMEMORY_BASIC_INFORMATION information, SIZE_T length)
{
    struct mapping mapping;
    uintptr_t start = (uintptr_t)address & ~(page_size() - 1);
    if (length < sizeof *information) {
        error_set(ERROR_BAD_LENGTH);
        return 0;
    }
    bool found = mapping_find(start, &mapping);
    *information = (MEMORY_BASIC_INFORMATION){
        .BaseAddress = (PVOID)start,
        .RegionSize = mapping.end - start,
        .State = MEM_FREE,
        .Protect = PAGE_NOACCESS,
    };
    if (!found)
        return sizeof *information;
    information->State = MEM_COMMIT;
    information->Protect = information->AllocationProtect = mapping_protect(&mapping);
    information->AllocationBase = (PVOID)mapping.start;
    information->Type = mapping.file ? MEM_MAPPED : MEM_PRIVATE;
    lock_acquire(&regions_lock);
    struct region *region = region_find(start);
    if (region != NULL) {
        uintptr_t end = region->base + region->size;
        information->AllocationBase = (PVOID)region->base;
        information->AllocationProtect = region->protect;
        information->RegionSize = (mapping.end < end ? mapping.end : end) - start;
        if (information->Protect ==
            PAGE_NOACCESS) { /* which Linux does not tell from a reservation */
            information->State = MEM_RESERVE;
            information->Protect = 0;
        }
    }
    lock_release(&regions_lock);
    return sizeof *information;
}

BOOL WINAPI VirtualLock(LPVOID address, SIZE_T size)
{
    return error_from_status(memory_status(mlock(address, size)));
}

BOOL WINAPI VirtualUnlock(LPVOID address, SIZE_T size)
{
    return error_from_status(memory_status(munlock(address, size)));
}

SIZE_T WINAPI GetLargePageMinimum(void)
{
    return 0; /* documented: large pages are not supported */
}
