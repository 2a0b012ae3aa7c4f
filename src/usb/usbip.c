/* SPDX-License-Identifier: MIT */
/* The USB/IP host: devices of a server that speaks the standard protocol. One connection per device. A URB becomes a CMD_SUBMIT and
 * waits in the table by its sequence number; the reader thread ends it with the RET_SUBMIT, whose data it reads straight into the
 * URB's buffer. The end of the connection is the removal of the device. What the server does not answer for (endpoints that do not
 * exist, packets that are too large) was refused by the core's checks before. */
#include "usb/usbip_remote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"

enum { SERVER_ECONNRESET = -104, CONTROL_TIMEOUT_MS = 5000, CLOCK_BITS = 11 };

/* What a URB carries while it is with us. */
enum { SLOT_SEQUENCE, SLOT_UNLINK, SLOT_FRESH /* isochronous: 1 where it begins a stream */ };

static uint32_t slot_get(const struct urb *urb, int slot)
{
    return (uint32_t)(uintptr_t)urb->host[slot];
}

static void slot_set(struct urb *urb, int slot, uint32_t value)
{
    urb->host[slot] = (void *)(uintptr_t)value;
}

static struct usbip_remote *remote_of(struct usb_device *device)
{
    return device->host_data;
}

static const struct usb_endpoint *endpoint_of(const struct urb *urb)
{
    return urb->pipe != NULL ? &urb->pipe->endpoint : &urb->device->pipes[0]->endpoint;
}

/* Under the lock. */
static void pending_put(struct usbip_remote *remote, struct urb *urb, uint32_t sequence)
{
    bool isoch = endpoint_of(urb)->type == USB_ISOCH;
    slot_set(urb, SLOT_FRESH, isoch && remote->isoch_pending == 0);
    remote->isoch_pending += isoch;
    list_push_back(&remote->pending[sequence % USBIP_BUCKETS], &urb->host_link);
}

static void pending_remove(struct usbip_remote *remote, struct urb *urb)
{
    remote->isoch_pending -= endpoint_of(urb)->type == USB_ISOCH;
    list_remove(&urb->host_link);
}

/* Takes a pending URB off the table by its own sequence number or that of its unlink; NULL: it is not there. */
static struct urb *pending_take(struct usbip_remote *remote, uint32_t sequence)
{
    struct urb *found = NULL;
    lock_acquire(&remote->lock);
    list_for_each (node, &remote->pending[sequence % USBIP_BUCKETS]) {
        struct urb *urb = container_of(node, struct urb, host_link);
        if (slot_get(urb, SLOT_SEQUENCE) == sequence) {
            pending_remove(remote, urb);
            found = urb;
            break;
        }
    }
    lock_release(&remote->lock);
    return found;
}

static struct urb *pending_take_by_unlink(struct usbip_remote *remote, uint32_t sequence)
{
    for (int i = 0; i < USBIP_BUCKETS; i++) {
        list_for_each (node, &remote->pending[i]) {
            struct urb *urb = container_of(node, struct urb, host_link);
            if (slot_get(urb, SLOT_UNLINK) != sequence)
                continue;
            pending_remove(remote, urb);
            return urb;
        }
    }
    return NULL;
}

/* ---- Out -------------------------------------------------------------------------------------------------------- */

static uint32_t interval_of(const struct usb_endpoint *endpoint, enum usb_speed speed)
{
    return endpoint->period_us == 0 ? 0 : endpoint->period_us / (speed >= USB_SPEED_HIGH ? 125 : 1000);
}

static struct usbip_message *submit_message(struct usbip_remote *remote, const struct urb *urb, uint32_t sequence)
{
    const struct usb_endpoint *endpoint = endpoint_of(urb);
    bool in = urb->flags & URB_IN, isoch = endpoint->type == USB_ISOCH;
    /* Packets that were too late are not sent, nor what the buffer has for them. */
    uint32_t first = isoch ? urb->late_packets : 0, skipped = first != 0 ? urb->packets[first].offset : 0;
    uint32_t data = in ? 0 : urb->length - skipped, packets = isoch ? urb->packet_count - first : 0;
    struct usbip_message *message = usbip_message_create(USBIP_HEADER + (size_t)data + (size_t)packets * USBIP_PACKET);
    if (message == NULL)
        return NULL;
    struct usbip_pdu pdu = {.command = USBIP_CMD_SUBMIT, .sequence = sequence, .devid = remote->devid, .in = in,
        .endpoint = endpoint->address & 15u, .length = endpoint->type == USB_CONTROL ? urb->setup.length : urb->length - skipped,
        .start_frame = urb->flags & URB_ISO_ASAP ? 0 : urb->start_frame, .packet_count = packets, .interval = interval_of(endpoint, urb->device->id.speed)};
    pdu.flags = (in ? USBIP_DIR_IN : 0u) | (urb->flags & URB_SHORT_NOT_OK ? USBIP_SHORT_NOT_OK : 0u) |
                (urb->flags & URB_ZERO_PACKET ? USBIP_ZERO_PACKET : 0u) |
                (isoch && !(urb->flags & URB_ISO_CONTINUE) ? USBIP_ISO_ASAP : 0u);
    if (endpoint->type == USB_CONTROL)
        usbip_setup_encode(pdu.setup, &urb->setup);
    usbip_pdu_encode(message->bytes, &pdu);
    if (data != 0)
        memcpy(message->bytes + USBIP_HEADER, (const uint8_t *)urb->buffer + skipped, data);
    if (packets != 0)
        usbip_packets_encode(message->bytes + USBIP_HEADER + data, urb->packets + first, packets, skipped);
    return message;
}

