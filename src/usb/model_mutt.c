/* SPDX-License-Identifier: MIT */
/* The model `mutt`: a test device with every kind of endpoint. Bulk and interrupt loop back (bulk
 * also as a source and sink of a pattern), isochronous IN sends packets that name their microframe,
 * isochronous OUT is recorded packet by packet. docs/usb-devices.md has its endpoints, settings and
 * vendor requests. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "usb/loopback.h"
#include "usb/model_config.h"

enum {
    BULK_OUT = 0x01,
    BULK_IN = 0x81,
    INTERRUPT_OUT = 0x02,
    INTERRUPT_IN = 0x82,
    ISOCH_OUT = 0x03,
    ISOCH_IN = 0x83
};
enum {
    SET_MODE = 0x01,
    GET_MODE = 0x02,
    RECORD_STATE = 0x10,
    RECORD_READ = 0x11,
    RECORD_CLEAR = 0x12,
    OS_VENDOR = 0x20,
    ECHO = 0x30,
    ZERO_WRITE = 0x5b,
    ZERO_READ = 0x5c
};
enum { MODE_LOOPBACK, MODE_PATTERN, MODE_ZERO };
enum { STREAMS = 16, BULK_CAPACITY = 4 << 20, INTERRUPT_CAPACITY = 4096, ECHO_MAX = 4096 };
enum { RECORDS = 4096, RECORD_BYTES = 3072, PATTERN_PERIOD = 251 };

struct record {
    struct usb_model_packet packet;
    uint8_t *data; /* RECORD_BYTES, or NULL until it is first used */
};

struct mutt {
    struct virtual_device *device;
    enum usb_speed speed;
    uint8_t descriptor[18];
    struct model_config config;
    char serial[32];
    struct loopback bulk[STREAMS + 1], interrupt;
    uint16_t bulk_packet, interrupt_packet;
    uint16_t vendor, product;
    uint8_t first_mode, mode;    /* the first one is that after a reset */
    uint64_t source_at, sink_at; /* bytes so far, for the pattern */
    uint32_t isoch_counter;
    uint32_t record_count; /* packets since the last clear */
    struct record *records;
    uint8_t pattern[PATTERN_PERIOD * 200]; /* byte i is i mod 251 */
    uint8_t echo[ECHO_MAX];
    uint16_t echo_length;
};

/* id=VVVV:PPPP: for programs and drivers that look for ids of their own. */
static int option_ids(struct mutt *mutt, const char *options)
{
    char value[16], *end;
    mutt->vendor = 0x1209;
    mutt->product = 0x0001;
    if (!usb_model_option(options, "id", value, sizeof value))
        return 0;
    unsigned long vendor = strtoul(value, &end, 16);
    if (*end != ':' || vendor > UINT16_MAX)
        return -EINVAL;
    unsigned long product = strtoul(end + 1, &end, 16);
    if (*end != '\0' || product > UINT16_MAX)
        return -EINVAL;
    mutt->vendor = (uint16_t)vendor;
    mutt->product = (uint16_t)product;
    return 0;
}

static int option_mode(struct mutt *mutt, const char *options)
{
    static const char *const names[] = {
        [MODE_LOOPBACK] = "loopback", [MODE_PATTERN] = "pattern", [MODE_ZERO] = "zero"};
    char value[16];
    if (!usb_model_option(options, "mode", value, sizeof value))
        return 0;
    for (uint8_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0) {
            mutt->first_mode = i;
            return 0;
        }
    return -EINVAL;
}

static int mutt_create(struct virtual_device *device, const void *context, const char *options,
                       void **state)
{
    struct mutt *mutt = calloc(1, sizeof *mutt);
    if (mutt == NULL)
        return -ENOMEM;
    mutt->device = device;
    mutt->speed = usb_model_speed(device);
    mutt->records = calloc(RECORDS, sizeof *mutt->records);
    if (mutt->records == NULL) {
        free(mutt);
        return -ENOMEM;
    }
    if (!usb_model_option(options, "serial", mutt->serial, sizeof mutt->serial))
        strcpy(mutt->serial, "0001");
    int error = option_ids(mutt, options);
    if (error == 0)
        error = option_mode(mutt, options);
    if (error != 0) {
        free(mutt->records);
        free(mutt);
        return error;
    }
    mutt->bulk_packet = mutt->speed >= USB_SPEED_SUPER  ? 1024
                        : mutt->speed == USB_SPEED_HIGH ? 512
                                                        : 64;
    mutt->interrupt_packet = mutt->speed >= USB_SPEED_HIGH ? 64 : 16;
    for (uint32_t i = 0; i <= STREAMS; i++)
        loopback_init(&mutt->bulk[i], mutt->bulk_packet, BULK_CAPACITY);
    loopback_init(&mutt->interrupt, mutt->interrupt_packet, INTERRUPT_CAPACITY);
    for (uint32_t i = 0; i < sizeof mutt->pattern; i++)
        mutt->pattern[i] = (uint8_t)(i % PATTERN_PERIOD);
    *state = mutt;
    return 0;
}

