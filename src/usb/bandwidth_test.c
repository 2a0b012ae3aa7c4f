/* SPDX-License-Identifier: MIT */
/* Budgets of the three generations, settings that replace each other, and the clocks' arithmetic.
 */
#include "usb/bandwidth.h"

#include <errno.h>
#include <stdio.h>

#include "base/futex.h"
#include "usb/clock.h"

static int failures, checks;
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("not ok - %s:%d %s\n", __FILE__, __LINE__, #condition);                         \
        }                                                                                          \
    } while (0)

static struct usb_endpoint isoch(uint8_t address, uint16_t packet, uint8_t packets,
                                 uint32_t period_us)
{
    return (struct usb_endpoint){.address = address,
                                 .type = USB_ISOCH,
                                 .packet = packet,
                                 .packets = packets,
                                 .interval_bytes = (uint32_t)packet * packets,
                                 .period_us = period_us};
}

static int reserve(struct usb_bandwidth *b, struct usb_reservation *r,
                   const struct usb_endpoint *endpoints, uint8_t count)
{
    struct usb_alternate alternate = {.endpoint_count = count, .endpoints = endpoints};
    return usb_bandwidth_reserve(b, r, &alternate);
}

static uint32_t taken(const struct usb_bandwidth *b)
{
    uint32_t sum = 0;
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < USB_BANDWIDTH_SLOTS; i++)
            sum += b->slot_ns[d][i];
    return sum;
}

static void test_high(void)
{
    struct usb_bandwidth b;
    struct usb_reservation r = {0}, other = {0};
    usb_bandwidth_init(&b, USB_SPEED_HIGH);
    struct usb_endpoint pair[] = {isoch(0x81, 1024, 1, 125), isoch(0x02, 1024, 1, 125)};
    struct usb_endpoint in = isoch(0x81, 1024, 3, 125), both[] = {in, isoch(0x02, 1024, 3, 125)};
    CHECK(usb_endpoint_bus_time_ns(&pair[0], USB_SPEED_HIGH) > 20000 &&
          usb_endpoint_bus_time_ns(&pair[0], USB_SPEED_HIGH) < 21000);
    CHECK(reserve(&b, &r, pair, 2) == 0);
    CHECK(reserve(&b, &r, &in, 1) == 0); /* replaces the pair */
    CHECK(reserve(&b, &r, &both[1], 1) == 0);
    uint32_t before = taken(&b);
    CHECK(reserve(&b, &r, both, 2) == -ENOSPC && taken(&b) == before && r.count == 1);
    CHECK(reserve(&b, &other, &in, 1) == -ENOSPC && other.count == 0 && taken(&b) == before);
    CHECK(usb_bandwidth_reserve(&b, &r, NULL) == 0 && taken(&b) == 0);
    /* Two that need every second microframe share; a third does not fit. */
    struct usb_endpoint half = isoch(0x81, 1024, 3, 250);
    struct usb_reservation halves[3] = {{0}};
    CHECK(reserve(&b, &halves[0], &half, 1) == 0 && reserve(&b, &halves[1], &half, 1) == 0);
    CHECK(halves[0].items[0].first != halves[1].items[0].first &&
          reserve(&b, &halves[2], &half, 1) == -ENOSPC);
    usb_bandwidth_reserve(&b, &halves[0], NULL);
    CHECK(reserve(&b, &halves[2], &half, 1) == 0);
    struct usb_endpoint empty = isoch(0x81, 0, 1, 125),
                        bulk = {.address = 1, .type = USB_BULK, .packet = 512};
    CHECK(usb_endpoint_bus_time_ns(&empty, USB_SPEED_HIGH) == 0 &&
          usb_endpoint_bus_time_ns(&bulk, USB_SPEED_HIGH) == 0);
}

static void test_others(void)
{
    struct usb_bandwidth b;
    struct usb_reservation r = {0}, other = {0};
    usb_bandwidth_init(&b, USB_SPEED_FULL);
    struct usb_endpoint full = isoch(0x81, 1023, 1, 1000), small = isoch(0x02, 192, 1, 1000);
    struct usb_endpoint keys = {.address = 0x83,
                                .type = USB_INTERRUPT,
                                .packet = 8,
                                .packets = 1,
                                .interval_bytes = 8,
                                .period_us = 10000};
    CHECK(reserve(&b, &r, &full, 1) == 0 && reserve(&b, &other, &small, 1) == -ENOSPC);
    CHECK(reserve(&b, &other, &keys, 1) == 0 && other.items[0].step == 8);
    usb_bandwidth_init(&b, USB_SPEED_SUPER);
    r = other = (struct usb_reservation){0};
    struct usb_endpoint most[] = {isoch(0x81, 1024, 48, 125), isoch(0x02, 1024, 48, 125)};
    CHECK(reserve(&b, &r, most, 2) == 0); /* the directions do not share */
    CHECK(reserve(&b, &other, most, 1) == -ENOSPC);
}

static void test_clock(void)
{
    struct usb_clock clock;
    struct usb_frame a, b;
    usb_clock_init(&clock, USB_CLOCK_ESTIMATED);
    usb_clock_read(&clock, &a);
    CHECK(a.quality == USB_CLOCK_ESTIMATED && a.microframe < 8000);
    /* A bus that is 40 microframes ahead: the clock gets there; one that is behind pulls it slowly
     * and never backwards. */
    int64_t ahead = clock.offset_ns + 40 * 125000;
    for (uint64_t i = 0; i < 60; i++) {
        uint64_t at = a.at_ns + i * 1000000;
        usb_clock_observe(&clock, (uint64_t)((int64_t)at + ahead) / 125000, at);
    }
    CHECK(clock.offset_ns > ahead - 2 * 125000 && clock.offset_ns <= ahead);
    usb_clock_read(&clock, &a);
    usb_clock_observe(&clock, a.microframe > 80 ? a.microframe - 80 : 0, a.at_ns);
    usb_clock_read(&clock, &b);
    CHECK(b.microframe >= a.microframe);
    int64_t offset = clock.offset_ns;
    usb_clock_observe(&clock, a.microframe + 8 * 5000, a.at_ns); /* not of these numbers */
    CHECK(clock.offset_ns == offset);
    usb_clock_init(&clock, USB_CLOCK_SEEDED);
    usb_clock_read(&clock, &a);
    usb_clock_seed(&clock, 1500, 11, a.at_ns);
    usb_clock_read(&clock, &b);
    CHECK(b.microframe / 8 % 2048 >= 1500 && b.microframe / 8 % 2048 < 1700);
    offset = clock.offset_ns;
    usb_clock_seed(&clock, 100, 11, b.at_ns);
    CHECK(clock.offset_ns == offset);
}

int main(void)
{
    test_high();
    test_others();
    test_clock();
    printf("%d checks, %d failures\n", checks, failures);
    return failures != 0;
}
