/* SPDX-License-Identifier: MIT */
/* The face of overlapped.h for looking at USB devices: which there are, and their descriptors as
 * text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/usb_node.h"
#include "drivers/usb_osdesc.h"
#include "nt/status.h"
#include "overlapped.h"
#include "usb/describe.h"
#include "usb/device.h"
#include "usb/host.h"

enum { TIMEOUT_MS = 2000, BOS_MAX = 4096, USB_2_01 = 0x0201 };

static uint32_t win32_from_errno(int error)
{
    return status_to_win32(status_from_errno(-error));
}

static void info_fill(struct ovl_usb_info *info, const struct usb_device *device)
{
    const struct usb_identity *id = &device->id;
    *info = (struct ovl_usb_info){.vendor_id = id->descriptor.vendor,
                                  .product_id = id->descriptor.product,
                                  .bus = id->bus,
                                  .address = id->address,
                                  .port = id->port};
    snprintf(info->path, sizeof info->path, "%s", id->path);
    snprintf(info->host, sizeof info->host, "%s", device->host->name);
    snprintf(info->speed, sizeof info->speed, "%s", usb_speed_text(id->speed));
    snprintf(info->manufacturer, sizeof info->manufacturer, "%s", id->manufacturer);
    snprintf(info->product, sizeof info->product, "%s", id->product);
    snprintf(info->serial, sizeof info->serial, "%s", id->serial);
}

uint32_t ovl_usb_list(struct ovl_usb_info **devices, uint32_t *count)
{
    uint32_t found;
    struct usb_device **list = usb_list(&found);
    if (list == NULL)
        return win32_from_errno(-ENOMEM);
    struct ovl_usb_info *infos = calloc(found + 1, sizeof *infos);
    for (uint32_t i = 0; infos != NULL && i < found; i++)
        info_fill(&infos[i], list[i]);
    usb_list_free(list, found);
    if (infos == NULL)
        return win32_from_errno(-ENOMEM);
    *devices = infos;
    *count = found;
    return 0;
}

static struct usb_device *device_find(const char *path)
{
    uint32_t count;
    struct usb_device *found = NULL, **list = usb_list(&count);
    for (uint32_t i = 0; list != NULL && i < count && found == NULL; i++)
        if (strcmp(list[i]->id.path, path) == 0)
            usb_device_reference(found = list[i]);
    if (list != NULL)
        usb_list_free(list, count);
    return found;
}

/* ---- What is read before it is told ---------------------------------------------------------- */

struct look {
    struct usb_device *device;
    uint8_t *config, *os_set;
    uint32_t config_bytes, os_bytes, bos_bytes;
    uint8_t bos[BOS_MAX];
};

/* A copy: the configuration may change while it is told. */
static int look_config(struct look *look)
{
    struct usb_device *device = look->device;
    int error = 0;
    lock_acquire(&device->lock);
    if (device->config != NULL) {
        look->config = malloc(device->config->length);
        error = look->config == NULL ? -ENOMEM : 0;
        if (error == 0)
            memcpy(look->config, device->config->bytes,
                   look->config_bytes = device->config->length);
    }
    lock_release(&device->lock);
    return error;
}

/* A device that answers none of these just has none. */
static void look_bos(struct look *look)
{
    struct usb_bos_info info = {0};
    if (look->device->id.descriptor.usb_version < USB_2_01)
        return;
    int bytes =
        usb_device_get_descriptor(look->device, USB_DT_BOS, 0, 0, look->bos, sizeof look->bos);
    if (bytes < 5)
        return;
    look->bos_bytes = (uint32_t)bytes;
    usb_bos_parse(look->bos, look->bos_bytes, &info);
    if (!info.has_osdesc || info.set_length == 0 ||
        (look->os_set = malloc(info.set_length)) == NULL)
        return;
    struct usb_setup setup = {0xc0, info.vendor_code, 0, USB_OSDESC_20_INDEX, info.set_length};
    bytes = usb_device_control(look->device, &setup, look->os_set, TIMEOUT_MS);
    look->os_bytes = bytes > 0 ? (uint32_t)bytes : 0;
}

