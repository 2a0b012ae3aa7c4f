/* SPDX-License-Identifier: MIT */
/* What older and rarer drivers name: StartIo and device queues, bitmaps, driver object extensions, lookaside lists of the newer form, large integers
 * by function, sections that are locked. A part of wdm.h. */
#include "wdm.h" /* which includes this: whoever comes first */
#ifndef OVL_KM_MORE_H
#define OVL_KM_MORE_H
#include "devpropdef.h"

#define UNREFERENCED_LOCAL_VARIABLE(V) ((void)(V))
#ifndef FIELD_SIZE
#define FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#endif
#define RTL_SOFT_ASSERT(expression) ((void)(expression))

/* ---- Device queues and StartIo ----------------------------------------------------------------------------------------- */

typedef struct _KDEVICE_QUEUE {
    CSHORT Type;
    CSHORT Size;
    LIST_ENTRY DeviceListHead;
    KSPIN_LOCK Lock;
    BOOLEAN Busy;
} KDEVICE_QUEUE, *PKDEVICE_QUEUE, *PRKDEVICE_QUEUE;
OVL_STATIC_ASSERT(sizeof(KDEVICE_QUEUE) == sizeof(((DEVICE_OBJECT *)0)->DeviceQueue), "a device object has room for its queue");
OVL_BEGIN_C
VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue);
BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry);
BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry, ULONG SortKey);
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue);
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey);
BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry);
VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction);
VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable);
VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key);
OVL_END_C

/* ---- Drivers, devices, events ------------------------------------------------------------------------------------------------ */

typedef NTSTATUS(NTAPI *PFN_IO_GET_ACTIVITY_ID_IRP)(PIRP Irp, LPGUID Guid);
typedef NTSTATUS(NTAPI *PFN_IO_SET_ACTIVITY_ID_IRP)(PIRP Irp, const GUID *Guid);
typedef NTSTATUS(NTAPI *PFN_IO_SET_DEVICE_INTERFACE_PROPERTY_DATA)(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey,
                                                                   LCID Lcid, ULONG Flags, DEVPROPTYPE Type, ULONG Size, PVOID Data);
#define PLUGPLAY_PROPERTY_PERSISTENT 0x00000001
OVL_BEGIN_C
NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress,
                                               ULONG DriverObjectExtensionSize, PVOID *DriverObjectExtension);
PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress);
NTSTATUS NTAPI IoGetActivityIdIrp(PIRP Irp, LPGUID Guid);
NTSTATUS NTAPI IoSetActivityIdIrp(PIRP Irp, const GUID *Guid);
NTSTATUS NTAPI IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, DEVPROPTYPE Type, ULONG Size,
                                       PVOID Data);
NTSTATUS NTAPI IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, ULONG Size, PVOID Data,
                                       PULONG RequiredSize, PDEVPROPTYPE Type);
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                DEVPROPTYPE Type, ULONG Size, PVOID Data);
NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                ULONG Size, PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type);
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode);
PULONG NTAPI PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT DeviceObject, ULONG ConservationIdleTime, ULONG PerformanceIdleTime,
                                              DEVICE_POWER_STATE State);
OVL_END_C
#define ObReferenceObjectWithTag(object, tag)           ObReferenceObject(object)
#define ObDereferenceObjectWithTag(object, tag)         ObDereferenceObject(object)
#define ObDereferenceObjectDeferDelete(object)          ObDereferenceObject(object)
#define ObDereferenceObjectDeferDeleteWithTag(object, tag) ObDereferenceObject(object)
#define ObReferenceObjectByPointerWithTag(object, access, type, mode, tag) ObReferenceObjectByPointer(object, access, type, mode)
#define ObReferenceObjectByHandleWithTag(handle, access, type, mode, tag, object, information) \
    ObReferenceObjectByHandle(handle, access, type, mode, object, information)
