/* SPDX-License-Identifier: MIT */
/* Remote I/O targets: another device, opened by its name or given as a device object, closed and opened again. The opening is kept, so that
 * a target can be reopened behind a query-remove. */
#include <stdlib.h>
#include <string.h>

#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/io_target.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct wdf_remote {
    WDF_IO_TARGET_OPEN_TYPE type;
    UNICODE_STRING name; /* its buffer is ours */
    ACCESS_MASK access;
    DEVICE_OBJECT *device;
    FILE_OBJECT *file;
    bool opened;         /* the file object is referenced by us */
};

void wdf_io_target_free_remote(struct wdf_io_target *target)
{
    if (target->opened != NULL)
        free(target->opened->name.Buffer);
    free(target->opened);
}

/* Our own stack grows, so that a program's request can be sent on to a deeper one. */
static void stack_deepen(struct wdf_io_target *target)
{
    DEVICE_OBJECT *own = target->device->wdm;
    CCHAR depth = (CCHAR)(target->wdm->StackSize + 1);
    if (__atomic_load_n(&own->StackSize, __ATOMIC_RELAXED) < depth)
        __atomic_store_n(&own->StackSize, depth, __ATOMIC_RELAXED);
}

static NTSTATUS remote_open(struct wdf_io_target *target, struct wdf_remote *remote)
{
    FILE_OBJECT *file = remote->file;
    DEVICE_OBJECT *device = remote->device;
    if (remote->type == WdfIoTargetOpenByName) {
        NTSTATUS status = IoGetDeviceObjectPointer(&remote->name, remote->access, &file, &device);
        if (!NT_SUCCESS(status))
            return status;
    }
    remote->opened = remote->type == WdfIoTargetOpenByName;
    DEVICE_OBJECT *physical = wdm_device_physical(device);
    lock_acquire(&target->lock);
    target->wdm = device;
    target->physical = physical;
    target->file = file;
    target->state = WdfIoTargetStarted;
    lock_release(&target->lock);
    stack_deepen(target);
    return STATUS_SUCCESS;
}

