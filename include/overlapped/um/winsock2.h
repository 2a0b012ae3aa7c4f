/* SPDX-License-Identifier: MIT */
/* Windows Sockets 2. Values and structures are Windows' (AF_INET6 is 23, SOL_SOCKET 0xffff); the
 * library translates. Functions whose names belong to libc are bound by assembler labels to symbols
 * with the prefix ovl_ws_. With the wrappers of crt/ in the include path libc's own declarations of
 * select, fd_set, gethostname and u_long were hidden when its headers were read; without them (the
 * library's own sources) those names are macros from here on. */
#ifndef _WINSOCK2API_
#define _WINSOCK2API_
#ifndef _WINSOCKAPI_
#define _WINSOCKAPI_
#endif
#include <sys/types.h>
#include "minwindef.h"
#include "minwinbase.h"
#include "winerror.h"
#include "guiddef.h"

#ifndef WSAAPI
#define WSAAPI WINAPI
#endif
#define WSAEVENT      HANDLE
#define LPWSAEVENT    LPHANDLE
#define WSAOVERLAPPED OVERLAPPED
typedef struct _OVERLAPPED *LPWSAOVERLAPPED;
#define WSA_INVALID_EVENT       ((WSAEVENT)NULL)
#define WSA_MAXIMUM_WAIT_EVENTS MAXIMUM_WAIT_OBJECTS
#define WSA_WAIT_FAILED         ((DWORD)0xFFFFFFFF)
#define WSA_WAIT_EVENT_0        ((DWORD)0)
#define WSA_WAIT_IO_COMPLETION  ((DWORD)0xC0)
#define WSA_WAIT_TIMEOUT        ((DWORD)258)
#define WSA_INFINITE            0xffffffffu

typedef unsigned int ovl_u_long;
#ifdef OVL_CRT_SYS_TYPES
typedef unsigned int u_long;
#else
#include <unistd.h>
#define u_long      ovl_u_long
#define fd_set      ovl_fd_set
#define select      ovl_ws_select
#define gethostname ovl_ws_gethostname
#define socklen_t   ovl_socklen_t
#undef FD_SETSIZE
#endif
#undef FD_CLR
#undef FD_SET
#undef FD_ZERO
#undef FD_ISSET
typedef UINT_PTR SOCKET;
typedef unsigned int GROUP;
typedef USHORT ADDRESS_FAMILY;
#define INVALID_SOCKET (SOCKET)(~0)
#define SOCKET_ERROR   (-1)
#ifdef _SYS_SOCKET_H
#error "winsock2.h and <sys/socket.h> define the same names: a source file can use one of them"
#endif

