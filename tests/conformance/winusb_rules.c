/* SPDX-License-Identifier: MIT */
/* WinUSB: rules that need a device of a certain shape or a bus that stands still: a device without
 * interfaces, packet limits, too few descriptors, transfers that follow each other, are late
 * altogether, or hold their buffer; and every call with no handle. */
#include "usb_device.h"

#include <initguid.h>
#include <cfgmgr32.h>

/* {6c1f1d52-3a0e-4f27-9c8e-626164646576} */
DEFINE_GUID(guid_bad, 0x6c1f1d52, 0x3a0e, 0x4f27, 0x9c, 0x8e, 0x62, 0x61, 0x64, 0x64, 0x65, 0x76);

enum { FRAMES = 2 };

static ULONG frame_now(void)
{
    ULONG frame = 0;
    LARGE_INTEGER stamp;
    WinUsb_GetCurrentFrameNumber(usb, &frame, &stamp);
    return frame;
}

/* ---- No handle
 * ----------------------------------------------------------------------------------- */

static void no_handles(void)
{
    UCHAR byte = 0;
    ULONG length = 1, got = 0;
    WINUSB_INTERFACE_HANDLE other;
    WINUSB_ISOCH_BUFFER_HANDLE buffer;
    WINUSB_PIPE_INFORMATION pipe;
    WINUSB_PIPE_INFORMATION_EX pipe_ex;
    USB_INTERFACE_DESCRIPTOR setting;
    WINUSB_SETUP_PACKET setup = {0};
    OVERLAPPED overlapped = {0};
    LARGE_INTEGER stamp;
    USBD_ISO_PACKET_DESCRIPTOR packet;
    USB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION frame = {0};
    USB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION stop = {0};
    USB_START_TRACKING_FOR_TIME_SYNC_INFORMATION start = {0};
#define refused(call) fails_with(call, ERROR_INVALID_HANDLE, #call)
    refused(WinUsb_Free(NULL));
    refused(WinUsb_GetAssociatedInterface(NULL, 0, &other));
    refused(WinUsb_GetDescriptor(NULL, 1, 0, 0, &byte, 1, &got));
    refused(WinUsb_QueryInterfaceSettings(NULL, 0, &setting));
    refused(WinUsb_QueryDeviceInformation(NULL, DEVICE_SPEED, &length, &byte));
    refused(WinUsb_SetCurrentAlternateSetting(NULL, 0));
    refused(WinUsb_GetCurrentAlternateSetting(NULL, &byte));
    refused(WinUsb_QueryPipe(NULL, 0, 0, &pipe));
    refused(WinUsb_QueryPipeEx(NULL, 0, 0, &pipe_ex));
    refused(WinUsb_SetPipePolicy(NULL, 0x81, RAW_IO, 1, &byte));
    refused(WinUsb_GetPipePolicy(NULL, 0x81, RAW_IO, &length, &byte));
    refused(WinUsb_ReadPipe(NULL, 0x81, &byte, 1, &got, NULL));
    refused(WinUsb_WritePipe(NULL, 0x01, &byte, 1, &got, NULL));
    refused(WinUsb_ControlTransfer(NULL, setup, NULL, 0, &got, NULL));
    refused(WinUsb_ResetPipe(NULL, 0x81));
    refused(WinUsb_AbortPipe(NULL, 0x81));
    refused(WinUsb_FlushPipe(NULL, 0x81));
    refused(WinUsb_SetPowerPolicy(NULL, AUTO_SUSPEND, 1, &byte));
    refused(WinUsb_GetPowerPolicy(NULL, AUTO_SUSPEND, &length, &byte));
    refused(WinUsb_GetOverlappedResult(NULL, &overlapped, (LPDWORD)&got, FALSE));
    refused(WinUsb_RegisterIsochBuffer(NULL, 0x83, &byte, 1, &buffer));
    refused(WinUsb_UnregisterIsochBuffer(NULL));
    refused(WinUsb_WriteIsochPipe(NULL, 0, 1, &got, &overlapped));
    refused(WinUsb_ReadIsochPipe(NULL, 0, 1, &got, 1, &packet, &overlapped));
    refused(WinUsb_WriteIsochPipeAsap(NULL, 0, 1, FALSE, &overlapped));
    refused(WinUsb_ReadIsochPipeAsap(NULL, 0, 1, FALSE, 1, &packet, &overlapped));
    refused(WinUsb_GetCurrentFrameNumber(NULL, &got, &stamp));
    refused(WinUsb_StartTrackingForTimeSync(NULL, &start));
    refused(WinUsb_GetCurrentFrameNumberAndQpc(NULL, &frame));
    refused(WinUsb_StopTrackingForTimeSync(NULL, &stop));
}

