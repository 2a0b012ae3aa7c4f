/* SPDX-License-Identifier: MIT */
/* The lines of the configuration file that give a device to WinUSB when it does not ask for it
 * itself:
 *
 *     usb 1209:0001 winusb {58d07210-27c1-11dd-bd0b-0800200c9a66}
 *     usb 1209:0002:01 winusb {...}     the function that begins with interface 01 of a composite
 * device
 *
 *     usb 1209:0001 idle on 5000        what an INF writes into the registry as DeviceIdleEnabled, DefaultIdleState and
 *                                       DefaultIdleTimeout (milliseconds); DeviceIdleIgnoreWakeEnable with `always` for `on`
 *
 * Numbers are hexadecimal, as in hardware ids, but for milliseconds. Several lines for one device give it several GUIDs.
 */
#ifndef DRIVERS_USB_RULES_H
#define DRIVERS_USB_RULES_H

#include "drivers/usb_ids.h"
#include "drivers/usb_osdesc.h"

struct usb_rule {
    uint16_t vendor, product;
    int32_t interface; /* -1: the device */
    bool is_idle; /* then idle, else guid */
    struct usb_guid guid;
    struct usb_idle idle;
};

/* One line: false when it is none of ours, or malformed. */
bool usb_rule_parse(const char *line, size_t length, struct usb_rule *rule);

/* The rules of the configuration file, read once. */
const struct usb_rule *usb_rules(uint32_t *count);

#endif
