/* SPDX-License-Identifier: MIT */
/* The same reads by libusb's asynchronous interface: libusb_read [size=N] [depth=N] [total=N] */
#include <libusb.h>
#include <stdlib.h>

#include "../measure.h"

enum { DEPTH_MAX = 32, PIPE = 0x81 };

static uint64_t got, asked, total;
static int size;

static void read_done(struct libusb_transfer *transfer)
{
    if (transfer->status != LIBUSB_TRANSFER_COMPLETED)
        die_code("a read", (uint32_t)transfer->status);
    got += (uint64_t)transfer->actual_length;
    if (asked < total && libusb_submit_transfer(transfer) == 0)
        asked += (uint64_t)size;
}

int main(int argc, char **argv)
{
    size = (int)arg_number(argc, argv, "size", 1 << 20);
    int depth = (int)arg_number(argc, argv, "depth", 4);
    total = (uint64_t)arg_number(argc, argv, "total", 32 << 20);
    libusb_device_handle *device = libusb_init(NULL) == 0 ? libusb_open_device_with_vid_pid(NULL, 0x1d6b, 0x0104) : NULL;
    if (device == NULL || libusb_claim_interface(device, 0) != 0)
        die("the device");
    struct libusb_transfer *transfers[DEPTH_MAX];
    for (int i = 0; i < depth; i++) {
        transfers[i] = libusb_alloc_transfer(0);
        libusb_fill_bulk_transfer(transfers[i], device, PIPE, malloc((size_t)size), size, read_done, NULL, 0);
    }
    uint64_t begun = now_ns();
    double cpu = cpu_seconds();
    for (int i = 0; i < depth && asked < total; i++, asked += (uint64_t)size)
        if (libusb_submit_transfer(transfers[i]) != 0)
            die("libusb_submit_transfer");
    while (got < total)
        libusb_handle_events(NULL);
    report("mb_s", (double)got * 1e3 / (double)(now_ns() - begun));
    report("cpu_us_mb", (cpu_seconds() - cpu) * 1e12 / (double)got);
    report_end();
    return 0;
}
