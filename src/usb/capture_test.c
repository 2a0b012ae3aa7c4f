/* SPDX-License-Identifier: MIT */
/* A capture read back: block structure, the usbmon headers, what a cut leaves; then, where tshark
 * is there, what it makes of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "usb/capture.h"
#include "usb/capture_wire.h"
#include "usb/device.h"

static unsigned checks, failures;

static void check(bool good, const char *text, int line)
{
    checks++;
    failures += !good;
    printf("%sok %u - %s # line %d\n", good ? "" : "not ", checks, text, line);
}
#define CHECK(condition) check(condition, #condition, __LINE__)

static uint32_t get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint8_t content[1 << 20];
static size_t content_bytes;

/* The packet block number `index`, or NULL; each block's two lengths must agree and be whole words.
 */
static const uint8_t *block_at(uint32_t index)
{
    for (size_t at = 0; at + 12 <= content_bytes;) {
        uint32_t length = get32(content + at + 4);
        if (length % 4 != 0 || length < 12 || length > content_bytes - at ||
            get32(content + at + length - 4) != length)
            return NULL;
        if (get32(content + at) == 6 && index-- == 0)
            return content + at;
        at += length;
    }
    return NULL;
}

static struct usb_device device = {.id = {.bus = 1, .address = 5, .speed = USB_SPEED_HIGH}};

static void run_control(void)
{
    static uint8_t descriptor[18] = {18,   1,    0,    2, 0, 0, 0, 64, 0x5e,
                                     0x04, 0x53, 0x06, 0, 1, 0, 0, 0,  1};
    struct usb_pipe pipe = {.device = &device, .endpoint = {.type = USB_CONTROL}};
    struct urb urb = {.device = &device,
                      .flags = URB_IN,
                      .setup = {0x80, 6, 0x0100, 0, 18},
                      .buffer = descriptor,
                      .length = 18};
    usb_capture_urb(&urb, &pipe, false);
    urb.actual = 18;
    usb_capture_urb(&urb, &pipe, true);
}

static void run_isoch(void)
{
    static uint8_t data[8 * 100];
    struct urb_packet packets[8];
    struct usb_pipe pipe = {.device = &device,
                            .endpoint = {.type = USB_ISOCH,
                                         .address = 0x81,
                                         .interval = 1,
                                         .period_us = 125,
                                         .interval_bytes = 100}};
    struct urb urb = {.device = &device,
                      .pipe = &pipe,
                      .flags = URB_IN | URB_ISO_ASAP,
                      .buffer = data,
                      .length = sizeof data,
                      .packets = packets,
                      .packet_count = 8,
                      .start_frame = 77};
    for (uint32_t i = 0; i < 8; i++)
        packets[i] = (struct urb_packet){.offset = i * 100, .length = 100};
    usb_capture_urb(&urb, &pipe, false);
    for (uint32_t i = 0; i < 8; i++)
        packets[i].actual = i == 3 ? 0 : 90 + i;
    packets[3].status = -EXDEV;
    urb.error_count = 1;
    urb.actual = 90 * 7 + 25;
    usb_capture_urb(&urb, &pipe, true);
}

static void run_bulk(void)
{
    static uint8_t data[300001];
    struct usb_pipe pipe = {.device = &device, .endpoint = {.type = USB_BULK, .address = 0x02}};
    struct urb urb = {.device = &device, .pipe = &pipe, .buffer = data, .length = sizeof data};
    usb_capture_urb(&urb, &pipe, false);
    urb.status = -EPIPE;
    usb_capture_urb(&urb, &pipe, true);
}

static void check_blocks(void)
{
    CHECK(get32(content) == 0x0a0d0d0a && get32(content + 8) == 0x1a2b3c4d);
    CHECK(get32(content + 28) == 1 && content[36] == 220);
    const uint8_t *block = block_at(0);
    CHECK(block != NULL && block[28 + 8] == 'S' && block[28 + 9] == 2 && block[28 + 14] == 0 &&
          block[28 + 15] == '<');
    CHECK(block != NULL && memcmp(block + 28 + 40, "\x80\x06\x00\x01\x00\x00\x12\x00", 8) == 0);
    block = block_at(1);
    CHECK(block != NULL && get32(block + 20) == 64 + 18 && block[28 + 64 + 8] == 0x5e &&
          block[28 + 14] == '-');
    block = block_at(3);
    CHECK(block != NULL && block[28 + 8] == 'C' && block[28 + 9] == 0 && block[28 + 10] == 0x81 &&
          block[28 + 11] == 5);
    CHECK(block != NULL && get32(block + 28 + 40) == 1 && get32(block + 28 + 44) == 8 &&
          get32(block + 28 + 60) == 8);
    CHECK(block != NULL && get32(block + 28 + 64 + 3 * 16) == (uint32_t)-EXDEV &&
          get32(block + 28 + 64 + 7 * 16 + 8) == 97);
    CHECK(block != NULL && get32(block + 20) == 64 + 8 * 16 + 797 && get32(block + 28 + 52) == 77);
    block = block_at(4);
    CHECK(block != NULL && get32(block + 20) == CAPTURE_BYTES_MAX &&
          get32(block + 24) == 64 + 300001);
    block = block_at(5);
    CHECK(block != NULL && (int32_t)get32(block + 28 + 28) == -EPIPE && block_at(6) == NULL);
}

static void check_tshark(const char *path)
{
    char command[512], answer[512] = "";
    if (system("command -v tshark >/dev/null 2>&1") != 0) {
        printf("ok %u - tshark dissects the capture # SKIP there is no tshark\n", ++checks);
        return;
    }
    snprintf(command, sizeof command,
             "tshark -r %s -Y 'frame.number==2 || frame.number==4' -T fields -E separator='|' -e "
             "usb.transfer_type"
             " -e usb.iso.numdesc -e usb.idVendor -e usb.idProduct -e usb.iso.iso_len 2>/dev/null",
             path);
    FILE *out = popen(command, "r");
    if (out != NULL) {
        answer[fread(answer, 1, sizeof answer - 1, out)] = '\0';
        pclose(out);
    }
    printf("# %s", answer);
    CHECK(strstr(answer, "|0x045e|0x0653|") != NULL);
    CHECK(strstr(answer, "|90,91,92,0,94,95,96,97") != NULL);
}

int main(void)
{
    char path[] = "/tmp/overlapped-capture-XXXXXX";
    int fd = mkstemp(path);
    run_control(); /* nothing is captured: must not crash */
    CHECK(usb_capture_start("/nonexistent/file") == -ENOENT);
    CHECK(fd >= 0 && usb_capture_start(path) == 0 && usb_capture_start(path) == -EBUSY);
    run_control();
    run_isoch();
    run_bulk();
    usb_capture_stop();
    run_control(); /* not in the file any more */
    content_bytes = (size_t)pread(fd, content, sizeof content, 0);
    check_blocks();
    check_tshark(path);
    if (access("/dev/full", W_OK) == 0)
        CHECK(usb_capture_start("/dev/full") == -ENOSPC &&
              usb_capture_start("/dev/full") == -ENOSPC);
    usb_capture_stop();
    close(fd);
    unlink(path);
    printf("1..%u\n", checks);
    return failures != 0;
}