static void look_tell(const struct look *look, bool brief, struct describe_text *out)
{
    const struct usb_device *device = look->device;
    enum usb_speed speed = device->id.speed;
    if (brief) {
        usb_describe_brief(out, look->config, look->config_bytes, speed, 0);
        return;
    }
    describe_printf(out, "%s on %s, %s", device->id.path, device->host->name,
                    usb_speed_text(speed));
    describe_printf(out, "\n  manufacturer \"%s\", product \"%s\", serial \"%s\"\n",
                    device->id.manufacturer, device->id.product, device->id.serial);
    usb_describe(out, device->device_bytes, sizeof device->device_bytes, speed, 0);
    usb_describe(out, look->config, look->config_bytes, speed, 0);
    usb_describe(out, look->bos, look->bos_bytes, speed, 0);
    usb_describe_os_set(out, look->os_set, look->os_bytes, 0);
}

static int look_text(const struct look *look, bool brief, char **text)
{
    struct describe_text out = {0};
    look_tell(look, brief, &out); /* how long it is */
    out = (struct describe_text){.text = malloc(out.length + 1), .size = out.length + 1};
    if (out.text == NULL)
        return -ENOMEM;
    out.text[0] = '\0';
    look_tell(look, brief, &out);
    *text = out.text;
    return 0;
}

uint32_t ovl_usb_describe(const char *path, int brief, char **text)
{
    struct look *look = calloc(1, sizeof *look);
    if (look == NULL)
        return win32_from_errno(-ENOMEM);
    int error = -ENOENT;
    look->device = device_find(path);
    if (look->device != NULL && (error = usb_device_open(look->device)) == 0) {
        (void)usb_device_resume(look->device); /* it may sleep; who let it does not mind */
        error = look_config(look);
        if (error == 0 && !brief)
            look_bos(look);
        if (error == 0)
            error = look_text(look, brief, text);
        usb_device_close(look->device);
    }
    if (look->device != NULL)
        usb_device_dereference(look->device);
    free(look->config);
    free(look->os_set);
    free(look);
    return error == 0 ? 0 : win32_from_errno(error);
}

/* ---- A function for WinUSB ------------------------------------------------------------------- */

/* {6C1F1D52-3A0E-4F27-9C8E-6F766C757362}: the class of functions that have no other. */
static const struct usb_guid guid_own = {{0x52, 0x1d, 0x1f, 0x6c, 0x0e, 0x3a, 0x27, 0x4f, 0x9c,
                                          0x8e, 0x6f, 0x76, 0x6c, 0x75, 0x73, 0x62}};

/* The node of the function with this interface, referenced, or NULL. */
static struct usb_node *function_find(const char *path, uint8_t interface)
{
    uint32_t count;
    struct usb_node *found = NULL, **nodes = usb_nodes(&count);
    for (uint32_t i = 0; nodes != NULL && i < count && found == NULL; i++) {
        struct usb_node *node = nodes[i];
        bool has = interface >= node->first_interface &&
                   interface < node->first_interface + node->interface_count;
        if (!node->is_composite && has && strcmp(node->device->id.path, path) == 0)
            usb_node_reference(found = node);
    }
    usb_nodes_free(nodes, count);
    return found;
}

uint32_t ovl_usb_winusb(const char *path, uint8_t interface_number, char **device_path)
{
    struct usb_node *node = function_find(path, interface_number);
    if (node == NULL)
        return win32_from_errno(-ENOENT);
    int32_t status = usb_node_use_winusb(node);
    if (status == STATUS_SUCCESS && atomic_load(&node->interface_count_guid) == 0)
        status = usb_node_add_interface(node, &guid_own);
    char *text = NULL;
    if (status == STATUS_SUCCESS &&
        asprintf(&text, "\\\\?\\%s", node->interfaces[0].device.name) < 0)
        status = STATUS_NO_MEMORY;
    usb_node_dereference(node);
    if (status == STATUS_SUCCESS)
        *device_path = text;
    return status_to_win32(status);
}
