/* SPDX-License-Identifier: MIT */
/* WinUSB's power policies: a device that may idle is suspended when nothing happens, wakes for what
 * a program does and for what it has to say itself, and RESET_PIPE_ON_RESUME. */
#include "usb_device.h"

static const uint8_t device_descriptor[18] = {18,   1,    0x10, 0x02, 0xff, 0, 0, 64, 0x09,
                                              0x12, 0x79, 0,    0,    1,    0, 0, 0,  1};
/* clang-format off */
static const uint8_t config_wakes[] = {9, 2, 39, 0, 1, 1, 0, 0xa0, 50, 9, 4, 0, 0, 3, 0xff, 0, 0, 0,
                                       7, 5, 0x81, 3, 8, 0, 4, 7, 5, 0x02, 2, 0, 2, 0, 7, 5, 0x83, 2, 0, 2, 0};
/* clang-format on */

struct sleeper {
    volatile LONG suspended, suspends, resumes, has_data, stalls;
};

static void power(void *context, struct ovl_usb_device *it, int is_suspended)
{
    struct sleeper *sleeper = context;
    (void)it;
    InterlockedIncrement(is_suspended ? &sleeper->suspends : &sleeper->resumes);
    tap_write(sleeper->suspended, is_suspended);
}

static int64_t answer(void *context, struct ovl_usb_device *it, const struct ovl_usb_setup *setup,
                      void *data)
{
    (void)context, (void)it;
    if (setup->type & 0x80)
        memset(data, 0x11, setup->length);
    return setup->length;
}

static int64_t give(void *context, struct ovl_usb_device *it, uint8_t endpoint, uint16_t stream,
                    void *buffer, uint32_t room)
{
    struct sleeper *sleeper = context;
    (void)it, (void)stream;
    if (endpoint == 0x83 && tap_read(sleeper->stalls))
        return OVL_USB_STALL;
    if (endpoint == 0x81 && InterlockedExchange(&sleeper->has_data, 0) && room >= 1) {
        *(UCHAR *)buffer = 0x42;
        return 1;
    }
    return OVL_USB_NAK;
}

static int64_t take(void *context, struct ovl_usb_device *it, uint8_t endpoint, uint16_t stream,
                    const void *data, uint32_t length)
{
    (void)context, (void)it, (void)endpoint, (void)stream, (void)data;
    return length;
}

static struct sleeper sleeper;

static void attach(const uint8_t *config, const char *options)
{
    static struct ovl_usb_model model = {.size = sizeof model,
                                         .device_descriptor = device_descriptor,
                                         .configuration_length = sizeof config_wakes,
                                         .interface_guid = "{6c1f1d52-3a0e-4f27-9c8e-706f77657200}",
                                         .os_vendor_code = 0x20,
                                         .control = answer,
                                         .in = give,
                                         .out = take,
                                         .suspended = power};
    model.configuration = config;
    memset(&sleeper, 0, sizeof sleeper);
    model_attach(&model, &sleeper, options);
}

/* Its state is `wanted` within our patience. */
static BOOL becomes(LONG wanted)
{
    DWORD begin = GetTickCount();
    while (tap_read(sleeper.suspended) != wanted && GetTickCount() - begin < PATIENCE_MS)
        Sleep(1);
    return tap_read(sleeper.suspended) == wanted;
}

static BOOL request(void)
{
    UCHAR byte = 0;
    ULONG moved;
    WINUSB_SETUP_PACKET setup = {0xc0, 1, 0, 0, 1};
    return WinUsb_ControlTransfer(usb, setup, &byte, 1, &moved, NULL) && byte == 0x11;
}

static void idling(void)
{
    ULONG moved, delay = 0, length = sizeof delay;
    UCHAR bytes[64] = {0}, state = 0;
    attach(config_wakes, "speed=high,idle=30");
    ok(WinUsb_GetPowerPolicy(usb, SUSPEND_DELAY, &length, &delay) && delay == 30,
       "SUSPEND_DELAY is DefaultIdleTimeout");
    length = 1;
    ok(WinUsb_GetPowerPolicy(usb, AUTO_SUSPEND, &length, &state) && state == 1,
       "AUTO_SUSPEND is DefaultIdleState");
    ok(becomes(1), "nothing happens: it is suspended");
    ok(request() && tap_read(sleeper.resumes) == 1, "a control transfer wakes it and is answered");
    ok(becomes(1), "then it sleeps again");
    ok(WinUsb_WritePipe(usb, 0x02, bytes, 64, &moved, NULL) && tap_read(sleeper.resumes) == 2,
       "a write wakes it");
    ok(becomes(1) && WinUsb_ResetPipe(usb, 0x02) && tap_read(sleeper.resumes) == 3,
       "ResetPipe does");
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    ok(becomes(1), "it sleeps");
    WinUsb_ReadPipe(usb, 0x81, bytes, 8, NULL, &overlapped);
    is_int(tap_read(sleeper.resumes), 4, "a read wakes it when it is submitted");
    ok(becomes(1), "and does not keep it awake");
    tap_write(sleeper.has_data, 1);
    ovl_usb_ready(plugged, 0x81);
    DWORD got = 0;
    ok(WinUsb_GetOverlappedResult(usb, &overlapped, &got, TRUE) && got == 1 && bytes[0] == 0x42,
       "a device with data wakes the host");
    ok(becomes(1), "and sleeps again");
    ok(request(), "wakes for a request");
    char *text = NULL;
    ok(becomes(1) && ovl_usb_describe(device_name(), 0, &text) == 0,
       "its descriptors can be read while it sleeps");
    ok(text != NULL && strstr(text, "1209") != NULL, "and are told");
    ovl_free(text);
    ok(request(), "a request afterwards");
    CloseHandle(overlapped.hEvent);
    ok(becomes(1), "sleeps");
    LONG resumes = tap_read(sleeper.resumes);
    WinUsb_Free(usb);
    CloseHandle(device);
    is_int(tap_read(sleeper.resumes), resumes + 1, "closing wakes it for the next");
    device_open_newest();
    device_detach();
}

