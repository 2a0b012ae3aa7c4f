/* SPDX-License-Identifier: MIT */
/* Opens, cleanups and closes. A device whose driver gave a file object configuration gets a file object for each open file; they hang at the
 * FILE_OBJECT in a short chain, one per framework device of the stack. EvtDeviceFileCreate, EvtFileCleanup and EvtFileClose run at
 * PASSIVE_LEVEL, under the device's lock where its scope asks for that. */
#include "wdf/file_object.h"

#include "wdf/driver.h"
#include "wdf/pnp.h"
#include "wdf/request.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

/* The FILE_OBJECT has no member for it; the cache manager's is nobody's here. */
#define CHAIN(file) ((struct wdf_file_object **)&(file)->PrivateCacheMap)

static void file_object_dispose(struct wdf_object *object)
{
    struct wdf_file_object *file = container_of(object, struct wdf_file_object, object);
    lock_acquire(&file->device->files_lock);
    if (!list_empty(&file->link)) {
        list_remove(&file->link);
        for (struct wdf_file_object **at = CHAIN(file->wdm); *at != NULL; at = &(*at)->below)
            if (*at == file) {
                *at = file->below;
                break;
            }
    }
    lock_release(&file->device->files_lock);
}

const struct wdf_class wdf_file_object_class = {.name = "WDFFILEOBJECT", .size = sizeof(struct wdf_file_object), .passive = true,
                                                .undeletable = true, .levels = true, .scopes = true, .no_parent = true,
                                                .dispose = file_object_dispose};

struct wdf_file_object *wdf_file_object_find(struct wdf_device *device, FILE_OBJECT *file)
{
    struct wdf_file_object *found = file == NULL ? NULL : *CHAIN(file);
    while (found != NULL && found->device != device)
        found = found->below;
    return found;
}

static ULONG file_class(const struct wdf_device *device)
{
    return (ULONG)device->init->file.FileObjectClass & ~(ULONG)WdfFileObjectCanBeOptional;
}

static bool file_objects_wanted(const struct wdf_device *device)
{
    return device->init->has_file_config && file_class(device) != WdfFileObjectNotRequired;
}

