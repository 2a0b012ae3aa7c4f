/* SPDX-License-Identifier: MIT */
/* The parser of descriptors. Two passes over a configuration: the first checks the frame (lengths
 * that stay inside, so that later code need not look) and counts; the second fills alternates and
 * endpoints in one block of memory. Class-specific and unknown descriptors in between are stepped
 * over, longer ones than the standard's are taken by their standard part. */
#include "usb/descriptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"

enum {
    CONFIG_BYTES = 9,
    INTERFACE_BYTES = 9,
    ENDPOINT_BYTES = 7,
    COMPANION_BYTES = 6,
    ISOCH_COMPANION_BYTES = 8
};

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

int usb_device_descriptor_parse(const void *bytes, size_t length,
                                struct usb_device_descriptor *device, const char **reason)
{
    const uint8_t *at = bytes;
    if (length < 18 || at[0] < 18)
        return refuse(reason, "device descriptor: shorter than 18 bytes");
    if (at[1] != USB_DT_DEVICE)
        return refuse(reason, "device descriptor: wrong type");
    if (at[17] == 0)
        return refuse(reason, "device descriptor: no configuration");
    *device = (struct usb_device_descriptor){.usb_version = get16(at + 2),
                                             .class = at[4],
                                             .subclass = at[5],
                                             .protocol = at[6],
                                             .packet0 = at[7],
                                             .vendor = get16(at + 8),
                                             .product = get16(at + 10),
                                             .device_version = get16(at + 12),
                                             .manufacturer_string = at[14],
                                             .product_string = at[15],
                                             .serial_string = at[16],
                                             .configuration_count = at[17]};
    /* At SuperSpeed the size of endpoint zero is an exponent, 9 (USB 3.2 table 9-11). */
    bool is_super = device->usb_version >= 0x0300 && device->packet0 == 9;
    if (!is_super && device->packet0 != 8 && device->packet0 != 16 && device->packet0 != 32 &&
        device->packet0 != 64)
        return refuse(reason, "device descriptor: packet size of endpoint zero");
    return 0;
}

const uint8_t *usb_descriptor_find(const void *bytes, size_t length, size_t from, uint8_t type)
{
    const uint8_t *all = bytes;
    while (from + 2 <= length && all[from] >= 2 && all[from] <= length - from) {
        if (all[from + 1] == type)
            return all + from;
        from += all[from];
    }
    return NULL;
}

/* ---- Endpoints ------------------------------------------------------------------------------- */

static const char *endpoint_check_interval(const struct usb_endpoint *e, enum usb_speed speed)
{
    if (e->type != USB_ISOCH && e->type != USB_INTERRUPT)
        return NULL;
    bool exponent = e->type == USB_ISOCH || speed >= USB_SPEED_HIGH;
    if (e->interval == 0)
        return "endpoint: bInterval is zero";
    return exponent && e->interval > 16 ? "endpoint: bInterval is over 16" : NULL;
}

static const char *endpoint_check_packet(const struct usb_endpoint *e, enum usb_speed speed)
{
    /* Largest packets by speed and kind (USB 2.0 sections 5.5.3 to 5.8.3, USB 3.2 table 9-26);
     * zero: not at this speed. */
    static const uint16_t largest[][4] = {
        [USB_SPEED_UNKNOWN] = {1024, 1024, 1024, 1024},
        [USB_SPEED_LOW] = {8, 0, 0, 8},
        [USB_SPEED_FULL] = {64, 1023, 64, 64},
        [USB_SPEED_HIGH] = {64, 1024, 512, 1024},
        [USB_SPEED_SUPER] = {512, 1024, 1024, 1024},
        [USB_SPEED_SUPER_PLUS] = {512, 1024, 1024, 1024},
    };
    uint16_t most = largest[speed][e->type];
    if (most == 0)
        return "endpoint: this kind does not exist at low speed";
    if (e->packet > most)
        return "endpoint: wMaxPacketSize is over the speed's limit";
    return e->packet == 0 && (e->type == USB_BULK || e->type == USB_CONTROL)
               ? "endpoint: wMaxPacketSize is zero"
               : NULL;
}

