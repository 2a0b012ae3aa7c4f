/* SPDX-License-Identifier: MIT */
/* Fills a new node from its device's identity and shape: ids, container, description, location, the
 * GUIDs that its descriptors and the configuration file give it. */
#include "drivers/usb_node_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "base/utf16.h"
#include "drivers/usb_rules.h"

enum { LANGUAGE = 0x0409, STRING_BYTES = 255 };

/* {A5DCBF10-6530-11D2-901F-00C04FB951ED} */
const struct usb_guid usb_guid_device = {{0x10, 0xbf, 0xdc, 0xa5, 0x30, 0x65, 0xd2, 0x11, 0x90,
                                          0x1f, 0x00, 0xc0, 0x4f, 0xb9, 0x51, 0xed}};

static void node_guid_add(struct usb_node *node, const struct usb_guid *guid)
{
    uint32_t count = atomic_load(&node->interface_count_guid);
    for (uint32_t i = 0; i < count; i++)
        if (usb_guid_equal(&node->interfaces[i].guid, guid))
            return;
    if (count == USB_NODE_GUIDS)
        return;
    node->interfaces[count].guid = *guid;
    node->interfaces[count].node = node;
    node->interfaces[count].wanted = true;
    atomic_store(&node->interface_count_guid, count + 1);
}

static void node_rules_apply(struct usb_node *node, uint16_t vendor, uint16_t product,
                             int32_t function)
{
    uint32_t count;
    const struct usb_rule *rules = usb_rules(&count);
    for (uint32_t i = 0; i < count; i++) {
        if (rules[i].vendor != vendor || rules[i].product != product ||
            rules[i].interface != function)
            continue;
        if (rules[i].is_idle) {
            node->idle = rules[i].idle;
            continue;
        }
        node->wants_winusb = true;
        node_guid_add(node, &rules[i].guid);
    }
}

static void node_guids(struct usb_node *node, const struct usb_id_source *source,
                       const struct usb_os_function *os)
{
    if (source->function < 0)
        node_guid_add(node, &usb_guid_device);
    for (uint32_t i = 0; os != NULL && i < os->guid_count; i++)
        node_guid_add(node, &os->guids[i]);
    if (os != NULL)
        node->idle = os->idle;
    node->wants_winusb = strcmp(source->compatible, "WINUSB") == 0;
    node_rules_apply(node, source->vendor, source->product, source->function);
}

/* The function's own string, or "". */
static void string_read(struct usb_device *device, uint8_t index, char *text, size_t capacity)
{
    uint8_t bytes[STRING_BYTES];
    char16_t units[STRING_BYTES / 2];
    if (index == 0 || usb_device_open(device) != 0)
        return;
    int length =
        usb_device_get_descriptor(device, USB_DT_STRING, index, LANGUAGE, bytes, sizeof bytes);
    usb_device_close(device);
    if (length < 2 || bytes[0] < 2 || bytes[1] != USB_DT_STRING)
        return;
    size_t count = (size_t)((bytes[0] < length ? bytes[0] : length) - 2) / 2;
    memcpy(units, bytes + 2, count * 2);
    size_t need = utf8_from_utf16(NULL, 0, units, count);
    if (need < capacity)
        text[utf8_from_utf16(text, capacity - 1, units, count)] = 0;
}

/* An instance id for a second device with the same serial number, which Windows would not start:
 * the number makes it unique. */
static void instance_id_unique(struct usb_node *node, const struct usb_id_source *source)
{
    struct usb_node *other = usb_node_by_instance(node->instance_id);
    char location[96];
    if (other == NULL)
        return;
    usb_node_dereference(other);
    snprintf(location, sizeof location, "%s %u", node->device->id.location, (unsigned)node->number);
    usb_instance_id(source, source->function < 0 ? "" : location, location, node->device->id.port,
                    node->instance_id, sizeof node->instance_id);
}

static void node_identify(struct usb_node *node, const struct usb_shape *shape,
                          const struct usb_id_source *source)
{
    const struct usb_identity *id = &node->device->id;
    bool fits =
        usb_ids_hardware(source, node->hardware_ids, sizeof node->hardware_ids) &&
        usb_ids_compatible(source, node->compatible_ids, sizeof node->compatible_ids) &&
        usb_instance_id(source, node->parent == NULL ? id->serial : node->parent->instance_id,
                        id->location, id->port, node->instance_id, sizeof node->instance_id);
    if (!fits)
        trace_note(TRACE_DRIVER, "%s: an id does not fit", id->path);
    instance_id_unique(node, source);
    if (shape->bos.has_container)
        node->container = shape->bos.container;
    else
        usb_container_id(source, id->serial, id->location, &node->container);
    if (node->parent == NULL)
        snprintf(node->location, sizeof node->location, "USBROOT(%u)#USB(%u)", id->bus,
                 (unsigned)id->port);
    else
        snprintf(node->location, sizeof node->location, "%.*s#USBMI(%u)",
                 (int)sizeof node->location - 16, node->parent->location, node->first_interface);
}

static _Atomic uint32_t node_numbers = 1; /* 1 is the root's */

static struct usb_node *node_allocate(struct usb_device *device, struct usb_node *parent)
{
    struct usb_node *node = calloc(1, sizeof *node);
    if (node == NULL)
        return NULL;
    list_init(&node->link);
    atomic_store(&node->references, 1);
    node->number = atomic_fetch_add(&node_numbers, 1) + 1;
    node->device = device;
    usb_device_reference(device);
    node->parent = parent;
    if (parent != NULL)
        usb_node_reference(parent);
    return node;
}

struct usb_node *usb_node_make(struct usb_device *device, const struct usb_shape *shape,
                               struct usb_node *parent, uint32_t index)
{
    const struct usb_device_descriptor *descriptor = &device->id.descriptor;
    const struct usb_function *function = parent == NULL ? NULL : &shape->functions[index];
    struct usb_node *node = node_allocate(device, parent);
    if (node == NULL)
        return NULL;
    struct usb_id_source source = {.vendor = descriptor->vendor,
                                   .product = descriptor->product,
                                   .revision = descriptor->device_version,
                                   .function = function == NULL ? -1 : function->first,
                                   .class = descriptor->class,
                                   .subclass = descriptor->subclass,
                                   .protocol = descriptor->protocol};
    const struct usb_os_function *os = usb_os_find(&shape->os, source.function);
    if (os == NULL && function == NULL && !shape->is_composite) /* said of its only function */
        os = usb_os_find(&shape->os, shape->functions[0].first);
    if (os != NULL) {
        memcpy(source.compatible, os->compatible, sizeof source.compatible);
        memcpy(source.subcompatible, os->subcompatible, sizeof source.subcompatible);
    }
    if (function == NULL && !shape->is_composite && source.class == 0 && shape->function_count > 0)
        function = &shape->functions[0]; /* class by interface: the interface's stands in the
                                            compatible ids */
    if (function != NULL && (parent != NULL || source.class == 0)) {
        source.class = function->class;
        source.subclass = function->subclass;
        source.protocol = function->protocol;
    }
    source.is_composite = parent == NULL && shape->is_composite;
    node->first_interface = parent == NULL ? 0 : function->first;
    node->interface_count = parent == NULL ? shape->interface_count : function->count;
    node_identify(node, shape, &source);
    node_guids(node, &source, os);
    node->is_composite = source.is_composite && !node->wants_winusb;
    snprintf(node->description, sizeof node->description, "%s", device->id.product);
    if (parent != NULL)
        string_read(device, function->string, node->description, sizeof node->description);
    return node;
}
