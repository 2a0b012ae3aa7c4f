/* SPDX-License-Identifier: MIT */
/* The model `fx2`: a look-alike of the OSR USB-FX2 learning kit. Eight switches (read, and told by
 * the interrupt endpoint), a bar graph of eight lights and a seven-segment display behind vendor
 * requests, bulk OUT 06 looped back to bulk IN 88. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "usb/loopback.h"
#include "usb/model_config.h"

enum {
    INTERRUPT_IN = 0x81,
    BULK_OUT = 0x06,
    BULK_IN = 0x88,
    CAPACITY = 64 << 10,
    OS_VENDOR = 0x10
};

/* The board's vendor requests. */
enum {
    READ_SEVEN_SEGMENT = 0xd4,
    READ_SWITCHES = 0xd6,
    READ_BAR_GRAPH = 0xd7,
    SET_BAR_GRAPH = 0xd8,
    IS_HIGH_SPEED = 0xd9,
    REENUMERATE = 0xda,
    SET_SEVEN_SEGMENT = 0xdb,
    SET_SWITCHES = 0xdf, /* ours: turns the switches, which a person does on the board */
};

struct fx2 {
    struct virtual_device *device;
    enum usb_speed speed;
    uint8_t descriptor[18];
    struct model_config config;
    struct loopback loopback;
    uint8_t switches, bar_graph, seven_segment;
    bool changed; /* the interrupt endpoint has something to tell */
};

static int fx2_create(struct virtual_device *device, const void *context, const char *options,
                      void **state)
{
    struct fx2 *fx2 = calloc(1, sizeof *fx2);
    if (fx2 == NULL)
        return -ENOMEM;
    fx2->device = device;
    fx2->speed = usb_model_speed(device);
    loopback_init(&fx2->loopback, fx2->speed == USB_SPEED_HIGH ? 512 : 64, CAPACITY);
    *state = fx2;
    return 0;
}

static void fx2_destroy(void *state)
{
    struct fx2 *fx2 = state;
    loopback_clear(&fx2->loopback);
    free(fx2);
}

static void fx2_reset(void *state)
{
    struct fx2 *fx2 = state;
    loopback_clear(&fx2->loopback);
    fx2->bar_graph = fx2->seven_segment = 0;
    fx2->changed = false;
}

static int fx2_describe(void *state, enum usb_speed speed,
                        struct usb_model_description *description)
{
    struct fx2 *fx2 = state;
    if (speed > USB_SPEED_HIGH)
        return -EOPNOTSUPP;
    uint16_t packet = speed == USB_SPEED_HIGH ? 512 : 64;
    model_device(fx2->descriptor, speed, 0x0200, 0x0547, 0x1002);
    model_config_begin(&fx2->config, speed, 1, 0xa0);
    model_config_interface(&fx2->config, 0, 0, 3, 0xff, 0);
    model_config_endpoint(&fx2->config, INTERRUPT_IN, USB_INTERRUPT, 49, 1, 1, 0);
    model_config_endpoint(&fx2->config, BULK_OUT, USB_BULK, packet, 1, 0, 0);
    model_config_endpoint(&fx2->config, BULK_IN, USB_BULK, packet, 1, 0, 0);
    model_config_end(&fx2->config);
    *description =
        (struct usb_model_description){.device = fx2->descriptor,
                                       .config = fx2->config.bytes,
                                       .config_length = fx2->config.length,
                                       .strings = {NULL, "OSR", "USB-FX2 look-alike", "FX2-0001"},
                                       .guid = "{573e8c73-0cb4-4471-a1bf-fab26c31d384}",
                                       .os_vendor_code = OS_VENDOR,
                                       .os_1_0 = true};
    return 0;
}

static int fx2_read(struct fx2 *fx2, uint8_t request, uint8_t *data)
{
    switch (request) {
    case READ_SEVEN_SEGMENT:
        *data = fx2->seven_segment;
        return 1;
    case READ_SWITCHES:
        *data = fx2->switches;
        return 1;
    case READ_BAR_GRAPH:
        *data = fx2->bar_graph;
        return 1;
    case IS_HIGH_SPEED:
        *data = fx2->speed == USB_SPEED_HIGH;
        return 1;
    default:
        return -EPIPE;
    }
}

static int fx2_write(struct fx2 *fx2, uint8_t request, uint8_t value)
{
    switch (request) {
    case SET_BAR_GRAPH:
        fx2->bar_graph = value;
        return 1;
    case SET_SEVEN_SEGMENT:
        fx2->seven_segment = value;
        return 1;
    case SET_SWITCHES:
        fx2->changed |= fx2->switches != value;
        fx2->switches = value;
        usb_model_ready(fx2->device, INTERRUPT_IN);
        return 1;
    default:
        return -EPIPE;
    }
}

static int fx2_control(void *state, const struct usb_setup *setup, void *data)
{
    enum { VENDOR = 0x40, TYPE_MASK = 0x60 };
    if ((setup->type & TYPE_MASK) != VENDOR)
        return -EPIPE;
    if (setup->request == REENUMERATE) {
        usb_model_replug(((struct fx2 *)state)->device);
        return 0;
    }
    if (setup->length == 0)
        return -EPIPE;
    return setup->type & USB_ENDPOINT_IN ? fx2_read(state, setup->request, data)
                                         : fx2_write(state, setup->request, *(const uint8_t *)data);
}

static int64_t fx2_in(void *state, uint8_t endpoint, uint16_t stream, void *buffer, uint32_t room)
{
    struct fx2 *fx2 = state;
    if (endpoint == INTERRUPT_IN) {
        if (!fx2->changed)
            return -EAGAIN;
        fx2->changed = false;
        if (room != 0)
            *(uint8_t *)buffer = fx2->switches;
        return 1;
    }
    int64_t sent = loopback_take(&fx2->loopback, buffer, room);
    if (sent >= 0)
        usb_model_ready(fx2->device, BULK_OUT);
    return sent;
}

static int64_t fx2_out(void *state, uint8_t endpoint, uint16_t stream, const void *data,
                       uint32_t length)
{
    struct fx2 *fx2 = state;
    int64_t taken = loopback_put(&fx2->loopback, data, length);
    if (taken >= 0)
        usb_model_ready(fx2->device, BULK_IN);
    return taken;
}

const struct usb_model usb_model_fx2 = {
    .name = "fx2",
    .create = fx2_create,
    .destroy = fx2_destroy,
    .describe = fx2_describe,
    .reset = fx2_reset,
    .control = fx2_control,
    .in = fx2_in,
    .out = fx2_out,
};
