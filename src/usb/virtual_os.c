/* SPDX-License-Identifier: MIT */
/* Descriptors that the host makes for a model: strings, the BOS with its capabilities, and the
 * Microsoft OS descriptors (1.0 and 2.0 specifications) that give a device the compatible id WINUSB
 * and its DeviceInterfaceGUIDs. */
#include <errno.h>
#include <string.h>

#include "base/utf16.h"
#include "usb/virtual.h"

enum {
    OS_STRING = 0xee,
    OS_INDEX_COMPATIBLE = 4,
    OS_INDEX_PROPERTIES = 5,
    OS_INDEX_SET = 7,
    REG_MULTI_SZ = 7
};
enum {
    NAME_UNITS = 21,
    GUID_UNITS = 40
}; /* "DeviceInterfaceGUIDs" and its zero; a GUID in braces and two zeros */

struct writer {
    uint8_t *out;
    uint32_t at, room;
};

static void put(struct writer *writer, const void *bytes, uint32_t size)
{
    if (size <= writer->room - writer->at) {
        memcpy(writer->out + writer->at, bytes, size);
        writer->at += size;
    }
}

static void put8(struct writer *writer, uint32_t value)
{
    uint8_t byte = (uint8_t)value;
    put(writer, &byte, 1);
}

static void put16(struct writer *writer, uint32_t value)
{
    put8(writer, value & 0xff);
    put8(writer, value >> 8 & 0xff);
}

static void put32(struct writer *writer, uint32_t value)
{
    put16(writer, value & 0xffff);
    put16(writer, value >> 16);
}

/* ASCII as UTF-16, filled with zeros to `units`. */
static void put_text(struct writer *writer, const char *text, uint32_t units)
{
    size_t length = strlen(text);
    for (uint32_t i = 0; i < units; i++)
        put16(writer, i < length ? (uint8_t)text[i] : 0);
}

static const char property_name[] = "DeviceInterfaceGUIDs";

/* ---- 2.0 ------------------------------------------------------------------------------------- */

enum { SET_HEADER = 10, SET_COMPATIBLE = 20, SET_PROPERTY = 10 + NAME_UNITS * 2 + GUID_UNITS * 2 };
enum {
    SET_NUMBER = 10 + 4,
    REG_DWORD = 4,
    WINDOWS_8_1 = 0x06030000
}; /* a number's property without its name */

static const char *const idle_names[] = {"DeviceIdleEnabled", "DefaultIdleState",
                                         "DefaultIdleTimeout"};
enum { IDLE_NAMES = sizeof idle_names / sizeof *idle_names };

static uint32_t set_length(const struct virtual_device *device)
{
    uint32_t length = SET_HEADER + SET_COMPATIBLE + SET_PROPERTY;
    for (uint32_t i = 0; device->idles && i < IDLE_NAMES; i++)
        length += SET_NUMBER + ((uint32_t)strlen(idle_names[i]) + 1) * 2;
    return length;
}

static void put_number(struct writer *writer, const char *name, uint32_t value)
{
    uint32_t units = (uint32_t)strlen(name) + 1;
    put16(writer, SET_NUMBER + units * 2);
    put16(writer, 4);
    put16(writer, REG_DWORD);
    put16(writer, units * 2);
    put_text(writer, name, units);
    put16(writer, 4);
    put32(writer, value);
}

uint32_t virtual_os_set(const struct virtual_device *device, uint8_t *out, uint32_t room)
{
    struct writer writer = {.out = out, .room = room};
    put16(&writer, SET_HEADER);
    put16(&writer, 0);
    put32(&writer, WINDOWS_8_1);
    put16(&writer, set_length(device));
    put16(&writer, SET_COMPATIBLE);
    put16(&writer, 3);
    put(&writer, "WINUSB\0\0\0\0\0\0\0\0\0", 16);
    put16(&writer, SET_PROPERTY);
    put16(&writer, 4);
    put16(&writer, REG_MULTI_SZ);
    put16(&writer, NAME_UNITS * 2);
    put_text(&writer, property_name, NAME_UNITS);
    put16(&writer, GUID_UNITS * 2);
    put_text(&writer, device->description.guid, GUID_UNITS);
    for (uint32_t i = 0; device->idles && i < IDLE_NAMES; i++)
        put_number(&writer, idle_names[i], i == 2 ? device->idle_ms : 1);
    return writer.at;
}

static bool has_set(const struct virtual_device *device)
{
    return device->description.guid != NULL && !device->description.os_1_0;
}

