/* SPDX-License-Identifier: MIT */
/* ioctlsocket and WSAIoctl. All of these are answered at once, also where an OVERLAPPED is given.
 */
#include "winsock/winsock.h"

#include <string.h>

#include "mstcpip.h"
#include "mswsock.h"

static int number_get(SOCKET s, u_long command, uint32_t *value)
{
    struct file *file = socket_hold(s);
    if (file == NULL)
        return SOCKET_ERROR;
    int32_t status =
        command == FIONREAD ? afd_readable_bytes(file, value) : afd_at_mark(file, value);
    socket_release(file);
    return winsock_answer(status);
}

int WSAAPI ioctlsocket(SOCKET s, LONG command, u_long *value)
{
    if (value == NULL)
        return winsock_ready() ? winsock_fail(WSAEFAULT) : SOCKET_ERROR;
    switch ((u_long)command) {
    case FIONBIO:
        SOCKET_CALL(s, file, afd_set_nonblocking(file, *value != 0));
    case FIONREAD:
    case SIOCATMARK:
        return number_get(s, (u_long)command, value);
    default:
        return winsock_ready() ? winsock_fail(WSAEOPNOTSUPP) : SOCKET_ERROR;
    }
}

/* ---- WSAIoctl
 * ---------------------------------------------------------------------------------------------- */

struct ioctl_call {
    SOCKET s;
    const void *in;
    DWORD in_length;
    void *out;
    DWORD out_length;
    DWORD returned;
};

static int out_put(struct ioctl_call *call, const void *data, DWORD size)
{
    if (call->out == NULL || call->out_length < size)
        return winsock_fail(WSAEFAULT);
    memcpy(call->out, data, size);
    call->returned = size;
    return 0;
}

static int extension_get(struct ioctl_call *call)
{
    static const struct {
        GUID id;
        void *function;
    } rows[] = {
        {WSAID_ACCEPTEX, (void *)AcceptEx},
        {WSAID_GETACCEPTEXSOCKADDRS, (void *)GetAcceptExSockaddrs},
        {WSAID_CONNECTEX, (void *)winsock_connect_ex},
        {WSAID_DISCONNECTEX, (void *)winsock_disconnect_ex},
        {WSAID_TRANSMITFILE, (void *)TransmitFile},
        {WSAID_WSASENDMSG, (void *)WSASendMsg},
        {WSAID_WSARECVMSG, (void *)winsock_receive_message},
    };
    if (call->in == NULL || call->in_length < sizeof(GUID))
        return winsock_fail(WSAEFAULT);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (memcmp(&rows[i].id, call->in, sizeof(GUID)) == 0)
            return out_put(call, &rows[i].function, sizeof rows[i].function);
    return winsock_fail(WSAEINVAL);
}

static int keep_alive_set(struct ioctl_call *call)
{
    struct tcp_keepalive values;
    if (call->in == NULL || call->in_length < sizeof values)
        return winsock_fail(WSAEFAULT);
    memcpy(&values, call->in, sizeof values);
    SOCKET_CALL(
        call->s, file,
        afd_keep_alive(file, values.onoff != 0, values.keepalivetime, values.keepaliveinterval));
}

static int flag_set(struct ioctl_call *call, DWORD code)
{
    uint32_t value = 0;
    if (call->in == NULL || call->in_length < 1)
        return winsock_fail(WSAEFAULT);
    memcpy(&value, call->in, call->in_length < sizeof value ? 1 : sizeof value);
    if (code == FIONBIO)
        SOCKET_CALL(call->s, file, afd_set_nonblocking(file, value != 0));
    SOCKET_CALL(call->s, file, afd_option_set(file, AFD_UNREACHABLE, value != 0));
}

static int ioctl_do(struct ioctl_call *call, DWORD code)
{
    uint32_t value = 0;
    switch (code) {
    case SIO_GET_EXTENSION_FUNCTION_POINTER:
        return extension_get(call);
    case SIO_KEEPALIVE_VALS:
        return keep_alive_set(call);
    case FIONBIO:
    case SIO_UDP_CONNRESET:
        return flag_set(call, code);
    case FIONREAD:
    case SIOCATMARK:
        return number_get(call->s, code, &value) == 0 ? out_put(call, &value, sizeof value)
                                                      : SOCKET_ERROR;
    case SIO_BASE_HANDLE: /* no layer stands above a socket here */
    case SIO_BSP_HANDLE:
    case SIO_BSP_HANDLE_SELECT:
    case SIO_BSP_HANDLE_POLL:
        return out_put(call, &call->s, sizeof call->s);
    default:
        return winsock_fail(WSAEOPNOTSUPP);
    }
}

int WSAAPI WSAIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_length, LPVOID out, DWORD out_length,
                    LPDWORD returned, LPWSAOVERLAPPED overlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct ioctl_call call = {
        .s = s, .in = in, .in_length = in_length, .out = out, .out_length = out_length};
    struct file *file = socket_hold(s);
    if (file == NULL)
        return SOCKET_ERROR;
    socket_release(file);
    if (returned == NULL && overlapped == NULL)
        return winsock_fail(WSAEFAULT);
    int answer = ioctl_do(&call, code);
    if (returned != NULL)
        *returned = call.returned;
    return answer;
}
