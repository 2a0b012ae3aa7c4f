/* SPDX-License-Identifier: MIT */
/* usbfs NAME: one check of a real host (usbfs, or what OVERLAPPED_USB says) against a real kernel, inside the guest of run.sh. Linked
 * statically and to the usb layer itself. Exit status 0: all went as it should. */
#include <stdarg.h>

#include "check.h"

struct usb_device *device;
_Atomic uint32_t ended;

void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    exit(1);
}

void device_find(uint16_t vendor, uint16_t product)
{
    setenv("OVERLAPPED_USB", "usbfs", 0);
    uint32_t count;
    struct usb_device **list = usb_list(&count);
    for (uint32_t i = 0; i < count && device == NULL; i++)
        if (list[i]->id.descriptor.vendor == vendor && list[i]->id.descriptor.product == product)
            usb_device_reference(device = list[i]);
    usb_list_free(list, count);
    CHECK(device != NULL, "no device %04x:%04x among %u", vendor, product, count);
    int error = usb_device_open(device);
    CHECK(error == 0, "open: %s", strerror(-error));
    printf("%s: %s, %s\n", device->id.path, device->id.manufacturer, device->id.product);
}

struct usb_pipe *pipe_get(uint8_t address)
{
    struct usb_pipe *pipe = usb_device_pipe(device, address);
    CHECK(pipe != NULL, "no pipe %02x", address);
    return pipe;
}

void claim(uint8_t interface)
{
    int error = usb_device_claim(device, interface);
    CHECK(error == 0, "claim: %s", strerror(-error));
}

void setting_select(uint8_t interface, uint8_t setting)
{
    int error = usb_device_set_interface(device, interface, setting);
    CHECK(error == 0, "set interface: %s", strerror(-error));
}

int move(struct usb_pipe *pipe, void *buffer, uint32_t length, uint32_t *actual)
{
    struct urb urb = {.device = device, .pipe = pipe, .buffer = buffer, .length = length, .timeout_ms = 20000};
    int error = urb_run(&urb);
    *actual = urb.actual;
    return error;
}

void counted_done(struct urb *urb)
{
    (void)urb;
    atomic_fetch_add(&ended, 1);
    futex_wake(&ended, 1);
}

void ended_wait(uint32_t count)
{
    for (uint32_t n; (n = atomic_load(&ended)) < count;)
        futex_wait(&ended, n, FUTEX_NO_DEADLINE);
}

static void isoch_out_short(void) { isoch_out(16, 10, 60); }
static void isoch_out_long(void) { isoch_out(4, 300, 8); }
static void isoch_in_short(void) { isoch_in(16, 10, 60); }
static void isoch_in_long(void) { isoch_in(4, 300, 8); }
static void storage_copied(void) { storage(false); }
static void storage_mapped(void) { storage(true); }
static void driver_kept(void) { driver(false); }
static void driver_detached(void) { driver(true); }

static const struct {
    const char *name;
    void (*run)(void);
} all[] = {
    {"isoout", isoch_out_short}, {"isoout-long", isoch_out_long}, {"isoin", isoch_in_short}, {"isoin-long", isoch_in_long},
    {"storage", storage_copied}, {"mapped", storage_mapped}, {"memory", memory}, {"memory-never", memory_never}, {"loopback", loopback},
    {"loopback-streams", loopback_streams}, {"serial", serial}, {"uas", uas}, {"unplug", unplug_bulk},
    {"unplug-isoch", unplug_isoch}, {"plug", plug}, {"denied", denied}, {"driver", driver_kept}, {"detach", driver_detached},
};

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc > 1 && i < sizeof all / sizeof *all; i++)
        if (strcmp(argv[1], all[i].name) == 0) {
            all[i].run();
            return 0;
        }
    fail("usbfs NAME: what is '%s'?", argc > 1 ? argv[1] : "");
}
