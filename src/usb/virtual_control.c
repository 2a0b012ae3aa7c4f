/* SPDX-License-Identifier: MIT */
/* The default pipe of a virtual device: standard requests (USB 2.0 section 9.4, USB 3.2
 * section 9.4) are answered here, so that a kernel can enumerate any model; Microsoft OS
 * descriptors too; the rest is the model's. */
#include <errno.h>
#include <string.h>

#include "usb/virtual.h"

enum {
    GET_STATUS = 0,
    CLEAR_FEATURE = 1,
    SET_FEATURE = 3,
    SET_ADDRESS = 5,
    GET_DESCRIPTOR = 6,
    GET_CONFIGURATION = 8,
    SET_CONFIGURATION = 9,
    GET_INTERFACE = 10,
    SET_INTERFACE = 11,
    SET_SEL = 48,
    SET_ISOCH_DELAY = 49,
};
enum {
    TO_DEVICE = 0x00,
    TO_INTERFACE = 0x01,
    TO_ENDPOINT = 0x02,
    FROM = 0x80,
    TYPE_MASK = 0x60,
    RECIPIENT_MASK = 0x1f
};
enum { ENDPOINT_HALT = 0, DEVICE_REMOTE_WAKEUP = 1, FUNCTION_SUSPEND = 0 };
enum { DT_QUALIFIER = 6, DT_OTHER_SPEED = 7, SELF_POWERED = 0x40 };

static int answer(void *data, const struct usb_setup *setup, const void *bytes, uint32_t size)
{
    uint32_t moved = size < setup->length ? size : setup->length;
    if (moved != 0)
        memcpy(data, bytes, moved);
    return (int)moved;
}

/* ---- What the active setting has ------------------------------------------------------------- */

/* The interface descriptor of a setting, or NULL. In the model's own bytes, which no fault has
 * spoilt. */
static const uint8_t *find_setting(const struct virtual_device *device, uint8_t interface,
                                   uint8_t setting)
{
    const uint8_t *bytes = device->description.config;
    size_t length = device->description.config_length, from = 0;
    for (const uint8_t *at;
         (at = usb_descriptor_find(bytes, length, from, USB_DT_INTERFACE)) != NULL;) {
        if (at[2] == interface && at[3] == setting)
            return at;
        from = (size_t)(at - bytes) + at[0];
    }
    return NULL;
}

static bool setting_endpoints(const struct virtual_device *device, const uint8_t *at,
                              uint8_t address)
{
    const uint8_t *end = device->description.config + device->description.config_length;
    for (at += at[0]; at + 2 <= end && at[0] >= 2 && at[1] != USB_DT_INTERFACE; at += at[0])
        if (at[1] == USB_DT_ENDPOINT && at[2] == address)
            return true;
    return false;
}

static bool has_endpoint(const struct virtual_device *device, uint8_t address)
{
    if ((address & 15) == 0)
        return true;
    for (uint8_t i = 0; i < USB_INTERFACES_MAX && device->configuration != 0; i++) {
        const uint8_t *at = find_setting(device, i, device->alternate[i]);
        if (at != NULL && setting_endpoints(device, at, address))
            return true;
    }
    return false;
}

void virtual_clear_halt(struct virtual_device *device, uint8_t address)
{
    struct virtual_pipe *pipe = &device->pipes[virtual_index(address)];
    pipe->halted = false;
    pipe->asked = false;
    pipe->fault = NULL;
    pipe->not_before = 0;
}

int virtual_set_configuration(struct virtual_device *device, uint8_t value)
{
    if (value != 0 && value != device->description.config[5])
        return -EPIPE;
    device->configuration = value;
    memset(device->alternate, 0, sizeof device->alternate);
    for (uint32_t i = 1; i < VIRTUAL_PIPES; i++)
        virtual_clear_halt(device, (uint8_t)((i & 15) | (i & 16 ? USB_ENDPOINT_IN : 0)));
    if (device->model->configured != NULL)
        device->model->configured(device->state, value);
    return 0;
}

int virtual_set_interface(struct virtual_device *device, uint8_t interface, uint8_t setting)
{
    if (device->configuration == 0 || interface >= USB_INTERFACES_MAX ||
        find_setting(device, interface, setting) == NULL)
        return -EPIPE;
    const uint8_t *old = find_setting(device, interface, device->alternate[interface]);
    const uint8_t *end = device->description.config + device->description.config_length;
    for (const uint8_t *at = old + old[0]; at + 2 <= end && at[0] >= 2 && at[1] != USB_DT_INTERFACE;
         at += at[0])
        if (at[1] == USB_DT_ENDPOINT)
            virtual_clear_halt(device, at[2]);
    device->alternate[interface] = setting;
    if (device->model->selected != NULL)
        device->model->selected(device->state, interface, setting);
    return 0;
}

/* ---- Requests -------------------------------------------------------------------------------- */

static int get_qualifier(struct virtual_device *device, const struct usb_setup *setup, void *data)
{
    const uint8_t *own = device->device_bytes;
    if (device->speed !=
        USB_SPEED_HIGH) /* a full-speed-only device, or SuperSpeed: there is none */
        return -EPIPE;
    uint8_t qualifier[10] = {10,     DT_QUALIFIER, own[2], own[3],  own[4],
                             own[5], own[6],       64,     own[17], 0};
    return answer(data, setup, qualifier, sizeof qualifier);
}

