/* SPDX-License-Identifier: MIT */
/* WinUSB on a device that misbehaves: stalls with and without AUTO_CLEAR_STALL, time-outs of every
 * kind of pipe, isochronous packets that are lost, in part and all. */
#include "usb_device.h"

enum { READS = 4, MUTT_MODE = 1, LOOPBACK = 0, PATTERN = 1, FRAMES = 10 };

static UCHAR in[READS][512], out[512];
static OVERLAPPED reads[READS];

static void reads_begin(void)
{
    for (int i = 0; i < READS; i++) {
        memset(&reads[i], 0, sizeof reads[i]);
        reads[i].hEvent = event_manual();
        BOOL begun = WinUsb_ReadPipe(usb, 0x81, in[i], sizeof in[i], NULL, &reads[i]);
        ok(!begun && GetLastError() == ERROR_IO_PENDING, "read %d pends", i);
    }
}

static DWORD read_end(int i, DWORD *moved)
{
    DWORD error = WinUsb_GetOverlappedResult(usb, &reads[i], moved, TRUE) ? 0 : GetLastError();
    CloseHandle(reads[i].hEvent);
    return error;
}

static void put(UCHAR value)
{
    ULONG moved;
    memset(out, value, sizeof out);
    if (!WinUsb_WritePipe(usb, 0x01, out, 100, &moved, NULL))
        device_bail("a write", GetLastError());
}

/* The second packet is stalled: all that is queued behind it fails, until ResetPipe. */
static void stall_stays(void)
{
    DWORD moved = 0;
    device_attach("mutt", "speed=high,faults=stall:ep=81:at=2");
    reads_begin();
    put(1);
    is_int(read_end(0, &moved), 0, "the first read has data");
    is_int(moved, 100, "all of them");
    put(2);
    is_int(read_end(1, &moved), ERROR_GEN_FAILURE, "the second is stalled");
    is_int(read_end(2, &moved), ERROR_GEN_FAILURE, "what is queued behind fails");
    is_int(read_end(3, &moved), ERROR_GEN_FAILURE, "to the last");
    fails_with(WinUsb_ReadPipe(usb, 0x81, in[0], 512, &moved, NULL), ERROR_GEN_FAILURE,
               "so does a new one");
    ok(WinUsb_ResetPipe(usb, 0x81), "ResetPipe");
    ok(WinUsb_ReadPipe(usb, 0x81, in[0], 512, &moved, NULL) && moved == 100 && in[0][0] == 2,
       "and the data are read");
    device_detach();
}

static void stall_cleared(void)
{
    DWORD moved = 0;
    device_attach("mutt", "speed=high,faults=stall:ep=81:at=2");
    ok(policy_byte(0x81, AUTO_CLEAR_STALL, TRUE), "AUTO_CLEAR_STALL");
    reads_begin();
    put(1);
    is_int(read_end(0, &moved), 0, "the first read has data");
    put(2);
    is_int(read_end(1, &moved), ERROR_GEN_FAILURE, "the second is stalled and fails");
    is_int(read_end(2, &moved), 0, "the third goes on");
    ok(moved == 100 && in[2][0] == 2, "with the data that came");
    put(3);
    is_int(read_end(3, &moved), 0, "and the fourth");
    ok(moved == 100 && in[3][0] == 3, "with its own");
    device_detach();
}

/* It is about reads that wait with RAW_IO off; writes and the control pipe know nothing of it. */
static void stall_of_others(void)
{
    ULONG moved = 0;
    UCHAR byte;
    device_attach("mutt", "speed=high");
    ok(ovl_usb_faults(plugged, "stall:ep=01:at=1+stall:ep=0:at=3", 0) == 0, "a script");
    ok(policy_byte(0x01, AUTO_CLEAR_STALL, TRUE), "set on an OUT pipe");
    fails_with(WinUsb_WritePipe(usb, 0x01, out, 100, &moved, NULL), ERROR_GEN_FAILURE,
               "a write is stalled");
    fails_with(WinUsb_WritePipe(usb, 0x01, out, 100, &moved, NULL), ERROR_GEN_FAILURE,
               "the pipe stays so");
    ok(WinUsb_ResetPipe(usb, 0x01) && WinUsb_WritePipe(usb, 0x01, out, 100, &moved, NULL),
       "until ResetPipe");
    int stalled = 0;
    for (int i = 0; i < 6; i++) {
        WINUSB_SETUP_PACKET mode = {0xc0, 2, 0, 0, 1};
        if (!WinUsb_ControlTransfer(usb, mode, &byte, 1, &moved, NULL)) {
            is_int(GetLastError(), ERROR_GEN_FAILURE, "a control transfer is stalled");
            stalled++;
        }
    }
    is_int(stalled, 1, "once: the next clears it");
    device_detach();
}

