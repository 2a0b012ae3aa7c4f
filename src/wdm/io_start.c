/* SPDX-License-Identifier: MIT */
/* Device queues, and the packets of a device whose driver has a StartIo routine: one at a time, at DISPATCH_LEVEL, the others in the
 * device's queue. A cancellable packet is set and taken under the cancel spin lock, as documented. */
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

static KDEVICE_QUEUE_ENTRY *entry_of(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
}

VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    DeviceQueue->Type = 0;
    DeviceQueue->Size = sizeof *DeviceQueue;
    InitializeListHead(&DeviceQueue->DeviceListHead);
    KeInitializeSpinLock(&DeviceQueue->Lock);
    DeviceQueue->Busy = FALSE;
}

/* FALSE: the queue was free, is busy now, and the entry is the caller's to serve. */
static BOOLEAN queue_insert(KDEVICE_QUEUE *queue, KDEVICE_QUEUE_ENTRY *entry, ULONG key, bool by_key)
{
    KIRQL irql = wdm_spin_lock_acquire(&queue->Lock, VERIFY_CALLER);
    BOOLEAN waits = queue->Busy;
    queue->Busy = TRUE;
    entry->Inserted = waits;
    if (waits) {
        LIST_ENTRY *at = queue->DeviceListHead.Blink;
        entry->SortKey = key;
        while (by_key && at != &queue->DeviceListHead && entry_of(at)->SortKey > key)
            at = at->Blink;
        InsertHeadList(by_key ? at : queue->DeviceListHead.Blink, &entry->DeviceListEntry);
    }
    wdm_spin_lock_release(&queue->Lock, irql, VERIFY_CALLER);
    return waits;
}

BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    return queue_insert(DeviceQueue, DeviceQueueEntry, 0, false);
}

BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry, ULONG SortKey)
{
    return queue_insert(DeviceQueue, DeviceQueueEntry, SortKey, true);
}

/* The first whose key is not below, or the first of all; none: the queue is free. */
static KDEVICE_QUEUE_ENTRY *queue_remove(KDEVICE_QUEUE *queue, ULONG key)
{
    KIRQL irql = wdm_spin_lock_acquire(&queue->Lock, VERIFY_CALLER);
    KDEVICE_QUEUE_ENTRY *entry = NULL;
    if (IsListEmpty(&queue->DeviceListHead)) {
        queue->Busy = FALSE;
    } else {
        LIST_ENTRY *at = queue->DeviceListHead.Flink;
        while (at != &queue->DeviceListHead && entry_of(at)->SortKey < key)
            at = at->Flink;
        entry = entry_of(at != &queue->DeviceListHead ? at : queue->DeviceListHead.Flink);
        RemoveEntryList(&entry->DeviceListEntry);
        entry->Inserted = FALSE;
    }
    wdm_spin_lock_release(&queue->Lock, irql, VERIFY_CALLER);
    return entry;
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    return queue_remove(DeviceQueue, 0);
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    return queue_remove(DeviceQueue, SortKey);
}

BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    KIRQL irql = wdm_spin_lock_acquire(&DeviceQueue->Lock, VERIFY_CALLER);
    BOOLEAN was = DeviceQueueEntry->Inserted;
    if (was) {
        DeviceQueueEntry->Inserted = FALSE;
        RemoveEntryList(&DeviceQueueEntry->DeviceListEntry);
    }
    wdm_spin_lock_release(&DeviceQueue->Lock, irql, VERIFY_CALLER);
    return was;
}

/* ---- Packets ------------------------------------------------------------------------------------------------------------------- */

static KDEVICE_QUEUE *queue_of(DEVICE_OBJECT *device)
{
    return (KDEVICE_QUEUE *)(void *)device->DeviceQueue;
}

static KDEVICE_QUEUE_ENTRY *packet_entry(IRP *irp)
{
    return &irp->Tail.Overlay.DeviceQueueEntry;
}

VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction)
{
    KIRQL irql, cancel_irql = 0;
    VERIFY_IRQL(DISPATCH_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (CancelFunction != NULL) {
        IoAcquireCancelSpinLock(&cancel_irql);
        IoSetCancelRoutine(Irp, CancelFunction);
    }
    BOOLEAN waits = Key != NULL ? KeInsertByKeyDeviceQueue(queue_of(DeviceObject), packet_entry(Irp), *Key)
                                : KeInsertDeviceQueue(queue_of(DeviceObject), packet_entry(Irp));
    if (!waits)
        DeviceObject->CurrentIrp = Irp;
    /* Cancelled before there was a routine: it is called now, if nobody else has taken it. */
    bool cancelled = waits && CancelFunction != NULL && Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL;
    if (cancelled)
        Irp->CancelIrql = cancel_irql;
    else if (CancelFunction != NULL)
        IoReleaseCancelSpinLock(cancel_irql);
    if (cancelled)
        wdm_cancel_call(CancelFunction, Irp);
    else if (!waits)
        DeviceObject->DriverObject->DriverStartIo(DeviceObject, Irp);
    KeLowerIrql(irql);
}

static void packet_next(DEVICE_OBJECT *device, bool cancelable, bool by_key, ULONG key)
{
    KIRQL irql = 0, cancel_irql = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &irql); /* documented: the caller is there already */
    if (cancelable)
        IoAcquireCancelSpinLock(&cancel_irql);
    device->CurrentIrp = NULL;
    KDEVICE_QUEUE_ENTRY *entry = by_key ? KeRemoveByKeyDeviceQueue(queue_of(device), key) : KeRemoveDeviceQueue(queue_of(device));
    IRP *irp = entry == NULL ? NULL : CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry);
    if (irp != NULL)
        device->CurrentIrp = irp;
    if (cancelable)
        IoReleaseCancelSpinLock(cancel_irql);
    if (irp != NULL)
        device->DriverObject->DriverStartIo(device, irp);
    KeLowerIrql(irql);
}

VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable)
{
    packet_next(DeviceObject, Cancelable, false, 0);
}

VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key)
{
    packet_next(DeviceObject, Cancelable, true, Key);
}