/* ---- No interface
 * --------------------------------------------------------------------------------- */

static void bad_device(void)
{
    static const uint8_t descriptor[18] = {18,   1,    0x10, 0x02, 0xff, 0, 0, 64, 0x09,
                                           0x12, 0x7a, 0,    0,    1,    0, 0, 0,  1};
    static const uint8_t config[9] = {9, 2, 9, 0, 0, 1, 0, 0x80, 50};
    static const struct ovl_usb_model model = {.size = sizeof model,
                                               .device_descriptor = descriptor,
                                               .configuration = config,
                                               .configuration_length = sizeof config,
                                               .os_vendor_code = 0x20,
                                               .interface_guid =
                                                   "{6c1f1d52-3a0e-4f27-9c8e-626164646576}"};
    WINUSB_INTERFACE_HANDLE handle;
    struct ovl_usb_device *it;
    DWORD error = ovl_usb_attach_model(&model, NULL, NULL, &it);
    if (error != 0) {
        is_int(error, ERROR_INVALID_PARAMETER, "a device without interfaces does not come to be");
        return;
    }
    char path[300] = "";
    ok(CM_Get_Device_Interface_ListA((GUID *)&guid_bad, NULL, path, sizeof path,
                                     CM_GET_DEVICE_INTERFACE_LIST_PRESENT) == CR_SUCCESS &&
           path[0] != 0,
       "a device without interfaces is listed");
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED, NULL);
    ok(file != INVALID_HANDLE_VALUE, "and opens: %s", path);
    fails_with(WinUsb_Initialize(file, &handle), ERROR_BAD_DEVICE, "but has no default interface");
    CloseHandle(file);
    ovl_usb_detach(it);
}

/* ---- Isochronous
 * ------------------------------------------------------------------------------------ */

static UCHAR memory[1032 * 1024];
static USBD_ISO_PACKET_DESCRIPTOR packets[1032];
static WINUSB_ISOCH_BUFFER_HANDLE reading, writing;
static ULONG in_frame, packet_bytes;

static void iso_open(const char *speed)
{
    WINUSB_PIPE_INFORMATION_EX pipe;
    UCHAR i = 0;
    device_attach("mutt", speed);
    in_frame = strstr(speed, "full") ? 1 : 8;
    while (WinUsb_QueryPipeEx(usb, 1, i, &pipe) && pipe.PipeType != UsbdPipeTypeIsochronous)
        i++;
    packet_bytes = pipe.MaximumBytesPerInterval;
    ok(WinUsb_SetCurrentAlternateSetting(usb, 1) &&
           WinUsb_RegisterIsochBuffer(usb, 0x83, memory, sizeof memory, &reading) &&
           WinUsb_RegisterIsochBuffer(usb, 0x03, memory, sizeof memory, &writing),
       "%s: buffers", speed);
}

static void iso_close(void)
{
    WinUsb_UnregisterIsochBuffer(reading);
    WinUsb_UnregisterIsochBuffer(writing);
    device_detach();
}

/* 1024 packets in a transfer, 255 at full speed. */
static void limits(void)
{
    static const char *const speeds[] = {"speed=full", "speed=high"};
    for (int i = 0; i < 2; i++) {
        OVERLAPPED overlapped = {.hEvent = event_manual()};
        DWORD moved;
        iso_open(speeds[i]);
        ovl_usb_clock(8000);
        ULONG most = in_frame == 1 ? 255 : 1024;
        is_int(finish(WinUsb_ReadIsochPipeAsap(reading, 0, most * packet_bytes, FALSE, most,
                                               packets, &overlapped),
                      &overlapped, &moved),
               0, "%u packets", (unsigned)most);
        ULONG more = most + in_frame;
        is_int(finish(WinUsb_ReadIsochPipeAsap(reading, 0, more * packet_bytes, FALSE, more,
                                               packets, &overlapped),
                      &overlapped, &moved),
               ERROR_INVALID_PARAMETER, "%u are too many: the transfer fails", (unsigned)more);
        is_int(
            finish(WinUsb_WriteIsochPipeAsap(writing, 0, more * packet_bytes, FALSE, &overlapped),
                   &overlapped, &moved),
            ERROR_INVALID_PARAMETER, "also of a write");
        fails_with(WinUsb_ReadIsochPipeAsap(reading, 0, 2 * in_frame * packet_bytes, FALSE,
                                            2 * in_frame - 1, packets, &overlapped),
                   ERROR_INVALID_PARAMETER, "fewer descriptors than packets");
        ovl_usb_clock(1000);
        CloseHandle(overlapped.hEvent);
        iso_close();
    }
}

