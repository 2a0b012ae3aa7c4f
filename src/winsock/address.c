/* SPDX-License-Identifier: MIT */
/* Addresses as text, byte order. The forms are read and written here (winsock/text.c); Winsock's
 * calls add their argument rules. None of inet_* needs WSAStartup but the ones that say so. */
#include "winsock/winsock.h"

#include <string.h>

#include "winsock/text.h"
#include "ws2tcpip.h"

const IN6_ADDR in6addr_any;
const IN6_ADDR in6addr_loopback = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};

u_long WSAAPI htonl(u_long value)
{
    return __builtin_bswap32(value);
}

u_long WSAAPI ntohl(u_long value)
{
    return __builtin_bswap32(value);
}

u_short WSAAPI htons(u_short value)
{
    return __builtin_bswap16(value);
}

u_short WSAAPI ntohs(u_short value)
{
    return __builtin_bswap16(value);
}

static bool order_check(SOCKET s, const void *out)
{
    struct file *file = socket_hold(s);
    if (file == NULL)
        return false;
    socket_release(file);
    if (out == NULL)
        winsock_fail(WSAEFAULT);
    return out != NULL;
}

int WSAAPI WSAHtonl(SOCKET s, u_long value, u_long *out)
{
    if (!order_check(s, out))
        return SOCKET_ERROR;
    *out = htonl(value);
    return 0;
}

int WSAAPI WSANtohl(SOCKET s, u_long value, u_long *out)
{
    return WSAHtonl(s, value, out);
}

int WSAAPI WSAHtons(SOCKET s, u_short value, u_short *out)
{
    if (!order_check(s, out))
        return SOCKET_ERROR;
    *out = htons(value);
    return 0;
}

int WSAAPI WSANtohs(SOCKET s, u_short value, u_short *out)
{
    return WSAHtons(s, value, out);
}

ULONG WSAAPI inet_addr(const char *text)
{
    uint32_t address;
    return text != NULL && text_read_v4_loose(text, &address) ? address : INADDR_NONE;
}

char *WSAAPI inet_ntoa(struct in_addr address)
{
    static __thread char text[TEXT_V4_MAX];
    text_write_v4((const uint8_t *)&address, text);
    return text;
}

INT WSAAPI inet_pton(INT family, LPCSTR text, PVOID address)
{
    if (family != AF_INET && family != AF_INET6)
        return winsock_fail(WSAEAFNOSUPPORT);
    if (text == NULL || address == NULL)
        return winsock_fail(WSAEFAULT);
    return family == AF_INET ? text_read_v4(text, address) : text_read_v6(text, address);
}

