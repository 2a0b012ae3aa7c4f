/* SPDX-License-Identifier: MIT */
/* A virtual USB device of one's own, and a program that uses it by WinUSB. The device is a
 * thermometer: interrupt IN 81 tells the temperature (2 bytes, tenths of a degree) each time it has
 * changed; vendor request 1 sets it, request 2 gives it. */
#include <overlapped.h>
#include <windows.h>
#include <winusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The device: descriptors, and functions that the bus calls one at a time */
static const uint8_t device_descriptor[] = {18,   1,    0x10, 2, 0xff, 0, 0, 64, 0x09,
                                            0x12, 0x05, 0,    0, 1,    1, 2, 3,  1};
static const uint8_t configuration[] = {
    9, 2, 25,   0, 1, 1,    0, 0x80, 50, /* 25 bytes, one interface, 100 mA */
    9, 4, 0,    0, 1, 0xff, 0, 0,    0,  /* interface 0: vendor specific, one endpoint */
    7, 5, 0x81, 3, 2, 0,    4, /* endpoint 81: interrupt IN, 2 bytes, each 8 microframes */
};

struct thermometer {
    uint16_t tenths; /* little-endian, as USB has it */
    int changed;
};

static int64_t control(void *context, struct ovl_usb_device *device,
                       const struct ovl_usb_setup *setup, void *data)
{
    struct thermometer *thermometer = context;
    if (setup->type == 0x40 && setup->request == 1) {
        thermometer->tenths = setup->value;
        thermometer->changed = 1;
        ovl_usb_ready(device, 0x81); /* who waits at the endpoint is served now */
        return 0;
    }
    if (setup->type != 0xc0 || setup->request != 2 || setup->length != 2)
        return OVL_USB_STALL;
    memcpy(data, &thermometer->tenths, 2);
    return 2;
}

static int64_t in(void *context, struct ovl_usb_device *device, uint8_t endpoint, uint16_t stream,
                  void *buffer, uint32_t room)
{
    struct thermometer *thermometer = context;
    if (!thermometer->changed || room < 2)
        return OVL_USB_NAK; /* asked again after ovl_usb_ready */
    thermometer->changed = 0;
    memcpy(buffer, &thermometer->tenths, 2);
    return 2;
}

/* ---- The program */
static void check(BOOL good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s: error %u\n", what, (unsigned)GetLastError());
        exit(1);
    }
}

int main(void)
{
    static struct thermometer thermometer = {.tenths = 215};
    const struct ovl_usb_model model = {.size = sizeof model,
                                        .device_descriptor = device_descriptor,
                                        .configuration = configuration,
                                        .configuration_length = sizeof configuration,
                                        .strings = {NULL, "Example", "Thermometer", "0001"},
                                        .os_vendor_code = 0x20,
                                        .interface_guid = "{9c1d2f6e-52a7-4c0b-8d1e-746865726d6f}",
                                        .control = control,
                                        .in = in};
    struct ovl_usb_device *plugged;
    check(ovl_usb_attach_model(&model, &thermometer, "speed=high", &plugged) == 0, "attach");
    HANDLE device = CreateFileA(
        "\\\\.\\usb#vid_1209&pid_0005#0001#{9c1d2f6e-52a7-4c0b-8d1e-746865726d6f}",
        GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    WINUSB_INTERFACE_HANDLE usb;
    check(device != INVALID_HANDLE_VALUE && WinUsb_Initialize(device, &usb), "the device");
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD moved;
    USHORT tenths;
    WinUsb_ReadPipe(usb, 0x81, (PUCHAR)&tenths, 2, NULL, &overlapped); /* waits for a change */
    WINUSB_SETUP_PACKET setup = {0x40, 1, 234, 0, 0};
    check(WinUsb_ControlTransfer(usb, setup, NULL, 0, NULL, NULL), "the request");
    check(WinUsb_GetOverlappedResult(usb, &overlapped, &moved, TRUE), "the read");
    printf("The thermometer says %d.%d degrees\n", tenths / 10, tenths % 10);
    WinUsb_Free(usb);
    CloseHandle(overlapped.hEvent);
    CloseHandle(device);
    ovl_usb_detach(plugged);
    return 0;
}
