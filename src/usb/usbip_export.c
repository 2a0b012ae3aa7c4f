/* SPDX-License-Identifier: MIT */
/* Transfers for a client of the USB/IP server. A CMD_SUBMIT becomes a URB in one allocation with its data; its end sends the answer from
 * whatever thread it comes on, which never waits for the client (usbip_link.c queues). Requests that change settings are done on the
 * client's thread, in their place in the stream. */
#include "usb/usbip_export.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"

enum { URB_BYTES_MAX = 16 << 20, CLIENT_BYTES_MAX = 128 << 20, CLIENT_URBS_MAX = 4096, WIRE_ECONNRESET = 104 };

/* A transfer for a client. */
struct export_urb {
    struct list link;
    struct urb urb;
    struct usbip_client *client;
    _Atomic uint32_t references; /* the transfer's, and an unlink's that is under way */
    uint32_t sequence;
    uint32_t unlink;             /* sequence of the CMD_UNLINK, 0: none; under the client's lock */
    bool ended;                  /* the answer is on its way; under the client's lock */
    size_t size;
    uint8_t bytes[];             /* packets, then data */
};

/* ---- Answers ------------------------------------------------------------------------------------------------------ */

static int32_t status_to_wire(int status)
{
    switch (status) {
    case -ECANCELED: return -WIRE_ECONNRESET;
    case -ENOLINK: case -ERANGE: return -EXDEV;
    default: return status;
    }
}

static void answer(struct usbip_client *client, const struct usbip_pdu *pdu)
{
    struct usbip_message *message = usbip_message_create(USBIP_HEADER);
    if (message == NULL) {
        usbip_link_break(&client->wire);
        return;
    }
    usbip_pdu_encode(message->bytes, pdu);
    if (usbip_link_send(&client->wire, message) != 0)
        usbip_link_break(&client->wire);
}

static void answer_status(struct usbip_client *client, uint32_t command, uint32_t sequence, int32_t status)
{
    answer(client, &(struct usbip_pdu){.command = command, .sequence = sequence, .status = status});
}

/* As Linux tells it: from high speed on in microframes. */
static uint32_t start_frame(const struct urb *urb)
{
    if (urb->device->id.speed < USB_SPEED_HIGH)
        return urb->start_frame;
    return (uint32_t)(urb->start_microframe & INT32_MAX);
}

static void answer_urb(struct usbip_client *client, const struct export_urb *export)
{
    const struct urb *urb = &export->urb;
    bool in = urb->flags & URB_IN;
    uint32_t packets = urb->packet_count, data = in ? urb->actual : 0;
    struct usbip_message *message = usbip_message_create(USBIP_HEADER + (size_t)data + (size_t)packets * USBIP_PACKET);
    if (message == NULL) {
        usbip_link_break(&client->wire);
        return;
    }
    struct usbip_pdu pdu = {.command = USBIP_RET_SUBMIT, .sequence = export->sequence, .length = urb->actual,
        .status = status_to_wire(urb->status == -EXDEV && packets != 0 ? 0 : urb->status), .start_frame = start_frame(urb),
        .packet_count = packets, .error_count = urb->error_count};
    usbip_pdu_encode(message->bytes, &pdu);
    if (packets != 0 && in)
        usbip_pack(message->bytes + USBIP_HEADER, urb->buffer, urb->packets, packets);
    else if (data != 0)
        memcpy(message->bytes + USBIP_HEADER, urb->buffer, data);
    usbip_packets_encode(message->bytes + USBIP_HEADER + data, urb->packets, packets, 0);
    if (usbip_link_send(&client->wire, message) != 0)
        usbip_link_break(&client->wire);
}

static void export_release(struct export_urb *export)
{
    if (atomic_fetch_sub(&export->references, 1) == 1)
        free(export);
}

/* The transfer stays in the list until its answer is on its way: an unlink that came meanwhile is answered behind it. A client that hears
 * of the unlink first ends the transfer, and takes the answer for an error of the protocol. */
