/* SPDX-License-Identifier: MIT */
/* Open files on WDM devices: IRP_MJ_CREATE, CLEANUP and CLOSE go to the top of the device's stack, as the program's
 * requests do (io_request.c). A program opens by a symbolic link or by a device interface (pnp.c), a driver by
 * IoGetDeviceObjectPointer. */
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "base/utf16.h"
#include "drivers/drivers.h"
#include "drivers/usb_node.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

_Atomic uint32_t wdm_files_closed;

static void file_count_down(struct wdm_device *device, bool closing)
{
    lock_acquire(&wdm_lock); /* so that the device's owner is still there when it is told */
    device->closing -= closing;
    if (atomic_fetch_sub(&device->files, 1) == 1 && device->last_closed != NULL)
        device->last_closed(device);
    lock_release(&wdm_lock);
    atomic_fetch_add(&wdm_files_closed, 1);
    futex_wake(&wdm_files_closed, INT32_MAX);
    wdm_device_dereference(device);
}

/* The part of the name behind the device, with a backslash before it, as the file object's name. */
static void file_name_set(struct wdm_file *file, const char *path)
{
    size_t room = sizeof file->name / sizeof *file->name - 2, length = 0;
    if (*path != '\0') {
        file->name[0] = '\\';
        size_t units = utf16_from_utf8((char16_t *)file->name + 1, room, path, strlen(path));
        length = 1 + (units < room ? units : room);
    }
    for (size_t i = 0; i < length; i++)
        if (file->name[i] == '/')
            file->name[i] = '\\';
    file->object.FileName.Buffer = file->name;
    file->object.FileName.Length = (USHORT)(length * sizeof(WCHAR));
    file->object.FileName.MaximumLength = sizeof file->name;
}

static NTSTATUS file_send(struct wdm_file *file, struct wdm_send *send, UCHAR major)
{
    send->device = wdm_device_top(&file->device->object);
    send->file = &file->object;
    send->location.MajorFunction = major;
    return wdm_send(send);
}

/* CreateFile's dispositions as NtCreateFile knows them. */
static ULONG create_options(uint32_t disposition, bool synchronous)
{
    static const UCHAR dispositions[] = {1, 2, 5, 1, 3, 4};
    ULONG wanted = disposition < sizeof dispositions ? dispositions[disposition] : 1;
    return wanted << 24 | FILE_NON_DIRECTORY_FILE | (synchronous ? FILE_SYNCHRONOUS_IO_NONALERT : 0);
}

static NTSTATUS file_create_send(struct wdm_file *file, const struct open_request *request)
{
    bool synchronous = file->object.Flags & FO_SYNCHRONOUS_IO;
    IO_SECURITY_CONTEXT security = {.DesiredAccess = request->access,
                                    .FullCreateOptions = create_options(request->disposition, synchronous) & 0xffffff};
    struct wdm_send send = {.mode = UserMode};
    send.location.Parameters.Create.SecurityContext = &security;
    send.location.Parameters.Create.Options = create_options(request->disposition, synchronous);
    send.location.Parameters.Create.FileAttributes = (USHORT)request->attributes;
    send.location.Parameters.Create.ShareAccess = (USHORT)request->share;
    return file_send(file, &send, IRP_MJ_CREATE);
}

/* Counts the file on its device unless that takes no more. */
static NTSTATUS file_admit(struct wdm_file *file, struct wdm_device *device)
{
    NTSTATUS status = STATUS_SUCCESS;
    lock_acquire(&wdm_lock);
    if (device->deleted || device->gone) {
        status = STATUS_NO_SUCH_DEVICE;
    } else if ((device->object.Flags & DO_EXCLUSIVE) && atomic_load(&device->files) != 0) {
        status = STATUS_ACCESS_DENIED;
    } else {
        atomic_fetch_add(&device->files, 1);
        wdm_device_reference(device);
        file->device = device;
    }
    lock_release(&wdm_lock);
    return status;
}

