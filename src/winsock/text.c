/* SPDX-License-Identifier: MIT */
/* Reads and writes addresses as text, for winsock/address.c. Done here and not by libc: its
 * functions take Linux' family numbers, set errno, and its headers clash with Winsock's. */
#include "winsock/text.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A decimal number up to `maximum`; NULL where there is none. */
static const char *read_decimal(const char *text, uint32_t maximum, uint32_t *value)
{
    uint64_t number = 0;
    if (!is_digit(*text))
        return NULL;
    for (; is_digit(*text); text++) {
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > maximum)
            return NULL;
    }
    *value = (uint32_t)number;
    return text;
}

static const char *read_v4(const char *text, uint8_t address[4])
{
    for (int i = 0; i < 4; i++) {
        uint32_t value;
        if (i > 0 && *text++ != '.')
            return NULL;
        if (text[0] == '0' && is_digit(text[1]))
            return NULL; /* octal to some, decimal to others */
        if ((text = read_decimal(text, 255, &value)) == NULL)
            return NULL;
        address[i] = (uint8_t)value;
    }
    return text;
}

bool text_read_v4(const char *text, uint8_t address[4])
{
    uint8_t read[4];
    const char *end = read_v4(text, read);
    if (end == NULL || *end != '\0')
        return false;
    memcpy(address, read, sizeof read);
    return true;
}

static const char *read_number_loose(const char *text, uint64_t *value)
{
    unsigned base = 10;
    if (text[0] == '0' && (text[1] | 0x20) == 'x')
        base = 16, text += 2;
    else if (text[0] == '0')
        base = 8;
    const char *begin = text;
    for (*value = 0; hex_value(*text) >= 0 && (unsigned)hex_value(*text) < base; text++) {
        *value = *value * base + (unsigned)hex_value(*text);
        if (*value > UINT32_MAX)
            return NULL;
    }
    return text == begin ? NULL : text;
}

bool text_read_v4_loose(const char *text, uint32_t *address)
{
    uint64_t parts[4];
    int count = 0;
    for (;;) {
        if (count == 4 || (text = read_number_loose(text, &parts[count++])) == NULL)
            return false;
        if (*text != '.')
            break;
        text++;
    }
    if (*text != '\0' && *text != ' ')
        return false;
    uint64_t last = parts[count - 1], whole = 0;
    if (last > UINT32_MAX >> (8 * (count - 1)))
        return false;
    for (int i = 0; i < count - 1; i++) {
        if (parts[i] > 255)
            return false;
        whole |= parts[i] << (24 - 8 * i);
    }
    *address = __builtin_bswap32((uint32_t)(whole | last));
    return true;
}

/* Up to eight groups, one :: for the zeros that are left out, IPv4 as the last two. */
static const char *read_v6(const char *text, uint8_t address[16])
{
    int filled = 0, gap = -1;
    memset(address, 0, 16);
    if (text[0] == ':' && text[1] != ':')
        return NULL;
    if (text[0] == ':')
        text += 2, gap = 0;
    while (filled < 16 && hex_value(*text) >= 0) {
        uint8_t v4[4];
        const char *end = filled <= 12 ? read_v4(text, v4) : NULL;
        if (end != NULL && *end != ':') {
            memcpy(address + filled, v4, 4);
            filled += 4;
            text = end;
            break;
        }
        unsigned group = 0;
        int digits = 0;
        for (; hex_value(*text) >= 0; text++, digits++)
            group = group << 4 | (unsigned)hex_value(*text);
        if (digits > 4)
            return NULL;
        address[filled++] = (uint8_t)(group >> 8);
        address[filled++] = (uint8_t)group;
        if (*text != ':' || filled == 16)
            break;
        if (*++text == ':') {
            if (gap >= 0)
                return NULL;
            gap = filled;
            text++;
        } else if (hex_value(*text) < 0) {
            return NULL; /* one colon at the end */
        }
    }
    if (gap < 0)
        return filled == 16 ? text : NULL;
    if (filled > 14)
        return NULL;
    memmove(address + 16 - (filled - gap), address + gap, (size_t)(filled - gap));
    memset(address + gap, 0, (size_t)(16 - filled));
    return text;
}

