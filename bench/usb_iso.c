/* SPDX-License-Identifier: MIT */
/*
 * Isochronous streaming on the virtual test device, transfers of `frames` milliseconds, `depth` of
 * them under way, each sent again when its packet comes out of the completion port:
 * speed=high|super dir=in|out setting=N ms=N. bytes_s is the rate; late and lost are packets,
 * judged on the bus's time (what came after its service interval); restarts is how often the stream
 * broke; cpu is the share of one core of the whole process, device model included; delay_us and
 * delay_p99_us are how long after the end of its last frame a transfer was seen by the program.
 */
#include "measure.h"

#include <windows.h>
#include <winusb.h>
#include <overlapped.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, DELAYS = 1 << 16 };

struct transfer {
    OVERLAPPED overlapped; /* first: the port gives its address */
    ULONG offset;
    ULONGLONG behind; /* the microframe behind its last packet; 0: not known yet */
    USBD_ISO_PACKET_DESCRIPTOR *packets;
};

static HANDLE device, port;
static WINUSB_INTERFACE_HANDLE usb;
static WINUSB_ISOCH_BUFFER_HANDLE registered;
static WINUSB_PIPE_INFORMATION_EX pipe;
static ULONG packets, bytes;
static UCHAR *buffer;
static BOOL is_in;
static uint64_t total, late, lost, restarts, delays[DELAYS], delay_count;

static void check(BOOL good, const char *what)
{
    if (!good)
        die_code(what, GetLastError());
}

static void device_open(const char *options)
{
    struct ovl_usb_device *attached;
    uint32_t error = ovl_usb_attach("mutt", options, &attached);
    if (error != 0)
        die_code("ovl_usb_attach", error);
    device = CreateFileA("\\\\?\\usb#vid_1209&pid_0001#0001#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}",
                         GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED,
                         NULL);
    check(device != INVALID_HANDLE_VALUE, "CreateFile");
    check(WinUsb_Initialize(device, &usb), "WinUsb_Initialize");
    port = CreateIoCompletionPort(device, NULL, 0, 1);
    check(port != NULL, "CreateIoCompletionPort");
}

static void pipe_choose(UCHAR setting, ULONG frames)
{
    UCHAR i = 0;
    do
        check(WinUsb_QueryPipeEx(usb, setting, i++, &pipe), "no isochronous pipe");
    while (pipe.PipeType != UsbdPipeTypeIsochronous || !(pipe.PipeId & 0x80) != !is_in);
    packets = frames * (8u >> (pipe.Interval - 1));
    bytes = packets * pipe.MaximumBytesPerInterval;
    check(WinUsb_SetCurrentAlternateSetting(usb, setting), "WinUsb_SetCurrentAlternateSetting");
}

static void transfer_send(struct transfer *transfer, BOOL goes_on)
{
    memset(&transfer->overlapped, 0, sizeof transfer->overlapped);
    BOOL done = is_in ? WinUsb_ReadIsochPipeAsap(registered, transfer->offset, bytes, goes_on,
                                                 packets, transfer->packets, &transfer->overlapped)
                      : WinUsb_WriteIsochPipeAsap(registered, transfer->offset, bytes, goes_on,
                                                  &transfer->overlapped);
    if (!done && GetLastError() != ERROR_IO_PENDING)
        die_code("isochronous transfer", GetLastError());
}

/* The test device's packets begin with their microframe. */
static void delay_note(const struct transfer *transfer)
{
    USB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION now = {.TimeTrackingHandle = usb};
    ULONGLONG last;
    memcpy(&last, buffer + transfer->offset + transfer->packets[packets - 1].Offset, sizeof last);
    now.InputFrameNumber = (ULONG)(last / 8 + 1);
    if (!WinUsb_GetCurrentFrameNumberAndQpc(usb, &now))
        die_code("WinUsb_GetCurrentFrameNumberAndQpc", GetLastError());
    LONGLONG passed = now.CurrentQueryPerformanceCounter.QuadPart -
                      now.QueryPerformanceCounterAtInputFrameOrMicroFrame.QuadPart;
    delays[delay_count++ % DELAYS] =
        passed > 0 ? (uint64_t)passed / 10 : 0; /* the counter's unit is 100 ns */
}

