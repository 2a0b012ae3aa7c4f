/* SPDX-License-Identifier: MIT */
/* Attaching the devices of a USB/IP server: the connection, the import, what the device is; its reader's thread, and coming back after the
 * connection has ended. */
#include "usb/usbip_remote.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/futex.h"
#include "base/trace.h"
#include "usb/hosts.h"

enum { GET_DESCRIPTOR = 6, BACKOFF_MAX_S = 32, CONNECT_S = 10 };

/* ---- The life of a connection ----------------------------------------------------------------------------------------- */

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
    struct usbip_remote *remote = context;
    int error;
    while ((error = usbip_remote_read(remote)) == 0)
        ;
    trace_note(TRACE_USB, "usbip %s: the connection ended: %s", remote->busid, strerror(-error));
    usbip_link_break(&remote->link);
    bool reconnect = remote->reconnect;
    char server[sizeof remote->server], busid[sizeof remote->busid];
    memcpy(server, remote->server, sizeof server);
    memcpy(busid, remote->busid, sizeof busid);
    usbip_remote_end(remote);
    usb_device_dereference(remote->device); /* the reader's; forget() frees the rest */
    if (reconnect)
        remote_return(server, busid);
    return NULL;
}

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
        struct timeval patience = {.tv_sec = CONNECT_S}, none = {0};
        if (made >= 0)
            setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* else a host that says nothing costs minutes */
        if (made < 0)
            fd = -errno;
        else if (connect(made, at->ai_addr, at->ai_addrlen) == 0) {
            setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
            fd = made;
        } else {
            fd = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
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

static int remote_import(struct usbip_remote *remote)
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
    int length = index == 0 ? 0 : usbip_remote_control(device, 0x80, GET_DESCRIPTOR, (uint16_t)(USB_DT_STRING << 8 | index), ENGLISH, bytes, sizeof bytes);
    if (length >= 2)
        usb_string_to_utf8(bytes, (size_t)length, text, size);
}

/* An imported device may be unconfigured: the client configures it. */
static int remote_identify(struct usbip_remote *remote)
{
    struct usb_device *device = remote->device;
    struct usb_identity *id = &device->id;
    int moved = usbip_remote_control(device, 0x80, GET_DESCRIPTOR, USB_DT_DEVICE << 8, 0, device->device_bytes, sizeof device->device_bytes);
    if (moved < (int)sizeof device->device_bytes)
        return moved < 0 ? moved : -EPROTO;
    if (remote->described.configuration == 0) {
        uint8_t head[9];
        moved = usbip_remote_control(device, 0x80, GET_DESCRIPTOR, USB_DT_CONFIGURATION << 8, 0, head, sizeof head);
        int error = moved < (int)sizeof head ? -EPROTO : usbip_remote_configure(device, head[5]);
        if (error != 0)
            return error;
    }
    string_read(device, device->device_bytes[14], id->manufacturer, sizeof id->manufacturer);
    string_read(device, device->device_bytes[15], id->product, sizeof id->product);
    string_read(device, device->device_bytes[16], id->serial, sizeof id->serial);
    return 0;
}

static struct usbip_remote *remote_create(const char *server, const char *busid, bool reconnect, int fd)
{
    struct usbip_remote *remote = calloc(1, sizeof *remote);
    struct usb_device *device = remote == NULL ? NULL : usb_device_create(&usbip_host);
    if (device == NULL) {
        free(remote);
        close(fd);
        return NULL;
    }
    usbip_link_init(&remote->link, fd);
    for (int i = 0; i < USBIP_BUCKETS; i++)
        list_init(&remote->pending[i]);
    remote->device = device;
    usb_clock_init(&remote->clock, USB_CLOCK_ESTIMATED); /* seeded when the server has told a number */
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
    struct usbip_remote *remote = remote_create(server, busid, reconnect, fd);
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
