/* SPDX-License-Identifier: MIT */
/* Writing a configuration descriptor piece by piece, as the models do for each speed. */
#ifndef USB_MODEL_CONFIG_H
#define USB_MODEL_CONFIG_H

#include <stdint.h>
#include <string.h>

#include "usb/model.h"

struct model_config {
    uint8_t bytes[1024];
    uint16_t length;
    enum usb_speed speed;
};

static inline void model_config_add(struct model_config *config, const void *bytes, uint32_t length)
{
    if (length <= sizeof config->bytes - config->length) {
        memcpy(config->bytes + config->length, bytes, length);
        config->length = (uint16_t)(config->length + length);
    }
}

static inline void model_config_begin(struct model_config *config, enum usb_speed speed, uint8_t interfaces, uint8_t attributes)
{
    config->length = 0;
    config->speed = speed;
    uint8_t bytes[9] = {9, USB_DT_CONFIGURATION, 0, 0, interfaces, 1, 0, attributes, 50};
    model_config_add(config, bytes, sizeof bytes);
}

static inline void model_config_interface(struct model_config *config, uint8_t number, uint8_t setting, uint8_t endpoints,
                                          uint8_t class, uint8_t subclass)
{
    uint8_t bytes[9] = {9, USB_DT_INTERFACE, number, setting, endpoints, class, subclass, 0, 0};
    model_config_add(config, bytes, sizeof bytes);
}

/* `packets`: transactions in a service interval (high speed up to 3), the burst at SuperSpeed; `exponent`: 2^n streams. */
static inline void model_config_endpoint(struct model_config *config, uint8_t address, uint8_t type, uint16_t packet,
                                         uint8_t packets, uint8_t interval, uint8_t exponent)
{
    bool periodic = type == USB_ISOCH || type == USB_INTERRUPT;
    uint16_t size = packet;
    if (config->speed == USB_SPEED_HIGH && periodic)
        size = (uint16_t)(packet | (packets - 1) << 11);
    uint8_t bytes[7] = {7,       USB_DT_ENDPOINT, address, (uint8_t)(type == USB_ISOCH ? type | 0x04 : type), (uint8_t)size,
                        (uint8_t)(size >> 8), interval};
    model_config_add(config, bytes, sizeof bytes);
    if (config->speed < USB_SPEED_SUPER)
        return;
    uint32_t total = periodic ? (uint32_t)packet * packets : 0;
    uint8_t mult = 0, burst = (uint8_t)(packets - 1);
    if (packets > 16) {
        mult = (uint8_t)(packets / 16 - 1);
        burst = 15;
    }
    uint8_t companion[6] = {6, USB_DT_COMPANION, burst, type == USB_BULK ? exponent : mult, (uint8_t)total,
                            (uint8_t)(total >> 8)};
    model_config_add(config, companion, sizeof companion);
}

static inline void model_config_end(struct model_config *config)
{
    config->bytes[2] = (uint8_t)config->length;
    config->bytes[3] = (uint8_t)(config->length >> 8);
}

/* 18 bytes of device descriptor: strings 1, 2, 3 are manufacturer, product, serial number. */
static inline void model_device(uint8_t bytes[18], enum usb_speed speed, uint16_t version, uint16_t vendor, uint16_t product)
{
    if (speed >= USB_SPEED_SUPER)
        version = 0x0300;
    const uint8_t made[18] = {18, USB_DT_DEVICE, (uint8_t)version, (uint8_t)(version >> 8), 0, 0, 0,
                              speed >= USB_SPEED_SUPER ? 9 : 64, (uint8_t)vendor, (uint8_t)(vendor >> 8), (uint8_t)product,
                              (uint8_t)(product >> 8), 0x00, 0x01, 1, 2, 3, 1};
    memcpy(bytes, made, sizeof made);
}

#endif