static void export_done(struct urb *urb)
{
    struct export_urb *export = container_of(urb, struct export_urb, urb);
    struct usbip_client *client = export->client;
    lock_acquire(&client->lock);
    export->ended = true;
    bool taken = export->unlink != 0 && urb->status == -ECANCELED;
    lock_release(&client->lock);
    if (!taken) /* taken back in time: no RET_SUBMIT at all */
        answer_urb(client, export);
    lock_acquire(&client->lock);
    list_remove(&export->link);
    uint32_t unlink = export->unlink;
    lock_release(&client->lock);
    if (unlink != 0)
        answer_status(client, USBIP_RET_UNLINK, unlink, taken ? -WIRE_ECONNRESET : 0);
    atomic_fetch_sub(&client->bytes, export->size);
    export_release(export);
    if (atomic_fetch_sub(&client->outstanding, 1) == 1)
        futex_wake(&client->outstanding, INT_MAX);
}

/* ---- Requests -------------------------------------------------------------------------------------------------------- */

static void pipes_abort(struct usb_device *device, bool wait)
{
    for (unsigned i = 0; i < 32; i++) {
        struct usb_pipe *pipe = usb_device_pipe(device, (uint8_t)((i & 15) | (i & 16 ? USB_ENDPOINT_IN : 0)));
        if (pipe != NULL)
            usb_pipe_abort(pipe, wait);
    }
}

const struct usb_config *usbip_export_config(struct usb_device *device)
{
    lock_acquire(&device->lock);
    const struct usb_config *config = device->config;
    lock_release(&device->lock);
    return config;
}

int usbip_export_claim(struct usb_device *device, const struct usb_config *config)
{
    if (config == NULL)
        return -EBUSY; /* another client's doing: it gets it back at that one's end */
    for (uint8_t i = 0; i < config->interface_count; i++) {
        int error = usb_device_claim(device, i);
        if (error == 0)
            continue;
        while (i-- != 0)
            usb_device_release(device, i);
        return error;
    }
    return 0;
}

void usbip_export_unclaim(struct usb_device *device)
{
    for (uint8_t i = 0; i < USB_INTERFACES_MAX; i++)
        usb_device_release(device, i);
}

/* What a device does at the configuration that it has: every interface begins anew. */
static int settings_reset(struct usb_device *device, const struct usb_config *config)
{
    int error = 0;
    for (uint32_t i = 0; error == 0 && i < config->alternate_count; i++)
        if (config->alternates[i].setting == 0)
            error = usb_device_set_interface(device, config->alternates[i].interface, 0);
    return error;
}

/* A kernel below refuses while interfaces are claimed, and all of them are: by us. */
static int configuration_set(struct usb_device *device, uint8_t value)
{
    pipes_abort(device, true);
    int error = usb_device_set_configuration(device, value);
    if (error != -EBUSY)
        return error;
    const struct usb_config *config = usbip_export_config(device);
    if (config != NULL && config->value == value)
        return settings_reset(device, config);
    usbip_export_unclaim(device);
    error = usb_device_set_configuration(device, value);
    config = usbip_export_config(device);
    int claimed = config != NULL ? usbip_export_claim(device, config) : 0;
    return error != 0 ? error : claimed;
}

/* Settings are the core's to change: 1 and *status, or 0 where the request goes to the device as it is. */
static bool setting_request(struct usbip_client *client, const struct usb_setup *setup, int *status)
{
    struct usb_device *device = client->device;
    switch (setup->type << 8 | setup->request) {
    case 0x0009: *status = configuration_set(device, (uint8_t)setup->value); return true;
    case 0x010b:
        for (unsigned i = 1; i < 32; i++) {
            struct usb_pipe *pipe = usb_device_pipe(device, (uint8_t)((i & 15) | (i & 16 ? USB_ENDPOINT_IN : 0)));
            if (pipe != NULL && pipe->interface == setup->index)
                usb_pipe_abort(pipe, true);
        }
        *status = usb_device_set_interface(device, (uint8_t)setup->index, (uint8_t)setup->value);
        return true;
    case 0x0201:
        if (setup->value != 0 || (setup->index & 15) == 0)
            return false;
        struct usb_pipe *pipe = usb_device_pipe(device, (uint8_t)setup->index);
        if (pipe != NULL)
            usb_pipe_abort(pipe, true);
        *status = pipe == NULL ? -EPIPE : usb_pipe_reset(pipe);
        return true;
    case 0x2303:
        if (setup->value != 4)
            return false;
        *status = usb_device_reset(device);
        return true;
    default: return false;
    }
}

