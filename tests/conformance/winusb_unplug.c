/* SPDX-License-Identifier: MIT */
/* WinUSB: the device is pulled out at the second bulk write (a fault script does it) while reads
 * wait. */
#include "winusb_common.h"

static UCHAR bytes[512], in[512];

static void unplugged(void)
{
    OVERLAPPED overlapped[2] = {{0}};
    ULONG done = 0;
    for (int i = 0; i < 2; i++) {
        overlapped[i].hEvent = event_manual();
        WinUsb_ReadPipe(usb, INTERRUPT_IN, in, 64, NULL, &overlapped[i]);
    }
    for (int i = 0; i < 50 && WinUsb_WritePipe(usb, BULK_OUT, bytes, 8, &done, NULL); i++)
        ;
    for (int i = 0; i < 2; i++) {
        DWORD got, error = WinUsb_GetOverlappedResult(usb, &overlapped[i], &got, TRUE)
                               ? 0
                               : GetLastError();
        ok(error == ERROR_DEVICE_NOT_CONNECTED || error == ERROR_NO_SUCH_DEVICE,
           "a waiting read ends: %u", (unsigned)error);
        CloseHandle(overlapped[i].hEvent);
    }
    BOOL written = WinUsb_WritePipe(usb, BULK_OUT, bytes, 8, &done, NULL);
    DWORD error = written ? 0 : GetLastError(); /* which of the two depends on whether the removal
                                                   has been told yet */
    ok(error == ERROR_DEVICE_NOT_CONNECTED || error == ERROR_NO_SUCH_DEVICE,
       "later requests fail: %u", (unsigned)error);
}

int main(void)
{
    device_find();
    tap_begin();
    device_begin();
    part(unplugged);
    device_end();
    return tap_end();
}
