/* SPDX-License-Identifier: MIT */
/* Reading a driver's name and its options. A comma that begins no known option belongs to the path or value before it. */
#include "wdm/driver_spec.h"

#include <string.h>

#include "drivers/usb_ids.h"

enum option { OPTION_NONE, OPTION_INF, OPTION_ID, OPTION_REG };

static enum option option_at(const char *text, size_t length, size_t *skip)
{
    static const struct {
        const char *text;
        enum option option;
    } options[] = {{",inf=", OPTION_INF}, {",id=", OPTION_ID}, {",reg=", OPTION_REG}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        *skip = strlen(options[i].text);
        if (length >= *skip && memcmp(text, options[i].text, *skip) == 0)
            return options[i].option;
    }
    return OPTION_NONE;
}

static bool copy(char *to, size_t room, const char *from, size_t length)
{
    if (length == 0 || length >= room)
        return false;
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

bool driver_spec_parse(const char *text, size_t length, struct driver_spec *spec, const char **wrong)
{
    struct usb_id_list ids;
    enum option option = OPTION_NONE;
    memset(spec, 0, sizeof *spec);
    usb_id_list_init(&ids, spec->ids, sizeof spec->ids);
    for (size_t at = 0;;) {
        size_t end = at, skip = 0;
        enum option next = OPTION_NONE;
        while (end < length && (next = option_at(text + end, length - end, &skip)) == OPTION_NONE)
            end++;
        size_t size = end - at;
        bool good = option == OPTION_INF   ? copy(spec->inf, sizeof spec->inf, text + at, size)
                    : option == OPTION_REG ? copy(spec->reg, sizeof spec->reg, text + at, size)
                    : option == OPTION_ID  ? size > 0 && size < 512 && usb_id_list_add(&ids, "%.*s", (int)size, text + at)
                                           : copy(spec->path, sizeof spec->path, text + at, size);
        if (!good) {
            *wrong = text + at;
            return false;
        }
        if (end >= length)
            return true;
        option = next;
        at = end + skip;
    }
}

const char *driver_spec_next(const char *list, size_t *length)
{
    list += strspn(list, ":;");
    *length = strcspn(list, ":;");
    return *length == 0 ? NULL : list;
}