static void time_outs(void)
{
    ULONG moved = 0, time = 0, length = sizeof time;
    UCHAR byte;
    WINUSB_SETUP_PACKET mode = {0xc0, 2, 0, 0, 1};
    device_attach("mutt", "speed=high,faults=slow:ep=0:every=1:ms=400");
    ok(WinUsb_GetPipePolicy(usb, 0, PIPE_TRANSFER_TIMEOUT, &length, &time) && time == 5000,
       "control: 5 s by default");
    ok(WinUsb_GetPipePolicy(usb, 0x81, PIPE_TRANSFER_TIMEOUT, &length, &time) && time == 0,
       "bulk: none");
    ok(policy_time(0, 60), "60 ms on the control pipe");
    DWORD begin = GetTickCount();
    fails_with(WinUsb_ControlTransfer(usb, mode, &byte, 1, &moved, NULL), ERROR_SEM_TIMEOUT,
               "a slow answer is too late");
    DWORD passed = GetTickCount() - begin;
    ok(passed >= 50 && passed < 390, "and not waited for: %u ms", (unsigned)passed);
    ok(policy_time(0, 0), "no time-out");
    ok(WinUsb_ControlTransfer(usb, mode, &byte, 1, &moved, NULL) && moved == 1, "it comes");
    static const UCHAR pipes[] = {0x81, 0x82};
    for (int i = 0; i < 2; i++) {
        ok(policy_time(pipes[i], 40), "a time-out on pipe %02x", pipes[i]);
        fails_with(WinUsb_ReadPipe(usb, pipes[i], in[0], 64, &moved, NULL), ERROR_SEM_TIMEOUT,
                   "a read without data");
    }
    /* The clock starts when a request reaches the bus, not while it waits its turn. */
    reads_begin();
    begin = GetTickCount();
    for (int i = 0; i < READS; i++) {
        DWORD got;
        is_int(read_end(i, &got), ERROR_SEM_TIMEOUT, "read %d has its own time", i);
    }
    passed = GetTickCount() - begin;
    ok(passed >= READS * 40 - 20, "one after the other: %u ms", (unsigned)passed);
    device_detach();
}

static void write_times_out(void)
{
    ULONG moved = 0;
    static UCHAR much[1 << 20];
    device_attach("mutt", "speed=high");
    ok(policy_time(0x01, 50), "a time-out on the OUT pipe");
    int written = 0;
    while (written < 10 && WinUsb_WritePipe(usb, 0x01, much, sizeof much, &moved, NULL))
        written++;
    is_int(GetLastError(), ERROR_SEM_TIMEOUT, "a device that is full lets a write time out");
    is_int(written, 4, "after 4 MiB");
    device_detach();
}

static void packets_lost(void)
{
    static UCHAR buffer[FRAMES * 8 * 1024];
    static USBD_ISO_PACKET_DESCRIPTOR packets[FRAMES * 8];
    WINUSB_ISOCH_BUFFER_HANDLE reading;
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    DWORD moved = 1;
    device_attach("mutt", "speed=high");
    ok(WinUsb_SetCurrentAlternateSetting(usb, 1) &&
           WinUsb_RegisterIsochBuffer(usb, 0x83, buffer, sizeof buffer, &reading),
       "a buffer");
    ok(ovl_usb_faults(plugged,
                      "drop:ep=83:every=10+crc:ep=83:at=15+short:ep=83:at=16:bytes=7+babble:ep=83:"
                      "at=17+late:ep=83:at=18",
                      1) == 0,
       "a script");
    is_int(finish(WinUsb_ReadIsochPipeAsap(reading, 0, sizeof buffer, FALSE, FRAMES * 8, packets,
                                           &overlapped),
                  &overlapped, &moved),
           0, "some packets are lost: the transfer succeeds");
    int good = 0, wrong = 0;
    for (int i = 0; i < FRAMES * 8; i++) {
        good += packets[i].Status == USBD_STATUS_SUCCESS;
        wrong += packets[i].Offset != (ULONG)i * 1024;
    }
    is_int(wrong, 0, "each packet keeps its offset");
    is_int(good, 80 - 8 - 3, "the others are good");
    ok(packets[9].Status < 0 && packets[9].Length == 0, "a dropped one has no data");
    is_int(packets[14].Status, (LONG)0xC0000001, "a spoilt one: USBD_STATUS_CRC");
    ok(packets[15].Status == USBD_STATUS_SUCCESS && packets[15].Length == 7,
       "a short one is no error");
    is_int(packets[16].Status, (LONG)0xC0000008, "babble: USBD_STATUS_DATA_OVERRUN");
    ok(packets[17].Status < 0, "one that the controller missed");
    ok(ovl_usb_faults(plugged, "drop:ep=83:every=1", 1) == 0, "now all");
    ResetEvent(overlapped.hEvent);
    is_int(finish(WinUsb_ReadIsochPipeAsap(reading, 0, sizeof buffer, FALSE, FRAMES * 8, packets,
                                           &overlapped),
                  &overlapped, &moved),
           ERROR_GEN_FAILURE, "all packets are lost: the transfer fails");
    ok(packets[0].Status < 0 && packets[79].Status < 0, "and each says so");
    WinUsb_UnregisterIsochBuffer(reading);
    CloseHandle(overlapped.hEvent);
    device_detach();
}

int main(void)
{
    tap_begin();
    part(stall_stays);
    part(stall_cleared);
    part(stall_of_others);
    part(time_outs);
    part(write_times_out);
    part(packets_lost);
    return tap_end();
}
