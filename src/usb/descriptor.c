/* SPDX-License-Identifier: MIT */
/* The parser of descriptors. It walks the configuration once to validate and count, a second time to fill the tables that all
 * others look into. A device, a server or a file may send anything: each length is checked before it is used, and what does
 * not hold together is refused with the reason. */
#include "usb/descriptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"

enum { CONFIG_SIZE = 9, INTERFACE_SIZE = 9, ENDPOINT_SIZE = 7, COMPANION_SIZE = 6, ISOCH_COMPANION_SIZE = 8, DEVICE_SIZE = 18 };

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) | (uint32_t)get16(at + 2) << 16;
}

static int refuse(const char **reason, const char *text)
{
    if (reason != NULL)
        *reason = text;
    return -EINVAL;
}

int usb_device_descriptor_parse(const void *bytes, size_t length, struct usb_device_descriptor *device, const char **reason)
{
    const uint8_t *at = bytes;
    if (length < DEVICE_SIZE || at[0] < DEVICE_SIZE)
        return refuse(reason, "the device descriptor is shorter than 18 bytes");
    if (at[1] != USB_DT_DEVICE)
        return refuse(reason, "the device descriptor's type is not 1");
    if (at[17] == 0)
        return refuse(reason, "the device has no configuration");
    *device = (struct usb_device_descriptor){.usb_version = get16(at + 2), .class = at[4], .subclass = at[5],
        .protocol = at[6], .packet0 = at[7], .vendor = get16(at + 8), .product = get16(at + 10),
        .device_version = get16(at + 12), .manufacturer_string = at[14], .product_string = at[15],
        .serial_string = at[16], .configuration_count = at[17]};
    return 0;
}

const uint8_t *usb_descriptor_find(const void *bytes, size_t length, size_t from, uint8_t type)
{
    const uint8_t *at = bytes;
    while (from + 2 <= length && at[from] >= 2 && from + at[from] <= length) {
        if (at[from + 1] == type)
            return at + from;
        from += at[from];
    }
    return NULL;
}

/* ---- One endpoint ------------------------------------------------------------------------------------------ */

/* Largest packet of a type at a speed (USB 2.0 section 5.5 to 5.8, USB 3.2 section 9.6.6). */
static uint32_t packet_limit(uint8_t type, enum usb_speed speed)
{
    static const uint16_t limits[4][4] = {
        /* control, isoch, bulk, interrupt */
        {8, 0, 0, 8},
        {64, 1023, 64, 64},
        {64, 1024, 512, 1024},
        {512, 1024, 1024, 1024},
    };
    int row = speed == USB_SPEED_LOW ? 0 : speed == USB_SPEED_FULL ? 1 : speed == USB_SPEED_HIGH ? 2 : 3;
    return limits[row][type];
}

static uint32_t period_us(uint8_t type, uint8_t interval, enum usb_speed speed)
{
    if (type == USB_CONTROL || type == USB_BULK)
        return 0;
    if (speed >= USB_SPEED_HIGH)
        return 125u << (interval - 1);
    /* Windows treats every full-speed isochronous endpoint as one packet a frame. */
    return type == USB_ISOCH ? 1000u : interval * 1000u;
}

static int check_interval(const struct usb_endpoint *endpoint, enum usb_speed speed, const char **reason)
{
    if (endpoint->type == USB_BULK || endpoint->type == USB_CONTROL)
        return 0;
    if (endpoint->interval == 0)
        return refuse(reason, "a periodic endpoint's bInterval is 0");
    if ((speed >= USB_SPEED_HIGH || endpoint->type == USB_ISOCH) && endpoint->interval > 16)
        return refuse(reason, "a periodic endpoint's bInterval is above 16");
    return 0;
}

static int parse_endpoint(const uint8_t *at, enum usb_speed speed, struct usb_endpoint *endpoint, const char **reason)
{
    uint16_t size = get16(at + 4);
    *endpoint = (struct usb_endpoint){.address = at[2], .type = at[3] & 3, .attributes = at[3], .interval = at[6],
                                      .packet = size & 0x7ff, .packets = 1, .descriptor = at};
    if ((at[2] & 0x70) != 0 || (at[2] & 0x0f) == 0)
        return refuse(reason, "an endpoint's address is 0 or has reserved bits");
    int error = check_interval(endpoint, speed, reason);
    if (error != 0)
        return error;
    if (endpoint->packet > packet_limit(endpoint->type, speed))
        return refuse(reason, "an endpoint's packet is larger than its speed allows");
    bool periodic = endpoint->type == USB_ISOCH || endpoint->type == USB_INTERRUPT;
    if (speed == USB_SPEED_HIGH && periodic) {
        uint8_t extra = (size >> 11) & 3;
        if (extra == 3)
            return refuse(reason, "an endpoint asks for four packets in a microframe");
        endpoint->packets = (uint8_t)(extra + 1);
    }
    if (!periodic && endpoint->packet == 0)
        return refuse(reason, "a bulk endpoint's packet is empty");
    endpoint->interval_bytes = (uint32_t)endpoint->packet * endpoint->packets;
    endpoint->period_us = period_us(endpoint->type, endpoint->interval, speed);
    return 0;
}

