/* SPDX-License-Identifier: MIT */
/* Mutexes. One that is created owned belongs to the caller only if it is new: an existing one of
 * that name is merely opened. */
#include <stdlib.h>

#include "nt/namespace.h"
#include "nt/sync.h"
#include "win32/face.h"

HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags,
                             DWORD access)
{
    if (flags & ~(DWORD)CREATE_MUTEX_INITIAL_OWNER) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    struct mutant *mutant = malloc(sizeof *mutant);
    if (mutant == NULL)
        return face_publish(NULL, name, access, attributes);
    bool owned = flags & CREATE_MUTEX_INITIAL_OWNER;
    mutant_init(mutant, owned);
    object_reference(&mutant->object);
    HANDLE handle = face_publish(&mutant->object, name, access, attributes);
    if (owned && (handle == NULL || error_get() == ERROR_ALREADY_EXISTS)) {
        int32_t previous;
        mutant_release(mutant, &previous);
    }
    object_dereference(&mutant->object);
    return handle;
}

HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES attributes, LPCSTR name, DWORD flags,
                             DWORD access)
{
    struct face_name buffer;
    return CreateMutexExW(attributes, face_name_from(&buffer, name), flags, access);
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES attributes, BOOL owner, LPCWSTR name)
{
    return CreateMutexExW(attributes, name, owner ? CREATE_MUTEX_INITIAL_OWNER : 0,
                          MUTEX_ALL_ACCESS);
}

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES attributes, BOOL owner, LPCSTR name)
{
    return CreateMutexExA(attributes, name, owner ? CREATE_MUTEX_INITIAL_OWNER : 0,
                          MUTEX_ALL_ACCESS);
}

HANDLE WINAPI OpenMutexW(DWORD access, BOOL inherit, LPCWSTR name)
{
    return face_open(name, &mutant_type, access, inherit);
}

HANDLE WINAPI OpenMutexA(DWORD access, BOOL inherit, LPCSTR name)
{
    struct face_name buffer;
    return face_open(face_name_from(&buffer, name), &mutant_type, access, inherit);
}

BOOL WINAPI ReleaseMutex(HANDLE handle)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(handle), &mutant_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    int32_t previous;
    status = mutant_release(container_of(object, struct mutant, object), &previous);
    handle_release(object);
    return error_from_status(status);
}
