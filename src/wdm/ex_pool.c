/* SPDX-License-Identifier: MIT */
/* Pool. A block of a page or more begins a page, as documented. Under the verifier all of it is verify_pool.c's. */
#include <stdlib.h>
#include <string.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

static PVOID pool_allocate(POOL_TYPE type, size_t size, ULONG tag, bool zeroed, const void *caller)
{
    static const size_t largest = (size_t)1 << 40; /* beyond it a size is one that overflowed */
    if (size > largest || verify_memory_fails(caller))
        return NULL;
    if (verify_on())
        return verify_pool_allocate(type, size, tag, zeroed, caller);
    PVOID memory = size >= PAGE_SIZE ? aligned_alloc(PAGE_SIZE, (size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1))
                                     : malloc(size != 0 ? size : 1);
    if (memory != NULL && zeroed)
        memset(memory, 0, size);
    return memory;
}

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return pool_allocate(PoolType, NumberOfBytes, Tag, false, VERIFY_CALLER);
}

/* By the newer functions' flags. */
static PVOID pool_allocate_by(POOL_FLAGS flags, size_t size, ULONG tag, const void *caller)
{
    POOL_TYPE type = flags & POOL_FLAG_PAGED ? PagedPool : NonPagedPool;
    PVOID memory = NULL;
    if (tag != 0 && size != 0)
        memory = pool_allocate(type, size, tag, !(flags & POOL_FLAG_UNINITIALIZED), caller);
    else if (verify_on()) /* both are refused by the documentation */
        wdm_verifier_report_at(NULL, tag == 0 ? "pool-no-tag" : "pool-zero-size", caller,
                               "%zu bytes of pool are allocated with the tag 0x%08x", size, tag);
    if (memory == NULL && (flags & POOL_FLAG_RAISE_ON_FAILURE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return memory;
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    return pool_allocate_by(Flags, NumberOfBytes, Tag, VERIFY_CALLER);
}

PVOID wdm_pool_allocate(POOL_TYPE type, size_t size, ULONG tag, const void *caller)
{
    return pool_allocate(type, size, tag, false, caller);
}

PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return pool_allocate(PoolType, NumberOfBytes, 0x656e6f4e /* "None" */, false, VERIFY_CALLER);
}

PVOID NTAPI ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return pool_allocate(PoolType, NumberOfBytes, Tag, true, VERIFY_CALLER);
}

PVOID NTAPI ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return pool_allocate(PoolType, NumberOfBytes, Tag, false, VERIFY_CALLER);
}

/* Extended parameters - a priority, a node - are hints; one that is neither known nor optional is refused. */
PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                            ULONG ExtendedParametersCount)
{
    for (ULONG i = 0; i < ExtendedParametersCount; i++)
        if (!ExtendedParameters[i].Optional && ExtendedParameters[i].Type != PoolExtendedParameterPriority)
            return NULL;
    return pool_allocate_by(Flags, NumberOfBytes, Tag, VERIFY_CALLER);
}

VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount)
{
    (void)ExtendedParameters;
    (void)ExtendedParametersCount;
    if (verify_on())
        verify_pool_free(P, Tag, Tag == 0, VERIFY_CALLER);
    else
        free(P);
}

VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    if (verify_on())
        verify_pool_free(P, Tag, false, VERIFY_CALLER);
    else
        free(P);
}

VOID NTAPI ExFreePool(PVOID P)
{
    if (verify_on())
        verify_pool_free(P, 0, true, VERIFY_CALLER);
    else
        free(P);
}
