/* SPDX-License-Identifier: MIT */
/* IPv4 and IPv6 addresses as text: pure functions, no sockets. Addresses are bytes in network
 * order. */
#ifndef WINSOCK_TEXT_H
#define WINSOCK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum { TEXT_V4_MAX = 16, TEXT_V6_MAX = 46, TEXT_SOCKET_MAX = 80 };

/* The whole text must be one address. Strict: four decimal numbers. Loose (inet_addr): one to four
 * numbers, octal and hexadecimal too, the last one filling what is left. */
bool text_read_v4(const char *text, uint8_t address[4]);
bool text_read_v4_loose(const char *text, uint32_t *address);
bool text_read_v6(const char *text, uint8_t address[16]);

void text_write_v4(const uint8_t address[4], char *text);
/* RFC 5952: lower case, the longest run of zeros as ::, embedded IPv4 where it is mapped. */
void text_write_v6(const uint8_t address[16], char *text);

/* With a port where there is one: 1.2.3.4:80, [fe80::1%3]:80; without: 1.2.3.4, fe80::1%3. */
bool text_read_socket_v4(const char *text, uint8_t address[4], uint16_t *port);
bool text_read_socket_v6(const char *text, uint8_t address[16], uint32_t *scope, uint16_t *port);
void text_write_socket_v4(const uint8_t address[4], uint16_t port, char *text);
void text_write_socket_v6(const uint8_t address[16], uint32_t scope, uint16_t port, char *text);

/* ASCII only: false for what is not, or too long. */
bool text_narrow(const char16_t *from, char *to, size_t room);
void text_widen(const char *from, char16_t *to);

#endif