static NTSTATUS remote_describe(const WDF_IO_TARGET_OPEN_PARAMS *params, struct wdf_remote *remote)
{
    remote->type = params->Type;
    remote->access = params->DesiredAccess;
    switch (params->Type) {
    case WdfIoTargetOpenUseExistingDevice:
        remote->device = params->TargetDeviceObject;
        remote->file = params->TargetFileObject;
        return remote->device == NULL ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    case WdfIoTargetOpenByName:
        if (params->TargetDeviceName.Buffer == NULL || params->TargetDeviceName.Length == 0)
            return STATUS_INVALID_PARAMETER;
        remote->name = params->TargetDeviceName;
        remote->name.MaximumLength = (USHORT)(remote->name.Length + sizeof(WCHAR));
        remote->name.Buffer = wdf_allocate(remote->name.MaximumLength);
        if (remote->name.Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        memcpy(remote->name.Buffer, params->TargetDeviceName.Buffer, remote->name.Length);
        return STATUS_SUCCESS;
    default:
        return STATUS_NOT_SUPPORTED; /* a local target by file is a user-mode driver's */
    }
}

static bool target_is_open(struct wdf_io_target *target)
{
    lock_acquire(&target->lock);
    bool open = target->state != WdfIoTargetClosed && target->state != WdfIoTargetClosedForQueryRemove;
    lock_release(&target->lock);
    return open;
}

/* Behind it nothing of the target's is at the device below. */
static void target_close(struct wdf_io_target *target, WDF_IO_TARGET_STATE state)
{
    if (!target_is_open(target))
        return;
    wdf_io_target_shut(target, state);
    FILE_OBJECT *file = target->file;
    lock_acquire(&target->lock);
    target->wdm = NULL;
    target->physical = NULL;
    target->file = NULL;
    lock_release(&target->lock);
    if (target->opened != NULL && target->opened->opened && file != NULL)
        ObDereferenceObject(file);
}

void wdf_io_target_close_remote(struct wdf_io_target *target)
{
    target_close(target, WdfIoTargetClosed);
}

NTSTATUS NTAPI ovl_WdfIoTargetCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_OBJECT_ATTRIBUTES IoTargetAttributes,
                                     WDFIOTARGET *IoTarget)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct wdf_object *object;
    *IoTarget = NULL;
    NTSTATUS status =
        wdf_object_create(device->object.driver, &wdf_io_target_class, IoTargetAttributes, &device->object, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_io_target *target = container_of(object, struct wdf_io_target, object);
    wdf_io_target_init(target, device, NULL, NULL);
    target->remote = true;
    target->state = WdfIoTargetClosed;
    *IoTarget = wdf_io_target_handle(target);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfIoTargetOpen(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, PWDF_IO_TARGET_OPEN_PARAMS OpenParams)
{
    struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    if (OpenParams->Size != sizeof *OpenParams)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!target->remote || target_is_open(target))
        return STATUS_INVALID_DEVICE_STATE;
    if (OpenParams->Type == WdfIoTargetOpenReopen)
        return target->opened == NULL ? STATUS_INVALID_DEVICE_STATE : remote_open(target, target->opened);
    struct wdf_remote *remote = wdf_allocate(sizeof *remote);
    if (remote == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = remote_describe(OpenParams, remote);
    if (NT_SUCCESS(status))
        status = remote_open(target, remote);
    if (!NT_SUCCESS(status)) {
        free(remote->name.Buffer);
        free(remote);
        return status;
    }
    wdf_io_target_free_remote(target);
    target->opened = remote;
    if (OpenParams->Type == WdfIoTargetOpenByName)
        OpenParams->FileInformation = FILE_OPENED;
    return STATUS_SUCCESS;
}

VOID NTAPI ovl_WdfIoTargetClose(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    if (!target->remote)
        wdf_verifier_stop(target->object.driver, "parameter", "WdfIoTargetClose of a target that was not opened");
    target_close(target, WdfIoTargetClosed);
}

VOID NTAPI ovl_WdfIoTargetCloseForQueryRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    if (!target->remote)
        wdf_verifier_stop(target->object.driver, "parameter", "WdfIoTargetCloseForQueryRemove of a target that was not opened");
    target_close(target, WdfIoTargetClosedForQueryRemove);
}

HANDLE NTAPI ovl_WdfIoTargetWdmGetTargetFileHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    (void)WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    return NULL; /* targets are opened without a handle: WdfIoTargetWdmGetTargetFileObject has the file */
}

NTSTATUS NTAPI ovl_WdfIoTargetQueryForInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, const GUID *InterfaceType,
                                                PINTERFACE Interface, USHORT Size, USHORT Version, PVOID InterfaceSpecificData)
{
    struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    if (InterfaceType == NULL || Interface == NULL)
        return STATUS_INVALID_PARAMETER;
    struct wdf_request *request;
    NTSTATUS status = wdf_sync_request_get(DriverGlobals, NULL, target, WDF_CALLER, &request);
    if (!NT_SUCCESS(status))
        return status;
    status = wdf_format_begin(request, target, WdfRequestTypePnp, NULL);
    if (NT_SUCCESS(status)) {
        IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(request->irp);
        next->MajorFunction = IRP_MJ_PNP;
        next->MinorFunction = IRP_MN_QUERY_INTERFACE;
        next->Parameters.QueryInterface.InterfaceType = InterfaceType;
        next->Parameters.QueryInterface.Interface = Interface;
        next->Parameters.QueryInterface.Size = Size;
        next->Parameters.QueryInterface.Version = Version;
        next->Parameters.QueryInterface.InterfaceSpecificData = InterfaceSpecificData;
        request->irp->IoStatus.Status = STATUS_NOT_SUPPORTED; /* a PnP request is as this until a driver answers it */
        wdf_format_done(request);
        status = wdf_request_send_and_wait(request, target, NULL);
    }
    wdf_sync_request_put(NULL, request);
    return status;
}
