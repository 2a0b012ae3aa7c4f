/* SPDX-License-Identifier: MIT */
/* Reads what a device is made of, as Windows' hub driver does when it is plugged in: its functions
 * from the configuration, the BOS descriptor, Microsoft OS descriptors 2.0, or 1.0 where there are
 * none. A device that refuses or lies gets a node all the same, with the ids that its device
 * descriptor gives. */
#include <string.h>

#include "base/trace.h"
#include "drivers/usb_node_make.h"

enum {
    REQUEST_TIMEOUT_MS = 1000,
    VENDOR_DEVICE_IN = 0xc0,
    VENDOR_INTERFACE_IN = 0xc1,
    STANDARD_DEVICE_IN = 0x80,
    GET_DESCRIPTOR = 6,
    OSDESC_BYTES = 4096,
    CLASS_AUDIO = 1,
    CLASS_MISCELLANEOUS = 0xef,
};

/* ---- Functions
 * ----------------------------------------------------------------------------------------------------
 */

static struct usb_function *function_of(struct usb_shape *shape, uint8_t interface)
{
    for (uint32_t i = 0; i < shape->function_count; i++) {
        struct usb_function *function = &shape->functions[i];
        if (interface >= function->first && interface - function->first < function->count)
            return function;
    }
    return NULL;
}

static void association_add(struct usb_shape *shape, const uint8_t *at)
{
    if (at[0] < 8 || at[3] == 0 || shape->function_count == USB_INTERFACES_MAX ||
        function_of(shape, at[2]) != NULL)
        return;
    shape->functions[shape->function_count++] =
        (struct usb_function){at[2], at[3], at[4], at[5], at[6], at[7]};
}

/* Audio interfaces of one device belong together although they have no association: Windows groups
 * them. */
static void interface_add(struct usb_shape *shape, const uint8_t *at)
{
    struct usb_function *last =
        shape->function_count == 0 ? NULL : &shape->functions[shape->function_count - 1];
    if (at[0] < 9 || at[3] != 0)
        return;
    shape->interface_count++;
    if (function_of(shape, at[2]) != NULL || shape->function_count == USB_INTERFACES_MAX)
        return;
    if (last != NULL && last->class == CLASS_AUDIO && at[5] == CLASS_AUDIO && at[6] != 1 &&
        at[2] == last->first + last->count) {
        last->count++;
        return;
    }
    shape->functions[shape->function_count++] =
        (struct usb_function){at[2], 1, at[5], at[6], at[7], at[8]};
}

void usb_shape_parse(const void *config, size_t length, struct usb_shape *shape)
{
    const uint8_t *bytes = config;
    for (size_t at = 0; at + 2 <= length && bytes[at] >= 2 && bytes[at] <= length - at;
         at += bytes[at]) {
        if (bytes[at + 1] == USB_DT_ASSOCIATION)
            association_add(shape, bytes + at);
        if (bytes[at + 1] == USB_DT_INTERFACE)
            interface_add(shape, bytes + at);
    }
}

/* "Enumeration of USB Composite Devices": class 0 or 0xEF/2/1, several interfaces, one
 * configuration. */
static bool shape_is_composite(const struct usb_shape *shape,
                               const struct usb_device_descriptor *descriptor)
{
    bool by_interface =
        descriptor->class == 0 || (descriptor->class == CLASS_MISCELLANEOUS &&
                                   descriptor->subclass == 2 && descriptor->protocol == 1);
    return by_interface && shape->interface_count > 1 && descriptor->configuration_count == 1;
}

/* A device that nobody configured yet gets its first configuration, as Windows gives it. */
static void configure(struct usb_device *device)
{
    uint8_t header[9];
    lock_acquire(&device->lock);
    bool configured = device->config != NULL;
    lock_release(&device->lock);
    if (!configured && usb_device_get_descriptor(device, USB_DT_CONFIGURATION, 0, 0, header,
                                                 sizeof header) == sizeof header)
        usb_device_set_configuration(device, header[5]);
}

static void functions_read(struct usb_device *device, struct usb_shape *shape)
{
    configure(device);
    lock_acquire(&device->lock);
    if (device->config != NULL)
        usb_shape_parse(device->config->bytes, device->config->length, shape);
    lock_release(&device->lock);
    shape->is_composite = shape_is_composite(shape, &device->id.descriptor);
}