static NTSTATUS file_object_make(struct wdf_device *device, FILE_OBJECT *file)
{
    if (file == NULL)
        return (ULONG)device->init->file.FileObjectClass & (ULONG)WdfFileObjectCanBeOptional ? STATUS_SUCCESS
                                                                                            : STATUS_INVALID_DEVICE_REQUEST;
    struct wdf_object *object;
    NTSTATUS status = wdf_object_create(device->object.driver, &wdf_file_object_class, &device->init->file_attributes,
                                        &device->object, NULL, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_file_object *made = container_of(object, struct wdf_file_object, object);
    made->device = device;
    made->wdm = file;
    lock_acquire(&device->files_lock);
    list_push_back(&device->files, &made->link);
    made->below = *CHAIN(file);
    *CHAIN(file) = made;
    lock_release(&device->files_lock);
    return STATUS_SUCCESS;
}

/* A spin lock may not be held around passive callbacks: at execution level dispatch they run without the device's lock. */
static bool files_locked(const struct wdf_device *device)
{
    return device->object.presentation != NULL && device->object.level == WdfExecutionLevelPassive;
}

static void files_enter(struct wdf_device *device)
{
    if (files_locked(device))
        wdf_present_enter(&device->object);
}

static void files_leave(struct wdf_device *device)
{
    if (files_locked(device))
        wdf_present_leave(&device->object);
}

/* ---- Opening ---------------------------------------------------------------------------------------------------------- */

void wdf_file_create_ended(struct wdf_device *device, FILE_OBJECT *file, NTSTATUS status)
{
    struct wdf_file_object *found = NT_SUCCESS(status) ? NULL : wdf_file_object_find(device, file);
    if (found != NULL) /* an open that was refused gets neither cleanup nor close */
        wdf_object_delete(&found->object);
}

static bool forwards(const struct wdf_device *device)
{
    WDF_TRI_STATE said = device->init->has_file_config ? device->init->file.AutoForwardCleanupClose : WdfUseDefault;
    return said == WdfTrue || (said == WdfUseDefault && device->init->filter);
}

static NTSTATUS create_present(struct wdf_device *device, IRP *irp, FILE_OBJECT *file)
{
    struct wdf_request *request;
    NTSTATUS status = wdf_request_from_irp(device, irp, &request);
    if (!NT_SUCCESS(status)) {
        wdf_file_create_ended(device, file, status);
        return wdf_irp_end(irp, status);
    }
    IoMarkIrpPending(irp);
    files_enter(device);
    WDF_CALLBACK("EvtDeviceFileCreate", device->init->file.EvtDeviceFileCreate,
                 device->init->file.EvtDeviceFileCreate(wdf_device_handle(device), (WDFREQUEST)(void *)request,
                                                        (WDFFILEOBJECT)(void *)wdf_file_object_find(device, file)));
    files_leave(device);
    return STATUS_PENDING;
}

/* No callback and no queue wants it: a filter lets the device below decide, others let everybody in. */
static NTSTATUS create_default(struct wdf_device *device, IRP *irp, FILE_OBJECT *file)
{
    if (!device->init->filter || device->attached == NULL)
        return wdf_irp_end(irp, STATUS_SUCCESS);
    NTSTATUS status = wdf_lower_send(device, irp);
    wdf_file_create_ended(device, file, status);
    return wdf_irp_end(irp, status);
}

NTSTATUS wdf_file_create(struct wdf_device *device, IRP *irp)
{
    FILE_OBJECT *file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    irp->IoStatus.Information = 0;
    if (atomic_load(&device->initializing))
        return wdf_irp_end(irp, STATUS_ACCESS_DENIED); /* before WdfControlFinishInitializing nobody gets in */
    if (device->pnp != NULL && atomic_load(&device->pnp->state) != WDF_PNP_STARTED)
        return wdf_irp_end(irp, STATUS_NO_SUCH_DEVICE);
    NTSTATUS status = file_objects_wanted(device) ? file_object_make(device, file) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return wdf_irp_end(irp, status);
    if (device->init->has_file_config && device->init->file.EvtDeviceFileCreate != NULL)
        return create_present(device, irp, file);
    if (wdf_device_io_takes(device, IRP_MJ_CREATE))
        return wdf_device_io_dispatch(device, irp);
    return create_default(device, irp, file);
}

/* ---- Closing ---------------------------------------------------------------------------------------------------------- */

static NTSTATUS file_end(struct wdf_device *device, IRP *irp)
{
    irp->IoStatus.Information = 0;
    irp->IoStatus.Status = STATUS_SUCCESS;
    if (forwards(device) && device->attached != NULL)
        return wdf_lower_forward(device, irp);
    return wdf_irp_end(irp, STATUS_SUCCESS);
}

NTSTATUS wdf_file_cleanup(struct wdf_device *device, IRP *irp)
{
    FILE_OBJECT *file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    struct wdf_file_object *found = wdf_file_object_find(device, file);
    if (found != NULL && device->init->file.EvtFileCleanup != NULL) {
        files_enter(device);
        WDF_CALLBACK("EvtFileCleanup", device->init->file.EvtFileCleanup,
                     device->init->file.EvtFileCleanup((WDFFILEOBJECT)(void *)found));
        files_leave(device);
    }
    wdf_device_io_flush_file(device, file);
    return file_end(device, irp);
}

NTSTATUS wdf_file_close(struct wdf_device *device, IRP *irp)
{
    struct wdf_file_object *found = wdf_file_object_find(device, IoGetCurrentIrpStackLocation(irp)->FileObject);
    if (found != NULL) {
        if (device->init->file.EvtFileClose != NULL) {
            files_enter(device);
            WDF_CALLBACK("EvtFileClose", device->init->file.EvtFileClose,
                         device->init->file.EvtFileClose((WDFFILEOBJECT)(void *)found));
            files_leave(device);
        }
        wdf_object_delete(&found->object);
    }
    return file_end(device, irp);
}

/* ---- Methods ------------------------------------------------------------------------------------------------------------ */

PUNICODE_STRING NTAPI ovl_WdfFileObjectGetFileName(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject)
{
    return &WDF_HANDLE(DriverGlobals, FileObject, wdf_file_object)->wdm->FileName;
}

ULONG NTAPI ovl_WdfFileObjectGetFlags(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject)
{
    return WDF_HANDLE(DriverGlobals, FileObject, wdf_file_object)->wdm->Flags;
}

WDFDEVICE NTAPI ovl_WdfFileObjectGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject)
{
    return wdf_device_handle(WDF_HANDLE(DriverGlobals, FileObject, wdf_file_object)->device);
}

PFILE_OBJECT NTAPI ovl_WdfFileObjectWdmGetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject)
{
    return WDF_HANDLE(DriverGlobals, FileObject, wdf_file_object)->wdm;
}

WDFFILEOBJECT NTAPI ovl_WdfDeviceGetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PFILE_OBJECT FileObject)
{
    return (WDFFILEOBJECT)(void *)wdf_file_object_find(WDF_HANDLE(DriverGlobals, Device, wdf_device), FileObject);
}