#define PoSetDeviceBusy(IdlePointer)                    (*(IdlePointer) = 0)
NTAPI_INLINE VOID PoSetDeviceBusyEx(PULONG IdlePointer) { if (IdlePointer != NULL) *IdlePointer = 0; }
NTAPI_INLINE VOID PoStartDeviceBusy(PULONG IdlePointer) { PoSetDeviceBusyEx(IdlePointer); }
NTAPI_INLINE VOID PoEndDeviceBusy(PULONG IdlePointer) { PoSetDeviceBusyEx(IdlePointer); }

/* ---- Levels, processors, the floating point state ------------------------------------------------------------------------------- */

typedef struct _KFLOATING_SAVE { ULONG Dummy; } KFLOATING_SAVE, *PKFLOATING_SAVE;
NTAPI_INLINE KIRQL KeRaiseIrqlToDpcLevel(void)
{
    KIRQL before;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    return before;
}
NTAPI_INLINE KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock)
{
    KIRQL before;
    KeAcquireSpinLock(SpinLock, &before);
    return before;
}
NTAPI_INLINE VOID KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql) { KeReleaseSpinLock(SpinLock, OldIrql); }
/* Each thread has registers of its own here. */
NTAPI_INLINE NTSTATUS KeSaveFloatingPointState(PKFLOATING_SAVE FloatSave)
{
    FloatSave->Dummy = 0;
    return STATUS_SUCCESS;
}
NTAPI_INLINE NTSTATUS KeRestoreFloatingPointState(PKFLOATING_SAVE FloatSave)
{
    (void)FloatSave;
    return STATUS_SUCCESS;
}

/* ---- Memory: nothing is paged out by drivers' sections ------------------------------------------------------------------------------ */

#define MmLockPagableDataSection(address)     ((PVOID)(address))
#define MmLockPagableCodeSection(address)     ((PVOID)(ULONG_PTR)(address))
#define MmLockPagableSectionByHandle(handle)  ((void)(handle))
#define MmUnlockPagableImageSection(handle)   ((void)(handle))
#define MmPageEntireDriver(address)           ((PVOID)(ULONG_PTR)(address))
#define MmResetDriverPaging(address)          ((void)(address))
#define MmMapLockedPages(mdl, mode)           MmMapLockedPagesSpecifyCache(mdl, mode, MmCached, NULL, TRUE, NormalPagePriority)
typedef enum _MM_SYSTEM_SIZE { MmSmallSystem, MmMediumSystem, MmLargeSystem } MM_SYSTEMSIZE;
NTAPI_INLINE MM_SYSTEMSIZE MmQuerySystemSize(void) { return MmLargeSystem; }
typedef enum _EX_POOL_PRIORITY { LowPoolPriority = 0, NormalPoolPriority = 16, HighPoolPriority = 32 } EX_POOL_PRIORITY;
#define ExAllocatePoolWithTagPriority(type, size, tag, priority) ExAllocatePoolWithTag(type, size, tag)
#ifndef POOL_QUOTA_FAIL_INSTEAD_OF_RAISE
#define POOL_QUOTA_FAIL_INSTEAD_OF_RAISE 8
#endif
NTAPI_INLINE PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    PVOID memory = ExAllocatePoolWithTag((POOL_TYPE)(PoolType & ~POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), NumberOfBytes, Tag);
    if (memory == NULL && !(PoolType & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return memory;
}

/* Lists of the newer form; a function of one's own gets the list. */
typedef PVOID NTAPI ALLOCATE_FUNCTION_EX(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside);
typedef ALLOCATE_FUNCTION_EX *PALLOCATE_FUNCTION_EX;
typedef VOID NTAPI FREE_FUNCTION_EX(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside);
typedef FREE_FUNCTION_EX *PFREE_FUNCTION_EX;
#define EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL 0x00000001
#define EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE 0x00000002
OVL_BEGIN_C
NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free, POOL_TYPE PoolType,
                                           ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth);
