/* SPDX-License-Identifier: MIT */
/* Any bytes as a fault script, then packets through what it became: no fault of our own, no hit beyond `times`. */
#include <stdlib.h>
#include <string.h>

#include "usb/fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fault_set set;
    const char *reason = NULL;
    int error = fault_parse((const char *)data, size, size, &set, &reason);
    if (error != 0) {
        if (reason == NULL || set.count != 0)
            abort();
        return 0;
    }
    static const uint16_t endpoints[] = {0, 0x81, 0x02, 0x83};
    for (int i = 0; i < 64; i++)
        (void)fault_next(&set, endpoints[i % 4], (uint16_t)(i % 3));
    uint8_t device[18] = {18, 1}, config[32] = {9, 2, 32, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 2, 0xff, 0, 0, 0, 7, 5, 0x81, 2, 0, 2, 0, 7, 5, 1, 2, 0, 2, 0};
    fault_spoil(&set, device, config, sizeof config);
    for (uint32_t i = 0; i < set.count; i++)
        if (set.rules[i].times != 0 && set.rules[i].hits > set.rules[i].times)
            abort();
    return 0;
}