static void mutt_clear_queues(struct mutt *mutt)
{
    for (uint32_t i = 0; i <= STREAMS; i++)
        loopback_clear(&mutt->bulk[i]);
    loopback_clear(&mutt->interrupt);
    mutt->source_at = mutt->sink_at = 0;
}

static void mutt_destroy(void *state)
{
    struct mutt *mutt = state;
    mutt_clear_queues(mutt);
    for (uint32_t i = 0; i < RECORDS; i++)
        free(mutt->records[i].data);
    free(mutt->records);
    free(mutt);
}

static void mutt_reset(void *state)
{
    struct mutt *mutt = state;
    mutt_clear_queues(mutt);
    mutt->mode = mutt->first_mode;
    mutt->isoch_counter = 0;
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

static void setting(struct mutt *mutt, uint8_t number, uint16_t in_packet, uint8_t in_packets,
                    uint16_t out_packet, uint8_t out_packets)
{
    struct model_config *config = &mutt->config;
    uint8_t endpoints = (uint8_t)(4 + (in_packets != 0) + (out_packets != 0));
    uint8_t interval = mutt->speed >= USB_SPEED_HIGH ? 4 : 1; /* a millisecond */
    uint8_t burst = mutt->speed >= USB_SPEED_SUPER ? 4 : 1;
    model_config_interface(config, 0, number, endpoints, 0xff, 0);
    model_config_endpoint(config, BULK_OUT, USB_BULK, mutt->bulk_packet, burst, 0, 4);
    model_config_endpoint(config, BULK_IN, USB_BULK, mutt->bulk_packet, burst, 0, 4);
    model_config_endpoint(config, INTERRUPT_OUT, USB_INTERRUPT, mutt->interrupt_packet, 1, interval,
                          0);
    model_config_endpoint(config, INTERRUPT_IN, USB_INTERRUPT, mutt->interrupt_packet, 1, interval,
                          0);
    if (out_packets != 0)
        model_config_endpoint(config, ISOCH_OUT, USB_ISOCH, out_packet, out_packets, 1, 0);
    if (in_packets != 0)
        model_config_endpoint(config, ISOCH_IN, USB_ISOCH, in_packet, in_packets, 1, 0);
}

static int mutt_describe(void *state, enum usb_speed speed,
                         struct usb_model_description *description)
{
    struct mutt *mutt = state;
    model_device(mutt->descriptor, speed, 0x0210, mutt->vendor, mutt->product);
    model_config_begin(&mutt->config, speed, 1, 0xc0);
    setting(mutt, 0, 0, 0, 0, 0);
    if (speed == USB_SPEED_FULL) {
        setting(mutt, 1, 512, 1, 512, 1);
        setting(mutt, 2, 1023, 1, 0, 0);
        setting(mutt, 3, 0, 0, 1023, 1);
    } else {
        setting(mutt, 1, 1024, 1, 1024, 1);
        setting(mutt, 2, 1024, 3, 0, 0);
        setting(mutt, 3, 0, 0, 1024, 3);
    }
    if (speed >= USB_SPEED_SUPER) {
        setting(mutt, 4, 1024, 48, 0, 0);
        setting(mutt, 5, 0, 0, 1024, 48);
    }
    model_config_end(&mutt->config);
    *description = (struct usb_model_description){
        .device = mutt->descriptor,
        .config = mutt->config.bytes,
        .config_length = mutt->config.length,
        .strings = {NULL, "Overlapped", "Virtual test device", mutt->serial},
        .guid = "{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}",
        .os_vendor_code = OS_VENDOR};
    return 0;
}

/* ---- Bulk and interrupt ---------------------------------------------------------------------- */

static int64_t source(struct mutt *mutt, void *buffer, uint32_t room)
{
    if (room < mutt->bulk_packet) {
        if (room != 0)
            memcpy(buffer, mutt->pattern + mutt->source_at % PATTERN_PERIOD, room);
        mutt->source_at += mutt->bulk_packet;
        return mutt->bulk_packet; /* it only has whole packets: babble */
    }
    uint32_t sent = 0, whole = room - room % mutt->bulk_packet;
    while (sent < whole) {
        uint32_t at = (uint32_t)(mutt->source_at % PATTERN_PERIOD),
                 piece = (uint32_t)sizeof mutt->pattern - at;
        if (piece > whole - sent)
            piece = whole - sent;
        memcpy((uint8_t *)buffer + sent, mutt->pattern + at, piece);
        sent += piece;
        mutt->source_at += piece;
    }
    return sent;
}

/* Stalls at data that does not go on with the pattern. */
static int64_t sink(struct mutt *mutt, const uint8_t *data, uint32_t length)
{
    for (uint32_t done = 0; done < length;) {
        uint32_t at = (uint32_t)((mutt->sink_at + done) % PATTERN_PERIOD),
                 piece = (uint32_t)sizeof mutt->pattern - at;
        if (piece > length - done)
            piece = length - done;
        if (memcmp(data + done, mutt->pattern + at, piece) != 0)
            return -EPIPE;
        done += piece;
    }
    mutt->sink_at += length;
    return length;
}

/* As the usual test gadget's source: zeros without end, in whole packets. */
static int64_t zeros(void *buffer, uint32_t room, uint16_t packet)
{
    if (room != 0)
        memset(buffer, 0, room);
    return room < packet ? packet : room - room % packet;
}

static int64_t mutt_in(void *state, uint8_t endpoint, uint16_t stream, void *buffer, uint32_t room)
{
    struct mutt *mutt = state;
    if (mutt->mode == MODE_ZERO)
        return zeros(buffer, room,
                     endpoint == INTERRUPT_IN ? mutt->interrupt_packet : mutt->bulk_packet);
    if (endpoint == INTERRUPT_IN) {
        int64_t sent = loopback_take(&mutt->interrupt, buffer, room);
        if (sent >= 0)
            usb_model_ready(mutt->device, INTERRUPT_OUT);
        return sent;
    }
    if (mutt->mode == MODE_PATTERN)
        return source(mutt, buffer, room);
    if (stream > STREAMS)
        return -EPIPE;
    int64_t sent = loopback_take(&mutt->bulk[stream], buffer, room);
    if (sent >= 0)
        usb_model_ready(mutt->device, BULK_OUT);
    return sent;
}

static int64_t mutt_out(void *state, uint8_t endpoint, uint16_t stream, const void *data,
                        uint32_t length)
{
    struct mutt *mutt = state;
    if (mutt->mode == MODE_ZERO)
        return length;
    if (endpoint == INTERRUPT_OUT) {
        int64_t taken = loopback_put(&mutt->interrupt, data, length);
        if (taken >= 0)
            usb_model_ready(mutt->device, INTERRUPT_IN);
        return taken;
    }
    if (mutt->mode == MODE_PATTERN)
        return sink(mutt, data, length);
    if (stream > STREAMS)
        return -EPIPE;
    int64_t taken = loopback_put(&mutt->bulk[stream], data, length);
    if (taken >= 0)
        usb_model_ready(mutt->device, BULK_IN);
    return taken;
}

/* ---- Isochronous ----------------------------------------------------------------------------- */

static void put_le(uint8_t *to, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

/* Microframe (8 bytes), packets since the reset (4 bytes), then the pattern from that count on. */
static uint32_t mutt_isoch_in(void *state, uint8_t endpoint, uint64_t microframe, void *buffer,
                              uint32_t room)
{
    struct mutt *mutt = state;
    uint8_t head[12];
    put_le(head, microframe, 8);
    put_le(head + 8, mutt->isoch_counter, 4);
    if (mutt->mode == MODE_ZERO) {
        memset(buffer, 0, room);
        return room;
    }
    memcpy(buffer, head, room < sizeof head ? room : sizeof head);
    if (room > sizeof head)
        memcpy((uint8_t *)buffer + sizeof head,
               mutt->pattern + mutt->isoch_counter % PATTERN_PERIOD,
               room - sizeof head < 49152 ? room - sizeof head : 49152);
    mutt->isoch_counter++;
    return room;
}

static void mutt_isoch_out(void *state, uint8_t endpoint, uint64_t microframe, const void *data,
                           uint32_t length)
{
    struct mutt *mutt = state;
    struct record *record = &mutt->records[mutt->record_count++ % RECORDS];
    record->packet =
        (struct usb_model_packet){.microframe = microframe, .length = length, .endpoint = endpoint};
    if (record->data == NULL)
        record->data = malloc(RECORD_BYTES);
    if (record->data != NULL && length != 0)
        memcpy(record->data, data, length < RECORD_BYTES ? length : RECORD_BYTES);
}

static int mutt_record(void *state, uint32_t index, struct usb_model_packet *packet, void *buffer,
                       uint32_t room)
{
    struct mutt *mutt = state;
    if (index >= mutt->record_count || mutt->record_count - index > RECORDS)
        return -ENOENT;
    const struct record *record = &mutt->records[index % RECORDS];
    if (record->data == NULL)
        return -ENOMEM;
    *packet = record->packet;
    uint32_t kept = record->packet.length < RECORD_BYTES ? record->packet.length : RECORD_BYTES;
    if (room != 0)
        memcpy(buffer, record->data, kept < room ? kept : room);
    return 0;
}

/* ---- Vendor requests ------------------------------------------------------------------------- */

static int record_state(struct mutt *mutt, void *data, uint16_t length)
{
    uint8_t answer[8];
    put_le(answer, mutt->record_count, 4);
    put_le(answer + 4, mutt->record_count > RECORDS ? mutt->record_count - RECORDS : 0, 4);
    uint32_t moved = length < sizeof answer ? length : sizeof answer;
    memcpy(data, answer, moved);
    return (int)moved;
}

static int record_read(struct mutt *mutt, uint32_t index, uint8_t *data, uint16_t length)
{
    struct usb_model_packet packet;
    enum { HEAD = 12 };
    if (length < HEAD ||
        mutt_record(mutt, index, &packet, data + HEAD, (uint32_t)length - HEAD) != 0)
        return -EPIPE;
    put_le(data, packet.microframe, 8);
    put_le(data + 8, packet.length, 4);
    uint32_t kept = packet.length < RECORD_BYTES ? packet.length : RECORD_BYTES;
    return (int)(HEAD + (kept < (uint32_t)length - HEAD ? kept : (uint32_t)length - HEAD));
}

static int echo(struct mutt *mutt, const struct usb_setup *setup, void *data)
{
    if (setup->type & USB_ENDPOINT_IN) {
        uint16_t moved = mutt->echo_length < setup->length ? mutt->echo_length : setup->length;
        memcpy(data, mutt->echo, moved);
        return moved;
    }
    if (setup->length > ECHO_MAX)
        return -EPIPE;
    if (setup->length != 0)
        memcpy(mutt->echo, data, setup->length);
    mutt->echo_length = setup->length;
    return setup->length;
}

static int mutt_control(void *state, const struct usb_setup *setup, void *data)
{
    struct mutt *mutt = state;
    enum { VENDOR = 0x40, TYPE_MASK = 0x60 };
    if ((setup->type & TYPE_MASK) != VENDOR)
        return -EPIPE;
    bool in = setup->type & USB_ENDPOINT_IN;
    if (setup->request == ECHO || setup->request == (in ? ZERO_READ : ZERO_WRITE))
        return setup->length == 0 && in ? 0 : echo(mutt, setup, data);
    if (in && setup->length == 0)
        return -EPIPE;
    switch ((in ? 0x100 : 0) | setup->request) {
    case SET_MODE:
        if (setup->value > MODE_ZERO)
            return -EPIPE;
        mutt_clear_queues(mutt);
        mutt->mode = (uint8_t)setup->value;
        usb_model_ready(mutt->device, BULK_IN);
        usb_model_ready(mutt->device, BULK_OUT);
        usb_model_ready(mutt->device, INTERRUPT_IN);
        usb_model_ready(mutt->device, INTERRUPT_OUT);
        return 0;
    case 0x100 | GET_MODE:
        *(uint8_t *)data = mutt->mode;
        return 1;
    case 0x100 | RECORD_STATE:
        return record_state(mutt, data, setup->length);
    case 0x100 | RECORD_READ:
        return record_read(mutt, (uint32_t)setup->index << 16 | setup->value, data, setup->length);
    case RECORD_CLEAR:
        mutt->record_count = 0;
        return 0;
    default:
        return -EPIPE;
    }
}

const struct usb_model usb_model_mutt = {
    .name = "mutt",
    .create = mutt_create,
    .destroy = mutt_destroy,
    .describe = mutt_describe,
    .reset = mutt_reset,
    .control = mutt_control,
    .in = mutt_in,
    .out = mutt_out,
    .isoch_in = mutt_isoch_in,
    .isoch_out = mutt_isoch_out,
    .record = mutt_record,
};