PVOID NTAPI ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
VOID NTAPI ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry);
VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
NTSTATUS NTAPI ExUuidCreate(GUID *Uuid);
OVL_END_C

/* ---- Strings and numbers ---------------------------------------------------------------------------------------------------------------- */

NTAPI_INLINE VOID RtlInitEmptyUnicodeString(PUNICODE_STRING UnicodeString, PWCHAR Buffer, USHORT BufferSize)
{
    UnicodeString->Length = 0;
    UnicodeString->MaximumLength = BufferSize;
    UnicodeString->Buffer = Buffer;
}
NTAPI_INLINE VOID RtlInitEmptyAnsiString(PANSI_STRING AnsiString, PCHAR Buffer, USHORT BufferSize)
{
    AnsiString->Length = 0;
    AnsiString->MaximumLength = BufferSize;
    AnsiString->Buffer = Buffer;
}
NTAPI_INLINE LARGE_INTEGER RtlConvertLongToLargeInteger(LONG SignedInteger)
{
    LARGE_INTEGER made;
    made.QuadPart = SignedInteger;
    return made;
}
NTAPI_INLINE LARGE_INTEGER RtlConvertUlongToLargeInteger(ULONG UnsignedInteger)
{
    LARGE_INTEGER made;
    made.QuadPart = UnsignedInteger;
    return made;
}
NTAPI_INLINE LARGE_INTEGER RtlLargeIntegerAdd(LARGE_INTEGER Addend1, LARGE_INTEGER Addend2)
{
    Addend1.QuadPart += Addend2.QuadPart;
    return Addend1;
}
NTAPI_INLINE LARGE_INTEGER RtlLargeIntegerSubtract(LARGE_INTEGER Minuend, LARGE_INTEGER Subtrahend)
{
    Minuend.QuadPart -= Subtrahend.QuadPart;
    return Minuend;
}
NTAPI_INLINE LARGE_INTEGER RtlEnlargedIntegerMultiply(LONG Multiplicand, LONG Multiplier)
{
    LARGE_INTEGER made;
    made.QuadPart = (LONGLONG)Multiplicand * Multiplier;
    return made;
}
NTAPI_INLINE LARGE_INTEGER RtlEnlargedUnsignedMultiply(ULONG Multiplicand, ULONG Multiplier)
{
    LARGE_INTEGER made;
    made.QuadPart = (LONGLONG)((ULONGLONG)Multiplicand * Multiplier);
    return made;
}
NTAPI_INLINE LARGE_INTEGER RtlExtendedIntegerMultiply(LARGE_INTEGER Multiplicand, LONG Multiplier)
{
    Multiplicand.QuadPart *= Multiplier;
    return Multiplicand;
}
#define RtlLargeIntegerGreaterThan(X, Y)     ((X).QuadPart > (Y).QuadPart)
#define RtlLargeIntegerLessThan(X, Y)        ((X).QuadPart < (Y).QuadPart)
#define RtlLargeIntegerGreaterThanZero(X)    ((X).QuadPart > 0)
#define RtlLargeIntegerEqualTo(X, Y)         ((X).QuadPart == (Y).QuadPart)

/* ---- Bitmaps --------------------------------------------------------------------------------------------------------------------------- */

typedef struct _RTL_BITMAP {
    ULONG SizeOfBitMap;
    PULONG Buffer;
} RTL_BITMAP, *PRTL_BITMAP;
#define RtlCheckBit(bitmap, at) ((((bitmap)->Buffer[(at) / 32]) >> ((at) % 32)) & 1)
OVL_BEGIN_C
VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap);
VOID NTAPI RtlClearAllBits(PRTL_BITMAP BitMapHeader);
VOID NTAPI RtlSetAllBits(PRTL_BITMAP BitMapHeader);
VOID NTAPI RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
VOID NTAPI RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
VOID NTAPI RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear);
VOID NTAPI RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet);
BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader);
ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader);
ULONG NTAPI RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
ULONG NTAPI RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
OVL_END_C
#endif
