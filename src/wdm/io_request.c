/* SPDX-License-Identifier: MIT */
/* Requests as a WDM driver sees them. For each of our irps that enters a WDM stack a shadow with the public
 * layout is made, with the buffers as the device or the control code asks (buffered, direct, neither). The
 * driver's IoCompleteRequest walks the stack locations upwards; at the top the shadow's result becomes ours.
 *
 * The dispatch may end the request before it returns. Who comes second - the returning dispatch or the
 * completing thread - knows by one exchange, so that a request ended inside the dispatch is answered at once,
 * and one that was marked pending always by its completion. */
#include <stdlib.h>
#include <string.h>

#include "base/zeroed.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

enum { SHADOW_DISPATCHING, SHADOW_RETURNED, SHADOW_COMPLETED };

struct shadow {
    struct irp *irp;              /* ours */
    _Atomic uint32_t state;
    void *system_buffer;
    void *copy_to;                /* the caller's memory for a buffered result */
    uint32_t copy_room;
    MDL mdl;
    struct wdm_irp wdm;           /* and its stack locations behind it */
};

static void shadow_ended(struct wdm_irp *wdm);

static struct shadow *shadow_make(DEVICE_OBJECT *device, struct wdm_file *file, struct irp *irp)
{
    struct shadow *shadow =
        verify_memory_fails(NULL) ? NULL : zeroed(sizeof *shadow + wdm_irp_room(device->StackSize));
    if (shadow == NULL)
        return NULL;
    shadow->irp = irp;
    wdm_irp_init(&shadow->wdm, device->StackSize, shadow_ended);
    IRP *public = &shadow->wdm.public;
    public->RequestorMode = UserMode;
    public->Tail.Overlay.OriginalFileObject = &file->object;
    public->Tail.Overlay.Thread = (PETHREAD)(void *)thread_self();
    IoGetNextIrpStackLocation(public)->FileObject = &file->object;
    return shadow;
}

static void shadow_free(struct shadow *shadow)
{
    free(shadow->system_buffer);
    if (verify_on())
        verify_irp_gone(&shadow->wdm.public);
    verify_free(shadow);
}

/* ---- Buffers ------------------------------------------------------------------------------------------------- */

static void mdl_describe(MDL *mdl, void *address, ULONG length)
{
    ULONG_PTR at = (ULONG_PTR)address;
    *mdl = (MDL){.Size = sizeof *mdl,
                 .MdlFlags = MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA,
                 .MappedSystemVa = address,
                 .StartVa = (PVOID)(at & ~(ULONG_PTR)(PAGE_SIZE - 1)),
                 .ByteCount = length,
                 .ByteOffset = (ULONG)(at & (PAGE_SIZE - 1))};
}

static void shadow_direct(struct shadow *shadow, void *buffer, uint32_t length)
{
    if (length == 0)
        return;
    mdl_describe(&shadow->mdl, buffer, length);
    shadow->wdm.public.MdlAddress = &shadow->mdl;
}

