/* SPDX-License-Identifier: MIT */
/* WPP's complex types: parts that a macro of the source names, shown as their item says. */
#include <stdarg.h>
#include <string.h>

#include "base/utf16.h"
#include "ovl_wpp.h"
#include "wdm/wpp.h"

enum { TEXT_MOST = 512, BYTES_MOST = 64 };

static void put_hexadecimal(struct format_target *target, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size && i < BYTES_MOST; i++)
        wpp_put(target, "%02x", bytes[i]);
    if (size > BYTES_MOST)
        wpp_put(target, "...");
}

static void put_address(struct format_target *target, const unsigned char bytes[16])
{
    for (int i = 0; i < 16; i += 2)
        wpp_put(target, "%s%x", i == 0 ? "" : ":", (unsigned)(bytes[i] << 8 | bytes[i + 1]));
}

static void put_wide(struct format_target *target, const char16_t *text, size_t length)
{
    char narrow[3 * TEXT_MOST / 2];
    size_t used = utf8_from_utf16(narrow, sizeof narrow, text, length);
    wpp_put(target, "%.*s", (int)used, narrow);
}

/* Text stands behind its length of two bytes (ItemPString) or alone (ItemString): the last part is
 * what is shown. */
void ovl_wpp_pairs(void *target, const char *item, const struct ovl_wpp_pair *pairs, size_t count)
{
    const struct ovl_wpp_pair *last = &pairs[count - 1];
    size_t most = last->size < TEXT_MOST ? last->size : TEXT_MOST;
    if (last->address == NULL)
        wpp_put(target, "<NULL>");
    else if (strcmp(item, "ItemPString") == 0 || strcmp(item, "ItemString") == 0)
        wpp_put(target, "%.*s", (int)most, (const char *)last->address);
    else if (strcmp(item, "ItemPWString") == 0 || strcmp(item, "ItemWString") == 0)
        put_wide(target, last->address, most / 2);
    else if (strcmp(item, "ItemGuid") == 0 && last->size >= sizeof(GUID))
        wpp_put_guid(target, last->address);
    else if (strcmp(item, "ItemIPV6Addr") == 0 && last->size == 16)
        put_address(target, last->address);
    else
        put_hexadecimal(target, last->address, last->size);
}

const struct ovl_wpp_complex *wpp_complex_find(const struct wpp_site *site, const char *name,
                                               size_t length)
{
    for (const struct ovl_wpp_complex *at = site->complexes; at != NULL && at->name != NULL; at++)
        if (strlen(at->name) == length && strncmp(at->name, name, length) == 0)
            return at;
    return NULL;
}
