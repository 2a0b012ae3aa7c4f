/* SPDX-License-Identifier: MIT */
/* Names: getaddrinfo and getnameinfo in both character sets over one resolver. A look-up may sleep
 * for seconds; the thread's port counts it as blocked meanwhile. */
#include "drivers/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "winsock/winsock.h"
#include "ws2tcpip.h"

enum { NAME_MAX_BYTES = 3 * NI_MAXHOST };

static const uint32_t errors[] = {
    [RESOLVE_OK] = 0,
    [RESOLVE_AGAIN] = WSATRY_AGAIN,
    [RESOLVE_BAD_FLAGS] = WSAEINVAL,
    [RESOLVE_FAILED] = WSANO_RECOVERY,
    [RESOLVE_BAD_FAMILY] = WSAEAFNOSUPPORT,
    [RESOLVE_NO_MEMORY] = WSA_NOT_ENOUGH_MEMORY,
    [RESOLVE_NO_NAME] = WSAHOST_NOT_FOUND,
    [RESOLVE_NO_SERVICE] = WSATYPE_NOT_FOUND,
    [RESOLVE_BAD_TYPE] = WSAESOCKTNOSUPPORT,
    [RESOLVE_TOO_SMALL] = ERROR_INSUFFICIENT_BUFFER,
};

/* These calls return the error and set it too. */
static int resolve_answer(uint32_t error)
{
    if (error != 0)
        winsock_fail(error);
    return (int)error;
}

static uint32_t look_up(const struct resolve_request *request, struct resolved **list)
{
    struct thread *self = thread_self();
    port_thread_blocks(self);
    enum resolve_error error = resolve_name(request, list);
    port_thread_resumes(self);
    return errors[error];
}

/* ADDRINFOA and ADDRINFOW differ only in what ai_canonname points to. */
static uint32_t info_copy(const struct resolved *list, int flags, bool wide, ADDRINFOA **result)
{
    *result = NULL;
    ADDRINFOA **end = result;
    for (const struct resolved *from = list; from != NULL; from = from->next) {
        size_t name = strlen(from->canonical) + 1;
        size_t address = (size_t)from->length;
        ADDRINFOA *info = calloc(1, sizeof *info + 32 + (wide ? 2 * name : name));
        if (info == NULL) {
            freeaddrinfo(*result);
            *result = NULL;
            return WSA_NOT_ENOUGH_MEMORY;
        }
        info->ai_flags = flags;
        info->ai_family = from->family;
        info->ai_socktype = from->type;
        info->ai_protocol = from->protocol;
        info->ai_addrlen = address;
        info->ai_addr = (struct sockaddr *)(void *)(info + 1);
        memcpy(info->ai_addr, from->address, address);
        char *canonical = (char *)(info + 1) + 32;
        if (name > 1) {
            info->ai_canonname = canonical;
            if (wide)
                utf16_from_utf8((char16_t *)(void *)canonical, name, from->canonical, name);
            else
                memcpy(canonical, from->canonical, name);
        }
        *end = info;
        end = &info->ai_next;
    }
    return 0;
}

/* The hints' structure is the same for both character sets as far as they may be filled. */
static uint32_t info_get(const char *node, const char *service, const ADDRINFOA *hints, bool wide,
                         ADDRINFOA **result)
{
    struct resolve_request request = {.node = node, .service = service};
    struct resolved *list;
    if (!winsock_ready())
        return WSANOTINITIALISED;
    if (result == NULL)
        return WSAEINVAL;
    *result = NULL;
    if (node == NULL && service == NULL)
        return WSAHOST_NOT_FOUND;
    if (hints != NULL) {
        if (hints->ai_addrlen != 0 || hints->ai_canonname != NULL || hints->ai_addr != NULL ||
            hints->ai_next != NULL)
            return WSANO_RECOVERY; /* they must be zero, as documented */
        request.flags = hints->ai_flags;
        request.family = hints->ai_family;
        request.type = hints->ai_socktype;
        request.protocol = hints->ai_protocol;
    }
    char own[NAME_MAX_BYTES];
    if (node != NULL && *node == '\0') { /* this machine */
        if (resolve_own_name(own, sizeof own) != 0)
            return WSANO_RECOVERY;
        request.node = own;
    }
    uint32_t error = look_up(&request, &list);
    if (error == 0)
        error = info_copy(list, request.flags, wide, result);
    resolve_free(list);
    return error;
}

int WSAAPI getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **result)
{
    return resolve_answer(info_get(node, service, hints, false, result));
}