static int remote_submit(struct usb_device *device, struct urb *urb)
{
    struct usbip_remote *remote = remote_of(device);
    lock_acquire(&remote->lock);
    if (remote->gone) {
        lock_release(&remote->lock);
        return -ENODEV;
    }
    uint32_t sequence = ++remote->sequence;
    slot_set(urb, SLOT_SEQUENCE, sequence);
    slot_set(urb, SLOT_UNLINK, 0);
    lock_release(&remote->lock);
    struct usbip_message *message = submit_message(remote, urb, sequence);
    if (message == NULL)
        return -ENOMEM;
    lock_acquire(&remote->lock);
    bool gone = remote->gone;
    if (!gone)
        pending_put(remote, urb, sequence);
    lock_release(&remote->lock);
    if (gone) {
        free(message);
        return -ENODEV;
    }
    int error = usbip_link_send(&remote->link, message);
    if (error == 0)
        return 0;
    /* It never left. Whoever still finds it in the table ends it. */
    return pending_take(remote, sequence) != NULL ? (error == -EPIPE ? -ENODEV : error) : 0;
}

static int send_unlink(struct usbip_remote *remote, uint32_t sequence, uint32_t victim)
{
    struct usbip_message *message = usbip_message_create(USBIP_HEADER);
    if (message == NULL)
        return -ENOMEM;
    struct usbip_pdu pdu = {.command = USBIP_CMD_UNLINK, .sequence = sequence, .devid = remote->devid, .unlink = victim};
    usbip_pdu_encode(message->bytes, &pdu);
    return usbip_link_send(&remote->link, message);
}

static void remote_cancel(struct usb_device *device, struct urb *urb)
{
    struct usbip_remote *remote = remote_of(device);
    lock_acquire(&remote->lock);
    bool pending = !list_empty(&urb->host_link) && slot_get(urb, SLOT_UNLINK) == 0;
    uint32_t victim = slot_get(urb, SLOT_SEQUENCE), sequence = 0;
    if (pending) {
        sequence = ++remote->sequence;
        slot_set(urb, SLOT_UNLINK, sequence);
    }
    lock_release(&remote->lock);
    if (pending && send_unlink(remote, sequence, victim) != 0)
        usbip_link_break(&remote->link); /* the reader ends everything */
}

/* ---- In ------------------------------------------------------------------------------------------------------------ */

static int status_from_wire(int32_t status)
{
    switch (status) {
    case 0: return 0;
    case -2: case SERVER_ECONNRESET: return -ECANCELED; /* unlinked */
    case -108: case -19: return -ENODEV;
    case -32: return -EPIPE;
    case -75: return -EOVERFLOW;
    case -84: return -EILSEQ;
    case -62: return -ETIME;
    case -121: return -EREMOTEIO;
    case -18: return -EXDEV;
    default: return -EPROTO;
    }
}

static int read_packets(struct usbip_remote *remote, const struct usbip_pdu *pdu, struct urb *urb)
{
    uint32_t count = usbip_packet_count(pdu);
    if (count != urb->packet_count - urb->late_packets)
        return -EPROTO;
    struct urb_packet *ours = urb->packets + urb->late_packets;
    uint8_t *bytes = malloc((size_t)count * USBIP_PACKET);
    struct urb_packet *packets = malloc(count * sizeof *packets);
    int error = bytes == NULL || packets == NULL ? -ENOMEM : 0;
    if (error == 0)
        error = usbip_link_read(&remote->link, bytes, (size_t)count * USBIP_PACKET, false);
    if (error == 0)
        error = usbip_packets_decode(bytes, packets, count, urb->length);
    for (uint32_t i = 0; error == 0 && i < count; i++) {
        if (packets[i].actual > ours[i].length)
            error = -EPROTO;
        ours[i].actual = packets[i].actual;
        ours[i].status = packets[i].status == 0 ? 0 : status_from_wire(packets[i].status);
    }
    if (error == 0 && (urb->flags & URB_IN))
        error = usbip_unpack(urb->buffer, pdu->length, ours, count);
    free(bytes);
    free(packets);
    return error;
}

