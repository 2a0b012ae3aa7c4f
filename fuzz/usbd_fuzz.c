/* SPDX-License-Identifier: MIT */
/* The USB client library's descriptor routines on configurations that lie: no byte behind the buffer is read (each input is in a block of
 * its own size), what is found lies in it, and what level 3 of the validation accepts is accepted by the lower levels. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntddk.h"
#include "usbdlib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const void *found, size_t length, const uint8_t *bytes, size_t size)
{
    const uint8_t *at = found;
    if (at != NULL && (at < bytes || length > size || at > bytes + size - length))
        abort();
}

static void walk(PUSB_CONFIGURATION_DESCRIPTOR config, uint8_t *bytes, size_t size)
{
    PVOID at = config;
    for (PUSB_INTERFACE_DESCRIPTOR found; (found = USBD_ParseConfigurationDescriptorEx(config, at, -1, -1, -1, -1, -1)) != NULL;) {
        inside(found, sizeof *found, bytes, size);
        ULONG length = USBD_GetInterfaceLength(found, bytes + size);
        inside(found, length, bytes, size);
        PUSB_COMMON_DESCRIPTOR endpoint = USBD_ParseDescriptors(found, length, found, USB_ENDPOINT_DESCRIPTOR_TYPE);
        if (endpoint != NULL)
            inside(endpoint, endpoint->bLength, bytes, size);
        at = (PUCHAR)found + found->bLength;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL)
        return 0;
    memcpy(bytes, data, size);
    PUSB_CONFIGURATION_DESCRIPTOR config = (PVOID)bytes;
    USBD_STATUS status[4] = {0};
    for (USHORT level = 1; level <= 3; level++) {
        PUCHAR offset = NULL;
        status[level] = USBD_ValidateConfigurationDescriptor(config, (ULONG)size, level, &offset, 1);
        if ((status[level] == USBD_STATUS_SUCCESS) != (offset == NULL))
            abort();
    }
    if (status[3] == USBD_STATUS_SUCCESS && (status[1] != USBD_STATUS_SUCCESS || status[2] != USBD_STATUS_SUCCESS))
        abort();
    for (LONG type = 0; size > 0 && type < 8; type++) {
        PUSB_COMMON_DESCRIPTOR found = USBD_ParseDescriptors(bytes, (ULONG)size, bytes, type);
        if (found != NULL)
            inside(found, found->bLength, bytes, size);
    }
    if (status[1] == USBD_STATUS_SUCCESS)
        walk(config, bytes, config->wTotalLength);
    free(bytes);
    return 0;
}
