/* SPDX-License-Identifier: MIT */
/* Parses what a device tells Windows about itself (usb_osdesc.h). Every length comes from the
 * device: each piece is taken from what is left of the piece round it, never from what it claims
 * alone. */
#include "drivers/usb_osdesc.h"

#include <string.h>

enum {
    SET_HEADER = 0,
    SUBSET_CONFIGURATION = 1,
    SUBSET_FUNCTION = 2,
    FEATURE_COMPATIBLE_ID = 3,
    FEATURE_PROPERTY = 4,

    CAPABILITY_PLATFORM = 5,
    CAPABILITY_CONTAINER = 4,

    PROPERTY_SZ = 1,
    PROPERTY_DWORD = 4,
    PROPERTY_MULTI_SZ = 7,
};

static const uint32_t windows_81 = 0x06030000; /* the first that knows 2.0 descriptors */
/* {D8DD60DF-4589-4CC7-9CD2-659D9E648A9F} */
static const uint8_t platform_uuid[16] = {0xdf, 0x60, 0xdd, 0xd8, 0x89, 0x45, 0xc7, 0x4c,
                                          0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a, 0x9f};

static uint16_t read16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t read32(const uint8_t *at)
{
    return (uint32_t)read16(at) | (uint32_t)read16(at + 2) << 16;
}

const struct usb_os_function *usb_os_find(const struct usb_os_info *info, int32_t interface)
{
    for (uint32_t i = 0; i < info->count; i++)
        if (info->functions[i].interface == interface)
            return &info->functions[i];
    return NULL;
}

struct usb_os_function *usb_os_make(struct usb_os_info *info, int32_t interface)
{
    struct usb_os_function *function = (struct usb_os_function *)usb_os_find(info, interface);
    if (function != NULL)
        return function;
    if (info->count == USB_OSDESC_FUNCTIONS)
        return NULL;
    function = &info->functions[info->count++];
    memset(function, 0, sizeof *function);
    function->interface = interface;
    return function;
}

/* Eight bytes, filled up with zeros: capitals, digits and underscores, as the specification
 * demands; else "". */
static void id_copy(char to[static 9], const uint8_t from[static 8])
{
    size_t length = strnlen((const char *)from, 8);
    memset(to, 0, 9);
    for (size_t i = 0; i < length; i++) {
        bool allowed = (from[i] >= 'A' && from[i] <= 'Z') || (from[i] >= '0' && from[i] <= '9') ||
                       from[i] == '_';
        if (!allowed)
            return;
    }
    memcpy(to, from, length);
}

/* ---- The BOS descriptor
 * ------------------------------------------------------------------------------------ */

static void bos_platform(const uint8_t *at, size_t length, struct usb_bos_info *bos)
{
    if (length < 20 || memcmp(at + 4, platform_uuid, 16) != 0)
        return;
    /* One entry for each version of Windows: the newest that is not from the future of this format.
     */
    for (size_t entry = 20; entry + 8 <= length; entry += 8) {
        if (read32(at + entry) < windows_81 || bos->has_osdesc)
            continue;
        bos->has_osdesc = true;
        bos->set_length = read16(at + entry + 4);
        bos->vendor_code = at[entry + 6];
    }
}

void usb_bos_parse(const void *bytes, size_t length, struct usb_bos_info *bos)
{
    const uint8_t *at = bytes;
    memset(bos, 0, sizeof *bos);
    if (length < 5 || at[0] < 5 || at[1] != 15)
        return;
    if (read16(at + 2) < length)
        length = read16(at + 2);
    for (size_t offset = at[0]; offset + 3 <= length; offset += at[offset]) {
        const uint8_t *capability = at + offset;
        if (capability[0] < 3 || capability[0] > length - offset)
            return;
        if (capability[1] != 16)
            continue;
        if (capability[2] == CAPABILITY_PLATFORM)
            bos_platform(capability, capability[0], bos);
        if (capability[2] == CAPABILITY_CONTAINER && capability[0] >= 20) {
            bos->has_container = true;
            memcpy(bos->container.bytes, capability + 4, 16);
        }
    }
}