/* A stream's completions keep the clock in step. The frame that its first transfer began in is the bus's own number (of later ones some
 * controllers tell the frame of submission); the clock takes it over when no stream would notice the jump. */
static void clock_learn(struct usbip_remote *remote, const struct usbip_pdu *pdu, const struct urb *urb)
{
    uint64_t length = (uint64_t)urb->packet_count * (urb->pipe->endpoint.period_us / 125), now = clock_now_ns();
    usb_clock_observe(&remote->clock, urb->start_microframe + length, now);
    bool high = urb->device->id.speed >= USB_SPEED_HIGH; /* then the number counts microframes */
    if (slot_get(urb, SLOT_FRESH) && pdu->start_frame != 0)
        remote->seed = (struct usbip_seed){.known = true, .at_ns = now,
            .frame = (uint32_t)((high ? pdu->start_frame / 8 : pdu->start_frame) + length / 8)};
    lock_acquire(&remote->lock);
    bool idle = remote->isoch_pending == 0;
    lock_release(&remote->lock);
    if (idle && remote->seed.known)
        usb_clock_seed(&remote->clock, remote->seed.frame + (uint32_t)((now - remote->seed.at_ns) / 1000000), CLOCK_BITS, now);
}

/* The answer to what an unlink has ended already: skipped, by what is remembered of it. */
static int ghost_answer(struct usbip_remote *remote, const struct usbip_pdu *pdu)
{
    for (uint32_t i = 0; i < USBIP_GHOSTS; i++) {
        struct ghost *ghost = &remote->ghosts[i];
        if (ghost->sequence != pdu->sequence || ghost->sequence == 0)
            continue;
        ghost->sequence = 0;
        uint64_t packets = ghost->isoch ? (uint64_t)usbip_packet_count(pdu) * USBIP_PACKET : 0;
        return usbip_link_skip(&remote->link, (ghost->in ? pdu->length : 0u) + packets);
    }
    return -EPROTO; /* neither its direction nor its kind is known: the stream cannot be followed */
}

static int read_answer(struct usbip_remote *remote, const struct usbip_pdu *pdu)
{
    struct urb *urb = pending_take(remote, pdu->sequence);
    if (urb == NULL)
        return ghost_answer(remote, pdu);
    bool isoch = endpoint_of(urb)->type == USB_ISOCH;
    int error = pdu->length > urb->length ? -EPROTO : 0;
    if (error == 0 && (urb->flags & URB_IN) && pdu->length != 0)
        error = usbip_link_read(&remote->link, urb->buffer, pdu->length, false);
    if (error == 0 && isoch)
        error = read_packets(remote, pdu, urb);
    urb->actual = error == 0 ? pdu->length : 0;
    if (error == 0 && isoch && pdu->status == 0)
        clock_learn(remote, pdu, urb);
    usb_urb_ended(urb, error == 0 ? status_from_wire(pdu->status) : -ENODEV);
    return error;
}

/* In time (-ECONNRESET): there will be no RET_SUBMIT. Else one came before, and the URB is not here any more; or the transfer ended
 * while the server was unlinking it. Then Linux' server sends no RET_SUBMIT, and in one order of its threads a late one. */
static int unlink_answer(struct usbip_remote *remote, const struct usbip_pdu *pdu)
{
    lock_acquire(&remote->lock);
    struct urb *urb = pending_take_by_unlink(remote, pdu->sequence);
    lock_release(&remote->lock);
    if (urb == NULL)
        return 0;
    if (pdu->status != SERVER_ECONNRESET)
        remote->ghosts[remote->ghost_next++ % USBIP_GHOSTS] =
            (struct ghost){slot_get(urb, SLOT_SEQUENCE), urb->flags & URB_IN, endpoint_of(urb)->type == USB_ISOCH};
    usb_urb_ended(urb, -ECANCELED);
    return 0;
}

int usbip_remote_read(struct usbip_remote *remote)
{
    uint8_t bytes[USBIP_HEADER];
    struct usbip_pdu pdu;
    int error = usbip_link_read(&remote->link, bytes, sizeof bytes, true);
    if (error == 0)
        error = usbip_pdu_decode(bytes, INT32_MAX, &pdu);
    if (error != 0)
        return error;
    if (pdu.command == USBIP_RET_SUBMIT)
        return read_answer(remote, &pdu);
    return pdu.command == USBIP_RET_UNLINK ? unlink_answer(remote, &pdu) : -EPROTO;
}

