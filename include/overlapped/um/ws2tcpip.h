/* SPDX-License-Identifier: MIT */
/* Names and addresses as text, for IPv4 and IPv6. */
#ifndef _WS2TCPIP_H_
#define _WS2TCPIP_H_
#include "winsock2.h"
#include "ws2ipdef.h"

typedef int socklen_t;
#define EAI_AGAIN    WSATRY_AGAIN
#define EAI_BADFLAGS WSAEINVAL
#define EAI_FAIL     WSANO_RECOVERY
#define EAI_FAMILY   WSAEAFNOSUPPORT
#define EAI_MEMORY   WSA_NOT_ENOUGH_MEMORY
#define EAI_NONAME   WSAHOST_NOT_FOUND
#define EAI_NODATA   EAI_NONAME
#define EAI_SERVICE  WSATYPE_NOT_FOUND
#define EAI_SOCKTYPE WSAESOCKTNOSUPPORT

OVL_BEGIN_C

int WSAAPI getaddrinfo(const char *nodename, const char *servname, const struct addrinfo *hints,
                       struct addrinfo **res) OVL_SYMBOL(ovl_ws_getaddrinfo);
int WSAAPI getnameinfo(const struct sockaddr *sa, socklen_t salen, char *host, DWORD hostlen,
                       char *serv, DWORD servlen, int flags) OVL_SYMBOL(ovl_ws_getnameinfo);
void WSAAPI freeaddrinfo(LPADDRINFO pAddrInfo) OVL_SYMBOL(ovl_ws_freeaddrinfo);
INT WSAAPI inet_pton(INT Family, LPCSTR pStringBuf, PVOID pAddr) OVL_SYMBOL(ovl_ws_inet_pton);
LPCSTR WSAAPI inet_ntop(INT Family, LPCVOID pAddr, LPSTR pStringBuf, size_t StringBufSize)
    OVL_SYMBOL(ovl_ws_inet_ntop);
int WSAAPI GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
                        PADDRINFOW *ppResult);
INT WSAAPI GetNameInfoW(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PWCHAR pNodeBuffer,
                        DWORD NodeBufferSize, PWCHAR pServiceBuffer, DWORD ServiceBufferSize,
                        INT Flags);
void WSAAPI FreeAddrInfoW(PADDRINFOW pAddrInfo);
INT WSAAPI InetPtonW(INT Family, LPCWSTR pStringBuf, PVOID pAddr);
LPCWSTR WSAAPI InetNtopW(INT Family, LPCVOID pAddr, LPWSTR pStringBuf, size_t StringBufSIze);

char *WSAAPI gai_strerrorA(int ecode) OVL_SYMBOL(ovl_ws_gai_strerror);
WCHAR *WSAAPI gai_strerrorW(int ecode) OVL_SYMBOL(ovl_ws_gai_strerrorW);

OVL_END_C

#define GetAddrInfoA  getaddrinfo
#define GetNameInfoA  getnameinfo
#define FreeAddrInfoA freeaddrinfo
#define InetPtonA     inet_pton
#define InetNtopA     inet_ntop
#ifdef UNICODE
#define GetAddrInfo  GetAddrInfoW
#define GetNameInfo  GetNameInfoW
#define FreeAddrInfo FreeAddrInfoW
#define InetPton     InetPtonW
#define InetNtop     InetNtopW
#define gai_strerror gai_strerrorW
#else
#define GetAddrInfo  GetAddrInfoA
#define GetNameInfo  GetNameInfoA
#define FreeAddrInfo FreeAddrInfoA
#define InetPton     InetPtonA
#define InetNtop     InetNtopA
#define gai_strerror gai_strerrorA
#endif

#endif
