/* SPDX-License-Identifier: MIT */
/* The USB/IP host: devices of a server that speaks the standard protocol. One connection per device. A URB becomes a CMD_SUBMIT and
 * waits in the table by its sequence number; the reader thread ends it with the RET_SUBMIT, whose data it reads straight into the
 * URB's buffer. The end of the connection is the removal of the device. What the server does not answer for (endpoints that do not
 * exist, packets that are too large) was refused by the core's checks before. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/futex.h"
#include "base/trace.h"
#include "usb/core.h"
#include "usb/hosts.h"
#include "usb/usbip_link.h"
#include "usb/usbip_wire.h"

enum { SERVER_ECONNRESET = -104, BUCKETS = 64, GHOSTS = 64, CONTROL_TIMEOUT_MS = 5000, BACKOFF_MAX_S = 32 };

struct remote {
    struct usbip_link link;
    struct usb_device *device; /* the host's reference */
    struct usbip_device described;
    uint32_t devid;
    struct lock lock;          /* guards what follows */
    struct list pending[BUCKETS]; /* struct urb.host_link, by sequence */
    uint32_t sequence;
    bool gone;
    struct ghost {             /* the reader's: ended by RET_UNLINK with status 0; their RET_SUBMIT may still come */
        uint32_t sequence;
        bool in, isoch;
    } ghosts[GHOSTS];
    uint32_t ghost_next;
    uint64_t epoch_ns;
    bool reconnect;
    char server[128], busid[USBIP_BUSID];
};

/* What a URB carries while it is with us. */
enum { SLOT_SEQUENCE, SLOT_UNLINK };

static uint32_t slot_get(const struct urb *urb, int slot)
{
    return (uint32_t)(uintptr_t)urb->host[slot];
}

static void slot_set(struct urb *urb, int slot, uint32_t value)
{
    urb->host[slot] = (void *)(uintptr_t)value;
}

static struct remote *remote_of(struct usb_device *device)
{
    return device->host_data;
}

static const struct usb_endpoint *endpoint_of(const struct urb *urb)
{
    return urb->pipe != NULL ? &urb->pipe->endpoint : &urb->device->pipes[0]->endpoint;
}

/* Takes a pending URB off the table by its own sequence number or that of its unlink; NULL: it is not there. */
static struct urb *pending_take(struct remote *remote, uint32_t sequence)
{
    struct urb *found = NULL;
    lock_acquire(&remote->lock);
    list_for_each (node, &remote->pending[sequence % BUCKETS]) {
        struct urb *urb = container_of(node, struct urb, host_link);
        if (slot_get(urb, SLOT_SEQUENCE) == sequence) {
            list_remove(node);
            found = urb;
            break;
        }
    }
    lock_release(&remote->lock);
    return found;
}

