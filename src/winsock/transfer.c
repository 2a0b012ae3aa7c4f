/* SPDX-License-Identifier: MIT */
/* Sends and receives: the argument rules, WSABUFs as the driver's buffers, and completion routines.
 * The request itself is made by nt_io; calls without an OVERLAPPED are the same requests, waited
 * for. */
#include "winsock/winsock.h"

#include <stdlib.h>

#include "mswsock.h"

enum { BUFFERS_ON_STACK = 16, FLAG_PUSH = 0x20 };
enum {
    RECEIVE_FLAGS = MSG_OOB | MSG_PEEK | MSG_WAITALL | MSG_PARTIAL | FLAG_PUSH,
    SEND_FLAGS = MSG_OOB | MSG_DONTROUTE | MSG_PARTIAL,
    DRIVER_FLAGS = AFD_OOB | AFD_PEEK | AFD_DONT_ROUTE | AFD_WAIT_ALL, /* the values are Windows' */
};

/* One call of any of the family. */
struct transfer {
    SOCKET s;
    enum afd_code code;
    const WSABUF *buffers;
    DWORD count;
    DWORD flags;
    DWORD *moved;
    DWORD *flags_out;
    struct afd_transfer address; /* its address members */
    LPWSAOVERLAPPED overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
};

static void routine_call(struct irp *irp)
{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    *(void **)&routine = irp->routine;
    bool failed = status_is_error(irp->status);
    DWORD error = irp->status == STATUS_SUCCESS ? 0 : status_to_wsa(irp->status);
    routine(error, failed ? 0 : (DWORD)irp->information, irp->packet.overlapped, 0);
}

/* *moved and the flags mean something unless the request goes on or failed. */
static int transfer_answer(const struct transfer *t, int32_t status, uint64_t information)
{
    if (__builtin_expect(status == STATUS_PENDING || status_is_error(status), 0))
        return winsock_answer(status);
    if (t->moved != NULL)
        *t->moved = (DWORD)information;
    if (t->flags_out != NULL)
        *t->flags_out = status == STATUS_BUFFER_OVERFLOW ? MSG_PARTIAL : 0;
    return winsock_answer(status);
}

static int transfer_issue(const struct transfer *t, struct io_call *call)
{
    uint64_t information;
    call->minor = t->flags & DRIVER_FLAGS;
    if (t->routine != NULL && t->overlapped != NULL) {
        *(LPWSAOVERLAPPED_COMPLETION_ROUTINE *)&call->routine = t->routine;
        call->call_routine = routine_call;
        call->ignores_event = true;
        call->needs_overlapped = true;
    }
    int32_t status = nt_io(call, &information);
    return transfer_answer(t, status, information);
}

/* Several buffers, or an address: they are described by a structure on our stack. */
static int transfer_described(const struct transfer *t)
{
    struct afd_buffer stack[BUFFERS_ON_STACK], *buffers = stack;
    struct afd_transfer description = t->address;
    uint64_t total = 0;
    if (t->count > BUFFERS_ON_STACK && (buffers = malloc(t->count * sizeof *buffers)) == NULL)
        return winsock_fail(WSAENOBUFS);
    for (DWORD i = 0; i < t->count; i++) {
        buffers[i] = (struct afd_buffer){.data = t->buffers[i].buf, .length = t->buffers[i].len};
        total += t->buffers[i].len;
    }
    description.buffers = buffers;
    description.count = t->count;
    struct io_call call = socket_call(t->s, t->code, t->overlapped);
    call.driver_data = &description;
    call.length = (uint32_t)total;
    int answer = total > UINT32_MAX ? winsock_fail(WSAEINVAL) : transfer_issue(t, &call);
    if (buffers != stack)
        free(buffers);
    return answer;
}

