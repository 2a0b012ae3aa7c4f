/* SPDX-License-Identifier: MIT */
/* Winsock 1's databases: hosts, services, protocols. Each thread has one structure of each kind,
 * which its next call overwrites, as documented. */
#include <stdlib.h>
#include <string.h>

#include "drivers/resolve.h"
#include "winsock/winsock.h"
#include "ws2tcpip.h"

enum { ADDRESSES_MAX = 32, TEXT_ROOM = 256 };

static __thread struct {
    struct hostent host;
    char host_name[3 * NI_MAXHOST];
    struct in_addr addresses[ADDRESSES_MAX];
    char *address_list[ADDRESSES_MAX + 1];
    struct servent service;
    char service_name[TEXT_ROOM], service_protocol[TEXT_ROOM];
    struct protoent protocol;
    char *nothing[1];
} mine;

int WSAAPI gethostname(char *name, int length)
{
    if (!winsock_ready())
        return SOCKET_ERROR;
    if (name == NULL || length <= 0 || resolve_own_name(name, (size_t)length) != 0)
        return winsock_fail(WSAEFAULT);
    return 0;
}

static struct hostent *host_fill(const char *name, int count)
{
    if (name != mine.host_name)
        strncpy(mine.host_name, name, sizeof mine.host_name - 1);
    for (int i = 0; i < count; i++)
        mine.address_list[i] = (char *)&mine.addresses[i];
    mine.address_list[count] = NULL;
    mine.host = (struct hostent){.h_name = mine.host_name,
                                 .h_aliases = mine.nothing,
                                 .h_addrtype = AF_INET,
                                 .h_length = sizeof *mine.addresses,
                                 .h_addr_list = mine.address_list};
    return &mine.host;
}

struct hostent *WSAAPI gethostbyname(const char *name)
{
    struct addrinfo hints = {
        .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME};
    struct addrinfo *list;
    int count = 0;
    int error = getaddrinfo(name == NULL ? "" : name, NULL, &hints, &list);
    if (error != 0)
        return NULL;
    for (const struct addrinfo *info = list; info != NULL && count < ADDRESSES_MAX;
         info = info->ai_next)
        mine.addresses[count++] = ((const SOCKADDR_IN *)(const void *)info->ai_addr)->sin_addr;
    struct hostent *host = host_fill(list->ai_canonname != NULL ? list->ai_canonname
                                     : name == NULL             ? ""
                                                                : name,
                                     count);
    freeaddrinfo(list);
    return host;
}

struct hostent *WSAAPI gethostbyaddr(const char *address, int length, int type)
{
    SOCKADDR_IN v4 = {.sin_family = AF_INET};
    if (!winsock_ready())
        return NULL;
    if (address == NULL || type != AF_INET || length != sizeof v4.sin_addr) {
        winsock_fail(address == NULL ? WSAEFAULT : WSAEAFNOSUPPORT);
        return NULL;
    }
    memcpy(&v4.sin_addr, address, sizeof v4.sin_addr);
    if (getnameinfo((struct sockaddr *)&v4, sizeof v4, mine.host_name, sizeof mine.host_name, NULL,
                    0, NI_NAMEREQD) != 0)
        return NULL;
    mine.addresses[0] = v4.sin_addr;
    return host_fill(mine.host_name, 1);
}

static struct servent *service_answer(int found, int port)
{
    if (!found) {
        winsock_fail(WSANO_DATA);
        return NULL;
    }
    mine.service = (struct servent){.s_name = mine.service_name,
                                    .s_aliases = mine.nothing,
                                    .s_proto = mine.service_protocol,
                                    .s_port = (short)htons((u_short)port)};
    return &mine.service;
}

struct servent *WSAAPI getservbyname(const char *name, const char *protocol)
{
    int port = 0;
    if (!winsock_ready())
        return NULL;
    if (name == NULL || strlen(name) >= TEXT_ROOM) {
        winsock_fail(WSAEINVAL);
        return NULL;
    }
    int found = resolve_service(name, protocol, &port, mine.service_protocol, TEXT_ROOM);
    strcpy(mine.service_name, name);
    return service_answer(found, port);
}

struct servent *WSAAPI getservbyport(int port, const char *protocol)
{
    if (!winsock_ready())
        return NULL;
    int host_order = ntohs((u_short)port);
    int found = resolve_port(host_order, protocol, mine.service_name, TEXT_ROOM,
                             mine.service_protocol, TEXT_ROOM);
    return service_answer(found, host_order);
}

static const struct {
    const char *name;
    short number;
} protocols[] = {{"ip", IPPROTO_IP},           {"icmp", IPPROTO_ICMP}, {"igmp", IPPROTO_IGMP},
                 {"tcp", IPPROTO_TCP},         {"udp", IPPROTO_UDP},   {"ipv6", IPPROTO_IPV6},
                 {"ipv6-icmp", IPPROTO_ICMPV6}};

static struct protoent *protocol_find(const char *name, int number)
{
    if (!winsock_ready())
        return NULL;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        if (name != NULL ? strcmp(protocols[i].name, name) != 0 : protocols[i].number != number)
            continue;
        mine.protocol = (struct protoent){.p_name = (char *)protocols[i].name,
                                          .p_aliases = mine.nothing,
                                          .p_proto = protocols[i].number};
        return &mine.protocol;
    }
    winsock_fail(WSANO_DATA);
    return NULL;
}

struct protoent *WSAAPI getprotobyname(const char *name)
{
    return protocol_find(name == NULL ? "" : name, 0);
}

struct protoent *WSAAPI getprotobynumber(int number)
{
    return protocol_find(NULL, number);
}