static void endpoint_set_period(struct usb_endpoint *e, enum usb_speed speed)
{
    if (e->type == USB_ISOCH && speed <= USB_SPEED_FULL)
        e->period_us = 1000; /* every frame, whatever bInterval says */
    else if (e->type == USB_ISOCH || (e->type == USB_INTERRUPT && speed >= USB_SPEED_HIGH))
        e->period_us = 125u << (e->interval - 1);
    else if (e->type == USB_INTERRUPT)
        e->period_us = 1000u * e->interval;
}

static const char *endpoint_parse(const uint8_t *at, enum usb_speed speed, struct usb_endpoint *e)
{
    uint16_t size = get16(at + 4);
    *e = (struct usb_endpoint){.address = at[2],
                               .type = at[3] & 3,
                               .interval = at[6],
                               .attributes = at[3],
                               .packet = size & 0x7ff,
                               .packets = 1,
                               .descriptor = at};
    if ((e->address & 15) == 0 || (e->address & 0x70) != 0)
        return "endpoint: address";
    const char *wrong = endpoint_check_interval(e, speed);
    if (wrong == NULL)
        wrong = endpoint_check_packet(e, speed);
    if (wrong != NULL)
        return wrong;
    if (speed == USB_SPEED_HIGH && (e->type == USB_ISOCH || e->type == USB_INTERRUPT)) {
        e->packets = (uint8_t)(1 + (size >> 11 & 3));
        if (e->packets > 3)
            return "endpoint: four transactions a microframe";
    }
    e->interval_bytes = (uint32_t)e->packet * e->packets;
    endpoint_set_period(e, speed);
    return NULL;
}

static const char *companion_parse(const uint8_t *at, struct usb_endpoint *e)
{
    uint32_t burst = at[2] + 1u;
    if (at[2] > 15)
        return "companion: bMaxBurst is over 15";
    e->packets = (uint8_t)burst;
    if (e->type == USB_BULK) {
        e->streams_exponent = at[3] & 31;
        if (e->streams_exponent > 16)
            return "companion: more than 65536 streams";
    } else if (e->type == USB_ISOCH && (at[3] & 0x80) == 0) {
        if ((at[3] & 3) > 2)
            return "companion: Mult is over 2";
        e->packets = (uint8_t)(burst * ((at[3] & 3) + 1u));
    }
    if (e->type != USB_ISOCH && e->type != USB_INTERRUPT) {
        e->interval_bytes = e->packet * burst;
        return NULL;
    }
    e->interval_bytes = get16(at + 4);
    /* With an isochronous companion of SuperSpeedPlus behind it, that one has the number. */
    bool more = e->type == USB_ISOCH && (at[3] & 0x80) != 0;
    return !more && e->interval_bytes > (uint32_t)e->packet * e->packets
               ? "companion: wBytesPerInterval"
               : NULL;
}

static const char *isoch_companion_parse(const uint8_t *at, struct usb_endpoint *e)
{
    uint32_t bytes = get32(at + 4);
    /* USB 3.2 section 9.6.8: at most 96 packets a service interval at 10 Gbit/s, twice that on two
     * lanes. */
    if (e->type != USB_ISOCH || e->packet == 0 || bytes > 192u * 1024)
        return "isochronous companion: dwBytesPerInterval";
    uint32_t packets = (bytes + e->packet - 1) / e->packet;
    if (packets > 192)
        return "isochronous companion: too many packets";
    e->interval_bytes = bytes;
    e->packets = (uint8_t)packets;
    return NULL;
}

/* ---- Configurations -------------------------------------------------------------------------- */

struct parse {
    enum usb_speed speed;
    struct usb_config *config;
    struct usb_alternate *alternates;
    struct usb_endpoint *endpoints;
    uint16_t alternate_count, endpoint_count;
    struct usb_alternate *alternate; /* the current one */
    struct usb_endpoint *endpoint;   /* the current one, while its companions may follow */
    bool companion_seen;
    uint8_t declared; /* bNumEndpoints of the current alternate */
};

static const char *endpoint_finish(struct parse *p)
{
    struct usb_endpoint *endpoint = p->endpoint;
    p->endpoint = NULL;
    if (endpoint == NULL || p->speed < USB_SPEED_SUPER || p->companion_seen)
        return NULL;
    return "endpoint: no companion at SuperSpeed";
}

