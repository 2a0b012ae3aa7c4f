/* SPDX-License-Identifier: MIT */
/* Sockets as a device class: what winsock may ask of it. No Linux and no Windows socket header is
 * needed to read this. Addresses are bytes laid out as programs see them (sockaddr_in,
 * sockaddr_in6; the family number of IPv6 is 23). Functions on a `struct file` want one of
 * afd_driver and never sleep, unless they say so.
 *
 * Requests (major IRP_SOCKET) by irp->code; what each reads in the irp:
 *   AFD_RECEIVE, AFD_SEND   buffer and length; or, with driver_data, a struct afd_transfer (length
 * is then the sum of its buffers). minor: enum afd_transfer_flag AFD_ACCEPT driver_data: struct
 * afd_accepted that outlives the request AFD_ACCEPT_INTO         other: the accepting socket;
 * buffer: the output buffer, length: bytes of data wanted, input_length and minor: room for the
 * local and the remote address AFD_CONNECT             input, input_length: the address; buffer,
 * length: data to send at once; minor: enum afd_connect_flag AFD_DISCONNECT          minor: enum
 * afd_disconnect_flag AFD_SEND_FILE           other: the file or NULL, offset, argument: bytes of
 * it (0: to its end); driver_data: struct afd_send_file; minor: enum afd_disconnect_flag
 */
#ifndef DRIVERS_AFD_H
#define DRIVERS_AFD_H

#include "drivers/driver.h"

extern const struct driver afd_driver;

/* The numbers that programs pass. */
enum { AFD_IPV4 = 2, AFD_IPV6 = 23 };
enum { AFD_STREAM = 1, AFD_DATAGRAM = 2 };
enum { AFD_TCP = 6, AFD_UDP = 17 };

enum afd_code {
    AFD_RECEIVE,
    AFD_SEND,
    AFD_ACCEPT,
    AFD_ACCEPT_INTO,
    AFD_CONNECT,
    AFD_DISCONNECT,
    AFD_SEND_FILE,
};

enum afd_transfer_flag { AFD_OOB = 1, AFD_PEEK = 2, AFD_DONT_ROUTE = 4, AFD_WAIT_ALL = 8 };
enum afd_connect_flag { AFD_WANTS_BOUND = 1 };
enum afd_disconnect_flag { AFD_DISCONNECTS = 1, AFD_REUSES = 2 };

/* struct iovec's layout. */
struct afd_buffer {
    void *data;
    size_t length;
};

/* On the caller's stack: a request that pends makes its own copy. */
struct afd_transfer {
    struct afd_buffer *buffers;
    uint32_t count;
    int32_t address_size;    /* send: bytes at `address` */
    void *address;           /* receive: where the sender's address goes; send: where to; or NULL */
    int32_t *address_length; /* receive: room at `address` in, length out */
};

struct afd_accepted {
    struct file *file; /* out: one reference, the caller's */
    uint8_t address[32];
    int32_t address_length;
};

struct afd_send_file {
    const void *head, *tail;
    uint32_t head_length, tail_length;
};

/* ---- Sockets
 * ------------------------------------------------------------------------------------------- */

/* A new socket, one reference. `overlapped` false: requests are synchronous and go one by one. */
int32_t afd_create(int family, int type, int protocol, bool overlapped, struct file **file);

int32_t afd_bind(struct file *file, const void *address, int32_t length);
int32_t afd_listen(struct file *file, int backlog);

/* SD_RECEIVE 0, SD_SEND 1, SD_BOTH 2. What pending sends still have to send goes first. */
int32_t afd_shutdown(struct file *file, int how);

/* The own or the other end's address; *length is the room in, and the length out. */
int32_t afd_name(struct file *file, bool peer, void *address, int32_t *length);

/* For a datagram socket: forgets the address it is connected to. */
int32_t afd_dissociate(struct file *file);

/* What an accept into this socket wrote, from its output buffer: `where` points at the block. */
const void *afd_accept_block(const void *where, int32_t *length);

bool afd_is_nonblocking(struct file *file);
/* STATUS_INVALID_PARAMETER while events are selected and `on` is false. */
int32_t afd_set_nonblocking(struct file *file, bool on);

