/* SPDX-License-Identifier: MIT */
/* Opening: which driver a resolved name belongs to, the driver's open, and a handle for the file
 * object it makes. */
#include "nt/open.h"

#include <string.h>

#include "drivers/path.h"
#include "drivers/rights.h"
#include "drivers/stream.h"

/* What the handle may be used for. A disk file that may only append is written like any other; its
 * driver knows where to. Every handle can be waited for and asked for its attributes. */
static uint32_t handle_access(const struct driver *driver, uint32_t access)
{
    if ((driver->flags & DRIVER_SEEKABLE) && (access & RIGHT_APPEND))
        access |= RIGHT_WRITE;
    return access | RIGHT_SYNCHRONIZE | RIGHT_READ_ATTRIBUTES;
}

int32_t nt_open(struct open_request *request, const struct driver *driver, bool inherit,
                uint64_t *handle)
{
    struct file *file;
    if (driver == NULL && request->device != NULL)
        driver = request->device->driver;
    if (driver == NULL || driver->open == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    int32_t status = driver->open(request, &file);
    if (status != STATUS_SUCCESS)
        return status;
    if (file->device == NULL)
        file->device = request->device;
    return nt_file_handle(file, handle_access(file->driver, request->access), inherit, handle);
}

int32_t nt_open_name(const struct name *name, struct open_request *request, bool inherit,
                     uint64_t *handle)
{
    struct device_use use;
    bool may_be_registered =
        name->kind != DEVICE_FILE && name->kind != DEVICE_PIPE && name->kind != DEVICE_MAILSLOT;
    request->device = NULL;
    request->existed = false;
    if (may_be_registered && device_find(name->text, &use, &request->path)) {
        request->device = use.device;
        request->existed = true;
        int32_t status = nt_open(request, use.device->driver, inherit, handle);
        device_release(&use);
        return status;
    }
    request->path = name->text;
    if (name->kind == DEVICE_NULL) {
        request->path = "/dev/null";
        request->disposition = OPEN_IF_THERE;
        return nt_open(request, driver_of_kind(name->kind), inherit, handle);
    }
    if (name->kind != DEVICE_FILE)
        return nt_open(request, driver_of_kind(name->kind), inherit, handle);
    char path[PATH_BYTES];
    memcpy(path, name->text, strlen(name->text) + 1);
    if (!(request->flags & OPEN_POSIX_SEMANTICS)) /* which asks that case matters */
        path_locate(path);
    request->path = path;
    int32_t status = nt_open(request, driver_of_kind(name->kind), inherit, handle);
    request->path = name->text;
    return status;
}

int32_t nt_open_descriptor(int fd, uint64_t *handle)
{
    struct file *file;
    uint32_t access;
    int32_t status = stream_inherit(fd, &access, &file);
    return status == STATUS_SUCCESS ? nt_file_handle(file, access, false, handle) : status;
}

/* Where a seek from `origin` begins. */
static int32_t seek_base(struct file *file, uint32_t origin, int64_t *base)
{
    struct file_standard standard;
    *base = 0;
    if (origin != 2)
        return STATUS_SUCCESS;
    int32_t status = file->driver->get(file, INFO_STANDARD, &standard);
    if (status == STATUS_SUCCESS)
        *base = (int64_t)standard.end_of_file;
    return status;
}

static int32_t file_seek(struct file *file, int64_t distance, uint32_t origin, int64_t *position)
{
    enum { SECTOR = 512 };
    bool unbuffered = atomic_load_explicit(&file->flags, memory_order_relaxed) & FILE_NO_BUFFERING;
    struct file_seek seek = {distance, origin, position};
    int64_t base, target;
    if (!(file->driver->flags & DRIVER_SEEKABLE))
        return file->driver->set == NULL ? STATUS_INVALID_DEVICE_REQUEST
                                         : file->driver->set(file, INFO_POSITION, &seek);
    int32_t status = seek_base(file, origin, &base);
    if (status != STATUS_SUCCESS)
        return status;
    int64_t now = atomic_load_explicit(&file->position, memory_order_relaxed);
    do {
        if (__builtin_add_overflow(origin == 1 ? now : base, distance, &target) || target < 0)
            return SEEK_BEFORE_START;
        if (unbuffered && target % SECTOR != 0)
            return STATUS_INVALID_PARAMETER;
        *position = target;
    } while (target != now && !atomic_compare_exchange_weak(&file->position, &now, target));
    return STATUS_SUCCESS;
}

int32_t nt_file_seek(uint64_t handle, int64_t distance, uint32_t origin, int64_t *position)
{
    struct object *object;
    if (origin > 2)
        return STATUS_INVALID_PARAMETER;
    int32_t status = handle_reference(handle, &file_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = file_seek(container_of(object, struct file, object), distance, origin, position);
    object_dereference(object);
    return status;
}

int32_t nt_file_kind(uint64_t handle, uint32_t *kind)
{
    struct object *object;
    int32_t status = handle_reference(handle, &file_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct file *file = container_of(object, struct file, object);
    *kind = file->driver->kind;
    if (*kind == FILE_KIND_UNKNOWN && file->driver->get != NULL)
        status = file->driver->get(file, INFO_KIND, kind);
    object_dereference(object);
    return status;
}
