/* SPDX-License-Identifier: MIT */
/* The server's side: a thread accepts, a thread a client reads. A CMD_SUBMIT becomes a URB in one allocation with its data; its end
 * sends the answer from whatever thread it comes on, which never waits for the client (usbip_link.c queues). Requests that change
 * settings are done on the client's thread, in their place in the stream. */
#include "usb/usbip_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
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

enum { URB_BYTES_MAX = 16 << 20, CLIENT_BYTES_MAX = 128 << 20, CLIENT_URBS_MAX = 4096, WIRE_ECONNRESET = 104 };

struct usbip_server {
    int listener;
    _Atomic uint32_t threads; /* the acceptor and the clients; stop waits for 0 */
    struct lock lock;         /* guards clients and stopping */
    struct list clients;
    bool stopping;
};

struct client {
    struct list link;
    struct usbip_server *server;
    struct usbip_link wire;
    struct usb_device *device; /* imported: open, all interfaces claimed */
    struct lock lock;          /* guards urbs */
    struct list urbs;          /* struct export_urb.link */
    _Atomic uint64_t bytes;
    _Atomic uint32_t outstanding; /* the client's end waits for 0 */
};

/* A transfer for a client. */
struct export_urb {
    struct list link;
    struct urb urb;
    struct client *client;
    _Atomic uint32_t references; /* the transfer's, and an unlink's that is under way */
    uint32_t sequence;
    uint32_t unlink;             /* sequence of the CMD_UNLINK, 0: none; under the client's lock */
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

static void answer(struct client *client, const struct usbip_pdu *pdu)
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

static void answer_status(struct client *client, uint32_t command, uint32_t sequence, int32_t status)
{
    answer(client, &(struct usbip_pdu){.command = command, .sequence = sequence, .status = status});
}

static void answer_urb(struct client *client, const struct export_urb *export)
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
        .status = status_to_wire(urb->status == -EXDEV && packets != 0 ? 0 : urb->status), .start_frame = urb->start_frame,
        .packet_count = packets, .error_count = urb->error_count};
    usbip_pdu_encode(message->bytes, &pdu);
    if (packets != 0 && in)
        usbip_pack(message->bytes + USBIP_HEADER, urb->buffer, urb->packets, packets);
    else if (data != 0)
        memcpy(message->bytes + USBIP_HEADER, urb->buffer, data);
    usbip_packets_encode(message->bytes + USBIP_HEADER + data, urb->packets, packets);
    if (usbip_link_send(&client->wire, message) != 0)
        usbip_link_break(&client->wire);
}

static void export_release(struct export_urb *export)
{
    if (atomic_fetch_sub(&export->references, 1) == 1)
        free(export);
}

static void export_done(struct urb *urb)
{
    struct export_urb *export = container_of(urb, struct export_urb, urb);
    struct client *client = export->client;
    lock_acquire(&client->lock);
    list_remove(&export->link);
    uint32_t unlink = export->unlink;
    lock_release(&client->lock);
    /* Taken back in time: no RET_SUBMIT at all. Else the answer comes, and the unlink was too late. */
    bool taken = unlink != 0 && urb->status == -ECANCELED;
    if (!taken)
        answer_urb(client, export);
    if (unlink != 0)
        answer_status(client, USBIP_RET_UNLINK, unlink, taken ? -WIRE_ECONNRESET : 0);
    atomic_fetch_sub(&client->bytes, export->size);
    export_release(export);
    if (atomic_fetch_sub(&client->outstanding, 1) == 1)
        futex_wake(&client->outstanding, INT_MAX);
}

/* ---- Requests -------------------------------------------------------------------------------------------------------- */

