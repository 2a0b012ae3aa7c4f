/* SPDX-License-Identifier: MIT */
/* Devices: from EvtDriverDeviceAdd to the device object in its stack, and back. */
#include "wdf/device.h"

#include <stdlib.h>

#include "base/futex.h"
#include "wdf/device_init.h"
#include "wdf/driver.h"
#include "wdf/file_object.h"
#include "wdf/interface.h"
#include "wdf/pnp.h"
#include "wdf/property.h"
#include "wdf/query_interface.h"
#include "wdf/request.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

/* What our device objects carry: the way from a DEVICE_OBJECT to the framework's device. */
enum { EXTENSION_MAGIC = 0x76444657 };

struct device_extension {
    uint64_t magic;
    struct wdf_device *_Atomic device; /* NULL when it has gone: late requests find nobody */
};

static void device_dispose(struct wdf_object *object);
static void device_destroy(struct wdf_object *object);

const struct wdf_class wdf_device_class = {.name = "WDFDEVICE", .size = sizeof(struct wdf_device), .passive = true,
                                           .undeletable = true, .levels = true, .scopes = true, .no_parent = true,
                                           .dispose = device_dispose, .destroy = device_destroy};

struct wdf_device *wdf_device_of(const DEVICE_OBJECT *object)
{
    struct device_extension *extension = object->DeviceExtension;
    if (object->Size != sizeof(DEVICE_OBJECT) + sizeof *extension || extension->magic != EXTENSION_MAGIC)
        return NULL;
    return atomic_load(&extension->device);
}

struct wdf_device *wdf_device_above(struct wdf_object *object)
{
    /* A request that came from a queue hangs below nothing, which spares the device's list; it knows its device. */
    while (object != NULL && object->class != &wdf_device_class && (object->parent != NULL || object->class != &wdf_request_class))
        object = object->parent;
    if (object != NULL && object->class == &wdf_request_class)
        return wdf_request_of_object(object)->device;
    return object == NULL ? NULL : container_of(object, struct wdf_device, object);
}

PWDF_OBJECT_ATTRIBUTES wdf_device_request_attributes(struct wdf_device *device)
{
    return device->init->has_request_attributes ? &device->init->request_attributes : NULL;
}

/* ---- Going ------------------------------------------------------------------------------------------------------------- */

static void device_dispose(struct wdf_object *object)
{
    struct wdf_device *device = container_of(object, struct wdf_device, object);
    wdf_interfaces_free(device);
    wdf_device_links_free(device);
    if (device->wdm != NULL) {
        atomic_store(&((struct device_extension *)device->wdm->DeviceExtension)->device, NULL);
        if (device->attached != NULL)
            IoDetachDevice(device->attached);
        IoDeleteDevice(device->wdm);
        device->wdm = NULL;
    }
    atomic_store(&device->gone, 1);
    futex_wake(&device->gone, INT32_MAX);
}

static void device_destroy(struct wdf_object *object)
{
    struct wdf_device *device = container_of(object, struct wdf_device, object);
    if (device->pnp != NULL)
        wdf_pnp_destroy(device);
    wdf_query_interfaces_free(device);
    if (device->init != NULL)
        wdf_device_init_free(device->init);
}

void wdf_device_delete(struct wdf_device *device)
{
    wdf_object_reference(&device->object);
    wdf_object_delete(&device->object);
    while (atomic_load(&device->gone) == 0) /* another thread may still be at some child: a request that was cancelled just now */
        futex_wait(&device->gone, 0, FUTEX_NO_DEADLINE);
    wdf_object_dereference(&device->object);
}

/* ---- Coming ---------------------------------------------------------------------------------------------------------------- */

static void flags_set(struct wdf_device *device, const struct WDFDEVICE_INIT *init)
{
    DEVICE_OBJECT *object = device->wdm;
    if (init->filter && device->attached != NULL) {
        /* A filter must not be seen: what comes to it is made for the device below. */
        object->Flags |= device->attached->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE | DO_POWER_INRUSH);
        object->DeviceType = device->attached->DeviceType;
        object->Characteristics = device->attached->Characteristics;
        return;
    }
    if (init->io_type == WdfDeviceIoBuffered || init->io_type == WdfDeviceIoBufferedOrDirect)
        object->Flags |= DO_BUFFERED_IO;
    else if (init->io_type == WdfDeviceIoDirect)
        object->Flags |= DO_DIRECT_IO;
    if (init->pageable && !init->inrush)
        object->Flags |= DO_POWER_PAGABLE;
    if (init->inrush)
        object->Flags |= DO_POWER_INRUSH;
}