/* ---- Properties: DeviceInterfaceGUID(s)
 * ----------------------------------------------------------------------- */

/* Whether `bytes` (UTF-16, `length` bytes, its NUL or not) spell `text`. */
static bool name_is(const uint8_t *bytes, size_t length, const char *text)
{
    size_t count = strlen(text);
    if (length < 2 * count || (length >= 2 * count + 2 && read16(bytes + 2 * count) != 0))
        return false;
    for (size_t i = 0; i < count; i++)
        if (read16(bytes + 2 * i) != (uint8_t)text[i])
            return false;
    return true;
}

static void guid_add(struct usb_os_function *function, const char *text, size_t length)
{
    struct usb_guid guid;
    if (!usb_guid_parse(text, length, &guid) || function->guid_count == USB_OSDESC_GUIDS)
        return;
    for (uint32_t i = 0; i < function->guid_count; i++)
        if (usb_guid_equal(&function->guids[i], &guid))
            return;
    function->guids[function->guid_count++] = guid;
}

/* The strings of a value, one behind the other; an empty one ends them. */
static void guids_add(struct usb_os_function *function, const uint8_t *value, size_t length)
{
    char text[USB_GUID_TEXT];
    size_t used = 0;
    for (size_t i = 0; i + 2 <= length; i += 2) {
        uint16_t unit = read16(value + i);
        if (unit == 0) {
            if (used == 0)
                return;
            guid_add(function, text, used);
            used = 0;
        } else if (unit < 0x80 && used < sizeof text - 1) {
            text[used++] = (char)unit;
        } else {
            return;
        }
    }
    guid_add(function, text, used);
}

static void idle_add(struct usb_idle *idle, const uint8_t *name, size_t length, const uint8_t *value)
{
    uint32_t number = read16(value) | (uint32_t)read16(value + 2) << 16;
    if (name_is(name, length, "DeviceIdleEnabled"))
        idle->enabled = number != 0;
    else if (name_is(name, length, "DeviceIdleIgnoreWakeEnable"))
        idle->ignores_wake = number != 0;
    else if (name_is(name, length, "DefaultIdleState"))
        idle->state = number != 0;
    else if (name_is(name, length, "DefaultIdleTimeout"))
        idle->timeout_ms = number;
}

static void property_add(struct usb_os_function *function, uint32_t type, const uint8_t *name,
                         size_t name_length, const uint8_t *value, size_t value_length)
{
    bool one = name_is(name, name_length, "DeviceInterfaceGUID"),
         many = name_is(name, name_length, "DeviceInterfaceGUIDs");
    if ((one || many) && (type == PROPERTY_SZ || type == PROPERTY_MULTI_SZ))
        guids_add(function, value, value_length);
    else if (type == PROPERTY_DWORD && value_length >= 4)
        idle_add(&function->idle, name, name_length, value);
}

/* ---- Version 2.0
 * ---------------------------------------------------------------------------------------------- */

static bool feature_property(const uint8_t *at, size_t length, struct usb_os_function *function)
{
    if (length < 10)
        return false;
    size_t name = read16(at + 6);
    if (name > length - 10)
        return false;
    size_t value = read16(at + 8 + name);
    if (value > length - 10 - name)
        return false;
    property_add(function, read16(at + 4), at + 8, name, at + 10 + name, value);
    return true;
}

static bool feature_parse(uint16_t type, const uint8_t *at, size_t length,
                          struct usb_os_function *function)
{
    if (type == FEATURE_PROPERTY)
        return feature_property(at, length, function);
    if (type != FEATURE_COMPATIBLE_ID)
        return true; /* resume time, CCGP device, vendor revision: nothing for us */
    if (length < 20)
        return false;
    id_copy(function->compatible, at + 4);
    id_copy(function->subcompatible, at + 12);
    return true;
}

