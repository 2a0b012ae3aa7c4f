/* SPDX-License-Identifier: MIT */
/* Descriptors as text, one fact a line, for people. Pure: any bytes are answered, malformed ones
 * with what is wrong at the place. */
#ifndef USB_DESCRIBE_H
#define USB_DESCRIBE_H

#include <stddef.h>
#include <stdint.h>

#include "usb/descriptor.h"

/* A text that is cut at `size`; `length` counts on, so that a caller can allocate and come again.
 */
struct describe_text {
    char *text; /* ends with '\0' where size is not 0 */
    size_t size, length;
};

/* A chain of descriptors: a device's, a whole configuration, a BOS. `indent` spaces stand before
 * each line. */
void usb_describe(struct describe_text *out, const void *bytes, size_t length, enum usb_speed speed,
                  unsigned indent);
/* A Microsoft OS 2.0 descriptor set. */
void usb_describe_os_set(struct describe_text *out, const void *bytes, size_t length,
                         unsigned indent);

/* Of a chain only configurations, functions, interfaces and endpoints. */
void usb_describe_brief(struct describe_text *out, const void *bytes, size_t length, enum usb_speed speed, unsigned indent);

const char *usb_speed_text(enum usb_speed speed);
const char *usb_transfer_text(enum usb_transfer transfer);
const char *usb_class_text(uint8_t code);

void describe_printf(struct describe_text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
