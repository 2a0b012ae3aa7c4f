/* SPDX-License-Identifier: MIT */
/* Selecting a configuration and the settings of interfaces, and what a client gets for it: the rows of pipes with their handles. A whole
 * device is configured on the bus. A function of a composite device is not: as with Windows' generic parent its configuration is the
 * device's, cut to its interfaces, and selecting it changes no more than their settings. */
#include <errno.h>
#include <string.h>

#include "base/trace.h"
#include "usb/host.h"
#include "wdm/usbd.h"

enum { PIPES_AT = offsetof(USBD_INTERFACE_INFORMATION, Pipes), INTERFACE_MARK = 0x5049, CONFIG_MARK = 0x5043 };

static bool is_function(const struct usb_pdo *pdo)
{
    return pdo->node->parent != NULL;
}

static bool interface_is_ours(const struct usb_pdo *pdo, uint32_t interface)
{
    return interface < USB_INTERFACES_MAX &&
           (!is_function(pdo) || (interface >= pdo->node->first_interface &&
                                  interface - pdo->node->first_interface < pdo->node->interface_count));
}

static USBD_CONFIGURATION_HANDLE config_handle(const struct usb_pdo *pdo)
{
    return (USBD_CONFIGURATION_HANDLE)(uintptr_t)((uint64_t)CONFIG_MARK << 48 | (uint64_t)pdo->config_generation << 16);
}

static USBD_INTERFACE_HANDLE interface_handle(const struct usb_pdo *pdo, uint8_t interface)
{
    return (USBD_INTERFACE_HANDLE)(uintptr_t)((uint64_t)INTERFACE_MARK << 48 | (uint64_t)pdo->config_generation << 16 | (interface + 1u));
}

/* ---- The list of interfaces in a URB ---------------------------------------------------------------------------------------- */

static USBD_INTERFACE_INFORMATION *interface_next(USBD_INTERFACE_INFORMATION *information)
{
    return (USBD_INTERFACE_INFORMATION *)(void *)((uint8_t *)information + information->Length);
}

static bool interface_fits(const URB *urb, const USBD_INTERFACE_INFORMATION *information)
{
    size_t at = (size_t)((const uint8_t *)information - (const uint8_t *)urb);
    return at + PIPES_AT <= urb->UrbHeader.Length && information->Length >= PIPES_AT && at + information->Length <= urb->UrbHeader.Length;
}

/* The packet of one service interval. */
static uint32_t packet_of(const struct usb_device *device, const struct usb_endpoint *endpoint)
{
    bool interval = endpoint->type == USB_ISOCH || (endpoint->type == USB_INTERRUPT && device->id.speed <= USB_SPEED_HIGH);
    return interval ? endpoint->interval_bytes : endpoint->packet;
}

/* What a client may ask of a pipe: a smaller packet, by USBD_PF_CHANGE_MAX_PACKET. */
static USBD_STATUS pipe_check(const struct usb_pdo *pdo, const struct usb_endpoint *endpoint, const USBD_PIPE_INFORMATION *information)
{
    if (information->PipeFlags & ~(ULONG)USBD_PF_VALID_MASK)
        return USBD_STATUS_INAVLID_PIPE_FLAGS;
    bool larger = information->MaximumPacketSize > packet_of(pdo->device, endpoint);
    return (information->PipeFlags & USBD_PF_CHANGE_MAX_PACKET) && larger ? USBD_STATUS_INVALID_PARAMETER : USBD_STATUS_SUCCESS;
}

/* The setting that is asked for, if there is room for its pipes and what is asked of them may be. */
static USBD_STATUS setting_find(const struct usb_pdo *pdo, const USBD_INTERFACE_INFORMATION *information, const struct usb_config *config,
                                const struct usb_alternate **alternate)
{
    *alternate = interface_is_ours(pdo, information->InterfaceNumber)
                     ? usb_config_alternate(config, information->InterfaceNumber, information->AlternateSetting)
                     : NULL;
    if (*alternate == NULL)
        return USBD_STATUS_INTERFACE_NOT_FOUND;
    if (information->Length < PIPES_AT + (*alternate)->endpoint_count * sizeof information->Pipes[0])
        return USBD_STATUS_BUFFER_TOO_SMALL;
    USBD_STATUS usbd = USBD_STATUS_SUCCESS;
    for (uint32_t i = 0; i < (*alternate)->endpoint_count && usbd == USBD_STATUS_SUCCESS; i++)
        usbd = pipe_check(pdo, &(*alternate)->endpoints[i], &information->Pipes[i]);
    return usbd;
}

