/* SPDX-License-Identifier: MIT */
/* Socket options. Most are one row: the Linux level and name of an option whose value means the
 * same. The others are flags of the socket object, or differ in unit or meaning. Time-outs never
 * reach the kernel: attempts do not block there. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/futex.h"
#include "winerror.h"

#define WSA_STATUS(name) ((int32_t)(0xC0070000u | (uint32_t)WSA##name))

/* level 0: no row (IPPROTO_IP is 0, hence the shift by one). */
static const struct {
    int level;
    int name;
} option_rows[AFD_OPTION_COUNT] = {
#define PLAIN(level, name)                                                                         \
    {                                                                                              \
        (level) + 1, name                                                                          \
    }
    [AFD_KEEPALIVE] = PLAIN(SOL_SOCKET, SO_KEEPALIVE),
    [AFD_BROADCAST] = PLAIN(SOL_SOCKET, SO_BROADCAST),
    [AFD_OOB_INLINE] = PLAIN(SOL_SOCKET, SO_OOBINLINE),
    [AFD_NO_ROUTE] = PLAIN(SOL_SOCKET, SO_DONTROUTE),
    [AFD_RECEIVE_BUFFER] = PLAIN(SOL_SOCKET, SO_RCVBUF),
    [AFD_SEND_BUFFER] = PLAIN(SOL_SOCKET, SO_SNDBUF),
    [AFD_NO_DELAY] = PLAIN(IPPROTO_TCP, TCP_NODELAY),
    [AFD_KEEP_IDLE] = PLAIN(IPPROTO_TCP, TCP_KEEPIDLE),
    [AFD_KEEP_INTERVAL] = PLAIN(IPPROTO_TCP, TCP_KEEPINTVL),
    [AFD_KEEP_COUNT] = PLAIN(IPPROTO_TCP, TCP_KEEPCNT),
    [AFD_MAXIMUM_SEGMENT] = PLAIN(IPPROTO_TCP, TCP_MAXSEG),
    [AFD_V4_TTL] = PLAIN(IPPROTO_IP, IP_TTL),
    [AFD_V4_TOS] = PLAIN(IPPROTO_IP, IP_TOS),
    [AFD_V4_MULTICAST_TTL] = PLAIN(IPPROTO_IP, IP_MULTICAST_TTL),
    [AFD_V4_MULTICAST_LOOP] = PLAIN(IPPROTO_IP, IP_MULTICAST_LOOP),
    [AFD_V6_ONLY] = PLAIN(IPPROTO_IPV6, IPV6_V6ONLY),
    [AFD_V6_HOPS] = PLAIN(IPPROTO_IPV6, IPV6_UNICAST_HOPS),
    [AFD_V6_MULTICAST_HOPS] = PLAIN(IPPROTO_IPV6, IPV6_MULTICAST_HOPS),
    [AFD_V6_MULTICAST_LOOP] = PLAIN(IPPROTO_IPV6, IPV6_MULTICAST_LOOP),
    [AFD_V6_MULTICAST_INTERFACE] = PLAIN(IPPROTO_IPV6, IPV6_MULTICAST_IF),
#undef PLAIN
};

static int32_t option_status(int failed)
{
    if (!failed)
        return STATUS_SUCCESS;
    /* An option of another protocol: Linux says so in several ways. */
    return errno == EOPNOTSUPP ? WSA_STATUS(ENOPROTOOPT) : afd_status(errno);
}

static int32_t kernel_get(struct afd_socket *sock, int level, int name, int32_t *value)
{
    socklen_t length = sizeof *value;
    return option_status(getsockopt(sock->source.fd, level, name, value, &length) != 0);
}

static int32_t kernel_set(struct afd_socket *sock, int level, int name, int32_t value)
{
    return option_status(setsockopt(sock->source.fd, level, name, &value, sizeof value) != 0);
}

static int32_t linger_get(struct afd_socket *sock, int32_t *value)
{
    struct linger linger;
    socklen_t length = sizeof linger;
    if (getsockopt(sock->source.fd, SOL_SOCKET, SO_LINGER, &linger, &length) != 0)
        return afd_status(errno);
    *value = linger.l_onoff ? linger.l_linger : -1;
    return STATUS_SUCCESS;
}

static int32_t linger_set(struct afd_socket *sock, int32_t value)
{
    struct linger linger = {.l_onoff = value >= 0, .l_linger = value >= 0 ? value : 0};
    return option_status(
        setsockopt(sock->source.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) != 0);
}

