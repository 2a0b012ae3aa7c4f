/* SPDX-License-Identifier: MIT */
/* URBs while the bus has them: nobody else may write, free or submit them. A sum over the URB is taken when it comes and compared before
 * the bus writes its results. URBs that a driver made by itself are known from their first submit on. */
#include "wdm/verify.h"
#include "usbdi.h"
#include "wdm/wdm_host.h"

static uint64_t urb_sum(const URB *urb)
{
    const unsigned char *bytes = (const unsigned char *)urb;
    uint64_t sum = 0xcbf29ce484222325;
    for (size_t i = 0; i < urb->UrbHeader.Length; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3;
    return sum;
}

static MDL *urb_mdl(const URB *urb)
{
    switch (urb->UrbHeader.Function) {
    case URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER:
    case URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL:
        return urb->UrbBulkOrInterruptTransfer.TransferBufferMDL;
    case URB_FUNCTION_ISOCH_TRANSFER:
    case URB_FUNCTION_ISOCH_TRANSFER_USING_CHAINED_MDL:
        return urb->UrbIsochronousTransfer.TransferBufferMDL;
    default:
        return NULL;
    }
}

struct urb_begin {
    uint64_t sum;
    IRP *irp;
    const void *other; /* the IRP that has it already */
    bool known;
};

static void begin_note(struct verify_entry *entry, void *context)
{
    struct urb_begin *begin = context;
    begin->known = entry != NULL && !entry->freed;
    if (!begin->known)
        return;
    if (entry->uses != 0) {
        begin->other = entry->user;
        return;
    }
    entry->uses = 1;
    entry->user = begin->irp;
    entry->check = begin->sum;
}

/* The driver whose request that is: the one above the bus. */
const char *verify_sender_name(const IRP *irp)
{
    const IO_STACK_LOCATION *stack = irp->Tail.Overlay.CurrentStackLocation;
    const DEVICE_OBJECT *above = stack->DeviceObject == NULL ? NULL : stack->DeviceObject->AttachedDevice;
    return above == NULL ? NULL : container_of(above->DriverObject, struct wdm_driver, object)->name;
}

void verify_urb_begin(void *memory, IRP *irp)
{
    URB *urb = memory;
    struct urb_begin begin = {.sum = urb_sum(urb), .irp = irp};
    verify_find(VERIFY_URB, urb, begin_note, &begin);
    if (!begin.known) {
        verify_track(VERIFY_URB, urb, 0, 0, NULL); /* the driver's own memory: no leak of ours */
        verify_find(VERIFY_URB, urb, begin_note, &begin);
    }
    MDL *mdl = urb_mdl(urb);
    if (mdl != NULL && begin.other == NULL)
        verify_use(VERIFY_MDL, mdl, irp, 1);
}

struct urb_end {
    uint64_t sum;
    bool changed, own;
    const char *driver;
    const void *caller;
};

static void end_note(struct verify_entry *entry, void *context)
{
    struct urb_end *end = context;
    if (entry == NULL || entry->freed || entry->uses == 0)
        return;
    entry->uses = 0;
    entry->user = NULL;
    end->changed = entry->check != end->sum;
    end->caller = entry->caller;
    end->driver = entry->driver;
    end->own = entry->caller == NULL;
}

void verify_urb_end(void *memory, IRP *irp)
{
    URB *urb = memory;
    struct urb_end end = {.sum = urb_sum(urb)};
    MDL *mdl = urb_mdl(urb);
    verify_find(VERIFY_URB, urb, end_note, &end);
    if (mdl != NULL)
        verify_use(VERIFY_MDL, mdl, NULL, -1);
    if (end.changed)
        wdm_verifier_report_at(end.driver != NULL ? end.driver : verify_sender_name(irp), "urb-modified", end.caller, "URB %p was written while the bus had it%s", memory,
                               end.caller == NULL ? "" : "; allocated");
    if (end.own)
        verify_forget(VERIFY_URB, urb);
}
