/* SPDX-License-Identifier: MIT */
/* What older drivers use: StartIo and device queues, bitmaps, driver object extensions, newer lookaside lists, activities.
 * Rules: the pages of the routines. */
#include <ntddk.h>
#include "report.h"

static PDRIVER_OBJECT OwnDriver;

static VOID BitmapTest(VOID)
{
    ULONG Words[3];
    RTL_BITMAP Map;
    RtlInitializeBitMap(&Map, Words, 70);
    RtlClearAllBits(&Map);
    CHECK(RtlNumberOfSetBits(&Map) == 0 && RtlNumberOfClearBits(&Map) == 70, "a clear map");
    RtlSetBits(&Map, 30, 5);
    CHECK(RtlAreBitsSet(&Map, 30, 5) && !RtlAreBitsSet(&Map, 29, 2) && RtlAreBitsClear(&Map, 0, 30), "a run across words");
    CHECK(!RtlAreBitsClear(&Map, 60, 11) && !RtlAreBitsSet(&Map, 0, 0), "a range that leaves the map, or is empty, is neither");
    CHECK(RtlTestBit(&Map, 34) && !RtlTestBit(&Map, 35) && RtlCheckBit(&Map, 30) == 1, "single bits");
    CHECK(RtlFindClearBits(&Map, 36, 0) == (ULONG)-1 && RtlFindClearBits(&Map, 35, 0) == 35, "the first run that is long enough");
    CHECK(RtlFindClearBits(&Map, 20, 40) == 40 && RtlFindClearBits(&Map, 31, 48) == 35, "from the hint on, then round, over the hint");
    CHECK(RtlFindSetBitsAndClear(&Map, 3, 0) == 30 && RtlNumberOfSetBits(&Map) == 2, "found and cleared");
    CHECK(RtlFindClearBitsAndSet(&Map, 33, 0) == 0 && RtlNumberOfSetBits(&Map) == 35, "found and set");
    RtlClearBit(&Map, 0);
    RtlSetBit(&Map, 69);
    CHECK(RtlFindSetBits(&Map, 1, 0) == 1 && RtlFindSetBits(&Map, 1, 64) == 69, "one at the end");
    CHECK(RtlFindClearBits(&Map, 71, 0) == (ULONG)-1, "more than there are");
    RtlSetAllBits(&Map);
    CHECK(RtlNumberOfSetBits(&Map) == 70, "a full map");
}

static VOID QueueTest(VOID)
{
    KDEVICE_QUEUE Queue;
    KDEVICE_QUEUE_ENTRY Entry[4];
    KIRQL Irql;
    KeInitializeDeviceQueue(&Queue);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    CHECK(!KeInsertDeviceQueue(&Queue, &Entry[0]) && Queue.Busy, "the first finds the queue free");
    CHECK(KeInsertByKeyDeviceQueue(&Queue, &Entry[1], 30) && KeInsertByKeyDeviceQueue(&Queue, &Entry[2], 10) &&
              KeInsertByKeyDeviceQueue(&Queue, &Entry[3], 20), "the others wait");
    CHECK(KeRemoveByKeyDeviceQueue(&Queue, 15) == &Entry[3], "the first whose key is not below");
    CHECK(KeRemoveByKeyDeviceQueue(&Queue, 40) == &Entry[2], "or the first of all");
    CHECK(KeRemoveEntryDeviceQueue(&Queue, &Entry[1]) && !KeRemoveEntryDeviceQueue(&Queue, &Entry[1]), "one by its entry, once");
    CHECK(KeRemoveDeviceQueue(&Queue) == NULL && !Queue.Busy, "then it is free");
    KeLowerIrql(Irql);
}

static volatile LONG Started, Cancelled;
static PIRP LastStarted;

static VOID NTAPI OnStartIo(PDEVICE_OBJECT Device, PIRP Irp)
{
    CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL && Device->CurrentIrp == Irp, "StartIo at DISPATCH_LEVEL with the current packet");
    LastStarted = Irp;
    Started++;
}

static VOID NTAPI OnCancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    KeRemoveEntryDeviceQueue((PKDEVICE_QUEUE)(PVOID)Device->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Cancelled++;
}

