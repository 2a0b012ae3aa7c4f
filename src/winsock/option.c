/* SPDX-License-Identifier: MIT */
/* getsockopt and setsockopt: Windows' levels, names and value forms, as the driver's options.
 * Nearly all values are a BOOL or a DWORD; a BOOL may be passed in one byte. */
#include "winsock/winsock.h"

#include <string.h>

#include "mswsock.h"
#include "ws2tcpip.h"

enum option_form { FORM_NONE, FORM_BOOL, FORM_NUMBER, FORM_READ_ONLY };

struct option_row {
    int level, name;
    enum afd_option option;
    enum option_form form;
};

static const struct option_row option_rows[] = {
    {SOL_SOCKET, SO_REUSEADDR, AFD_ADDRESS_REUSE, FORM_BOOL},
    {SOL_SOCKET, SO_EXCLUSIVEADDRUSE, AFD_ADDRESS_EXCLUSIVE, FORM_BOOL},
    {SOL_SOCKET, SO_KEEPALIVE, AFD_KEEPALIVE, FORM_BOOL},
    {SOL_SOCKET, SO_BROADCAST, AFD_BROADCAST, FORM_BOOL},
    {SOL_SOCKET, SO_OOBINLINE, AFD_OOB_INLINE, FORM_BOOL},
    {SOL_SOCKET, SO_DONTROUTE, AFD_NO_ROUTE, FORM_BOOL},
    {SOL_SOCKET, SO_RCVBUF, AFD_RECEIVE_BUFFER, FORM_NUMBER},
    {SOL_SOCKET, SO_SNDBUF, AFD_SEND_BUFFER, FORM_NUMBER},
    {SOL_SOCKET, SO_RCVTIMEO, AFD_RECEIVE_TIMEOUT, FORM_NUMBER},
    {SOL_SOCKET, SO_SNDTIMEO, AFD_SEND_TIMEOUT, FORM_NUMBER},
    {SOL_SOCKET, SO_TYPE, AFD_TYPE, FORM_READ_ONLY},
    {SOL_SOCKET, SO_ACCEPTCONN, AFD_LISTENS, FORM_READ_ONLY},
    {SOL_SOCKET, SO_CONNECT_TIME, AFD_CONNECT_TIME, FORM_READ_ONLY},
    {IPPROTO_TCP, TCP_NODELAY, AFD_NO_DELAY, FORM_BOOL},
    {IPPROTO_TCP, TCP_KEEPIDLE, AFD_KEEP_IDLE, FORM_NUMBER},
    {IPPROTO_TCP, TCP_KEEPINTVL, AFD_KEEP_INTERVAL, FORM_NUMBER},
    {IPPROTO_TCP, TCP_KEEPCNT, AFD_KEEP_COUNT, FORM_NUMBER},
    {IPPROTO_IP, IP_TTL, AFD_V4_TTL, FORM_NUMBER},
    {IPPROTO_IP, IP_TOS, AFD_V4_TOS, FORM_NUMBER},
    {IPPROTO_IP, IP_MULTICAST_TTL, AFD_V4_MULTICAST_TTL, FORM_NUMBER},
    {IPPROTO_IP, IP_MULTICAST_LOOP, AFD_V4_MULTICAST_LOOP, FORM_BOOL},
    {IPPROTO_IP, IP_MULTICAST_IF, AFD_V4_MULTICAST_INTERFACE, FORM_NUMBER},
    {IPPROTO_IP, IP_DONTFRAGMENT, AFD_V4_DONT_FRAGMENT, FORM_BOOL},
    {IPPROTO_IPV6, IPV6_V6ONLY, AFD_V6_ONLY, FORM_BOOL},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, AFD_V6_HOPS, FORM_NUMBER},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, AFD_V6_MULTICAST_HOPS, FORM_NUMBER},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, AFD_V6_MULTICAST_LOOP, FORM_BOOL},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, AFD_V6_MULTICAST_INTERFACE, FORM_NUMBER},
};

