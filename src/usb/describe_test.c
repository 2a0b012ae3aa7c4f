/* SPDX-License-Identifier: MIT */
/* Descriptors whose text is known, and every cut of them: no byte is read past the end
 * (AddressSanitizer looks on), the text stays in its room. */
#include "usb/describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned checks, failures;

static void check(bool good, const char *text, int line)
{
    checks++;
    failures += !good;
    printf("%sok %u - %s # line %d\n", good ? "" : "not ", checks, text, line);
}
#define CHECK(condition) check(condition, #condition, __LINE__)

static const uint8_t high[] = {
    9, 2, 48,   0, 1,  1,   0, 0xc0, 50, 8, 11, 0,    1, 255,  1,    2, 0,
    9, 4, 0,    1, 3,  255, 0, 0,    0,  7, 5,  0x81, 1, 0x00, 0x14, 1, /* 3 x 1024 */
    7, 5, 0x82, 3, 64, 0,   4, 8,    5,  3, 2,  0,    2, 0,    0xaa, 9, 99};
static const uint8_t super[] = {9,    4, 0, 1, 2, 255, 0,  0,  0,    7,    5, 0x81,
                                1,    0, 4, 1, 6, 48,  15, 2,  0x00, 0xc0, 7, 5,
                                0x02, 2, 0, 4, 0, 6,   48, 15, 4,    0,    0};
static const uint8_t audio[] = {9, 4, 1,  1,    1, 1, 2, 0, 0,  7, 0x24, 1,    1, 1,
                                1, 0, 11, 0x24, 2, 1, 2, 2, 16, 1, 0x80, 0xbb, 0};
static const uint8_t set[] = {10,  0,   0,   0, 0,   0, 3, 6, 50, 0, 20,  0, 3,   0,  'W', 'I', 'N',
                              'U', 'S', 'B', 0, 0,   0, 0, 0, 0,  0, 0,   0, 0,   20, 0,   4,   0,
                              1,   0,   4,   0, 'A', 0, 0, 0, 6,  0, 'x', 0, 'y', 0,  0,   0};

static char text[4096];

static bool says(const char *line)
{
    return strstr(text, line) != NULL;
}

static struct describe_text fresh(void)
{
    memset(text, 0, sizeof text);
    return (struct describe_text){text, sizeof text, 0};
}

/* Every front part, in memory that ends where it ends, into a small room. */
static void cuts(const uint8_t *bytes, size_t length, bool is_set)
{
    bool good = true;
    for (size_t cut = 0; cut <= length; cut++) {
        uint8_t *part = malloc(cut + 1);
        char small[33];
        memset(small, 'z', sizeof small);
        memcpy(part, bytes, cut);
        struct describe_text out = {small, 32, 0};
        if (is_set)
            usb_describe_os_set(&out, part, cut, 0);
        else
            usb_describe(&out, part, cut, USB_SPEED_HIGH, 0);
        good &= small[32] == 'z' && (out.length == 0 || memchr(small, 0, 32) != NULL);
        free(part);
    }
    CHECK(good);
}

int main(void)
{
    struct describe_text out = fresh();
    usb_describe(&out, high, sizeof high, USB_SPEED_HIGH, 0);
    CHECK(says("Configuration 1: 1 interfaces, 48 bytes, self powered, at most 100 mA\n"));
    CHECK(says("  Function: interfaces 0 to 0, class ff (vendor) subclass 01 protocol 02\n"));
    CHECK(says("    Endpoint 81: isochronous IN, packets of 1024 bytes\n      every 125 us "
               "(bInterval 1), 3072 bytes an interval\n"));
    CHECK(says("every 1000 us (bInterval 4), 64 bytes an interval\n"));
    CHECK(says("2 bytes at offset 48 are no descriptor\n"));
    CHECK(out.length == strlen(text));
    out = fresh();
    usb_describe(&out, super, sizeof super, USB_SPEED_SUPER, 0);
    CHECK(says("3 bursts of 16 packets, 49152 bytes an interval\n"));
    CHECK(says("bursts of 16 packets, 16 streams\n"));
    out = fresh();
    usb_describe(&out, audio, sizeof audio, USB_SPEED_FULL, 0);
    CHECK(says("Format: 2 channels, 16 bits in 2 bytes\n      48000 samples a second\n"));
    out = fresh();
    usb_describe_os_set(&out, set, sizeof set, 2);
    CHECK(says("  Microsoft OS 2.0 set: NTDDI 06030000, 50 bytes\n") &&
          says("compatible id WINUSB \n") && says("A: xy\n"));
    cuts(high, sizeof high, false);
    cuts(super, sizeof super, false);
    cuts(audio, sizeof audio, false);
    cuts(set, sizeof set, true);
    printf("1..%u\n", checks);
    return failures != 0;
}
