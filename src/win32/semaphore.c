/* SPDX-License-Identifier: MIT */
/* Semaphores. */
#include "nt/sync.h"
#include "win32/face.h"

HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES attributes, LONG initial, LONG maximum,
                                 LPCWSTR name, DWORD flags, DWORD access)
{
    if (maximum <= 0 || initial < 0 || initial > maximum || flags != 0) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    struct semaphore *semaphore = semaphore_create(initial, maximum);
    return face_publish(semaphore == NULL ? NULL : &semaphore->object, name, access, attributes);
}

HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES attributes, LONG initial, LONG maximum,
                                 LPCSTR name, DWORD flags, DWORD access)
{
    struct face_name buffer;
    return CreateSemaphoreExW(attributes, initial, maximum, face_name_from(&buffer, name), flags,
                              access);
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES attributes, LONG initial, LONG maximum,
                               LPCWSTR name)
{
    return CreateSemaphoreExW(attributes, initial, maximum, name, 0, SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES attributes, LONG initial, LONG maximum,
                               LPCSTR name)
{
    return CreateSemaphoreExA(attributes, initial, maximum, name, 0, SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI OpenSemaphoreW(DWORD access, BOOL inherit, LPCWSTR name)
{
    return face_open(name, &semaphore_type, access, inherit);
}

HANDLE WINAPI OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR name)
{
    struct face_name buffer;
    return face_open(face_name_from(&buffer, name), &semaphore_type, access, inherit);
}

BOOL WINAPI ReleaseSemaphore(HANDLE handle, LONG count, LPLONG previous)
{
    struct object *object;
    int32_t status =
        handle_hold(handle_number(handle), &semaphore_type, SEMAPHORE_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    struct semaphore *semaphore = container_of(object, struct semaphore, object);
    int32_t before = -1;
    if (count > 0)
        before = dispatcher_release(&semaphore->dispatcher, count, semaphore->maximum);
    handle_release(object);
    if (before < 0)
        return error_from_status(count > 0 ? STATUS_SEMAPHORE_LIMIT_EXCEEDED
                                           : STATUS_INVALID_PARAMETER);
    if (previous != NULL)
        *previous = before;
    return TRUE;
}