static int get_descriptor(struct virtual_device *device, const struct usb_setup *setup, void *data)
{
    uint8_t made[512], index = (uint8_t)setup->value;
    uint32_t size = 0;
    switch (setup->value >> 8) {
    case USB_DT_DEVICE:
        return answer(data, setup, device->device_bytes, sizeof device->device_bytes);
    case USB_DT_CONFIGURATION:
        return index != 0
                   ? -EPIPE
                   : answer(data, setup, device->config_bytes, device->description.config_length);
    case USB_DT_STRING:
        size = virtual_string(device, index, made, sizeof made);
        break;
    case USB_DT_BOS:
        size = virtual_bos(device, made, sizeof made);
        break;
    case DT_QUALIFIER:
        return get_qualifier(device, setup, data);
    default:
        break;
    }
    if (size != 0)
        return answer(data, setup, made, size);
    return device->model->control != NULL ? device->model->control(device->state, setup, data)
                                          : -EPIPE;
}

static int get_status(struct virtual_device *device, const struct usb_setup *setup, void *data)
{
    uint8_t status[2] = {0, 0};
    uint8_t index = (uint8_t)setup->index;
    switch (setup->type & RECIPIENT_MASK) {
    case TO_DEVICE:
        status[0] = (uint8_t)((device->description.config[7] & SELF_POWERED ? 1 : 0) |
                              device->remote_wakeup << 1);
        break;
    case TO_INTERFACE:
        if (device->configuration == 0 || find_setting(device, index, 0) == NULL)
            return -EPIPE;
        break;
    default:
        if (!has_endpoint(device, index))
            return -EPIPE;
        status[0] = device->pipes[virtual_index(index)].halted;
        break;
    }
    return answer(data, setup, status, sizeof status);
}

static int endpoint_feature(struct virtual_device *device, const struct usb_setup *setup, bool set)
{
    uint8_t address = (uint8_t)setup->index;
    if (setup->value != ENDPOINT_HALT || !has_endpoint(device, address))
        return -EPIPE;
    if ((address & 15) == 0)
        return 0; /* the default pipe's halt ends with the next request */
    if (set)
        device->pipes[virtual_index(address)].halted = true;
    else
        virtual_clear_halt(device, address);
    usb_model_ready(device, address); /* what waits there is answered anew */
    return 0;
}

static int feature(struct virtual_device *device, const struct usb_setup *setup, bool set)
{
    enum { U1_ENABLE = 48, U2_ENABLE = 49, LTM_ENABLE = 50 };
    switch (setup->type & RECIPIENT_MASK) {
    case TO_DEVICE:
        if (setup->value == DEVICE_REMOTE_WAKEUP) {
            device->remote_wakeup = set;
            return 0;
        }
        return device->speed >= USB_SPEED_SUPER && setup->value >= U1_ENABLE &&
                       setup->value <= LTM_ENABLE
                   ? 0
                   : -EPIPE;
    case TO_INTERFACE:
        return device->speed >= USB_SPEED_SUPER && setup->value == FUNCTION_SUSPEND ? 0 : -EPIPE;
    default:
        return endpoint_feature(device, setup, set);
    }
}

static int standard(struct virtual_device *device, const struct usb_setup *setup, void *data)
{
    uint8_t interface = (uint8_t)setup->index;
    if (setup->request == GET_DESCRIPTOR && (setup->type & FROM))
        return get_descriptor(device, setup, data);
    if (setup->request == GET_STATUS && (setup->type & FROM))
        return get_status(device, setup, data);
    switch (setup->type << 8 | setup->request) {
    case TO_DEVICE << 8 | CLEAR_FEATURE:
    case TO_INTERFACE << 8 | CLEAR_FEATURE:
    case TO_ENDPOINT << 8 | CLEAR_FEATURE:
        return feature(device, setup, false);
    case TO_DEVICE << 8 | SET_FEATURE:
    case TO_INTERFACE << 8 | SET_FEATURE:
    case TO_ENDPOINT << 8 | SET_FEATURE:
        return feature(device, setup, true);
    case TO_DEVICE << 8 | SET_ADDRESS:
        device->address = (uint8_t)setup->value;
        return 0;
    case FROM << 8 | GET_CONFIGURATION:
        return answer(data, setup, &device->configuration, 1);
    case TO_DEVICE << 8 | SET_CONFIGURATION:
        return virtual_set_configuration(device, (uint8_t)setup->value);
    case (FROM | TO_INTERFACE) << 8 | GET_INTERFACE:
        if (device->configuration == 0 || interface >= USB_INTERFACES_MAX ||
            find_setting(device, interface, 0) == NULL)
            return -EPIPE;
        return answer(data, setup, &device->alternate[interface], 1);
    case TO_INTERFACE << 8 | SET_INTERFACE:
        return virtual_set_interface(device, interface, (uint8_t)setup->value);
    case TO_DEVICE << 8 | SET_SEL:
        return device->speed >= USB_SPEED_SUPER ? setup->length : -EPIPE;
    case TO_DEVICE << 8 | SET_ISOCH_DELAY:
        return device->speed >= USB_SPEED_SUPER ? 0 : -EPIPE;
    default:
        return device->model->control != NULL ? device->model->control(device->state, setup, data)
                                              : -EPIPE;
    }
}

int virtual_control(struct virtual_device *device, const struct usb_setup *setup, void *data)
{
    if ((setup->type & TYPE_MASK) == 0)
        return standard(device, setup, data);
    int moved = virtual_os_control(device, setup, data);
    if (moved != -ENOENT)
        return moved;
    moved = device->model->control != NULL ? device->model->control(device->state, setup, data)
                                           : -EPIPE;
    return moved > setup->length ? setup->length : moved;
}