static const char *alternate_finish(struct parse *p)
{
    const char *wrong = endpoint_finish(p);
    if (wrong == NULL && p->alternate != NULL && p->alternate->endpoint_count != p->declared)
        wrong = "interface: bNumEndpoints is not the number of endpoints";
    return wrong;
}

static const char *parse_interface(struct parse *p, const uint8_t *at)
{
    const char *wrong = alternate_finish(p);
    if (wrong != NULL)
        return wrong;
    if (at[0] < INTERFACE_BYTES)
        return "interface: shorter than 9 bytes";
    if (at[2] >= USB_INTERFACES_MAX)
        return "interface: number is over 31";
    if (at[4] > USB_ENDPOINTS_MAX)
        return "interface: more than 30 endpoints";
    if (usb_config_alternate(p->config, at[2], at[3]) != NULL)
        return "interface: an alternate setting stands there twice";
    p->alternate = &p->alternates[p->alternate_count++];
    *p->alternate = (struct usb_alternate){.interface = at[2],
                                           .setting = at[3],
                                           .class = at[5],
                                           .subclass = at[6],
                                           .protocol = at[7],
                                           .string = at[8],
                                           .endpoints = p->endpoints + p->endpoint_count,
                                           .descriptor = at};
    p->config->alternate_count = p->alternate_count;
    p->declared = at[4];
    return NULL;
}

static const char *parse_endpoint(struct parse *p, const uint8_t *at)
{
    const char *wrong = endpoint_finish(p);
    if (wrong != NULL)
        return wrong;
    if (p->alternate == NULL)
        return "endpoint: before any interface";
    if (at[0] < ENDPOINT_BYTES)
        return "endpoint: shorter than 7 bytes";
    if (p->alternate->endpoint_count == p->declared)
        return "interface: bNumEndpoints is not the number of endpoints";
    if (usb_alternate_endpoint(p->alternate, at[2]) != NULL)
        return "endpoint: an address stands twice in one setting";
    p->endpoint = &p->endpoints[p->endpoint_count++];
    p->companion_seen = false;
    p->alternate->endpoint_count++;
    return endpoint_parse(at, p->speed, p->endpoint);
}

static const char *parse_one(struct parse *p, const uint8_t *at)
{
    switch (at[1]) {
    case USB_DT_INTERFACE:
        return parse_interface(p, at);
    case USB_DT_ENDPOINT:
        return parse_endpoint(p, at);
    case USB_DT_COMPANION:
        if (p->endpoint == NULL || p->speed < USB_SPEED_SUPER)
            return NULL;
        if (at[0] < COMPANION_BYTES)
            return "companion: shorter than 6 bytes";
        p->companion_seen = true;
        return companion_parse(at, p->endpoint);
    case USB_DT_ISOCH_COMPANION:
        if (p->endpoint == NULL || p->speed < USB_SPEED_SUPER_PLUS)
            return NULL;
        return at[0] < ISOCH_COMPANION_BYTES ? "isochronous companion: shorter than 8 bytes"
                                             : isoch_companion_parse(at, p->endpoint);
    case USB_DT_CONFIGURATION:
        return "configuration: a second one inside";
    default:
        return NULL; /* class-specific, association, a vendor's */
    }
}

/* The frame: every descriptor inside, none of them empty. Counts what the second pass fills. */
static const char *frame_check(const uint8_t *bytes, size_t total, size_t *alternates,
                               size_t *endpoints)
{
    *alternates = *endpoints = 0;
    for (size_t at = bytes[0]; at < total; at += bytes[at]) {
        if (bytes[at] < 2)
            return "a descriptor's bLength is less than 2";
        if (bytes[at] > total - at)
            return "a descriptor runs over wTotalLength";
        *alternates += bytes[at + 1] == USB_DT_INTERFACE;
        *endpoints += bytes[at + 1] == USB_DT_ENDPOINT;
    }
    return NULL;
}

static const char *header_check(const uint8_t *bytes, size_t length)
{
    if (length < CONFIG_BYTES || bytes[0] < CONFIG_BYTES)
        return "configuration: shorter than 9 bytes";
    if (bytes[1] != USB_DT_CONFIGURATION)
        return "configuration: wrong type";
    if (get16(bytes + 2) > length)
        return "configuration: wTotalLength is more than there is";
    return get16(bytes + 2) < bytes[0] ? "configuration: wTotalLength" : NULL;
}

