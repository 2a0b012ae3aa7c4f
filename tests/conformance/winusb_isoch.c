/* SPDX-License-Identifier: MIT */
/* WinUSB: the rules of isochronous transfers. Frame numbers are the bus's own on a virtual device;
 * on a real or a remote one they are the library's, so there the device's own count is only
 * compared with itself. */
#include "winusb_common.h"

enum { FRAMES = 10, TRANSFERS = 3 };

static WINUSB_PIPE_INFORMATION_EX in_pipe, out_pipe;
static ULONG in_frame, bytes; /* packets in a frame; bytes of FRAMES frames */
static UCHAR *buffer;
static WINUSB_ISOCH_BUFFER_HANDLE reading, writing;
static USBD_ISO_PACKET_DESCRIPTOR packets[TRANSFERS][1024];

static ULONG frame_now(void)
{
    ULONG frame = 0;
    LARGE_INTEGER stamp;
    ok(WinUsb_GetCurrentFrameNumber(usb, &frame, &stamp), "GetCurrentFrameNumber");
    return frame;
}

static void registering(void)
{
    WINUSB_ISOCH_BUFFER_HANDLE handle;
    fails_with(WinUsb_RegisterIsochBuffer(usb, ISOCH_IN, buffer, bytes, &handle),
               ERROR_INVALID_PARAMETER, "not in the active setting");
    ok(WinUsb_SetCurrentAlternateSetting(usb, 1), "setting 1");
    fails_with(WinUsb_RegisterIsochBuffer(usb, BULK_IN, buffer, bytes, &handle),
               ERROR_INVALID_PARAMETER, "a bulk pipe");
    ok(WinUsb_RegisterIsochBuffer(usb, ISOCH_IN, buffer, TRANSFERS * bytes, &reading),
       "a buffer for reads");
    ok(WinUsb_RegisterIsochBuffer(usb, ISOCH_OUT, buffer, TRANSFERS * bytes, &writing),
       "and for writes");
    ULONG per_frame = in_pipe.MaximumBytesPerInterval * in_frame;
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    DWORD done = 0;
    fails_with(WinUsb_ReadIsochPipeAsap(reading, bytes, TRANSFERS * bytes, FALSE, 1024, packets[0],
                                        &overlapped),
               ERROR_INVALID_PARAMETER, "past the buffer's end");
    fails_with(WinUsb_WriteIsochPipeAsap(reading, 0, bytes, FALSE, &overlapped),
               ERROR_INVALID_PARAMETER, "a write by a reading handle");
    fails_with(WinUsb_ReadIsochPipeAsap(writing, 0, bytes, FALSE, 1024, packets[0], &overlapped),
               ERROR_INVALID_PARAMETER, "a read by a writing handle");
    is_int(finish(WinUsb_WriteIsochPipeAsap(writing, 0, per_frame - 1, FALSE, &overlapped),
                  &overlapped, &done),
           ERROR_INVALID_PARAMETER, "no whole frames: the transfer fails");
    is_int(
        finish(WinUsb_WriteIsochPipeAsap(writing, 0, bytes, TRUE, &overlapped), &overlapped, &done),
        ERROR_INVALID_PARAMETER, "nothing to continue: the transfer fails");
    CloseHandle(overlapped.hEvent);
}

static void reads(void)
{
    OVERLAPPED overlapped[TRANSFERS] = {{0}};
    ovl_usb_clock(
        0); /* a virtual device waits until all are submitted, however busy the machine is */
    for (int i = 0; i < TRANSFERS; i++) {
        overlapped[i].hEvent = event_manual();
        memset(packets[i], 0xee, sizeof packets[i]);
        BOOL started = WinUsb_ReadIsochPipeAsap(reading, i * bytes, bytes, i > 0, FRAMES * in_frame,
                                                packets[i], &overlapped[i]);
        ok(!started && GetLastError() == ERROR_IO_PENDING, "a read pends");
    }
    ovl_usb_clock(1000);
    ULONGLONG before = 0;
    ULONG wrong = 0;
    for (int i = 0; i < TRANSFERS; i++) {
        DWORD done = 77;
        ok(WinUsb_GetOverlappedResult(usb, &overlapped[i], &done, TRUE) && done == 0,
           "its count is 0");
        for (ULONG n = 0; n < FRAMES * in_frame; n++) {
            ULONGLONG microframe;
            memcpy(&microframe, buffer + i * bytes + packets[i][n].Offset, sizeof microframe);
            wrong += packets[i][n].Status != 0 ||
                     packets[i][n].Offset != n * in_pipe.MaximumBytesPerInterval ||
                     packets[i][n].Length != in_pipe.MaximumBytesPerInterval ||
                     (before != 0 && microframe != before + 8 / in_frame);
            before = microframe;
        }
        CloseHandle(overlapped[i].hEvent);
    }
    is_int(wrong, 0, "each packet is at its offset, and no microframe between them is missing");
}

