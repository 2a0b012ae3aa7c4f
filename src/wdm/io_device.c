/* SPDX-License-Identifier: MIT */
/* Device objects, their stacks and their names. IoCreateDevice makes an object with its extension behind it;
 * IoCreateSymbolicLink gives it a name that CreateFile finds as \\.\NAME; opening sends IRP_MJ_CREATE. */
#include <stdlib.h>
#include <string.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

struct lock wdm_lock;
struct list wdm_drivers = {&wdm_drivers, &wdm_drivers};
static struct list devices_named = {&devices_named, &devices_named}; /* struct wdm_device, by wdm_lock */

/* With the lock held. */
static struct wdm_device *wdm_device_find(const char *name)
{
    list_for_each(node, &devices_named)
    {
        struct wdm_device *device = container_of(node, struct wdm_device, named_link);
        if (strcmp(device->name, name) == 0)
            return device;
    }
    return NULL;
}

struct wdm_device *wdm_device_find_referenced(const char *name)
{
    lock_acquire(&wdm_lock);
    struct wdm_device *device = wdm_device_find(name);
    if (device != NULL)
        wdm_device_reference(device);
    lock_release(&wdm_lock);
    return device;
}

struct wdm_device *wdm_device_by_name(const UNICODE_STRING *name)
{
    char text[256];
    return wdm_name_convert(name, text, sizeof text) ? wdm_device_find_referenced(text) : NULL;
}

NTSTATUS NTAPI IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                              ULONG DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                              PDEVICE_OBJECT *DeviceObject)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct wdm_driver *driver = container_of(DriverObject, struct wdm_driver, object);
    struct wdm_device *device = verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *device + DeviceExtensionSize);
    if (device == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (DeviceName != NULL && !wdm_name_convert(DeviceName, device->name, sizeof device->name)) {
        free(device);
        return STATUS_OBJECT_NAME_INVALID;
    }
    atomic_store(&device->references, 1);
    atomic_store(&device->power_state, PowerDeviceD0);
    device->object.Type = IO_TYPE_DEVICE;
    device->object.Size = (USHORT)(sizeof(DEVICE_OBJECT) + DeviceExtensionSize);
    device->object.DriverObject = DriverObject;
    device->object.DeviceType = DeviceType;
    device->object.Characteristics = DeviceCharacteristics;
    device->object.Flags = DO_DEVICE_INITIALIZING | (Exclusive ? DO_EXCLUSIVE : 0);
    device->object.StackSize = 1;
    device->object.DeviceExtension = DeviceExtensionSize != 0 ? device + 1 : NULL;
    KeInitializeDeviceQueue((KDEVICE_QUEUE *)(void *)device->object.DeviceQueue);
    list_init(&device->names);
    list_init(&device->named_link);
    lock_acquire(&wdm_lock);
    if (device->name[0] != '\0' && wdm_device_find(device->name) != NULL) {
        lock_release(&wdm_lock);
        free(device);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    if (device->name[0] != '\0')
        list_push_back(&devices_named, &device->named_link);
    list_push_back(&driver->devices, &device->link);
    device->object.NextDevice = DriverObject->DeviceObject;
    DriverObject->DeviceObject = &device->object;
    lock_release(&wdm_lock);
    *DeviceObject = &device->object;
    return STATUS_SUCCESS;
}

/* Takes names away from CreateFile. Without the lock: this waits for opens that are under way. */
static void names_free(struct list *names)
{
    for (struct list *node; (node = list_pop_front(names)) != NULL;) {
        struct wdm_name *name = container_of(node, struct wdm_name, link);
        device_unregister(&name->device);
        free(name);
    }
}

static void device_unlink(struct wdm_device *device)
{
    PDEVICE_OBJECT *at = &device->object.DriverObject->DeviceObject;
    while (*at != NULL && *at != &device->object)
        at = &(*at)->NextDevice;
    if (*at != NULL)
        *at = device->object.NextDevice;
    list_remove(&device->named_link);
    list_remove(&device->link);
}

VOID NTAPI IoDeleteDevice(PDEVICE_OBJECT DeviceObject)
{
    VERIFY_IRQL(APC_LEVEL);
    struct wdm_device *device = wdm_device_of(DeviceObject);
    struct list names;
    wdm_device_timer_free(DeviceObject);
    list_init(&names);
    lock_acquire(&wdm_lock);
    list_splice_back(&names, &device->names);
    lock_release(&wdm_lock);
    names_free(&names);
    lock_acquire(&wdm_lock);
    device_unlink(device);
    device->deleted = true;
    lock_release(&wdm_lock);
    wdm_device_dereference(device);
}

void wdm_device_reference(struct wdm_device *device)
{
    atomic_fetch_add_explicit(&device->references, 1, memory_order_relaxed);
}

void wdm_device_dereference(struct wdm_device *device)
{
    if (atomic_fetch_sub_explicit(&device->references, 1, memory_order_acq_rel) != 1)
        return;
    if (verify_on())
        verify_memory_gone(device, sizeof *device + device->object.Size - sizeof(DEVICE_OBJECT), NULL);
    free(device);
}

void wdm_driver_delete_devices(struct wdm_driver *driver)
{
    if (verify_on() && driver->object.DeviceObject != NULL)
        wdm_verifier_report_at(driver->name, "device-left", (const void *)driver->object.DriverInit,
                               "device %p was not deleted by the driver, whose DriverEntry is", (void *)driver->object.DeviceObject);
    while (driver->object.DeviceObject != NULL)
        IoDeleteDevice(driver->object.DeviceObject);
}

NTSTATUS NTAPI IoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                                    ULONG DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                    PCUNICODE_STRING DefaultSDDLString, const GUID *DeviceClassGuid,
                                    PDEVICE_OBJECT *DeviceObject)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)DefaultSDDLString; /* one user: nobody is kept out */
    (void)DeviceClassGuid;
    return IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive,
                          DeviceObject);
}

