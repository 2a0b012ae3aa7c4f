/* SPDX-License-Identifier: MIT */
/* Pool. */
#include <stdlib.h>
#include <string.h>

#include "wdm/wdm_host.h"

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    (void)PoolType;
    (void)Tag;
    return malloc(NumberOfBytes != 0 ? NumberOfBytes : 1);
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    if (Tag == 0 || NumberOfBytes == 0)
        return NULL; /* both are refused by the documentation */
    return Flags & POOL_FLAG_UNINITIALIZED ? malloc(NumberOfBytes) : calloc(1, NumberOfBytes);
}

VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    (void)Tag;
    free(P);
}

VOID NTAPI ExFreePool(PVOID P)
{
    free(P);
}