static int transfer(const struct transfer *t)
{
    if (!winsock_ready())
        return SOCKET_ERROR;
    if (__builtin_expect(t->flags & ~(DWORD)(t->code == AFD_SEND ? SEND_FLAGS : RECEIVE_FLAGS), 0))
        return winsock_fail(WSAEOPNOTSUPP);
    if (__builtin_expect(t->buffers == NULL, 0))
        return winsock_fail(WSAEFAULT);
    if (__builtin_expect(t->count == 0, 0))
        return winsock_fail(WSAEINVAL);
    if (__builtin_expect(t->count != 1 || t->address.address != NULL, 0))
        return transfer_described(t);
    struct io_call call = socket_call(t->s, t->code, t->overlapped);
    call.buffer = t->buffers->buf;
    call.length = t->buffers->len;
    return transfer_issue(t, &call);
}

int WSAAPI WSARecv(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD moved, LPDWORD flags,
                   LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (flags == NULL || (moved == NULL && overlapped == NULL))
        return winsock_fail(WSAEFAULT);
    return transfer(&(struct transfer){.s = s,
                                       .code = AFD_RECEIVE,
                                       .buffers = buffers,
                                       .count = count,
                                       .flags = *flags,
                                       .moved = moved,
                                       .flags_out = flags,
                                       .overlapped = overlapped,
                                       .routine = routine});
}

int WSAAPI WSASend(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD moved, DWORD flags,
                   LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (moved == NULL && overlapped == NULL)
        return winsock_fail(WSAEFAULT);
    return transfer(&(struct transfer){.s = s,
                                       .code = AFD_SEND,
                                       .buffers = buffers,
                                       .count = count,
                                       .flags = flags,
                                       .moved = moved,
                                       .overlapped = overlapped,
                                       .routine = routine});
}

int WSAAPI WSARecvFrom(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD moved, LPDWORD flags,
                       struct sockaddr *from, LPINT from_length, LPWSAOVERLAPPED overlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (flags == NULL || (moved == NULL && overlapped == NULL) ||
        (from != NULL && from_length == NULL))
        return winsock_fail(WSAEFAULT);
    return transfer(&(struct transfer){.s = s,
                                       .code = AFD_RECEIVE,
                                       .buffers = buffers,
                                       .count = count,
                                       .flags = *flags,
                                       .moved = moved,
                                       .flags_out = flags,
                                       .address = {.address = from, .address_length = from_length},
                                       .overlapped = overlapped,
                                       .routine = routine});
}

int WSAAPI WSASendTo(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD moved, DWORD flags,
                     const struct sockaddr *to, int to_length, LPWSAOVERLAPPED overlapped,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if ((moved == NULL && overlapped == NULL) ||
        (to != NULL && (to_length < 16 || to_length > 128)))
        return winsock_fail(WSAEFAULT);
    return transfer(&(struct transfer){
        .s = s,
        .code = AFD_SEND,
        .buffers = buffers,
        .count = count,
        .flags = flags,
        .moved = moved,
        .address = {.address = (void *)to, .address_size = to == NULL ? 0 : to_length},
        .overlapped = overlapped,
        .routine = routine});
}

/* Messages without control data, which is not carried: more of it than none is refused, none comes. */
int WSAAPI WSASendMsg(SOCKET s, LPWSAMSG message, DWORD flags, LPDWORD moved,
                      LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (message == NULL)
        return winsock_ready() ? winsock_fail(WSAEFAULT) : SOCKET_ERROR;
    if (message->Control.len != 0)
        return winsock_ready() ? winsock_fail(WSAEOPNOTSUPP) : SOCKET_ERROR;
    return WSASendTo(s, message->lpBuffers, message->dwBufferCount, moved, flags, message->name,
                     message->namelen, overlapped, routine);
}

/* An overlapped one tells by its status that a datagram was cut; MSG_TRUNC comes where it is not. */
INT WSAAPI winsock_receive_message(SOCKET s, LPWSAMSG message, LPDWORD moved,
                                   LPWSAOVERLAPPED overlapped,
                                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (message == NULL)
        return winsock_ready() ? winsock_fail(WSAEFAULT) : SOCKET_ERROR;
    DWORD flags = message->dwFlags;
    message->Control.len = 0;
    message->dwFlags = 0;
    int answer = WSARecvFrom(s, message->lpBuffers, message->dwBufferCount, moved, &flags,
                             message->name, &message->namelen, overlapped, routine);
    if (answer != 0 && error_get() == WSAEMSGSIZE)
        message->dwFlags = MSG_TRUNC;
    return answer;
}