/* ---- What the client gets ----------------------------------------------------------------------------------------------------- */

/* USBD_PF_CHANGE_MAX_PACKET lowers what the client is told; the rest of a pipe's information is ours. */
static USBD_STATUS pipe_fill(struct usb_pdo *pdo, const struct usb_alternate *alternate, const struct usb_endpoint *endpoint,
                             USBD_PIPE_INFORMATION *information)
{
    uint32_t packet = packet_of(pdo->device, endpoint);
    struct usbd_pipe row = {.interface = alternate->interface, .address = endpoint->address,
                            .pipe = usb_device_pipe(pdo->device, endpoint->address)};
    if (row.pipe == NULL || row.pipe->interface != alternate->interface)
        return USBD_STATUS_INAVLID_CONFIGURATION_DESCRIPTOR; /* two interfaces have the address */
    if (information->PipeFlags & USBD_PF_CHANGE_MAX_PACKET)
        packet = information->MaximumPacketSize;
    row.packet = packet;
    lock_acquire(&row.pipe->lock);
    row.pipe->hold_on_error = true; /* what is queued goes on after the reset */
    lock_release(&row.pipe->lock);
    information->MaximumPacketSize = (USHORT)packet;
    information->EndpointAddress = endpoint->address;
    information->Interval = endpoint->interval;
    information->PipeType = (USBD_PIPE_TYPE)endpoint->type;
    information->MaximumTransferSize = usbd_transfer_maximum(pdo->device, endpoint);
    information->PipeHandle = usbd_pipe_add(pdo, &row);
    return information->PipeHandle == NULL ? USBD_STATUS_INSUFFICIENT_RESOURCES : USBD_STATUS_SUCCESS;
}

static USBD_STATUS interface_fill(struct usb_pdo *pdo, const struct usb_alternate *alternate, USBD_INTERFACE_INFORMATION *information)
{
    information->Class = alternate->class;
    information->SubClass = alternate->subclass;
    information->Protocol = alternate->protocol;
    information->InterfaceHandle = interface_handle(pdo, alternate->interface);
    information->NumberOfPipes = alternate->endpoint_count;
    USBD_STATUS usbd = USBD_STATUS_SUCCESS;
    for (uint32_t i = 0; i < alternate->endpoint_count && usbd == USBD_STATUS_SUCCESS; i++)
        usbd = pipe_fill(pdo, alternate, &alternate->endpoints[i], &information->Pipes[i]);
    return usbd;
}

/* ---- Claims ------------------------------------------------------------------------------------------------------------------------ */

static USBD_STATUS interface_claim(struct usb_pdo *pdo, uint8_t interface)
{
    uint32_t bit = 1u << interface;
    if (pdo->claims & bit)
        return USBD_STATUS_SUCCESS;
    int error = usb_device_claim(pdo->device, interface);
    if (error == 0)
        pdo->claims |= bit;
    return usbd_status_from_errno(error);
}

/* A driver has its whole device, or all interfaces of its function, not only those that it selects. */
static USBD_STATUS claim_all(struct usb_pdo *pdo, const struct usb_config *config)
{
    USBD_STATUS usbd = USBD_STATUS_SUCCESS;
    for (uint32_t i = 0; i < config->alternate_count && usbd == USBD_STATUS_SUCCESS; i++)
        if (config->alternates[i].setting == 0 && interface_is_ours(pdo, config->alternates[i].interface))
            usbd = interface_claim(pdo, config->alternates[i].interface);
    return usbd;
}

static void forget_handles(struct usb_pdo *pdo)
{
    usbd_pipes_remove(pdo, -1);
    pdo->config_generation = 0;
}

/* As whoever has the device next expects them. */
static void pipes_leave(struct usb_pdo *pdo)
{
    for (uint32_t i = 0; i < pdo->pipe_room; i++) {
        struct usb_pipe *pipe = pdo->pipes[i].generation != 0 ? pdo->pipes[i].pipe : NULL;
        if (pipe == NULL)
            continue;
        lock_acquire(&pipe->lock);
        pipe->hold_on_error = false;
        bool streams = pipe->streams != 0;
        lock_release(&pipe->lock);
        if (streams)
            (void)usb_pipe_close_streams(pipe); /* a device that is gone has closed them itself */
    }
}

