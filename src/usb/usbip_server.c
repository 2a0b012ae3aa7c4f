/* SPDX-License-Identifier: MIT */
/* The server's side of USB/IP: a thread accepts, a thread a client reads; lists of devices and imports are answered here. */
#include "usb/usbip_export.h"

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
#include "usb/hosts.h"

struct usbip_server {
    int listener;
    _Atomic uint32_t threads; /* the acceptor and the clients; stop waits for 0 */
    struct lock lock;         /* guards clients and stopping */
    struct list clients;
    bool stopping;
};

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
    const struct usb_config *config = usbip_export_config(device);
    if (config != NULL) {
        out->configuration = config->value;
        out->interface_count = config->interface_count;
    }
}

static int send_bytes(struct usbip_client *client, const void *bytes, size_t size)
{
    struct usbip_message *message = usbip_message_create(size);
    if (message == NULL)
        return -ENOMEM;
    memcpy(message->bytes, bytes, size);
    return usbip_link_send(&client->wire, message);
}

/* One device and, in a list, its first settings' classes. */
static int send_device(struct usbip_client *client, struct usb_device *device, bool interfaces)
{
    uint8_t bytes[USBIP_DEVICE + USB_INTERFACES_MAX * USBIP_INTERFACE] = {0};
    struct usbip_device described;
    bool opened = usb_device_open(device) == 0; /* an open device knows its configuration */
    device_describe(device, &described);
    size_t size = USBIP_DEVICE;
    const struct usb_config *config = opened ? usbip_export_config(device) : NULL;
    if (interfaces && config != NULL) {
        uint8_t written = 0;
        for (uint32_t i = 0; i < config->alternate_count && written < described.interface_count; i++) {
            const struct usb_alternate *alternate = &config->alternates[i];
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

static int send_op(struct usbip_client *client, uint16_t code, uint32_t status)
{
    uint8_t bytes[USBIP_OP_HEADER];
    usbip_op_encode(bytes, &(struct usbip_op_header){.version = USBIP_VERSION, .code = code, .status = status});
    return send_bytes(client, bytes, sizeof bytes);
}

static int send_list(struct usbip_client *client)
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

static int take_import(struct usbip_client *client)
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
        const struct usb_config *config = usbip_export_config(device);
        error = usbip_export_claim(device, config);
        if (error != 0) {
            usb_device_close(device);
            usb_device_dereference(device);
            status = error == -EBUSY ? USBIP_OP_IN_USE : USBIP_OP_ERROR;
        } else {
            client->device = device;
            client->configuration = config->value;
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

static void client_end(struct usbip_client *client)
{
    struct usbip_server *server = client->server;
    struct usb_device *device = client->device;
    usbip_link_break(&client->wire);
    if (device != NULL) {
        usbip_export_end(client);
        usb_device_reset(device);
        const struct usb_config *config = usbip_export_config(device);
        bool changed = config == NULL || config->value != client->configuration;
        int error = changed ? usb_device_set_configuration(device, client->configuration) : 0; /* what it was for those before */
        usbip_export_unclaim(device);
        if (error == -EBUSY) /* a kernel below does it only now */
            (void)usb_device_set_configuration(device, client->configuration);
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
    struct usbip_client *client = context;
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
        error = usbip_export_take(client);
    client_end(client);
    return NULL;
}

static void client_start(struct usbip_server *server, int fd)
{
    struct usbip_client *client = calloc(1, sizeof *client);
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
        shutdown(container_of(node, struct usbip_client, link)->wire.fd, SHUT_RDWR);
    lock_release(&server->lock);
    shutdown(server->listener, SHUT_RDWR);
    for (uint32_t left; (left = atomic_load(&server->threads)) != 0;)
        futex_wait(&server->threads, left, FUTEX_NO_DEADLINE);
    close(server->listener);
    free(server);
}
