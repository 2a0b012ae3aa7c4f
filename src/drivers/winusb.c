/* SPDX-License-Identifier: MIT */
/* The WinUSB function driver: opens a USB function by its node, and hands each request to who
 * carries it out. ReadFile, WriteFile and DeviceIoControl have no meaning on such a handle
 * (STATUS_INVALID_DEVICE_REQUEST); programs use WinUsb_*. */
#include "drivers/winusb.h"

#include <errno.h>
#include <stdlib.h>

#include "drivers/rights.h"
#include "drivers/usb_node.h"
#include "drivers/winusb_file.h"

struct winusb_file *winusb_file_of(struct file *file)
{
    return file->driver == &winusb_driver ? container_of(file, struct winusb_file, file) : NULL;
}

struct usb_device *winusb_device(struct winusb_file *winusb)
{
    return winusb->device;
}

int32_t winusb_find_pipe(struct winusb_file *winusb, uint8_t interface, uint8_t address,
                         struct usb_pipe **pipe)
{
    struct usb_pipe *found = usb_device_pipe(winusb->device, address);
    if (found == NULL || found->endpoint.address != address ||
        (address != 0 && found->interface != interface))
        return STATUS_INVALID_PARAMETER;
    *pipe = found;
    return STATUS_SUCCESS;
}

/* ---- Opening and closing --------------------------------------------------------------------- */

static void interfaces_release(struct winusb_file *winusb, uint32_t count)
{
    while (count-- > 0)
        usb_device_release(winusb->device, (uint8_t)(winusb->first_interface + count));
}

/* WinUSB has a device for itself: a second open is refused. */
static int32_t winusb_claim(struct winusb_file *winusb)
{
    int error = usb_device_open(winusb->device);
    if (error != 0)
        return winusb_status(error);
    for (uint32_t i = 0; i < winusb->interface_count; i++) {
        error = usb_device_claim(winusb->device, (uint8_t)(winusb->first_interface + i));
        if (error != 0) {
            interfaces_release(winusb, i);
            usb_device_close(winusb->device);
            return error == -EBUSY ? STATUS_ACCESS_DENIED : winusb_status(error);
        }
    }
    winusb->opened = true;
    return STATUS_SUCCESS;
}

