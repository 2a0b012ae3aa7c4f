/* SPDX-License-Identifier: MIT */
/* Streams an isochronous IN pipe for some seconds: eight transfers of ten milliseconds under way,
 * their ends taken from a completion port. A transfer is sent again at once, continuing the stream;
 * when that fails the stream begins anew, which leaves a gap.
 *
 *   isoch_stream [seconds]                                  (OVERLAPPED_USB=mutt gives a device to
 * try it with) */
#include <windows.h>
#include <winusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSFERS = 8, FRAMES = 10, SETTING = 1 };

static const WCHAR path[] =
    L"\\\\?\\usb#vid_1209&pid_0001#0001#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}";

struct transfer {
    OVERLAPPED overlapped; /* first: the port gives its address */
    ULONG offset;
    USBD_ISO_PACKET_DESCRIPTOR *packets;
};

struct counts {
    ULONGLONG good, late, lost, bytes;
    ULONG restarts;
};

static WINUSB_INTERFACE_HANDLE usb;
static WINUSB_ISOCH_BUFFER_HANDLE registered;
static ULONG packets, bytes; /* of one transfer */

static void die(const char *what)
{
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    exit(1);
}

static void transfer_send(struct transfer *transfer, BOOL go_on)
{
    memset(&transfer->overlapped, 0, sizeof transfer->overlapped);
    if (!WinUsb_ReadIsochPipeAsap(registered, transfer->offset, bytes, go_on, packets,
                                  transfer->packets, &transfer->overlapped) &&
        GetLastError() != ERROR_IO_PENDING)
        die("WinUsb_ReadIsochPipeAsap");
}

static void count(const struct transfer *transfer, struct counts *counts)
{
    for (ULONG i = 0; i < packets; i++) {
        const USBD_ISO_PACKET_DESCRIPTOR *packet = &transfer->packets[i];
        if (packet->Status == USBD_STATUS_SUCCESS)
            counts->good++;
        else if (packet->Status == USBD_STATUS_ISO_NA_LATE_USBPORT ||
                 packet->Status == USBD_STATUS_ISO_NOT_ACCESSED_LATE)
            counts->late++;
        else
            counts->lost++;
        counts->bytes += packet->Length;
    }
}

static void stream(HANDLE port, struct transfer *transfers, ULONGLONG until, struct counts *counts)
{
    int under_way = TRANSFERS;
    for (int i = 0; i < TRANSFERS; i++)
        transfer_send(&transfers[i], i > 0);
    while (under_way > 0) {
        DWORD moved;
        ULONG_PTR key;
        OVERLAPPED *ended = NULL;
        BOOL good = GetQueuedCompletionStatus(port, &moved, &key, &ended, INFINITE);
        if (ended == NULL)
            die("GetQueuedCompletionStatus");
        struct transfer *transfer = CONTAINING_RECORD(ended, struct transfer, overlapped);
        if (good)
            count(transfer, counts);
        else if (GetLastError() != ERROR_INVALID_PARAMETER)
            die("isochronous read");
        else
            counts->restarts++; /* the stream had ended before this transfer was there */
        if (GetTickCount64() < until)
            transfer_send(transfer, good);
        else
            under_way--;
    }
}

int main(int argc, char **argv)
{
    struct transfer transfers[TRANSFERS] = {{{0}, 0, NULL}};
    struct counts counts = {0};
    WINUSB_PIPE_INFORMATION_EX pipe;
    UCHAR speed = 0, index = 0;
    ULONG length = sizeof speed;
    ULONGLONG seconds = argc > 1 ? (ULONGLONG)atoi(argv[1]) : 5;
    HANDLE device =
        CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                    OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (device == INVALID_HANDLE_VALUE || !WinUsb_Initialize(device, &usb))
        die("the device");
    HANDLE port = CreateIoCompletionPort(device, NULL, 0, 1);
    if (port == NULL || !WinUsb_QueryDeviceInformation(usb, DEVICE_SPEED, &length, &speed))
        die("the port");
    do {
        if (!WinUsb_QueryPipeEx(usb, SETTING, index++, &pipe))
            die("no isochronous IN pipe");
    } while (pipe.PipeType != UsbdPipeTypeIsochronous || !USB_ENDPOINT_DIRECTION_IN(pipe.PipeId));
    packets = FRAMES * (speed < HighSpeed ? 1 : 8u >> (pipe.Interval - 1));
    bytes = packets * pipe.MaximumBytesPerInterval;
    UCHAR *buffer = malloc((size_t)TRANSFERS * bytes);
    if (buffer == NULL || !WinUsb_SetCurrentAlternateSetting(usb, SETTING) ||
        !WinUsb_RegisterIsochBuffer(usb, pipe.PipeId, buffer, TRANSFERS * bytes, &registered))
        die("WinUsb_RegisterIsochBuffer");
    for (ULONG i = 0; i < TRANSFERS; i++) {
        transfers[i].offset = i * bytes;
        transfers[i].packets = calloc(packets, sizeof *transfers[i].packets);
        if (transfers[i].packets == NULL)
            die("calloc");
    }
    stream(port, transfers, GetTickCount64() + seconds * 1000, &counts);
    printf("%llu packets, %llu bytes; %llu late, %llu lost, %lu restarts\n", counts.good,
           counts.bytes, counts.late, counts.lost, counts.restarts);
    WinUsb_UnregisterIsochBuffer(registered);
    WinUsb_Free(usb);
    CloseHandle(device);
    CloseHandle(port);
    for (int i = 0; i < TRANSFERS; i++)
        free(transfers[i].packets);
    free(buffer);
    return 0;
}
