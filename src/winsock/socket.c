/* SPDX-License-Identifier: MIT */
/* A socket's life outside its transfers: made, bound, listening, shut down, named, closed; and the
 * catalogue of the protocols there are: TCP and UDP, over IPv4 and IPv6. */
#include "winsock/winsock.h"

#include <string.h>

static SOCKET socket_make(int family, int type, int protocol, DWORD flags)
{
    struct file *file;
    if (!winsock_ready())
        return INVALID_SOCKET;
    if (family == AF_UNSPEC && (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP))
        family = AF_INET;
    if (type == 0)
        type = protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
    int32_t status = afd_create(family, type, protocol, flags & WSA_FLAG_OVERLAPPED, &file);
    if (status != STATUS_SUCCESS) {
        winsock_answer(status);
        return INVALID_SOCKET;
    }
    return socket_publish(file, !(flags & WSA_FLAG_NO_HANDLE_INHERIT));
}

SOCKET WSAAPI socket(int family, int type, int protocol)
{
    return socket_make(family, type, protocol, WSA_FLAG_OVERLAPPED);
}

static SOCKET socket_from(int family, int type, int protocol, bool has_info, int info_family,
                          int info_type, int info_protocol, DWORD flags)
{
    if (has_info && family == (int)FROM_PROTOCOL_INFO)
        family = info_family;
    if (has_info && type == (int)FROM_PROTOCOL_INFO)
        type = info_type;
    if (has_info && protocol == (int)FROM_PROTOCOL_INFO)
        protocol = info_protocol;
    return socket_make(family, type, protocol, flags);
}

SOCKET WSAAPI WSASocketA(int family, int type, int protocol, LPWSAPROTOCOL_INFOA info, GROUP group,
                         DWORD flags)
{
    return info == NULL ? socket_make(family, type, protocol, flags)
                        : socket_from(family, type, protocol, true, info->iAddressFamily,
                                      info->iSocketType, info->iProtocol, flags);
}

SOCKET WSAAPI WSASocketW(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group,
                         DWORD flags)
{
    return info == NULL ? socket_make(family, type, protocol, flags)
                        : socket_from(family, type, protocol, true, info->iAddressFamily,
                                      info->iSocketType, info->iProtocol, flags);
}

int WSAAPI bind(SOCKET s, const struct sockaddr *name, int length)
{
    SOCKET_CALL(s, file, afd_bind(file, name, length));
}

int WSAAPI listen(SOCKET s, int backlog)
{
    SOCKET_CALL(s, file, afd_listen(file, backlog));
}

int WSAAPI shutdown(SOCKET s, int how)
{
    SOCKET_CALL(s, file, afd_shutdown(file, how));
}

static int socket_name(SOCKET s, bool peer, struct sockaddr *name, int *length)
{
    if (name == NULL || length == NULL)
        return winsock_ready() ? winsock_fail(WSAEFAULT) : SOCKET_ERROR;
    SOCKET_CALL(s, file, afd_name(file, peer, name, length));
}

int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *length)
{
    return socket_name(s, false, name, length);
}

int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *length)
{
    return socket_name(s, true, name, length);
}

int WSAAPI closesocket(SOCKET s)
{
    struct file *file = socket_hold(s);
    if (file == NULL)
        return SOCKET_ERROR;
    socket_release(file);
    return winsock_answer(handle_close((uint64_t)s));
}

int WSAAPI WSARecvDisconnect(SOCKET s, LPWSABUF data)
{
    return shutdown(s, SD_RECEIVE); /* TCP carries no data with its end */
}

int WSAAPI WSASendDisconnect(SOCKET s, LPWSABUF data)
{
    return shutdown(s, SD_SEND);
}

/* A socket of another process: DuplicateHandle serves within this one, inheritance between two. */
int WSAAPI WSADuplicateSocketA(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOA info)
{
    return winsock_ready() ? winsock_fail(WSAEOPNOTSUPP) : SOCKET_ERROR;
}

int WSAAPI WSADuplicateSocketW(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOW info)
{
    return winsock_ready() ? winsock_fail(WSAEOPNOTSUPP) : SOCKET_ERROR;
}

/* ---- The catalogue
 * ----------------------------------------------------------------------------------------- */

