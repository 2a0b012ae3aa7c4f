/* SPDX-License-Identifier: MIT */
/* The parser on good descriptors of three speeds, and on each way to be malformed. */
#include "usb/descriptor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures, checks;
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("not ok - %s:%d %s\n", __FILE__, __LINE__, #condition);                         \
        }                                                                                          \
    } while (0)

/* High speed: a bulk pair with a class descriptor between, and an interface with two settings and
 * isochronous endpoints. */
/* clang-format off */
static const uint8_t high[] = {
    9, 2, 73, 0, 2, 1, 0, 0x80, 50, 8, 11, 0, 2, 1, 0, 0, 0, 9, 4, 0, 0, 2, 0xff, 1, 2, 3, 5, 0x24, 1, 2, 3,
    7, 5, 0x81, 2, 0, 2, 0, 7, 5, 0x01, 2, 0, 2, 0, 9, 4, 1, 0, 0, 1, 2, 0, 0, 9, 4, 1, 1, 1, 1, 2, 0, 0,
    9, 5, 0x82, 5, 0, 0x14, 1, 0, 0, /* 3 x 1024, an audio class endpoint of 9 bytes */
};
/* clang-format on */
/* clang-format off */
static const uint8_t full[] = {
    9, 2, 39, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 3, 0xff, 0, 0, 0, 7, 5, 0x81, 1, 0xff, 3, 1,
    7, 5, 0x02, 3, 64, 0, 10, 7, 5, 0x83, 2, 64, 0, 0,
};
/* clang-format on */
/* clang-format off */
static const uint8_t super[] = {
    9, 2, 52, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 2, 0xff, 0, 0, 0, 7, 5, 0x81, 1, 0, 4, 4, 6, 48, 3, 2, 0, 0x30,
    7, 5, 0x02, 2, 0, 4, 0, 6, 48, 15, 4, 0, 0,
};
/* clang-format on */

static int try(const uint8_t *bytes, size_t length, enum usb_speed speed, const char **reason)
{
    struct usb_config *config = NULL;
    uint8_t *exact = malloc(length + 1); /* so that a read past the end is seen */
    memcpy(exact, bytes, length);
    int error = usb_config_parse(exact, length, speed, &config, reason);
    free(exact);
    if (error == 0)
        usb_config_free(config);
    return error;
}

static void test_high(void)
{
    struct usb_config *config;
    const char *reason = "";
    uint8_t copy[sizeof high + 5];
    memcpy(copy, high, sizeof high);
    copy[2] = sizeof high;
    CHECK(usb_config_parse(copy, sizeof copy, USB_SPEED_HIGH, &config, &reason) == 0);
    CHECK(config->length == sizeof high && config->interface_count == 2 &&
          config->alternate_count == 3);
    const struct usb_alternate *a = usb_config_alternate(config, 0, 0);
    CHECK(a != NULL && a->endpoint_count == 2 && a->class == 0xff && a->string == 3);
    CHECK(usb_alternate_endpoint(a, 0x81)->packet == 512 &&
          usb_alternate_endpoint(a, 0x81)->period_us == 0);
    CHECK(usb_alternate_endpoint(a, 0x82) == NULL && usb_config_alternate(config, 1, 2) == NULL);
    const struct usb_endpoint *e = usb_alternate_endpoint(usb_config_alternate(config, 1, 1), 0x82);
    CHECK(e->type == USB_ISOCH && e->packet == 1024 && e->packets == 3 &&
          e->interval_bytes == 3072);
    CHECK(e->period_us == 125 && usb_endpoint_period(e) == 1 &&
          usb_endpoint_packets_per_frame(e) == 8);
    CHECK(e->descriptor == config->bytes + sizeof high - 9);
    CHECK(usb_descriptor_find(config->bytes, config->length, 0, 0x24) == config->bytes + 26);
    CHECK(usb_descriptor_find(config->bytes, config->length, 0, 0x25) == NULL);
    usb_config_free(config);
}

static void test_full(void)
{
    struct usb_config *config;
    const char *reason = "";
    CHECK(usb_config_parse(full, sizeof full, USB_SPEED_FULL, &config, &reason) == 0);
    const struct usb_alternate *a = usb_config_alternate(config, 0, 0);
    CHECK(a->endpoints[0].packet == 1023 && a->endpoints[0].period_us == 1000);
    CHECK(usb_endpoint_packets_per_frame(&a->endpoints[0]) == 1);
    CHECK(a->endpoints[1].period_us == 10000 &&
          usb_endpoint_packets_per_frame(&a->endpoints[1]) == 0);
    usb_config_free(config);
}