static const struct option_row *option_find(int level, int name)
{
    for (size_t i = 0; i < sizeof option_rows / sizeof *option_rows; i++)
        if (option_rows[i].level == level && option_rows[i].name == name)
            return &option_rows[i];
    return NULL;
}

static int value_put(char *value, int *length, const void *data, size_t size)
{
    if (*length < (int)size)
        return winsock_fail(WSAEFAULT);
    memcpy(value, data, size);
    *length = (int)size;
    return 0;
}

static int linger_get(struct file *file, int name, char *value, int *length)
{
    int32_t seconds;
    int answer = winsock_answer(afd_option_get(file, AFD_LINGER, &seconds));
    if (answer != 0)
        return answer;
    if (name == SO_DONTLINGER)
        return value_put(value, length, &(BOOL){seconds < 0}, sizeof(BOOL));
    struct linger linger = {.l_onoff = seconds >= 0,
                            .l_linger = (u_short)(seconds > 0 ? seconds : 0)};
    return value_put(value, length, &linger, sizeof linger);
}

static int error_get_option(struct file *file, char *value, int *length)
{
    int32_t status;
    int answer = winsock_answer(afd_option_get(file, AFD_ERROR, &status));
    if (answer != 0)
        return answer;
    int error = status == STATUS_SUCCESS ? 0 : (int)status_to_wsa(status);
    return value_put(value, length, &error, sizeof error);
}

static int protocol_get(struct file *file, int name, char *value, int *length)
{
    int32_t family = 0, type = 0;
    WSAPROTOCOL_INFOW wide;
    WSAPROTOCOL_INFOA narrow;
    afd_option_get(file, AFD_FAMILY, &family);
    afd_option_get(file, AFD_TYPE, &type);
    winsock_protocol(family, type, &wide);
    if (name == SO_PROTOCOL_INFOW)
        return value_put(value, length, &wide, sizeof wide);
    winsock_protocol_narrow(&wide, &narrow);
    return value_put(value, length, &narrow, sizeof narrow);
}

/* What is no plain number; SOL_SOCKET only. 1: not one of these. */
static int special_get(struct file *file, int name, char *value, int *length)
{
    enum { UDP_BYTES_MAX = 65507, NOT_SPECIAL = 1 };
    int32_t type = 0;
    switch (name) {
    case SO_LINGER:
    case SO_DONTLINGER:
        return linger_get(file, name, value, length);
    case SO_ERROR:
        return error_get_option(file, value, length);
    case SO_PROTOCOL_INFOA:
    case SO_PROTOCOL_INFOW:
        return protocol_get(file, name, value, length);
    case SO_MAX_MSG_SIZE:
        afd_option_get(file, AFD_TYPE, &type);
        if (type != SOCK_DGRAM)
            return winsock_fail(WSAENOPROTOOPT);
        return value_put(value, length, &(DWORD){UDP_BYTES_MAX}, sizeof(DWORD));
    default:
        return NOT_SPECIAL;
    }
}

static int option_get(struct file *file, int level, int name, char *value, int *length)
{
    int answer = level == SOL_SOCKET ? special_get(file, name, value, length) : 1;
    if (answer <= 0)
        return answer;
    const struct option_row *row = option_find(level, name);
    int32_t number;
    if (row == NULL)
        return winsock_fail(WSAENOPROTOOPT);
    if ((answer = winsock_answer(afd_option_get(file, row->option, &number))) != 0)
        return answer;
    if (row->form == FORM_BOOL) {
        number = number != 0;
        if (*length >= 1 && *length < (int)sizeof number) {
            *value = (char)number;
            *length = 1;
            return 0;
        }
    }
    return value_put(value, length, &number, sizeof number);
}

int WSAAPI getsockopt(SOCKET s, int level, int name, char *value, int *length)
{
    struct file *file = socket_hold(s);
    if (file == NULL)
        return SOCKET_ERROR;
    int answer = value == NULL || length == NULL ? winsock_fail(WSAEFAULT)
                                                 : option_get(file, level, name, value, length);
    socket_release(file);
    return answer;
}