static struct export_urb *export_create(struct usbip_client *client, const struct usbip_pdu *pdu)
{
    uint32_t packets = usbip_packet_count(pdu);
    size_t size = sizeof(struct export_urb) + packets * sizeof(struct urb_packet) + pdu->length;
    if (atomic_load(&client->bytes) + size > CLIENT_BYTES_MAX || atomic_load(&client->outstanding) >= CLIENT_URBS_MAX)
        return NULL;
    struct export_urb *export = malloc(size);
    if (export == NULL)
        return NULL;
    memset(export, 0, size - pdu->length);
    atomic_fetch_add(&client->bytes, size);
    atomic_init(&export->references, 1);
    list_init(&export->link);
    export->client = client;
    export->sequence = pdu->sequence;
    export->size = size;
    export->urb = (struct urb){.device = client->device, .done = export_done, .length = pdu->length,
        .packet_count = packets, .packets = packets != 0 ? (struct urb_packet *)(void *)export->bytes : NULL,
        .buffer = export->bytes + packets * sizeof(struct urb_packet), .setup = usbip_setup_decode(pdu->setup)};
    export->urb.flags = (uint8_t)((pdu->flags & USBIP_SHORT_NOT_OK ? URB_SHORT_NOT_OK : 0) |
                                  (pdu->flags & USBIP_ZERO_PACKET ? URB_ZERO_PACKET : 0));
    if (packets != 0) /* without ASAP: where the stream goes on, late or not */
        export->urb.flags |= (uint8_t)(URB_ISO_ANY | URB_ISO_ASAP | (pdu->flags & USBIP_ISO_ASAP ? 0 : URB_ISO_TRACK));
    return export;
}

/* Reads what follows the header: OUT data, packet descriptors. */
static int export_read(struct usbip_client *client, const struct usbip_pdu *pdu, struct export_urb *export)
{
    uint32_t packets = usbip_packet_count(pdu);
    int error = 0;
    if (!pdu->in && pdu->length != 0)
        error = usbip_link_read(&client->wire, export->urb.buffer, pdu->length, false);
    for (uint32_t i = 0; error == 0 && i < packets; i++) {
        uint8_t bytes[USBIP_PACKET];
        error = usbip_link_read(&client->wire, bytes, sizeof bytes, false);
        if (error == 0)
            error = usbip_packets_decode(bytes, &export->urb.packets[i], 1, pdu->length);
        export->urb.packets[i].actual = 0;
        export->urb.packets[i].status = 0;
    }
    return error;
}

/* Whether the transfer fits the pipe that it names; the pipe is set. */
static int export_check(const struct usbip_pdu *pdu, struct export_urb *export)
{
    struct urb *urb = &export->urb;
    if (pdu->endpoint == 0)
        return urb->setup.length > urb->length || urb->packet_count != 0 ? -EINVAL : 0;
    urb->pipe = usb_device_pipe(urb->device, (uint8_t)(pdu->endpoint | (pdu->in ? USB_ENDPOINT_IN : 0)));
    if (urb->pipe == NULL)
        return -EPIPE; /* Linux's server does not answer at all here; a client can do something with this */
    return (urb->pipe->endpoint.type == USB_ISOCH) != (urb->packet_count != 0) ? -EINVAL : 0;
}

static void export_refuse(struct export_urb *export, int status)
{
    struct usbip_client *client = export->client;
    struct usbip_pdu pdu = {.command = USBIP_RET_SUBMIT, .sequence = export->sequence, .status = status_to_wire(status),
                            .packet_count = 0};
    /* A client that expects packet descriptors gets as many as it sent. */
    export->urb.actual = 0;
    export->urb.status = status;
    if (export->urb.packet_count != 0)
        answer_urb(client, export);
    else
        answer(client, &pdu);
    atomic_fetch_sub(&client->bytes, export->size);
    export_release(export);
}

