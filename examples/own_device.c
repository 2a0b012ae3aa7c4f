/* SPDX-License-Identifier: MIT */
/* A virtual USB device of one's own, and a program that uses it by WinUSB. The device is a thermometer: interrupt IN 81 tells the
 * temperature (2 bytes, tenths of a degree) each time it has changed; vendor request 1 sets it, request 2 gives it. */
#include <overlapped.h>
#include <windows.h>
#include <winusb.h>
#include <stdio.h>

/* ---- The device: descriptors, and functions that the bus calls one at a time --------------------------------------------- */

static const uint8_t device_descriptor[] = {18, 1, 0x10, 0x02, 0xff, 0, 0, 64, 0x09, 0x12, 0x05, 0, 0, 1, 1, 2, 0, 1};
static const uint8_t configuration[] = {
    9, 2, 25, 0, 1, 1, 0, 0x80, 50,  /* 25 bytes, one interface, 100 mA */
    9, 4, 0, 0, 1, 0xff, 0, 0, 0,    /* interface 0: vendor specific, one endpoint */
    7, 5, 0x81, 3, 2, 0, 4,          /* endpoint 81: interrupt IN, 2 bytes, each 8 microframes */
};

struct thermometer {
    uint16_t tenths;
    int changed;
};

static void reset(void *context, struct ovl_usb_device *device)
{
    *(struct thermometer *)context = (struct thermometer){.tenths = 215};
}

static int64_t control(void *context, struct ovl_usb_device *device, const struct ovl_usb_setup *setup, void *data)
{
    struct thermometer *thermometer = context;
    uint8_t *bytes = data;
    if (setup->type == 0x40 && setup->request == 1) {
        thermometer->tenths = setup->value;
        thermometer->changed = 1;
        ovl_usb_ready(device, 0x81); /* who waits at the endpoint is served now */
        return 0;
    }
    if (setup->type != 0xc0 || setup->request != 2 || setup->length != 2)
        return OVL_USB_STALL;
    bytes[0] = thermometer->tenths & 0xff;
    bytes[1] = thermometer->tenths >> 8;
    return 2;
}

static int64_t in(void *context, struct ovl_usb_device *device, uint8_t endpoint, uint16_t stream, void *buffer, uint32_t room)
{
    struct thermometer *thermometer = context;
    if (!thermometer->changed || room < 2)
        return OVL_USB_NAK; /* asked again after ovl_usb_ready */
    thermometer->changed = 0;
    ((uint8_t *)buffer)[0] = thermometer->tenths & 0xff;
    ((uint8_t *)buffer)[1] = thermometer->tenths >> 8;
    return 2;
}

/* ---- The program ----------------------------------------------------------------------------------------------------------- */

static int failed(const char *what)
{
    fprintf(stderr, "%s: error %u\n", what, (unsigned)GetLastError());
    return 1;
}

int main(void)
{
    static struct thermometer thermometer;
    const struct ovl_usb_model model = {.size = sizeof model, .device_descriptor = device_descriptor, .configuration = configuration,
                                        .configuration_length = sizeof configuration, .strings = {NULL, "Example", "Thermometer"},
                                        .interface_guid = "{9c1d2f6e-52a7-4c0b-8d1e-746865726d6f}", .os_vendor_code = 0x20,
                                        .reset = reset, .control = control, .in = in};
    struct ovl_usb_device *plugged;
    SetLastError(ovl_usb_attach_model(&model, &thermometer, "speed=high", &plugged));
    if (GetLastError() != 0)
        return failed("ovl_usb_attach_model");
    struct ovl_usb_info *list;
    uint32_t count;
    char *path = NULL;
    if (ovl_usb_list(&list, &count) != 0 || ovl_usb_winusb(list[count - 1].path, 0, &path) != 0)
        return failed("its path");
    HANDLE device = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    WINUSB_INTERFACE_HANDLE usb;
    if (device == INVALID_HANDLE_VALUE || !WinUsb_Initialize(device, &usb))
        return failed("WinUsb_Initialize");
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    UCHAR bytes[2];
    DWORD moved;
    WinUsb_ReadPipe(usb, 0x81, bytes, 2, NULL, &overlapped); /* waits for a change */
    if (!WinUsb_ControlTransfer(usb, (WINUSB_SETUP_PACKET){0x40, 1, 234, 0, 0}, NULL, 0, NULL, NULL) ||
        !WinUsb_GetOverlappedResult(usb, &overlapped, &moved, TRUE))
        return failed("the thermometer");
    printf("%s says %d.%d degrees\n", list[count - 1].product, (bytes[0] | bytes[1] << 8) / 10, (bytes[0] | bytes[1] << 8) % 10);
    ovl_free(list);
    ovl_free(path);
    WinUsb_Free(usb);
    CloseHandle(overlapped.hEvent);
    CloseHandle(device);
    ovl_usb_detach(plugged);
    return 0;
}