void usbd_config_drop(struct usb_pdo *pdo)
{
    pipes_leave(pdo);
    forget_handles(pdo);
    for (uint8_t i = 0; i < USB_INTERFACES_MAX; i++)
        if (pdo->claims & 1u << i)
            usb_device_release(pdo->device, i);
    pdo->claims = 0;
}

/* ---- Configurations ------------------------------------------------------------------------------------------------------------------ */

static USBD_STATUS unconfigure(struct usb_pdo *pdo)
{
    int error = is_function(pdo) ? 0 : usb_device_set_configuration(pdo->device, 0);
    if (error == -EBUSY)
        return USBD_STATUS_ERROR_BUSY;
    usbd_config_drop(pdo);
    return usbd_status_from_errno(error);
}

/* All old handles are stale afterwards, even where the bus has nothing to do. A host whose kernel lets nobody set the configuration
 * (a driver of its own has an interface) keeps the active one, if it is the one asked for. */
static USBD_STATUS configure(struct usb_pdo *pdo, uint8_t value)
{
    struct usb_device *device = pdo->device;
    bool active = device->config != NULL && device->config->value == value;
    if (is_function(pdo))
        return active ? USBD_STATUS_SUCCESS : USBD_STATUS_SET_CONFIG_FAILED;
    bool busy = false;
    for (unsigned i = 1; i < 32; i++)
        busy |= device->pipes[i] != NULL && !usb_pipe_is_idle(device->pipes[i]);
    if (busy)
        return USBD_STATUS_ERROR_BUSY;
    int error = usb_device_set_configuration(device, value);
    if (error == -EBUSY && active)
        return USBD_STATUS_SUCCESS;
    if (error == -EINVAL)
        return USBD_STATUS_INAVLID_CONFIGURATION_DESCRIPTOR;
    return error == -EPIPE ? USBD_STATUS_SET_CONFIG_FAILED : usbd_status_from_errno(error);
}

/* A setting is set when it is another one, or when the interface was used before: that resets its pipes and closes their streams. */
static USBD_STATUS setting_apply(struct usb_pdo *pdo, const struct usb_alternate *alternate, bool again)
{
    if (!again && pdo->device->alternate[alternate->interface] == alternate->setting)
        return USBD_STATUS_SUCCESS;
    return usbd_status_from_errno(usb_device_set_interface(pdo->device, alternate->interface, alternate->setting));
}

/* The number of interfaces in the list; 0: it is malformed. A URB that is longer than its list (it is never shorter than its structure, which
 * has a pipe) ends with zeros, or with less than an interface. */
static uint32_t interfaces_count(URB *urb)
{
    uint32_t count = 0;
    USBD_INTERFACE_INFORMATION *at = &urb->UrbSelectConfiguration.Interface;
    for (; (size_t)((uint8_t *)at - (uint8_t *)urb) + PIPES_AT <= urb->UrbHeader.Length; at = interface_next(at), count++) {
        if (count != 0 && at->Length == 0)
            break;
        if (!interface_fits(urb, at))
            return 0;
    }
    return count;
}

static USBD_STATUS settings_select(struct usb_pdo *pdo, URB *urb, uint32_t count, bool again)
{
    const struct usb_config *config = pdo->device->config;
    USBD_INTERFACE_INFORMATION *at = &urb->UrbSelectConfiguration.Interface;
    for (uint32_t i = 0; i < count; i++, at = interface_next(at)) {
        const struct usb_alternate *alternate;
        USBD_STATUS usbd = setting_find(pdo, at, config, &alternate);
        if (usbd == USBD_STATUS_SUCCESS)
            usbd = setting_apply(pdo, alternate, again);
        if (usbd == USBD_STATUS_SUCCESS)
            usbd = interface_fill(pdo, alternate, at);
        if (usbd != USBD_STATUS_SUCCESS)
            return usbd;
    }
    return USBD_STATUS_SUCCESS;
}

