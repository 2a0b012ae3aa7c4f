/* SPDX-License-Identifier: MIT */
/* The USB/IP server: lets a Linux kernel (vhci), Windows or another process attach this process's devices. The protocol knows neither
 * encryption nor passwords: whoever reaches the port has the device. */
#ifndef USB_USBIP_SERVER_H
#define USB_USBIP_SERVER_H

#include <stdint.h>

struct usbip_server;

/* Listens on `address` (NULL: 127.0.0.1; any other than loopback is announced on standard error) and `port` (0: any free one, told in
 * *bound). Exports every device of the process that is not itself a remote one; the bus id is usb_identity.path. 0 or -errno. */
int usbip_serve(const char *address, uint16_t port, struct usbip_server **server, uint16_t *bound);

/* Ends all clients (their transfers are cancelled, devices reset) and the listening. */
void usbip_server_stop(struct usbip_server *server);

#endif