#define ADDR_ANY                           0x00000000
#define AF_UNSPEC                          0x00000000
#define BIGENDIAN                          0x00000000
#define CF_ACCEPT                          0x00000000
#define FD_READ_BIT                        0x00000000
#define IOC_UNIX                           0x00000000
#define IPPROTO_HOPOPTS                    0x00000000
#define IPPROTO_IP                         0x00000000
#define LAYERED_PROTOCOL                   0x00000000
#define PF_UNSPEC                          0x00000000
#define SD_RECEIVE                         0x00000000
#define AF_UNIX                            0x00000001
#define BASE_PROTOCOL                      0x00000001
#define CF_REJECT                          0x00000001
#define FD_READ                            0x00000001
#define FD_WRITE_BIT                       0x00000001
#define IPPROTO_ICMP                       0x00000001
#define LITTLEENDIAN                       0x00000001
#define MSG_OOB                            0x00000001
#define PFL_MULTIPLE_PROTO_ENTRIES         0x00000001
#define PF_UNIX                            0x00000001
#define POLLERR                            0x00000001
#define SD_SEND                            0x00000001
#define SOCK_STREAM                        0x00000001
#define SO_DEBUG                           0x00000001
#define TCP_NODELAY                        0x00000001
#define WSA_FLAG_OVERLAPPED                0x00000001
#define XP1_CONNECTIONLESS                 0x00000001
#define AF_INET                            0x00000002
#define CF_DEFER                           0x00000002
#define FD_OOB_BIT                         0x00000002
#define FD_WRITE                           0x00000002
#define IPPROTO_IGMP                       0x00000002
#define MSG_PEEK                           0x00000002
#define PFL_RECOMMENDED_PROTO_ENTRY        0x00000002
#define PF_INET                            0x00000002
#define POLLHUP                            0x00000002
#define SD_BOTH                            0x00000002
#define SOCK_DGRAM                         0x00000002
#define SO_ACCEPTCONN                      0x00000002
#define WSA_FLAG_MULTIPOINT_C_ROOT         0x00000002
#define XP1_GUARANTEED_DELIVERY            0x00000002
#define FD_ACCEPT_BIT                      0x00000003
#define IPPROTO_GGP                        0x00000003
#define SOCK_RAW                           0x00000003
#define FD_CONNECT_BIT                     0x00000004
#define FD_OOB                             0x00000004
#define IPPROTO_IPV4                       0x00000004
#define MSG_DONTROUTE                      0x00000004
#define PFL_HIDDEN                         0x00000004
#define POLLNVAL                           0x00000004
#define SOCK_RDM                           0x00000004
#define SO_REUSEADDR                       0x00000004
#define WSA_FLAG_MULTIPOINT_C_LEAF         0x00000004
#define XP1_GUARANTEED_ORDER               0x00000004
#define FD_CLOSE_BIT                       0x00000005
#define IPPROTO_ST                         0x00000005
#define SOCK_SEQPACKET                     0x00000005
#define AF_IPX                             0x00000006
#define FD_QOS_BIT                         0x00000006
#define IPPROTO_TCP                        0x00000006
#define FD_GROUP_QOS_BIT                   0x00000007
#define IPPORT_ECHO                        0x00000007
#define IPPROTO_CBT                        0x00000007
#define MAX_PROTOCOL_CHAIN                 0x00000007
#define FD_ACCEPT                          0x00000008
#define FD_ROUTING_INTERFACE_CHANGE_BIT    0x00000008
#define IPPROTO_EGP                        0x00000008
#define MSG_WAITALL                        0x00000008
#define PFL_MATCHES_PROTOCOL_ZERO          0x00000008
#define SO_KEEPALIVE                       0x00000008
#define WSA_FLAG_MULTIPOINT_D_ROOT         0x00000008
#define XP1_MESSAGE_ORIENTED               0x00000008
#define FD_ADDRESS_LIST_CHANGE_BIT         0x00000009
#define IPPORT_DISCARD                     0x00000009
#define IPPROTO_IGP                        0x00000009
#define FD_MAX_EVENTS                      0x0000000A
#define IPPORT_SYSTAT                      0x0000000B
#define IPPROTO_PUP                        0x0000000C
#define IPPORT_DAYTIME                     0x0000000D
#define IPPORT_NETSTAT                     0x0000000F
#define AF_APPLETALK                       0x00000010
#define FD_CONNECT                         0x00000010
#define MSG_INTERRUPT                      0x00000010
#define MSG_MAXIOVLEN                      0x00000010
#define PFL_NETWORKDIRECT_PROVIDER         0x00000010
#define POLLOUT                            0x00000010
#define POLLWRNORM                         0x00000010
#define SO_DONTROUTE                       0x00000010
#define WSA_FLAG_MULTIPOINT_D_LEAF         0x00000010
#define XP1_PSEUDO_STREAM                  0x00000010
#define AF_NETBIOS                         0x00000011
#define IPPROTO_UDP                        0x00000011
#define IPPORT_FTP                         0x00000015
#define IPPROTO_IDP                        0x00000016
#define AF_INET6                           0x00000017
#define IPPORT_TELNET                      0x00000017
#define PF_INET6                           0x00000017
#define IPPORT_SMTP                        0x00000019
#define AF_IRDA                            0x0000001A
#define IPPROTO_RDP                        0x0000001B
#define AF_BTH                             0x00000020
#define FD_CLOSE                           0x00000020
#define MSG_PUSH_IMMEDIATE                 0x00000020
#define POLLWRBAND                         0x00000020
#define SO_BROADCAST                       0x00000020
#define XP1_GRACEFUL_CLOSE                 0x00000020
#define IPPORT_TIMESERVER                  0x00000025
#define IPPROTO_IPV6                       0x00000029
#define IPPORT_NAMESERVER                  0x0000002A
#define IPPORT_WHOIS                       0x0000002B
#define IPPROTO_ROUTING                    0x0000002B
#define IPPROTO_FRAGMENT                   0x0000002C
#define IPPROTO_ESP                        0x00000032
#define IPPROTO_AH                         0x00000033
#define IPPORT_MTP                         0x00000039
#define IPPROTO_ICMPV6                     0x0000003A
#define IPPROTO_NONE                       0x0000003B
#define IPPROTO_DSTOPTS                    0x0000003C
#define FD_QOS                             0x00000040
#define SO_USELOOPBACK                     0x00000040
#define WSA_FLAG_ACCESS_SYSTEM_SECURITY    0x00000040
#define XP1_EXPEDITED_DATA                 0x00000040
#define IPPORT_TFTP                        0x00000045
#define IPPORT_RJE                         0x0000004D
#define IPPROTO_ND                         0x0000004D
#define IPPROTO_ICLFXBM                    0x0000004E
#define IPPORT_FINGER                      0x0000004F
#define IPPORT_TTYLINK                     0x00000057
#define IPPORT_SUPDUP                      0x0000005F
#define IPPROTO_PIM                        0x00000067
#define IPPROTO_PGM                        0x00000071
#define IPPROTO_L2TP                       0x00000073
#define IOCPARM_MASK                       0x0000007F
#define FD_GROUP_QOS                       0x00000080
#define SO_LINGER                          0x00000080
#define WSASYS_STATUS_LEN                  0x00000080
#define WSA_FLAG_NO_HANDLE_INHERIT         0x00000080
#define XP1_CONNECT_DATA                   0x00000080
#define IPPROTO_SCTP                       0x00000084
#define IPPROTO_RAW                        0x000000FF
#define WSAPROTOCOL_LEN                    0x000000FF
#define FD_ROUTING_INTERFACE_CHANGE        0x00000100
#define IPPROTO_MAX                        0x00000100
#define MSG_TRUNC                          0x00000100
#define POLLRDNORM                         0x00000100
#define SO_OOBINLINE                       0x00000100
#define WSADESCRIPTION_LEN                 0x00000100
#define WSA_FLAG_REGISTERED_IO             0x00000100
#define XP1_DISCONNECT_DATA                0x00000100
#define FD_ADDRESS_LIST_CHANGE             0x00000200
#define IPPORT_BIFFUDP                     0x00000200
#define IPPORT_EXECSERVER                  0x00000200
#define MSG_CTRUNC                         0x00000200
#define POLLRDBAND                         0x00000200
#define XP1_SUPPORT_BROADCAST              0x00000200
#define IPPORT_LOGINSERVER                 0x00000201
#define IPPORT_WHOSERVER                   0x00000201
#define IPPORT_CMDSERVER                   0x00000202
#define IPPORT_EFSSERVER                   0x00000208
#define IPPORT_ROUTESERVER                 0x00000208
#define POLLIN                             0x00000300
#define FD_ALL_EVENTS                      0x000003FF
#define IPPORT_RESERVED                    0x00000400
#define MAXGETHOSTSTRUCT                   0x00000400
#define MSG_BCAST                          0x00000400
#define POLLPRI                            0x00000400
#define XP1_SUPPORT_MULTIPOINT             0x00000400
#define MSG_MCAST                          0x00000800
#define XP1_MULTIPOINT_CONTROL_PLANE       0x00000800
#define XP1_MULTIPOINT_DATA_PLANE          0x00001000
#define SO_SNDBUF                          0x00001001
#define SO_RCVBUF                          0x00001002
#define SO_SNDLOWAT                        0x00001003
#define SO_RCVLOWAT                        0x00001004
#define SO_SNDTIMEO                        0x00001005
#define SO_RCVTIMEO                        0x00001006
#define SO_ERROR                           0x00001007
#define SO_TYPE                            0x00001008
#define XP1_QOS_SUPPORTED                  0x00002000
#define SO_GROUP_ID                        0x00002001
#define SO_GROUP_PRIORITY                  0x00002002
#define SO_MAX_MSG_SIZE                    0x00002003
#define SO_PROTOCOL_INFO                   0x00002004
#define SO_PROTOCOL_INFOA                  0x00002004
#define SO_PROTOCOL_INFOW                  0x00002005
#define PVD_CONFIG                         0x00003001
#define SO_CONDITIONAL_ACCEPT              0x00003002
#define XP1_INTERRUPT                      0x00004000
#define MSG_PARTIAL                        0x00008000
#define XP1_UNI_SEND                       0x00008000
#define SOL_SOCKET                         0x0000FFFF
#define XP1_UNI_RECV                       0x00010000
#define XP1_IFS_HANDLES                    0x00020000
#define XP1_PARTIAL_MESSAGE                0x00040000
#define XP1_SAN_SUPPORT_SDP                0x00080000
#define IOC_WS2                            0x08000000
#define IOC_PROTOCOL                       0x10000000
#define IOC_VENDOR                         0x18000000
#define IOC_VOID                           0x20000000
#define SIO_ENABLE_CIRCULAR_QUEUEING       0x28000002
#define SIO_FLUSH                          0x28000004
#define SIO_ADDRESS_LIST_CHANGE            0x28000017
#define IOC_OUT                            0x40000000
#define FIONREAD                           0x4004667F
#define SIOCATMARK                         0x40047307
#define SIO_FIND_ROUTE                     0x48000003
#define SIO_GET_BROADCAST_ADDRESS          0x48000005
#define SIO_ADDRESS_LIST_QUERY             0x48000016
#define INADDR_LOOPBACK                    0x7F000001
#define SOMAXCONN                          0x7FFFFFFF
#define IOC_IN                             0x80000000u
#define FIOASYNC                           0x8004667Du
#define FIONBIO                            0x8004667Eu
#define SIO_ASSOCIATE_HANDLE               0x88000001u
#define SIO_MULTIPOINT_LOOPBACK            0x88000009u
#define SIO_MULTICAST_SCOPE                0x8800000Au
#define SIO_SET_QOS                        0x8800000Bu
#define SIO_ROUTING_INTERFACE_CHANGE       0x88000015u
#define IOC_INOUT                          0xC0000000u
#define SIO_GET_EXTENSION_FUNCTION_POINTER 0xC8000006u
#define SIO_GET_QOS                        0xC8000007u
#define SIO_TRANSLATE_HANDLE               0xC800000Du
#define SIO_ROUTING_INTERFACE_QUERY        0xC8000014u
#define INADDR_BROADCAST                   0xFFFFFFFFu
#define INADDR_NONE                        0xFFFFFFFFu
#define FROM_PROTOCOL_INFO                 0xFFFFFFFFu