static BOOL frames_are_the_bus(void)
{
    const char *hosts = getenv("OVERLAPPED_USB");
    return hosts == NULL || (strncmp(hosts, "usbfs", 5) != 0 && strncmp(hosts, "usbip", 5) != 0);
}

static void frames(void)
{
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    DWORD done;
    ovl_usb_clock(0);
    ULONG start = frame_now() + 20, next = start;
    BOOL started =
        WinUsb_ReadIsochPipe(reading, 0, bytes, &next, FRAMES * in_frame, packets[0], &overlapped);
    DWORD start_error = GetLastError();
    ovl_usb_clock(1000);
    SetLastError(start_error);
    ok(finish(started, &overlapped, &done) == 0 && done == 0, "a read at a frame");
    is_int(next, start + FRAMES, "tells the frame behind it");
    ULONGLONG microframe;
    memcpy(&microframe, buffer, sizeof microframe);
    if (frames_are_the_bus())
        is_int(microframe / 8, start, "and is in that frame");
    next = frame_now() + 2000;
    is_int(finish(WinUsb_WriteIsochPipe(writing, 0, bytes, &next, &overlapped), &overlapped, &done),
           ERROR_INVALID_PARAMETER, "1024 frames ahead is too far");
    next = frame_now() - FRAMES / 2;
    is_int(finish(WinUsb_ReadIsochPipe(reading, 0, bytes, &next, FRAMES * in_frame, packets[0],
                                       &overlapped),
                  &overlapped, &done),
           0, "a start that has passed");
    is_int(packets[0][0].Status, USBD_STATUS_ISO_NA_LATE_USBPORT, "loses its first packets");
    is_int(packets[0][FRAMES * in_frame - 1].Status, USBD_STATUS_SUCCESS, "and keeps the last");
    LARGE_INTEGER stamp;
    QueryPerformanceCounter(&stamp);
    stamp.QuadPart -= 100 * 10000;
    ULONG adjusted = 1000;
    ok(WinUsb_GetAdjustedFrameNumber(&adjusted, stamp) && adjusted >= 1100 && adjusted < 6000,
       "GetAdjustedFrameNumber adds milliseconds");
    CloseHandle(overlapped.hEvent);
}

/* Whoever has seen the end of the last transfer may select another setting. */
static void settings_between(void)
{
    WINUSB_ISOCH_BUFFER_HANDLE registered;
    OVERLAPPED overlapped = {.hEvent = event_auto()};
    int busy = 0, failed = 0;
    int rounds = is_virtual() ? 60 : 5;
    for (int i = 0; i < rounds; i++) {
        DWORD done;
        busy += !WinUsb_SetCurrentAlternateSetting(usb, 1);
        if (!WinUsb_RegisterIsochBuffer(usb, ISOCH_OUT, buffer, bytes, &registered)) {
            failed++;
            continue;
        }
        failed +=
            finish(WinUsb_WriteIsochPipeAsap(registered, 0, bytes / FRAMES, FALSE, &overlapped),
                   &overlapped, &done) != 0;
        busy += !WinUsb_SetCurrentAlternateSetting(usb, 0);
        WinUsb_UnregisterIsochBuffer(registered);
    }
    is_int(busy, 0, "a setting behind the last transfer is never refused");
    is_int(failed, 0, "and the transfers succeed");
    CloseHandle(overlapped.hEvent);
}

