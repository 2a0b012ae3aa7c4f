/* SPDX-License-Identifier: MIT */
/* Requests that a driver has built for it: IoBuild*Request with the buffers as the device or the control code asks. Those for
 * a waiting caller end here: what was buffered is copied out, the status block written, the event set, the IRP freed. On
 * Windows that happens on the issuing thread; here on the one that completes. */
#include <stdlib.h>
#include <string.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

/* The I/O manager's buffers of a built request: nothing of it is left when the request is freed. */
static void built_free(struct wdm_irp *irp)
{
    IRP *public = &irp->public;
    if ((public->Flags & IRP_DEALLOCATE_BUFFER) && public->AssociatedIrp.SystemBuffer != NULL)
        ExFreePool(public->AssociatedIrp.SystemBuffer);
    for (MDL *mdl = public->MdlAddress, *next; mdl != NULL; mdl = next) {
        next = mdl->Next;
        IoFreeMdl(mdl);
    }
}

static void built_ended(struct wdm_irp *irp)
{
    IRP *public = &irp->public;
    KEVENT *event = public->UserEvent;
    IO_STATUS_BLOCK *block = public->UserIosb, result = public->IoStatus;
    bool copies = (public->Flags & IRP_INPUT_OPERATION) && !NT_ERROR(result.Status) && public->UserBuffer != NULL;
    if (copies && result.Information != 0)
        memcpy(public->UserBuffer, public->AssociatedIrp.SystemBuffer, result.Information);
    built_free(irp);
    if (verify_on())
        verify_forget(VERIFY_IRP, public);
    wdm_irp_free(irp);
    if (block != NULL)
        *block = result;
    if (event != NULL)
        KeSetEvent(event, IO_NO_INCREMENT, FALSE); /* the caller's memory may be gone after this */
}

enum { BUILT_TAG = 0x6f496f42 }; /* "BoIo" */

static bool built_buffer(IRP *irp, size_t size, const void *data, size_t length)
{
    if (size == 0)
        return true;
    void *buffer = ExAllocatePoolWithTag(NonPagedPool, size, BUILT_TAG);
    if (buffer == NULL)
        return false;
    memset(buffer, 0, size);
    if (length != 0)
        memcpy(buffer, data, length);
    irp->AssociatedIrp.SystemBuffer = buffer;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    return true;
}

static bool built_direct(IRP *irp, void *buffer, ULONG length)
{
    if (length == 0 || buffer == NULL)
        return true;
    MDL *mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, irp);
    if (mdl == NULL)
        return false;
    MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
    return true;
}

static struct wdm_irp *built_make(DEVICE_OBJECT *device, bool ends_here, KEVENT *event, IO_STATUS_BLOCK *block, const void *caller)
{
    struct wdm_irp *irp = verify_memory_fails(caller) ? NULL : wdm_irp_make(device->StackSize, ends_here ? built_ended : NULL);
    if (irp == NULL)
        return NULL;
    if (verify_on())
        verify_track(VERIFY_IRP, &irp->public, 0, 0, caller);
    irp->free = ends_here ? built_free : NULL;
    irp->public.UserEvent = event;
    irp->public.UserIosb = block;
    irp->public.Tail.Overlay.Thread = (PETHREAD)(void *)thread_self();
    return irp;
}

static PIRP built_result(struct wdm_irp *irp, bool good)
{
    if (good)
        return &irp->public;
    built_free(irp);
    if (verify_on())
        verify_forget(VERIFY_IRP, &irp->public);
    wdm_irp_free(irp);
    return NULL;
}

PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                         BOOLEAN InternalDeviceIoControl, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct wdm_irp *irp = built_make(DeviceObject, true, Event, IoStatusBlock, VERIFY_CALLER);
    if (irp == NULL)
        return NULL;
    IRP *public = &irp->public;
    IO_STACK_LOCATION *stack = IoGetNextIrpStackLocation(public);
    stack->MajorFunction = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    stack->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
    stack->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
    stack->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
    switch (METHOD_FROM_CTL_CODE(IoControlCode)) {
    case METHOD_BUFFERED: {
        ULONG room = InputBufferLength > OutputBufferLength ? InputBufferLength : OutputBufferLength;
        public->UserBuffer = OutputBuffer;
        if (OutputBufferLength != 0)
            public->Flags |= IRP_INPUT_OPERATION;
        return built_result(irp, built_buffer(public, room, InputBuffer, InputBufferLength));
    }
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
        return built_result(irp, built_buffer(public, InputBufferLength, InputBuffer, InputBufferLength) &&
                                     built_direct(public, OutputBuffer, OutputBufferLength));
    default:
        public->UserBuffer = OutputBuffer;
        stack->Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
        return public;
    }
}

static PIRP fsd_build(struct wdm_irp *irp, ULONG major, const DEVICE_OBJECT *device, void *buffer, ULONG length,
                      const LARGE_INTEGER *offset)
{
    if (irp == NULL)
        return NULL;
    IRP *public = &irp->public;
    IO_STACK_LOCATION *stack = IoGetNextIrpStackLocation(public);
    stack->MajorFunction = (UCHAR)major;
    if (major != IRP_MJ_READ && major != IRP_MJ_WRITE)
        return public; /* flush, shutdown, Plug and Play, power: the driver fills the rest */
    stack->Parameters.Read.Length = length; /* Write has the same layout */
    stack->Parameters.Read.ByteOffset.QuadPart = offset == NULL ? 0 : offset->QuadPart;
    if (device->Flags & DO_DIRECT_IO)
        return built_result(irp, built_direct(public, buffer, length));
    public->UserBuffer = buffer;
    if (!(device->Flags & DO_BUFFERED_IO))
        return public;
    if (major == IRP_MJ_READ)
        public->Flags |= IRP_INPUT_OPERATION;
    return built_result(irp, built_buffer(public, length, buffer, major == IRP_MJ_WRITE ? length : 0));
}

PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                        PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    return fsd_build(built_make(DeviceObject, true, Event, IoStatusBlock, VERIFY_CALLER), MajorFunction, DeviceObject, Buffer, Length,
                     StartingOffset);
}

/* The driver's completion routine frees this one, its MDL and its system buffer, as documented. */
PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                         PLARGE_INTEGER StartingOffset, PIO_STATUS_BLOCK IoStatusBlock)
{
    VERIFY_IRQL(APC_LEVEL);
    return fsd_build(built_make(DeviceObject, false, NULL, IoStatusBlock, VERIFY_CALLER), MajorFunction, DeviceObject, Buffer, Length,
                     StartingOffset);
}