USBD_STATUS usbd_select_config(struct usb_pdo *pdo, URB *urb)
{
    struct _URB_SELECT_CONFIGURATION *select = &urb->UrbSelectConfiguration;
    const USB_CONFIGURATION_DESCRIPTOR *descriptor = select->ConfigurationDescriptor;
    if (descriptor == NULL)
        return unconfigure(pdo);
    uint32_t count = interfaces_count(urb);
    if (descriptor->bDescriptorType != USB_CONFIGURATION_DESCRIPTOR_TYPE || (count == 0 && select->Hdr.Length >= offsetof(struct _URB_SELECT_CONFIGURATION, Interface.Pipes)))
        return USBD_STATUS_INVALID_PARAMETER;
    bool was_selected = pdo->config_generation != 0;
    USBD_STATUS usbd = configure(pdo, descriptor->bConfigurationValue);
    if (usbd != USBD_STATUS_SUCCESS)
        return usbd;
    forget_handles(pdo);
    pdo->config_generation = usbd_generation_next();
    usbd = claim_all(pdo, pdo->device->config);
    if (usbd == USBD_STATUS_SUCCESS)
        usbd = settings_select(pdo, urb, count, is_function(pdo) && was_selected);
    if (usbd != USBD_STATUS_SUCCESS) {
        usbd_config_drop(pdo);
        return usbd;
    }
    select->ConfigurationHandle = config_handle(pdo);
    return USBD_STATUS_SUCCESS;
}

USBD_STATUS usbd_select_interface(struct usb_pdo *pdo, URB *urb)
{
    struct _URB_SELECT_INTERFACE *select = &urb->UrbSelectInterface;
    const struct usb_alternate *alternate;
    if (pdo->config_generation == 0 || select->ConfigurationHandle != config_handle(pdo) || !interface_fits(urb, &select->Interface))
        return USBD_STATUS_INVALID_PARAMETER;
    USBD_STATUS usbd = setting_find(pdo, &select->Interface, pdo->device->config, &alternate);
    if (usbd != USBD_STATUS_SUCCESS)
        return usbd;
    usbd = setting_apply(pdo, alternate, true);
    if (usbd == USBD_STATUS_ERROR_BUSY || usbd == USBD_STATUS_NO_BANDWIDTH)
        return usbd; /* refused before the device was asked, as what is malformed: the old pipes live on */
    usbd_pipes_remove(pdo, alternate->interface);
    return usbd == USBD_STATUS_SUCCESS ? interface_fill(pdo, alternate, &select->Interface) : usbd;
}

/* ---- A function's descriptor ------------------------------------------------------------------------------------------------------------ */

/* True for what belongs to one of the function's interfaces: from its interface (or association) descriptor to the next. */
static bool belongs(const struct usb_pdo *pdo, const uint8_t *at, bool before)
{
    enum { FIRST_AT = 2, NUMBER_AT = 2 };
    if (at[1] == USB_DT_INTERFACE && at[0] >= 9)
        return interface_is_ours(pdo, at[NUMBER_AT]);
    if (at[1] == USB_DT_ASSOCIATION && at[0] >= 8)
        return interface_is_ours(pdo, at[FIRST_AT]);
    return before;
}

static uint32_t put(uint8_t *bytes, uint32_t room, uint32_t at, const uint8_t *from, uint32_t length)
{
    if (at < room)
        memcpy(bytes + at, from, length < room - at ? length : room - at);
    return at + length;
}

uint32_t usbd_config_descriptor(const struct usb_pdo *pdo, uint8_t *bytes, uint32_t room)
{
    enum { HEADER = 9 };
    const struct usb_config *config = pdo->device->config;
    if (config == NULL)
        return 0;
    if (!is_function(pdo))
        return put(bytes, room, 0, config->bytes, config->length);
    uint32_t length = HEADER, interfaces = 0;
    bool ours = false;
    for (uint32_t at = config->bytes[0]; at + 2 <= config->length && config->bytes[at] >= 2; at += config->bytes[at]) {
        const uint8_t *descriptor = config->bytes + at;
        ours = belongs(pdo, descriptor, ours);
        if (!ours || descriptor[0] > config->length - at)
            continue;
        interfaces += descriptor[1] == USB_DT_INTERFACE && descriptor[3] == 0;
        length = put(bytes, room, length, descriptor, descriptor[0]);
    }
    uint8_t header[HEADER];
    memcpy(header, config->bytes, HEADER);
    header[2] = (uint8_t)length;
    header[3] = (uint8_t)(length >> 8);
    header[4] = (uint8_t)interfaces;
    put(bytes, room, 0, header, HEADER);
    return length;
}
