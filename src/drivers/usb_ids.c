/* SPDX-License-Identifier: MIT */
/* From a device's descriptors to the strings by which Windows programs know it: hardware and
 * compatible ids, instance ids, interface names, container ids. The formats are those of "Standard
 * USB Identifiers" and "Device Instance IDs". */
#include "drivers/usb_ids.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- Lists of strings
 * ----------------------------------------------------------------------------------- */

void usb_id_list_init(struct usb_id_list *list, char *text, size_t capacity)
{
    *list = (struct usb_id_list){text, capacity, 0};
    if (capacity > 0)
        text[0] = 0;
}

bool usb_id_list_add(struct usb_id_list *list, const char *format, ...)
{
    size_t room = list->capacity > list->used ? list->capacity - list->used - 1 : 0;
    va_list arguments;
    if (room == 0)
        return false;
    va_start(arguments, format);
    int length = vsnprintf(list->text + list->used, room, format, arguments);
    va_end(arguments);
    if (length <= 0 || (size_t)length >= room) {
        list->text[list->used] = 0;
        return false;
    }
    list->used += (size_t)length + 1;
    list->text[list->used] = 0;
    return true;
}

bool usb_id_list_has(const char *list, const char *id)
{
    for (; *list != 0; list += strlen(list) + 1)
        if (strcasecmp(list, id) == 0)
            return true;
    return false;
}

size_t usb_id_list_size(const char *list)
{
    const char *at = list;
    while (*at != 0)
        at += strlen(at) + 1;
    return (size_t)(at - list) + 1;
}

/* ---- Hardware and compatible ids
 * ---------------------------------------------------------------------------- */

bool usb_ids_hardware(const struct usb_id_source *source, char *text, size_t capacity)
{
    struct usb_id_list list;
    char function[8] = "";
    usb_id_list_init(&list, text, capacity);
    if (source->function >= 0)
        snprintf(function, sizeof function, "&MI_%02X", (unsigned)(source->function & 0xff));
    return usb_id_list_add(&list, "USB\\VID_%04X&PID_%04X&REV_%04X%s", source->vendor,
                           source->product, source->revision, function) &&
           usb_id_list_add(&list, "USB\\VID_%04X&PID_%04X%s", source->vendor, source->product,
                           function);
}

bool usb_ids_compatible(const struct usb_id_source *source, char *text, size_t capacity)
{
    struct usb_id_list list;
    const char *prefix = source->is_composite ? "Dev" : "";
    bool fits = true;
    usb_id_list_init(&list, text, capacity);
    if (source->compatible[0] != 0) {
        if (source->subcompatible[0] != 0)
            fits &= usb_id_list_add(&list, "USB\\MS_COMP_%s&MS_SUBCOMP_%s", source->compatible,
                                    source->subcompatible);
        fits &= usb_id_list_add(&list, "USB\\MS_COMP_%s", source->compatible);
    }
    fits &= usb_id_list_add(&list, "USB\\%sClass_%02X&SubClass_%02X&Prot_%02X", prefix,
                            source->class, source->subclass, source->protocol);
    fits &= usb_id_list_add(&list, "USB\\%sClass_%02X&SubClass_%02X", prefix, source->class,
                            source->subclass);
    fits &= usb_id_list_add(&list, "USB\\%sClass_%02X", prefix, source->class);
    if (source->is_composite)
        fits &= usb_id_list_add(&list, "USB\\COMPOSITE");
    return fits;
}

/* ---- Instances
 * --------------------------------------------------------------------------------------------- */

bool usb_serial_is_valid(const char *serial)
{
    if (*serial == 0)
        return false;
    for (const char *c = serial; *c != 0; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c > 0x7f || *c == ',' || *c == '\\')
            return false;
    return true;
}

/* FNV-1a: stable across runs and machines is all that is asked of it. */
static uint64_t hash_text(uint64_t hash, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

static const uint64_t hash_begin = 0xcbf29ce484222325u;

bool usb_instance_id(const struct usb_id_source *source, const char *serial, const char *location,
                     uint32_t port, char *text, size_t capacity)
{
    int length;
    if (source->function >= 0) {
        uint64_t hash = hash_text(hash_begin, serial, strlen(serial));
        length = snprintf(text, capacity, "USB\\VID_%04X&PID_%04X&MI_%02X\\6&%X&0&%04X",
                          source->vendor, source->product, (unsigned)(source->function & 0xff),
                          (unsigned)(hash ^ hash >> 32), (unsigned)(source->function & 0xff));
    } else if (usb_serial_is_valid(serial)) {
        length = snprintf(text, capacity, "USB\\VID_%04X&PID_%04X\\%s", source->vendor,
                          source->product, serial);
    } else {
        uint64_t hash = hash_text(hash_begin, location, strlen(location));
        length = snprintf(text, capacity, "USB\\VID_%04X&PID_%04X\\5&%X&0&%X", source->vendor,
                          source->product, (unsigned)(hash ^ hash >> 32), (unsigned)port);
    }
    return length > 0 && (size_t)length < capacity;
}

bool usb_interface_name(const char *instance_id, const struct usb_guid *guid, char *text,
                        size_t capacity)
{
    char guid_text[USB_GUID_TEXT];
    usb_guid_format(guid, guid_text);
    int length = snprintf(text, capacity, "%s#%s", instance_id, guid_text);
    if (length <= 0 || (size_t)length >= capacity)
        return false;
    for (char *c = text; *c != 0; c++) {
        if (*c == '\\' || *c == '/')
            *c = '#';
        else if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    return true;
}

void usb_container_id(const struct usb_id_source *source, const char *serial, const char *location,
                      struct usb_guid *guid)
{
    const uint16_t numbers[] = {source->vendor, source->product, source->revision};
    const char *unique = usb_serial_is_valid(serial) ? serial : location;
    uint64_t halves[2];
    halves[0] = hash_text(hash_text(hash_begin, numbers, sizeof numbers), unique, strlen(unique));
    halves[1] = hash_text(hash_text(halves[0], unique, strlen(unique)), numbers, sizeof numbers);
    memcpy(guid->bytes, halves, sizeof guid->bytes);
    guid->bytes[7] = (uint8_t)((guid->bytes[7] & 0x0f) | 0x80); /* Data3's high nibble: version 8 */
    guid->bytes[8] = (uint8_t)((guid->bytes[8] & 0x3f) | 0x80);
}

/* ---- GUIDs
 * --------------------------------------------------------------------------------------------------
 */

/* The bytes of a GUID in the order in which its text has them. */
static const uint8_t text_order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool dash_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void usb_guid_format(const struct usb_guid *guid, char text[static USB_GUID_TEXT])
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = text;
    *to++ = '{';
    for (size_t i = 0; i < 16; i++) {
        if (dash_before(i))
            *to++ = '-';
        *to++ = digits[guid->bytes[text_order[i]] >> 4];
        *to++ = digits[guid->bytes[text_order[i]] & 15];
    }
    *to++ = '}';
    *to = 0;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool usb_guid_parse(const char *text, size_t length, struct usb_guid *guid)
{
    if (length == 38 && text[0] == '{' && text[37] == '}') {
        text++;
        length -= 2;
    }
    if (length != 36)
        return false;
    for (size_t i = 0; i < 16; i++) {
        if (dash_before(i) && *text++ != '-')
            return false;
        int high = digit_value(text[0]), low = digit_value(text[1]);
        if (high < 0 || low < 0)
            return false;
        guid->bytes[text_order[i]] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return true;
}

bool usb_guid_equal(const struct usb_guid *one, const struct usb_guid *other)
{
    return memcmp(one, other, sizeof *one) == 0;
}