/* Bytes that a receive would find (FIONREAD); whether the next byte is urgent (SIOCATMARK). */
int32_t afd_readable_bytes(struct file *file, uint32_t *bytes);
int32_t afd_at_mark(struct file *file, uint32_t *at_mark);

/* TCP's timers: the first probe and the distance of the next ones. */
int32_t afd_keep_alive(struct file *file, bool on, uint32_t first_ms, uint32_t interval_ms);

/* ---- Options
 * -----------------------------------------------------------------------------------------------
 */

enum afd_option {
    AFD_ADDRESS_REUSE,
    AFD_ADDRESS_EXCLUSIVE,
    AFD_KEEPALIVE,
    AFD_LINGER, /* seconds, -1: off */
    AFD_RECEIVE_BUFFER,
    AFD_SEND_BUFFER,
    AFD_RECEIVE_TIMEOUT, /* milliseconds, 0: none */
    AFD_SEND_TIMEOUT,
    AFD_ERROR, /* get only: a status */
    AFD_TYPE,
    AFD_PROTOCOL,
    AFD_FAMILY,
    AFD_LISTENS,
    AFD_BROADCAST,
    AFD_OOB_INLINE,
    AFD_NO_ROUTE,
    AFD_CONNECT_TIME, /* seconds, -1: not connected */
    AFD_NO_DELAY,
    AFD_KEEP_IDLE,
    AFD_KEEP_INTERVAL,
    AFD_KEEP_COUNT,
    AFD_MAXIMUM_SEGMENT,
    AFD_UNREACHABLE, /* set only: a receive tells of datagrams that found no port */
    AFD_V4_TTL,
    AFD_V4_TOS,
    AFD_V4_MULTICAST_TTL,
    AFD_V4_MULTICAST_LOOP,
    AFD_V4_MULTICAST_INTERFACE, /* an address, or an index below 0x01000000, in network order */
    AFD_V4_DONT_FRAGMENT,
    AFD_V6_ONLY,
    AFD_V6_HOPS,
    AFD_V6_MULTICAST_HOPS,
    AFD_V6_MULTICAST_LOOP,
    AFD_V6_MULTICAST_INTERFACE,
    AFD_OPTION_COUNT
};

int32_t afd_option_get(struct file *file, enum afd_option option, int32_t *value);
int32_t afd_option_set(struct file *file, enum afd_option option, int32_t value);

/* ip_mreq or ipv6_mreq: the layouts are the same here and there. */
int32_t afd_membership(struct file *file, bool join, const void *request, uint32_t length);

/* ---- Readiness
 * ---------------------------------------------------------------------------------------------- */

enum afd_event {
    AFD_EVENT_READ = 1,
    AFD_EVENT_WRITE = 2,
    AFD_EVENT_OOB = 4,
    AFD_EVENT_ACCEPT = 8,
    AFD_EVENT_CONNECT = 16,
    AFD_EVENT_CLOSE = 32,
};
enum { AFD_EVENT_COUNT = 6 };

struct afd_polled {
    struct file *file;
    bool in, out, urgent, ends; /* asked; ends: errors and hang-ups are answers too */
    bool readable, writable, has_urgent, failed, hung_up; /* found */
    bool connect_failed;
    bool closed; /* by closesocket meanwhile */
};

/* Sleeps until something asked is found (a failed connect counts as urgent); -1: no time limit.
 * Returns how many entries have an answer, 0: the time is over, or -errno. The caller holds
 * references. */
int afd_poll(struct afd_polled *entries, uint32_t count, int64_t timeout_ns);

/* WSAEventSelect: `event`, an event object, becomes signalled when one of `interest` is recorded;
 * it is referenced. NULL ends it. The socket becomes non-blocking. */
int32_t afd_watch(struct file *file, struct object *event, struct dispatcher *signal,
                  uint32_t interest);

/* What was recorded since the last call, and with which statuses; then it is forgotten. */
int32_t afd_watch_take(struct file *file, uint32_t *events, int32_t statuses[AFD_EVENT_COUNT]);

#endif
