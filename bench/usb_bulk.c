/* SPDX-License-Identifier: MIT */
/*
 * Bulk transfers through WinUSB on the virtual test device: what=loop writes `size` bytes and reads
 * them back, over and over (each byte is counted once); what=in reads the device's pattern.
 */
#include "measure.h"

#include <windows.h>
#include <winusb.h>
#include <overlapped.h>
#include <stdlib.h>
#include <string.h>

static WINUSB_INTERFACE_HANDLE usb;

static void check(BOOL good, const char *what)
{
    if (!good)
        die_code(what, GetLastError());
}

static void device_open(const char *options, USHORT mode)
{
    struct ovl_usb_device *attached;
    uint32_t error = ovl_usb_attach("mutt", options, &attached);
    if (error != 0)
        die_code("ovl_usb_attach", error);
    HANDLE device = CreateFileA(
        "\\\\?\\usb#vid_1209&pid_0001#0001#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}",
        GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    check(device != INVALID_HANDLE_VALUE, "CreateFile");
    check(WinUsb_Initialize(device, &usb), "WinUsb_Initialize");
    WINUSB_SETUP_PACKET setup = {0x40, 0x01, mode, 0, 0};
    check(WinUsb_ControlTransfer(usb, setup, NULL, 0, NULL, NULL), "the device's mode");
}

static void loop(UCHAR *out, UCHAR *in, ULONG size)
{
    ULONG moved = 0;
    check(WinUsb_WritePipe(usb, 0x01, out, size, &moved, NULL) && moved == size,
          "WinUsb_WritePipe");
    check(WinUsb_ReadPipe(usb, 0x81, in, size, &moved, NULL) && moved == size, "WinUsb_ReadPipe");
}

int main(int argc, char **argv)
{
    char options[32] = "speed=";
    ULONG size = (ULONG)arg_number(argc, argv, "size", 1 << 20), moved;
    BOOL loops = strcmp(arg_text(argc, argv, "what", "loop"), "loop") == 0;
    uint64_t ms = (uint64_t)arg_number(argc, argv, "ms", 1000), ops = 0;
    strncat(options, arg_text(argc, argv, "speed", "high"), 20);
    UCHAR *out = malloc(size), *in = calloc(1, size);
    if (out == NULL || in == NULL)
        die("malloc");
    for (ULONG i = 0; i < size; i++)
        out[i] = (UCHAR)(i * 7 + i / 253);
    device_open(options, loops ? 0 : 1);
    for (int i = 0; i < 16 && loops; i++)
        loop(out, in, size);
    uint64_t begin = now_ns();
    double cpu = cpu_seconds();
    for (; now_ns() - begin < ms * 1000000u; ops++) {
        if (loops)
            loop(out, in, size);
        else
            check(WinUsb_ReadPipe(usb, 0x81, in, size, &moved, NULL), "WinUsb_ReadPipe");
    }
    if (loops && memcmp(out, in, size) != 0)
        die_code("what came back", 0);
    uint64_t elapsed = now_ns() - begin;
    report("bytes_s", (double)ops * size / ((double)elapsed / 1e9));
    report_rate((double)ops, elapsed, cpu_seconds() - cpu);
    return 0;
}
