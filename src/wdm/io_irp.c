/* SPDX-License-Identifier: MIT */
/* The IRP itself: memory, its way down (IoCallDriver) and up (IoCompleteRequest), cancelling. Whoever made it -
 * a program's request (io_request.c), a driver (IoAllocateIrp, io_build.c), the host (wdm_send) - the walk is the same;
 * what happens at the top is the maker's, by wdm_irp.ended. */
#include <stdlib.h>
#include <string.h>

#include "base/zeroed.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

enum { WDM_IRP_MAGIC = 0x4f495250 };
/* In IRP.AllocationFlags, which drivers leave alone: there is a struct wdm_irp round it. */
enum { ALLOCATION_OURS = 0x80 };

/* ---- Memory -------------------------------------------------------------------------------------------------- */

VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
    memset(Irp, 0, PacketSize);
    Irp->Type = IO_TYPE_IRP;
    Irp->Size = PacketSize;
    Irp->StackCount = StackSize;
    Irp->CurrentLocation = (CHAR)(StackSize + 1);
    Irp->Tail.Overlay.CurrentStackLocation = (IO_STACK_LOCATION *)(Irp + 1) + StackSize;
    list_init((struct list *)(void *)&Irp->ThreadListEntry);
}

void wdm_irp_init(struct wdm_irp *irp, CCHAR depth, wdm_irp_ended_fn *ended)
{
    irp->magic = WDM_IRP_MAGIC;
    irp->ended = ended;
    IoInitializeIrp(&irp->public, IoSizeOfIrp(depth), depth);
    irp->public.AllocationFlags = ALLOCATION_OURS;
}

struct wdm_irp *wdm_irp_make(CCHAR depth, wdm_irp_ended_fn *ended)
{
    struct wdm_irp *irp = zeroed(sizeof *irp + wdm_irp_room(depth));
    if (irp != NULL)
        wdm_irp_init(irp, depth, ended);
    return irp;
}

void wdm_irp_free(struct wdm_irp *irp)
{
    irp->magic = 0;
    if (verify_on())
        verify_irp_gone(&irp->public);
    verify_free(irp);
}

static struct wdm_irp *wdm_irp_of(IRP *irp)
{
    return container_of(irp, struct wdm_irp, public);
}

PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)ChargeQuota;
    struct wdm_irp *irp = StackSize < 0 || verify_memory_fails(VERIFY_CALLER) ? NULL : wdm_irp_make(StackSize, NULL);
    if (irp != NULL && verify_on())
        verify_track(VERIFY_IRP, &irp->public, 0, 0, VERIFY_CALLER);
    return irp == NULL ? NULL : &irp->public;
}

PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota)
{
    (void)DeviceObject;
    (void)ChargeQuota;
    struct wdm_irp *irp = StackSize < 0 || verify_memory_fails(VERIFY_CALLER) ? NULL : wdm_irp_make(StackSize, NULL);
    if (irp != NULL && verify_on())
        verify_track(VERIFY_IRP, &irp->public, 0, 0, VERIFY_CALLER);
    return irp == NULL ? NULL : &irp->public;
}

VOID NTAPI IoFreeIrp(PIRP Irp)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    struct wdm_irp *irp = wdm_irp_of(Irp);
    if (Irp->Type != IO_TYPE_IRP || irp->magic != WDM_IRP_MAGIC)
        wdm_verifier_stop("irp-double-free", "IoFreeIrp(%p): this is no IRP of IoAllocateIrp's, or it was freed already", (void *)Irp);
    if (irp->ended != NULL && irp->free == NULL)
        wdm_verifier_stop("irp-in-use", "IoFreeIrp(%p): it belongs to the I/O manager", (void *)Irp);
    if (verify_on())
        verify_irp_freed(Irp, VERIFY_CALLER);
    if (irp->free != NULL)
        irp->free(irp);
    wdm_irp_free(irp);
}

VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Iostatus)
{
    UCHAR flags = Irp->AllocationFlags;
    IoInitializeIrp(Irp, Irp->Size, Irp->StackCount);
    Irp->AllocationFlags = flags;
    Irp->IoStatus.Status = Iostatus;
}

/* ---- Down ------------------------------------------------------------------------------------------------------ */

NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    if (Irp->Type != IO_TYPE_IRP)
        wdm_verifier_stop("irp-invalid", "IoCallDriver: %p is no IRP", (void *)Irp);
    if (--Irp->CurrentLocation <= 0)
        wdm_verifier_stop("irp-no-stack-location", "IoCallDriver: no stack location left in IRP %p", (void *)Irp);
    IO_STACK_LOCATION *stack = --Irp->Tail.Overlay.CurrentStackLocation;
    stack->DeviceObject = DeviceObject;
    if (stack->MajorFunction > IRP_MJ_MAXIMUM_FUNCTION)
        wdm_verifier_stop("irp-invalid", "IoCallDriver: IRP %p has the major function 0x%x", (void *)Irp, stack->MajorFunction);
    if (verify_on())
        return verify_irp_call(DeviceObject, Irp, VERIFY_CALLER);
    return DeviceObject->DriverObject->MajorFunction[stack->MajorFunction](DeviceObject, Irp);
}

/* ---- Up ---------------------------------------------------------------------------------------------------------- */

static bool routine_wanted(const IRP *irp, UCHAR control)
{
    if ((control & SL_INVOKE_ON_CANCEL) && __atomic_load_n(&irp->Cancel, __ATOMIC_RELAXED))
        return true;
    return NT_SUCCESS(irp->IoStatus.Status) ? (control & SL_INVOKE_ON_SUCCESS) != 0
                                            : (control & SL_INVOKE_ON_ERROR) != 0;
}

static void irp_top(IRP *irp)
{
    struct wdm_irp *ours = irp->AllocationFlags & ALLOCATION_OURS ? wdm_irp_of(irp) : NULL;
    if (ours == NULL || ours->ended == NULL)
        wdm_verifier_stop("irp-not-kept", "IRP %p, which a driver allocated, was completed and no completion routine kept it "
                          "(STATUS_MORE_PROCESSING_REQUIRED)", (void *)irp);
    ours->ended(ours);
}

static NTSTATUS routine_call(PIO_COMPLETION_ROUTINE routine, DEVICE_OBJECT *above, IRP *irp, PVOID context)
{
    if (!verify_on())
        return routine(above, irp, context);
    verify_enter("completion routine", (const void *)routine);
    NTSTATUS status = routine(above, irp, context);
    verify_leave();
    return status;
}

static void irp_go_up(IRP *Irp)
{
    while (Irp->CurrentLocation <= Irp->StackCount) {
        IO_STACK_LOCATION *stack = Irp->Tail.Overlay.CurrentStackLocation;
        UCHAR control = stack->Control;
        Irp->PendingReturned = (control & SL_PENDING_RETURNED) != 0;
        if (verify_on()) /* before the mark goes: the dispatch routine may be returning on another thread, and is judged by it */
            verify_irp_pass(Irp, Irp->CurrentLocation, control);
        stack->Control = 0;
        Irp->CurrentLocation++;
        Irp->Tail.Overlay.CurrentStackLocation++;
        bool below_top = Irp->CurrentLocation <= Irp->StackCount;
        DEVICE_OBJECT *above = below_top ? Irp->Tail.Overlay.CurrentStackLocation->DeviceObject : NULL;
        if (stack->CompletionRoutine != NULL && routine_wanted(Irp, control)) {
            PIO_COMPLETION_ROUTINE routine = stack->CompletionRoutine;
            stack->CompletionRoutine = NULL;
            if (routine_call(routine, above, Irp, stack->Context) == STATUS_MORE_PROCESSING_REQUIRED)
                return;
        } else if (Irp->PendingReturned && below_top) {
            IoMarkIrpPending(Irp);
        }
    }
    Irp->CurrentLocation++; /* a second completion is noticed */
    irp_top(Irp);
}

VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)PriorityBoost;
    if (Irp->Type != IO_TYPE_IRP || Irp->CurrentLocation > Irp->StackCount + 1)
        wdm_verifier_stop("irp-double-complete", "IoCompleteRequest: IRP %p was completed already", (void *)Irp);
    if (Irp->IoStatus.Status == STATUS_PENDING)
        wdm_verifier_stop("irp-complete-pending", "IoCompleteRequest: IRP %p with STATUS_PENDING", (void *)Irp);
    if (verify_on())
        verify_irp_completing(Irp, VERIFY_CALLER);
    if (__builtin_expect((verify_flags & VERIFY_DELAY) != 0, 0) && verify_delay(Irp, irp_go_up))
        return;
    irp_go_up(Irp);
}

/* ---- The host's own, waited for ---------------------------------------------------------------------------------- */


