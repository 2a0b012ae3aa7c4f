/* SPDX-License-Identifier: MIT */
/* WinUSB: bulk, interrupt and control transfers by every policy, their errors, and cancelling in
 * all forms. */
#include "winusb_common.h"

static UCHAR out[8192], in[8192];
static ULONG packet;

static void fill(void)
{
    for (ULONG i = 0; i < sizeof out; i++)
        out[i] = (UCHAR)(i * 7 + i / 256);
    memset(in, 0, sizeof in);
}

static BOOL put(ULONG length)
{
    ULONG done = 0;
    return WinUsb_WritePipe(usb, BULK_OUT, out, length, &done, NULL) && done == length;
}

static void loopback(void)
{
    ULONG done = 0;
    fill();
    ok(put(100), "a write of 100 bytes");
    ok(WinUsb_ReadPipe(usb, BULK_IN, in, 512 * 4, &done, NULL) && done == 100 &&
           !memcmp(in, out, 100),
       "comes back by a read");
    ok(WinUsb_WritePipe(usb, INTERRUPT_OUT, out, 8, &done, NULL) && done == 8,
       "an interrupt write");
    ok(WinUsb_ReadPipe(usb, INTERRUPT_IN, in, 64, &done, NULL) && done == 8, "comes back");
    fails_with(WinUsb_ReadPipe(usb, BULK_IN, in, 64, NULL, NULL), ERROR_INVALID_PARAMETER,
               "a waiting read must tell its length");
    fails_with(WinUsb_ReadPipe(usb, BULK_OUT, in, 64, &done, NULL), ERROR_INVALID_PARAMETER,
               "a read of an OUT pipe");
    fails_with(WinUsb_WritePipe(usb, BULK_IN, in, 64, &done, NULL), ERROR_INVALID_PARAMETER,
               "a write to an IN pipe");
    fails_with(WinUsb_ReadPipe(usb, 0x8f, in, 64, &done, NULL), ERROR_INVALID_PARAMETER,
               "a pipe that is not there");
}

static void partial_reads(void)
{
    ULONG done = 7;
    fill();
    put(60);
    ok(WinUsb_ReadPipe(usb, BULK_IN, in, 20, &done, NULL) && done == 20,
       "a read of less than came");
    ok(WinUsb_ReadPipe(usb, BULK_IN, in + 20, 20, &done, NULL) && done == 20,
       "the next has the surplus");
    ok(WinUsb_ReadPipe(usb, BULK_IN, in + 40, 100, &done, NULL) && done == 20 &&
           !memcmp(in, out, 60),
       "to its end");
    ok(WinUsb_ReadPipe(usb, BULK_IN, in, 0, &done, NULL) && done == 0,
       "a read of nothing ends at once");
    put(60);
    WinUsb_ReadPipe(usb, BULK_IN, in, 20, &done, NULL);
    ok(WinUsb_FlushPipe(usb, BULK_IN), "FlushPipe");
    put(30);
    ok(WinUsb_ReadPipe(usb, BULK_IN, in, 100, &done, NULL) && done == 30, "drops the surplus");
    policy_set(BULK_IN, AUTO_FLUSH, 1);
    put(60);
    ok(WinUsb_ReadPipe(usb, BULK_IN, in, 20, &done, NULL) && done == 20,
       "AUTO_FLUSH: a short read");
    put(30);
    ok(WinUsb_ReadPipe(usb, BULK_IN, in, 100, &done, NULL) && done == 30, "and no surplus");
    policy_set(BULK_IN, AUTO_FLUSH, 0);
    policy_set(BULK_IN, ALLOW_PARTIAL_READS, 0);
    put(60);
    fails_with(WinUsb_ReadPipe(usb, BULK_IN, in, 20, &done, NULL), ERROR_GEN_FAILURE,
               "without ALLOW_PARTIAL_READS a surplus fails");
    policy_set(BULK_IN, ALLOW_PARTIAL_READS, 1);
}

