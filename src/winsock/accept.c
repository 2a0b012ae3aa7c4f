/* SPDX-License-Identifier: MIT */
/* accept, WSAAccept and AcceptEx with its GetAcceptExSockaddrs. */
#include "winsock/winsock.h"

#include <string.h>

#include "mswsock.h"

/* The room for an address is judged before a connection is taken off the queue. */
static bool address_fits(SOCKET s, const struct sockaddr *address, const int *length)
{
    int32_t family = 0;
    struct file *file = socket_hold(s);
    if (file == NULL)
        return false;
    afd_option_get(file, AFD_FAMILY, &family);
    socket_release(file);
    int least = family == AF_INET6 ? 28 : 16;
    if (address == NULL || (length != NULL && *length >= least))
        return true;
    winsock_fail(WSAEFAULT);
    return false;
}

static bool accept_one(SOCKET s, struct afd_accepted *accepted)
{
    uint64_t information;
    struct io_call call = socket_call(s, AFD_ACCEPT, NULL);
    call.driver_data = accepted;
    return winsock_answer(nt_io(&call, &information)) == 0;
}

static void accepted_address(const struct afd_accepted *accepted, struct sockaddr *address,
                             int *length)
{
    if (address == NULL)
        return;
    memcpy(address, accepted->address, (size_t)accepted->address_length);
    *length = accepted->address_length;
}

SOCKET WSAAPI accept(SOCKET s, struct sockaddr *address, int *length)
{
    struct afd_accepted accepted = {0};
    if (!address_fits(s, address, length) || !accept_one(s, &accepted))
        return INVALID_SOCKET;
    SOCKET made = socket_publish(accepted.file, true);
    if (made != INVALID_SOCKET)
        accepted_address(&accepted, address, length);
    return made;
}

/* The condition is asked after TCP's handshake, as on Windows without SO_CONDITIONAL_ACCEPT. A
 * connection that is not accepted, or deferred, is reset. */
SOCKET WSAAPI WSAAccept(SOCKET s, struct sockaddr *address, LPINT length, LPCONDITIONPROC condition,
                        DWORD_PTR data)
{
    struct afd_accepted accepted = {0};
    if (condition == NULL)
        return accept(s, address, length);
    if (!address_fits(s, address, length) || !accept_one(s, &accepted))
        return INVALID_SOCKET;
    struct sockaddr_storage own;
    int32_t own_length = sizeof own;
    memset(&own, 0, sizeof own);
    afd_name(accepted.file, false, &own, &own_length);
    WSABUF caller = {.len = (ULONG)accepted.address_length, .buf = (char *)accepted.address};
    WSABUF callee = {.len = (ULONG)own_length, .buf = (char *)&own};
    GROUP group = 0;
    int verdict = condition(&caller, NULL, NULL, NULL, &callee, NULL, &group, data);
    SOCKET made = socket_publish(accepted.file, true);
    if (made == INVALID_SOCKET)
        return INVALID_SOCKET;
    if (verdict == CF_ACCEPT) {
        accepted_address(&accepted, address, length);
        return made;
    }
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(made, SOL_SOCKET, SO_LINGER, (const char *)&reset, sizeof reset);
    closesocket(made);
    winsock_fail(verdict == CF_DEFER ? WSATRY_AGAIN : WSAECONNREFUSED);
    return INVALID_SOCKET;
}

BOOL WSAAPI AcceptEx(SOCKET listener, SOCKET s, PVOID buffer, DWORD data_length, DWORD local_length,
                     DWORD remote_length, LPDWORD received, LPOVERLAPPED overlapped)
{
    uint64_t information;
    if (!winsock_ready())
        return FALSE;
    if (overlapped == NULL || buffer == NULL) {
        winsock_fail(overlapped == NULL ? WSA_INVALID_PARAMETER : WSAEFAULT);
        return FALSE;
    }
    struct file *other = socket_reference(s);
    if (other == NULL)
        return FALSE;
    struct io_call call = socket_call(listener, AFD_ACCEPT_INTO, overlapped);
    call.other = other;
    call.buffer = buffer;
    call.length = data_length;
    call.input_length = local_length;
    call.minor = remote_length;
    int32_t status = nt_io(&call, &information);
    if (status == STATUS_SUCCESS && received != NULL)
        *received = (DWORD)information;
    return winsock_extension_answer(status);
}

void WSAAPI GetAcceptExSockaddrs(PVOID buffer, DWORD data_length, DWORD local_length,
                                 DWORD remote_length, struct sockaddr **local, LPINT local_size,
                                 struct sockaddr **remote, LPINT remote_size)
{
    char *block = (char *)buffer + data_length;
    if (local_length != 0)
        *local = (struct sockaddr *)afd_accept_block(block, local_size);
    else
        *local = NULL, *local_size = 0;
    *remote = (struct sockaddr *)afd_accept_block(block + local_length, remote_size);
}