static const struct {
    int family, type, protocol;
    char16_t name[32];
} protocols[] = {
    {AF_INET, SOCK_STREAM, IPPROTO_TCP, u"MSAFD Tcpip [TCP/IP]"},
    {AF_INET, SOCK_DGRAM, IPPROTO_UDP, u"MSAFD Tcpip [UDP/IP]"},
    {AF_INET6, SOCK_STREAM, IPPROTO_TCP, u"MSAFD Tcpip [TCP/IPv6]"},
    {AF_INET6, SOCK_DGRAM, IPPROTO_UDP, u"MSAFD Tcpip [UDP/IPv6]"},
};
enum { PROTOCOL_COUNT = sizeof protocols / sizeof *protocols };

void winsock_protocol(int family, int type, WSAPROTOCOL_INFOW *info)
{
    enum { UDP_BYTES_MAX = 65507 };
    DWORD stream = XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | XP1_GRACEFUL_CLOSE |
                   XP1_EXPEDITED_DATA | XP1_IFS_HANDLES;
    DWORD datagram = XP1_CONNECTIONLESS | XP1_MESSAGE_ORIENTED | XP1_SUPPORT_BROADCAST |
                     XP1_SUPPORT_MULTIPOINT | XP1_IFS_HANDLES;
    memset(info, 0, sizeof *info);
    for (DWORD i = 0; i < PROTOCOL_COUNT; i++) {
        if (protocols[i].family != family || protocols[i].type != type)
            continue;
        info->dwServiceFlags1 = type == SOCK_STREAM ? stream : datagram;
        info->dwProviderFlags = PFL_MATCHES_PROTOCOL_ZERO;
        info->dwCatalogEntryId = 1001 + i;
        info->ProtocolChain.ChainLen = BASE_PROTOCOL;
        info->iVersion = 2;
        info->iAddressFamily = family;
        info->iMaxSockAddr = family == AF_INET ? 16 : 28;
        info->iMinSockAddr = info->iMaxSockAddr;
        info->iSocketType = type;
        info->iProtocol = protocols[i].protocol;
        info->iNetworkByteOrder = BIGENDIAN;
        info->dwMessageSize = type == SOCK_STREAM ? 0 : UDP_BYTES_MAX;
        memcpy(info->szProtocol, protocols[i].name, sizeof protocols[i].name);
    }
}

void winsock_protocol_narrow(const WSAPROTOCOL_INFOW *from, WSAPROTOCOL_INFOA *to)
{
    memcpy(to, from, offsetof(WSAPROTOCOL_INFOA, szProtocol));
    for (int i = 0; i <= WSAPROTOCOL_LEN; i++)
        to->szProtocol[i] = (char)from->szProtocol[i]; /* the names are ASCII */
}

static bool protocol_is_asked(const INT *asked, int protocol)
{
    if (asked == NULL)
        return true;
    for (; *asked != 0; asked++)
        if (*asked == protocol)
            return true;
    return false;
}

static int protocols_list(const INT *asked, void *buffer, DWORD *length, bool wide)
{
    DWORD size = wide ? sizeof(WSAPROTOCOL_INFOW) : sizeof(WSAPROTOCOL_INFOA), needed = 0;
    int count = 0;
    if (!winsock_ready())
        return SOCKET_ERROR;
    if (length == NULL)
        return winsock_fail(WSAEFAULT);
    for (int i = 0; i < PROTOCOL_COUNT; i++)
        needed += protocol_is_asked(asked, protocols[i].protocol) ? size : 0;
    if (*length < needed || (buffer == NULL && needed != 0)) {
        *length = needed;
        return winsock_fail(WSAENOBUFS);
    }
    for (int i = 0; i < PROTOCOL_COUNT; i++) {
        WSAPROTOCOL_INFOW info;
        if (!protocol_is_asked(asked, protocols[i].protocol))
            continue;
        winsock_protocol(protocols[i].family, protocols[i].type, &info);
        if (wide)
            ((WSAPROTOCOL_INFOW *)buffer)[count++] = info;
        else
            winsock_protocol_narrow(&info, &((WSAPROTOCOL_INFOA *)buffer)[count++]);
    }
    return count;
}

int WSAAPI WSAEnumProtocolsA(LPINT asked, LPWSAPROTOCOL_INFOA buffer, LPDWORD length)
{
    return protocols_list(asked, buffer, length, false);
}

int WSAAPI WSAEnumProtocolsW(LPINT asked, LPWSAPROTOCOL_INFOW buffer, LPDWORD length)
{
    return protocols_list(asked, buffer, length, true);
}