#define INADDR_ANY                       ((ULONG)0x00000000)
#define _IO(x, y)                        ((int)(IOC_VOID | ((x) << 8) | (y)))
#define _IOR(x, y, t)                    ((int)(IOC_OUT | (((int)sizeof(t) & IOCPARM_MASK) << 16) | ((x) << 8) | (y)))
#define _IOW(x, y, t)                    ((int)(IOC_IN | (((int)sizeof(t) & IOCPARM_MASK) << 16) | ((x) << 8) | (y)))
#define _WSAIO(x, y)                     (IOC_VOID | (x) | (y))
#define _WSAIOR(x, y)                    (IOC_OUT | (x) | (y))
#define _WSAIOW(x, y)                    (IOC_IN | (x) | (y))
#define _WSAIORW(x, y)                   (IOC_INOUT | (x) | (y))
#define IN_CLASSA(i)                     (((LONG)(i)&0x80000000) == 0)
#define IN_CLASSB(i)                     (((LONG)(i)&0xc0000000) == (LONG)0x80000000)
#define IN_CLASSC(i)                     (((LONG)(i)&0xe0000000) == (LONG)0xc0000000)
#define IN_CLASSD(i)                     (((LONG)(i)&0xf0000000) == (LONG)0xe0000000)
#define IN_MULTICAST(i)                  IN_CLASSD(i)
#define WSAMAKEASYNCREPLY(length, error) MAKELONG(length, error)
#define WSAMAKESELECTREPLY(event, error) MAKELONG(event, error)
#define WSAGETSELECTEVENT(param)         LOWORD(param)
#define WSAGETSELECTERROR(param)         HIWORD(param)
#define SO_EXCLUSIVEADDRUSE              ((int)(~SO_REUSEADDR))
#define SO_DONTLINGER                    ((int)(~SO_LINGER))
#define h_errno                          WSAGetLastError()
#define HOST_NOT_FOUND                   WSAHOST_NOT_FOUND
#define TRY_AGAIN                        WSATRY_AGAIN
#define NO_RECOVERY                      WSANO_RECOVERY
#define NO_DATA                          WSANO_DATA

