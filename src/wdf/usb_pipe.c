/* SPDX-License-Identifier: MIT */
/* WDFUSBPIPE: a pipe of the selected setting, which is its own I/O target. Reads, writes, abort, reset and URBs, as formats and as calls that
 * wait. */
#include <stdlib.h>
#include <string.h>

#include "wdf/usb.h"

/* ---- Making and deleting --------------------------------------------------------------------------------------------------- */

static NTSTATUS pipe_started(struct wdf_io_target *target)
{
    return wdf_usb_reader_start(container_of(target, struct wdf_usb_pipe, target));
}

static void pipe_stopping(struct wdf_io_target *target)
{
    wdf_usb_reader_stop(container_of(target, struct wdf_usb_pipe, target));
}

static void pipe_stopped(struct wdf_io_target *target)
{
    wdf_usb_reader_settle(container_of(target, struct wdf_usb_pipe, target));
}

static const struct wdf_io_target_ops pipe_ops = {.started = pipe_started, .stopping = pipe_stopping, .stopped = pipe_stopped};

static struct wdf_usb_pipe *pipe_of_object(struct wdf_object *object)
{
    return container_of(object, struct wdf_usb_pipe, target.object);
}

static void pipe_destroy(struct wdf_object *object)
{
    wdf_usb_reader_free(pipe_of_object(object));
}

const struct wdf_class wdf_usb_pipe_class = {.name = "WDFUSBPIPE", .size = sizeof(struct wdf_usb_pipe), .base = &wdf_io_target_class,
                                             .passive = true, .undeletable = true, .no_parent = true, .retire = wdf_io_target_retire,
                                             .destroy = pipe_destroy};

void wdf_usb_pipes_delete(struct wdf_usb_interface *interface)
{
    UCHAR count = interface->pipe_count;
    interface->pipe_count = 0;
    interface->setting = 0;
    for (UCHAR i = count; i-- > 0;)
        wdf_object_delete(&interface->pipes[i]->target.object);
    free(interface->pipes);
    interface->pipes = NULL;
}

NTSTATUS wdf_usb_pipes_make(struct wdf_usb_interface *interface, PWDF_OBJECT_ATTRIBUTES attributes,
                            const USBD_INTERFACE_INFORMATION *information)
{
    struct wdf_io_target *device = &interface->device->target;
    interface->setting = information->AlternateSetting;
    interface->pipes = wdf_allocate((information->NumberOfPipes + 1) * sizeof *interface->pipes);
    if (interface->pipes == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < information->NumberOfPipes; i++) {
        struct wdf_object *object;
        NTSTATUS status = wdf_object_create(device->object.driver, &wdf_usb_pipe_class, attributes, &interface->object, NULL, &object);
        if (!NT_SUCCESS(status)) {
            wdf_usb_pipes_delete(interface);
            return status;
        }
        struct wdf_usb_pipe *pipe = pipe_of_object(object);
        wdf_io_target_init(&pipe->target, device->device, device->wdm, device->physical);
        pipe->target.ops = &pipe_ops;
        pipe->interface = interface;
        pipe->information = information->Pipes[i];
        interface->pipes[interface->pipe_count++] = pipe;
    }
    return STATUS_SUCCESS;
}

/* ---- What it is --------------------------------------------------------------------------------------------------------------- */

/* The framework's own figures: the stack has none. */
ULONG wdf_usb_maximum_transfer(const struct wdf_usb_device *device)
{
    enum { HIGH_SPEED = 2 << 20, LESS = 256 << 10 };
    return device->high_speed ? HIGH_SPEED : LESS;
}

void wdf_usb_pipe_describe(const struct wdf_usb_pipe *pipe, PWDF_USB_PIPE_INFORMATION information)
{
    information->MaximumPacketSize = pipe->information.MaximumPacketSize;
    information->EndpointAddress = pipe->information.EndpointAddress;
    information->Interval = pipe->information.Interval;
    information->SettingIndex = pipe->interface->setting;
    information->PipeType = (WDF_USB_PIPE_TYPE)(pipe->information.PipeType + WdfUsbPipeTypeControl);
    information->MaximumTransferSize = wdf_usb_maximum_transfer(pipe->interface->device);
}