static void policies(void)
{
    UCHAR off = FALSE, on = TRUE;
    ULONG delay = 20;
    attach(config_wakes, "speed=high,idle=600000");
    ok(WinUsb_SetPowerPolicy(usb, SUSPEND_DELAY, sizeof delay, &delay), "SUSPEND_DELAY 20");
    ok(request() && becomes(1), "holds from the next transfer on");
    ok(WinUsb_SetPowerPolicy(usb, AUTO_SUSPEND, sizeof off, &off) && becomes(0),
       "AUTO_SUSPEND off wakes it");
    settle();
    ok(request() && tap_read(sleeper.suspended) == 0, "and it stays awake");
    ok(WinUsb_SetPowerPolicy(usb, AUTO_SUSPEND, sizeof on, &on) && becomes(1), "on: it sleeps");
    fails_with(WinUsb_SetPowerPolicy(usb, AUTO_SUSPEND, sizeof delay, &delay),
               ERROR_INVALID_PARAMETER, "another length");
    device_detach();
}

/* Only a device whose registry has DeviceIdleEnabled idles, and only one that can wake the host. */
static void not_idling(void)
{
    static uint8_t config[sizeof config_wakes];
    ULONG delay = 10;
    memcpy(config, config_wakes, sizeof config);
    attach(config_wakes, "speed=high");
    WinUsb_SetPowerPolicy(usb, SUSPEND_DELAY, sizeof delay, &delay);
    ok(request(), "a request");
    settle();
    is_int(tap_read(sleeper.suspends), 0, "without DeviceIdleEnabled it stays awake");
    device_detach();
    config[7] = 0x80;
    attach(config, "speed=high,idle=10");
    ok(request(), "a request");
    settle();
    is_int(tap_read(sleeper.suspends), 0, "one that cannot wake the host, too");
    device_detach();
}

static void reset_on_resume(void)
{
    UCHAR bytes[512], on = TRUE;
    ULONG moved;
    for (int with = 0; with < 2; with++) {
        attach(config_wakes, "speed=high,idle=20");
        if (with)
            ok(WinUsb_SetPipePolicy(usb, 0x83, RESET_PIPE_ON_RESUME, sizeof on, &on),
               "RESET_PIPE_ON_RESUME");
        tap_write(sleeper.stalls, 1);
        fails_with(WinUsb_ReadPipe(usb, 0x83, bytes, 512, &moved, NULL), ERROR_GEN_FAILURE,
                   "a read is stalled");
        tap_write(sleeper.stalls, 0);
        ok(becomes(1), "the device is suspended");
        ULONG timeout = 50;
        WinUsb_SetPipePolicy(usb, 0x83, PIPE_TRANSFER_TIMEOUT, sizeof timeout, &timeout);
        if (with)
            fails_with(WinUsb_ReadPipe(usb, 0x83, bytes, 512, &moved, NULL), ERROR_SEM_TIMEOUT,
                       "after the resume the pipe waits for data");
        else
            fails_with(WinUsb_ReadPipe(usb, 0x83, bytes, 512, &moved, NULL), ERROR_GEN_FAILURE,
                       "without it the pipe is still halted");
        device_detach();
    }
}

static void unplugged_asleep(void)
{
    attach(config_wakes, "speed=high,idle=10");
    ok(becomes(1), "it sleeps");
    is_int(ovl_usb_plug(plugged, 0), 0, "and is pulled");
    fails_with(WinUsb_ResetPipe(usb, 0x02), ERROR_NO_SUCH_DEVICE, "it is gone");
    device_detach();
}

int main(void)
{
    tap_begin();
    part(idling);
    part(policies);
    part(not_idling);
    part(reset_on_resume);
    part(unplugged_asleep);
    return tap_end();
}
