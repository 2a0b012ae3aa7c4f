/* SPDX-License-Identifier: MIT */
/* The life of a URB below a client driver. Three parts use a request: the thread that submits, the transfer, and the cancel routine
 * (whose part is given back by `done` when it takes the routine out of the IRP in time). Whoever gives back the last puts the request
 * among the ended, and a DPC completes the IRPs in order, as many as there are: one hop of threads for a burst of completions.
 *
 * A transfer that ends inside its submit needs no hop: as a DPC interrupts the thread that it is queued on, the submitter becomes the DPC,
 * at DISPATCH_LEVEL, for what has ended until then. Not so where it runs at that level already, for then it may hold a spin lock. */
#include <errno.h>
#include <stdlib.h>

#include "base/futex.h"
#include "base/zeroed.h"
#include "wdm/usbd.h"
#include "wdm/verify.h"

/* ---- The mark of an active URB ------------------------------------------------------------------------------------------ */

/* In the part of the URB that belongs to the stack. What a driver's memory held before is taken for a mark with probability 2^-64. */
static void *urb_mark(const URB *urb)
{
    return (void *)((uintptr_t)urb ^ (uintptr_t)0x9e3779b97f4a7c15u);
}

static void **urb_mark_place(const URB *urb)
{
    const struct _URB_HCD_AREA *area = &urb->UrbBulkOrInterruptTransfer.hca; /* it stands at one place in all that have it */
    return (void **)(uintptr_t)&area->Reserved8[7];
}

_Static_assert(offsetof(struct _URB_BULK_OR_INTERRUPT_TRANSFER, hca) == offsetof(struct _URB_CONTROL_TRANSFER_EX, hca) &&
                   offsetof(struct _URB_BULK_OR_INTERRUPT_TRANSFER, hca) == offsetof(struct _URB_ISOCH_TRANSFER, hca) &&
                   offsetof(struct _URB_BULK_OR_INTERRUPT_TRANSFER, hca) == offsetof(struct _URB_CONTROL_DESCRIPTOR_REQUEST, hca),
               "the stack's area stands at one offset");

bool usbd_urb_is_active(const URB *urb)
{
    return urb->UrbHeader.Length >= sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER) && *urb_mark_place(urb) == urb_mark(urb);
}

/* ---- Making ------------------------------------------------------------------------------------------------------------------ */

struct usbd_request *usbd_request_create(struct usb_pdo *pdo, IRP *irp, URB *urb, uint32_t packets)
{
    struct usbd_request *request =
        verify_memory_fails(NULL) ? NULL : zeroed(sizeof *request + packets * sizeof request->packets[0]);
    if (request == NULL)
        return NULL;
    request->pdo = pdo;
    request->irp = irp;
    request->urb = urb;
    list_init(&request->control_link);
    request->transfer.device = pdo->device;
    request->transfer.context = request;
    return request;
}

void usbd_request_free(struct usbd_request *request)
{
    free(request->bounce);
    free(request);
}

NTSTATUS usbd_urb_end(IRP *irp, URB *urb, USBD_STATUS usbd)
{
    urb->UrbHeader.Status = usbd == USBD_INFO_LENGTH_MISMATCH ? USBD_STATUS_INVALID_PARAMETER : usbd;
    return usbd_irp_end(irp, usbd_ntstatus(usbd, false), 0);
}

/* ---- The end -------------------------------------------------------------------------------------------------------------------- */

void usbd_outstanding_drop(struct usb_pdo *pdo)
{
    _Atomic uint32_t *word = &pdo->outstanding;
    bool waited = atomic_load(&pdo->waiters) != 0; /* looked at while the device is surely there; who comes later looks again soon */
    if (atomic_fetch_sub(word, 1) == 1 && waited)
        futex_wake(word, INT32_MAX);
}

/* The device that this thread is submitting to, and may be the DPC of; the request for which it must be. */
static __thread struct usb_pdo *submits_to;
static __thread struct usbd_request *owed;