typedef struct in_addr {
    union {
        struct {
            UCHAR s_b1, s_b2, s_b3, s_b4;
        } S_un_b;
        struct {
            USHORT s_w1, s_w2;
        } S_un_w;
        ULONG S_addr;
    } S_un;
} IN_ADDR, *PIN_ADDR, *LPIN_ADDR;
#define s_addr  S_un.S_addr
#define s_host  S_un.S_un_b.s_b2
#define s_net   S_un.S_un_b.s_b1
#define s_imp   S_un.S_un_w.s_w2
#define s_impno S_un.S_un_b.s_b4
#define s_lh    S_un.S_un_b.s_b3

typedef struct sockaddr {
    ADDRESS_FAMILY sa_family;
    CHAR sa_data[14];
} SOCKADDR, *PSOCKADDR, *LPSOCKADDR;
typedef struct sockaddr_in {
    ADDRESS_FAMILY sin_family;
    USHORT sin_port;
    IN_ADDR sin_addr;
    CHAR sin_zero[8];
} SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;
typedef struct sockaddr_storage {
    ADDRESS_FAMILY ss_family;
    CHAR __ss_pad1[6];
    LONGLONG __ss_align;
    CHAR __ss_pad2[112];
} SOCKADDR_STORAGE, *PSOCKADDR_STORAGE, *LPSOCKADDR_STORAGE;
OVL_STATIC_ASSERT(sizeof(SOCKADDR_IN) == 16 && sizeof(SOCKADDR_STORAGE) == 128,
                  "socket addresses have Windows' sizes");