/* Without ContinueStream a transfer still follows what is pending directly. */
static void following(void)
{
    OVERLAPPED overlapped[3] = {
        {.hEvent = event_manual()}, {.hEvent = event_manual()}, {.hEvent = event_manual()}};
    ULONG count = FRAMES * in_frame;
    DWORD moved;
    iso_open("speed=high");
    count = FRAMES * in_frame;
    ovl_usb_clock(0);
    for (ULONG i = 0; i < 3; i++)
        WinUsb_ReadIsochPipeAsap(reading, i * count * packet_bytes, count * packet_bytes, FALSE,
                                 count, packets + i * count, &overlapped[i]);
    ovl_usb_clock(1000);
    ULONGLONG first = 0, each;
    ULONG wrong = 0;
    for (ULONG i = 0; i < 3; i++) {
        ok(WinUsb_GetOverlappedResult(usb, &overlapped[i], &moved, TRUE),
           "a read without ContinueStream");
        CloseHandle(overlapped[i].hEvent);
    }
    memcpy(&first, memory, sizeof first);
    for (ULONG i = 0; i < 3 * count; i++) {
        memcpy(&each, memory + i * packet_bytes, sizeof each);
        wrong += each != first + i;
    }
    is_int(wrong, 0, "no gap between them");
    /* When nothing is pending any more a continuation has missed its frame. */
    OVERLAPPED late = {.hEvent = event_manual()};
    ovl_usb_clock(0);
    ovl_usb_clock_step(16 * 8);
    is_int(finish(WinUsb_ReadIsochPipeAsap(reading, 0, count * packet_bytes, TRUE, count, packets,
                                           &late),
                  &late, &moved),
           ERROR_INVALID_PARAMETER, "ContinueStream too late: the transfer fails");
    ovl_usb_clock(1000);
    CloseHandle(late.hEvent);
    iso_close();
}

/* A start frame that has passed by more than the transfer is long. */
static void all_late(void)
{
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    DWORD moved;
    iso_open("speed=high");
    ULONG count = FRAMES * in_frame, next = frame_now() - 20, start = next, good = 0;
    is_int(finish(WinUsb_ReadIsochPipe(reading, 0, count * packet_bytes, &next, count, packets,
                                       &overlapped),
                  &overlapped, &moved),
           ERROR_GEN_FAILURE, "all packets are late: the transfer fails");
    is_int(next, start + FRAMES, "the frame behind it is told all the same");
    for (ULONG i = 0; i < count; i++)
        good += packets[i].Status == USBD_STATUS_SUCCESS || packets[i].Length != 0;
    is_int(good, 0, "each says so");
    next = frame_now() - 1024;
    is_int(finish(WinUsb_ReadIsochPipe(reading, 0, count * packet_bytes, &next, count, packets,
                                       &overlapped),
                  &overlapped, &moved),
           ERROR_INVALID_PARAMETER, "1024 frames back: the request is bad");
    CloseHandle(overlapped.hEvent);
    iso_close();
}

static volatile LONG unregistered;

static DWORD WINAPI unregister(void *buffer)
{
    BOOL done = WinUsb_UnregisterIsochBuffer(buffer);
    tap_write(unregistered, 1);
    return done;
}

static void unregistering(void)
{
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    DWORD moved;
    iso_open("speed=high");
    ovl_usb_clock(0);
    ULONG next = frame_now() + 10;
    WinUsb_WriteIsochPipe(writing, 0, FRAMES * in_frame * packet_bytes, &next, &overlapped);
    HANDLE thread = thread_start(unregister, writing);
    settle();
    is_int(tap_read(unregistered), 0, "UnregisterIsochBuffer waits for a transfer");
    ovl_usb_clock(1000);
    ok(WinUsb_GetOverlappedResult(usb, &overlapped, &moved, TRUE), "which ends");
    is_int(thread_join(thread), TRUE, "then it returns");
    CloseHandle(overlapped.hEvent);
    WinUsb_UnregisterIsochBuffer(reading);
    device_detach();
}

int main(void)
{
    tap_begin();
    part(no_handles);
    part(bad_device);
    part(limits);
    part(following);
    part(all_late);
    part(unregistering);
    return tap_end();
}
