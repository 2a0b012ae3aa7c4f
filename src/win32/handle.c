/* SPDX-License-Identifier: MIT */
/* Handles of every kind: closing, duplicating, their flags. */
#include "nt/namespace.h"
#include "nt/process.h"
#include "win32/face.h"

BOOL WINAPI CloseHandle(HANDLE handle)
{
    return error_from_status(handle_close(handle_number(handle)));
}

/* There is one process to duplicate from and to: this one, by whatever handle. */
static int32_t process_check(HANDLE process)
{
    struct object *object;
    int32_t status =
        handle_hold(handle_number(process), &process_type, PROCESS_DUP_HANDLE, &object);
    if (status == STATUS_SUCCESS)
        handle_release(object);
    return status;
}

static int32_t handle_copy(HANDLE source, DWORD access, BOOL inherit, bool same_access,
                           uint64_t *copy)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(source), NULL, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    access = object_map_access(object->type, access);
    handle_release(object);
    return handle_duplicate(handle_number(source), access, same_access,
                            inherit ? HANDLE_INHERIT : 0, copy);
}

BOOL WINAPI DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process,
                            LPHANDLE target, DWORD access, BOOL inherit, DWORD options)
{
    int32_t status = process_check(source_process);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    uint64_t copy = 0;
    if (target != NULL || !(options & DUPLICATE_CLOSE_SOURCE)) {
        status = process_check(target_process);
        if (status == STATUS_SUCCESS)
            status = handle_copy(source, access, inherit, options & DUPLICATE_SAME_ACCESS, &copy);
    }
    /* Documented: the source is closed whatever else happens. */
    int32_t closed = STATUS_SUCCESS;
    if (options & DUPLICATE_CLOSE_SOURCE)
        closed = handle_close(handle_number(source));
    if (status == STATUS_SUCCESS && copy == 0)
        status = closed;
    if (!error_from_status(status))
        return FALSE;
    if (target != NULL)
        *target = handle_pointer(copy);
    else if (copy != 0)
        handle_close(copy);
    return TRUE;
}

BOOL WINAPI GetHandleInformation(HANDLE handle, LPDWORD flags)
{
    uint32_t access, found;
    int32_t status = handle_get_info(handle_number(handle), &access, &found);
    if (!error_from_status(status))
        return FALSE;
    *flags = found;
    return TRUE;
}

_Static_assert((int)HANDLE_INHERIT == HANDLE_FLAG_INHERIT &&
                   (int)HANDLE_PROTECTED == HANDLE_FLAG_PROTECT_FROM_CLOSE,
               "the table keeps the flags as Windows numbers them");

BOOL WINAPI SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags)
{
    if (mask & ~(DWORD)(HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE))
        return error_from_status(STATUS_INVALID_PARAMETER);
    return error_from_status(handle_set_flags(handle_number(handle), mask, flags));
}

BOOL WINAPI CompareObjectHandles(HANDLE first, HANDLE second)
{
    struct object *a, *b;
    int32_t status = handle_hold(handle_number(first), NULL, 0, &a);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    status = handle_hold(handle_number(second), NULL, 0, &b);
    if (status != STATUS_SUCCESS) {
        handle_release(a);
        return error_from_status(status);
    }
    bool same = a == b;
    handle_release(b);
    handle_release(a);
    if (!same)
        error_set(ERROR_NOT_SAME_OBJECT);
    return same;
}
