/* SPDX-License-Identifier: MIT */
/* Names that Microsoft's kit keeps in ws2def.h: scopes of IPv6 addresses, addrinfo. */
#ifndef _WS2DEF_
#define _WS2DEF_
#include "winsock2.h"
#include "in6addr.h"

typedef struct _SCOPE_ID {
    union {
        struct {
            ULONG Zone : 28;
            ULONG Level : 4;
        };
        ULONG Value;
    };
} SCOPE_ID, *PSCOPE_ID;
#define AI_PASSIVE                0x00000001
#define NI_NOFQDN                 0x00000001
#define AI_CANONNAME              0x00000002
#define NI_NUMERICHOST            0x00000002
#define AI_NUMERICHOST            0x00000004
#define NI_NAMEREQD               0x00000004
#define AI_NUMERICSERV            0x00000008
#define NI_NUMERICSERV            0x00000008
#define NI_DGRAM                  0x00000010
#define NI_MAXSERV                0x00000020
#define AI_ALL                    0x00000100
#define AI_ADDRCONFIG             0x00000400
#define NI_MAXHOST                0x00000401
#define AI_V4MAPPED               0x00000800
#define AI_NON_AUTHORITATIVE      0x00004000
#define AI_SECURE                 0x00008000
#define AI_RETURN_PREFERRED_NAMES 0x00010000
#define AI_FQDN                   0x00020000
#define AI_FILESERVER             0x00040000
#define AI_DISABLE_IDN_ENCODING   0x00080000

typedef struct addrinfo {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    size_t ai_addrlen;
    char *ai_canonname;
    struct sockaddr *ai_addr;
    struct addrinfo *ai_next;
} ADDRINFOA, *PADDRINFOA;
typedef struct addrinfoW {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    size_t ai_addrlen;
    PWSTR ai_canonname;
    struct sockaddr *ai_addr;
    struct addrinfoW *ai_next;
} ADDRINFOW, *PADDRINFOW;
#ifdef UNICODE
typedef ADDRINFOW ADDRINFOT, *PADDRINFOT;
#else
typedef ADDRINFOA ADDRINFOT, *PADDRINFOT;
#endif
typedef ADDRINFOA ADDRINFO, *LPADDRINFO;

#endif