LPCSTR WSAAPI inet_ntop(INT family, LPCVOID address, LPSTR text, size_t room)
{
    char full[TEXT_V6_MAX];
    if (family != AF_INET && family != AF_INET6) {
        winsock_fail(WSAEAFNOSUPPORT);
        return NULL;
    }
    if (family == AF_INET)
        text_write_v4(address, full);
    else
        text_write_v6(address, full);
    if (strlen(full) >= room || text == NULL) {
        winsock_fail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return strcpy(text, full);
}

INT WSAAPI InetPtonW(INT family, LPCWSTR text, PVOID address)
{
    char narrow[TEXT_SOCKET_MAX];
    if (text == NULL)
        return winsock_fail(WSAEFAULT);
    return text_narrow(text, narrow, sizeof narrow) ? inet_pton(family, narrow, address) : 0;
}

LPCWSTR WSAAPI InetNtopW(INT family, LPCVOID address, LPWSTR text, size_t room)
{
    char narrow[TEXT_V6_MAX];
    if (inet_ntop(family, address, narrow, sizeof narrow) == NULL)
        return NULL;
    if (strlen(narrow) >= room || text == NULL) {
        winsock_fail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    text_widen(narrow, text);
    return text;
}

/* ---- With ports: a.b.c.d:port, [v6%scope]:port
 * ------------------------------------------------------------- */

static int address_text(const SOCKADDR *address, DWORD length, char *text)
{
    if (address == NULL)
        return winsock_fail(WSAEFAULT);
    if (address->sa_family == AF_INET && length >= sizeof(SOCKADDR_IN)) {
        const SOCKADDR_IN *v4 = (const SOCKADDR_IN *)(const void *)address;
        text_write_socket_v4((const uint8_t *)&v4->sin_addr, ntohs(v4->sin_port), text);
        return 0;
    }
    if (address->sa_family == AF_INET6 && length >= sizeof(SOCKADDR_IN6)) {
        const SOCKADDR_IN6 *v6 = (const SOCKADDR_IN6 *)(const void *)address;
        text_write_socket_v6((const uint8_t *)&v6->sin6_addr, v6->sin6_scope_id,
                             ntohs(v6->sin6_port), text);
        return 0;
    }
    return winsock_fail(
        address->sa_family == AF_INET || address->sa_family == AF_INET6 ? WSAEFAULT : WSAEINVAL);
}

INT WSAAPI WSAAddressToStringA(LPSOCKADDR address, DWORD length, LPWSAPROTOCOL_INFOA info,
                               LPSTR text, LPDWORD text_length)
{
    char full[TEXT_SOCKET_MAX];
    if (!winsock_ready() || address_text(address, length, full) != 0)
        return SOCKET_ERROR;
    DWORD needed = (DWORD)strlen(full) + 1, room = text_length == NULL ? 0 : *text_length;
    if (text_length != NULL)
        *text_length = needed;
    if (text == NULL || room < needed)
        return winsock_fail(WSAEFAULT);
    memcpy(text, full, needed);
    return 0;
}

INT WSAAPI WSAAddressToStringW(LPSOCKADDR address, DWORD length, LPWSAPROTOCOL_INFOW info,
                               LPWSTR text, LPDWORD text_length)
{
    char full[TEXT_SOCKET_MAX];
    if (!winsock_ready() || address_text(address, length, full) != 0)
        return SOCKET_ERROR;
    DWORD needed = (DWORD)strlen(full) + 1, room = text_length == NULL ? 0 : *text_length;
    if (text_length != NULL)
        *text_length = needed;
    if (text == NULL || room < needed)
        return winsock_fail(WSAEFAULT);
    text_widen(full, text);
    return 0;
}

INT WSAAPI WSAStringToAddressA(LPSTR text, INT family, LPWSAPROTOCOL_INFOA info, LPSOCKADDR address,
                               LPINT length)
{
    uint16_t port;
    uint32_t scope;
    if (!winsock_ready())
        return SOCKET_ERROR;
    if (text == NULL || address == NULL || length == NULL)
        return winsock_fail(WSAEFAULT);
    if (family != AF_INET && family != AF_INET6)
        return winsock_fail(WSAEINVAL);
    INT needed = family == AF_INET ? (INT)sizeof(SOCKADDR_IN) : (INT)sizeof(SOCKADDR_IN6);
    if (*length < needed) {
        *length = needed;
        return winsock_fail(WSAEFAULT);
    }
    *length = needed;
    memset(address, 0, (size_t)needed);
    address->sa_family = (ADDRESS_FAMILY)family;
    if (family == AF_INET) {
        SOCKADDR_IN *v4 = (SOCKADDR_IN *)(void *)address;
        if (!text_read_socket_v4(text, (uint8_t *)&v4->sin_addr, &port))
            return winsock_fail(WSAEINVAL);
        v4->sin_port = htons(port);
        return 0;
    }
    SOCKADDR_IN6 *v6 = (SOCKADDR_IN6 *)(void *)address;
    if (!text_read_socket_v6(text, (uint8_t *)&v6->sin6_addr, &scope, &port))
        return winsock_fail(WSAEINVAL);
    v6->sin6_port = htons(port);
    v6->sin6_scope_id = scope;
    return 0;
}

INT WSAAPI WSAStringToAddressW(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW info,
                               LPSOCKADDR address, LPINT length)
{
    char narrow[TEXT_SOCKET_MAX];
    if (!winsock_ready())
        return SOCKET_ERROR;
    if (text == NULL)
        return winsock_fail(WSAEFAULT);
    if (!text_narrow(text, narrow, sizeof narrow))
        return winsock_fail(WSAEINVAL);
    return WSAStringToAddressA(narrow, family, NULL, address, length);
}
