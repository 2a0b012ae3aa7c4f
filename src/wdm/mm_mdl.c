/* SPDX-License-Identifier: MIT */
/* Memory descriptor lists. All memory is the process's own and stays where it is, so an MDL's system address is its
 * virtual one, and locking pages is a mark on it. */
#include <stdlib.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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
    TargetMdl->MappedSystemVa = SourceMdl->MappedSystemVa == NULL ? NULL : (PUCHAR)SourceMdl->MappedSystemVa + skipped;
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

SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    return sizeof(MDL) + ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length) * sizeof(PFN_NUMBER);
}

VOID NTAPI MmPrepareMdlForReuse(PMDL Mdl)
{
    if (Mdl->MdlFlags & MDL_PARTIAL) {
        Mdl->MappedSystemVa = NULL;
        Mdl->MdlFlags &= (CSHORT)~MDL_PARTIAL_HAS_BEEN_MAPPED;
    }
}

PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType,
                                         PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority)
{
    (void)AccessMode;
    (void)CacheType;
    (void)RequestedAddress;
    (void)BugCheckOnFailure;
    (void)Priority;
    MemoryDescriptorList->MappedSystemVa = MmGetMdlVirtualAddress(MemoryDescriptorList);
    MemoryDescriptorList->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    return MemoryDescriptorList->MappedSystemVa;
}

VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
    (void)BaseAddress;
    MemoryDescriptorList->MdlFlags &= (CSHORT)~MDL_MAPPED_TO_SYSTEM_VA;
}

/* ---- Memory -------------------------------------------------------------------------------------------------------------- */

PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    (void)HighestAcceptableAddress; /* no device reads memory here */
    SIZE_T whole = ROUND_TO_PAGES(NumberOfBytes != 0 ? NumberOfBytes : 1);
    return wdm_pool_allocate(NonPagedPool, whole, 0x746e6f43 /* "Cont" */, VERIFY_CALLER);
}

VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress)
{
    ExFreePool(BaseAddress);
}

/* Whether reading it would fault. The kernel is asked: write() gives EFAULT where a load would give a signal. */
BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return FALSE;
    bool good = write(ends[1], VirtualAddress, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return good;
}

/* MmUserProbeAddress of a 64-bit Windows, which is also above every address that Linux gives a program. */
static const ULONG_PTR user_probe_address = 0x7FFFFFFF0000;

/* That there is memory at the address is seen where the driver touches it: a fault is an exception there. */
VOID NTAPI ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment)
{
    ULONG_PTR first = (ULONG_PTR)Address;
    VERIFY_IRQL(APC_LEVEL);
    if (Length == 0)
        return;
    if (Alignment != 0 && first % Alignment != 0)
        ExRaiseDatatypeMisalignment();
    if (first + Length < first || first + Length > user_probe_address)
        ExRaiseAccessViolation();
}

VOID NTAPI ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment)
{
    ProbeForRead(Address, Length, Alignment);
}
