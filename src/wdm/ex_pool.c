/* SPDX-License-Identifier: MIT */
/* Pool. A block of a page or more begins a page, as documented. Under the verifier all of it is verify_pool.c's. */
#include <stdlib.h>
#include <string.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

static PVOID pool_allocate(POOL_TYPE type, size_t size, ULONG tag, bool zeroed, const void *caller)
{
    if (verify_memory_fails(caller))
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

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    POOL_TYPE type = Flags & POOL_FLAG_PAGED ? PagedPool : NonPagedPool;
    if (Tag == 0 || NumberOfBytes == 0) { /* both are refused by the documentation */
        if (verify_on())
            wdm_verifier_report(NULL, Tag == 0 ? "pool-no-tag" : "pool-zero-size", "ExAllocatePool2 of %zu bytes with the tag 0x%08x",
                                (size_t)NumberOfBytes, Tag);
        return NULL;
    }
    return pool_allocate(type, NumberOfBytes, Tag, !(Flags & POOL_FLAG_UNINITIALIZED), VERIFY_CALLER);
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
    if (Tag == 0 || NumberOfBytes == 0)
        return NULL;
    return pool_allocate(Flags & POOL_FLAG_PAGED ? PagedPool : NonPagedPool, NumberOfBytes, Tag, !(Flags & POOL_FLAG_UNINITIALIZED),
                         VERIFY_CALLER);
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