typedef struct timeval TIMEVAL, *PTIMEVAL, *LPTIMEVAL;
typedef struct linger {
    u_short l_onoff;
    u_short l_linger;
} LINGER, *PLINGER, *LPLINGER;
typedef struct hostent {
    char *h_name;
    char **h_aliases;
    short h_addrtype;
    short h_length;
    char **h_addr_list;
} HOSTENT, *PHOSTENT, *LPHOSTENT;
#define h_addr h_addr_list[0]
typedef struct servent {
    char *s_name;
    char **s_aliases;
    char *s_proto;
    short s_port;
} SERVENT, *PSERVENT, *LPSERVENT;
typedef struct protoent {
    char *p_name;
    char **p_aliases;
    short p_proto;
} PROTOENT, *PPROTOENT, *LPPROTOENT;

#ifndef FD_SETSIZE
#define FD_SETSIZE 64
#endif
typedef struct fd_set {
    u_int fd_count;
    SOCKET fd_array[FD_SETSIZE];
} fd_set, FD_SET, *PFD_SET, *LPFD_SET;
#define FD_CLR(fd, set)                                                                            \
    do {                                                                                           \
        u_int ovl_i_;                                                                              \
        for (ovl_i_ = 0; ovl_i_ < (set)->fd_count; ovl_i_++) {                                     \
            if ((set)->fd_array[ovl_i_] == (SOCKET)(fd)) {                                         \
                for (; ovl_i_ + 1 < (set)->fd_count; ovl_i_++)                                     \
                    (set)->fd_array[ovl_i_] = (set)->fd_array[ovl_i_ + 1];                         \
                (set)->fd_count--;                                                                 \
                break;                                                                             \
            }                                                                                      \
        }                                                                                          \
    } while (0)
#define FD_SET(fd, set)                                                                            \
    do {                                                                                           \
        u_int ovl_i_;                                                                              \
        for (ovl_i_ = 0; ovl_i_ < (set)->fd_count; ovl_i_++) {                                     \
            if ((set)->fd_array[ovl_i_] == (SOCKET)(fd))                                           \
                break;                                                                             \
        }                                                                                          \
        if (ovl_i_ == (set)->fd_count && (set)->fd_count < FD_SETSIZE)                             \
            (set)->fd_array[(set)->fd_count++] = (SOCKET)(fd);                                     \
    } while (0)
#define FD_ZERO(set)      (((fd_set *)(set))->fd_count = 0)
#define FD_ISSET(fd, set) __WSAFDIsSet((SOCKET)(fd), (fd_set *)(set))

