/* SPDX-License-Identifier: MIT */
/* WinUSB on devices of the test's own: isochronous pipes of every interval, a function of several
 * interfaces, and transfers that are larger than the stack's maximum, as the device sees them. */
#include "usb_device.h"

static const uint8_t device_descriptor[18] = {18,   1,    0x10, 0x02, 0xff, 0, 0, 64, 0x09,
                                              0x12, 0x77, 0,    0,    1,    0, 0, 0,  1};
static const char own_guid[] = "{6c1f1d52-3a0e-4f27-9c8e-6f776e646576}";

/* ---- Isochronous intervals ------------------------------------------------------------------- */

enum { FRAMES = 4, PACKET = 100, SEEN_MAX = 256 };

struct seen {
    volatile LONG count;
    uint64_t microframes[SEEN_MAX];
    UCHAR first[SEEN_MAX];
};

static void isoch_out(void *context, struct ovl_usb_device *from, uint8_t endpoint,
                      uint64_t microframe, const void *data, uint32_t length)
{
    struct seen *seen = context;
    LONG at = seen->count;
    (void)from, (void)endpoint;
    if (at < SEEN_MAX) {
        seen->microframes[at] = microframe;
        seen->first[at] = length > 0 ? *(const UCHAR *)data : 0xff;
        tap_write(seen->count, at + 1);
    }
}

static uint32_t isoch_in(void *context, struct ovl_usb_device *from, uint8_t endpoint,
                         uint64_t microframe, void *buffer, uint32_t room)
{
    (void)context, (void)from, (void)endpoint;
    if (room >= sizeof microframe)
        memcpy(buffer, &microframe, sizeof microframe);
    return room;
}

/* Isochronous OUT 01 and IN 82 of that bInterval in setting 1. */
static void isoch_open(struct seen *seen, UCHAR interval, const char *options)
{
    /* clang-format off */
    static uint8_t config[9 + 9 + 9 + 14] = {9, 2, 41, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xff, 0, 0, 0,
                                             9, 4, 0, 1, 2, 0xff, 0, 0, 0, 7, 5, 0x01, 1, PACKET, 0, 0, 7, 5, 0x82, 1, PACKET, 0, 0};
    /* clang-format on */
    static struct ovl_usb_model model = {.size = sizeof model,
                                         .device_descriptor = device_descriptor,
                                         .configuration = config,
                                         .configuration_length = sizeof config,
                                         .interface_guid = own_guid,
                                         .os_vendor_code = 0x20,
                                         .isoch_in = isoch_in,
                                         .isoch_out = isoch_out};
    config[33] = config[40] = interval;
    memset(seen, 0, sizeof *seen);
    model_attach(&model, seen, options);
    ok(WinUsb_SetCurrentAlternateSetting(usb, 1), "bInterval %u: the setting", interval);
}

static void interval_writes(struct seen *seen, ULONG in_frame, ULONG period)
{
    static UCHAR buffer[FRAMES * 8 * PACKET];
    WINUSB_ISOCH_BUFFER_HANDLE writing;
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    ULONG bytes = FRAMES * in_frame * PACKET, frame = 0;
    LARGE_INTEGER stamp;
    DWORD moved = 7;
    for (ULONG i = 0; i < bytes; i++)
        buffer[i] = (UCHAR)(i / PACKET);
    ok(WinUsb_RegisterIsochBuffer(usb, 0x01, buffer, sizeof buffer, &writing), "a buffer");
    if (in_frame > 1)
        is_int(finish(WinUsb_WriteIsochPipeAsap(writing, 0, bytes - PACKET, FALSE, &overlapped),
                      &overlapped, &moved),
               ERROR_INVALID_PARAMETER, "a packet less is no whole frame");
    ovl_usb_clock(0); /* the device waits until it is submitted, however busy the machine is */
    WinUsb_GetCurrentFrameNumber(usb, &frame, &stamp);
    ULONG start = frame + 10, next = start;
    ResetEvent(overlapped.hEvent);
    BOOL begun = WinUsb_WriteIsochPipe(writing, 0, bytes, &next, &overlapped);
    ok(!begun && GetLastError() == ERROR_IO_PENDING, "a write at a frame");
    ovl_usb_clock(1000);
    ok(WinUsb_GetOverlappedResult(usb, &overlapped, &moved, TRUE), "succeeds");
    is_int(next, start + FRAMES, "tells the frame behind it");
    is_int(moved, 0, "and no bytes");
    is_int(tap_read(seen->count), FRAMES * in_frame, "the device gets %u packets",
           (unsigned)(FRAMES * in_frame));
    is_int(seen->microframes[0], (uint64_t)start * 8,
           "the first in the first microframe of its frame");
    int wrong = 0;
    for (ULONG i = 0; i < FRAMES * in_frame; i++)
        wrong += seen->microframes[i] != (uint64_t)start * 8 + i * period || seen->first[i] != i;
    is_int(wrong, 0, "each %u microframes behind the one before", (unsigned)period);
    WinUsb_UnregisterIsochBuffer(writing);
    CloseHandle(overlapped.hEvent);
}