void usbip_remote_end(struct usbip_remote *remote)
{
    struct list ended;
    list_init(&ended);
    lock_acquire(&remote->lock);
    remote->gone = true;
    remote->isoch_pending = 0;
    for (int i = 0; i < USBIP_BUCKETS; i++)
        list_splice_back(&ended, &remote->pending[i]);
    lock_release(&remote->lock);
    /* A canceller sees host_link linked and only sends, which fails. */
    for (;;) {
        lock_acquire(&remote->lock);
        struct list *node = list_pop_front(&ended);
        lock_release(&remote->lock);
        if (node == NULL)
            break;
        usb_urb_ended(container_of(node, struct urb, host_link), -ENODEV);
    }
    usb_device_depart(remote->device);
}

/* ---- The host's other functions ------------------------------------------------------------------------------------------ */

static int remote_open(struct usb_device *device)
{
    return remote_of(device)->gone ? -ENODEV : 0;
}

static void remote_close(struct usb_device *device)
{
    (void)device;
}

int usbip_remote_control(struct usb_device *device, uint8_t type, uint8_t request, uint16_t value, uint16_t index, void *buffer,
                   uint16_t length)
{
    struct usb_setup setup = {.type = type, .request = request, .value = value, .index = index, .length = length};
    int moved = usb_device_control(device, &setup, buffer, CONTROL_TIMEOUT_MS);
    return moved;
}

enum { GET_DESCRIPTOR = 6, SET_CONFIGURATION = 9, SET_INTERFACE = 11, CLEAR_FEATURE = 1, SET_FEATURE = 3, PORT_RESET = 4 };

static int remote_read_config(struct usb_device *device, void *buffer, uint32_t length)
{
    uint8_t head[9];
    int moved = usbip_remote_control(device, 0x80, GET_DESCRIPTOR, USB_DT_CONFIGURATION << 8, 0, head, sizeof head);
    if (moved < (int)sizeof head)
        return moved < 0 ? moved : -EPROTO;
    uint32_t total = (uint32_t)(head[2] | head[3] << 8);
    return usbip_remote_control(device, 0x80, GET_DESCRIPTOR, USB_DT_CONFIGURATION << 8, 0, buffer, (uint16_t)(total < length ? total : length));
}

static int remote_claim(struct usb_device *device, uint8_t interface)
{
    (void)interface;
    return remote_of(device)->gone ? -ENODEV : 0;
}

static void remote_release(struct usb_device *device, uint8_t interface)
{
    (void)device, (void)interface;
}

int usbip_remote_configure(struct usb_device *device, uint8_t value)
{
    int moved = usbip_remote_control(device, 0, SET_CONFIGURATION, value, 0, NULL, 0);
    return moved < 0 ? moved : 0;
}

static int remote_set_interface(struct usb_device *device, const struct usb_alternate *alternate)
{
    int moved = usbip_remote_control(device, 1, SET_INTERFACE, alternate->setting, alternate->interface, NULL, 0);
    return moved < 0 ? moved : 0;
}

static int remote_clear_halt(struct usb_device *device, struct usb_pipe *pipe)
{
    int moved = usbip_remote_control(device, 2, CLEAR_FEATURE, 0, pipe->endpoint.address, NULL, 0);
    return moved < 0 ? moved : 0;
}

/* The protocol has no message for it; servers know the hub request. */
static int remote_reset(struct usb_device *device)
{
    int moved = usbip_remote_control(device, 0x23, SET_FEATURE, PORT_RESET, 0, NULL, 0);
    return moved < 0 ? moved : 0;
}

static int remote_frame(struct usb_device *device, struct usb_frame *frame)
{
    usb_clock_read(&remote_of(device)->clock, frame);
    return 0;
}

static void remote_forget(struct usb_device *device)
{
    struct usbip_remote *remote = remote_of(device);
    if (remote == NULL)
        return;
    usbip_link_close(&remote->link);
    free(remote);
}

const struct usb_host usbip_host = {
    .name = "usbip",
    .limits = {.depth = 16, .iso_lead = 8, .control_bytes = 65536, .bulk_bytes = 4 << 20, .interrupt_bytes = 65536, .iso_packets = 1024,
               .iso_at_once = true},
    .open = remote_open, .close = remote_close, .submit = remote_submit, .cancel = remote_cancel,
    .read_config = remote_read_config, .claim = remote_claim, .release = remote_release,
    .set_configuration = usbip_remote_configure, .set_interface = remote_set_interface, .clear_halt = remote_clear_halt,
    .reset = remote_reset, .frame = remote_frame, .forget = remote_forget};

