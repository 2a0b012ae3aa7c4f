/* SPDX-License-Identifier: MIT */
/* WSAStartup and WSACleanup, the errors, and how a SOCKET becomes a file object: a SOCKET is a
 * handle like any other, so ReadFile, CancelIoEx, completion ports and DuplicateHandle take it. */
#include "winsock/winsock.h"

#include <string.h>

_Atomic int winsock_started;

int WSAAPI WSAStartup(WORD version, LPWSADATA data)
{
    enum { MADE_FOR = 0x0202, SOCKETS_SAID = 0 };
    if (LOBYTE(version) < 1)
        return WSAVERNOTSUPPORTED;
    if (data == NULL)
        return WSAEFAULT;
    memset(data, 0, sizeof *data);
    WORD asked = MAKEWORD(HIBYTE(version), LOBYTE(version)); /* major first, so that they compare */
    data->wHighVersion = MADE_FOR;
    if (asked >= 0x0202)
        data->wVersion = MADE_FOR;
    else if (asked >= 0x0200)
        data->wVersion = MAKEWORD(2, HIBYTE(version));
    else
        data->wVersion = MAKEWORD(1, HIBYTE(version) > 1 ? 1 : HIBYTE(version));
    if (LOBYTE(data->wVersion) == 1) /* these two mean something to version 1 only */
        data->iMaxSockets = 32767, data->iMaxUdpDg = 65467;
    strcpy(data->szDescription, "Overlapped Winsock 2");
    strcpy(data->szSystemStatus, "Running");
    atomic_fetch_add(&winsock_started, 1);
    return 0;
}

int WSAAPI WSACleanup(void)
{
    int count = atomic_load(&winsock_started);
    do {
        if (count <= 0)
            return winsock_fail(WSANOTINITIALISED);
    } while (!atomic_compare_exchange_weak(&winsock_started, &count, count - 1));
    return 0;
}

int WSAAPI WSAGetLastError(void)
{
    return (int)error_get();
}

void WSAAPI WSASetLastError(int error)
{
    error_set((uint32_t)error);
}

int winsock_fail(uint32_t error)
{
    error_set(error);
    return SOCKET_ERROR;
}

int winsock_answer(int32_t status)
{
    if (__builtin_expect(status == STATUS_SUCCESS, 1))
        return 0;
    return winsock_fail(status_to_wsa(status));
}

static struct file *socket_check(int32_t status, struct object *object,
                                 void (*drop)(struct object *))
{
    if (__builtin_expect(status != STATUS_SUCCESS, 0)) {
        winsock_fail(WSAENOTSOCK);
        return NULL;
    }
    struct file *file = container_of(object, struct file, object);
    if (__builtin_expect(file->driver == &afd_driver, 1))
        return file;
    drop(object);
    winsock_fail(WSAENOTSOCK);
    return NULL;
}

struct file *socket_hold(SOCKET s)
{
    struct object *object = NULL;
    if (!winsock_ready())
        return NULL;
    int32_t status = handle_hold((uint64_t)s, &file_type, 0, &object);
    return socket_check(status, object, handle_release);
}

struct file *socket_reference(SOCKET s)
{
    struct object *object = NULL;
    if (!winsock_ready())
        return NULL;
    int32_t status = handle_reference((uint64_t)s, &file_type, 0, &object);
    return socket_check(status, object, object_dereference);
}

SOCKET socket_publish(struct file *file, bool inherit)
{
    enum { SOCKET_ACCESS = 0x12019f }; /* GENERIC_READ and GENERIC_WRITE of a file */
    uint64_t handle;
    int32_t status = nt_file_handle(file, SOCKET_ACCESS, inherit, &handle);
    if (status != STATUS_SUCCESS) {
        winsock_answer(status);
        return INVALID_SOCKET;
    }
    return (SOCKET)handle;
}