/* Header, then subsets and features in one row: a subset's header says what the features behind it
 * belong to, so they can be read one after the other. Subset lengths are checked, but not needed.
 */
bool usb_osdesc_parse_set(const void *bytes, size_t length, struct usb_os_info *info)
{
    const uint8_t *at = bytes;
    if (length < 10 || read16(at) != 10 || read16(at + 2) != SET_HEADER || read16(at + 8) > length)
        return false;
    struct usb_os_function *function = usb_os_make(info, -1);
    length = read16(at + 8);
    for (size_t offset = 10; function != NULL && offset < length;) {
        size_t left = length - offset;
        if (left < 4 || read16(at + offset) < 4 || read16(at + offset) > left)
            return false;
        size_t size = read16(at + offset);
        uint16_t type = read16(at + offset + 2);
        if ((type == SUBSET_CONFIGURATION || type == SUBSET_FUNCTION) &&
            (size != 8 || read16(at + offset + 6) < 8 || read16(at + offset + 6) > left))
            return false;
        if (type == SUBSET_CONFIGURATION)
            function = usb_os_make(info, -1); /* of the device, until a function begins */
        else if (type == SUBSET_FUNCTION)
            function = usb_os_make(info, at[offset + 4]);
        else if (!feature_parse(type, at + offset, size, function))
            return false;
        offset += size;
    }
    return function != NULL;
}

/* ---- Version 1.0
 * ---------------------------------------------------------------------------------------------- */

bool usb_osdesc_parse_string(const void *bytes, size_t length, uint8_t *vendor_code)
{
    static const char signature[] = "MSFT100";
    const uint8_t *at = bytes;
    if (length < 18 || at[0] != 18 || at[1] != 3)
        return false;
    for (size_t i = 0; i < 7; i++)
        if (read16(at + 2 + 2 * i) != (uint8_t)signature[i])
            return false;
    *vendor_code = at[16];
    return true;
}

bool usb_osdesc_parse_ids(const void *bytes, size_t length, bool is_composite,
                          struct usb_os_info *info)
{
    const uint8_t *at = bytes;
    if (length < 16 || read32(at) < 16 || read16(at + 4) != 0x0100 ||
        read16(at + 6) != USB_OSDESC_ID_INDEX)
        return false;
    if (read32(at) < length)
        length = read32(at);
    for (size_t i = 0; i < at[8]; i++) {
        const uint8_t *section = at + 16 + 24 * i;
        if (16 + 24 * (i + 1) > length)
            return false;
        struct usb_os_function *function = usb_os_make(info, is_composite ? section[0] : -1);
        if (function == NULL)
            return false;
        id_copy(function->compatible, section + 2);
        id_copy(function->subcompatible, section + 10);
    }
    return true;
}

bool usb_osdesc_parse_properties(const void *bytes, size_t length, struct usb_os_function *function)
{
    const uint8_t *at = bytes;
    if (length < 10 || read32(at) < 10 || read16(at + 4) != 0x0100 ||
        read16(at + 6) != USB_OSDESC_PROPERTIES_INDEX)
        return false;
    if (read32(at) < length)
        length = read32(at);
    size_t offset = 10;
    for (uint32_t i = 0; i < read16(at + 8); i++) {
        size_t left = length - offset;
        if (left < 14 || read32(at + offset) < 14 || read32(at + offset) > left)
            return false;
        size_t size = read32(at + offset), name = read16(at + offset + 8);
        if (name > size - 14)
            return false;
        size_t value = read32(at + offset + 10 + name);
        if (value > size - 14 - name)
            return false;
        property_add(function, read32(at + offset + 4), at + offset + 10, name,
                     at + offset + 14 + name, value);
        offset += size;
    }
    return true;
}