/* A system buffer of `size` bytes that begins with `length` bytes of `data`. */
static NTSTATUS shadow_buffer(struct shadow *shadow, uint32_t size, const void *data, uint32_t length)
{
    if (size == 0)
        return STATUS_SUCCESS;
    shadow->system_buffer = verify_memory_fails(NULL) ? NULL : calloc(1, size);
    if (shadow->system_buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (length != 0)
        memcpy(shadow->system_buffer, data, length);
    shadow->wdm.public.AssociatedIrp.SystemBuffer = shadow->system_buffer;
    shadow->wdm.public.Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    return STATUS_SUCCESS;
}

static NTSTATUS prepare_transfer(struct shadow *shadow, const struct irp *irp, ULONG device_flags,
                                 IO_STACK_LOCATION *stack)
{
    bool reads = irp->major == IRP_READ;
    stack->MajorFunction = reads ? IRP_MJ_READ : IRP_MJ_WRITE;
    stack->Parameters.Read.Length = irp->length; /* Write has the same layout */
    stack->Parameters.Read.ByteOffset.QuadPart = (LONGLONG)irp->offset;
    if (device_flags & DO_DIRECT_IO) {
        shadow_direct(shadow, irp->buffer, irp->length);
        return STATUS_SUCCESS;
    }
    shadow->wdm.public.UserBuffer = irp->buffer;
    if (!(device_flags & DO_BUFFERED_IO))
        return STATUS_SUCCESS;
    if (reads) {
        shadow->copy_to = irp->buffer;
        shadow->copy_room = irp->length;
        shadow->wdm.public.Flags |= IRP_INPUT_OPERATION;
    }
    return shadow_buffer(shadow, irp->length, irp->buffer, reads ? 0 : irp->length);
}

static NTSTATUS prepare_control(struct shadow *shadow, const struct irp *irp, IO_STACK_LOCATION *stack)
{
    stack->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    stack->Parameters.DeviceIoControl.IoControlCode = irp->code;
    stack->Parameters.DeviceIoControl.InputBufferLength = irp->input_length;
    stack->Parameters.DeviceIoControl.OutputBufferLength = irp->length;
    switch (METHOD_FROM_CTL_CODE(irp->code)) {
    case METHOD_BUFFERED:
        shadow->copy_to = irp->buffer;
        shadow->copy_room = irp->length;
        shadow->wdm.public.UserBuffer = irp->buffer;
        return shadow_buffer(shadow,
                             irp->input_length > irp->length ? irp->input_length : irp->length,
                             irp->input, irp->input_length);
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
        shadow_direct(shadow, irp->buffer, irp->length);
        return shadow_buffer(shadow, irp->input_length, irp->input, irp->input_length);
    default:
        shadow->wdm.public.UserBuffer = irp->buffer;
        stack->Parameters.DeviceIoControl.Type3InputBuffer = (PVOID)(uintptr_t)irp->input;
        return STATUS_SUCCESS;
    }
}

static NTSTATUS shadow_prepare(struct shadow *shadow, const struct irp *irp, DEVICE_OBJECT *device)
{
    IO_STACK_LOCATION *stack = IoGetNextIrpStackLocation(&shadow->wdm.public);
    switch (irp->major) {
    case IRP_READ:
    case IRP_WRITE:
        return prepare_transfer(shadow, irp, device->Flags, stack);
    case IRP_CONTROL:
        return prepare_control(shadow, irp, stack);
    default:
        stack->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
        return STATUS_SUCCESS;
    }
}

/* ---- Sending --------------------------------------------------------------------------------------------------- */

/* The request goes back to the issuer: what was buffered is copied out, unless it failed. */
static int32_t shadow_result(struct shadow *shadow, uint64_t *information)
{
    NTSTATUS status = shadow->wdm.public.IoStatus.Status;
    *information = NT_ERROR(status) ? 0 : shadow->wdm.public.IoStatus.Information;
    if (shadow->copy_to != NULL && *information != 0) {
        size_t length = *information < shadow->copy_room ? *information : shadow->copy_room;
        memcpy(shadow->copy_to, shadow->system_buffer, length);
    }
    return status;
}

/* Cancelling takes the shadow from our irp under the file's lock, so that it cannot be freed meanwhile. The
 * cancel routine is called with the cancel spin lock held, as on Windows, and releases it. */
static void wdm_cancel(struct irp *irp)
{
    struct wdm_file *file = container_of(irp->file, struct wdm_file, file);
    KIRQL irql;
    lock_acquire(&file->shadow_lock);
    struct shadow *shadow = irp->driver[0];
    PDRIVER_CANCEL routine = NULL;
    if (shadow != NULL) {
        IoAcquireCancelSpinLock(&irql);
        wdm_irp_mark_cancelled(&shadow->wdm.public);
        routine = IoSetCancelRoutine(&shadow->wdm.public, NULL);
        if (routine == NULL)
            IoReleaseCancelSpinLock(irql);
        else
            shadow->wdm.public.CancelIrql = irql;
    }
    lock_release(&file->shadow_lock);
    if (routine != NULL)
        wdm_cancel_call(routine, &shadow->wdm.public);
}

static UCHAR shadow_major(const struct shadow *shadow)
{
    return shadow->wdm.public.Tail.Overlay.CurrentStackLocation->MajorFunction;
}

static void shadow_retire(struct irp *irp, struct shadow *shadow)
{
    struct wdm_file *file = container_of(irp->file, struct wdm_file, file);
    lock_acquire(&file->shadow_lock);
    irp->driver[0] = NULL;
    lock_release(&file->shadow_lock);
    shadow_free(shadow);
}

int32_t wdm_dispatch(struct irp *irp)
{
    struct wdm_file *file = container_of(irp->file, struct wdm_file, file);
    DEVICE_OBJECT *device = wdm_device_top(&file->device->object);
    struct shadow *shadow = shadow_make(device, file, irp);
    if (shadow == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = shadow_prepare(shadow, irp, device);
    if (status != STATUS_SUCCESS) {
        shadow_free(shadow);
        return status;
    }
    irp->driver[0] = shadow;
    irp_pend(irp, wdm_cancel); /* before the driver has it: it may be cancelled while its dispatch routine waits */
    status = IofCallDriver(device, &shadow->wdm.public);
    if (status == STATUS_PENDING) {
        if (__builtin_expect((verify_flags & VERIFY_CANCEL) != 0, 0))
            verify_cancel_later(irp);
        if (atomic_exchange(&shadow->state, SHADOW_RETURNED) != SHADOW_COMPLETED)
            return STATUS_PENDING;
        uint64_t information;
        status = shadow_result(shadow, &information);
        shadow_retire(irp, shadow);
        irp_complete(irp, status, information);
        return STATUS_PENDING;
    }
    if (atomic_load(&shadow->state) != SHADOW_COMPLETED) /* both sides would use the request */
        wdm_verifier_stop_at(NULL, "irp-not-completed", (const void *)device->DriverObject->MajorFunction[shadow_major(shadow)],
                             "a dispatch routine returned 0x%08x, but IRP %p is not completed", (unsigned)status,
                             (void *)&shadow->wdm.public);
    status = shadow_result(shadow, &irp->information);
    shadow_retire(irp, shadow);
    irp_pend_undo(irp);
    return status;
}

static void shadow_ended(struct wdm_irp *wdm)
{
    struct shadow *shadow = container_of(wdm, struct shadow, wdm);
    struct irp *irp = shadow->irp;
    if (atomic_exchange(&shadow->state, SHADOW_COMPLETED) == SHADOW_DISPATCHING)
        return; /* the dispatch is still running: it takes the result from here */
    uint64_t information;
    NTSTATUS status = shadow_result(shadow, &information);
    shadow_retire(irp, shadow);
    irp_complete(irp, status, information);
}
