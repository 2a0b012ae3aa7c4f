/* SPDX-License-Identifier: MIT */
/* The face of overlapped.h for USB/IP. */
#include <errno.h>

#include "overlapped.h"
#include "usb/hosts.h"
#include "usb/usbip_server.h"
#include "winerror.h"

static uint32_t error_from_errno(int error)
{
    switch (-error) {
    case 0:
        return ERROR_SUCCESS;
    case ENOMEM:
        return ERROR_NOT_ENOUGH_MEMORY;
    case EADDRINUSE:
        return ERROR_ADDRESS_ALREADY_ASSOCIATED;
    case EACCES:
    case EPERM:
        return ERROR_ACCESS_DENIED;
    case EBUSY:
        return ERROR_BUSY;
    case ENODEV:
        return ERROR_NO_SUCH_DEVICE;
    case ECONNREFUSED:
        return ERROR_CONNECTION_REFUSED;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
        return ERROR_HOST_UNREACHABLE;
    case EINVAL:
    case EADDRNOTAVAIL:
    case ENAMETOOLONG:
        return ERROR_INVALID_PARAMETER;
    default:
        return ERROR_GEN_FAILURE;
    }
}

uint32_t ovl_usb_serve(const char *address, uint16_t port, struct ovl_usb_server **server,
                       uint16_t *bound_port)
{
    struct usbip_server *made;
    int error = usbip_serve(address, port, &made, bound_port);
    if (error == 0)
        *server = (struct ovl_usb_server *)(void *)made;
    return error_from_errno(error);
}

void ovl_usb_serve_stop(struct ovl_usb_server *server)
{
    usbip_server_stop((struct usbip_server *)(void *)server);
}

uint32_t ovl_usb_attach_remote(const char *server, const char *options)
{
    return error_from_errno(usbip_attach(server, options));
}