static void request_queue(struct usbd_request *request)
{
    struct usb_pdo *pdo = request->pdo;
    lock_acquire(&pdo->ended_lock);
    list_remove(&request->control_link);
    pdo->queued++;
    bool ring = !pdo->dpc_runs;
    bool own = ring && submits_to == pdo; /* the first of those that the submitter completes: it needs no queue */
    pdo->dpc_runs = true;
    if (!own)
        list_push_back(&pdo->ended, &request->link);
    if (ring)
        atomic_fetch_add(&pdo->outstanding, 1); /* the DPC's: the device stays until it has seen that nothing is left */
    lock_release(&pdo->ended_lock);
    if (own)
        owed = request;
    else if (ring)
        KeInsertQueueDpc(&pdo->dpc, NULL, NULL);
}

static void request_release(struct usbd_request *request, uint32_t parts)
{
    if (atomic_fetch_sub(&request->parts, parts) == parts)
        request_queue(request);
}

static void request_complete(struct usbd_request *request)
{
    struct usb_pdo *pdo = request->pdo;
    IRP *irp = request->irp;
    URB *urb = request->urb;
    if (verify_on())
        verify_urb_end(urb, irp);
    if (*urb_mark_place(urb) != urb_mark(urb))
        wdm_verifier_stop_at(verify_sender_name(irp), "urb-modified", NULL,
                             "URB %p (function 0x%04x) was changed or freed while the stack had it, IRP %p", (void *)urb,
                             urb->UrbHeader.Function, (void *)irp);
    *urb_mark_place(urb) = NULL;
    if (request->finish != NULL)
        request->finish(request);
    urb->UrbHeader.Status = request->usbd;
    NTSTATUS status = usbd_ntstatus(request->usbd, !request->refused);
    usbd_request_free(request);
    usbd_irp_end(irp, status, 0);
    atomic_fetch_add(&pdo->completed, 1);
    if (atomic_load(&pdo->drains) != 0)
        futex_wake(&pdo->completed, INT32_MAX);
    usbd_outstanding_drop(pdo);
}

void usbd_ended_drain(struct usb_pdo *pdo)
{
    lock_acquire(&pdo->ended_lock);
    uint32_t queued = pdo->queued;
    lock_release(&pdo->ended_lock);
    atomic_fetch_add(&pdo->drains, 1);
    for (uint32_t completed; (int32_t)((completed = atomic_load(&pdo->completed)) - queued) < 0;)
        futex_wait(&pdo->completed, completed, FUTEX_NO_DEADLINE);
    atomic_fetch_sub(&pdo->drains, 1);
}

/* Completes what has ended until now. false: nothing had, and the next end rings anew. */
static bool ended_complete(struct usb_pdo *pdo)
{
    struct list batch;
    list_init(&batch);
    lock_acquire(&pdo->ended_lock);
    list_splice_back(&batch, &pdo->ended);
    if (list_empty(&batch))
        pdo->dpc_runs = false;
    lock_release(&pdo->ended_lock);
    if (list_empty(&batch))
        return false;
    for (struct list *node; (node = list_pop_front(&batch)) != NULL;)
        request_complete(container_of(node, struct usbd_request, link));
    return true;
}

/* Likewise whether there is more. */
static bool ended_are_left(struct usb_pdo *pdo)
{
    lock_acquire(&pdo->ended_lock);
    bool left = !list_empty(&pdo->ended);
    pdo->dpc_runs = left;
    lock_release(&pdo->ended_lock);
    return left;
}

VOID NTAPI usbd_request_dpc(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    (void)Dpc;
    (void)SystemArgument1;
    (void)SystemArgument2;
    struct usb_pdo *pdo = DeferredContext;
    while (ended_complete(pdo))
        ;
    usbd_outstanding_drop(pdo);
}

/* `done` of the transfer: any thread. */
static void request_done(struct urb *transfer)
{
    struct usbd_request *request = transfer->context;
    request->usbd = usbd_status_from_errno(transfer->status);
    /* NULL: a canceller has the routine, and gives the routine's part back when it has left. */
    request_release(request, IoSetCancelRoutine(request->irp, NULL) != NULL ? 2 : 1);
}

