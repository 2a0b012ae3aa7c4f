/* SPDX-License-Identifier: MIT */
/* Isochronous transfers with WinUSB, step by step: find the isochronous pipes, select the setting
 * that has them, work out how large ten milliseconds are, and keep three transfers under way on one
 * registered buffer, out and in, first "as soon as possible", then at frames of our choice.
 *
 *   isoch_transfer [device interface path]                  (OVERLAPPED_USB=mutt gives a device to
 * try it with) */
#include <windows.h>
#include <winusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSFERS = 3, FRAMES = 10, MARGIN_FRAMES = 5 };

static const WCHAR default_path[] =
    L"\\\\?\\usb#vid_1209&pid_0001#0001#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}";

struct stream {
    WINUSB_PIPE_INFORMATION_EX pipe;
    ULONG packets; /* of one transfer */
    ULONG bytes;   /* of one transfer */
    UCHAR *buffer;
    WINUSB_ISOCH_BUFFER_HANDLE registered;
};

static void die(const char *what)
{
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    exit(1);
}

/* The first setting with an isochronous pipe in each direction. */
static UCHAR find_setting(WINUSB_INTERFACE_HANDLE usb, struct stream *out, struct stream *in)
{
    USB_INTERFACE_DESCRIPTOR setting;
    for (UCHAR n = 0; WinUsb_QueryInterfaceSettings(usb, n, &setting); n++) {
        int found = 0;
        for (UCHAR i = 0; i < setting.bNumEndpoints; i++) {
            WINUSB_PIPE_INFORMATION_EX pipe;
            if (!WinUsb_QueryPipeEx(usb, setting.bAlternateSetting, i, &pipe) ||
                pipe.PipeType != UsbdPipeTypeIsochronous)
                continue;
            *(USB_ENDPOINT_DIRECTION_IN(pipe.PipeId) ? &in->pipe : &out->pipe) = pipe;
            found |= USB_ENDPOINT_DIRECTION_IN(pipe.PipeId) ? 2 : 1;
        }
        if (found == 3)
            return setting.bAlternateSetting;
    }
    fprintf(stderr, "no setting has isochronous pipes both ways\n");
    exit(1);
}

/* A packet moves in each service interval: one in a frame at full speed, else 8 >> (bInterval - 1).
 */
static void prepare(WINUSB_INTERFACE_HANDLE usb, struct stream *stream, BOOL full_speed)
{
    ULONG in_frame = full_speed ? 1 : 8u >> (stream->pipe.Interval - 1);
    stream->packets = FRAMES * in_frame;
    stream->bytes = stream->packets * stream->pipe.MaximumBytesPerInterval;
    stream->buffer = calloc(TRANSFERS, stream->bytes);
    if (stream->buffer == NULL ||
        !WinUsb_RegisterIsochBuffer(usb, stream->pipe.PipeId, stream->buffer,
                                    TRANSFERS * stream->bytes, &stream->registered))
        die("WinUsb_RegisterIsochBuffer");
}

static void check(BOOL started, const char *what)
{
    if (!started && GetLastError() != ERROR_IO_PENDING)
        die(what);
}

/* The first frame that we surely meet. */
static ULONG frame_soon(WINUSB_INTERFACE_HANDLE usb)
{
    ULONG frame;
    LARGE_INTEGER stamp;
    if (!WinUsb_GetCurrentFrameNumber(usb, &frame, &stamp) ||
        !WinUsb_GetAdjustedFrameNumber(&frame, stamp))
        die("WinUsb_GetCurrentFrameNumber");
    return frame + MARGIN_FRAMES;
}

