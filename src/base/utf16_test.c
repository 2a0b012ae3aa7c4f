/* SPDX-License-Identifier: MIT */
/* Every string of bytes becomes UTF-16 and comes back as it was; the sizes that are told are those
 * that are needed; nothing is written behind the room. Known characters, then a million random
 * strings of bytes that lie near the edges of UTF-8. */
#include <stdio.h>
#include <string.h>

#include "base/utf16.h"

static int failures;

static void check(int condition, const char *what, unsigned long seed)
{
    if (condition)
        return;
    failures++;
    printf("not ok - %s (%lu)\n", what, seed);
}

static void check_bytes(const char *bytes, size_t length, unsigned long seed)
{
    char16_t units[64];
    char back[96];
    memset(units, 0x5a, sizeof units);
    size_t count = utf16_from_utf8(units, 63, bytes, length);
    check(count <= length, "no more units than bytes", seed);
    check(count == utf16_from_utf8(NULL, 0, bytes, length), "the size is told without room", seed);
    check(units[count] == 0x5a5a, "nothing is written behind the end", seed);
    memset(back, 0x5a, sizeof back);
    size_t again = utf8_from_utf16(back, sizeof back - 1, units, count);
    check(again == length && memcmp(back, bytes, length) == 0, "bytes come back", seed);
    check(back[again] == 0x5a, "nothing is written behind the end", seed);
    if (count > 1) {
        char16_t part[64];
        memset(part, 0x5a, sizeof part);
        check(utf16_from_utf8(part, count - 1, bytes, length) == count, "little room: the size",
              seed);
        check(part[count - 1] == 0x5a5a, "little room: nothing behind it", seed);
    }
}

static void check_known(void)
{
    static const struct {
        const char *bytes;
        char16_t units[4];
        size_t count;
    } known[] = {
        {"a", {'a'}, 1},
        {"\xc3\xa4", {0xe4}, 1},
        {"\xe2\x82\xac", {0x20ac}, 1},
        {"\xf0\x9f\x98\x80", {0xd83d, 0xde00}, 2},
        {"\xff", {0xdcff}, 1},
        {"\xc0\x80", {0xdcc0, 0xdc80}, 2},
        {"\xed\xa0\x80", {0xd800}, 1},
        {"\xf4\x90\x80\x80", {0xdcf4, 0xdc90, 0xdc80, 0xdc80}, 4},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char16_t units[8];
        size_t count = utf16_from_utf8(units, 8, known[i].bytes, strlen(known[i].bytes));
        check(count == known[i].count && memcmp(units, known[i].units, count * sizeof *units) == 0,
              "a known character", i);
        check_bytes(known[i].bytes, strlen(known[i].bytes), i);
    }
    for (uint32_t c = 0; c < 0xd800; c++) {
        char16_t unit = (char16_t)c, back;
        char bytes[4];
        size_t length = utf8_from_utf16(bytes, 4, &unit, 1);
        check(utf16_from_utf8(&back, 1, bytes, length) == 1 && back == unit, "a unit comes back",
              c);
    }
}

static void check_random(void)
{
    static const unsigned char edges[] = {0x00, 0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xb0, 0xbf,
                                          0xc0, 0xc2, 0xc3, 0xdf, 0xe0, 0xe2, 0xed, 0xed,
                                          0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0xb2, 0x90};
    uint64_t state = 88172645463325252ull;
    for (unsigned long round = 0; round < 1000000; round++) {
        char bytes[24];
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        size_t length = 1 + state % sizeof bytes;
        uint64_t pick = state;
        for (size_t i = 0; i < length; i++) {
            pick = pick * 6364136223846793005ull + 1442695040888963407ull;
            bytes[i] = (char)edges[(pick >> 33) % sizeof edges];
        }
        check_bytes(bytes, length, round);
    }
}

int main(void)
{
    check_known();
    check_random();
    printf("%s 1 - UTF-16\n1..1\n", failures == 0 ? "ok" : "not ok");
    return failures != 0;
}
