/* SPDX-License-Identifier: MIT */
/* Addresses as text: what is read and written, byte by byte, and the ends of the buffers. The rules of single
 * calls stand in the conformance tests. */
#include "winsock/text.c" /* a face's file: the test programs link only what is below the faces */

#include <stdio.h>
#include <stdlib.h>

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

/* Every text is read from an allocation of just its size, so that a sanitizer sees a step too far. */
static char *text_exact(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy == NULL)
        abort();
    return memcpy(copy, text, size);
}

static void check_v6(const char *text, const char *bytes)
{
    uint8_t address[16];
    char *copy = text_exact(text);
    bool read = text_read_v6(copy, address);
    CHECK(read == (bytes != NULL));
    CHECK(!read || bytes == NULL || memcmp(address, bytes, 16) == 0);
    if (read != (bytes != NULL))
        printf("  for \"%s\"\n", text);
    free(copy);
}

static void test_v6(void)
{
    check_v6("::", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    check_v6("::1", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
    check_v6("fe80::1:2", "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\1\0\2");
    check_v6("1::8", "\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\x8");
    check_v6("::1.2.3.4", "\0\0\0\0\0\0\0\0\0\0\0\0\1\2\3\4");
    check_v6("1:2:3:4:5:6:1.2.3.4", "\0\1\0\2\0\3\0\4\0\5\0\6\1\2\3\4");
    check_v6("1:2:3:4:5:6:7:8", "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\x8");
    check_v6("::2:3:4:5:6:7:8", "\0\0\0\2\0\3\0\4\0\5\0\6\0\7\0\x8");
    check_v6("1:2:3:4:5:6:7::", "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0");
    static const char *const refused[] = {
        "",      ":",       ":::",  "1:2:3:4:5:6:7:8:",   "1:2:3:4:5:6:7:8::", "1:2:3:4:5:6:7:1.2.3.4",
        "1::2:", "1::2::3", "::g",  "::1%1",              "1.2.3.4::",         "::1.2.3",
        "::00000", "::1.2.3.4.5", "1:2:3:4::5:6:7:8", "[::]", " ::",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check_v6(refused[i], NULL);
}

static void check_written(const char *bytes, const char *expected)
{
    char text[TEXT_V6_MAX];
    text_write_v6((const uint8_t *)bytes, text);
    CHECK(strcmp(text, expected) == 0);
}

static void test_written(void)
{
    check_written("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "::");
    check_written("\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\1", "1:0:0:1::1");
    check_written("\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0", "1:0:1:0:1:0:1:0");
    check_written("\0\1\0\0\0\0\0\1\0\0\0\0\0\1\0\1", "1::1:0:0:1:1");
    check_written("\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0", "::1:0");
    check_written("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
                  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    check_written("\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff", "::ffff:255.255.255.255");
}

/* What is written is read again as the same, for many addresses with runs of zeros. */
static void test_round_trip(void)
{
    uint32_t state = 1;
    for (int i = 0; i < 20000; i++) {
        uint8_t address[16], again[16];
        char text[TEXT_SOCKET_MAX];
        uint32_t scope, scope_again;
        uint16_t port, port_again;
        for (int k = 0; k < 16; k++) {
            state = state * 1664525u + 1013904223u;
            address[k] = (state >> 28) < 9 ? 0 : (uint8_t)(state >> 16);
        }
        scope = (state >> 8) % 3 == 0 ? state : 0;
        port = (uint16_t)((state >> 8) % 2 == 0 ? state : 0);
        text_write_socket_v6(address, scope, port, text);
        CHECK(strlen(text) < sizeof text);
        CHECK(text_read_socket_v6(text, again, &scope_again, &port_again));
        CHECK(memcmp(address, again, 16) == 0 && scope == scope_again && port == port_again);
        text_write_socket_v4(address, port, text);
        CHECK(text_read_socket_v4(text, again, &port_again));
        CHECK(memcmp(address, again, 4) == 0 && port == port_again);
    }
}

static void test_loose(void)
{
    uint32_t address;
    CHECK(text_read_v4_loose("1.2.3.4", &address) && memcmp(&address, "\1\2\3\4", 4) == 0);
    CHECK(text_read_v4_loose("0x10.020.3", &address) && memcmp(&address, "\x10\x10\0\3", 4) == 0);
    CHECK(text_read_v4_loose("4294967295", &address) && address == UINT32_MAX);
    CHECK(text_read_v4_loose("1.2.3.4 tail", &address));
    CHECK(!text_read_v4_loose("4294967296", &address));
    CHECK(!text_read_v4_loose("1.16777216", &address));
    CHECK(!text_read_v4_loose("256.1", &address));
    CHECK(!text_read_v4_loose("1.2.3.4.5", &address));
    CHECK(!text_read_v4_loose("1..2", &address));
    CHECK(!text_read_v4_loose("08", &address));
    CHECK(!text_read_v4_loose("0x", &address));
}

static void test_narrow(void)
{
    char narrow[4];
    char16_t wide[4];
    CHECK(text_narrow(u"abc", narrow, sizeof narrow) && strcmp(narrow, "abc") == 0);
    CHECK(!text_narrow(u"abcd", narrow, sizeof narrow));
    CHECK(!text_narrow(u"\u00e9", narrow, sizeof narrow));
    text_widen("abc", wide);
    CHECK(memcmp(wide, u"abc", sizeof wide) == 0);
}

int main(void)
{
    test_v6();
    test_written();
    test_round_trip();
    test_loose();
    test_narrow();
    return failures != 0;
}