static void transfer_out(WINUSB_INTERFACE_HANDLE usb, struct stream *out, BOOL at_frame)
{
    OVERLAPPED overlapped[TRANSFERS] = {{0}};
    ULONG frame = at_frame ? frame_soon(usb) : 0, packets = 0;
    for (int i = 0; i < TRANSFERS; i++) {
        overlapped[i].hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (at_frame) /* frame becomes the one behind this transfer */
            check(WinUsb_WriteIsochPipe(out->registered, i * out->bytes, out->bytes, &frame,
                                        &overlapped[i]),
                  "WinUsb_WriteIsochPipe");
        else
            check(WinUsb_WriteIsochPipeAsap(out->registered, i * out->bytes, out->bytes, i > 0,
                                            &overlapped[i]),
                  "WinUsb_WriteIsochPipeAsap");
    }
    for (int i = 0; i < TRANSFERS; i++) {
        DWORD bytes; /* always 0: an isochronous transfer moves packets */
        if (!WinUsb_GetOverlappedResult(usb, &overlapped[i], &bytes, TRUE))
            die("isochronous write");
        packets += out->packets;
        CloseHandle(overlapped[i].hEvent);
    }
    printf("out, %s: %lu packets\n", at_frame ? "by frame" : "asap", packets);
}

static void transfer_in(WINUSB_INTERFACE_HANDLE usb, struct stream *in, BOOL at_frame)
{
    OVERLAPPED overlapped[TRANSFERS] = {{0}};
    USBD_ISO_PACKET_DESCRIPTOR *packets = calloc(TRANSFERS * in->packets, sizeof *packets);
    ULONG frame = at_frame ? frame_soon(usb) : 0, total = 0, count = 0;
    if (packets == NULL)
        die("calloc");
    for (int i = 0; i < TRANSFERS; i++) {
        USBD_ISO_PACKET_DESCRIPTOR *own = packets + i * in->packets;
        overlapped[i].hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (at_frame)
            check(WinUsb_ReadIsochPipe(in->registered, i * in->bytes, in->bytes, &frame,
                                       in->packets, own, &overlapped[i]),
                  "WinUsb_ReadIsochPipe");
        else
            check(WinUsb_ReadIsochPipeAsap(in->registered, i * in->bytes, in->bytes, i > 0,
                                           in->packets, own, &overlapped[i]),
                  "WinUsb_ReadIsochPipeAsap");
    }
    for (int i = 0; i < TRANSFERS; i++) {
        DWORD bytes;
        if (!WinUsb_GetOverlappedResult(usb, &overlapped[i], &bytes, TRUE))
            die("isochronous read");
        printf("in, transfer %d:", i);
        for (ULONG n = 0; n < in->packets; n++) {
            const USBD_ISO_PACKET_DESCRIPTOR *packet = &packets[i * in->packets + n];
            total += packet->Length;
            count += packet->Status == USBD_STATUS_SUCCESS;
            printf(" %lu", packet->Length);
        }
        printf("\n");
        CloseHandle(overlapped[i].hEvent);
    }
    printf("in, %s: %lu packets, %lu bytes\n", at_frame ? "by frame" : "asap", count, total);
    free(packets);
}

int wmain(int argc, wchar_t **argv)
{
    struct stream out = {0}, in = {0};
    WINUSB_INTERFACE_HANDLE usb;
    UCHAR speed = 0;
    ULONG length = sizeof speed;
    HANDLE device = CreateFileW(argc > 1 ? argv[1] : default_path, GENERIC_READ | GENERIC_WRITE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                                FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OVERLAPPED, NULL);
    if (device == INVALID_HANDLE_VALUE)
        die("CreateFile");
    if (!WinUsb_Initialize(device, &usb) ||
        !WinUsb_QueryDeviceInformation(usb, DEVICE_SPEED, &length, &speed))
        die("WinUsb_Initialize");
    if (!WinUsb_SetCurrentAlternateSetting(usb, find_setting(usb, &out, &in)))
        die("WinUsb_SetCurrentAlternateSetting");
    prepare(usb, &out, speed < HighSpeed);
    prepare(usb, &in, speed < HighSpeed);
    for (int at_frame = 0; at_frame < 2; at_frame++) {
        transfer_out(usb, &out, at_frame);
        transfer_in(usb, &in, at_frame);
    }
    WinUsb_UnregisterIsochBuffer(out.registered);
    WinUsb_UnregisterIsochBuffer(in.registered);
    free(out.buffer);
    free(in.buffer);
    WinUsb_Free(usb);
    CloseHandle(device);
    return 0;
}
