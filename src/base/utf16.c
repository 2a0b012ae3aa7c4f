/* SPDX-License-Identifier: MIT */
/* Conversions between the 16-bit strings of the Windows faces and the byte strings of Linux. They
 * never fail: what is not well formed has its own image on the other side. */
#include "base/utf16.h"

#include <stdbool.h>

static bool is_high(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low(uint32_t c)
{
    return c >= 0xdc00 && c <= 0xdfff;
}

/* The image of a byte that is no UTF-8. */
static bool is_raw_byte(uint32_t c)
{
    return c >= 0xdc80 && c <= 0xdcff;
}

static size_t utf8_encode(uint32_t c, char bytes[4])
{
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    if (is_raw_byte(c)) {
        bytes[0] = (char)(c & 0xff);
        return 1;
    }
    if (c < 0x800) {
        bytes[0] = (char)(0xc0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        bytes[0] = (char)(0xe0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    bytes[0] = (char)(0xf0 | c >> 18);
    bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
    bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
    bytes[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* One character without regard to what follows. */
static size_t decode_one(const char *from, size_t length, uint32_t *character)
{
    const unsigned char *s = (const unsigned char *)from;
    uint32_t c = s[0];
    size_t more = c < 0x80                ? 0
                  : c >= 0xc2 && c < 0xe0 ? 1
                  : c >= 0xe0 && c < 0xf0 ? 2
                  : c >= 0xf0 && c < 0xf5 ? 3
                                          : 9;

    if (more == 0) {
        *character = c;
        return 1;
    }
    if (more <= 3 && more < length) {
        uint32_t value = c & (0x3fu >> more);
        bool well_formed = true;
        for (size_t i = 1; i <= more; i++) {
            well_formed &= (s[i] & 0xc0) == 0x80;
            value = value << 6 | (s[i] & 0x3f);
        }
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        /* The three-byte form of a raw byte's image would not come back as itself. */
        if (well_formed && value >= least[more] && value <= 0x10ffff && !is_raw_byte(value)) {
            *character = value;
            return more + 1;
        }
    }
    *character = 0xdc00 | c;
    return 1;
}

/* The three-byte form of a high surrogate stands for itself only where no low one can follow it, neither
 * another three-byte form nor the image of a raw byte: the pair would come back as one character. */
size_t utf8_decode(const char *from, size_t length, uint32_t *character)
{
    size_t used = decode_one(from, length, character);
    if (!is_high(*character) || used == length)
        return used;
    uint32_t next;
    decode_one(from + used, length - used, &next);
    if (!is_high(next) && !is_low(next))
        return used;
    *character = 0xdc00u | (unsigned char)from[0];
    return 1;
}

size_t utf8_from_utf16(char *to, size_t capacity, const char16_t *from, size_t length)
{
    size_t needed = 0;
    for (size_t i = 0; i < length; i++) {
        uint32_t c = from[i];
        char bytes[4];
        if (is_high(c) && i + 1 < length && is_low(from[i + 1]))
            c = 0x10000 + ((c & 0x3ff) << 10) + (from[++i] & 0x3ffu);
        size_t count = utf8_encode(c, bytes);
        if (needed + count <= capacity)
            for (size_t k = 0; k < count; k++)
                to[needed + k] = bytes[k];
        else
            capacity = 0; /* nothing behind a gap */
        needed += count;
    }
    return needed;
}

size_t utf16_from_utf8(char16_t *to, size_t capacity, const char *from, size_t length)
{
    size_t needed = 0;
    for (size_t i = 0; i < length;) {
        uint32_t c;
        i += utf8_decode(from + i, length - i, &c);
        size_t count = c < 0x10000 ? 1 : 2;
        if (needed + count > capacity) {
            capacity = 0;
        } else if (count == 1) {
            to[needed] = (char16_t)c;
        } else {
            to[needed] = (char16_t)(0xd800 + ((c - 0x10000) >> 10));
            to[needed + 1] = (char16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
        }
        needed += count;
    }
    return needed;
}

size_t utf16_length(const char16_t *text)
{
    size_t length = 0;
    while (text[length] != 0)
        length++;
    return length;
}

char16_t utf16_fold(char16_t unit)
{
    if (unit < 0x80)
        return unit >= 'A' && unit <= 'Z' ? (char16_t)(unit + 32) : unit;
    if (unit >= 0xc0 && unit <= 0xde && unit != 0xd7)
        return (char16_t)(unit + 32);
    if (unit == 0x130 || unit == 0x178)
        return unit == 0x130 ? unit : 0xff;
    if ((unit >= 0x100 && unit <= 0x137) || (unit >= 0x14a && unit <= 0x177))
        return unit | 1;
    if ((unit >= 0x139 && unit <= 0x148) || (unit >= 0x179 && unit <= 0x17e))
        return unit & 1 ? (char16_t)(unit + 1) : unit;
    if (unit >= 0x391 && unit <= 0x3ab && unit != 0x3a2)
        return (char16_t)(unit + 32);
    if (unit >= 0x400 && unit <= 0x40f)
        return (char16_t)(unit + 80);
    if (unit >= 0x410 && unit <= 0x42f)
        return (char16_t)(unit + 32);
    if (unit >= 0x460 && unit <= 0x481)
        return unit | 1;
    return unit;
}