/* The calls of Winsock 1: one buffer, waited for; the count is the result. */
static int transfer_old(struct transfer *t, char *data, int length, int flags)
{
    WSABUF buffer = {.len = (ULONG)length, .buf = data};
    DWORD moved = 0;
    if (length < 0)
        return winsock_ready() ? winsock_fail(WSAEFAULT) : SOCKET_ERROR;
    t->buffers = &buffer;
    t->count = 1;
    t->flags = (DWORD)flags;
    t->moved = &moved;
    return transfer(t) == 0 ? (int)moved : SOCKET_ERROR;
}

int WSAAPI recv(SOCKET s, char *data, int length, int flags)
{
    return transfer_old(&(struct transfer){.s = s, .code = AFD_RECEIVE}, data, length, flags);
}

int WSAAPI send(SOCKET s, const char *data, int length, int flags)
{
    return transfer_old(&(struct transfer){.s = s, .code = AFD_SEND}, (char *)data, length, flags);
}

int WSAAPI recvfrom(SOCKET s, char *data, int length, int flags, struct sockaddr *from,
                    int *from_length)
{
    if (from != NULL && from_length == NULL)
        return winsock_ready() ? winsock_fail(WSAEFAULT) : SOCKET_ERROR;
    return transfer_old(
        &(struct transfer){.s = s,
                           .code = AFD_RECEIVE,
                           .address = {.address = from, .address_length = from_length}},
        data, length, flags);
}

int WSAAPI sendto(SOCKET s, const char *data, int length, int flags, const struct sockaddr *to,
                  int to_length)
{
    if (to != NULL && (to_length < 16 || to_length > 128))
        return winsock_ready() ? winsock_fail(WSAEFAULT) : SOCKET_ERROR;
    return transfer_old(&(struct transfer){.s = s,
                                           .code = AFD_SEND,
                                           .address = {.address = (void *)to,
                                                       .address_size = to == NULL ? 0 : to_length}},
                        (char *)data, length, flags);
}

/* mswsock's receive for programs that want to know that a message was cut: flags come back. */
int WSAAPI WSARecvEx(SOCKET s, char *data, int length, int *flags)
{
    if (flags == NULL)
        return winsock_fail(WSAEFAULT);
    DWORD out = 0, moved = 0;
    WSABUF buffer = {.len = (ULONG)length, .buf = data};
    int answer = transfer(&(struct transfer){.s = s,
                                             .code = AFD_RECEIVE,
                                             .buffers = &buffer,
                                             .count = 1,
                                             .flags = (DWORD)*flags & RECEIVE_FLAGS,
                                             .moved = &moved,
                                             .flags_out = &out});
    if (answer != 0 && error_get() != WSAEMSGSIZE)
        return SOCKET_ERROR;
    *flags = (int)out;
    return (int)moved;
}

BOOL WSAAPI WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED overlapped, LPDWORD moved, BOOL wait,
                                   LPDWORD flags)
{
    uint64_t information = 0;
    struct file *file = socket_hold(s);
    if (file == NULL)
        return FALSE;
    socket_release(file);
    if (overlapped == NULL || moved == NULL || flags == NULL) {
        winsock_fail(WSAEFAULT);
        return FALSE;
    }
    int32_t status = nt_io_result((uint64_t)s, (struct status_block *)overlapped, &information,
                                  wait, false, wait ? WAIT_FOREVER : 0);
    if (status == STATUS_PENDING) {
        winsock_fail(WSA_IO_INCOMPLETE);
        return FALSE;
    }
    *moved = (DWORD)information;
    *flags = status == STATUS_BUFFER_OVERFLOW ? MSG_PARTIAL : 0;
    return winsock_answer(status) == 0;
}
