/* SPDX-License-Identifier: MIT */
/* The usbfs host's pure parts: sysfs from a made-up tree, uevents, cutting and joining. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/futex.h"
#include "usb/usbfs.h"

static int failures;
#define CHECK(condition) ((condition) ? (void)0 : (void)(failures++, printf("%d: not so: %s\n", __LINE__, #condition)))

static char root[] = "/tmp/usbfs-test-XXXXXX";
static char made[16][128];
static int made_count;

static void put(const char *name, const void *bytes, size_t size)
{
    char *path = made[made_count++];
    snprintf(path, sizeof made[0], "%s/1-2.3/%s", root, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        abort();
}

static void sysfs(void)
{
    uint8_t bytes[18 + 9 + 9] = {18, 1, 0, 2, 0xff, 0, 0, 64, 0x34, 0x12, 0x78, 0x56, 0, 1, 1, 2, 3, 2};
    const uint8_t config[9] = {9, 2, 9, 0, 0, 1, 0, 0x80, 50};
    memcpy(bytes + 18, config, 9);
    memcpy(bytes + 27, config, 9);
    bytes[27 + 5] = 2;
    char folder[64];
    snprintf(folder, sizeof folder, "%s/1-2.3", root);
    if (mkdir(folder, 0700) != 0)
        abort();
    put("descriptors", bytes, sizeof bytes);
    put("busnum", "1\n", 2);
    put("devnum", "12\n", 3);
    put("speed", "480\n", 4);
    put("product", "A thing\n", 8);
    struct usb_identity id = {.path = ""};
    uint8_t raw[18], out[64];
    CHECK(usbfs_sysfs_read(root, "1-2.3", &id, raw) == 0);
    CHECK(id.bus == 1 && id.address == 12 && id.port == 3 && id.speed == USB_SPEED_HIGH && id.descriptor.vendor == 0x1234);
    CHECK(strcmp(id.product, "A thing") == 0 && id.serial[0] == '\0' && memcmp(raw, bytes, 18) == 0);
    CHECK(usbfs_sysfs_config(root, "1-2.3", out, sizeof out) == -ENODATA);
    put("bConfigurationValue", "2\n", 2);
    CHECK(usbfs_sysfs_config(root, "1-2.3", out, sizeof out) == 9 && out[5] == 2);
    CHECK(usbfs_sysfs_config(root, "1-2.3", out, 4) == 4);
    CHECK(usbfs_sysfs_read(root, "1-7", &id, raw) == -ENODEV);
    CHECK(!usbfs_sysfs_is_device("usb1") && !usbfs_sysfs_is_device("1-0:1.0"));
    for (int i = 0; i < made_count; i++)
        unlink(made[i]);
    rmdir(folder);
}

static void uevents(void)
{
    static const char added[] = "add@/devices/x/usb1/1-2\0ACTION=add\0DEVPATH=/devices/x/usb1/1-2\0SUBSYSTEM=usb\0DEVTYPE=usb_device";
    static const char interface[] = "add@/d/1-2:1.0\0ACTION=add\0DEVPATH=/d/1-2:1.0\0SUBSYSTEM=usb\0DEVTYPE=usb_interface";
    char name[32];
    bool is_added = false;
    CHECK(usbfs_uevent_parse(added, sizeof added, name, sizeof name, &is_added) && is_added && strcmp(name, "1-2") == 0);
    CHECK(!usbfs_uevent_parse(added, sizeof added - 1, name, sizeof name, &is_added)); /* cut off */
    CHECK(!usbfs_uevent_parse(interface, sizeof interface, name, sizeof name, &is_added));
}

static void cutting(void)
{
    static struct urb_packet packets[300];
    for (uint32_t i = 0; i < 300; i++)
        packets[i] = (struct urb_packet){.offset = i * 10 + (i >= 200 ? 4 : 0), .length = 10};
    CHECK(usbfs_isoch_piece(packets, 0, 300) == 128);
    CHECK(usbfs_isoch_piece(packets, 128, 300) == 72); /* the gap */
    CHECK(usbfs_isoch_piece(packets, 200, 300) == 100);
    struct usb_endpoint isoch = {.type = USB_ISOCH}, bulk = {.type = USB_BULK};
    struct urb urb = {.packets = packets, .packet_count = 300};
    CHECK(usbfs_pieces(&urb, &isoch, 0) == 3);
    urb.late_packets = 200;
    CHECK(usbfs_pieces(&urb, &isoch, 0) == 1);
    urb.length = 40000;
    CHECK(usbfs_pieces(&urb, &bulk, USBDEVFS_CAP_BULK_CONTINUATION) == 3);
    CHECK(usbfs_pieces(&urb, &bulk, USBDEVFS_CAP_BULK_CONTINUATION | USBDEVFS_CAP_BULK_SCATTER_GATHER) == 1);
}