static void count(const struct transfer *transfer)
{
    total += bytes;
    if (!is_in)
        return;
    for (ULONG i = 0; i < packets; i++) {
        if (transfer->packets[i].Status == USBD_STATUS_SUCCESS)
            continue;
        if (transfer->packets[i].Status == USBD_STATUS_ISO_NA_LATE_USBPORT)
            late++;
        else
            lost++;
    }
    if (transfer->packets[packets - 1].Status == USBD_STATUS_SUCCESS)
        delay_note(transfer);
}

static void stream(struct transfer *transfers, ULONG depth, uint64_t until)
{
    ULONG under_way = depth;
    for (ULONG i = 0; i < depth; i++)
        transfer_send(&transfers[i], i > 0);
    while (under_way > 0) {
        DWORD moved;
        ULONG_PTR key;
        OVERLAPPED *ended = NULL;
        BOOL good = GetQueuedCompletionStatus(port, &moved, &key, &ended, 5000);
        check(ended != NULL, "GetQueuedCompletionStatus");
        struct transfer *transfer = (struct transfer *)ended;
        if (good) {
            count(transfer);
        } else {
            check(GetLastError() == ERROR_INVALID_PARAMETER, "isochronous transfer");
            restarts++;
            late += packets; /* it was there after its turn */
        }
        if (now_ns() < until)
            transfer_send(transfer, good);
        else
            under_way--;
    }
}

/* How many of the packets sent the device did not get. */
static uint64_t out_lost(void)
{
    WINUSB_SETUP_PACKET setup = {0xc0, 0x10, 0, 0, 8};
    ULONG state[2] = {0}, moved;
    check(WinUsb_ControlTransfer(usb, setup, (PUCHAR)state, sizeof state, &moved, NULL),
          "the device's record");
    return total / pipe.MaximumBytesPerInterval - state[0];
}

int main(int argc, char **argv)
{
    char options[32] = "speed=";
    ULONG depth = (ULONG)arg_number(argc, argv, "depth", 8);
    strncat(options, arg_text(argc, argv, "speed", "high"), 20);
    is_in = strcmp(arg_text(argc, argv, "dir", "in"), "in") == 0;
    if (depth < 1 || depth > DEPTH_MAX)
        die_code("depth", depth);
    device_open(options);
    pipe_choose((UCHAR)arg_number(argc, argv, "setting", is_in ? 2 : 3),
                (ULONG)arg_number(argc, argv, "frames", 10));
    struct transfer *transfers = calloc(depth, sizeof *transfers);
    buffer = calloc(depth, bytes);
    if (transfers == NULL || buffer == NULL)
        die("calloc");
    for (ULONG i = 0; i < depth; i++) {
        transfers[i].offset = i * bytes;
        transfers[i].packets = calloc(packets, sizeof *transfers[i].packets);
        if (transfers[i].packets == NULL)
            die("calloc");
    }
    check(WinUsb_RegisterIsochBuffer(usb, pipe.PipeId, buffer, depth * bytes, &registered),
          "WinUsb_RegisterIsochBuffer");
    uint64_t begin = now_ns();
    double cpu = cpu_seconds();
    stream(transfers, depth, begin + (uint64_t)arg_number(argc, argv, "ms", 1000) * 1000000u);
    double elapsed = (double)(now_ns() - begin) / 1e9;
    lost += is_in ? 0 : out_lost();
    report("bytes_s", (double)total / elapsed);
    report("cpu", (cpu_seconds() - cpu) / elapsed * 100);
    report("late", (double)late);
    report("lost", (double)lost);
    report("restarts", (double)restarts);
    if (is_in) {
        size_t n = delay_count < DELAYS ? (size_t)delay_count : DELAYS;
        report("delay_p99_us", (double)percentile(delays, n, 0.99));
        report("delay_us", (double)percentile(delays, n, 1));
    }
    report_end();
    WinUsb_UnregisterIsochBuffer(registered);
    return 0;
}