/* The settings with one wide pipe: 3 x 1024 bytes in a microframe at high speed, 48 x 1024 at super
 * speed. */
static void wide(void)
{
    WINUSB_PIPE_INFORMATION_EX pipe;
    USB_INTERFACE_DESCRIPTOR setting;
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    WINUSB_ISOCH_BUFFER_HANDLE registered;
    DWORD done;
    if (!is_virtual()) {
        note("48 KiB in 125 us are more than this bus can surely move: not tried");
        CloseHandle(overlapped.hEvent);
        return;
    }
    for (UCHAR n = 2; WinUsb_QueryInterfaceSettings(usb, n, &setting); n++) {
        UCHAR i = 0;
        while (WinUsb_QueryPipeEx(usb, n, i, &pipe) && pipe.PipeType != UsbdPipeTypeIsochronous)
            i++;
        ULONG length = 2 * in_frame * pipe.MaximumBytesPerInterval;
        UCHAR *memory = calloc(1, length);
        ok(WinUsb_SetCurrentAlternateSetting(usb, n), "setting %u, %u bytes a packet", n,
           (unsigned)pipe.MaximumBytesPerInterval);
        ok(WinUsb_RegisterIsochBuffer(usb, pipe.PipeId, memory, length, &registered), "a buffer");
        ResetEvent(overlapped.hEvent);
        memset(packets[0], 0xee, sizeof packets[0]);
        BOOL is_in = USB_ENDPOINT_DIRECTION_IN(pipe.PipeId) != 0;
        is_int(finish(is_in ? WinUsb_ReadIsochPipeAsap(registered, 0, length, FALSE, 2 * in_frame,
                                                       packets[0], &overlapped)
                            : WinUsb_WriteIsochPipeAsap(registered, 0, length, FALSE, &overlapped),
                      &overlapped, &done),
               0, "a transfer of two frames");
        ULONG wrong = 0;
        for (ULONG p = 0; is_in && p < 2 * in_frame; p++)
            wrong +=
                packets[0][p].Status != 0 || packets[0][p].Length != pipe.MaximumBytesPerInterval;
        is_int(wrong, 0, "whole packets");
        WinUsb_UnregisterIsochBuffer(registered);
        free(memory);
    }
    ok(WinUsb_SetCurrentAlternateSetting(usb, 0), "back to setting 0");
    CloseHandle(overlapped.hEvent);
}

#ifdef __MINGW32__ /* neither declares the calls nor has them */
static void time_sync(void)
{
    skip(1, "MinGW has no time synchronisation");
}
#else
static LONGLONG counter_at(HANDLE tracking, ULONG frame, ULONG microframe, ULONG *accuracy)
{
    USB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION info = {.TimeTrackingHandle = tracking,
                                                               .InputFrameNumber = frame,
                                                               .InputMicroFrameNumber = microframe};
    if (!WinUsb_GetCurrentFrameNumberAndQpc(usb, &info))
        return -1;
    *accuracy = info.PredictedAccuracyInMicroSeconds;
    return info.QueryPerformanceCounterAtInputFrameOrMicroFrame.QuadPart;
}

