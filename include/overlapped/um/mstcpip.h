/* SPDX-License-Identifier: MIT */
/* Keep-alive by WSAIoctl. */
#ifndef _MSTCPIP_
#define _MSTCPIP_
#include "winsock2.h"
#include "ws2ipdef.h"

struct tcp_keepalive {
    ULONG onoff;
    ULONG keepalivetime;
    ULONG keepaliveinterval;
};
#ifndef SIO_KEEPALIVE_VALS
#define SIO_KEEPALIVE_VALS _WSAIOW(IOC_VENDOR, 4)
#endif
#ifndef SIO_LOOPBACK_FAST_PATH
#define SIO_LOOPBACK_FAST_PATH _WSAIOW(IOC_VENDOR, 16)
#endif
#define SIO_RCVALL _WSAIOW(IOC_VENDOR, 1)

#endif
