/* SPDX-License-Identifier: MIT */
/* connect and WSAConnect; ConnectEx, DisconnectEx and TransmitFile. */
#include "winsock/winsock.h"

#include "mswsock.h"

int WSAAPI connect(SOCKET s, const struct sockaddr *name, int length)
{
    uint64_t information;
    if (!winsock_ready())
        return SOCKET_ERROR;
    if (name == NULL || length < (int)sizeof name->sa_family)
        return winsock_fail(WSAEFAULT);
    if (name->sa_family == AF_UNSPEC)
        SOCKET_CALL(s, file, afd_dissociate(file));
    struct io_call call = socket_call(s, AFD_CONNECT, NULL);
    call.input = name;
    call.input_length = (uint32_t)length;
    return winsock_answer(nt_io(&call, &information));
}

/* TCP carries no caller data, and its quality of service is the network's. */
int WSAAPI WSAConnect(SOCKET s, const struct sockaddr *name, int length, LPWSABUF caller,
                      LPWSABUF callee, LPQOS sending, LPQOS group)
{
    if (caller != NULL && caller->len != 0)
        return winsock_ready() ? winsock_fail(WSAEINVAL) : SOCKET_ERROR;
    if (callee != NULL)
        callee->len = 0;
    return connect(s, name, length);
}

BOOL WSAAPI winsock_connect_ex(SOCKET s, const struct sockaddr *name, int length, PVOID data,
                               DWORD data_length, LPDWORD sent, LPOVERLAPPED overlapped)
{
    uint64_t information;
    if (!winsock_ready())
        return FALSE;
    if (overlapped == NULL || name == NULL) {
        winsock_fail(overlapped == NULL ? WSA_INVALID_PARAMETER : WSAEFAULT);
        return FALSE;
    }
    struct io_call call = socket_call(s, AFD_CONNECT, overlapped);
    call.input = name;
    call.input_length = (uint32_t)length;
    call.buffer = data;
    call.length = data == NULL ? 0 : data_length;
    call.minor = AFD_WANTS_BOUND;
    int32_t status = nt_io(&call, &information);
    if (status == STATUS_SUCCESS && sent != NULL)
        *sent = (DWORD)information;
    return winsock_extension_answer(status);
}

BOOL WSAAPI winsock_disconnect_ex(SOCKET s, LPOVERLAPPED overlapped, DWORD flags, DWORD reserved)
{
    uint64_t information;
    if (!winsock_ready())
        return FALSE;
    if (reserved != 0 || (flags & ~(DWORD)TF_REUSE_SOCKET)) {
        winsock_fail(WSAEINVAL);
        return FALSE;
    }
    struct io_call call = socket_call(s, AFD_DISCONNECT, overlapped);
    call.minor = AFD_DISCONNECTS | (flags & TF_REUSE_SOCKET ? AFD_REUSES : 0);
    return winsock_extension_answer(nt_io(&call, &information));
}

BOOL WSAAPI TransmitFile(SOCKET s, HANDLE file, DWORD length, DWORD piece_length,
                         LPOVERLAPPED overlapped, LPTRANSMIT_FILE_BUFFERS around, DWORD flags)
{
    uint64_t information;
    struct object *object = NULL;
    struct afd_send_file ends = {0};
    if (!winsock_ready())
        return FALSE;
    if (around != NULL)
        ends = (struct afd_send_file){.head = around->Head,
                                      .head_length = around->HeadLength,
                                      .tail = around->Tail,
                                      .tail_length = around->TailLength};
    if (file != NULL) {
        int32_t status = handle_reference(handle_number(file), &file_type, FILE_READ_DATA, &object);
        if (status != STATUS_SUCCESS)
            return error_from_status(status);
    }
    struct io_call call = socket_call(s, AFD_SEND_FILE, overlapped);
    call.other = object == NULL ? NULL : container_of(object, struct file, object);
    call.argument = length;
    call.driver_data = &ends;
    if (flags & (TF_DISCONNECT | TF_REUSE_SOCKET))
        call.minor = AFD_DISCONNECTS | (flags & TF_REUSE_SOCKET ? AFD_REUSES : 0);
    return winsock_extension_answer(nt_io(&call, &information));
}
