/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration, as a name and as a wide name: no fault, no text without an end, and
 * no way out of a drive's directory. */
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "nt/name.h"
#include "ntstatus.h"

static void require(int condition)
{
    if (!condition)
        abort();
}

static void check_drive(const struct name *name)
{
    require(strncmp(name->text, "/jail", 5) == 0);
    require(name->text[5] == 0 || name->text[5] == '/');
    require(strstr(name->text, "/../") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char jail[] = "J: /jail\n\\\\srv\\share /jail\n";
    struct name_table table;
    struct name name;
    char windows[NAME_BYTES + 8];
    size_t half = size / 2;

    require(name_table_init(&table) == STATUS_SUCCESS);
    name_table_parse(&table, (const char *)data, half);
    name_table_parse(&table, jail, sizeof jail - 1);
    if (name_resolve(&table, (const char *)data + half, size - half, &name) == STATUS_SUCCESS) {
        require(memchr(name.text, 0, sizeof name.text) != NULL);
        require(name.text[0] != 0);
        size_t length = name_to_windows(&table, name.text, windows, sizeof windows);
        require(length >= sizeof windows || strlen(windows) == length);
        if (size - half > 3 && (data[half] & 0xdf) == 'J' && data[half + 1] == ':' &&
            name.kind == DEVICE_FILE)
            check_drive(&name);
    }

    char16_t wide[512], again[1024];
    size_t units = size / 2 < 512 ? size / 2 : 512;
    memcpy(wide, data, units * 2);
    (void)name_resolve_wide(&table, wide, units, &name);
    char bytes[2048];
    size_t count = utf8_from_utf16(bytes, sizeof bytes, wide, units);
    require(count <= sizeof bytes && utf16_from_utf8(again, 1024, bytes, count) <= 1024);
    name_table_free(&table);
    return 0;
}