static struct urb *pending_take_by_unlink(struct remote *remote, uint32_t sequence)
{
    for (int i = 0; i < BUCKETS; i++) {
        list_for_each (node, &remote->pending[i]) {
            struct urb *urb = container_of(node, struct urb, host_link);
            if (slot_get(urb, SLOT_UNLINK) != sequence)
                continue;
            list_remove(node);
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

static struct usbip_message *submit_message(struct remote *remote, const struct urb *urb, uint32_t sequence)
{
    const struct usb_endpoint *endpoint = endpoint_of(urb);
    bool in = urb->flags & URB_IN, isoch = endpoint->type == USB_ISOCH;
    uint32_t data = in ? 0 : urb->length, packets = isoch ? urb->packet_count : 0;
    struct usbip_message *message = usbip_message_create(USBIP_HEADER + (size_t)data + (size_t)packets * USBIP_PACKET);
    if (message == NULL)
        return NULL;
    struct usbip_pdu pdu = {.command = USBIP_CMD_SUBMIT, .sequence = sequence, .devid = remote->devid, .in = in,
        .endpoint = endpoint->address & 15u, .length = endpoint->type == USB_CONTROL ? urb->setup.length : urb->length,
        .start_frame = urb->start_frame, .packet_count = packets, .interval = interval_of(endpoint, urb->device->id.speed)};
    pdu.flags = (in ? USBIP_DIR_IN : 0u) | (urb->flags & URB_SHORT_NOT_OK ? USBIP_SHORT_NOT_OK : 0u) |
                (urb->flags & URB_ZERO_PACKET ? USBIP_ZERO_PACKET : 0u) |
                (isoch && !(urb->flags & URB_ISO_CONTINUE) ? USBIP_ISO_ASAP : 0u);
    if (endpoint->type == USB_CONTROL)
        usbip_setup_encode(pdu.setup, &urb->setup);
    usbip_pdu_encode(message->bytes, &pdu);
    if (data != 0)
        memcpy(message->bytes + USBIP_HEADER, urb->buffer, data);
    usbip_packets_encode(message->bytes + USBIP_HEADER + data, urb->packets, packets);
    return message;
}

static int remote_submit(struct usb_device *device, struct urb *urb)
{
    struct remote *remote = remote_of(device);
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
        list_push_back(&remote->pending[sequence % BUCKETS], &urb->host_link);
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

static int send_unlink(struct remote *remote, uint32_t sequence, uint32_t victim)
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
    struct remote *remote = remote_of(device);
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

static int read_packets(struct remote *remote, const struct usbip_pdu *pdu, struct urb *urb)
{
    uint32_t count = usbip_packet_count(pdu);
    if (count != urb->packet_count)
        return -EPROTO;
    uint8_t *bytes = malloc((size_t)count * USBIP_PACKET);
    struct urb_packet *packets = malloc(count * sizeof *packets);
    int error = bytes == NULL || packets == NULL ? -ENOMEM : 0;
    if (error == 0)
        error = usbip_link_read(&remote->link, bytes, (size_t)count * USBIP_PACKET, false);
    if (error == 0)
        error = usbip_packets_decode(bytes, packets, count, urb->length);
    for (uint32_t i = 0; error == 0 && i < count; i++) {
        if (packets[i].actual > urb->packets[i].length)
            error = -EPROTO;
        urb->packets[i].actual = packets[i].actual;
        urb->packets[i].status = packets[i].status == 0 ? 0 : status_from_wire(packets[i].status);
    }
    if (error == 0 && (urb->flags & URB_IN))
        error = usbip_unpack(urb->buffer, pdu->length, urb->packets, count);
    free(bytes);
    free(packets);
    return error;
}

/* The answer to what an unlink has ended already: skipped, by what is remembered of it. */
static int ghost_answer(struct remote *remote, const struct usbip_pdu *pdu)
{
    for (uint32_t i = 0; i < GHOSTS; i++) {
        struct ghost *ghost = &remote->ghosts[i];
        if (ghost->sequence != pdu->sequence || ghost->sequence == 0)
            continue;
        ghost->sequence = 0;
        uint64_t packets = ghost->isoch ? (uint64_t)usbip_packet_count(pdu) * USBIP_PACKET : 0;
        return usbip_link_skip(&remote->link, (ghost->in ? pdu->length : 0u) + packets);
    }
    return -EPROTO; /* neither its direction nor its kind is known: the stream cannot be followed */
}

static int read_answer(struct remote *remote, const struct usbip_pdu *pdu)
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
    usb_urb_ended(urb, error == 0 ? status_from_wire(pdu->status) : -ENODEV);
    return error;
}

/* In time (-ECONNRESET): there will be no RET_SUBMIT. Else one came before, and the URB is not here any more; or the transfer ended
 * while the server was unlinking it. Then Linux' server sends no RET_SUBMIT, and in one order of its threads a late one. */
static int unlink_answer(struct remote *remote, const struct usbip_pdu *pdu)
{
    lock_acquire(&remote->lock);
    struct urb *urb = pending_take_by_unlink(remote, pdu->sequence);
    lock_release(&remote->lock);
    if (urb == NULL)
        return 0;
    if (pdu->status != SERVER_ECONNRESET)
        remote->ghosts[remote->ghost_next++ % GHOSTS] =
            (struct ghost){slot_get(urb, SLOT_SEQUENCE), urb->flags & URB_IN, endpoint_of(urb)->type == USB_ISOCH};
    usb_urb_ended(urb, -ECANCELED);
    return 0;
}

static int read_one(struct remote *remote)
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

static void remote_end(struct remote *remote)
{
    struct list ended;
    list_init(&ended);
    lock_acquire(&remote->lock);
    remote->gone = true;
    for (int i = 0; i < BUCKETS; i++)
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

static int remote_connect(const char *server, const char *busid, bool reconnect);

/* Until the server answers again, with growing pauses. */
static void remote_return(const char *server, const char *busid)
{
    static _Atomic uint32_t never;
    for (uint64_t pause_s = 1;; pause_s = pause_s < BACKOFF_MAX_S ? pause_s * 2 : pause_s) {
        futex_wait(&never, 0, clock_deadline_ns(pause_s * 1000000000u));
        if (remote_connect(server, busid, true) == 0)
            return;
    }
}

static void *read_all(void *context)
{
    struct remote *remote = context;
    int error;
    while ((error = read_one(remote)) == 0)
        ;
    trace_note(TRACE_USB, "usbip %s: the connection ended: %s", remote->busid, strerror(-error));
    usbip_link_break(&remote->link);
    bool reconnect = remote->reconnect;
    char server[sizeof remote->server], busid[sizeof remote->busid];
    memcpy(server, remote->server, sizeof server);
    memcpy(busid, remote->busid, sizeof busid);
    remote_end(remote);
    usb_device_dereference(remote->device); /* the reader's; forget() frees the rest */
    if (reconnect)
        remote_return(server, busid);
    return NULL;
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

static int control(struct usb_device *device, uint8_t type, uint8_t request, uint16_t value, uint16_t index, void *buffer,
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
    int moved = control(device, 0x80, GET_DESCRIPTOR, USB_DT_CONFIGURATION << 8, 0, head, sizeof head);
    if (moved < (int)sizeof head)
        return moved < 0 ? moved : -EPROTO;
    uint32_t total = (uint32_t)(head[2] | head[3] << 8);
    return control(device, 0x80, GET_DESCRIPTOR, USB_DT_CONFIGURATION << 8, 0, buffer, (uint16_t)(total < length ? total : length));
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

static int remote_set_configuration(struct usb_device *device, uint8_t value)
{
    int moved = control(device, 0, SET_CONFIGURATION, value, 0, NULL, 0);
    return moved < 0 ? moved : 0;
}

static int remote_set_interface(struct usb_device *device, const struct usb_alternate *alternate)
{
    int moved = control(device, 1, SET_INTERFACE, alternate->setting, alternate->interface, NULL, 0);
    return moved < 0 ? moved : 0;
}

static int remote_clear_halt(struct usb_device *device, struct usb_pipe *pipe)
{
    int moved = control(device, 2, CLEAR_FEATURE, 0, pipe->endpoint.address, NULL, 0);
    return moved < 0 ? moved : 0;
}

/* The protocol has no message for it; servers know the hub request. */
static int remote_reset(struct usb_device *device)
{
    int moved = control(device, 0x23, SET_FEATURE, PORT_RESET, 0, NULL, 0);
    return moved < 0 ? moved : 0;
}

static int remote_frame(struct usb_device *device, struct usb_frame *frame)
{
    uint64_t now = clock_now_ns();
    uint64_t passed = now - remote_of(device)->epoch_ns;
    *frame = (struct usb_frame){.microframe = passed / 125000u, .at_ns = now, .into_ns = (uint32_t)(passed % 125000u),
                                .quality = USB_CLOCK_ESTIMATED};
    return 0;
}

static void remote_forget(struct usb_device *device)
{
    struct remote *remote = remote_of(device);
    if (remote == NULL)
        return;
    usbip_link_close(&remote->link);
    free(remote);
}

static const struct usb_host usbip_host = {
    .name = "usbip",
    .limits = {.depth = 16, .iso_lead = 8, .control_bytes = 65536, .bulk_bytes = 4 << 20, .interrupt_bytes = 65536, .iso_packets = 1024},
    .open = remote_open, .close = remote_close, .submit = remote_submit, .cancel = remote_cancel,
    .read_config = remote_read_config, .claim = remote_claim, .release = remote_release,
    .set_configuration = remote_set_configuration, .set_interface = remote_set_interface, .clear_halt = remote_clear_halt,
    .reset = remote_reset, .frame = remote_frame, .forget = remote_forget};

/* ---- Attaching ---------------------------------------------------------------------------------------------------------- */

/* "host", "host:port", "[v6]:port" -> a connected socket or -errno. */
static int server_connect(const char *server)
{
    char name[128], *port = NULL;
    if (snprintf(name, sizeof name, "%s", server) >= (int)sizeof name)
        return -ENAMETOOLONG;
    char *host = name, *colon = strrchr(name, ':');
    if (*host == '[') {
        char *end = strchr(++host, ']');
        if (end == NULL)
            return -EINVAL;
        *end = '\0';
        port = end[1] == ':' ? end + 2 : NULL;
    } else if (colon != NULL && strchr(name, ':') == colon) {
        *colon = '\0';
        port = colon + 1;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(host, port != NULL ? port : "3240", &hints, &found) != 0)
        return -EHOSTUNREACH;
    int fd = -ECONNREFUSED;
    for (struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        int made = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (made < 0)
            fd = -errno;
        else if (connect(made, at->ai_addr, at->ai_addrlen) == 0)
            fd = made;
        else {
            fd = -errno;
            close(made);
        }
    }
    freeaddrinfo(found);
    return fd;
}

static int op_send(struct usbip_link *link, uint16_t code, const char *busid)
{
    struct usbip_message *message = usbip_message_create(USBIP_OP_HEADER + (busid != NULL ? USBIP_BUSID : 0u));
    if (message == NULL)
        return -ENOMEM;
    memset(message->bytes, 0, message->size);
    usbip_op_encode(message->bytes, &(struct usbip_op_header){.version = USBIP_VERSION, .code = code});
    if (busid != NULL)
        memcpy(message->bytes + USBIP_OP_HEADER, busid, strnlen(busid, USBIP_BUSID - 1));
    return usbip_link_send(link, message);
}

static int op_read(struct usbip_link *link, uint16_t code)
{
    uint8_t bytes[USBIP_OP_HEADER];
    struct usbip_op_header header;
    int error = usbip_link_read(link, bytes, sizeof bytes, false);
    if (error == 0)
        error = usbip_op_decode(bytes, &header);
    if (error != 0)
        return error;
    if (header.code != code)
        return -EPROTO;
    return header.status == USBIP_OP_OK ? 0 : header.status == USBIP_OP_IN_USE ? -EBUSY : -ENODEV;
}

static int remote_import(struct remote *remote)
{
    uint8_t bytes[USBIP_DEVICE];
    int error = op_send(&remote->link, USBIP_OP_REQ_IMPORT, remote->busid);
    if (error == 0)
        error = op_read(&remote->link, USBIP_OP_REP_IMPORT);
    if (error == 0)
        error = usbip_link_read(&remote->link, bytes, sizeof bytes, false);
    if (error == 0)
        error = usbip_device_decode(bytes, &remote->described);
    remote->devid = remote->described.bus << 16 | (remote->described.address & 0xffff);
    return error;
}

/* A string descriptor's Latin part as UTF-8; "" where there is none. */
static void string_read(struct usb_device *device, uint8_t index, char *text, size_t size)
{
    enum { ENGLISH = 0x0409 };
    uint8_t bytes[255];
    text[0] = '\0';
    int length = index == 0 ? 0 : control(device, 0x80, GET_DESCRIPTOR, (uint16_t)(USB_DT_STRING << 8 | index), ENGLISH, bytes, sizeof bytes);
    if (length >= 2)
        usb_string_to_utf8(bytes, (size_t)length, text, size);
}

/* An imported device may be unconfigured: the client configures it. */
static int remote_identify(struct remote *remote)
{
    struct usb_device *device = remote->device;
    struct usb_identity *id = &device->id;
    int moved = control(device, 0x80, GET_DESCRIPTOR, USB_DT_DEVICE << 8, 0, device->device_bytes, sizeof device->device_bytes);
    if (moved < (int)sizeof device->device_bytes)
        return moved < 0 ? moved : -EPROTO;
    if (remote->described.configuration == 0) {
        uint8_t head[9];
        moved = control(device, 0x80, GET_DESCRIPTOR, USB_DT_CONFIGURATION << 8, 0, head, sizeof head);
        int error = moved < (int)sizeof head ? -EPROTO : remote_set_configuration(device, head[5]);
        if (error != 0)
            return error;
    }
    string_read(device, device->device_bytes[14], id->manufacturer, sizeof id->manufacturer);
    string_read(device, device->device_bytes[15], id->product, sizeof id->product);
    string_read(device, device->device_bytes[16], id->serial, sizeof id->serial);
    return 0;
}

static struct remote *remote_create(const char *server, const char *busid, bool reconnect, int fd)
{
    struct remote *remote = calloc(1, sizeof *remote);
    struct usb_device *device = remote == NULL ? NULL : usb_device_create(&usbip_host);
    if (device == NULL) {
        free(remote);
        close(fd);
        return NULL;
    }
    usbip_link_init(&remote->link, fd);
    for (int i = 0; i < BUCKETS; i++)
        list_init(&remote->pending[i]);
    remote->device = device;
    remote->epoch_ns = clock_now_ns();
    remote->reconnect = reconnect;
    snprintf(remote->server, sizeof remote->server, "%s", server);
    snprintf(remote->busid, sizeof remote->busid, "%s", busid);
    device->host_data = remote;
    return remote;
}

static int remote_connect(const char *server, const char *busid, bool reconnect)
{
    int fd = server_connect(server);
    if (fd < 0)
        return fd;
    struct remote *remote = remote_create(server, busid, reconnect, fd);
    if (remote == NULL)
        return -ENOMEM;
    struct usb_device *device = remote->device;
    int error = remote_import(remote);
    if (error == 0) {
        device->id.speed = remote->described.speed;
        device->id.bus = (uint16_t)remote->described.bus;
        device->id.address = (uint16_t)remote->described.address;
        snprintf(device->id.path, sizeof device->id.path, "usbip-%.30s-%.30s", server, busid);
        snprintf(device->id.location, sizeof device->id.location, "%.63s", busid);
        usb_device_reference(device); /* the reader's */
        error = engine_thread_start("ovl-usbip-in", read_all, remote);
        if (error != 0)
            usb_device_dereference(device);
        else
            error = remote_identify(remote);
        if (error == 0)
            error = usb_device_arrive(device);
        if (error != 0) {
            remote->reconnect = false;
            usbip_link_break(&remote->link);
        }
    }
    usb_device_dereference(device);
    return error;
}

/* Bus ids of all devices of the server; -errno or how many. The caller frees *ids. */
static int server_list(const char *server, char (**ids)[USBIP_BUSID])
{
    enum { DEVICES_MAX = 256 };
    int fd = server_connect(server);
    if (fd < 0)
        return fd;
    struct usbip_link link;
    usbip_link_init(&link, fd);
    uint8_t count_bytes[4] = {0}, bytes[USBIP_DEVICE];
    int error = op_send(&link, USBIP_OP_REQ_DEVLIST, NULL);
    if (error == 0)
        error = op_read(&link, USBIP_OP_REP_DEVLIST);
    if (error == 0)
        error = usbip_link_read(&link, count_bytes, sizeof count_bytes, false);
    uint32_t count = (uint32_t)(count_bytes[0] << 24 | count_bytes[1] << 16 | count_bytes[2] << 8 | count_bytes[3]);
    if (error == 0 && count > DEVICES_MAX)
        error = -EPROTO;
    *ids = error == 0 ? calloc(count + 1u, USBIP_BUSID) : NULL;
    if (error == 0 && *ids == NULL)
        error = -ENOMEM;
    for (uint32_t i = 0; error == 0 && i < count; i++) {
        struct usbip_device device;
        error = usbip_link_read(&link, bytes, sizeof bytes, false);
        if (error == 0) {
            usbip_device_decode(bytes, &device); /* a speed that we do not know is the import's to refuse */
            memcpy((*ids)[i], device.busid, USBIP_BUSID);
            error = usbip_link_skip(&link, (uint64_t)device.interface_count * USBIP_INTERFACE);
        }
    }
    usbip_link_close(&link);
    if (error != 0) {
        free(*ids);
        *ids = NULL;
    }
    return error != 0 ? error : (int)count;
}

int usbip_attach(const char *server, const char *options)
{
    char busid[USBIP_BUSID] = "";
    const char *named = strstr(options, "busid=");
    if (named != NULL)
        snprintf(busid, sizeof busid, "%.*s", (int)strcspn(named + 6, ","), named + 6);
    bool reconnect = strstr(options, "reconnect") != NULL;
    if (busid[0] != '\0')
        return remote_connect(server, busid, reconnect);
    char(*ids)[USBIP_BUSID];
    int count = server_list(server, &ids);
    int error = count < 0 ? count : count == 0 ? -ENODEV : 0;
    for (int i = 0; i < count; i++) {
        int each = remote_connect(server, ids[i], reconnect);
        if (each != 0 && error == 0)
            error = each;
    }
    if (count >= 0)
        free(ids);
    return error;
}
