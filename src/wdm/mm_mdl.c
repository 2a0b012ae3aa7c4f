/* SPDX-License-Identifier: MIT */
/* Memory descriptor lists. All memory is the process's own and stays where it is, so an MDL's system address is its
 * virtual one, and locking pages is a mark on it. */
#include <stdlib.h>
#include <string.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)ChargeQuota;
    MDL *mdl = verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *mdl);
    if (mdl == NULL)
        return NULL;
    if (verify_on())
        verify_track(VERIFY_MDL, mdl, 0, 0, VERIFY_CALLER);
    ULONG_PTR at = (ULONG_PTR)VirtualAddress;
    mdl->Size = sizeof *mdl;
    mdl->StartVa = (PVOID)(at & ~(ULONG_PTR)(PAGE_SIZE - 1));
    mdl->ByteOffset = (ULONG)(at & (PAGE_SIZE - 1));
    mdl->ByteCount = Length;
    if (Irp != NULL && !SecondaryBuffer) {
        Irp->MdlAddress = mdl;
    } else if (Irp != NULL) {
        MDL **last = &Irp->MdlAddress;
        while (*last != NULL)
            last = &(*last)->Next;
        *last = mdl;
    }
    return mdl;
}

VOID NTAPI MmBuildMdlForNonPagedPool(PMDL Mdl)
{
    Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
    ULONG_PTR at = (ULONG_PTR)VirtualAddress;
    ULONG skipped = (ULONG)(at - (ULONG_PTR)MmGetMdlVirtualAddress(SourceMdl));
    TargetMdl->StartVa = (PVOID)(at & ~(ULONG_PTR)(PAGE_SIZE - 1));
    TargetMdl->ByteOffset = (ULONG)(at & (PAGE_SIZE - 1));
    TargetMdl->ByteCount = Length != 0 ? Length : SourceMdl->ByteCount - skipped;
    TargetMdl->MdlFlags |= MDL_PARTIAL;
    TargetMdl->MappedSystemVa = (PUCHAR)SourceMdl->MappedSystemVa + skipped;
}

VOID NTAPI IoFreeMdl(PMDL Mdl)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    if (verify_on()) {
        if (!verify_untrack(VERIFY_MDL, Mdl, VERIFY_CALLER))
            return; /* not twice */
        if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) && verify_driver_name(VERIFY_CALLER) != NULL)
            wdm_verifier_report(NULL, "mdl-in-use", "MDL %p is freed while its pages are locked", (void *)Mdl);
    }
    free(Mdl);
}

VOID NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    (void)AccessMode;
    (void)Operation;
    MemoryDescriptorList->MappedSystemVa = MmGetMdlVirtualAddress(MemoryDescriptorList);
    MemoryDescriptorList->MdlFlags |= MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA;
}

VOID NTAPI MmUnlockPages(PMDL MemoryDescriptorList)
{
    MemoryDescriptorList->MdlFlags &= (CSHORT)~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA);
    MemoryDescriptorList->MappedSystemVa = NULL;
}