static int parse_companion(const uint8_t *at, struct usb_endpoint *endpoint, const char **reason)
{
    uint8_t burst = at[2];
    if (burst > 15)
        return refuse(reason, "a companion's burst is above 15");
    switch (endpoint->type) {
    case USB_BULK:
        endpoint->streams_exponent = at[3] & 0x1f;
        if (endpoint->streams_exponent > 16)
            return refuse(reason, "a companion's number of streams is above 65536");
        endpoint->packets = (uint8_t)(burst + 1);
        break;
    case USB_ISOCH:
        if ((at[3] & 3) == 3)
            return refuse(reason, "a companion's Mult is 3");
        endpoint->packets = (uint8_t)((burst + 1) * ((at[3] & 3) + 1));
        endpoint->interval_bytes = get16(at + 4);
        break;
    case USB_INTERRUPT:
        endpoint->packets = (uint8_t)(burst + 1);
        endpoint->interval_bytes = get16(at + 4);
        break;
    default: return 0;
    }
    if (endpoint->type != USB_BULK && endpoint->interval_bytes > (uint32_t)endpoint->packet * endpoint->packets)
        return refuse(reason, "a companion's bytes per interval exceed its packets");
    return 0;
}

/* ---- The configuration ---------------------------------------------------------------------------------------- */

struct walk {
    enum usb_speed speed;
    const char **reason;
    struct usb_config *config;     /* what is filled */
    struct usb_alternate *alternate; /* the one that endpoints belong to */
    uint32_t alternates, endpoints;  /* so far */
    uint32_t expected;               /* endpoints that the alternate still promises */
    bool missing_companion;
    uint32_t interfaces;             /* bit per interface number */
};

/* How many of each there are; 0 or an error of the chain itself. */
static int count(const uint8_t *bytes, size_t length, struct walk *walk)
{
    for (size_t at = 0; at < length; at += bytes[at]) {
        if (at + 2 > length || bytes[at] < 2)
            return refuse(walk->reason, "a descriptor's length is below 2");
        if (at + bytes[at] > length)
            return refuse(walk->reason, "a descriptor goes past the configuration's end");
        walk->alternates += bytes[at + 1] == USB_DT_INTERFACE;
        walk->endpoints += bytes[at + 1] == USB_DT_ENDPOINT;
    }
    return 0;
}

static int finish_alternate(struct walk *walk)
{
    if (walk->expected != 0)
        return refuse(walk->reason, "an interface has fewer endpoints than it says");
    if (walk->missing_companion)
        return refuse(walk->reason, "a SuperSpeed endpoint has no companion");
    return 0;
}

static int take_interface(struct walk *walk, const uint8_t *at)
{
    int error = finish_alternate(walk);
    if (error != 0)
        return error;
    if (at[0] < INTERFACE_SIZE)
        return refuse(walk->reason, "an interface descriptor is too short");
    if (at[2] >= USB_INTERFACES_MAX || at[4] > USB_ENDPOINTS_MAX)
        return refuse(walk->reason, "an interface's number or its endpoints are too many");
    if (usb_config_alternate(walk->config, at[2], at[3]) != NULL)
        return refuse(walk->reason, "an alternate setting appears twice");
    struct usb_alternate *table = (struct usb_alternate *)walk->config->alternates;
    walk->alternate = &table[walk->config->alternate_count++];
    *walk->alternate = (struct usb_alternate){.interface = at[2], .setting = at[3], .class = at[5], .subclass = at[6],
        .protocol = at[7], .string = at[8], .endpoints = walk->config->endpoint_storage + walk->endpoints,
        .descriptor = at};
    walk->expected = at[4];
    walk->interfaces |= 1u << at[2];
    return 0;
}

static int take_endpoint(struct walk *walk, const uint8_t *at)
{
    if (at[0] < ENDPOINT_SIZE)
        return refuse(walk->reason, "an endpoint descriptor is too short");
    if (walk->alternate == NULL || walk->expected == 0)
        return refuse(walk->reason, "an interface has more endpoints than it says");
    if (walk->missing_companion)
        return finish_alternate(walk);
    if (usb_alternate_endpoint(walk->alternate, at[2]) != NULL)
        return refuse(walk->reason, "an endpoint address appears twice in a setting");
    struct usb_endpoint *endpoint = walk->config->endpoint_storage + walk->endpoints;
    int error = parse_endpoint(at, walk->speed, endpoint, walk->reason);
    if (error != 0)
        return error;
    walk->endpoints++;
    walk->alternate->endpoint_count++;
    walk->expected--;
    walk->missing_companion = walk->speed >= USB_SPEED_SUPER;
    return 0;
}