/* The error of a connect that failed, once; as a status. */
static int32_t error_get(struct afd_socket *sock, int32_t *value)
{
    int32_t error = atomic_exchange(&sock->soft_error, 0);
    if (error == 0) {
        int32_t status = kernel_get(sock, SOL_SOCKET, SO_ERROR, &error);
        if (status != STATUS_SUCCESS)
            return status;
        if (error != 0 && afd_state(sock) == AFD_IS_CONNECTED)
            afd_failure(sock, error);
        else if (error != 0 && atomic_exchange(&sock->unattended, false))
            afd_set_state(sock, AFD_IS_OPEN);
    }
    *value = afd_status(error);
    return STATUS_SUCCESS;
}

static int32_t connect_time(struct afd_socket *sock)
{
    uint64_t since = atomic_load(&sock->connected_ns);
    if (since == 0 || afd_state(sock) != AFD_IS_CONNECTED)
        return -1;
    return (int32_t)((clock_now_ns() - since) / 1000000000);
}

/* Linux counts its own bookkeeping too and answers with twice what was set. */
static int32_t buffer_get(struct afd_socket *sock, int name, int32_t *value)
{
    int32_t status = kernel_get(sock, SOL_SOCKET, name, value);
    *value /= 2;
    return status;
}

/* An address of the interface, or its index as 0.0.0.n; both in network order. */
static int32_t multicast_interface(struct afd_socket *sock, int32_t value)
{
    struct ip_mreqn request = {.imr_address.s_addr = (uint32_t)value};
    uint32_t index = ntohl((uint32_t)value);
    if (index != 0 && index < 0x01000000) {
        request.imr_address.s_addr = 0;
        request.imr_ifindex = (int)index;
    }
    return option_status(
        setsockopt(sock->source.fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) != 0);
}

static int32_t option_get(struct afd_socket *sock, enum afd_option option, int32_t *value)
{
    switch (option) {
    case AFD_ADDRESS_REUSE:
        *value = sock->reuse;
        return STATUS_SUCCESS;
    case AFD_ADDRESS_EXCLUSIVE:
        *value = sock->exclusive;
        return STATUS_SUCCESS;
    case AFD_RECEIVE_TIMEOUT:
        *value = (int32_t)atomic_load(&sock->receive_timeout_ms);
        return STATUS_SUCCESS;
    case AFD_SEND_TIMEOUT:
        *value = (int32_t)atomic_load(&sock->send_timeout_ms);
        return STATUS_SUCCESS;
    case AFD_TYPE:
        *value = sock->type;
        return STATUS_SUCCESS;
    case AFD_PROTOCOL:
        *value = sock->protocol;
        return STATUS_SUCCESS;
    case AFD_FAMILY:
        *value = sock->family == AF_INET6 ? AFD_IPV6 : AFD_IPV4;
        return STATUS_SUCCESS;
    case AFD_LISTENS:
        *value = afd_state(sock) == AFD_IS_LISTENING;
        return STATUS_SUCCESS;
    case AFD_CONNECT_TIME:
        *value = connect_time(sock);
        return STATUS_SUCCESS;
    case AFD_LINGER:
        return linger_get(sock, value);
    case AFD_ERROR:
        return error_get(sock, value);
    case AFD_RECEIVE_BUFFER:
        return buffer_get(sock, SO_RCVBUF, value);
    case AFD_SEND_BUFFER:
        return buffer_get(sock, SO_SNDBUF, value);
    case AFD_V4_MULTICAST_INTERFACE:
        return kernel_get(sock, IPPROTO_IP, IP_MULTICAST_IF, value);
    case AFD_V4_DONT_FRAGMENT: {
        int32_t status = kernel_get(sock, IPPROTO_IP, IP_MTU_DISCOVER, value);
        *value = *value == IP_PMTUDISC_DO;
        return status;
    }
    default:
        return WSA_STATUS(ENOPROTOOPT);
    }
}

/* SO_REUSEADDR of a program: as far as Linux shares an address, both sockets asking for it; a
 * listening socket is never taken over, which Windows would allow. The two options exclude each
 * other. */
static int32_t reuse_option(struct afd_socket *sock, enum afd_option option, bool on)
{
    if (option == AFD_ADDRESS_EXCLUSIVE) {
        if (on && sock->reuse)
            return STATUS_INVALID_PARAMETER;
        sock->exclusive = on;
        return STATUS_SUCCESS;
    }
    if (on && sock->exclusive)
        return STATUS_INVALID_PARAMETER;
    sock->reuse = on;
    return kernel_set(sock, SOL_SOCKET, SO_REUSEADDR, on);
}

