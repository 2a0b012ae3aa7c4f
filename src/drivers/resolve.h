/* SPDX-License-Identifier: MIT */
/* Names of hosts and services: libc's resolver behind an interface without Linux or Windows socket
 * headers. These calls may sleep for seconds. Flags have the values that programs pass. */
#ifndef DRIVERS_RESOLVE_H
#define DRIVERS_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

enum resolve_error {
    RESOLVE_OK,
    RESOLVE_AGAIN,
    RESOLVE_BAD_FLAGS,
    RESOLVE_FAILED,
    RESOLVE_BAD_FAMILY,
    RESOLVE_NO_MEMORY,
    RESOLVE_NO_NAME,
    RESOLVE_NO_SERVICE,
    RESOLVE_BAD_TYPE,
    RESOLVE_TOO_SMALL,
};

enum resolve_flag {
    RESOLVE_PASSIVE = 0x1,
    RESOLVE_CANONICAL = 0x2,
    RESOLVE_NUMERIC_HOST = 0x4,
    RESOLVE_NUMERIC_SERVICE = 0x8,
    RESOLVE_ALL = 0x100,
    RESOLVE_CONFIGURED = 0x400,
    RESOLVE_MAPPED = 0x800,
};

enum resolve_name_flag {
    RESOLVE_NAME_SHORT = 0x1,
    RESOLVE_NAME_NUMERIC_HOST = 0x2,
    RESOLVE_NAME_REQUIRED = 0x4,
    RESOLVE_NAME_NUMERIC_SERVICE = 0x8,
    RESOLVE_NAME_DATAGRAM = 0x10,
};

struct resolve_request {
    const char *node, *service;
    int flags, family, type, protocol; /* Windows' numbers */
};

struct resolved {
    struct resolved *next;
    int family, type, protocol;
    int32_t length;
    uint8_t address[32]; /* as programs see it */
    char canonical[];    /* first entry, when asked for; else "" */
};

enum resolve_error resolve_name(const struct resolve_request *request, struct resolved **list);
void resolve_free(struct resolved *list);

enum resolve_error resolve_address(const void *address, int32_t length, char *host,
                                   size_t host_size, char *service, size_t service_size, int flags);

/* This machine's name. 0, or -1 where it does not fit. */
int resolve_own_name(char *name, size_t size);

/* Port numbers are in host order. 0: unknown. */
int resolve_service(const char *name, const char *protocol, int *port, char *found_protocol,
                    size_t size);
int resolve_port(int port, const char *protocol, char *name, size_t size, char *found_protocol,
                 size_t protocol_size);

#endif
