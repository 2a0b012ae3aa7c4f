/* SPDX-License-Identifier: MIT */
/* usbtest NUMBER [ITERATIONS [LENGTH [VARY [SG]]]]: one test of the kernel's own `usbtest` driver, on the interface that the driver has (found in
 * sysfs). Asked for through usbfs, as the kernel's documentation describes. Exit status 0: passed, 77: the driver says that the device or
 * its controller has not got it. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/usbdevice_fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct usbtest_param {
    uint32_t test, iterations, length, vary, sg;
    int64_t seconds, microseconds;
};
#define USBTEST_REQUEST _IOWR('U', 100, struct usbtest_param)

static unsigned number_of(const char *folder, const char *attribute)
{
    char path[256];
    unsigned number = 0;
    snprintf(path, sizeof path, "%s/../%s", folder, attribute);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%u", &number) != 1)
        printf("%s cannot be read\n", path);
    if (file != NULL)
        fclose(file);
    return number;
}

/* The device's node, opened, and the number of the interface. */
static int interface_open(unsigned *interface)
{
    glob_t found;
    if (glob("/sys/bus/usb/drivers/usbtest/*:*", 0, NULL, &found) != 0) {
        printf("no interface has the usbtest driver\n");
        return -1;
    }
    char link[256], node[64];
    if (realpath(found.gl_pathv[0], link) == NULL)
        return -1;
    *interface = (unsigned)strtoul(strrchr(link, '.') + 1, NULL, 10);
    snprintf(node, sizeof node, "/dev/bus/usb/%03u/%03u", number_of(link, "busnum"), number_of(link, "devnum"));
    globfree(&found);
    return open(node, O_RDWR | O_CLOEXEC);
}

int main(int argc, char **argv)
{
    uint32_t given[5] = {0, 100, 512, 0, 8};
    for (int i = 1; i < argc && i <= 5; i++)
        given[i - 1] = (uint32_t)strtoul(argv[i], NULL, 10);
    unsigned interface;
    int fd = interface_open(&interface);
    if (fd < 0)
        return 1;
    struct usbtest_param param = {.test = given[0], .iterations = given[1], .length = given[2], .vary = given[3], .sg = given[4]};
    struct usbdevfs_ioctl request = {.ifno = (int)interface, .ioctl_code = (int)USBTEST_REQUEST, .data = &param};
    int error = ioctl(fd, USBDEVFS_IOCTL, &request) < 0 ? errno : 0;
    close(fd);
    if (error == EOPNOTSUPP) {
        printf("SKIP usbtest has no test %u for this device\n", given[0]);
        return 77;
    }
    printf("test %u, %u times, %u bytes: %s, %.3f s\n", given[0], given[1], given[2], error == 0 ? "passed" : strerror(error),
           (double)param.seconds + (double)param.microseconds / 1e6);
    return error != 0;
}