typedef struct WSAData {
    WORD wVersion;
    WORD wHighVersion;
    unsigned short iMaxSockets;
    unsigned short iMaxUdpDg;
    char *lpVendorInfo;
    char szDescription[WSADESCRIPTION_LEN + 1];
    char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;
typedef struct _WSABUF {
    ULONG len;
    CHAR *buf;
} WSABUF, *LPWSABUF;
typedef struct _WSAMSG {
    LPSOCKADDR name;
    INT namelen;
    LPWSABUF lpBuffers;
    ULONG dwBufferCount;
    WSABUF Control;
    ULONG dwFlags;
} WSAMSG, *PWSAMSG, *LPWSAMSG;
typedef struct _WSANETWORKEVENTS {
    LONG lNetworkEvents;
    int iErrorCode[FD_MAX_EVENTS];
} WSANETWORKEVENTS, *LPWSANETWORKEVENTS;
typedef struct _WSAPROTOCOLCHAIN {
    int ChainLen;
    DWORD ChainEntries[MAX_PROTOCOL_CHAIN];
} WSAPROTOCOLCHAIN, *LPWSAPROTOCOLCHAIN;
#define OVL_PROTOCOL_INFO(char_type)                                                               \
    DWORD dwServiceFlags1;                                                                         \
    DWORD dwServiceFlags2;                                                                         \
    DWORD dwServiceFlags3;                                                                         \
    DWORD dwServiceFlags4;                                                                         \
    DWORD dwProviderFlags;                                                                         \
    GUID ProviderId;                                                                               \
    DWORD dwCatalogEntryId;                                                                        \
    WSAPROTOCOLCHAIN ProtocolChain;                                                                \
    int iVersion;                                                                                  \
    int iAddressFamily;                                                                            \
    int iMaxSockAddr;                                                                              \
    int iMinSockAddr;                                                                              \
    int iSocketType;                                                                               \
    int iProtocol;                                                                                 \
    int iProtocolMaxOffset;                                                                        \
    int iNetworkByteOrder;                                                                         \
    int iSecurityScheme;                                                                           \
    DWORD dwMessageSize;                                                                           \
    DWORD dwProviderReserved;                                                                      \
    char_type szProtocol[WSAPROTOCOL_LEN + 1];
typedef struct _WSAPROTOCOL_INFOA {
    OVL_PROTOCOL_INFO(CHAR)
} WSAPROTOCOL_INFOA, *LPWSAPROTOCOL_INFOA;
typedef struct _WSAPROTOCOL_INFOW {
    OVL_PROTOCOL_INFO(WCHAR)
} WSAPROTOCOL_INFOW, *LPWSAPROTOCOL_INFOW;
#ifdef UNICODE
typedef WSAPROTOCOL_INFOW WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#else
typedef WSAPROTOCOL_INFOA WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#endif
typedef struct pollfd {
    SOCKET fd;
    SHORT events;
    SHORT revents;
} WSAPOLLFD, *PWSAPOLLFD, *LPWSAPOLLFD;
typedef struct _SOCKET_ADDRESS {
    LPSOCKADDR lpSockaddr;
    INT iSockaddrLength;
} SOCKET_ADDRESS, *PSOCKET_ADDRESS, *LPSOCKET_ADDRESS;
typedef struct _SOCKET_ADDRESS_LIST {
    INT iAddressCount;
    SOCKET_ADDRESS Address[1];
} SOCKET_ADDRESS_LIST, *PSOCKET_ADDRESS_LIST, *LPSOCKET_ADDRESS_LIST;
typedef struct _flowspec {
    ULONG TokenRate;
    ULONG TokenBucketSize;
    ULONG PeakBandwidth;
    ULONG Latency;
    ULONG DelayVariation;
    ULONG ServiceType;
    ULONG MaxSduSize;
    ULONG MinimumPolicedSize;
} FLOWSPEC, *PFLOWSPEC, *LPFLOWSPEC;
typedef struct _QualityOfService {
    FLOWSPEC SendingFlowspec;
    FLOWSPEC ReceivingFlowspec;
    WSABUF ProviderSpecific;
} QOS, *LPQOS;
typedef VOID(CALLBACK *LPWSAOVERLAPPED_COMPLETION_ROUTINE)(DWORD dwError, DWORD cbTransferred,
                                                           LPWSAOVERLAPPED lpOverlapped,
                                                           DWORD dwFlags);
typedef int(CALLBACK *LPCONDITIONPROC)(LPWSABUF lpCallerId, LPWSABUF lpCallerData, LPQOS lpSQOS,
                                       LPQOS lpGQOS, LPWSABUF lpCalleeId, LPWSABUF lpCalleeData,
                                       GROUP *g, DWORD_PTR dwCallbackData);

OVL_BEGIN_C

SOCKET WSAAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen) OVL_SYMBOL(ovl_ws_accept);
int WSAAPI bind(SOCKET s, const struct sockaddr *name, int namelen) OVL_SYMBOL(ovl_ws_bind);
int WSAAPI closesocket(SOCKET s) OVL_SYMBOL(ovl_ws_closesocket);
int WSAAPI connect(SOCKET s, const struct sockaddr *name, int namelen) OVL_SYMBOL(ovl_ws_connect);
int WSAAPI gethostname(char *name, int namelen) OVL_SYMBOL(ovl_ws_gethostname);
int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen)
    OVL_SYMBOL(ovl_ws_getpeername);
