/* SPDX-License-Identifier: MIT */
/* Configurations at every speed: what is accepted must hold together, and every pointer stays inside. */
#include "usb/descriptor.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct usb_config *config;
    struct usb_device_descriptor device;
    const char *reason;
    char text[32];
    if (size == 0)
        return 0;
    usb_device_descriptor_parse(data + 1, size - 1, &device, &reason);
    usb_string_to_utf8(data + 1, size - 1, text, 1 + data[0] % sizeof text);
    if (usb_config_parse(data + 1, size - 1, data[0] % (USB_SPEED_SUPER_PLUS + 1), &config, &reason) != 0)
        return 0;
    for (uint32_t i = 0; i < config->alternate_count; i++) {
        const struct usb_alternate *a = &config->alternates[i];
        if (usb_config_alternate(config, a->interface, a->setting) != a)
            abort();
        for (uint32_t e = 0; e < a->endpoint_count; e++) {
            const uint8_t *at = a->endpoints[e].descriptor;
            if (at < config->bytes || at + at[0] > config->bytes + config->length)
                abort();
            if (usb_alternate_endpoint(a, a->endpoints[e].address) != &a->endpoints[e])
                abort();
        }
    }
    usb_config_free(config);
    return 0;
}
