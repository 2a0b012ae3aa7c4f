/* SPDX-License-Identifier: MIT */
/* Any bytes become UTF-16 and come back unchanged; any units become bytes without a write behind
 * the room. */
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"

static void require(int condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    size_t count = utf16_from_utf8(NULL, 0, bytes, size);
    char16_t *units =
        malloc(count * sizeof *units + 1); /* exactly: a sanitizer sees one unit more */
    require(units != NULL && utf16_from_utf8(units, count, bytes, size) == count);
    char *back = malloc(size + 1);
    require(back != NULL && utf8_from_utf16(back, size, units, count) == size);
    require(memcmp(back, data, size) == 0);

    size_t raw = size / sizeof(char16_t);
    char16_t *copy = malloc(raw * sizeof *copy + 1);
    require(copy != NULL);
    memcpy(copy, data, raw * sizeof *copy);
    size_t length = utf8_from_utf16(NULL, 0, copy, raw);
    char *narrow = malloc(length / 2 + 1);
    require(narrow != NULL && utf8_from_utf16(narrow, length / 2, copy, raw) == length);
    free(units);
    free(back);
    free(copy);
    free(narrow);
    return 0;
}