uint32_t virtual_bos(const struct virtual_device *device, uint8_t *out, uint32_t room)
{
    static const uint8_t extension[] = {7, 0x10, 2, 0, 0, 0, 0};
    static const uint8_t superspeed[] = {10, 0x10, 3, 0, 0x0e, 0, 1, 10, 0xff, 0x07};
    /* clang-format off */
    static const uint8_t platform[] = {28,   0x10, 5,    0,    0xdf, 0x60, 0xdd, 0xd8, 0x89, 0x45,
                                       0xc7, 0x4c, 0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a, 0x9f};
    /* clang-format on */
    if (device->device_bytes[3] < 2 ||
        (device->device_bytes[3] == 2 && device->device_bytes[2] == 0))
        return 0; /* USB 2.0 devices have none */
    struct writer writer = {.out = out, .room = room};
    bool is_super = device->speed >= USB_SPEED_SUPER;
    put8(&writer, 5);
    put8(&writer, USB_DT_BOS);
    put16(&writer, 0);
    put8(&writer, 1u + is_super + has_set(device));
    put(&writer, extension, sizeof extension);
    if (is_super)
        put(&writer, superspeed, sizeof superspeed);
    if (has_set(device)) {
        put(&writer, platform, sizeof platform);
        put32(&writer, WINDOWS_8_1);
        put16(&writer, set_length(device));
        put8(&writer, device->description.os_vendor_code);
        put8(&writer, 0);
    }
    out[2] = (uint8_t)writer.at;
    return writer.at;
}

/* ---- 1.0 ------------------------------------------------------------------------------------- */

static uint32_t compatible_1_0(uint8_t *out, uint32_t room)
{
    static const uint8_t zeros[8];
    struct writer writer = {.out = out, .room = room};
    put32(&writer, 40);
    put16(&writer, 0x0100);
    put16(&writer, OS_INDEX_COMPATIBLE);
    put8(&writer, 1);
    put(&writer, zeros, 7);
    put8(&writer, 0); /* the first interface */
    put8(&writer, 1);
    put(&writer, "WINUSB\0\0", 8);
    put(&writer, zeros, 8);
    put(&writer, zeros, 6);
    return writer.at;
}

static uint32_t properties_1_0(const struct virtual_device *device, uint8_t *out, uint32_t room)
{
    enum { SECTION = 14 + NAME_UNITS * 2 + GUID_UNITS * 2 };
    struct writer writer = {.out = out, .room = room};
    put32(&writer, 10 + SECTION);
    put16(&writer, 0x0100);
    put16(&writer, OS_INDEX_PROPERTIES);
    put16(&writer, 1);
    put32(&writer, SECTION);
    put32(&writer, REG_MULTI_SZ);
    put16(&writer, NAME_UNITS * 2);
    put_text(&writer, property_name, NAME_UNITS);
    put32(&writer, GUID_UNITS * 2);
    put_text(&writer, device->description.guid, GUID_UNITS);
    return writer.at;
}

int virtual_os_control(const struct virtual_device *device, const struct usb_setup *setup,
                       void *data)
{
    enum { VENDOR_FROM_DEVICE = 0xc0, VENDOR_FROM_INTERFACE = 0xc1 };
    if (device->description.guid == NULL || setup->request != device->description.os_vendor_code)
        return -ENOENT;
    if (setup->type != VENDOR_FROM_DEVICE && setup->type != VENDOR_FROM_INTERFACE)
        return -ENOENT;
    uint8_t made[512];
    uint32_t size = 0;
    if (!device->description.os_1_0 && setup->index == OS_INDEX_SET)
        size = virtual_os_set(device, made, sizeof made);
    else if (device->description.os_1_0 && setup->index == OS_INDEX_COMPATIBLE)
        size = compatible_1_0(made, sizeof made);
    else if (device->description.os_1_0 && setup->index == OS_INDEX_PROPERTIES)
        size = properties_1_0(device, made, sizeof made);
    if (size == 0)
        return -EPIPE;
    uint32_t moved = size < setup->length ? size : setup->length;
    if (moved != 0)
        memcpy(data, made, moved);
    return (int)moved;
}

uint32_t virtual_string(const struct virtual_device *device, uint8_t index, uint8_t *out,
                        uint32_t room)
{
    static const uint8_t languages[] = {4, USB_DT_STRING, 0x09, 0x04};
    struct writer writer = {.out = out, .room = room};
    if (index == 0) {
        put(&writer, languages, sizeof languages);
        return writer.at;
    }
    if (index == OS_STRING && device->description.os_1_0 && device->description.guid != NULL) {
        put8(&writer, 18);
        put8(&writer, USB_DT_STRING);
        put_text(&writer, "MSFT100", 7);
        put8(&writer, device->description.os_vendor_code);
        put8(&writer, 0);
        return writer.at;
    }
    if (index >= USB_MODEL_STRINGS || device->description.strings[index] == NULL)
        return 0;
    char16_t units[126];
    const char *text = device->description.strings[index];
    size_t count = utf16_from_utf8(units, 126, text, strlen(text));
    if (count > 126)
        count = 126;
    put8(&writer, (uint32_t)(2 + count * 2));
    put8(&writer, USB_DT_STRING);
    for (size_t i = 0; i < count; i++)
        put16(&writer, units[i]);
    return writer.at;
}
