/* SPDX-License-Identifier: MIT */
/* Cancel-safe queues: the driver's list and lock, our cancel routine. An IRP on the queue says so by DriverContext[3], which holds the queue
 * or the driver's context of it; whoever clears that owns the IRP - the remover, or the cancel routine. */
#include "wdm/wdm_host.h"

enum { CSQ_QUEUE = 1, CSQ_CONTEXT = 2, CSQ_QUEUE_EX = 3 };

NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock, PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    *Csq = (IO_CSQ){.Type = CSQ_QUEUE, .CsqInsertIrp = CsqInsertIrp, .CsqRemoveIrp = CsqRemoveIrp, .CsqPeekNextIrp = CsqPeekNextIrp,
                    .CsqAcquireLock = CsqAcquireLock, .CsqReleaseLock = CsqReleaseLock,
                    .CsqCompleteCanceledIrp = CsqCompleteCanceledIrp};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                                 PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                                 PIO_CSQ_RELEASE_LOCK CsqReleaseLock, PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    NTSTATUS status = IoCsqInitialize(Csq, (PIO_CSQ_INSERT_IRP)(void (*)(void))CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp,
                                      CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp);
    Csq->Type = CSQ_QUEUE_EX;
    return status;
}

static IO_CSQ *csq_of(const IRP *irp)
{
    ULONG *kind = irp->Tail.Overlay.DriverContext[3];
    return *kind == CSQ_CONTEXT ? ((IO_CSQ_IRP_CONTEXT *)(void *)kind)->Csq : (IO_CSQ *)(void *)kind;
}

/* With the queue's lock held: the IRP leaves it. */
static void irp_take(IO_CSQ *csq, IRP *irp)
{
    ULONG *kind = irp->Tail.Overlay.DriverContext[3];
    csq->CsqRemoveIrp(csq, irp);
    if (*kind == CSQ_CONTEXT)
        ((IO_CSQ_IRP_CONTEXT *)(void *)kind)->Irp = NULL;
    irp->Tail.Overlay.DriverContext[3] = NULL;
}

static VOID NTAPI csq_cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    KIRQL irql;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    IO_CSQ *csq = csq_of(Irp); /* who set this routine wrote it before; who removes the IRP takes the routine first */
    csq->CsqAcquireLock(csq, &irql);
    irp_take(csq, Irp);
    csq->CsqReleaseLock(csq, irql);
    csq->CsqCompleteCanceledIrp(csq, Irp);
}

NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext)
{
    KIRQL irql;
    NTSTATUS status = STATUS_SUCCESS;
    Csq->CsqAcquireLock(Csq, &irql);
    if (Context != NULL) {
        *Context = (IO_CSQ_IRP_CONTEXT){.Type = CSQ_CONTEXT, .Irp = Irp, .Csq = Csq};
        Irp->Tail.Overlay.DriverContext[3] = Context;
    } else {
        Irp->Tail.Overlay.DriverContext[3] = Csq;
    }
    if (Csq->Type == CSQ_QUEUE_EX)
        status = ((PIO_CSQ_INSERT_IRP_EX)(void (*)(void))Csq->CsqInsertIrp)(Csq, Irp, InsertContext);
    else
        Csq->CsqInsertIrp(Csq, Irp);
    if (!NT_SUCCESS(status)) { /* it stays the caller's */
        Irp->Tail.Overlay.DriverContext[3] = NULL;
        if (Context != NULL)
            Context->Irp = NULL;
        Csq->CsqReleaseLock(Csq, irql);
        return status;
    }
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, csq_cancel);
    bool cancelled = Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL; /* else the canceller has the routine */
    if (cancelled)
        irp_take(Csq, Irp);
    Csq->CsqReleaseLock(Csq, irql);
    if (cancelled)
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
    return status;
}

VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    IRP *irp = Context->Irp;
    if (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL)
        irp = NULL; /* it is being cancelled */
    if (irp != NULL)
        irp_take(Csq, irp);
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}

PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    IRP *irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
    while (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL)
        irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext); /* that one is being cancelled */
    if (irp != NULL)
        irp_take(Csq, irp);
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}