static void short_packets(void)
{
    DWORD done = 0;
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    policy_set(BULK_IN, IGNORE_SHORT_PACKETS, 1);
    fill();
    BOOL started = WinUsb_ReadPipe(usb, BULK_IN, in, 50, NULL, &overlapped);
    ok(!started && GetLastError() == ERROR_IO_PENDING, "a read pends");
    put(30);
    ok(stays_unsignalled(overlapped.hEvent),
       "IGNORE_SHORT_PACKETS: a short packet does not end it");
    put(20);
    ok(finish(started, &overlapped, &done) == 0 && done == 50, "the full count does");
    policy_set(BULK_IN, IGNORE_SHORT_PACKETS, 0);
    policy_set(BULK_OUT, SHORT_PACKET_TERMINATE, 1);
    ok(put(packet), "SHORT_PACKET_TERMINATE: a whole packet");
    ULONG got = 0;
    ok(WinUsb_ReadPipe(usb, BULK_IN, in, packet * 4, &got, NULL) && got == packet,
       "is ended by an empty one");
    policy_set(BULK_OUT, SHORT_PACKET_TERMINATE, 0);
    CloseHandle(overlapped.hEvent);
}

static void raw_io(void)
{
    ULONG done = 0;
    policy_set(BULK_IN, RAW_IO, 1);
    fails_with(WinUsb_ReadPipe(usb, BULK_IN, in, packet - 1, &done, NULL), ERROR_INVALID_PARAMETER,
               "RAW_IO: no whole packets");
    static UCHAR much[(2 << 20) + 4096];
    fails_with(WinUsb_ReadPipe(usb, BULK_IN, much, (2 << 20) + packet, &done, NULL),
               ERROR_INVALID_PARAMETER, "more than the maximum");
    OVERLAPPED overlapped[4] = {{0}};
    for (int i = 0; i < 4; i++) {
        overlapped[i].hEvent = event_manual();
        WinUsb_ReadPipe(usb, BULK_IN, in + i * packet, packet, NULL, &overlapped[i]);
    }
    for (ULONG i = 0; i < 4; i++)
        put(10 + i);
    for (DWORD i = 0, got; i < 4; i++) {
        ok(WinUsb_GetOverlappedResult(usb, &overlapped[i], &got, TRUE) && got == 10 + i,
           "reads end in their order");
        CloseHandle(overlapped[i].hEvent);
    }
    policy_set(BULK_IN, RAW_IO, 0);
}

static void timeouts(void)
{
    ULONG timeout = 100, done = 0;
    WinUsb_SetPipePolicy(usb, BULK_IN, PIPE_TRANSFER_TIMEOUT, sizeof timeout, &timeout);
    fails_with(WinUsb_ReadPipe(usb, BULK_IN, in, packet, &done, NULL), ERROR_SEM_TIMEOUT,
               "PIPE_TRANSFER_TIMEOUT");
    timeout = 0;
    WinUsb_SetPipePolicy(usb, BULK_IN, PIPE_TRANSFER_TIMEOUT, sizeof timeout, &timeout);
    put(5);
    ok(WinUsb_ReadPipe(usb, BULK_IN, in, packet, &done, NULL) && done == 5,
       "nothing is lost by it");
}

static void controls(void)
{
    ULONG done = 77;
    fill();
    ok(control(0x40, ECHO, 0, 0, out, 200, &done) && done == 200, "a control transfer out");
    ok(control(0xc0, ECHO, 0, 0, in, 300, &done) && done == 200 && !memcmp(in, out, 200), "and in");
    ok(control(0x40, ECHO, 0, 0, NULL, 0, NULL), "without data nothing need be told");
    fails_with(control(0xc0, 0x7f, 0, 0, in, 1, &done), ERROR_GEN_FAILURE,
               "a request that the device does not know");
    WINUSB_SETUP_PACKET setup = {0xc0, ECHO, 0, 0, 8192};
    fails_with(WinUsb_ControlTransfer(usb, setup, in, 8192, &done, NULL), ERROR_INVALID_PARAMETER,
               "more than 4 KiB");
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    DWORD got = 0;
    setup = (WINUSB_SETUP_PACKET){0xc0, 0x06, 0x0100, 0, 18};
    setup.RequestType = 0x80;
    ok(finish(WinUsb_ControlTransfer(usb, setup, in, 18, NULL, &overlapped), &overlapped, &got) ==
               0 &&
           got == 18 && in[0] == 18,
       "overlapped, a standard request");
    CloseHandle(overlapped.hEvent);
}

static void stalls(void)
{
    ULONG done = 0;
    ok(set_mode(MODE_PATTERN), "pattern mode");
    fill();
    fails_with(WinUsb_WritePipe(usb, BULK_OUT, out, 100, &done, NULL), ERROR_GEN_FAILURE,
               "a write that the device stalls");
    fails_with(WinUsb_WritePipe(usb, BULK_OUT, out, 100, &done, NULL), ERROR_GEN_FAILURE,
               "what comes after fails too");
    set_mode(MODE_LOOPBACK);
    ok(WinUsb_ResetPipe(usb, BULK_OUT), "ResetPipe");
    ok(put(100), "and it goes on");
    WinUsb_ReadPipe(usb, BULK_IN, in, 512, &done, NULL);
}

