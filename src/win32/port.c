/* SPDX-License-Identifier: MIT */
/* Completion ports: the faces over nt/port.c. What a failed take leaves behind is documented: with
 * nothing taken the OVERLAPPED pointer is NULL; with a failed request taken everything is valid and
 * the last error says why. */
#include "nt/port.h"

#include <string.h>

#include "nt/file.h"
#include "nt/status.h"
#include "win32/face.h"

enum { PORT_ALL = 0x1f0003 };

static int32_t port_handle(HANDLE handle, struct port **port)
{
    struct object *object;
    int32_t status = handle_reference(handle_number(handle), &port_type, PORT_MODIFY, &object);
    if (status == STATUS_SUCCESS)
        *port = container_of(object, struct port, object);
    return status;
}

static HANDLE port_make(DWORD limit)
{
    uint64_t handle;
    struct port *port = port_create(limit);
    if (port == NULL) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    int32_t status = handle_create(&port->object, PORT_ALL, 0, &handle);
    object_dereference(&port->object);
    return error_from_status(status) ? handle_pointer(handle) : NULL;
}

static int32_t port_bind(HANDLE handle, HANDLE file, ULONG_PTR key)
{
    struct port *port;
    struct object *object;
    int32_t status = port_handle(handle, &port);
    if (status != STATUS_SUCCESS)
        return status;
    status = handle_reference(handle_number(file), &file_type, 0, &object);
    if (status == STATUS_SUCCESS) {
        status = port_associate(port, container_of(object, struct file, object), key);
        object_dereference(object);
    }
    object_dereference(&port->object);
    return status;
}

HANDLE WINAPI CreateIoCompletionPort(HANDLE file, HANDLE existing, ULONG_PTR key, DWORD limit)
{
    if (file == INVALID_HANDLE_VALUE && existing != NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    HANDLE port = existing != NULL ? existing : port_make(limit);
    if (port == NULL || file == INVALID_HANDLE_VALUE)
        return port;
    int32_t status = port_bind(port, file, key);
    if (status == STATUS_SUCCESS)
        return port;
    if (existing == NULL)
        handle_close(handle_number(port));
    error_from_status(status);
    return NULL;
}

/* Why nothing was taken. */
static BOOL port_nothing(int32_t status)
{
    if (status == STATUS_TIMEOUT)
        error_set(WAIT_TIMEOUT);
    else if (status == STATUS_USER_APC)
        error_set(WAIT_IO_COMPLETION);
    else if (status == STATUS_ABANDONED_WAIT_0)
        error_set(ERROR_ABANDONED_WAIT_0);
    else
        error_from_status(status);
    return FALSE;
}

BOOL WINAPI GetQueuedCompletionStatus(HANDLE handle, LPDWORD bytes, PULONG_PTR key,
                                      LPOVERLAPPED *overlapped, DWORD timeout_ms)
{
    struct port_entry entry;
    uint32_t taken;
    *overlapped = NULL;
    int32_t status = nt_port_remove(handle_number(handle), &entry, 1, &taken, false,
                                    deadline_from_ms(timeout_ms));
    if (__builtin_expect(status != STATUS_SUCCESS, 0))
        return port_nothing(status);
    *bytes = entry.bytes;
    *key = (ULONG_PTR)entry.key;
    *overlapped = entry.overlapped;
    return __builtin_expect(entry.status == STATUS_SUCCESS, 1) ? TRUE
                                                               : error_from_status(entry.status);
}

/* The entries were taken into the caller's array as the port has them, which is smaller; from the
 * last to the first they become what Windows has. */
static void entries_expand(LPOVERLAPPED_ENTRY entries, uint32_t count)
{
    _Static_assert(sizeof(struct port_entry) <= sizeof(OVERLAPPED_ENTRY),
                   "they are expanded in place");
    for (uint32_t i = count; i-- > 0;) {
        struct port_entry from;
        memcpy(&from, (const char *)entries + i * sizeof from, sizeof from);
        OVERLAPPED_ENTRY to = {
            .lpCompletionKey = (ULONG_PTR)from.key,
            .lpOverlapped = from.overlapped,
            .Internal = (ULONG_PTR)(uint32_t)from.status,
            .dwNumberOfBytesTransferred = from.bytes,
        };
        memcpy(&entries[i], &to, sizeof to);
    }
}

BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE handle, LPOVERLAPPED_ENTRY entries, ULONG capacity,
                                        PULONG taken, DWORD timeout_ms, BOOL alertable)
{
    uint32_t count = 0;
    if (entries == NULL || capacity == 0 || taken == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *taken = 0;
    int32_t status = nt_port_remove(handle_number(handle), (struct port_entry *)(void *)entries,
                                    capacity, &count, alertable, deadline_from_ms(timeout_ms));
    if (status != STATUS_SUCCESS)
        return port_nothing(status);
    entries_expand(entries, count);
    *taken = count;
    return TRUE;
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE handle, DWORD bytes, ULONG_PTR key,
                                       LPOVERLAPPED overlapped)
{
    int32_t status = nt_port_post(handle_number(handle), key, overlapped, bytes);
    return __builtin_expect(status == STATUS_SUCCESS, 1) ? TRUE : error_from_status(status);
}