bool text_read_v6(const char *text, uint8_t address[16])
{
    uint8_t read[16];
    const char *end = read_v6(text, read);
    if (end == NULL || *end != '\0')
        return false;
    memcpy(address, read, sizeof read);
    return true;
}

static bool read_port(const char *text, uint16_t *port)
{
    uint32_t value = 0;
    *port = 0;
    if (*text == '\0')
        return true;
    if (*text != ':' || (text = read_decimal(text + 1, UINT16_MAX, &value)) == NULL ||
        *text != '\0')
        return false;
    *port = (uint16_t)value;
    return true;
}

bool text_read_socket_v4(const char *text, uint8_t address[4], uint16_t *port)
{
    const char *end = read_v4(text, address);
    return end != NULL && read_port(end, port);
}

bool text_read_socket_v6(const char *text, uint8_t address[16], uint32_t *scope, uint16_t *port)
{
    bool brackets = *text == '[';
    *scope = 0;
    *port = 0;
    text = read_v6(text + brackets, address);
    if (text != NULL && *text == '%')
        text = read_decimal(text + 1, UINT32_MAX, scope);
    if (text == NULL)
        return false;
    if (!brackets)
        return *text == '\0';
    return *text == ']' && read_port(text + 1, port);
}

void text_write_v4(const uint8_t address[4], char *text)
{
    snprintf(text, TEXT_V4_MAX, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
}

static unsigned group_at(const uint8_t *address, int group)
{
    return (unsigned)address[2 * group] << 8 | address[2 * group + 1];
}

/* The first of the longest runs of two or more zero groups. */
static int longest_zeros(const uint8_t *address, int groups, int *length)
{
    int best = -1;
    *length = 1;
    for (int i = 0; i < groups; i++) {
        int run = 0;
        while (i + run < groups && group_at(address, i + run) == 0)
            run++;
        if (run > *length) {
            best = i;
            *length = run;
        }
        i += run;
    }
    return best;
}

void text_write_v6(const uint8_t address[16], char *text)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(address, mapped, sizeof mapped) == 0) {
        memcpy(text, "::ffff:", 7);
        text_write_v4(address + 12, text + 7);
        return;
    }
    int length, gap = longest_zeros(address, 8, &length);
    char *at = text;
    for (int i = 0; i < 8; i++) {
        if (i == gap) {
            at += sprintf(at, "::");
            i += length - 1;
        } else {
            bool colon = i > 0 && at[-1] != ':';
            at += sprintf(at, colon ? ":%x" : "%x", group_at(address, i));
        }
    }
}

void text_write_socket_v4(const uint8_t address[4], uint16_t port, char *text)
{
    text_write_v4(address, text);
    if (port != 0)
        sprintf(text + strlen(text), ":%u", port);
}

void text_write_socket_v6(const uint8_t address[16], uint32_t scope, uint16_t port, char *text)
{
    char plain[TEXT_V6_MAX];
    text_write_v6(address, plain);
    text += sprintf(text, port != 0 ? "[%s" : "%s", plain);
    if (scope != 0)
        text += sprintf(text, "%%%u", scope);
    if (port != 0)
        sprintf(text, "]:%u", port);
}

bool text_narrow(const char16_t *from, char *to, size_t room)
{
    for (size_t i = 0; i < room; i++) {
        if (from[i] > 0x7f)
            return false;
        to[i] = (char)from[i];
        if (from[i] == 0)
            return true;
    }
    return false;
}

void text_widen(const char *from, char16_t *to)
{
    do
        *to++ = (unsigned char)*from;
    while (*from++ != '\0');
}