/* ---- Setting
 * -------------------------------------------------------------------------------------------------
 */

static int linger_set(struct file *file, int name, const char *value, int length)
{
    struct linger linger;
    BOOL off = FALSE;
    if (name == SO_DONTLINGER) {
        if (length < (int)sizeof off)
            return winsock_fail(WSAEFAULT);
        memcpy(&off, value, sizeof off);
        return winsock_answer(afd_option_set(file, AFD_LINGER, off ? -1 : 0));
    }
    if (length < (int)sizeof linger)
        return winsock_fail(WSAEFAULT);
    memcpy(&linger, value, sizeof linger);
    return winsock_answer(afd_option_set(file, AFD_LINGER, linger.l_onoff ? linger.l_linger : -1));
}

/* An accepted socket has its listener's properties from the start here; what is left is to see that
 * both are what the option says. */
static int accept_context(SOCKET s, const char *value, int length)
{
    SOCKET listener;
    int32_t listens = 0, connected = -1;
    if (length < (int)sizeof listener)
        return winsock_fail(WSAEFAULT);
    memcpy(&listener, value, sizeof listener);
    struct file *file = socket_hold(listener);
    if (file == NULL)
        return SOCKET_ERROR;
    afd_option_get(file, AFD_LISTENS, &listens);
    socket_release(file);
    if (!listens)
        return winsock_fail(WSAEINVAL);
    if ((file = socket_hold(s)) == NULL)
        return SOCKET_ERROR;
    afd_option_get(file, AFD_CONNECT_TIME, &connected);
    socket_release(file);
    return connected < 0 ? winsock_fail(WSAENOTCONN) : 0;
}

static int connect_context(struct file *file)
{
    int32_t connected = -1;
    afd_option_get(file, AFD_CONNECT_TIME, &connected);
    return connected < 0 ? winsock_fail(WSAENOTCONN) : 0;
}

static bool option_is_membership(int level, int name, bool *join)
{
    *join = level == IPPROTO_IP ? name == IP_ADD_MEMBERSHIP : name == IPV6_ADD_MEMBERSHIP;
    return (level == IPPROTO_IP && (*join || name == IP_DROP_MEMBERSHIP)) ||
           (level == IPPROTO_IPV6 && (*join || name == IPV6_DROP_MEMBERSHIP));
}

static int option_set(struct file *file, int level, int name, const char *value, int length)
{
    bool join;
    int32_t number = 0;
    if (level == SOL_SOCKET && (name == SO_LINGER || name == SO_DONTLINGER))
        return linger_set(file, name, value, length);
    if (option_is_membership(level, name, &join))
        return winsock_answer(afd_membership(file, join, value, (uint32_t)length));
    const struct option_row *row = option_find(level, name);
    if (row == NULL || row->form == FORM_READ_ONLY)
        return winsock_fail(WSAENOPROTOOPT);
    if (length >= (int)sizeof number)
        memcpy(&number, value, sizeof number);
    else if (row->form == FORM_BOOL && length >= 1)
        number = *value;
    else
        return winsock_fail(WSAEFAULT);
    if (row->form == FORM_BOOL)
        number = number != 0;
    return winsock_answer(afd_option_set(file, row->option, number));
}

int WSAAPI setsockopt(SOCKET s, int level, int name, const char *value, int length)
{
    if (level == SOL_SOCKET && name == SO_UPDATE_ACCEPT_CONTEXT && value != NULL)
        return accept_context(s, value, length);
    struct file *file = socket_hold(s);
    if (file == NULL)
        return SOCKET_ERROR;
    int answer;
    if (level == SOL_SOCKET && name == SO_UPDATE_CONNECT_CONTEXT)
        answer = connect_context(file); /* takes no value */
    else
        answer =
            value == NULL ? winsock_fail(WSAEFAULT) : option_set(file, level, name, value, length);
    socket_release(file);
    return answer;
}