void WSAAPI freeaddrinfo(LPADDRINFO info)
{
    while (info != NULL) {
        LPADDRINFO next = info->ai_next;
        free(info);
        info = next;
    }
}

/* false: it does not fit, so nothing has this name. NULL stays NULL. */
static bool name_narrow(const WCHAR *from, char *to, size_t room, const char **out)
{
    *out = NULL;
    if (from == NULL)
        return true;
    size_t length = utf16_length(from), bytes = utf8_from_utf16(to, room - 1, from, length);
    if (bytes >= room)
        return false;
    to[bytes] = '\0';
    *out = to;
    return true;
}

int WSAAPI GetAddrInfoW(PCWSTR node, PCWSTR service, const ADDRINFOW *hints, PADDRINFOW *result)
{
    char node_room[NAME_MAX_BYTES], service_room[NAME_MAX_BYTES];
    const char *narrow_node, *narrow_service;
    if (!name_narrow(node, node_room, sizeof node_room, &narrow_node) ||
        !name_narrow(service, service_room, sizeof service_room, &narrow_service))
        return resolve_answer(WSAHOST_NOT_FOUND);
    return resolve_answer(info_get(narrow_node, narrow_service, (const ADDRINFOA *)hints, true,
                                   (ADDRINFOA **)result));
}

void WSAAPI FreeAddrInfoW(PADDRINFOW info)
{
    freeaddrinfo((ADDRINFOA *)info);
}

static uint32_t name_get(const SOCKADDR *address, int length, char *host, size_t host_size,
                         char *service, size_t service_size, int flags)
{
    if (!winsock_ready())
        return WSANOTINITIALISED;
    struct thread *self = thread_self();
    port_thread_blocks(self);
    enum resolve_error error =
        resolve_address(address, length, host, host_size, service, service_size, flags);
    port_thread_resumes(self);
    return error == RESOLVE_BAD_FAMILY && address == NULL ? WSAEFAULT : errors[error];
}

int WSAAPI getnameinfo(const struct sockaddr *address, socklen_t length, char *host,
                       DWORD host_size, char *service, DWORD service_size, int flags)
{
    return resolve_answer(name_get(address, length, host, host == NULL ? 0 : host_size, service,
                                   service == NULL ? 0 : service_size, flags));
}

static bool name_widen(const char *from, WCHAR *to, DWORD room)
{
    if (to == NULL || room == 0)
        return true;
    size_t length = strlen(from), units = utf16_from_utf8(to, room, from, length);
    if (units >= room)
        return false;
    to[units] = 0;
    return true;
}

INT WSAAPI GetNameInfoW(const SOCKADDR *address, socklen_t length, PWCHAR host, DWORD host_size,
                        PWCHAR service, DWORD service_size, INT flags)
{
    char narrow_host[NAME_MAX_BYTES] = "", narrow_service[NAME_MAX_BYTES] = "";
    bool wants_host = host != NULL && host_size != 0,
         wants_service = service != NULL && service_size != 0;
    uint32_t error = name_get(address, length, narrow_host, wants_host ? sizeof narrow_host : 0,
                              narrow_service, wants_service ? sizeof narrow_service : 0, flags);
    if (error == 0 && (!name_widen(narrow_host, host, host_size) ||
                       !name_widen(narrow_service, service, service_size)))
        error = ERROR_INSUFFICIENT_BUFFER;
    return resolve_answer(error);
}

static const struct {
    int code;
    const char *text;
} texts[] = {
    {0, "Success"},
    {WSATRY_AGAIN, "A temporary failure in name resolution occurred"},
    {WSAEINVAL, "An invalid value was provided for the flags"},
    {WSANO_RECOVERY, "A nonrecoverable failure in name resolution occurred"},
    {WSAEAFNOSUPPORT, "The address family is not supported"},
    {WSA_NOT_ENOUGH_MEMORY, "A memory allocation failure occurred"},
    {WSAHOST_NOT_FOUND, "The name does not resolve for the supplied parameters"},
    {WSATYPE_NOT_FOUND, "The service is not supported for the specified socket type"},
    {WSAESOCKTNOSUPPORT, "The socket type is not supported"},
};

char *WSAAPI gai_strerrorA(int code)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].code == code)
            return (char *)texts[i].text;
    return (char *)"Unknown error in name resolution";
}

WCHAR *WSAAPI gai_strerrorW(int code)
{
    static __thread char16_t text[96];
    const char *narrow = gai_strerrorA(code);
    size_t units = utf16_from_utf8(text, 95, narrow, strlen(narrow));
    text[units] = 0;
    return text;
}
