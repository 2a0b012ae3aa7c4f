/* SPDX-License-Identifier: MIT */
/* Named objects as CreateXxx and OpenXxx of all kinds see them. */
#include "win32/face.h"

#include <string.h>

#include "base/utf16.h"
#include "nt/namespace.h"
#include "nt/status.h"

const char16_t *face_name_from(struct face_name *buffer, const char *name)
{
    if (name == NULL)
        return NULL;
    size_t units = utf16_from_utf8(buffer->units, FACE_NAME_UNITS - 1, name, strlen(name));
    if (units > FACE_NAME_UNITS - 1)
        units = FACE_NAME_UNITS - 1;
    buffer->units[units] = 0;
    return buffer->units;
}

HANDLE face_publish(struct object *object, const char16_t *name, DWORD access,
                    const SECURITY_ATTRIBUTES *attributes)
{
    if (object == NULL) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    uint64_t handle;
    int32_t status = object_publish(object, name, access, handle_flags_of(attributes), &handle);
    if (!error_from_status(status))
        return NULL;
    error_set(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle_pointer(handle);
}

HANDLE face_open(const char16_t *name, const struct object_type *type, DWORD access, BOOL inherit)
{
    uint64_t handle;
    if (name == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    int32_t status = object_open(name, type, access, inherit ? HANDLE_INHERIT : 0, &handle);
    return error_from_status(status) ? handle_pointer(handle) : NULL;
}