#define PIPE(handle) WDF_HANDLE(DriverGlobals, handle, wdf_usb_pipe)

VOID NTAPI ovl_WdfUsbTargetPipeGetInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, PWDF_USB_PIPE_INFORMATION PipeInformation)
{
    wdf_usb_pipe_describe(PIPE(Pipe), PipeInformation);
}

BOOLEAN NTAPI ovl_WdfUsbTargetPipeIsInEndpoint(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe)
{
    return USBD_PIPE_DIRECTION_IN(&PIPE(Pipe)->information) != 0;
}

BOOLEAN NTAPI ovl_WdfUsbTargetPipeIsOutEndpoint(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe)
{
    return USBD_PIPE_DIRECTION_IN(&PIPE(Pipe)->information) == 0;
}

WDF_USB_PIPE_TYPE NTAPI ovl_WdfUsbTargetPipeGetType(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe)
{
    return (WDF_USB_PIPE_TYPE)(PIPE(Pipe)->information.PipeType + WdfUsbPipeTypeControl);
}

VOID NTAPI ovl_WdfUsbTargetPipeSetNoMaximumPacketSizeCheck(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe)
{
    PIPE(Pipe)->any_length = true;
}

USBD_PIPE_HANDLE NTAPI ovl_WdfUsbTargetPipeWdmGetPipeHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE UsbPipe)
{
    return PIPE(UsbPipe)->information.PipeHandle;
}

/* ---- Reads and writes --------------------------------------------------------------------------------------------------------- */

static NTSTATUS transfer_synchronously(struct wdf_usb_sync *sync, bool in, const WDF_MEMORY_DESCRIPTOR *descriptor,
                                       const WDF_REQUEST_SEND_OPTIONS *options, ULONG *bytes)
{
    struct wdf_usb_pipe *pipe = container_of(sync->target, struct wdf_usb_pipe, target);
    struct wdf_buffer buffer;
    if (bytes != NULL)
        *bytes = 0;
    if (in && pipe->reader != NULL)
        return STATUS_INVALID_DEVICE_STATE; /* the continuous reader has the pipe */
    NTSTATUS status = wdf_buffer_of_descriptor(sync->globals, descriptor, sync->caller, &buffer);
    if (NT_SUCCESS(status))
        status = wdf_usb_sync_begin(sync);
    if (!NT_SUCCESS(status))
        return status;
    status = wdf_usb_format_transfer(sync->request, pipe, in, &buffer);
    if (NT_SUCCESS(status)) {
        status = wdf_usb_sync_send(sync, options);
        if (bytes != NULL && !NT_ERROR(status))
            *bytes = (ULONG)sync->request->irp->IoStatus.Information;
    }
    wdf_usb_sync_end(sync);
    return status;
}

#define SYNC(pipe_handle, request_handle)                                                                              \
    struct wdf_usb_sync sync = {.globals = DriverGlobals, .target = &PIPE(pipe_handle)->target, .handle = (request_handle), \
                                .caller = WDF_CALLER}

NTSTATUS NTAPI ovl_WdfUsbTargetPipeReadSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                     PWDF_REQUEST_SEND_OPTIONS RequestOptions, PWDF_MEMORY_DESCRIPTOR MemoryDescriptor,
                                                     PULONG BytesRead)
{
    SYNC(Pipe, Request);
    return transfer_synchronously(&sync, true, MemoryDescriptor, RequestOptions, BytesRead);
}

NTSTATUS NTAPI ovl_WdfUsbTargetPipeWriteSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                      PWDF_REQUEST_SEND_OPTIONS RequestOptions, PWDF_MEMORY_DESCRIPTOR MemoryDescriptor,
                                                      PULONG BytesWritten)
{
    SYNC(Pipe, Request);
    return transfer_synchronously(&sync, false, MemoryDescriptor, RequestOptions, BytesWritten);
}