static void interval_reads(ULONG in_frame, ULONG period)
{
    static UCHAR buffer[FRAMES * 8 * PACKET];
    static USBD_ISO_PACKET_DESCRIPTOR packets[FRAMES * 8];
    WINUSB_ISOCH_BUFFER_HANDLE reading;
    OVERLAPPED overlapped[2] = {{.hEvent = event_manual()}, {.hEvent = event_manual()}};
    ULONG half = FRAMES / 2 * in_frame;
    DWORD moved;
    ok(WinUsb_RegisterIsochBuffer(usb, 0x82, buffer, sizeof buffer, &reading), "a buffer");
    ovl_usb_clock(0);
    for (ULONG i = 0; i < 2; i++)
        WinUsb_ReadIsochPipeAsap(reading, i * half * PACKET, half * PACKET, i > 0, half,
                                 packets + i * half, &overlapped[i]);
    ovl_usb_clock(1000);
    for (ULONG i = 0; i < 2; i++)
        ok(WinUsb_GetOverlappedResult(usb, &overlapped[i], &moved, TRUE), "a read");
    uint64_t first, each;
    int wrong = 0;
    memcpy(&first, buffer, sizeof first);
    for (ULONG i = 0; i < 2 * half; i++) {
        memcpy(&each, buffer + i * PACKET, sizeof each);
        wrong +=
            each != first + i * period || packets[i].Status != 0 || packets[i].Length != PACKET;
    }
    is_int(wrong, 0, "two reads, one behind the other, %u microframes between packets",
           (unsigned)period);
    is_int(first % 8, 0, "from a frame's beginning");
    WinUsb_UnregisterIsochBuffer(reading);
    CloseHandle(overlapped[0].hEvent);
    CloseHandle(overlapped[1].hEvent);
}

static void intervals(void)
{
    static struct seen seen;
    WINUSB_PIPE_INFORMATION_EX pipe;
    for (UCHAR interval = 1; interval <= 4; interval++) {
        ULONG period = 1u << (interval - 1);
        isoch_open(&seen, interval, "speed=high");
        ok(WinUsb_QueryPipeEx(usb, 1, 0, &pipe) && pipe.Interval == interval &&
               pipe.MaximumBytesPerInterval == PACKET,
           "QueryPipeEx tells the descriptor's");
        interval_writes(&seen, 8 / period, period);
        interval_reads(8 / period, period);
        device_detach();
    }
    isoch_open(&seen, 1, "speed=full");
    interval_writes(&seen, 1, 8);
    interval_reads(1, 8);
    device_detach();
}

static void intervals_refused(void)
{
    static struct seen seen;
    static UCHAR buffer[8 * PACKET];
    for (UCHAR interval = 5; interval <= 16; interval += 11) {
        WINUSB_ISOCH_BUFFER_HANDLE writing;
        OVERLAPPED overlapped = {.hEvent = event_manual()};
        DWORD moved;
        isoch_open(&seen, interval, "speed=high");
        ok(WinUsb_RegisterIsochBuffer(usb, 0x01, buffer, sizeof buffer, &writing),
           "bInterval %u: a buffer", interval);
        is_int(finish(WinUsb_WriteIsochPipeAsap(writing, 0, PACKET, FALSE, &overlapped),
                      &overlapped, &moved),
               ERROR_INVALID_PARAMETER, "a period of more than a frame: the transfer is refused");
        is_int(tap_read(seen.count), 0, "and nothing is sent");
        WinUsb_UnregisterIsochBuffer(writing);
        CloseHandle(overlapped.hEvent);
        device_detach();
    }
}

/* ---- A function of three interfaces ---------------------------------------------------------- */

static struct ovl_usb_setup last_setup;
static UCHAR selected[4];

