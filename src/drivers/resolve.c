/* SPDX-License-Identifier: MIT */
/* getaddrinfo and its family below winsock/resolve.c: numbers and address families are translated
 * here, where libc's headers may be seen. */
#include "drivers/resolve.h"

#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/afd_socket.h"

static const int flag_rows[][2] = {
    {RESOLVE_PASSIVE, AI_PASSIVE},
    {RESOLVE_CANONICAL, AI_CANONNAME},
    {RESOLVE_NUMERIC_HOST, AI_NUMERICHOST},
    {RESOLVE_NUMERIC_SERVICE, AI_NUMERICSERV},
    {RESOLVE_ALL, AI_ALL},
    {RESOLVE_CONFIGURED, AI_ADDRCONFIG},
    {RESOLVE_MAPPED, AI_V4MAPPED},
};

static const int name_flag_rows[][2] = {
    {RESOLVE_NAME_SHORT, NI_NOFQDN},      {RESOLVE_NAME_NUMERIC_HOST, NI_NUMERICHOST},
    {RESOLVE_NAME_REQUIRED, NI_NAMEREQD}, {RESOLVE_NAME_NUMERIC_SERVICE, NI_NUMERICSERV},
    {RESOLVE_NAME_DATAGRAM, NI_DGRAM},
};

static int flags_translate(const int rows[][2], size_t count, int flags)
{
    int out = 0;
    for (size_t i = 0; i < count; i++)
        if (flags & rows[i][0])
            out |= rows[i][1];
    return out;
}

#define TRANSLATE(rows, flags) flags_translate(rows, sizeof rows / sizeof *rows, flags)

static enum resolve_error error_translate(int error)
{
    switch (error) {
    case 0:
        return RESOLVE_OK;
    case EAI_AGAIN:
        return RESOLVE_AGAIN;
    case EAI_BADFLAGS:
        return RESOLVE_BAD_FLAGS;
    case EAI_FAMILY:
        return RESOLVE_BAD_FAMILY;
    case EAI_MEMORY:
        return RESOLVE_NO_MEMORY;
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return RESOLVE_NO_NAME;
    case EAI_SERVICE:
        return RESOLVE_NO_SERVICE;
    case EAI_SOCKTYPE:
        return RESOLVE_BAD_TYPE;
    case EAI_OVERFLOW:
        return RESOLVE_TOO_SMALL;
    default:
        return RESOLVE_FAILED;
    }
}

static struct resolved *resolved_new(const struct addrinfo *info)
{
    size_t room = info->ai_canonname == NULL ? 1 : strlen(info->ai_canonname) + 1;
    struct resolved *entry = calloc(1, sizeof *entry + room);
    if (entry == NULL)
        return NULL;
    struct afd_address address = {.length = info->ai_addrlen};
    memcpy(&address.any, info->ai_addr, info->ai_addrlen);
    entry->family = info->ai_family == AF_INET6 ? AFD_IPV6 : AFD_IPV4;
    entry->type = info->ai_socktype;
    entry->protocol = info->ai_protocol;
    entry->length = afd_address_write(&address, entry->address, sizeof entry->address);
    if (info->ai_canonname != NULL)
        memcpy(entry->canonical, info->ai_canonname, room);
    return entry;
}

void resolve_free(struct resolved *list)
{
    while (list != NULL) {
        struct resolved *next = list->next;
        free(list);
        list = next;
    }
}

static int family_from_windows(int family)
{
    return family == AFD_IPV6   ? AF_INET6
           : family == AFD_IPV4 ? AF_INET
           : family == 0        ? AF_UNSPEC
                                : -1;
}

enum resolve_error resolve_name(const struct resolve_request *request, struct resolved **list)
{
    struct addrinfo hints = {.ai_flags = TRANSLATE(flag_rows, request->flags),
                             .ai_family = family_from_windows(request->family),
                             .ai_socktype = request->type,
                             .ai_protocol = request->protocol};
    struct addrinfo *found = NULL;
    *list = NULL;
    if (hints.ai_family < 0)
        return RESOLVE_BAD_FAMILY;
    int error = getaddrinfo(request->node, request->service, &hints, &found);
    if (error != 0)
        return error_translate(error);
    struct resolved **end = list;
    for (const struct addrinfo *info = found; info != NULL; info = info->ai_next) {
        if (info->ai_family != AF_INET && info->ai_family != AF_INET6)
            continue;
        if ((*end = resolved_new(info)) == NULL) {
            freeaddrinfo(found);
            resolve_free(*list);
            *list = NULL;
            return RESOLVE_NO_MEMORY;
        }
        end = &(*end)->next;
    }
    freeaddrinfo(found);
    return *list == NULL ? RESOLVE_NO_NAME : RESOLVE_OK;
}

enum resolve_error resolve_address(const void *bytes, int32_t length, char *host, size_t host_size,
                                   char *service, size_t service_size, int flags)
{
    struct afd_address address;
    uint16_t family = 0;
    if (bytes == NULL || length < (int32_t)sizeof family)
        return RESOLVE_BAD_FAMILY;
    memcpy(&family, bytes, sizeof family);
    if (family_from_windows(family) <= 0 ||
        afd_address_read(&address, bytes, length, family_from_windows(family)) != 0)
        return RESOLVE_BAD_FAMILY;
    int error = getnameinfo(&address.any, address.length, host, (socklen_t)host_size, service,
                            (socklen_t)service_size, TRANSLATE(name_flag_rows, flags));
    return error_translate(error);
}

int resolve_own_name(char *name, size_t size)
{
    char full[HOST_NAME_MAX + 1];
    if (gethostname(full, sizeof full) != 0 || strlen(full) >= size)
        return -1;
    strcpy(name, full);
    return 0;
}

static void text_copy(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size - 1);
    memcpy(to, from, length);
    to[length] = '\0';
}

int resolve_service(const char *name, const char *protocol, int *port, char *found_protocol,
                    size_t size)
{
    struct servent entry, *found = NULL;
    char room[1024];
    if (getservbyname_r(name, protocol, &entry, room, sizeof room, &found) != 0 || found == NULL)
        return 0;
    *port = ntohs((uint16_t)entry.s_port);
    text_copy(found_protocol, size, entry.s_proto);
    return 1;
}

int resolve_port(int port, const char *protocol, char *name, size_t size, char *found_protocol,
                 size_t protocol_size)
{
    struct servent entry, *found = NULL;
    char room[1024];
    if (getservbyport_r(htons((uint16_t)port), protocol, &entry, room, sizeof room, &found) != 0 ||
        found == NULL)
        return 0;
    text_copy(name, size, entry.s_name);
    text_copy(found_protocol, protocol_size, entry.s_proto);
    return 1;
}
