/* SPDX-License-Identifier: MIT */
/* Addresses and names as text, in both character sets. */
#include "../tap.h"
#include <ws2tcpip.h>

static int reads_as(const char *text, int family, const char *again)
{
    unsigned char address[16];
    char back[INET6_ADDRSTRLEN];
    if (inet_pton(family, text, address) != 1)
        return again == NULL;
    return again != NULL && inet_ntop(family, address, back, sizeof back) && !strcmp(back, again);
}

static void forms(void)
{
    static const struct {
        const char *text;
        int family;
        const char *again;
    } rows[] = {
        {"127.0.0.1", AF_INET, "127.0.0.1"},
        {"255.255.255.255", AF_INET, "255.255.255.255"},
        {"1.2.3", AF_INET, NULL},
        {"1.2.3.256", AF_INET, NULL},
        {"1.2.3.4 ", AF_INET, NULL},
        {"1.2.3.4.5", AF_INET, NULL},
        {"", AF_INET, NULL},
        {"::", AF_INET6, "::"},
        {"::1", AF_INET6, "::1"},
        {"1::", AF_INET6, "1::"},
        {"2001:DB8:0:0:1:0:0:1", AF_INET6, "2001:db8::1:0:0:1"},
        {"2001:db8:0:1:1:1:1:1", AF_INET6, "2001:db8:0:1:1:1:1:1"},
        {"::ffff:1.2.3.4", AF_INET6, "::ffff:1.2.3.4"},
        {"1:2:3:4:5:6:7:8", AF_INET6, "1:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7", AF_INET6, NULL},
        {"1:2:3:4:5:6:7:8:9", AF_INET6, NULL},
        {"1::2::3", AF_INET6, NULL},
        {":1", AF_INET6, NULL},
        {"1:", AF_INET6, NULL},
        {"12345::", AF_INET6, NULL},
        {"g::", AF_INET6, NULL},
        {"1.2.3.4", AF_INET6, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ok(reads_as(rows[i].text, rows[i].family, rows[i].again), "\"%s\"", rows[i].text);
    ok(inet_addr("10") == htonl(10) && inet_addr("1.2") == htonl(0x01000002) &&
           inet_addr("0x7f.1") == htonl(INADDR_LOOPBACK),
       "inet_addr's short and hexadecimal forms");
    ok(inet_addr("1.2.3.4x") == INADDR_NONE && inet_addr("") == INADDR_NONE, "inet_addr refuses");
    char small[8];
    ok(inet_ntop(AF_INET, "\177\0\0\1", small, sizeof small) == NULL, "inet_ntop into too little");
    is_int(WSAGetLastError(), ERROR_INVALID_PARAMETER, "is 87");
    is_int(inet_pton(99, "1.2.3.4", small), -1, "another family");
    is_int(WSAGetLastError(), WSAEAFNOSUPPORT, "is 10047");
}

static void with_ports(void)
{
    SOCKADDR_STORAGE address;
    SOCKADDR_IN6 *v6 = (SOCKADDR_IN6 *)&address;
    char text[80];
    WCHAR wide[80];
    INT length = sizeof address;
    DWORD room = sizeof text;
    is_int(WSAStringToAddressA((char *)"[fe80::1%3]:8080", AF_INET6, NULL, (SOCKADDR *)&address, &length), 0,
           "an IPv6 address, scope and port");
    ok(length == sizeof *v6 && v6->sin6_port == htons(8080) && v6->sin6_scope_id == 3, "its parts");
    is_int(WSAAddressToStringA((SOCKADDR *)&address, (DWORD)length, NULL, text, &room), 0, "and back");
    ok(!strcmp(text, "[fe80::1%3]:8080"), "%s", text);
    is_int(room, strlen(text) + 1, "the length, with its end");
    room = 3;
    is_int(WSAAddressToStringA((SOCKADDR *)&address, (DWORD)length, NULL, text, &room), SOCKET_ERROR,
           "too little room");
    is_int(WSAGetLastError(), WSAEFAULT, "10014");
    length = sizeof address;
    static WCHAR v4[] = {'1', '.', '2', '.', '3', '.', '4', ':', '5', 0};
    is_int(WSAStringToAddressW(v4, AF_INET, NULL, (SOCKADDR *)&address, &length), 0, "wide");
    room = 80;
    is_int(WSAAddressToStringW((SOCKADDR *)&address, (DWORD)length, NULL, wide, &room), 0, "and back");
    ok(room == 10 && !memcmp(wide, v4, sizeof v4), "the same");
    length = sizeof address;
    is_int(WSAStringToAddressA((char *)"nonsense", AF_INET, NULL, (SOCKADDR *)&address, &length), SOCKET_ERROR,
           "nonsense");
    is_int(WSAGetLastError(), WSAEINVAL, "10022");
}

static void names(void)
{
    struct addrinfo hints, *list = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET6;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST;
    is_int(getaddrinfo("::1", "443", &hints, &list), 0, "getaddrinfo of ::1");
    ok(list && list->ai_family == AF_INET6 && list->ai_addrlen == sizeof(SOCKADDR_IN6), "its form");
    ok(list && ((SOCKADDR_IN6 *)list->ai_addr)->sin6_family == AF_INET6 &&
           ((SOCKADDR_IN6 *)list->ai_addr)->sin6_port == htons(443),
       "family and port");
    freeaddrinfo(list);
    hints.ai_family = AF_INET;
    hints.ai_flags = AI_PASSIVE;
    is_int(getaddrinfo(NULL, "0", &hints, &list), 0, "a passive address");
    ok(list && ((SOCKADDR_IN *)list->ai_addr)->sin_addr.s_addr == INADDR_ANY, "is any");
    freeaddrinfo(list);
    is_int(getaddrinfo(NULL, NULL, &hints, &list), WSAHOST_NOT_FOUND, "no names at all: 11001");
    static const WCHAR loopback[] = {'1', '2', '7', '.', '0', '.', '0', '.', '1', 0};
    ADDRINFOW *wide = NULL;
    is_int(GetAddrInfoW(loopback, NULL, NULL, &wide), 0, "GetAddrInfoW");
    ok(wide && wide->ai_family == AF_INET, "AF_INET");
    FreeAddrInfoW(wide);
    SOCKADDR_IN address;
    char host[64], service[32];
    WCHAR wide_host[64];
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(0x01020304);
    address.sin_port = htons(80);
    is_int(getnameinfo((SOCKADDR *)&address, sizeof address, host, sizeof host, service, sizeof service,
                       NI_NUMERICHOST | NI_NUMERICSERV),
           0, "getnameinfo");
    ok(!strcmp(host, "1.2.3.4") && !strcmp(service, "80"), "%s %s", host, service);
    is_int(GetNameInfoW((SOCKADDR *)&address, sizeof address, wide_host, 64, NULL, 0, NI_NUMERICHOST), 0,
           "GetNameInfoW");
    ok(wide_host[0] == '1' && wide_host[6] == '4' && wide_host[7] == 0, "the same");
    struct hostent *entry = gethostbyname("127.0.0.1");
    ok(entry && entry->h_addrtype == AF_INET && entry->h_length == 4 &&
           !memcmp(entry->h_addr_list[0], "\177\0\0\1", 4),
       "gethostbyname of a number");
    struct protoent *protocol = getprotobyname("tcp");
    ok(protocol && protocol->p_proto == IPPROTO_TCP, "getprotobyname");
}

static void before_startup(void)
{
    ok(socket(AF_INET, SOCK_STREAM, 0) == INVALID_SOCKET, "socket before WSAStartup");
    is_int(WSAGetLastError(), WSANOTINITIALISED, "10093");
    struct addrinfo *list;
    is_int(getaddrinfo("127.0.0.1", NULL, NULL, &list), WSANOTINITIALISED, "getaddrinfo too");
    is_int(WSACleanup(), SOCKET_ERROR, "WSACleanup");
    is_int(WSAGetLastError(), WSANOTINITIALISED, "10093");
    WSADATA data;
    is_int(WSAStartup(MAKEWORD(0, 0), &data), WSAVERNOTSUPPORTED, "version 0");
}

int main(void)
{
    tap_begin();
    part(before_startup);
    winsock_start();
    part(forms);
    part(with_ports);
    part(names);
    WSACleanup();
    return tap_end();
}