static NTSTATUS NTAPI sent_ended(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    (void)DeviceObject;
    (void)Irp;
    dispatcher_set(Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS wdm_send(struct wdm_send *send)
{
    struct wdm_irp *irp = wdm_irp_make(send->device->StackSize, NULL);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct dispatcher ended;
    dispatcher_init(&ended, DISPATCHER_NOTIFICATION, 0);
    IRP *public = &irp->public;
    public->IoStatus.Status = send->status;
    public->IoStatus.Information = send->information;
    public->RequestorMode = send->mode;
    public->Flags = IRP_SYNCHRONOUS_API;
    public->Tail.Overlay.OriginalFileObject = send->file;
    public->Tail.Overlay.Thread = (PETHREAD)(void *)thread_self();
    IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(public);
    *next = send->location;
    next->FileObject = send->file;
    IoSetCompletionRoutine(public, sent_ended, &ended, TRUE, TRUE, TRUE);
    NTSTATUS status = IofCallDriver(send->device, public);
    if (status == STATUS_PENDING || dispatcher_exchange(&ended, 0) == 0)
        wait_for_one(&ended, false, WAIT_FOREVER);
    send->information = public->IoStatus.Information;
    status = public->IoStatus.Status;
    wdm_irp_free(irp);
    return status;
}

/* A driver's lower request, sent and waited for: it may complete it afterwards. */
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct dispatcher ended;
    if (Irp->CurrentLocation <= 1)
        return FALSE;
    dispatcher_init(&ended, DISPATCHER_NOTIFICATION, 0);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, sent_ended, &ended, TRUE, TRUE, TRUE);
    if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING)
        wait_for_one(&ended, false, WAIT_FOREVER);
    return TRUE;
}

/* The device object, which Windows references meanwhile, is referenced by the request's file here. */
NTSTATUS NTAPI IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine,
                                        PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel)
{
    (void)DeviceObject;
    IoSetCompletionRoutine(Irp, CompletionRoutine, Context, InvokeOnSuccess, InvokeOnError, InvokeOnCancel);
    return STATUS_SUCCESS;
}

/* ---- Cancelling -------------------------------------------------------------------------------------------------- */

static KSPIN_LOCK cancel_lock;

VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    KeAcquireSpinLock(&cancel_lock, Irql);
}

VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql)
{
    KeReleaseSpinLock(&cancel_lock, Irql);
}

/* The routine releases the cancel spin lock, so it comes back at the level before that. */
void wdm_cancel_call(PDRIVER_CANCEL routine, IRP *irp)
{
    DEVICE_OBJECT *device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
    if (!verify_on()) {
        routine(device, irp);
        return;
    }
    KIRQL irql = irp->CancelIrql;
    verify_enter("cancel routine", (const void *)routine);
    routine(device, irp);
    verify_leave_cancel(irql);
}

/* Drivers read the flag as a plain byte behind IoSetCancelRoutine, as Windows lets them: the exchanges of the routine order the two, which
 * ThreadSanitizer cannot know. */
__attribute__((__noinline__, __no_sanitize__("thread"))) void wdm_irp_mark_cancelled(IRP *irp)
{
    *(volatile BOOLEAN *)&irp->Cancel = TRUE;
}

BOOLEAN NTAPI IoCancelIrp(PIRP Irp)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    KIRQL irql;
    IoAcquireCancelSpinLock(&irql);
    wdm_irp_mark_cancelled(Irp);
    PDRIVER_CANCEL routine = IoSetCancelRoutine(Irp, NULL);
    if (routine == NULL) {
        IoReleaseCancelSpinLock(irql);
        return FALSE;
    }
    Irp->CancelIrql = irql; /* the routine releases the lock with it */
    wdm_cancel_call(routine, Irp);
    return TRUE;
}

/* ---- Whose request it is ----------------------------------------------------------------------------------------- */

/* There is one process: its object is an address that nobody looks behind. */
static char this_process;

PEPROCESS NTAPI IoGetCurrentProcess(void)
{
    return (PEPROCESS)(void *)&this_process;
}

PEPROCESS NTAPI IoGetRequestorProcess(PIRP Irp)
{
    return Irp->Tail.Overlay.Thread == NULL ? NULL : IoGetCurrentProcess();
}

BOOLEAN NTAPI IoIs32bitProcess(PIRP Irp)
{
    (void)Irp;
    return FALSE;
}

BOOLEAN NTAPI IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion)
{
    return MajorVersion < 6 || (MajorVersion == 6 && MinorVersion == 0);
}