static void time_sync(void)
{
    USB_START_TRACKING_FOR_TIME_SYNC_INFORMATION start = {.IsStartupDelayTolerable = TRUE};
    USB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION info = {0};
    USB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION end = {0};
    LARGE_INTEGER before, after, frequency;
    ULONG accuracy = 0;
    ok(WinUsb_StartTrackingForTimeSync(usb, &start) && start.TimeTrackingHandle != NULL,
       "StartTrackingForTimeSync");
    info.TimeTrackingHandle = start.TimeTrackingHandle;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&before);
    ULONG frame = frame_now();
    info.InputFrameNumber = frame;
    ok(WinUsb_GetCurrentFrameNumberAndQpc(usb, &info), "GetCurrentFrameNumberAndQpc");
    QueryPerformanceCounter(&after);
    ok(info.CurrentQueryPerformanceCounter.QuadPart >= before.QuadPart &&
           info.CurrentQueryPerformanceCounter.QuadPart <= after.QuadPart,
       "its counter is of the call's time");
    is_int(info.QueryPerformanceCounterFrequency.QuadPart, frequency.QuadPart,
           "its frequency is the counter's");
    ok(info.CurrentUSBFrameNumber - frame <= 20000 && info.CurrentHardwareMicroFrameNumber < 8,
       "frame %u and microframe", (unsigned)info.CurrentUSBFrameNumber);
    LONGLONG tick = frequency.QuadPart / 1000000, worst = 0,
             first = counter_at(start.TimeTrackingHandle, frame, 0, &accuracy);
    LONGLONG allowed = (2 * (LONGLONG)accuracy + 1) * tick;
    for (int i = 0; i < 50; i++) {
        LONGLONG again = counter_at(start.TimeTrackingHandle, frame, 0, &accuracy);
        worst = llabs(again - first) > worst ? llabs(again - first) : worst;
        SwitchToThread();
    }
    ok(worst <= allowed, "a frame's time is the same whenever it is asked for: within %u us",
       (unsigned)(worst / tick));
    LONGLONG later = counter_at(start.TimeTrackingHandle, frame + 100, 4, &accuracy);
    ok(llabs(later - first - 100500 * tick) <= allowed,
       "and 100 frames and 4 microframes are 100.5 ms");
    fails_with(WinUsb_GetCurrentFrameNumberAndQpc(usb, NULL), ERROR_INVALID_HANDLE, "no structure");
    end.TimeTrackingHandle = start.TimeTrackingHandle;
    ok(WinUsb_StopTrackingForTimeSync(usb, &end), "StopTrackingForTimeSync");
}
#endif

static void ends(void)
{
    OVERLAPPED overlapped = {.hEvent = event_manual()}, *got = NULL;
    DWORD done = 77;
    ULONG_PTR key;
    ULONG next = frame_now() + 900;
    WinUsb_WriteIsochPipe(writing, 0, bytes, &next, &overlapped);
    ok(CancelIoEx(device, &overlapped), "CancelIoEx");
    fails_with(WinUsb_GetOverlappedResult(usb, &overlapped, &done, TRUE), ERROR_OPERATION_ABORTED,
               "aborts a transfer");
    next = frame_now() + 900;
    WinUsb_WriteIsochPipe(writing, 0, bytes, &next, &overlapped);
    ok(WinUsb_AbortPipe(usb, ISOCH_OUT), "AbortPipe");
    fails_with(WinUsb_GetOverlappedResult(usb, &overlapped, &done, FALSE), ERROR_OPERATION_ABORTED,
               "has aborted it when it returns");
    ok(WinUsb_WriteIsochPipeAsap(writing, 0, bytes, FALSE, NULL), "a NULL OVERLAPPED waits");
    HANDLE port = CreateIoCompletionPort(device, NULL, 7, 1);
    WinUsb_WriteIsochPipeAsap(writing, 0, bytes, FALSE, &overlapped);
    ok(GetQueuedCompletionStatus(port, &done, &key, &got, PATIENCE_MS) && got == &overlapped &&
           done == 0,
       "a packet of 0 bytes");
    ok(WinUsb_UnregisterIsochBuffer(reading) && WinUsb_UnregisterIsochBuffer(writing),
       "UnregisterIsochBuffer");
    CloseHandle(port);
    CloseHandle(overlapped.hEvent);
}

int main(void)
{
    device_find();
    tap_begin();
    device_begin();
    UCHAR speed = 0;
    ULONG length = 1;
    WinUsb_QueryDeviceInformation(usb, DEVICE_SPEED, &length, &speed);
    WinUsb_QueryPipeEx(usb, 1, 4, &out_pipe);
    WinUsb_QueryPipeEx(usb, 1, 5, &in_pipe);
    in_frame = speed < HighSpeed ? 1 : 8u >> (in_pipe.Interval - 1);
    bytes = FRAMES * in_frame * in_pipe.MaximumBytesPerInterval;
    buffer = calloc(TRANSFERS, bytes);
    part(registering);
    part(reads);
    part(frames);
    part(time_sync);
    part(ends);
    part(settings_between);
    part(wide);
    device_end();
    free(buffer);
    return tap_end();
}