/* The caller has a part. */
static void request_cancel_transfer(struct usbd_request *request)
{
    atomic_store(&request->cancelled, true);
    if (atomic_load(&request->submitted))
        urb_cancel(&request->transfer); /* else the submitter does, when it comes back */
}

/* Called with the cancel lock held. The request cannot end before its part is given back. */
static VOID NTAPI request_cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    struct usbd_request *request = Irp->Tail.Overlay.DriverContext[0];
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    request_cancel_transfer(request);
    request_release(request, 1);
}

/* A part more, unless the last has been given back. */
static bool request_hold(struct usbd_request *request)
{
    uint32_t parts = atomic_load(&request->parts);
    while (parts != 0 && !atomic_compare_exchange_weak(&request->parts, &parts, parts + 1))
        ;
    return parts != 0;
}

void usbd_cancel_control(struct usb_pdo *pdo)
{
    for (;;) {
        struct usbd_request *request = NULL;
        lock_acquire(&pdo->ended_lock);
        list_for_each (node, &pdo->control) {
            struct usbd_request *each = container_of(node, struct usbd_request, control_link);
            if (!atomic_load(&each->cancelled) && request_hold(each)) {
                request = each;
                break;
            }
        }
        lock_release(&pdo->ended_lock);
        if (request == NULL)
            return;
        request_cancel_transfer(request);
        request_release(request, 1);
    }
}

/* The submitter is the DPC for the first that ended in its submit, and for what has ended until that was completed; what comes then is the
 * DPC thread's. */
static void owed_complete(struct usb_pdo *pdo)
{
    struct usbd_request *request = owed;
    owed = NULL;
    KIRQL before = wdm_irql_set(DISPATCH_LEVEL);
    request_complete(request);
    bool more = ended_are_left(pdo) && ended_complete(pdo) && ended_are_left(pdo);
    wdm_irql_set(before);
    if (more)
        KeInsertQueueDpc(&pdo->dpc, NULL, NULL);
    else
        usbd_outstanding_drop(pdo);
}

/* ---- The beginning ------------------------------------------------------------------------------------------------------------------ */

/* Gives the transfer to the core. The submitter's part is given back. */
static void request_submit(struct usbd_request *request)
{
    enum { PARTS = 3 };
    IRP *irp = request->irp;
    /* Cancelled before there was a routine to call: whoever gets the routine out ends it. */
    if (__atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) && IoSetCancelRoutine(irp, NULL) != NULL) {
        request->usbd = USBD_STATUS_CANCELED;
        request_release(request, PARTS);
        return;
    }
    int error = urb_submit(&request->transfer);
    if (error != 0) {
        request->transfer.status = error;
        request->transfer.actual = 0;
        request->refused = true;
        request_done(&request->transfer);
    }
    atomic_store(&request->submitted, true);
    if (atomic_load(&request->cancelled))
        urb_cancel(&request->transfer);
    request_release(request, 1);
}

NTSTATUS usbd_request_send(struct usbd_request *request)
{
    enum { PARTS = 3 };
    struct usb_pdo *pdo = request->pdo;
    IRP *irp = request->irp;
    atomic_init(&request->parts, PARTS);
    *urb_mark_place(request->urb) = urb_mark(request->urb);
    request->urb->UrbHeader.Status = USBD_STATUS_PENDING;
    if (verify_on())
        verify_urb_begin(request->urb, irp);
    request->transfer.done = request_done;
    irp->Tail.Overlay.DriverContext[0] = request;
    atomic_fetch_add(&pdo->outstanding, 1);
    IoMarkIrpPending(irp);
    if (request->transfer.pipe == NULL) {
        lock_acquire(&pdo->ended_lock);
        list_push_back(&pdo->control, &request->control_link);
        lock_release(&pdo->ended_lock);
    }
    IoSetCancelRoutine(irp, request_cancel);
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL) {
        request_submit(request);
        return STATUS_PENDING;
    }
    submits_to = pdo;
    request_submit(request);
    submits_to = NULL;
    if (owed != NULL)
        owed_complete(pdo);
    return STATUS_PENDING;
}
