/* SPDX-License-Identifier: MIT */
/* Device objects, their stacks and their names. IoCreateDevice makes an object with its extension behind it;
 * IoCreateSymbolicLink gives it a name that CreateFile finds as \\.\NAME; opening sends IRP_MJ_CREATE. */
#include <stdlib.h>
#include <string.h>

#include "wdm/wdm_host.h"

struct lock wdm_lock;
static struct list devices_named = {&devices_named, &devices_named}; /* struct wdm_device, by wdm_lock */

enum { OBJECT_TYPE_DEVICE = 3 };

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

NTSTATUS NTAPI IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                              ULONG DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                              PDEVICE_OBJECT *DeviceObject)
{
    struct wdm_driver *driver = container_of(DriverObject, struct wdm_driver, object);
    struct wdm_device *device = calloc(1, sizeof *device + DeviceExtensionSize);
    if (device == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (DeviceName != NULL && !wdm_name_convert(DeviceName, device->name, sizeof device->name)) {
        free(device);
        return STATUS_OBJECT_NAME_INVALID;
    }
    device->object.Type = OBJECT_TYPE_DEVICE;
    device->object.Size = (USHORT)(sizeof(DEVICE_OBJECT) + DeviceExtensionSize);
    device->object.DriverObject = DriverObject;
    device->object.DeviceType = DeviceType;
    device->object.Characteristics = DeviceCharacteristics;
    device->object.Flags = DO_DEVICE_INITIALIZING | (Exclusive ? DO_EXCLUSIVE : 0);
    device->object.StackSize = 1;
    device->object.DeviceExtension = DeviceExtensionSize != 0 ? device + 1 : NULL;
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
    struct wdm_device *device = wdm_device_of(DeviceObject);
    struct list names;
    list_init(&names);
    lock_acquire(&wdm_lock);
    list_splice_back(&names, &device->names);
    lock_release(&wdm_lock);
    names_free(&names);
    lock_acquire(&wdm_lock);
    device_unlink(device);
    device->deleted = true;
    bool last = atomic_load(&device->files) == 0;
    lock_release(&wdm_lock);
    if (last)
        free(device);
}

void wdm_driver_delete_devices(struct wdm_driver *driver)
{
    while (driver->object.DeviceObject != NULL)
        IoDeleteDevice(driver->object.DeviceObject);
}

/* "\DosDevices\Name" and "\??\Name", in lower case, without the directory. NULL: another directory. */
static const char *dos_name(const char *name)
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
    char link[256], target[256];
    if (!wdm_name_convert(SymbolicLinkName, link, sizeof link) ||
        !wdm_name_convert(DeviceName, target, sizeof target) || dos_name(link) == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    struct wdm_name *name = calloc(1, sizeof *name);
    if (name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    name->device.driver = &wdm_file_driver;
    memcpy(name->device.name, dos_name(link), strlen(dos_name(link)) + 1);
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
    char link[256];
    if (!wdm_name_convert(SymbolicLinkName, link, sizeof link) || dos_name(link) == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    struct list found;
    list_init(&found);
    lock_acquire(&wdm_lock);
    list_for_each(at, &devices_named)
    {
        struct wdm_device *device = container_of(at, struct wdm_device, named_link);
        list_for_each_safe(node, &device->names)
        {
            if (strcmp(container_of(node, struct wdm_name, link)->device.name, dos_name(link)) != 0)
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

DEVICE_OBJECT *wdm_device_top(DEVICE_OBJECT *device)
{
    while (device->AttachedDevice != NULL)
        device = device->AttachedDevice;
    return device;
}

PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice)
{
    lock_acquire(&wdm_lock);
    DEVICE_OBJECT *below = wdm_device_top(TargetDevice);
    below->AttachedDevice = SourceDevice;
    SourceDevice->StackSize = (CCHAR)(below->StackSize + 1);
    lock_release(&wdm_lock);
    return below;
}

VOID NTAPI IoDetachDevice(PDEVICE_OBJECT TargetDevice)
{
    lock_acquire(&wdm_lock);
    TargetDevice->AttachedDevice = NULL;
    lock_release(&wdm_lock);
}

/* ---- Open and close ---------------------------------------------------------------------------------------- */

static void file_count_down(struct wdm_device *device)
{
    lock_acquire(&wdm_lock);
    bool last = atomic_fetch_sub(&device->files, 1) == 1 && device->deleted;
    lock_release(&wdm_lock);
    if (last)
        free(device);
}

/* The part of the name behind the device, with backslashes, as the file object's name. */
static void file_name_set(struct wdm_file *file, const char *path)
{
    size_t length = 0;
    for (; path[length] != '\0' && length < sizeof file->name / sizeof *file->name - 1; length++)
        file->name[length] = path[length] == '/' ? '\\' : (unsigned char)path[length];
    file->object.FileName.Buffer = file->name;
    file->object.FileName.Length = (USHORT)(length * sizeof(WCHAR));
    file->object.FileName.MaximumLength = sizeof file->name;
}

static int32_t wdm_open(struct open_request *request, struct file **file)
{
    enum { READ_DATA = 1, WRITE_DATA = 2, SYNCHRONOUS_IO = 2 };
    struct wdm_device *device = request->device->context;
    bool overlapped = request->flags & 0x40000000u; /* FILE_FLAG_OVERLAPPED */
    struct file *made =
        file_create(&wdm_file_driver, sizeof(struct wdm_file), overlapped ? 0 : FILE_SYNCHRONOUS);
    if (made == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct wdm_file *opened = container_of(made, struct wdm_file, file);
    lock_acquire(&wdm_lock);
    bool refused = device->deleted ||
                   ((device->object.Flags & DO_EXCLUSIVE) && atomic_load(&device->files) != 0);
    if (!refused) {
        atomic_fetch_add(&device->files, 1);
        opened->device = device;
    }
    lock_release(&wdm_lock);
    if (refused) {
        object_dereference(&made->object);
        return STATUS_ACCESS_DENIED;
    }
    opened->object.DeviceObject = &device->object;
    opened->object.ReadAccess = (request->access & READ_DATA) != 0;
    opened->object.WriteAccess = (request->access & WRITE_DATA) != 0;
    opened->object.Flags = overlapped ? 0 : SYNCHRONOUS_IO;
    file_name_set(opened, request->path == NULL ? "" : request->path);
    NTSTATUS status = wdm_request_send(opened, IRP_MJ_CREATE);
    if (!NT_SUCCESS(status)) {
        opened->device = NULL; /* a file that was refused gets no cleanup and no close */
        file_count_down(device);
        object_dereference(&made->object);
        return status;
    }
    *file = made;
    return STATUS_SUCCESS;
}

static void wdm_cleanup(struct file *file)
{
    wdm_request_send(container_of(file, struct wdm_file, file), IRP_MJ_CLEANUP);
}

static void wdm_close(struct file *file)
{
    struct wdm_file *closed = container_of(file, struct wdm_file, file);
    if (closed->device == NULL)
        return;
    wdm_request_send(closed, IRP_MJ_CLOSE);
    file_count_down(closed->device);
}

const struct driver wdm_file_driver = {
    .name = "wdm",
    .kind = FILE_KIND_CHAR,
    .open = wdm_open,
    .dispatch = {[IRP_READ] = wdm_dispatch,
                 [IRP_WRITE] = wdm_dispatch,
                 [IRP_CONTROL] = wdm_dispatch,
                 [IRP_FLUSH] = wdm_dispatch},
    .cleanup = wdm_cleanup,
    .close = wdm_close,
};