int32_t wdm_file_open(struct wdm_device *device, struct open_request *request, struct file **file)
{
    enum { READ_DATA = 1, WRITE_DATA = 2 };
    bool overlapped = request->flags & 0x40000000u; /* FILE_FLAG_OVERLAPPED */
    struct file *made =
        file_create(&wdm_file_driver, sizeof(struct wdm_file), overlapped ? 0 : FILE_SYNCHRONOUS);
    if (made == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct wdm_file *opened = container_of(made, struct wdm_file, file);
    NTSTATUS status = file_admit(opened, device);
    if (status == STATUS_SUCCESS) {
        opened->object.Type = IO_TYPE_FILE;
        opened->object.Size = sizeof opened->object;
        opened->object.DeviceObject = &device->object;
        opened->object.ReadAccess = (request->access & READ_DATA) != 0;
        opened->object.WriteAccess = (request->access & WRITE_DATA) != 0;
        opened->object.SharedRead = (request->share & 1) != 0;
        opened->object.SharedWrite = (request->share & 2) != 0;
        opened->object.Flags = overlapped ? 0 : FO_SYNCHRONOUS_IO;
        file_name_set(opened, request->path == NULL ? "" : request->path);
        status = file_create_send(opened, request);
        if (!NT_SUCCESS(status)) {
            opened->device = NULL; /* a file that was refused gets no cleanup and no close */
            file_count_down(device, false);
        }
    }
    if (!NT_SUCCESS(status)) {
        object_dereference(&made->object);
        return status;
    }
    *file = made;
    return STATUS_SUCCESS;
}

static int32_t wdm_open(struct open_request *request, struct file **file)
{
    return wdm_file_open(request->device->context, request, file);
}

static void wdm_cleanup(struct file *file)
{
    struct wdm_file *closed = container_of(file, struct wdm_file, file);
    struct wdm_send send = {.mode = KernelMode};
    closed->object.Flags |= FO_CLEANUP_COMPLETE;
    if (closed->device != NULL)
        file_send(closed, &send, IRP_MJ_CLEANUP);
}

/* The last handle is closed. */
static void wdm_handles_closed(struct file *file)
{
    struct wdm_file *closed = container_of(file, struct wdm_file, file);
    wdm_cleanup(file);
    if (closed->device == NULL)
        return;
    lock_acquire(&wdm_lock);
    closed->closing = true;
    closed->device->closing++;
    lock_release(&wdm_lock);
}

static void wdm_close(struct file *file)
{
    struct wdm_file *closed = container_of(file, struct wdm_file, file);
    struct wdm_send send = {.mode = KernelMode};
    if (closed->device == NULL)
        return;
    file_send(closed, &send, IRP_MJ_CLOSE);
    file_count_down(closed->device, closed->closing);
}

static int64_t close_run(struct engine_op *op)
{
    wdm_close(&container_of(op, struct wdm_file, later)->file);
    return 0;
}

static void close_done(struct engine_op *op, int64_t result)
{
    if (result < 0) /* no thread for it */
        close_run(op);
    file_free(&container_of(op, struct wdm_file, later)->file);
}

/* The last request was ended at DISPATCH_LEVEL, and IRP_MJ_CLOSE comes at PASSIVE_LEVEL, as documented. */
static bool wdm_close_later(struct file *file)
{
    struct wdm_file *closed = container_of(file, struct wdm_file, file);
    if (closed->device == NULL || KeGetCurrentIrql() == PASSIVE_LEVEL)
        return false;
    closed->later = (struct engine_op){.code = ENGINE_WORK, .work = close_run, .done = close_done};
    engine_submit(&closed->later);
    return true;
}

const struct driver wdm_file_driver = {
    .name = "wdm",
    .kind = FILE_KIND_CHAR,
    .open = wdm_open,
    .dispatch = {[IRP_READ] = wdm_dispatch,
                 [IRP_WRITE] = wdm_dispatch,
                 [IRP_CONTROL] = wdm_dispatch,
                 [IRP_FLUSH] = wdm_dispatch},
    .cleanup = wdm_handles_closed,
    .close = wdm_close,
    .close_later = wdm_close_later,
};

/* ---- A driver opens another's device ---------------------------------------------------------------------------- */

/* \Device\X, \??\X and \DosDevices\X. Only devices of drivers have device objects. */
static NTSTATUS object_open(const char *name, struct open_request *request, struct file **file)
{
    const char *dos = wdm_dos_name(name);
    if (dos == NULL) {
        struct wdm_device *device = wdm_device_find_referenced(name);
        if (device == NULL)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        NTSTATUS status = wdm_file_open(device, request, file);
        wdm_device_dereference(device);
        return status;
    }
    struct device_use use;
    usb_nodes_hurry(true);
    bool found = device_find(dos, &use, &request->path);
    usb_nodes_hurry(false);
    if (!found)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    request->device = use.device;
    const struct driver *driver = use.device->driver;
    NTSTATUS status = driver != NULL && driver->dispatch[IRP_CONTROL] == wdm_dispatch ? driver->open(request, file)
                                                                                     : STATUS_INVALID_DEVICE_REQUEST;
    device_release(&use);
    return status;
}

NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess, PFILE_OBJECT *FileObject,
                                        PDEVICE_OBJECT *DeviceObject)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    enum { OPEN_EXISTING = 3 };
    char name[256];
    struct open_request request = {.access = DesiredAccess, .share = 7, .disposition = OPEN_EXISTING, .path = ""};
    struct file *file;
    if (!wdm_name_convert(ObjectName, name, sizeof name))
        return STATUS_OBJECT_NAME_INVALID;
    NTSTATUS status = object_open(name, &request, &file);
    if (status != STATUS_SUCCESS)
        return status;
    struct wdm_file *opened = container_of(file, struct wdm_file, file);
    /* The handle that the open had on Windows is closed again at once: cleanup; the reference keeps the rest. */
    wdm_cleanup(file);
    *FileObject = &opened->object;
    *DeviceObject = wdm_device_top(opened->object.DeviceObject);
    return STATUS_SUCCESS;
}