static int take_companion(struct walk *walk, const uint8_t *at)
{
    if (walk->speed < USB_SPEED_SUPER)
        return 0; /* some devices send them at every speed; they mean nothing there */
    if (at[0] < COMPANION_SIZE || !walk->missing_companion)
        return refuse(walk->reason, "a companion is too short or has no endpoint");
    walk->missing_companion = false;
    return parse_companion(at, walk->config->endpoint_storage + walk->endpoints - 1, walk->reason);
}

static int take_isoch_companion(struct walk *walk, const uint8_t *at)
{
    if (at[0] < ISOCH_COMPANION_SIZE || walk->endpoints == 0)
        return refuse(walk->reason, "an isochronous companion is too short or has no endpoint");
    struct usb_endpoint *endpoint = walk->config->endpoint_storage + walk->endpoints - 1;
    if (walk->speed >= USB_SPEED_SUPER_PLUS && endpoint->type == USB_ISOCH)
        endpoint->interval_bytes = get32(at + 4);
    return 0;
}

static int fill(struct walk *walk)
{
    const uint8_t *bytes = walk->config->bytes;
    for (size_t at = bytes[0]; at < walk->config->length; at += bytes[at]) {
        int error = 0;
        switch (bytes[at + 1]) {
        case USB_DT_INTERFACE: error = take_interface(walk, bytes + at); break;
        case USB_DT_ENDPOINT: error = take_endpoint(walk, bytes + at); break;
        case USB_DT_COMPANION: error = take_companion(walk, bytes + at); break;
        case USB_DT_ISOCH_COMPANION: error = take_isoch_companion(walk, bytes + at); break;
        default: break; /* class and vendor descriptors are their owners' */
        }
        if (error != 0)
            return error;
    }
    int error = finish_alternate(walk);
    if (error != 0)
        return error;
    if ((uint32_t)__builtin_popcount(walk->interfaces) != bytes[4])
        return refuse(walk->reason, "the configuration has not as many interfaces as it says");
    return 0;
}

int usb_config_parse(const void *bytes, size_t length, enum usb_speed speed, struct usb_config **config, const char **reason)
{
    const uint8_t *at = bytes;
    if (length < CONFIG_SIZE || at[0] < CONFIG_SIZE || at[1] != USB_DT_CONFIGURATION)
        return refuse(reason, "the configuration descriptor is too short or of another type");
    size_t total = get16(at + 2);
    if (total < at[0] || total > length)
        return refuse(reason, "wTotalLength is not what was sent");
    struct walk walk = {.speed = speed, .reason = reason};
    int error = count(at, total, &walk);
    if (error != 0)
        return error;
    struct usb_config *made = calloc(1, sizeof *made + walk.alternates * sizeof(struct usb_alternate) +
                                            walk.endpoints * sizeof(struct usb_endpoint) + total);
    if (made == NULL) {
        refuse(reason, "no memory");
        return -ENOMEM;
    }
    struct usb_alternate *alternates = (struct usb_alternate *)(made + 1);
    made->alternates = alternates;
    made->endpoint_storage = (struct usb_endpoint *)(alternates + walk.alternates);
    uint8_t *copy = (uint8_t *)(made->endpoint_storage + walk.endpoints);
    memcpy(copy, bytes, total);
    made->bytes = copy;
    made->length = (uint32_t)total;
    made->value = at[5];
    made->attributes = at[7];
    made->interface_count = at[4];
    walk.config = made;
    walk.endpoints = 0;
    error = fill(&walk);
    if (error != 0) {
        free(made);
        return error;
    }
    *config = made;
    return 0;
}

void usb_config_free(struct usb_config *config)
{
    free(config);
}

const struct usb_alternate *usb_config_alternate(const struct usb_config *config, uint8_t interface, uint8_t setting)
{
    for (uint32_t i = 0; i < config->alternate_count; i++) {
        const struct usb_alternate *alternate = &config->alternates[i];
        if (alternate->interface == interface && alternate->setting == setting)
            return alternate;
    }
    return NULL;
}

const struct usb_endpoint *usb_alternate_endpoint(const struct usb_alternate *alternate, uint8_t address)
{
    for (uint32_t i = 0; i < alternate->endpoint_count; i++)
        if (alternate->endpoints[i].address == address)
            return &alternate->endpoints[i];
    return NULL;
}

uint32_t usb_endpoint_packets_per_frame(const struct usb_endpoint *endpoint)
{
    return endpoint->period_us == 0 || endpoint->period_us > 1000 ? 0 : 1000 / endpoint->period_us;
}

void usb_string_to_utf8(const uint8_t *descriptor, size_t length, char *text, size_t size)
{
    char16_t units[126];
    size_t count = 0;
    size_t end = length < descriptor[0] ? length : descriptor[0];
    for (size_t at = 2; at + 2 <= end && count < sizeof units / sizeof *units; at += 2)
        units[count++] = get16(descriptor + at);
    while (count > 0 && units[count - 1] == 0)
        count--; /* some devices pad with zeros */
    size_t bytes;
    while ((bytes = utf8_from_utf16(text, size - 1, units, count)) > size - 1)
        count--;
    text[bytes] = '\0';
}