int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen)
    OVL_SYMBOL(ovl_ws_getsockname);
int WSAAPI getsockopt(SOCKET s, int level, int optname, char *optval, int *optlen)
    OVL_SYMBOL(ovl_ws_getsockopt);
u_long WSAAPI htonl(u_long hostlong) OVL_SYMBOL(ovl_ws_htonl);
u_short WSAAPI htons(u_short hostshort) OVL_SYMBOL(ovl_ws_htons);
ULONG WSAAPI inet_addr(const char *cp) OVL_SYMBOL(ovl_ws_inet_addr);
char *WSAAPI inet_ntoa(struct in_addr in) OVL_SYMBOL(ovl_ws_inet_ntoa);
int WSAAPI ioctlsocket(SOCKET s, LONG cmd, u_long *argp) OVL_SYMBOL(ovl_ws_ioctlsocket);
int WSAAPI listen(SOCKET s, int backlog) OVL_SYMBOL(ovl_ws_listen);
u_long WSAAPI ntohl(u_long netlong) OVL_SYMBOL(ovl_ws_ntohl);
u_short WSAAPI ntohs(u_short netshort) OVL_SYMBOL(ovl_ws_ntohs);
int WSAAPI recv(SOCKET s, char *buf, int len, int flags) OVL_SYMBOL(ovl_ws_recv);
int WSAAPI recvfrom(SOCKET s, char *buf, int len, int flags, struct sockaddr *from, int *fromlen)
    OVL_SYMBOL(ovl_ws_recvfrom);
int WSAAPI select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                  const struct timeval *timeout) OVL_SYMBOL(ovl_ws_select);
int WSAAPI send(SOCKET s, const char *buf, int len, int flags) OVL_SYMBOL(ovl_ws_send);
int WSAAPI sendto(SOCKET s, const char *buf, int len, int flags, const struct sockaddr *to,
                  int tolen) OVL_SYMBOL(ovl_ws_sendto);
int WSAAPI setsockopt(SOCKET s, int level, int optname, const char *optval, int optlen)
    OVL_SYMBOL(ovl_ws_setsockopt);
int WSAAPI shutdown(SOCKET s, int how) OVL_SYMBOL(ovl_ws_shutdown);
SOCKET WSAAPI socket(int af, int type, int protocol) OVL_SYMBOL(ovl_ws_socket);
struct hostent *WSAAPI gethostbyaddr(const char *addr, int len, int type)
    OVL_SYMBOL(ovl_ws_gethostbyaddr);
struct hostent *WSAAPI gethostbyname(const char *name) OVL_SYMBOL(ovl_ws_gethostbyname);
struct protoent *WSAAPI getprotobyname(const char *name) OVL_SYMBOL(ovl_ws_getprotobyname);
struct protoent *WSAAPI getprotobynumber(int number) OVL_SYMBOL(ovl_ws_getprotobynumber);
struct servent *WSAAPI getservbyname(const char *name, const char *proto)
    OVL_SYMBOL(ovl_ws_getservbyname);
struct servent *WSAAPI getservbyport(int port, const char *proto) OVL_SYMBOL(ovl_ws_getservbyport);

int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
int WSAAPI WSACleanup(void);
void WSAAPI WSASetLastError(int iError);
int WSAAPI WSAGetLastError(void);
SOCKET WSAAPI WSASocketA(int af, int type, int protocol, LPWSAPROTOCOL_INFOA lpProtocolInfo,
                         GROUP g, DWORD dwFlags);
SOCKET WSAAPI WSASocketW(int af, int type, int protocol, LPWSAPROTOCOL_INFOW lpProtocolInfo,
                         GROUP g, DWORD dwFlags);
SOCKET WSAAPI WSAAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen,
                        LPCONDITIONPROC lpfnCondition, DWORD_PTR dwCallbackData);
BOOL WSAAPI WSACloseEvent(HANDLE hEvent);
int WSAAPI WSAConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
                      LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS);