static int32_t winusb_open(struct open_request *request, struct file **file)
{
    struct usb_node *node = request->device->context;
    if (request->path[0] != '\0')
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (atomic_load(&node->gone))
        return STATUS_NO_SUCH_DEVICE;
    struct file *made = file_create(&winusb_driver, sizeof(struct winusb_file),
                                    request->flags & OPEN_OVERLAPPED ? 0 : FILE_SYNCHRONOUS);
    if (made == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct winusb_file *winusb = container_of(made, struct winusb_file, file);
    usb_device_reference(node->device);
    winusb->device = node->device;
    winusb->first_interface = node->first_interface;
    winusb->interface_count = node->interface_count;
    for (unsigned i = 0; i < WINUSB_PIPES; i++) {
        list_init(&winusb->pipes[i].all);
        list_init(&winusb->pipes[i].waiting);
    }
    int32_t status = winusb_claim(winusb);
    if (status != STATUS_SUCCESS) {
        object_dereference(&made->object);
        return status;
    }
    winusb_power_open(winusb, node);
    winusb_policies_default(winusb);
    *file = made;
    return STATUS_SUCCESS;
}

/* The requests have been asked to end; when the last has, the device goes back. Here and not in
 * close, which may run on a host's thread, where nothing may wait for the host. */
static void winusb_cleanup(struct file *file)
{
    struct winusb_file *winusb = container_of(file, struct winusb_file, file);
    atomic_store(&winusb->closing, true);
    for (unsigned i = 0; i < WINUSB_PIPES; i++)
        winusb_pipe_empty(&winusb->pipes[i], NULL);
    if (!winusb->opened)
        return;
    winusb_power_close(winusb);
    winusb->opened = false;
    interfaces_release(winusb, winusb->interface_count);
    usb_device_close(winusb->device);
}

static void winusb_close(struct file *file)
{
    struct winusb_file *winusb = container_of(file, struct winusb_file, file);
    for (unsigned i = 0; i < WINUSB_PIPES; i++)
        free(winusb->pipes[i].surplus);
    usb_device_dereference(winusb->device);
}

/* ---- Interfaces ------------------------------------------------------------------------------ */

int32_t winusb_interface_number(struct winusb_file *winusb, uint32_t index, uint8_t *number)
{
    if (winusb->device->config == NULL || index >= winusb->interface_count)
        return STATUS_NO_MORE_ENTRIES;
    uint8_t at = (uint8_t)(winusb->first_interface + index);
    if (usb_config_alternate(winusb->device->config, at, 0) == NULL)
        return STATUS_NO_MORE_ENTRIES;
    *number = at;
    return STATUS_SUCCESS;
}

int32_t winusb_interface_take(struct winusb_file *winusb, uint8_t interface)
{
    uint32_t bit = 1u << interface % USB_INTERFACES_MAX;
    return atomic_fetch_or(&winusb->taken, bit) & bit ? STATUS_OBJECT_NAME_COLLISION
                                                      : STATUS_SUCCESS;
}

void winusb_interface_give(struct winusb_file *winusb, uint8_t interface)
{
    atomic_fetch_and(&winusb->taken, ~(1u << interface % USB_INTERFACES_MAX));
}

static bool interface_is_idle(struct winusb_file *winusb, uint8_t interface)
{
    for (unsigned i = 1; i < WINUSB_PIPES; i++) {
        uint8_t address = (uint8_t)((i & 15) | (i & 16 ? USB_ENDPOINT_IN : 0));
        struct usb_pipe *pipe;
        if (winusb_find_pipe(winusb, interface, address, &pipe) == STATUS_SUCCESS &&
            !winusb_pipe_is_empty(&winusb->pipes[i]))
            return false;
    }
    return true;
}

int32_t winusb_set_alternate(struct winusb_file *winusb, uint8_t interface, uint8_t setting)
{
    if (!interface_is_idle(winusb, interface))
        return STATUS_DEVICE_BUSY;
    for (unsigned i = 1; i < WINUSB_PIPES; i++) {
        struct usb_pipe *pipe =
            usb_device_pipe(winusb->device, (uint8_t)((i & 15) | (i & 16 ? USB_ENDPOINT_IN : 0)));
        if (pipe != NULL && pipe->interface == interface)
            winusb_surplus_drop(&winusb->pipes[i]);
    }
    winusb_wake(winusb);
    int error = usb_device_set_interface(winusb->device, interface, setting);
    return error == -EBUSY ? STATUS_DEVICE_BUSY : winusb_status(error);
}

int32_t winusb_get_alternate(struct winusb_file *winusb, uint8_t interface, uint8_t *setting)
{
    if (interface >= USB_INTERFACES_MAX)
        return STATUS_INVALID_PARAMETER;
    if (atomic_load(&winusb->device->gone))
        return STATUS_NO_SUCH_DEVICE;
    lock_acquire(&winusb->device->lock);
    *setting = winusb->device->alternate[interface];
    lock_release(&winusb->device->lock);
    return STATUS_SUCCESS;
}

/* ---- Pipes ----------------------------------------------------------------------------------- */

int32_t winusb_endpoint(struct winusb_file *winusb, uint8_t interface, uint8_t address,
                        struct usb_endpoint *endpoint)
{
    struct usb_pipe *pipe;
    int32_t status = winusb_find_pipe(winusb, interface, address, &pipe);
    if (status == STATUS_SUCCESS)
        *endpoint = pipe->endpoint;
    return status;
}

int32_t winusb_abort(struct winusb_file *winusb, uint8_t interface, uint8_t address)
{
    struct usb_pipe *pipe;
    int32_t status = winusb_find_pipe(winusb, interface, address, &pipe);
    if (status == STATUS_SUCCESS)
        winusb_pipe_empty(winusb_pipe_at(winusb, address), pipe);
    return status;
}

int32_t winusb_reset(struct winusb_file *winusb, uint8_t interface, uint8_t address)
{
    struct usb_pipe *pipe;
    int32_t status = winusb_find_pipe(winusb, interface, address, &pipe);
    if (status != STATUS_SUCCESS)
        return status;
    if (atomic_load(&winusb->device->gone))
        return STATUS_NO_SUCH_DEVICE;
    winusb_wake(winusb);
    int error = usb_pipe_reset(pipe);
    return error == -EBUSY ? STATUS_DEVICE_BUSY : winusb_status(error);
}

int32_t winusb_flush(struct winusb_file *winusb, uint8_t interface, uint8_t address)
{
    struct usb_pipe *pipe;
    int32_t status = winusb_find_pipe(winusb, interface, address, &pipe);
    if (status == STATUS_SUCCESS)
        winusb_surplus_drop(winusb_pipe_at(winusb, address));
    return status;
}

/* ---- The way in ------------------------------------------------------------------------------ */

static int32_t winusb_dispatch(struct irp *irp)
{
    struct winusb_file *winusb = container_of(irp->file, struct winusb_file, file);
    if (atomic_load(&winusb->device->gone))
        return STATUS_NO_SUCH_DEVICE;
    switch (irp->code) {
    case WINUSB_READ:
        return winusb_transfer(irp, winusb, true);
    case WINUSB_WRITE:
        return winusb_transfer(irp, winusb, false);
    case WINUSB_CONTROL:
        return winusb_control(irp, winusb);
    case WINUSB_ISOCH:
        return winusb_isoch(irp, winusb);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

const struct driver winusb_driver = {
    .name = "winusb",
    .kind = FILE_KIND_UNKNOWN,
    .open = winusb_open,
    .dispatch = {[IRP_USB] = winusb_dispatch},
    .cleanup = winusb_cleanup,
    .close = winusb_close,
};