static int32_t option_set(struct afd_socket *sock, enum afd_option option, int32_t value)
{
    switch (option) {
    case AFD_ADDRESS_REUSE:
    case AFD_ADDRESS_EXCLUSIVE:
        return reuse_option(sock, option, value != 0);
    case AFD_RECEIVE_TIMEOUT:
        atomic_store(&sock->receive_timeout_ms, (uint32_t)value);
        return STATUS_SUCCESS;
    case AFD_UNREACHABLE:
        atomic_store(&sock->ignores_unreachable, value == 0);
        return STATUS_SUCCESS;
    case AFD_SEND_TIMEOUT:
        atomic_store(&sock->send_timeout_ms, (uint32_t)value);
        return STATUS_SUCCESS;
    case AFD_LINGER:
        return linger_set(sock, value);
    case AFD_V4_MULTICAST_INTERFACE:
        return multicast_interface(sock, value);
    case AFD_V4_DONT_FRAGMENT:
        return kernel_set(sock, IPPROTO_IP, IP_MTU_DISCOVER,
                          value ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
    default:
        return WSA_STATUS(ENOPROTOOPT);
    }
}

static bool option_is_plain(enum afd_option option)
{
    return option < AFD_OPTION_COUNT && option_rows[option].level != 0;
}

int32_t afd_option_get(struct file *file, enum afd_option option, int32_t *value)
{
    struct afd_socket *sock = afd_socket_of(file);
    bool halves = option == AFD_RECEIVE_BUFFER || option == AFD_SEND_BUFFER;
    *value = 0;
    lock_acquire(&sock->lock);
    int32_t status =
        option_is_plain(option) && !halves
            ? kernel_get(sock, option_rows[option].level - 1, option_rows[option].name, value)
            : option_get(sock, option, value);
    lock_release(&sock->lock);
    return status;
}

int32_t afd_option_set(struct file *file, enum afd_option option, int32_t value)
{
    struct afd_socket *sock = afd_socket_of(file);
    lock_acquire(&sock->lock);
    int32_t status = option_is_plain(option) ? kernel_set(sock, option_rows[option].level - 1,
                                                          option_rows[option].name, value)
                                             : option_set(sock, option, value);
    lock_release(&sock->lock);
    return status;
}

int32_t afd_membership(struct file *file, bool join, const void *request, uint32_t length)
{
    struct afd_socket *sock = afd_socket_of(file);
    bool v6 = sock->family == AF_INET6;
    uint32_t size = v6 ? sizeof(struct ipv6_mreq) : sizeof(struct ip_mreq);
    if (length < size)
        return STATUS_ACCESS_VIOLATION;
    int name = v6 ? (join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP)
                  : (join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP);
    return option_status(
        setsockopt(sock->source.fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, name, request, size) != 0);
}

int32_t afd_keep_alive(struct file *file, bool on, uint32_t first_ms, uint32_t interval_ms)
{
    struct afd_socket *sock = afd_socket_of(file);
    /* Linux counts whole seconds, and at least one. */
    int32_t first = (int32_t)((first_ms + 999) / 1000),
            interval = (int32_t)((interval_ms + 999) / 1000);
    int32_t status = kernel_set(sock, SOL_SOCKET, SO_KEEPALIVE, on);
    if (status == STATUS_SUCCESS && on && first > 0)
        status = kernel_set(sock, IPPROTO_TCP, TCP_KEEPIDLE, first);
    if (status == STATUS_SUCCESS && on && interval > 0)
        status = kernel_set(sock, IPPROTO_TCP, TCP_KEEPINTVL, interval);
    return status;
}

bool afd_is_nonblocking(struct file *file)
{
    return atomic_load(&afd_socket_of(file)->nonblocking);
}

int32_t afd_set_nonblocking(struct file *file, bool on)
{
    struct afd_socket *sock = afd_socket_of(file);
    if (!on && atomic_load(&sock->watch) != NULL)
        return STATUS_INVALID_PARAMETER;
    atomic_store(&sock->nonblocking, on);
    return STATUS_SUCCESS;
}

int32_t afd_readable_bytes(struct file *file, uint32_t *bytes)
{
    int count = 0;
    if (ioctl(afd_socket_of(file)->source.fd, FIONREAD, &count) != 0)
        return afd_status(errno);
    *bytes = (uint32_t)count;
    return STATUS_SUCCESS;
}

/* SIOCATMARK is TRUE on Windows where no urgent data lies ahead. */
int32_t afd_at_mark(struct file *file, uint32_t *at_mark)
{
    struct pollfd urgent = {.fd = afd_socket_of(file)->source.fd, .events = POLLPRI};
    int mark = 0;
    if (ioctl(urgent.fd, SIOCATMARK, &mark) != 0)
        return afd_status(errno);
    *at_mark = mark != 0 || poll(&urgent, 1, 0) != 1 || !(urgent.revents & POLLPRI);
    return STATUS_SUCCESS;
}