static NTSTATUS device_make_wdm(struct wdf_device *device, struct WDFDEVICE_INIT *init)
{
    UNICODE_STRING *name = init->name.Buffer == NULL ? NULL : &init->name;
    NTSTATUS status = IoCreateDevice(init->driver->wdm, sizeof(struct device_extension), name, init->device_type,
                                     init->characteristics, init->exclusive, &device->wdm);
    if (!NT_SUCCESS(status))
        return status;
    struct device_extension *extension = device->wdm->DeviceExtension;
    extension->magic = EXTENSION_MAGIC;
    atomic_init(&extension->device, device);
    if (init->pdo != NULL) {
        device->pdo = init->pdo;
        device->attached = IoAttachDeviceToDeviceStack(device->wdm, init->pdo);
    }
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        if (init->preprocess[i].routine != NULL) {
            device->wdm->StackSize++; /* a preprocess callback may give the IRP back one location lower */
            break;
        }
    if (init->pdo == NULL)
        return STATUS_SUCCESS;
    return device->attached == NULL ? STATUS_NO_SUCH_DEVICE : wdf_pnp_create(device);
}

static NTSTATUS init_check(const struct WDFDEVICE_INIT *init)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (init->has_file_config)
        status = wdf_attributes_check((PWDF_OBJECT_ATTRIBUTES)(uintptr_t)&init->file_attributes, &wdf_file_object_class);
    if (init->io_type < WdfDeviceIoNeither || init->io_type > WdfDeviceIoBufferedOrDirect)
        status = STATUS_INVALID_PARAMETER;
    return status;
}

NTSTATUS NTAPI ovl_WdfDeviceCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT *DeviceInit,
                                   PWDF_OBJECT_ATTRIBUTES DeviceAttributes, WDFDEVICE *Device)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct WDFDEVICE_INIT *init = *DeviceInit;
    if (init == NULL || init->device != NULL)
        wdf_verifier_stop(driver, "device-init", "WdfDeviceCreate without a PWDFDEVICE_INIT");
    NTSTATUS status = init_check(init);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_object *object;
    status = wdf_object_create(driver, &wdf_device_class, DeviceAttributes, &driver->object, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_device *device = container_of(object, struct wdf_device, object);
    list_init(&device->files);
    list_init(&device->interfaces);
    list_init(&device->links);
    list_init(&device->exposed);
    wdf_device_io_init(&device->io);
    wdf_object_lock_init(object, &device->lock, object);
    device->state.Size = 0;
    WDF_DEVICE_STATE_INIT(&device->state);
    object->undeletable = !init->control;
    atomic_init(&device->initializing, init->control);
    status = device_make_wdm(device, init);
    if (!NT_SUCCESS(status)) {
        wdf_object_abandon(object);
        return status;
    }
    flags_set(device, init);
    device->init = init;
    init->device = device;
    *DeviceInit = NULL;
    *Device = wdf_device_handle(device);
    return STATUS_SUCCESS;
}

/* AddDevice of every framework driver. */
NTSTATUS NTAPI wdf_device_add(DRIVER_OBJECT *object, DEVICE_OBJECT *pdo)
{
    struct wdf_driver *driver = container_of(object, struct wdm_driver, object)->framework;
    if (driver->config.EvtDriverDeviceAdd == NULL)
        return STATUS_SUCCESS; /* a driver without a device of its own in the stack */
    struct WDFDEVICE_INIT *init = wdf_device_init_make(driver, pdo);
    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct WDFDEVICE_INIT *given = init;
    NTSTATUS status;
    WDF_CALLBACK("EvtDriverDeviceAdd", driver->config.EvtDriverDeviceAdd,
                 status = driver->config.EvtDriverDeviceAdd((WDFDRIVER)(void *)driver, given));
    struct wdf_device *device = init->device;
    if (device == NULL) {
        wdf_device_init_free(init);
        return status;
    }
    if (!NT_SUCCESS(status)) {
        wdf_device_delete(device);
        return status == STATUS_NOT_SUPPORTED ? STATUS_UNSUCCESSFUL : status;
    }
    device->wdm->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