static DWORD WINAPI issue_and_exit(void *overlapped)
{
    return WinUsb_ReadPipe(usb, BULK_IN, in, packet, NULL, overlapped) ? 0 : GetLastError();
}

static void cancelling(void)
{
    OVERLAPPED overlapped[3] = {{0}};
    DWORD done;
    for (int i = 0; i < 3; i++) {
        overlapped[i].hEvent = event_manual();
        WinUsb_ReadPipe(usb, BULK_IN, in, packet, NULL, &overlapped[i]);
    }
    fails_with(WinUsb_GetOverlappedResult(usb, &overlapped[0], &done, FALSE), ERROR_IO_INCOMPLETE,
               "it is not done");
    fails_with(WinUsb_SetCurrentAlternateSetting(usb, 1), ERROR_BUSY, "no other setting meanwhile");
    ok(CancelIoEx(device, &overlapped[1]), "CancelIoEx of one that waits its turn");
    fails_with(WinUsb_GetOverlappedResult(usb, &overlapped[1], &done, TRUE),
               ERROR_OPERATION_ABORTED, "aborts it");
    ok(CancelIoEx(device, &overlapped[0]), "CancelIoEx of the one on the bus");
    fails_with(WinUsb_GetOverlappedResult(usb, &overlapped[0], &done, TRUE),
               ERROR_OPERATION_ABORTED, "aborts it");
    fill();
    put(9);
    ok(WinUsb_GetOverlappedResult(usb, &overlapped[2], &done, TRUE) && done == 9,
       "the third goes on");
    for (int i = 0; i < 3; i++) {
        ResetEvent(overlapped[i].hEvent);
        WinUsb_ReadPipe(usb, BULK_IN, in, packet, NULL, &overlapped[i]);
    }
    ok(WinUsb_AbortPipe(usb, BULK_IN), "AbortPipe");
    for (int i = 0; i < 3; i++)
        fails_with(WinUsb_GetOverlappedResult(usb, &overlapped[i], &done, FALSE),
                   ERROR_OPERATION_ABORTED, "has aborted when it returns");
    fails_with(CancelIoEx(device, NULL), ERROR_NOT_FOUND, "nothing is left");
    is_int(thread_join(thread_start(issue_and_exit, &overlapped[0])), ERROR_IO_PENDING,
           "a thread issues a read and ends");
    fails_with(WinUsb_GetOverlappedResult(usb, &overlapped[0], &done, TRUE),
               ERROR_OPERATION_ABORTED, "so it is aborted");
    ResetEvent(overlapped[0].hEvent);
    WinUsb_ReadPipe(usb, BULK_IN, in, packet, NULL, &overlapped[0]);
    device_end();
    ok(signalled_now(overlapped[0].hEvent) && overlapped[0].Internal == (ULONG_PTR)0xC0000120,
       "closing the handle cancels");
    device_begin();
    for (int i = 0; i < 3; i++)
        CloseHandle(overlapped[i].hEvent);
}

static void by_port(void)
{
    HANDLE port = CreateIoCompletionPort(device, NULL, 42, 1);
    OVERLAPPED overlapped = {0}, *got = NULL;
    DWORD done = 0;
    ULONG_PTR key = 0;
    ok(port != NULL, "a port for the device handle");
    fill();
    WinUsb_ReadPipe(usb, BULK_IN, in, packet, NULL, &overlapped);
    put(17);
    ok(GetQueuedCompletionStatus(port, &done, &key, &got, PATIENCE_MS) && got == &overlapped &&
           key == 42 && done == 17,
       "gets the packet");
    CloseHandle(port);
}

int main(void)
{
    WINUSB_PIPE_INFORMATION pipe;
    device_find();
    tap_begin();
    device_begin();
    set_mode(MODE_LOOPBACK);
    packet = WinUsb_QueryPipe(usb, 0, 1, &pipe) ? pipe.MaximumPacketSize : 64;
    part(loopback);
    part(partial_reads);
    part(short_packets);
    part(raw_io);
    part(timeouts);
    part(controls);
    part(stalls);
    part(cancelling);
    part(by_port);
    device_end();
    return tap_end();
}