/* ---- Microsoft OS descriptors
 * ---------------------------------------------------------------------------------------- */

static int vendor_read(struct usb_device *device, uint8_t type, uint8_t code, uint16_t value,
                       uint16_t index, void *buffer, uint16_t length)
{
    const struct usb_setup setup = {
        .type = type, .request = code, .value = value, .index = index, .length = length};
    return usb_device_control(device, &setup, buffer, REQUEST_TIMEOUT_MS);
}

/* false: the device has no 2.0 descriptors. */
static bool osdesc_20_read(struct usb_device *device, struct usb_shape *shape)
{
    uint8_t buffer[OSDESC_BYTES];
    if (device->id.descriptor.usb_version < 0x0201)
        return false;
    int length = usb_device_get_descriptor(device, USB_DT_BOS, 0, 0, buffer, 5);
    if (length < 5)
        return false;
    uint32_t total = (uint32_t)buffer[2] | (uint32_t)buffer[3] << 8;
    length = usb_device_get_descriptor(device, USB_DT_BOS, 0, 0, buffer,
                                       total < sizeof buffer ? total : sizeof buffer);
    if (length < 5)
        return false;
    usb_bos_parse(buffer, (size_t)length, &shape->bos);
    if (!shape->bos.has_osdesc)
        return false;
    uint16_t size =
        shape->bos.set_length < sizeof buffer ? shape->bos.set_length : (uint16_t)sizeof buffer;
    length = vendor_read(device, VENDOR_DEVICE_IN, shape->bos.vendor_code, 0, USB_OSDESC_20_INDEX,
                         buffer, size);
    if (length < 0 || !usb_osdesc_parse_set(buffer, (size_t)length, &shape->os))
        trace_note(TRACE_DRIVER, "%s: its Microsoft OS 2.0 descriptors are malformed",
                   device->id.path);
    return true;
}

static void properties_read(struct usb_device *device, uint8_t code,
                            struct usb_os_function *function)
{
    uint8_t buffer[OSDESC_BYTES];
    uint16_t interface = function->interface < 0 ? 0 : (uint16_t)function->interface;
    int length = vendor_read(device, VENDOR_INTERFACE_IN, code, (uint16_t)(interface << 8),
                             USB_OSDESC_PROPERTIES_INDEX, buffer, sizeof buffer);
    if (length > 0 && !usb_osdesc_parse_properties(buffer, (size_t)length, function))
        trace_note(TRACE_DRIVER, "%s: its extended properties are malformed", device->id.path);
}

static void osdesc_10_read(struct usb_device *device, struct usb_shape *shape)
{
    uint8_t buffer[OSDESC_BYTES], code;
    const struct usb_setup setup = {.type = STANDARD_DEVICE_IN,
                                    .request = GET_DESCRIPTOR,
                                    .value = USB_DT_STRING << 8 | USB_OSDESC_STRING,
                                    .length = 18};
    int length = usb_device_control(device, &setup, buffer, REQUEST_TIMEOUT_MS);
    if (length < 0 || !usb_osdesc_parse_string(buffer, (size_t)length, &code))
        return;
    length =
        vendor_read(device, VENDOR_DEVICE_IN, code, 0, USB_OSDESC_ID_INDEX, buffer, sizeof buffer);
    if (length > 0 &&
        !usb_osdesc_parse_ids(buffer, (size_t)length, shape->is_composite, &shape->os))
        trace_note(TRACE_DRIVER, "%s: its extended compat ids are malformed", device->id.path);
    for (uint32_t i = 0; i < shape->os.count; i++)
        properties_read(device, code, &shape->os.functions[i]);
}

void usb_shape_read(struct usb_device *device, struct usb_shape *shape)
{
    memset(shape, 0, sizeof *shape);
    int error = usb_device_open(device);
    if (error != 0) {
        trace_note(TRACE_DRIVER, "%s cannot be opened: %s", device->id.path, strerror(-error));
        return;
    }
    functions_read(device, shape);
    if (!osdesc_20_read(device, shape))
        osdesc_10_read(device, shape);
    usb_device_close(device);
}