/* Linux' client sends what it submits and what it unlinks from two lists, so an unlink can come before its victim. An answer at once
 * would end the transfer there, and the transfer's own answer would then break the connection: it is remembered instead. */
static bool early_put(struct usbip_client *client, const struct usbip_pdu *pdu)
{
    if ((int32_t)(pdu->unlink - client->last_sequence) <= 0)
        return false;
    for (uint32_t i = 0; i < USBIP_EARLY; i++)
        if (client->early[i].unlink == 0) {
            client->early[i] = (struct usbip_early){pdu->sequence, pdu->unlink};
            return true;
        }
    return false;
}

/* The unlink that waits for this transfer, or 0. */
static uint32_t early_take(struct usbip_client *client, uint32_t sequence)
{
    for (uint32_t i = 0; i < USBIP_EARLY; i++) {
        uint32_t unlink = client->early[i].unlink;
        if (unlink == 0 || client->early[i].victim != sequence)
            continue;
        client->early[i].unlink = 0;
        return unlink;
    }
    return 0;
}

static int take_submit(struct usbip_client *client, const struct usbip_pdu *pdu)
{
    struct export_urb *export = export_create(client, pdu);
    if (export == NULL)
        return -ENOMEM;
    client->last_sequence = pdu->sequence;
    int error = export_read(client, pdu, export);
    if (error != 0) {
        atomic_fetch_sub(&client->bytes, export->size);
        free(export);
        return error;
    }
    uint32_t unlink = early_take(client, pdu->sequence);
    if (unlink != 0) {
        atomic_fetch_sub(&client->bytes, export->size);
        free(export);
        answer_status(client, USBIP_RET_UNLINK, unlink, -WIRE_ECONNRESET);
        return 0;
    }
    int status = export_check(pdu, export);
    if (status == 0 && pdu->endpoint == 0 && setting_request(client, &export->urb.setup, &status)) {
        export->urb.status = status;
        export_refuse(export, status); /* answered with what came of it, 0 included */
        return 0;
    }
    if (status == 0) {
        atomic_fetch_add(&client->outstanding, 1);
        lock_acquire(&client->lock);
        list_push_back(&client->urbs, &export->link);
        lock_release(&client->lock);
        status = urb_submit(&export->urb);
        if (status == 0)
            return 0;
        lock_acquire(&client->lock);
        list_remove(&export->link);
        lock_release(&client->lock);
        atomic_fetch_sub(&client->outstanding, 1);
    }
    export_refuse(export, status);
    return 0;
}

static void take_unlink(struct usbip_client *client, const struct usbip_pdu *pdu)
{
    struct export_urb *found = NULL;
    bool ended = false;
    lock_acquire(&client->lock);
    list_for_each (node, &client->urbs) {
        struct export_urb *each = container_of(node, struct export_urb, link);
        if (each->sequence == pdu->unlink && each->unlink == 0) {
            found = each;
            found->unlink = pdu->sequence;
            ended = found->ended;
            if (!ended)
                atomic_fetch_add(&found->references, 1);
            break;
        }
    }
    lock_release(&client->lock);
    if (found == NULL && !early_put(client, pdu)) {
        answer_status(client, USBIP_RET_UNLINK, pdu->sequence, 0);
    } else if (found != NULL && !ended) {
        urb_cancel(&found->urb);
        export_release(found);
    }
}

int usbip_export_take(struct usbip_client *client)
{
    uint8_t bytes[USBIP_HEADER];
    struct usbip_pdu pdu;
    int error = usbip_link_read(&client->wire, bytes, sizeof bytes, true);
    if (error == 0)
        error = usbip_pdu_decode(bytes, URB_BYTES_MAX, &pdu);
    if (error != 0)
        return error;
    if (pdu.command == USBIP_CMD_SUBMIT)
        return take_submit(client, &pdu);
    if (pdu.command != USBIP_CMD_UNLINK)
        return -EPROTO;
    take_unlink(client, &pdu);
    return 0;
}

void usbip_export_end(struct usbip_client *client)
{
    pipes_abort(client->device, false);
    for (uint32_t left; (left = atomic_load(&client->outstanding)) != 0;)
        futex_wait(&client->outstanding, left, FUTEX_NO_DEADLINE);
}
