/* SPDX-License-Identifier: MIT */
/* The budget of periodic transfers. An endpoint with a period of n slots takes its time in every
 * n-th slot, beginning where the fullest of them is emptiest; periods over the table's length count
 * as the table's. */
#include "usb/bandwidth.h"

#include <errno.h>
#include <string.h>

enum { FRAME_NS = 1000000, MICROFRAME_NS = 125000, HOST_DELAY_NS = 1000, HUB_LS_SETUP_NS = 333 };

/* Bits of a packet on the wire: data and the worst stuffing, one more bit in six; 3.167 is the
 * formula's (all of it floored). */
static uint64_t stuffed_bits(uint64_t bytes)
{
    return (3167 + bytes * 8 * 7 * 1000 / 6) / 1000;
}

static uint32_t high_ns(uint32_t bytes, bool isoch)
{
    uint32_t fixed = (isoch ? 38u : 55u) * 8; /* bits around the data */
    return (uint32_t)((fixed + stuffed_bits(bytes)) * 2083 / 1000) + HOST_DELAY_NS / 200;
}

static uint32_t full_ns(uint32_t bytes, bool isoch, bool in)
{
    uint32_t fixed = !isoch ? 9107u : in ? 7268u : 6265u;
    return fixed + (uint32_t)(stuffed_bits(bytes) * 8354 / 100) + HOST_DELAY_NS;
}

static uint32_t low_ns(uint32_t bytes, bool in)
{
    uint32_t fixed = in ? 64060u : 64107u;
    return fixed + 2 * HUB_LS_SETUP_NS +
           (uint32_t)(stuffed_bits(bytes) * (in ? 67667u : 66700u) / 100) + HOST_DELAY_NS;
}

/* A data packet carries a header, framing and a CRC of 32 bytes together; acknowledgements go the
 * other way. */
static uint32_t super_ns(const struct usb_endpoint *endpoint, bool plus)
{
    uint32_t packets = endpoint->packet == 0
                           ? 0
                           : (endpoint->interval_bytes + endpoint->packet - 1) / endpoint->packet;
    uint64_t bytes = (uint64_t)endpoint->interval_bytes + packets * 32u;
    return (uint32_t)(plus ? bytes * 825 / 1000
                           : bytes * 2); /* 10 Gbit/s 128b/132b, 5 Gbit/s 8b/10b */
}

uint32_t usb_endpoint_bus_time_ns(const struct usb_endpoint *endpoint, enum usb_speed speed)
{
    bool isoch = endpoint->type == USB_ISOCH, in = (endpoint->address & USB_ENDPOINT_IN) != 0;
    if (!isoch && endpoint->type != USB_INTERRUPT)
        return 0;
    if (isoch && endpoint->interval_bytes == 0)
        return 0; /* a setting without bandwidth */
    switch (speed) {
    case USB_SPEED_LOW:
        return low_ns(endpoint->packet, in);
    case USB_SPEED_FULL:
        return full_ns(endpoint->packet, isoch, in);
    case USB_SPEED_SUPER:
    case USB_SPEED_SUPER_PLUS:
        return super_ns(endpoint, speed == USB_SPEED_SUPER_PLUS);
    default:
        return endpoint->packets * high_ns(endpoint->packet, isoch);
    }
}

void usb_bandwidth_init(struct usb_bandwidth *bandwidth, enum usb_speed speed)
{
    memset(bandwidth, 0, sizeof *bandwidth);
    bandwidth->speed = speed;
    if (speed == USB_SPEED_LOW || speed == USB_SPEED_FULL)
        bandwidth->budget_ns = FRAME_NS / 100 * 90; /* USB 2.0 section 5.5.4 */
    else
        bandwidth->budget_ns = MICROFRAME_NS / 100 * (speed >= USB_SPEED_SUPER ? 90 : 80);
}

static uint32_t steps(const struct usb_bandwidth *bandwidth, const struct usb_endpoint *endpoint)
{
    uint32_t slot_us =
        bandwidth->speed == USB_SPEED_LOW || bandwidth->speed == USB_SPEED_FULL ? 1000 : 125;
    uint32_t wanted = endpoint->period_us / slot_us, step = 1;
    while (step * 2 <= wanted && step < USB_BANDWIDTH_SLOTS)
        step *= 2; /* an odd period is served more often */
    return step;
}

static uint32_t fullest(const uint32_t *slots, uint32_t first, uint32_t step)
{
    uint32_t most = 0;
    for (uint32_t i = first; i < USB_BANDWIDTH_SLOTS; i += step)
        most = slots[i] > most ? slots[i] : most;
    return most;
}

static bool endpoint_reserve(struct usb_bandwidth *bandwidth, struct usb_reservation *r,
                             const struct usb_endpoint *endpoint)
{
    uint32_t ns = usb_endpoint_bus_time_ns(endpoint, bandwidth->speed);
    if (ns == 0)
        return true;
    bool in = (endpoint->address & USB_ENDPOINT_IN) != 0;
    uint8_t direction = bandwidth->speed >= USB_SPEED_SUPER && in;
    uint32_t *slots = bandwidth->slot_ns[direction];
    uint32_t step = steps(bandwidth, endpoint), best = 0;
    for (uint32_t first = 1; first < step; first++)
        if (fullest(slots, first, step) < fullest(slots, best, step))
            best = first;
    if (r->count == USB_ENDPOINTS_MAX || fullest(slots, best, step) + ns > bandwidth->budget_ns)
        return false;
    for (uint32_t i = best; i < USB_BANDWIDTH_SLOTS; i += step)
        slots[i] += ns;
    r->items[r->count].direction = direction;
    r->items[r->count].first = (uint8_t)best;
    r->items[r->count].step = (uint8_t)step;
    r->items[r->count++].ns = ns;
    return true;
}

static void give_back(struct usb_bandwidth *bandwidth, const struct usb_reservation *r)
{
    for (uint32_t n = 0; n < r->count; n++)
        for (uint32_t i = r->items[n].first; i < USB_BANDWIDTH_SLOTS; i += r->items[n].step)
            bandwidth->slot_ns[r->items[n].direction][i] -= r->items[n].ns;
}

int usb_bandwidth_reserve(struct usb_bandwidth *bandwidth, struct usb_reservation *reservation,
                          const struct usb_alternate *alternate)
{
    struct usb_reservation wanted = {.count = 0};
    uint32_t before[2][USB_BANDWIDTH_SLOTS];
    bool fits = true;
    lock_acquire(&bandwidth->lock);
    memcpy(before, bandwidth->slot_ns, sizeof before);
    give_back(bandwidth, reservation);
    for (uint32_t i = 0; alternate != NULL && i < alternate->endpoint_count && fits; i++)
        fits = endpoint_reserve(bandwidth, &wanted, &alternate->endpoints[i]);
    if (fits)
        *reservation = wanted;
    else
        memcpy(bandwidth->slot_ns, before, sizeof before);
    lock_release(&bandwidth->lock);
    return fits ? 0 : -ENOSPC;
}