/* Settings are the core's to change: 1 and *status, or 0 where the request goes to the device as it is. */
static bool setting_request(struct client *client, const struct usb_setup *setup, int *status)
{
    struct usb_device *device = client->device;
    switch (setup->type << 8 | setup->request) {
    case 0x0009: *status = usb_device_set_configuration(device, (uint8_t)setup->value); return true;
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

static struct export_urb *export_create(struct client *client, const struct usbip_pdu *pdu)
{
    uint32_t packets = usbip_packet_count(pdu);
    size_t size = sizeof(struct export_urb) + packets * sizeof(struct urb_packet) + pdu->length;
    if (atomic_load(&client->bytes) + size > CLIENT_BYTES_MAX || atomic_load(&client->outstanding) >= CLIENT_URBS_MAX)
        return NULL;
    struct export_urb *export = calloc(1, size);
    if (export == NULL)
        return NULL;
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
        export->urb.flags |= pdu->flags & USBIP_ISO_ASAP ? URB_ISO_ASAP : URB_ISO_ASAP | URB_ISO_TRACK;
    return export;
}

/* Reads what follows the header: OUT data, packet descriptors. */
static int export_read(struct client *client, const struct usbip_pdu *pdu, struct export_urb *export)
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
    struct client *client = export->client;
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

static int take_submit(struct client *client, const struct usbip_pdu *pdu)
{
    struct export_urb *export = export_create(client, pdu);
    if (export == NULL)
        return -ENOMEM;
    int error = export_read(client, pdu, export);
    if (error != 0) {
        atomic_fetch_sub(&client->bytes, export->size);
        free(export);
        return error;
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

static void take_unlink(struct client *client, const struct usbip_pdu *pdu)
{
    struct export_urb *found = NULL;
    lock_acquire(&client->lock);
    list_for_each (node, &client->urbs) {
        struct export_urb *each = container_of(node, struct export_urb, link);
        if (each->sequence == pdu->unlink && each->unlink == 0) {
            found = each;
            found->unlink = pdu->sequence;
            atomic_fetch_add(&found->references, 1);
            break;
        }
    }
    lock_release(&client->lock);
    if (found == NULL) {
        answer_status(client, USBIP_RET_UNLINK, pdu->sequence, 0);
        return;
    }
    urb_cancel(&found->urb);
    export_release(found);
}

static int take_one(struct client *client)
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

/* ---- Lists and imports -------------------------------------------------------------------------------------------------- */

static bool is_exported(const struct usb_device *device)
{
    return strcmp(device->host->name, "usbip") != 0 && !atomic_load(&device->gone);
}

static void device_describe(struct usb_device *device, struct usbip_device *out)
{
    const struct usb_device_descriptor *d = &device->id.descriptor;
    *out = (struct usbip_device){.bus = device->id.bus, .address = device->id.address, .speed = device->id.speed,
        .vendor = d->vendor, .product = d->product, .device_version = d->device_version, .class = d->class,
        .subclass = d->subclass, .protocol = d->protocol, .configuration_count = d->configuration_count};
    snprintf(out->busid, sizeof out->busid, "%.31s", device->id.path);
    snprintf(out->path, sizeof out->path, "/overlapped/%s", device->id.path);
    lock_acquire(&device->lock);
    if (device->config != NULL) {
        out->configuration = device->config->value;
        out->interface_count = device->config->interface_count;
    }
    lock_release(&device->lock);
}

static int send_bytes(struct client *client, const void *bytes, size_t size)
{
    struct usbip_message *message = usbip_message_create(size);
    if (message == NULL)
        return -ENOMEM;
    memcpy(message->bytes, bytes, size);
    return usbip_link_send(&client->wire, message);
}

/* One device and, in a list, its first settings' classes. */
static int send_device(struct client *client, struct usb_device *device, bool interfaces)
{
    uint8_t bytes[USBIP_DEVICE + USB_INTERFACES_MAX * USBIP_INTERFACE] = {0};
    struct usbip_device described;
    bool opened = usb_device_open(device) == 0; /* an open device knows its configuration */
    device_describe(device, &described);
    size_t size = USBIP_DEVICE;
    if (interfaces && opened) {
        uint8_t written = 0;
        for (uint32_t i = 0; i < device->config->alternate_count && written < described.interface_count; i++) {
            const struct usb_alternate *alternate = &device->config->alternates[i];
            if (alternate->setting != 0)
                continue;
            const uint8_t row[USBIP_INTERFACE] = {alternate->class, alternate->subclass, alternate->protocol, 0};
            memcpy(bytes + size, row, sizeof row);
            size += sizeof row;
            written++;
        }
        described.interface_count = written;
    } else if (interfaces) {
        described.interface_count = 0;
    }
    if (opened)
        usb_device_close(device);
    usbip_device_encode(bytes, &described);
    return send_bytes(client, bytes, size);
}

static int send_op(struct client *client, uint16_t code, uint32_t status)
{
    uint8_t bytes[USBIP_OP_HEADER];
    usbip_op_encode(bytes, &(struct usbip_op_header){.version = USBIP_VERSION, .code = code, .status = status});
    return send_bytes(client, bytes, sizeof bytes);
}

static int send_list(struct client *client)
{
    uint32_t count, exported = 0;
    struct usb_device **list = usb_list(&count);
    for (uint32_t i = 0; list != NULL && i < count; i++)
        exported += is_exported(list[i]);
    uint8_t number[4] = {0, 0, (uint8_t)(exported >> 8), (uint8_t)exported};
    int error = send_op(client, USBIP_OP_REP_DEVLIST, USBIP_OP_OK);
    if (error == 0)
        error = send_bytes(client, number, sizeof number);
    for (uint32_t i = 0; error == 0 && list != NULL && i < count; i++)
        if (is_exported(list[i]) && exported-- != 0)
            error = send_device(client, list[i], true);
    usb_list_free(list, count);
    return error;
}

/* All interfaces or none: who imports has the device alone. */
static int claim_all(struct usb_device *device)
{
    for (uint8_t i = 0; i < device->config->interface_count; i++) {
        int error = usb_device_claim(device, i);
        if (error == 0)
            continue;
        while (i-- != 0)
            usb_device_release(device, i);
        return error;
    }
    return 0;
}

static struct usb_device *device_by_busid(const char *busid)
{
    uint32_t count;
    struct usb_device *found = NULL, **list = usb_list(&count);
    for (uint32_t i = 0; list != NULL && i < count && found == NULL; i++) {
        if (is_exported(list[i]) && strncmp(list[i]->id.path, busid, USBIP_BUSID - 1) == 0) {
            found = list[i];
            usb_device_reference(found);
        }
    }
    usb_list_free(list, count);
    return found;
}

static int take_import(struct client *client)
{
    char busid[USBIP_BUSID + 1] = "";
    int error = usbip_link_read(&client->wire, busid, USBIP_BUSID, false);
    if (error != 0)
        return error;
    struct usb_device *device = device_by_busid(busid);
    uint32_t status = device == NULL ? USBIP_OP_NO_DEVICE : USBIP_OP_OK;
    if (device != NULL && usb_device_open(device) != 0) {
        usb_device_dereference(device);
        status = USBIP_OP_ERROR;
    } else if (device != NULL) {
        error = claim_all(device);
        if (error != 0) {
            usb_device_close(device);
            usb_device_dereference(device);
            status = error == -EBUSY ? USBIP_OP_IN_USE : USBIP_OP_ERROR;
        } else {
            client->device = device;
        }
    }
    error = send_op(client, USBIP_OP_REP_IMPORT, status);
    if (error != 0 || status != USBIP_OP_OK)
        return error != 0 ? error : -ENODEV;
    return send_device(client, device, false);
}

/* ---- Clients --------------------------------------------------------------------------------------------------------------- */

static void thread_leave(struct usbip_server *server)
{
    if (atomic_fetch_sub(&server->threads, 1) == 1)
        futex_wake(&server->threads, INT_MAX);
}

static void client_end(struct client *client)
{
    struct usbip_server *server = client->server;
    struct usb_device *device = client->device;
    usbip_link_break(&client->wire);
    if (device != NULL) {
        for (unsigned i = 0; i < 32; i++) {
            struct usb_pipe *pipe = usb_device_pipe(device, (uint8_t)((i & 15) | (i & 16 ? USB_ENDPOINT_IN : 0)));
            if (pipe != NULL)
                usb_pipe_abort(pipe, false);
        }
        for (uint32_t left; (left = atomic_load(&client->outstanding)) != 0;)
            futex_wait(&client->outstanding, left, FUTEX_NO_DEADLINE);
        usb_device_reset(device);
        for (uint8_t i = 0; i < USB_INTERFACES_MAX; i++)
            usb_device_release(device, i);
        usb_device_close(device);
        usb_device_dereference(device);
    }
    lock_acquire(&server->lock);
    list_remove(&client->link);
    lock_release(&server->lock);
    usbip_link_close(&client->wire);
    free(client);
    thread_leave(server);
}

static void *client_run(void *context)
{
    struct client *client = context;
    uint8_t bytes[USBIP_OP_HEADER];
    struct usbip_op_header header;
    int error = usbip_link_read(&client->wire, bytes, sizeof bytes, false);
    if (error == 0)
        error = usbip_op_decode(bytes, &header);
    if (error == 0 && header.code == USBIP_OP_REQ_DEVLIST) {
        send_list(client);
        shutdown(client->wire.fd, SHUT_WR);
        error = -ECONNRESET;
    } else if (error == 0) {
        error = header.code == USBIP_OP_REQ_IMPORT ? take_import(client) : -EPROTO;
    }
    while (error == 0)
        error = take_one(client);
    client_end(client);
    return NULL;
}

static void client_start(struct usbip_server *server, int fd)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        close(fd);
        return;
    }
    client->server = server;
    list_init(&client->link);
    list_init(&client->urbs);
    usbip_link_init(&client->wire, fd);
    atomic_fetch_add(&server->threads, 1);
    lock_acquire(&server->lock);
    bool stopping = server->stopping;
    if (!stopping)
        list_push_back(&server->clients, &client->link);
    lock_release(&server->lock);
    if (stopping || engine_thread_start("ovl-usbip-cli", client_run, client) != 0)
        client_end(client);
}

static void *accept_all(void *context)
{
    struct usbip_server *server = context;
    for (;;) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            client_start(server, fd);
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        lock_acquire(&server->lock);
        bool stopping = server->stopping;
        lock_release(&server->lock);
        if (stopping || (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS))
            break;
        trace_note(TRACE_USB, "usbip: a client was not accepted: %s", strerror(errno));
        static _Atomic uint32_t never;
        futex_wait(&never, 0, clock_deadline_ns(100000000)); /* until descriptors are free again: nothing tells when */
    }
    thread_leave(server);
    return NULL;
}

static int listen_on(const char *address, uint16_t port, uint16_t *bound)
{
    char text[8];
    snprintf(text, sizeof text, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST}, *found;
    if (getaddrinfo(address, text, &hints, &found) != 0)
        return -EADDRNOTAVAIL;
    int on = 1, error = 0;
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 16) != 0)
        error = -errno;
    freeaddrinfo(found);
    struct sockaddr_storage at;
    socklen_t length = sizeof at;
    if (error == 0 && getsockname(fd, (struct sockaddr *)&at, &length) != 0)
        error = -errno;
    if (error != 0) {
        if (fd >= 0)
            close(fd);
        return error;
    }
    /* sin_port and sin6_port stand at the same place. */
    *bound = ntohs(((struct sockaddr_in *)(void *)&at)->sin_port);
    return fd;
}

