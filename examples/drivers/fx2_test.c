/* SPDX-License-Identifier: MIT */
/* A unit test of a driver: no device, no root, no reboot. The board is a model that stalls its second bulk read and is then pulled out; the
 * driver must pass the error up, recover by its reset, and survive the loss. usage: fx2_test fx2_driver.so,inf=fx2.inx */
#include <windows.h>
#include <cfgmgr32.h>
#include <overlapped.h>
#include <stdio.h>
#include <winioctl.h>

#include "fx2.h"

/* A test that goes on behind its first failure would wait for what no longer comes. */
#define CHECK(condition)                                                                     \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            printf("not ok - %s (error %u)\n", #condition, (unsigned)GetLastError());        \
            return 1;                                                                        \
        }                                                                                    \
        printf("ok - %s\n", #condition);                                                     \
    } while (0)

int main(int argc, char **argv)
{
    struct ovl_driver *driver;
    struct ovl_usb_device *board;
    WCHAR path[512] = {0};
    BYTE out[300] = "there and back", in[512];
    DWORD moved;

    CHECK(argc == 2 && ovl_driver_load(argv[1], &driver) == 0);
    CHECK(ovl_usb_attach("fx2", "faults=stall:ep=88:at=2", &board) == 0);
    CHECK(CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_FX2, NULL, path, 512, 0) == CR_SUCCESS);
    HANDLE device = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(device != INVALID_HANDLE_VALUE);

    CHECK(WriteFile(device, out, sizeof out, &moved, NULL) && moved == sizeof out);
    CHECK(ReadFile(device, in, sizeof in, &moved, NULL) && moved == sizeof out && memcmp(in, out, moved) == 0);
    CHECK(WriteFile(device, out, sizeof out, &moved, NULL));
    CHECK(!ReadFile(device, in, sizeof in, &moved, NULL) && GetLastError() == ERROR_GEN_FAILURE); /* the stall */
    CHECK(DeviceIoControl(device, IOCTL_FX2_RESET, NULL, 0, NULL, 0, &moved, NULL));
    CHECK(WriteFile(device, out, sizeof out, &moved, NULL));
    CHECK(ReadFile(device, in, sizeof in, &moved, NULL) && moved == sizeof out);

    CHECK(ovl_usb_plug(board, 0) == 0);
    CHECK(!WriteFile(device, out, sizeof out, &moved, NULL)); /* it is gone */
    CHECK(CloseHandle(device));
    ovl_usb_detach(board);
    CHECK(ovl_driver_unload(driver) == 0); /* what the driver has not given back is reported here */
    return 0;
}