NTSTATUS NTAPI ovl_WdfUsbTargetPipeFormatRequestForRead(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                        WDFMEMORY ReadMemory, PWDFMEMORY_OFFSET ReadOffset)
{
    struct wdf_usb_pipe *pipe = PIPE(Pipe);
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_buffer buffer;
    if (pipe->reader != NULL)
        return STATUS_INVALID_DEVICE_STATE;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, ReadMemory, ReadOffset, WDF_CALLER, &buffer);
    return NT_SUCCESS(status) ? wdf_usb_format_transfer(request, pipe, true, &buffer) : status;
}

NTSTATUS NTAPI ovl_WdfUsbTargetPipeFormatRequestForWrite(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                         WDFMEMORY WriteMemory, PWDFMEMORY_OFFSET WriteOffset)
{
    struct wdf_usb_pipe *pipe = PIPE(Pipe);
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_buffer buffer;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, WriteMemory, WriteOffset, WDF_CALLER, &buffer);
    return NT_SUCCESS(status) ? wdf_usb_format_transfer(request, pipe, false, &buffer) : status;
}

/* ---- Abort and reset ------------------------------------------------------------------------------------------------------------ */

/* Both are for pipes whose targets are stopped: WdfIoTargetStop is to come before a reset, WdfIoTargetStart after it. */
static NTSTATUS pipe_request_synchronously(struct wdf_usb_sync *sync, bool reset, const WDF_REQUEST_SEND_OPTIONS *given)
{
    struct wdf_usb_pipe *pipe = container_of(sync->target, struct wdf_usb_pipe, target);
    WDF_REQUEST_SEND_OPTIONS options = {.Size = sizeof options};
    if (given != NULL)
        options = *given;
    options.Flags |= WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE;
    NTSTATUS status = wdf_usb_sync_begin(sync);
    if (!NT_SUCCESS(status))
        return status;
    status = wdf_usb_format_pipe(sync->request, pipe, reset);
    if (NT_SUCCESS(status))
        status = wdf_usb_sync_send(sync, &options);
    wdf_usb_sync_end(sync);
    return status;
}

/* What the pipe's target still has is cancelled first. */
NTSTATUS NTAPI ovl_WdfUsbTargetPipeResetSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                      PWDF_REQUEST_SEND_OPTIONS RequestOptions)
{
    SYNC(Pipe, Request);
    wdf_io_target_cancel(sync.target);
    return pipe_request_synchronously(&sync, true, RequestOptions);
}

/* The stack's abort may end before what it aborts has; this returns afterwards. */
NTSTATUS NTAPI ovl_WdfUsbTargetPipeAbortSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                      PWDF_REQUEST_SEND_OPTIONS RequestOptions)
{
    SYNC(Pipe, Request);
    NTSTATUS status = pipe_request_synchronously(&sync, false, RequestOptions);
    if (NT_SUCCESS(status))
        usb_pdo_pipe_drain(sync.target->wdm, PIPE(Pipe)->information.PipeHandle);
    return status;
}

NTSTATUS NTAPI ovl_WdfUsbTargetPipeFormatRequestForAbort(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request)
{
    return wdf_usb_format_pipe(WDF_HANDLE(DriverGlobals, Request, wdf_request), PIPE(Pipe), false);
}

NTSTATUS NTAPI ovl_WdfUsbTargetPipeFormatRequestForReset(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request)
{
    return wdf_usb_format_pipe(WDF_HANDLE(DriverGlobals, Request, wdf_request), PIPE(Pipe), true);
}

/* ---- URBs ---------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI ovl_WdfUsbTargetPipeSendUrbSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                        PWDF_REQUEST_SEND_OPTIONS RequestOptions, PURB Urb)
{
    SYNC(Pipe, Request);
    return wdf_usb_urb_synchronously(&sync, WdfUsbRequestTypePipeUrb, Urb, RequestOptions);
}

NTSTATUS NTAPI ovl_WdfUsbTargetPipeFormatRequestForUrb(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                       WDFMEMORY UrbMemory, PWDFMEMORY_OFFSET UrbMemoryOffset)
{
    struct wdf_usb_pipe *pipe = PIPE(Pipe);
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_buffer buffer;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, UrbMemory, UrbMemoryOffset, WDF_CALLER, &buffer);
    return NT_SUCCESS(status) ? wdf_usb_format_memory(request, &pipe->target, WdfUsbRequestTypePipeUrb, &buffer) : status;
}
