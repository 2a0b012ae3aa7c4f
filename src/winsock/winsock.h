/* SPDX-License-Identifier: MIT */
/* What the files of this face share: whether WSAStartup was called, SOCKETs as file objects,
 * errors. */
#ifndef WINSOCK_WINSOCK_H
#define WINSOCK_WINSOCK_H

#include "drivers/afd.h"
#include "nt/file.h"
#include "nt/status.h"
#include "nt/thread.h"
#include "win32/face.h"
#include "winsock2.h"

extern _Atomic int winsock_started;

/* SOCKET_ERROR, with the last error set. */
int winsock_fail(uint32_t error);

/* 0, or winsock_fail of what the status means to Winsock (also for warnings and STATUS_PENDING). */
int winsock_answer(int32_t status);

/* false, and the last error WSANOTINITIALISED, before WSAStartup. */
static inline bool winsock_ready(void)
{
    if (__builtin_expect(atomic_load_explicit(&winsock_started, memory_order_relaxed) > 0, 1))
        return true;
    winsock_fail(WSANOTINITIALISED);
    return false;
}

/* The socket's file object, held until socket_release on the same thread, without a sleep between.
 * NULL: the last error is set. */
struct file *socket_hold(SOCKET s);
static inline void socket_release(struct file *file)
{
    handle_release(&file->object);
}

/* The same with a reference, for what sleeps or outlives the call; object_dereference ends it. */
struct file *socket_reference(SOCKET s);

/* A new socket's file object becomes a SOCKET; INVALID_SOCKET with the last error set. */
SOCKET socket_publish(struct file *file, bool inherit);

/* An afd call on a held socket, as the Winsock call's result. */
#define SOCKET_CALL(s, file, call)                                                                 \
    do {                                                                                           \
        struct file *file = socket_hold(s);                                                        \
        if (file == NULL)                                                                          \
            return SOCKET_ERROR;                                                                   \
        int32_t status_ = (call);                                                                  \
        socket_release(file);                                                                      \
        return winsock_answer(status_);                                                            \
    } while (0)

/* A call that begins as an OVERLAPPED one: the members that all of them set. */
static inline struct io_call socket_call(SOCKET s, enum afd_code code, LPOVERLAPPED overlapped)
{
    return (struct io_call){.handle = (uint64_t)s,
                            .major = IRP_SOCKET,
                            .driver = &afd_driver,
                            .block = (struct status_block *)overlapped,
                            .code = code};
}

/* How mswsock's functions answer: TRUE, or FALSE with the last error (WSA_IO_PENDING among them).
 */
static inline BOOL winsock_extension_answer(int32_t status)
{
    return winsock_answer(status) == 0;
}

/* By WSAIoctl only. */
BOOL WSAAPI winsock_connect_ex(SOCKET s, const struct sockaddr *name, int length, PVOID data,
                               DWORD data_length, LPDWORD sent, LPOVERLAPPED overlapped);
BOOL WSAAPI winsock_disconnect_ex(SOCKET s, LPOVERLAPPED overlapped, DWORD flags, DWORD reserved);

INT WSAAPI winsock_receive_message(SOCKET s, LPWSAMSG message, LPDWORD moved,
                                   LPWSAOVERLAPPED overlapped,
                                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* Makes the protocol's entry of the catalogue (tcp or udp, over IPv4 or IPv6). */
void winsock_protocol(int family, int type, WSAPROTOCOL_INFOW *info);
void winsock_protocol_narrow(const WSAPROTOCOL_INFOW *from, WSAPROTOCOL_INFOA *to);

#endif
