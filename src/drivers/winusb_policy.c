/* SPDX-License-Identifier: MIT */
/* WinUSB's pipe and power policies: one table says how large each value is. A policy set on a kind
 * of pipe that it does not name is accepted and changes nothing, as documented. */
#include <string.h>

#include "drivers/winusb_file.h"

/* Bytes of the value. Who carries a request out looks only at the policies of its own kind of pipe.
 */
static const uint8_t policy_bytes[WINUSB_POLICIES] = {
    [WINUSB_SHORT_PACKET_TERMINATE] = 1,
    [WINUSB_AUTO_CLEAR_STALL] = 1,
    [WINUSB_PIPE_TRANSFER_TIMEOUT] = 4,
    [WINUSB_IGNORE_SHORT_PACKETS] = 1,
    [WINUSB_ALLOW_PARTIAL_READS] = 1,
    [WINUSB_AUTO_FLUSH] = 1,
    [WINUSB_RAW_IO] = 1,
    [WINUSB_MAXIMUM_TRANSFER_SIZE] = 4,
    [WINUSB_RESET_PIPE_ON_RESUME] = 1,
};

void winusb_policies_default(struct winusb_file *winusb)
{
    for (unsigned i = 0; i < WINUSB_PIPES; i++) {
        struct winusb_pipe *pipe = &winusb->pipes[i];
        for (unsigned policy = 0; policy < WINUSB_POLICIES; policy++)
            atomic_store(&pipe->policy[policy], policy == WINUSB_ALLOW_PARTIAL_READS);
        atomic_store(&pipe->timeout_ms, i == 0 ? WINUSB_CONTROL_TIMEOUT_MS : 0);
    }
    atomic_store(&winusb->auto_suspend, winusb->power.default_auto);
    atomic_store(&winusb->suspend_delay_ms, winusb->power.default_delay_ms);
    winusb_power_policy(winusb);
}

static int32_t policy_check(struct winusb_file *winusb, uint8_t interface, uint8_t address,
                            uint32_t policy, struct usb_pipe **usb)
{
    if (policy == 0 || policy >= WINUSB_POLICIES)
        return STATUS_INVALID_PARAMETER;
    return winusb_find_pipe(winusb, interface, address, usb);
}

int32_t winusb_policy_set(struct winusb_file *winusb, uint8_t interface, uint8_t address,
                          uint32_t policy, uint32_t length, const void *value)
{
    struct usb_pipe *usb;
    int32_t status = policy_check(winusb, interface, address, policy, &usb);
    if (status != STATUS_SUCCESS)
        return status;
    if (length != policy_bytes[policy] || policy == WINUSB_MAXIMUM_TRANSFER_SIZE)
        return STATUS_INVALID_PARAMETER;
    struct winusb_pipe *pipe = winusb_pipe_at(winusb, address);
    if (policy == WINUSB_PIPE_TRANSFER_TIMEOUT) {
        uint32_t timeout_ms;
        memcpy(&timeout_ms, value, sizeof timeout_ms);
        atomic_store(&pipe->timeout_ms, timeout_ms);
    } else {
        atomic_store(&pipe->policy[policy], *(const uint8_t *)value != 0);
    }
    return STATUS_SUCCESS;
}

int32_t winusb_policy_get(struct winusb_file *winusb, uint8_t interface, uint8_t address,
                          uint32_t policy, uint32_t *length, void *value)
{
    struct usb_pipe *usb;
    int32_t status = policy_check(winusb, interface, address, policy, &usb);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t bytes = policy_bytes[policy], number;
    if (*length < bytes) {
        *length = bytes;
        return STATUS_BUFFER_TOO_SMALL;
    }
    *length = bytes;
    struct winusb_pipe *pipe = winusb_pipe_at(winusb, address);
    if (bytes == 1) {
        *(uint8_t *)value = winusb_has(pipe, (enum winusb_policy)policy);
        return STATUS_SUCCESS;
    }
    number = policy == WINUSB_PIPE_TRANSFER_TIMEOUT ? atomic_load(&pipe->timeout_ms)
                                                    : WINUSB_MAXIMUM_TRANSFER;
    memcpy(value, &number, sizeof number);
    return STATUS_SUCCESS;
}

/* Without DeviceIdleEnabled the values are kept and mean nothing, as on Windows. */
int32_t winusb_power_set(struct winusb_file *winusb, uint32_t policy, uint32_t length,
                         const void *value)
{
    uint32_t bytes = policy == WINUSB_AUTO_SUSPEND ? 1 : policy == WINUSB_SUSPEND_DELAY ? 4 : 0;
    if (bytes == 0 || length != bytes)
        return STATUS_INVALID_PARAMETER;
    if (policy == WINUSB_AUTO_SUSPEND) {
        atomic_store(&winusb->auto_suspend, *(const uint8_t *)value != 0);
    } else {
        uint32_t delay_ms;
        memcpy(&delay_ms, value, sizeof delay_ms);
        atomic_store(&winusb->suspend_delay_ms, delay_ms);
    }
    winusb_power_policy(winusb);
    return STATUS_SUCCESS;
}

int32_t winusb_power_get(struct winusb_file *winusb, uint32_t policy, uint32_t *length, void *value)
{
    uint32_t bytes = policy == WINUSB_AUTO_SUSPEND ? 1 : policy == WINUSB_SUSPEND_DELAY ? 4 : 0;
    if (bytes == 0)
        return STATUS_INVALID_PARAMETER;
    bool fits = *length >= bytes;
    *length = bytes;
    if (!fits)
        return STATUS_BUFFER_TOO_SMALL;
    if (policy == WINUSB_AUTO_SUSPEND) {
        *(uint8_t *)value = atomic_load(&winusb->auto_suspend);
    } else {
        uint32_t delay_ms = atomic_load(&winusb->suspend_delay_ms);
        memcpy(value, &delay_ms, sizeof delay_ms);
    }
    return STATUS_SUCCESS;
}
