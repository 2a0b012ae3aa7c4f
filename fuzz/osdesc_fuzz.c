/* SPDX-License-Identifier: MIT */
/* Microsoft OS descriptors, the BOS descriptor, functions of a configuration and configuration lines: any bytes, by the
 * first one's choice. What is found must be valid. */
#include <stdlib.h>
#include <string.h>

#include "drivers/usb_node_make.h"
#include "drivers/usb_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void info_check(const struct usb_os_info *info)
{
    if (info->count > USB_OSDESC_FUNCTIONS)
        abort();
    for (uint32_t i = 0; i < info->count; i++) {
        const struct usb_os_function *function = &info->functions[i];
        if (strlen(function->compatible) > 8 || function->guid_count > USB_OSDESC_GUIDS)
            abort();
        if (usb_os_find(info, function->interface) != function)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct usb_os_info info;
    static struct usb_shape shape;
    struct usb_bos_info bos;
    struct usb_rule rule;
    uint8_t code, choice;
    if (size == 0)
        return 0;
    choice = *data++;
    size--;
    memset(&info, 0, sizeof info);
    switch (choice % 6) {
    case 0:
        usb_osdesc_parse_set(data, size, &info);
        break;
    case 1:
        usb_osdesc_parse_ids(data, size, choice & 0x80, &info);
        break;
    case 2:
        usb_osdesc_parse_properties(data, size, usb_os_make(&info, -1));
        break;
    case 3:
        usb_bos_parse(data, size, &bos);
        usb_osdesc_parse_string(data, size, &code);
        break;
    case 4:
        memset(&shape, 0, sizeof shape);
        usb_shape_parse(data, size, &shape);
        if (shape.function_count > USB_INTERFACES_MAX)
            abort();
        break;
    default:
        usb_rule_parse((const char *)data, size, &rule);
    }
    info_check(&info);
    return 0;
}