static void test_super(void)
{
    struct usb_config *config;
    const char *reason = "";
    uint8_t copy[sizeof super];
    memcpy(copy, super, sizeof super);
    copy[2] = sizeof super;
    CHECK(usb_config_parse(copy, sizeof copy, USB_SPEED_SUPER, &config, &reason) == 0);
    const struct usb_alternate *a = usb_config_alternate(config, 0, 0);
    CHECK(a->endpoints[0].packets == 12 && a->endpoints[0].interval_bytes == 0x3000);
    CHECK(a->endpoints[0].period_us == 1000 && a->endpoints[1].streams_exponent == 4 &&
          a->endpoints[1].packets == 16);
    usb_config_free(config);
    copy[30] = 0x31; /* wBytesPerInterval over burst x mult */
    CHECK(try(copy, sizeof copy, USB_SPEED_SUPER, &reason) == -EINVAL &&
          strstr(reason, "wBytesPerInterval"));
    copy[30] = 0x30;
    copy[26] = 47; /* no companion any more */
    CHECK(try(copy, sizeof copy, USB_SPEED_SUPER, &reason) == -EINVAL &&
          strstr(reason, "no companion"));
}

/* One byte changed at a time, and the reason that must come. */
static void test_bad(void)
{
    static const struct {
        uint8_t at, value;
        const char *reason;
    } bad[] = {
        {0, 8, "shorter than 9"},
        {1, 4, "wrong type"},
        {2, 200, "more than there is"},
        {2, 5, "wTotalLength"},
        {2, 38, "runs over"},
        {4, 2, "bNumInterfaces"},
        {9, 0, "less than 2"},
        {9, 1, "less than 2"},
        {9, 8, ""},
        {11, 32, "over 31"},
        {12, 1, "no setting zero"},
        {13, 2, "bNumEndpoints"},
        {13, 4, "bNumEndpoints"},
        {13, 31, "more than 30"},
        {20, 0x80, "address"},
        {20, 0x91, "address"},
        {24, 0, "zero"},
        {24, 17, "over 16"},
        {23, 4, "limit"},
        {27, 0x81, "twice"},
        {31, 0, "zero"},
        {29, 65, "limit"},
        {36, 65, "limit"},
        {36, 0, "zero"},
        {18, 6, ""},
        {18, 0, "less than 2"},
        {10, 2, "second"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *reason = NULL;
        uint8_t copy[sizeof full];
        memcpy(copy, full, sizeof full);
        copy[bad[i].at] = bad[i].value;
        int error = try(copy, sizeof copy, USB_SPEED_FULL, &reason);
        checks++;
        if (error != -EINVAL || reason == NULL || strstr(reason, bad[i].reason) == NULL) {
            failures++;
            printf("not ok - byte %u = %u gave %d %s\n", bad[i].at, bad[i].value, error,
                   reason ? reason : "");
        }
    }
    const char *reason;
    for (size_t length = 0; length < sizeof full; length++)
        CHECK(try(full, length, USB_SPEED_FULL, &reason) == -EINVAL);
    CHECK(try(full, sizeof full, USB_SPEED_LOW, &reason) == -EINVAL && strstr(reason, "low speed"));
}

static void test_device_and_string(void)
{
    uint8_t device[18] = {18, 1, 0, 2, 0xff, 0, 0, 64, 0x09, 0x12, 1, 0, 0, 1, 1, 2, 3, 1};
    struct usb_device_descriptor parsed;
    const char *reason = "";
    CHECK(usb_device_descriptor_parse(device, 18, &parsed, &reason) == 0);
    CHECK(parsed.vendor == 0x1209 && parsed.product == 1 && parsed.usb_version == 0x200 &&
          parsed.serial_string == 3);
    CHECK(usb_device_descriptor_parse(device, 17, &parsed, &reason) == -EINVAL);
    device[7] = 9;
    CHECK(usb_device_descriptor_parse(device, 18, &parsed, &reason) == -EINVAL &&
          strstr(reason, "packet size"));
    static const uint8_t string[] = {10, 3, 'a', 0, 0xe9, 0, 0x3d, 0xd8, 0x00, 0xde};
    char out[16];
    usb_string_to_utf8(string, sizeof string, out, sizeof out);
    CHECK(strcmp(out, "a\xc3\xa9\xf0\x9f\x98\x80") == 0);
    usb_string_to_utf8(string, sizeof string, out, 4);
    CHECK(strcmp(out, "a\xc3\xa9") == 0);
    usb_string_to_utf8(string, 3, out, sizeof out);
    CHECK(out[0] == '\0');
    usb_string_to_utf8(string, sizeof string, out, 1);
    CHECK(out[0] == '\0');
    usb_string_to_utf8(string, 0, out, sizeof out);
    CHECK(out[0] == '\0');
}

int main(void)
{
    test_high();
    test_full();
    test_super();
    test_bad();
    test_device_and_string();
    printf("%d checks, %d failures\n", checks, failures);
    return failures != 0;
}
