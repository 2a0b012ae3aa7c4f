/* SPDX-License-Identifier: MIT */
/* IPv6 socket addresses, and options of the IP levels. */
#ifndef _WS2IPDEF_
#define _WS2IPDEF_
#include "winsock2.h"
#include "ws2def.h"
#include "in6addr.h"

typedef struct sockaddr_in6 {
    ADDRESS_FAMILY sin6_family;
    USHORT sin6_port;
    ULONG sin6_flowinfo;
    IN6_ADDR sin6_addr;
    union {
        ULONG sin6_scope_id;
        SCOPE_ID sin6_scope_struct;
    };
} SOCKADDR_IN6, SOCKADDR_IN6_LH, *PSOCKADDR_IN6, *PSOCKADDR_IN6_LH, *LPSOCKADDR_IN6;
OVL_STATIC_ASSERT(sizeof(SOCKADDR_IN6) == 28, "SOCKADDR_IN6 has Windows' size");
typedef union _SOCKADDR_INET {
    SOCKADDR_IN Ipv4;
    SOCKADDR_IN6 Ipv6;
    ADDRESS_FAMILY si_family;
} SOCKADDR_INET, *PSOCKADDR_INET;
typedef struct ip_mreq {
    IN_ADDR imr_multiaddr;
    IN_ADDR imr_interface;
} IP_MREQ, *PIP_MREQ;
typedef struct ipv6_mreq {
    IN6_ADDR ipv6mr_multiaddr;
    ULONG ipv6mr_interface;
} IPV6_MREQ, *PIPV6_MREQ;

#define IPV6_HOPOPTS           0x00000001
#define IP_OPTIONS             0x00000001
#define IPV6_HDRINCL           0x00000002
#define IP_HDRINCL             0x00000002
#define TCP_EXPEDITED_1122     0x00000002
#define IP_TOS                 0x00000003
#define IPV6_UNICAST_HOPS      0x00000004
#define IP_TTL                 0x00000004
#define IPV6_MULTICAST_IF      0x00000009
#define IP_MULTICAST_IF        0x00000009
#define IPV6_MULTICAST_HOPS    0x0000000A
#define IP_MULTICAST_TTL       0x0000000A
#define IPV6_MULTICAST_LOOP    0x0000000B
#define IP_MULTICAST_LOOP      0x0000000B
#define IPV6_ADD_MEMBERSHIP    0x0000000C
#define IPV6_JOIN_GROUP        0x0000000C
#define IP_ADD_MEMBERSHIP      0x0000000C
#define IPV6_DROP_MEMBERSHIP   0x0000000D
#define IPV6_LEAVE_GROUP       0x0000000D
#define IP_DROP_MEMBERSHIP     0x0000000D
#define IPV6_DONTFRAG          0x0000000E
#define IP_DONTFRAGMENT        0x0000000E
#define IPV6_PKTINFO           0x00000013
#define IP_PKTINFO             0x00000013
#define IPV6_HOPLIMIT          0x00000015
#define INET_ADDRSTRLEN        0x00000016
#define IP_RECEIVE_BROADCAST   0x00000016
#define IPV6_CHECKSUM          0x0000001A
#define IPV6_V6ONLY            0x0000001B
#define IPV6_UNICAST_IF        0x0000001F
#define IP_UNICAST_IF          0x0000001F
#define INET6_ADDRSTRLEN       0x00000041
#define SIO_KEEPALIVE_VALS     0x98000004u
#define SIO_LOOPBACK_FAST_PATH 0x98000010u

#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE 0x00000003
#endif
#ifndef TCP_KEEPCNT
#define TCP_KEEPCNT 0x00000010
#endif
#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL 0x00000011
#endif
#define IN6_ADDR_EQUAL(a, b) (memcmp((a), (b), sizeof(IN6_ADDR)) == 0)
#define IN6ADDR_ANY_INIT                                                                           \
    {                                                                                              \
        {                                                                                          \
            {                                                                                      \
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0                                     \
            }                                                                                      \
        }                                                                                          \
    }
#define IN6ADDR_LOOPBACK_INIT                                                                      \
    {                                                                                              \
        {                                                                                          \
            {                                                                                      \
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1                                     \
            }                                                                                      \
        }                                                                                          \
    }
#define IN6_IS_ADDR_V4MAPPED(a)    (!memcmp((a)->u.Byte, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12))
#define IN6_IS_ADDR_UNSPECIFIED(a) (!memcmp((a)->u.Byte, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16))
#define IN6_IS_ADDR_LOOPBACK(a)    (!memcmp((a)->u.Byte, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16))
#define IN6_IS_ADDR_LINKLOCAL(a)   ((a)->u.Byte[0] == 0xfe && ((a)->u.Byte[1] & 0xc0) == 0x80)
#define IN6_IS_ADDR_MULTICAST(a)   ((a)->u.Byte[0] == 0xff)
#define IPV6_PROTECTION_LEVEL      23

OVL_BEGIN_C
extern const IN6_ADDR in6addr_any OVL_SYMBOL(ovl_ws_in6addr_any);
extern const IN6_ADDR in6addr_loopback OVL_SYMBOL(ovl_ws_in6addr_loopback);
OVL_END_C

#endif