static int64_t setup_keep(void *context, struct ovl_usb_device *from,
                          const struct ovl_usb_setup *setup, void *data)
{
    (void)context, (void)from;
    last_setup = *setup;
    if (setup->type & 0x80)
        memset(data, 0x5a, setup->length);
    return setup->length;
}

static void setting_keep(void *context, struct ovl_usb_device *from, uint8_t interface_number,
                         uint8_t setting)
{
    (void)context, (void)from;
    if (interface_number < sizeof selected)
        selected[interface_number] = setting;
}

static void interface_request(WINUSB_INTERFACE_HANDLE handle, UCHAR type, USHORT index, USHORT want)
{
    UCHAR byte = 0;
    ULONG moved = 0;
    WINUSB_SETUP_PACKET setup = {type, 0x42, 0x1234, index, 1};
    ok(WinUsb_ControlTransfer(handle, setup, &byte, 1, &moved, NULL) && moved == 1,
       "request type %02x, index %04x", type, index);
    is_int(last_setup.index, want, "reaches the device with index %04x", want);
}

static void associated(void)
{
    /* clang-format off */
    static const uint8_t config[] = {9, 2, 9 + 3 * 9 + 2 * 9 + 3 * 7, 0, 3, 1, 0, 0x80, 50,
                                     9, 4, 0, 0, 1, 0xff, 0, 0, 0, 7, 5, 0x81, 2, 0, 2, 0,
                                     9, 4, 1, 0, 0, 0xff, 0, 0, 0, 9, 4, 1, 1, 1, 0xff, 0, 0, 0, 7, 5, 0x02, 2, 0, 2, 0,
                                     9, 4, 2, 0, 0, 0xff, 0, 0, 0, 9, 4, 2, 3, 1, 0xff, 0, 0, 0, 7, 5, 0x83, 2, 0, 2, 0};
    /* clang-format on */
    static const struct ovl_usb_model model = {.size = sizeof model,
                                               .device_descriptor = device_descriptor,
                                               .configuration = config,
                                               .configuration_length = sizeof config,
                                               .interface_guid = own_guid,
                                               .os_vendor_code = 0x20,
                                               .control = setup_keep,
                                               .selected = setting_keep};
    WINUSB_INTERFACE_HANDLE one, two, again;
    USB_INTERFACE_DESCRIPTOR descriptor;
    WINUSB_PIPE_INFORMATION pipe;
    UCHAR setting = 9;
    model_attach(&model, NULL, "speed=high");
    ok(WinUsb_GetAssociatedInterface(usb, 0, &one), "index 0 is the interface behind the first");
    ok(WinUsb_QueryInterfaceSettings(one, 0, &descriptor) && descriptor.bInterfaceNumber == 1,
       "number 1");
    ok(WinUsb_GetAssociatedInterface(usb, 1, &two), "index 1");
    ok(WinUsb_QueryInterfaceSettings(two, 1, &descriptor) && descriptor.bInterfaceNumber == 2 &&
           descriptor.bAlternateSetting == 3,
       "number 2, whose second setting is 3");
    fails_with(WinUsb_GetAssociatedInterface(usb, 0, &again), ERROR_ALREADY_EXISTS,
               "a second handle for one");
    fails_with(WinUsb_GetAssociatedInterface(usb, 2, &again), ERROR_NO_MORE_ITEMS,
               "there is no third");
    fails_with(WinUsb_GetAssociatedInterface(usb, 255, &again), ERROR_INVALID_PARAMETER,
               "an index that overflows");
    ok(WinUsb_SetCurrentAlternateSetting(one, 1) && selected[1] == 1 && selected[2] == 0,
       "each has its own setting");
    ok(WinUsb_SetCurrentAlternateSetting(two, 3) && selected[2] == 3 && selected[1] == 1,
       "by the descriptor's value");
    ok(WinUsb_GetCurrentAlternateSetting(two, &setting) && setting == 3,
       "GetCurrentAlternateSetting");
    ok(!WinUsb_SetCurrentAlternateSetting(two, 1), "1 is none of its settings");
    ok(WinUsb_QueryPipe(one, 1, 0, &pipe) && pipe.PipeId == 0x02, "its pipes are its own");
    ok(WinUsb_AbortPipe(one, 0x02), "and are used by its handle");
    fails_with(WinUsb_AbortPipe(usb, 0x02), ERROR_INVALID_PARAMETER, "not by another's");
    fails_with(WinUsb_AbortPipe(one, 0x81), ERROR_INVALID_PARAMETER, "nor the other way round");
    interface_request(usb, 0xc1, 0x3305, 0x3300);
    interface_request(two, 0xc1, 0x3300, 0x3302);
    interface_request(one, 0xa1, 0x0009, 0x0001);
    interface_request(two, 0xc0, 0x0009, 0x0009);
    ok(WinUsb_Free(one), "Free");
    ok(WinUsb_GetAssociatedInterface(usb, 0, &one), "then there may be a new handle");
    WinUsb_Free(one);
    WinUsb_Free(two);
    device_detach();
}

