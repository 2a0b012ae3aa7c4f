/* SPDX-License-Identifier: MIT */
/* Devices as sysfs tells of them, without opening their nodes: identity, and the `descriptors` file (bus byte order). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "usb/usbfs.h"

enum { CLASS_HUB = 9, DESCRIPTORS_MAX = 65553 };

/* Bytes read or -errno. */
static int file_read(const char *root, const char *name, const char *attribute, void *buffer, size_t size)
{
    char path[512];
    if (snprintf(path, sizeof path, "%s/%s/%s", root, name, attribute) >= (int)sizeof path)
        return -ENAMETOOLONG;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t at = 0;
    int error = 0;
    while (at < size) {
        ssize_t got = read(fd, (char *)buffer + at, size - at);
        if (got < 0 && errno == EINTR)
            continue;
        error = got < 0 ? -errno : 0;
        if (got <= 0)
            break;
        at += (size_t)got;
    }
    close(fd);
    return error != 0 ? error : (int)at;
}

/* Without the line's end; "" where there is none. */
static void text_read(const char *root, const char *name, const char *attribute, char *text, size_t size)
{
    int length = file_read(root, name, attribute, text, size - 1);
    text[length < 0 ? 0 : length] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

static unsigned long number_read(const char *root, const char *name, const char *attribute)
{
    char text[32];
    text_read(root, name, attribute, text, sizeof text);
    return strtoul(text, NULL, 10);
}

static enum usb_speed speed_read(const char *root, const char *name)
{
    char text[32];
    text_read(root, name, "speed", text, sizeof text);
    if (strcmp(text, "1.5") == 0)
        return USB_SPEED_LOW;
    switch (strtoul(text, NULL, 10)) {
    case 12: return USB_SPEED_FULL;
    case 480: return USB_SPEED_HIGH;
    case 5000: return USB_SPEED_SUPER;
    case 10000: case 20000: return USB_SPEED_SUPER_PLUS;
    default: return USB_SPEED_UNKNOWN;
    }
}

bool usbfs_sysfs_is_device(const char *name)
{
    return name[0] >= '0' && name[0] <= '9' && strchr(name, '-') != NULL && strchr(name, ':') == NULL && strchr(name, '/') == NULL;
}

int usbfs_sysfs_read(const char *root, const char *name, struct usb_identity *id, uint8_t device_bytes[18])
{
    if (!usbfs_sysfs_is_device(name))
        return -ENODEV;
    int length = file_read(root, name, "descriptors", device_bytes, 18);
    if (length < 0)
        return length == -ENOENT ? -ENODEV : length;
    const char *reason;
    if (usb_device_descriptor_parse(device_bytes, (size_t)length, &id->descriptor, &reason) != 0)
        return -EINVAL;
    if (id->descriptor.class == CLASS_HUB)
        return -ENODEV;
    snprintf(id->path, sizeof id->path, "%s", name);
    snprintf(id->location, sizeof id->location, "%.60s", name);
    text_read(root, name, "manufacturer", id->manufacturer, sizeof id->manufacturer);
    text_read(root, name, "product", id->product, sizeof id->product);
    text_read(root, name, "serial", id->serial, sizeof id->serial);
    id->bus = (uint16_t)number_read(root, name, "busnum");
    id->address = (uint16_t)number_read(root, name, "devnum");
    id->speed = speed_read(root, name);
    const char *port = strrchr(name, '.');
    id->port = (uint32_t)strtoul((port != NULL ? port : strchr(name, '-')) + 1, NULL, 10);
    return id->bus == 0 || id->address == 0 ? -EINVAL : 0;
}

int usbfs_sysfs_config(const char *root, const char *name, void *buffer, uint32_t length)
{
    unsigned long value = number_read(root, name, "bConfigurationValue");
    if (value == 0)
        return -ENODATA;
    uint8_t *bytes = malloc(DESCRIPTORS_MAX);
    if (bytes == NULL)
        return -ENOMEM;
    int result = -EINVAL, size = file_read(root, name, "descriptors", bytes, DESCRIPTORS_MAX);
    if (size < 0)
        result = size;
    for (int at = 18; at + 9 <= size;) {
        int total = bytes[at + 2] | bytes[at + 3] << 8;
        if (bytes[at + 1] != USB_DT_CONFIGURATION || total < 9 || at + total > size)
            break;
        if (bytes[at + 5] == value) {
            result = total < (int)length ? total : (int)length;
            memcpy(buffer, bytes + at, (size_t)result);
            break;
        }
        at += total;
    }
    free(bytes);
    return result;
}