static void joining(void)
{
    struct usbdevfs_urb a = {.buffer_length = 100, .actual_length = 100}, b = {.buffer_length = 100, .actual_length = 40, .status = -EREMOTEIO},
                        c = {.buffer_length = 100, .status = -ECONNRESET}, *pieces[] = {&a, &b, &c};
    int status;
    CHECK(usbfs_bulk_join(pieces, 3, false, &status) == 140 && status == 0);
    CHECK(usbfs_bulk_join(pieces, 3, true, &status) == 140 && status == -EREMOTEIO);
    b.status = -EPIPE;
    CHECK(usbfs_bulk_join(pieces, 3, false, &status) == 140 && status == -EPIPE);
    struct usbdevfs_urb *iso = calloc(1, sizeof *iso + 2 * sizeof iso->iso_frame_desc[0]);
    struct urb_packet packets[2] = {{.length = 8}, {.length = 8, .offset = 8}};
    iso->number_of_packets = 2;
    iso->iso_frame_desc[0].actual_length = 5;
    iso->iso_frame_desc[1].status = (unsigned)-EXDEV;
    usbfs_isoch_join(iso, packets);
    CHECK(packets[0].actual == 5 && packets[0].status == 0 && packets[1].actual == 0 && packets[1].status == -EXDEV);
    free(iso);
    CHECK(usbfs_status(-ENOENT) == -ECANCELED && usbfs_status(-ESHUTDOWN) == -ENODEV && usbfs_status(-ENOSR) == -EPROTO);
}

static _Atomic uint32_t woken;

static void wake(struct engine_timer *timer)
{
    (void)timer;
    atomic_fetch_add(&woken, 1);
    futex_wake(&woken, 1);
}

static void woken_wait(uint32_t count)
{
    uint64_t deadline = clock_deadline_ns(20000000000u);
    for (uint32_t seen; (seen = atomic_load(&woken)) < count && futex_wait(&woken, seen, deadline) != -ETIMEDOUT;)
        ;
}

/* The account of the kernel's memory: who waits is woken by what is given back, once. */
static void memory(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/limit", root);
    FILE *file = fopen(path, "w");
    fputs("2\n", file);
    fclose(file);
    usbfs_memory_start(path);
    static struct usbfs_device a = {.retry = {.fired = wake}}, b = {.retry = {.fired = wake}};
    list_init(&a.memory_link);
    list_init(&b.memory_link);
    CHECK(usbfs_memory_fits(2 << 20) && !usbfs_memory_fits((2 << 20) + 1));
    CHECK(usbfs_memory_take(&a, 1 << 20) && usbfs_memory_take(&b, 1 << 20));
    CHECK(!usbfs_memory_take(&a, 1) && !usbfs_memory_take(&a, 1) && !usbfs_memory_take(&b, 1) && !usbfs_memory_take(NULL, 1));
    usbfs_memory_give(4096);
    woken_wait(2);
    CHECK(atomic_load(&woken) == 2 && list_empty(&a.memory_link) && list_empty(&b.memory_link));
    CHECK(usbfs_memory_take(&a, 4096) && !usbfs_memory_take(&b, 1));
    usbfs_memory_forget(&b);
    usbfs_memory_give(2 << 20);
    CHECK(usbfs_memory_take(&a, 2 << 20) && !engine_timer_cancel(&b.retry));
    usbfs_memory_give(2 << 20);
    file = fopen(path, "w");
    fputs("0\n", file);
    fclose(file);
    usbfs_memory_start(path);
    CHECK(usbfs_memory_fits(UINT64_MAX)); /* no limit */
    unlink(path);
}

int main(void)
{
    if (mkdtemp(root) == NULL)
        abort();
    sysfs();
    uevents();
    cutting();
    joining();
    memory();
    rmdir(root);
    return failures != 0;
}