/* "\DosDevices\Name" and "\??\Name", in lower case, without the directory. NULL: another directory. */
const char *wdm_dos_name(const char *name)
{
    static const char *const directories[] = {"\\dosdevices\\global\\", "\\dosdevices\\", "\\global??\\",
                                              "\\??\\"};
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        if (strncmp(name, directories[i], strlen(directories[i])) == 0)
            return name + strlen(directories[i]);
    return NULL;
}

NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    char link[256], target[256];
    if (!wdm_name_convert(SymbolicLinkName, link, sizeof link) ||
        !wdm_name_convert(DeviceName, target, sizeof target) || wdm_dos_name(link) == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    struct wdm_name *name = verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *name);
    if (name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    name->device.driver = &wdm_file_driver;
    memcpy(name->device.name, wdm_dos_name(link), strlen(wdm_dos_name(link)) + 1);
    lock_acquire(&wdm_lock);
    struct wdm_device *device = wdm_device_find(target);
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (device != NULL) {
        name->target = device;
        name->device.context = device;
        status = device_register(&name->device);
    }
    if (status == STATUS_SUCCESS)
        list_push_back(&device->names, &name->link);
    else
        free(name);
    lock_release(&wdm_lock);
    return status;
}

NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    char link[256];
    if (!wdm_name_convert(SymbolicLinkName, link, sizeof link) || wdm_dos_name(link) == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    struct list found;
    list_init(&found);
    lock_acquire(&wdm_lock);
    list_for_each(at, &devices_named)
    {
        struct wdm_device *device = container_of(at, struct wdm_device, named_link);
        list_for_each_safe(node, &device->names)
        {
            if (strcmp(container_of(node, struct wdm_name, link)->device.name, wdm_dos_name(link)) != 0)
                continue;
            list_remove(node);
            list_push_back(&found, node);
        }
    }
    lock_release(&wdm_lock);
    if (list_empty(&found))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    names_free(&found);
    return STATUS_SUCCESS;
}