int usbip_serve(const char *address, uint16_t port, struct usbip_server **made, uint16_t *bound)
{
    if (address == NULL)
        address = "127.0.0.1";
    int fd = listen_on(address, port, bound);
    if (fd < 0)
        return fd;
    usb_hosts_start();
    if (strncmp(address, "127.", 4) != 0 && strcmp(address, "::1") != 0)
        fprintf(stderr, "overlapped: WARNING: USB/IP on %s port %u has no encryption and no passwords: whoever reaches this port can use "
                        "the exported devices\n", address, *bound);
    struct usbip_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        close(fd);
        return -ENOMEM;
    }
    server->listener = fd;
    list_init(&server->clients);
    atomic_init(&server->threads, 1);
    int error = engine_thread_start("ovl-usbip-srv", accept_all, server);
    if (error != 0) {
        close(fd);
        free(server);
        return error;
    }
    *made = server;
    return 0;
}

void usbip_server_stop(struct usbip_server *server)
{
    lock_acquire(&server->lock);
    server->stopping = true;
    list_for_each (node, &server->clients)
        shutdown(container_of(node, struct client, link)->wire.fd, SHUT_RDWR);
    lock_release(&server->lock);
    shutdown(server->listener, SHUT_RDWR);
    for (uint32_t left; (left = atomic_load(&server->threads)) != 0;)
        futex_wait(&server->threads, left, FUTEX_NO_DEADLINE);
    close(server->listener);
    free(server);
}