static const char *interfaces_check(const struct usb_config *config)
{
    uint32_t seen = 0, with_zero = 0;
    for (uint32_t i = 0; i < config->alternate_count; i++) {
        seen |= 1u << config->alternates[i].interface;
        if (config->alternates[i].setting == 0)
            with_zero |= 1u << config->alternates[i].interface;
    }
    if (__builtin_popcount(seen) != config->interface_count)
        return "configuration: bNumInterfaces is not the number of interfaces";
    return seen != with_zero ? "interface: no setting zero" : NULL;
}

static const char *config_fill(struct parse *p)
{
    const struct usb_config *config = p->config;
    for (size_t at = config->bytes[0]; at < config->length; at += config->bytes[at]) {
        const char *wrong = parse_one(p, config->bytes + at);
        if (wrong != NULL)
            return wrong;
    }
    const char *wrong = alternate_finish(p);
    return wrong != NULL ? wrong : interfaces_check(config);
}

int usb_config_parse(const void *bytes, size_t length, enum usb_speed speed,
                     struct usb_config **config, const char **reason)
{
    const uint8_t *all = bytes;
    size_t alternates, endpoints;
    const char *wrong = header_check(all, length);
    if (wrong == NULL)
        wrong = frame_check(all, get16(all + 2), &alternates, &endpoints);
    if (wrong != NULL)
        return refuse(reason, wrong);
    size_t total = get16(all + 2);
    struct usb_config *made = calloc(1, sizeof *made + alternates * sizeof(struct usb_alternate) +
                                            endpoints * sizeof(struct usb_endpoint) + total);
    if (made == NULL) {
        refuse(reason, "no memory");
        return -ENOMEM;
    }
    struct parse p = {
        .speed = speed, .config = made, .alternates = (struct usb_alternate *)(made + 1)};
    p.endpoints = (struct usb_endpoint *)(p.alternates + alternates);
    uint8_t *copy = (uint8_t *)(p.endpoints + endpoints);
    memcpy(copy, all, total);
    made->bytes = copy;
    made->length = (uint32_t)total;
    made->interface_count = all[4];
    made->value = all[5];
    made->attributes = all[7];
    made->alternates = p.alternates;
    wrong = config_fill(&p);
    if (wrong != NULL) {
        free(made);
        return refuse(reason, wrong);
    }
    *config = made;
    return 0;
}

void usb_config_free(struct usb_config *config)
{
    free(config);
}

const struct usb_alternate *usb_config_alternate(const struct usb_config *config, uint8_t interface,
                                                 uint8_t setting)
{
    for (uint32_t i = 0; i < config->alternate_count; i++)
        if (config->alternates[i].interface == interface &&
            config->alternates[i].setting == setting)
            return &config->alternates[i];
    return NULL;
}

const struct usb_endpoint *usb_alternate_endpoint(const struct usb_alternate *alternate,
                                                  uint8_t address)
{
    for (uint32_t i = 0; i < alternate->endpoint_count; i++)
        if (alternate->endpoints[i].address == address)
            return &alternate->endpoints[i];
    return NULL;
}

uint32_t usb_endpoint_period(const struct usb_endpoint *endpoint)
{
    return endpoint->period_us / 125;
}

uint32_t usb_endpoint_packets_per_frame(const struct usb_endpoint *endpoint)
{
    return endpoint->period_us == 0 || endpoint->period_us > 1000 ? 0 : 1000 / endpoint->period_us;
}

void usb_string_to_utf8(const uint8_t *descriptor, size_t length, char *text, size_t size)
{
    char16_t units[126];
    size_t count = 0, bytes;
    size_t end = length == 0 ? 0 : length < descriptor[0] ? length : descriptor[0];
    for (size_t at = 2; at + 2 <= end && count < sizeof units / sizeof *units; at += 2)
        units[count++] = get16(descriptor + at);
    while (count > 0 && units[count - 1] == 0)
        count--; /* some devices pad with zeros */
    while ((bytes = utf8_from_utf16(text, size - 1, units, count)) > size - 1)
        count--;
    text[bytes] = '\0';
}