/* ---- Large transfers ------------------------------------------------------------------------- */

enum { MAXIMUM = 2 << 20, MUCH = 5 * (1 << 20) + 700 };

struct flow {
    volatile LONG largest, calls;
    ULONG at;
    BOOL wrong;
};

static int64_t flow_in(void *context, struct ovl_usb_device *from, uint8_t endpoint,
                       uint16_t stream, void *buffer, uint32_t room)
{
    struct flow *flow = context;
    (void)from, (void)endpoint, (void)stream;
    ULONG left = MUCH - flow->at, sent = left < room ? left : room;
    if ((LONG)room > flow->largest)
        flow->largest = (LONG)room;
    flow->calls++;
    for (ULONG i = 0; i < sent; i++)
        ((UCHAR *)buffer)[i] = (UCHAR)((flow->at + i) % 253);
    flow->at += sent;
    return sent;
}

static int64_t flow_out(void *context, struct ovl_usb_device *from, uint8_t endpoint,
                        uint16_t stream, const void *data, uint32_t length)
{
    struct flow *flow = context;
    (void)from, (void)endpoint, (void)stream;
    if ((LONG)length > flow->largest)
        flow->largest = (LONG)length;
    flow->calls++;
    for (ULONG i = 0; i < length; i++)
        flow->wrong |= ((const UCHAR *)data)[i] != (UCHAR)((flow->at + i) % 253);
    flow->at += length;
    return length;
}

static void large(void)
{
    /* clang-format off */
    static const uint8_t config[] = {9, 2, 32, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 2, 0xff, 0, 0, 0,
                                     7, 5, 0x01, 2, 0, 2, 0, 7, 5, 0x82, 2, 0, 2, 0};
    /* clang-format on */
    static const struct ovl_usb_model model = {.size = sizeof model,
                                               .device_descriptor = device_descriptor,
                                               .configuration = config,
                                               .configuration_length = sizeof config,
                                               .interface_guid = own_guid,
                                               .os_vendor_code = 0x20,
                                               .in = flow_in,
                                               .out = flow_out};
    static struct flow flow;
    static UCHAR bytes[MUCH + 512];
    ULONG moved = 0, maximum = 0, length = sizeof maximum;
    model_attach(&model, &flow, "speed=high");
    ok(WinUsb_GetPipePolicy(usb, 0x01, MAXIMUM_TRANSFER_SIZE, &length, &maximum) &&
           maximum == MAXIMUM,
       "the maximum is 2 MiB");
    fails_with(WinUsb_SetPipePolicy(usb, 0x01, MAXIMUM_TRANSFER_SIZE, sizeof maximum, &maximum),
               ERROR_INVALID_PARAMETER, "and cannot be set");
    for (ULONG i = 0; i < MUCH; i++)
        bytes[i] = (UCHAR)(i % 253);
    ok(WinUsb_WritePipe(usb, 0x01, bytes, MUCH, &moved, NULL) && moved == MUCH,
       "a write of 5 MiB and some");
    ok(flow.at == MUCH && !flow.wrong, "all of it arrives");
    ok(flow.largest == MAXIMUM && flow.calls == 3, "in parts of at most the maximum: %d of %d",
       (int)flow.calls, (int)flow.largest);
    flow = (struct flow){0};
    memset(bytes, 0, sizeof bytes);
    ok(WinUsb_ReadPipe(usb, 0x82, bytes, sizeof bytes, &moved, NULL) && moved == MUCH,
       "a read of as much, ended by a short packet");
    ULONG wrong = 0;
    for (ULONG i = 0; i < MUCH; i++)
        wrong += bytes[i] != (UCHAR)(i % 253);
    is_int(wrong, 0, "has all of it");
    ok(flow.largest == MAXIMUM && flow.calls == 3, "in parts, too");
    device_detach();
}

int main(void)
{
    tap_begin();
    part(intervals);
    part(intervals_refused);
    part(associated);
    part(large);
    return tap_end();
}