HANDLE WSAAPI WSACreateEvent(void);
int WSAAPI WSADuplicateSocketA(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOA lpProtocolInfo);
int WSAAPI WSADuplicateSocketW(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOW lpProtocolInfo);
int WSAAPI WSAEnumNetworkEvents(SOCKET s, HANDLE hEventObject, LPWSANETWORKEVENTS lpNetworkEvents);
int WSAAPI WSAEnumProtocolsA(LPINT lpiProtocols, LPWSAPROTOCOL_INFOA lpProtocolBuffer,
                             LPDWORD lpdwBufferLength);
int WSAAPI WSAEnumProtocolsW(LPINT lpiProtocols, LPWSAPROTOCOL_INFOW lpProtocolBuffer,
                             LPDWORD lpdwBufferLength);
int WSAAPI WSAEventSelect(SOCKET s, HANDLE hEventObject, LONG lNetworkEvents);
BOOL WSAAPI WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED lpOverlapped, LPDWORD lpcbTransfer,
                                   BOOL fWait, LPDWORD lpdwFlags);
int WSAAPI WSAHtonl(SOCKET s, u_long hostlong, u_long *lpnetlong);
int WSAAPI WSAHtons(SOCKET s, u_short hostshort, u_short *lpnetshort);
int WSAAPI WSANtohl(SOCKET s, u_long netlong, u_long *lphostlong);
int WSAAPI WSANtohs(SOCKET s, u_short netshort, u_short *lphostshort);
int WSAAPI WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
                    LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned,
                    LPWSAOVERLAPPED lpOverlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
int WSAAPI WSAPoll(WSAPOLLFD fdarray[], ULONG nfds, INT timeout);
int WSAAPI WSARecv(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
                   LPDWORD lpFlags, LPWSAOVERLAPPED lpOverlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
int WSAAPI WSARecvDisconnect(SOCKET s, LPWSABUF lpInboundDisconnectData);
int WSAAPI WSARecvFrom(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount,
                       LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags, struct sockaddr *lpFrom,
                       LPINT lpFromlen, LPWSAOVERLAPPED lpOverlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
BOOL WSAAPI WSAResetEvent(HANDLE hEvent);
int WSAAPI WSASend(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
                   DWORD dwFlags, LPWSAOVERLAPPED lpOverlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
int WSAAPI WSASendDisconnect(SOCKET s, LPWSABUF lpOutboundDisconnectData);
int WSAAPI WSASendMsg(SOCKET s, LPWSAMSG lpMsg, DWORD dwFlags, LPDWORD lpNumberOfBytesSent,
                      LPWSAOVERLAPPED lpOverlapped,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
int WSAAPI WSASendTo(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
                     DWORD dwFlags, const struct sockaddr *lpTo, int iTolen,
                     LPWSAOVERLAPPED lpOverlapped,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
BOOL WSAAPI WSASetEvent(HANDLE hEvent);
DWORD WSAAPI WSAWaitForMultipleEvents(DWORD cEvents, const HANDLE *lphEvents, BOOL fWaitAll,
                                      DWORD dwTimeout, BOOL fAlertable);
INT WSAAPI WSAAddressToStringA(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                               LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSTR lpszAddressString,
                               LPDWORD lpdwAddressStringLength);
INT WSAAPI WSAAddressToStringW(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                               LPWSAPROTOCOL_INFOW lpProtocolInfo, LPWSTR lpszAddressString,
                               LPDWORD lpdwAddressStringLength);
INT WSAAPI WSAStringToAddressA(LPSTR AddressString, INT AddressFamily,
                               LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSOCKADDR lpAddress,
                               LPINT lpAddressLength);
INT WSAAPI WSAStringToAddressW(LPWSTR AddressString, INT AddressFamily,
                               LPWSAPROTOCOL_INFOW lpProtocolInfo, LPSOCKADDR lpAddress,
                               LPINT lpAddressLength);
int WSAAPI __WSAFDIsSet(SOCKET s, fd_set *set);

OVL_END_C

#ifdef UNICODE
#define WSASocket          WSASocketW
#define WSADuplicateSocket WSADuplicateSocketW
#define WSAEnumProtocols   WSAEnumProtocolsW
#define WSAAddressToString WSAAddressToStringW
#define WSAStringToAddress WSAStringToAddressW
#else
#define WSASocket          WSASocketA
#define WSADuplicateSocket WSADuplicateSocketA
#define WSAEnumProtocols   WSAEnumProtocolsA
#define WSAAddressToString WSAAddressToStringA
#define WSAStringToAddress WSAStringToAddressA
#endif

#include "ws2def.h"

#endif