static VOID StartIoTest(VOID)
{
    PDEVICE_OBJECT Device;
    PIRP Irp[4];
    ULONG Key = 5;
    KIRQL Irql;
    CHECK(IoCreateDevice(OwnDriver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device) == STATUS_SUCCESS, "a device");
    for (int i = 0; i < 4; i++) {
        Irp[i] = IoAllocateIrp(1, FALSE);
        IoSetNextIrpStackLocation(Irp[i]);
        IoGetCurrentIrpStackLocation(Irp[i])->DeviceObject = Device;
    }
    IoStartPacket(Device, Irp[0], NULL, NULL);
    CHECK(Started == 1 && LastStarted == Irp[0] && KeGetCurrentIrql() == PASSIVE_LEVEL, "the first packet is started at once");
    IoStartPacket(Device, Irp[1], NULL, OnCancel);
    IoStartPacket(Device, Irp[2], &Key, OnCancel);
    CHECK(Started == 1, "the others wait");
    CHECK(IoCancelIrp(Irp[1]) && Cancelled == 1, "one of them is cancelled");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoStartNextPacket(Device, TRUE);
    CHECK(Started == 2 && LastStarted == Irp[2], "the next");
    IoStartNextPacketByKey(Device, FALSE, 0);
    CHECK(Started == 2 && Device->CurrentIrp == NULL, "none is left");
    KeLowerIrql(Irql);
    Irp[3]->Cancel = TRUE;
    IoStartPacket(Device, Irp[0], NULL, NULL);
    IoStartPacket(Device, Irp[3], NULL, OnCancel);
    CHECK(Started == 3 && Cancelled == 2, "one that was cancelled before it could wait");
    IoSetCancelRoutine(Irp[2], NULL);
    for (int i = 0; i < 4; i++)
        IoFreeIrp(Irp[i]);
    IoDeleteDevice(Device);
}

static VOID ExtensionTest(VOID)
{
    static int Client, Other;
    PVOID Made, Again;
    CHECK(IoGetDriverObjectExtension(OwnDriver, &Client) == NULL, "no extension yet");
    CHECK(IoAllocateDriverObjectExtension(OwnDriver, &Client, 40, &Made) == STATUS_SUCCESS && IoGetDriverObjectExtension(OwnDriver, &Client) == Made,
          "an extension by its client");
    CHECK(IoAllocateDriverObjectExtension(OwnDriver, &Client, 40, &Again) == STATUS_OBJECT_NAME_COLLISION && Again == NULL, "one for a client");
    CHECK(IoGetDriverObjectExtension(OwnDriver, &Other) == NULL, "and not another's");
    GUID First, Second;
    PIRP Irp = IoAllocateIrp(1, FALSE);
    CHECK(IoGetActivityIdIrp(Irp, &First) == STATUS_NOT_FOUND, "a request without an activity");
    CHECK(ExUuidCreate(&First) == STATUS_SUCCESS && (First.Data3 & 0xf000) == 0x4000, "a random GUID");
    CHECK(IoSetActivityIdIrp(Irp, &First) == STATUS_SUCCESS && IoGetActivityIdIrp(Irp, &Second) == STATUS_SUCCESS &&
              RtlCompareMemory(&First, &Second, sizeof First) == sizeof First, "and with one");
    IoFreeIrp(Irp);
}

static PLOOKASIDE_LIST_EX SeenList;

static PVOID NTAPI AllocateEx(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, PLOOKASIDE_LIST_EX List)
{
    SeenList = List;
    return ExAllocatePoolWithTag(Type, Bytes, Tag);
}

static VOID NTAPI FreeEx(PVOID Buffer, PLOOKASIDE_LIST_EX List)
{
    SeenList = List;
    ExFreePool(Buffer);
}

static VOID LookasideTest(VOID)
{
    static LOOKASIDE_LIST_EX List;
    UNICODE_STRING Name;
    WCHAR Room[8];
    CHECK(ExInitializeLookasideListEx(&List, AllocateEx, FreeEx, NonPagedPoolNx, 3, 64, 'kooL', 0) == STATUS_INVALID_PARAMETER_5, "both flags");
    CHECK(ExInitializeLookasideListEx(&List, AllocateEx, FreeEx, NonPagedPoolNx, 0, 64, 'kooL', 0) == STATUS_SUCCESS, "a list");
    PVOID Entry = ExAllocateFromLookasideListEx(&List);
    CHECK(Entry != NULL && SeenList == &List, "an entry by the driver's function");
    ExFreeToLookasideListEx(&List, Entry);
    ExFlushLookasideListEx(&List);
    ExDeleteLookasideListEx(&List);
    RtlInitEmptyUnicodeString(&Name, Room, sizeof Room);
    CHECK(RtlAppendUnicodeToString(&Name, L"abc") == STATUS_SUCCESS && Name.Length == 6 && Name.MaximumLength == 16, "an empty string with room");
    PVOID Quota = ExAllocatePoolWithQuotaTag((POOL_TYPE)(NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), 16, 'atoQ');
    CHECK(Quota != NULL && ObReferenceObjectByPointer(OwnDriver, 0, NULL, KernelMode) == STATUS_SUCCESS, "pool with quota; an object by its pointer");
    ObDereferenceObject(OwnDriver);
    ExFreePoolWithTag(Quota, 'atoQ');
    CHECK(RtlEnlargedIntegerMultiply(-3, 1 << 30).QuadPart == -3ll * (1 << 30), "large integers by function");
}

const struct Part Parts[] = {{"bitmaps", BitmapTest}, {"device queues", QueueTest}, {"StartIo", StartIoTest},
                             {"extensions and activities", ExtensionTest}, {"lookaside lists", LookasideTest}, {NULL, NULL}};

static VOID NTAPI OnUnload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    ReportStop();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = OnUnload;
    Driver->DriverStartIo = OnStartIo;
    OwnDriver = Driver;
    return ReportStart(Driver);
}
