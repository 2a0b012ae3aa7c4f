/* SPDX-License-Identifier: MIT */
/* The same reads by the kernel's device node alone: raw_usbfs node=/dev/bus/usb/BBB/DDD [size=N] [depth=N] [total=N] */
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../measure.h"

enum { DEPTH_MAX = 32, PIPE = 0x81 };

static struct usbdevfs_urb urbs[DEPTH_MAX];

int main(int argc, char **argv)
{
    int size = (int)arg_number(argc, argv, "size", 1 << 20), depth = (int)arg_number(argc, argv, "depth", 4);
    uint64_t total = (uint64_t)arg_number(argc, argv, "total", 32 << 20);
    int fd = open(arg_text(argc, argv, "node", ""), O_RDWR | O_CLOEXEC);
    unsigned interface = 0;
    if (fd < 0 || ioctl(fd, USBDEVFS_CLAIMINTERFACE, &interface) < 0)
        die("the device");
    for (int i = 0; i < depth; i++)
        urbs[i] = (struct usbdevfs_urb){.type = USBDEVFS_URB_TYPE_BULK, .endpoint = PIPE, .buffer = malloc((size_t)size), .buffer_length = size};
    uint64_t begun = now_ns(), got = 0, asked = 0;
    double cpu = cpu_seconds();
    for (int i = 0; i < depth && asked < total; i++, asked += (uint64_t)size)
        if (ioctl(fd, USBDEVFS_SUBMITURB, &urbs[i]) < 0)
            die("SUBMITURB");
    while (got < total) {
        struct usbdevfs_urb *done;
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        poll(&ready, 1, -1);
        while (ioctl(fd, USBDEVFS_REAPURBNDELAY, &done) == 0) {
            if (done->status != 0)
                die("a read");
            got += (uint64_t)done->actual_length;
            if (asked < total) {
                if (ioctl(fd, USBDEVFS_SUBMITURB, done) < 0)
                    die("SUBMITURB");
                asked += (uint64_t)size;
            }
        }
    }
    report("mb_s", (double)got * 1e3 / (double)(now_ns() - begun));
    report("cpu_us_mb", (cpu_seconds() - cpu) * 1e12 / (double)got);
    report_end();
    return 0;
}
