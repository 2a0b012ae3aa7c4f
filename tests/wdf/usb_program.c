/* SPDX-License-Identifier: MIT */
/* The program of the USB driver: attaches the test device at a speed, gives it the faults that each part wants, prints the parts' lines. */
#include "../tap.h"

#include <cfgmgr32.h>
#include <winioctl.h>

#include "overlapped.h"
#include "usb_test.h"

static HANDLE open_device(void)
{
    static WCHAR list[4096];
    if (CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_USB_TEST, NULL, list, sizeof list / sizeof *list,
                                      CM_GET_DEVICE_INTERFACE_LIST_PRESENT) != CR_SUCCESS || list[0] == 0)
        return INVALID_HANDLE_VALUE;
    return CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static void lines_print(char *text, DWORD length)
{
    text[length] = '\0';
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        InterlockedIncrement(&tap_checks);
        if (strncmp(line, "not ", 4) == 0)
            InterlockedIncrement(&tap_failures);
        printf("%s\n", line);
    }
}

static void parts_run(HANDLE device, struct ovl_usb_device *usb)
{
    static char text[USB_BYTES + 1];
    for (DWORD number = 0;; number++) {
        DWORD bytes = 0;
        char faults[128] = "";
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
        if (!DeviceIoControl(device, IOCTL_USB_FAULTS, &number, sizeof number, faults, sizeof faults, &bytes, NULL)) {
            ok(GetLastError() == ERROR_NO_MORE_ITEMS && number > 0, "all parts ran");
            return;
        }
        ok(ovl_usb_faults(usb, faults, 1) == 0, "faults of part %u: %s", (unsigned)number, faults);
        ok(DeviceIoControl(device, IOCTL_USB_PART, &number, sizeof number, text, USB_BYTES, &bytes, NULL) && bytes != 0,
           "part %u checked something", (unsigned)number);
        lines_print(text, bytes);
    }
}

int main(int argc, char **argv)
{
    struct ovl_driver *driver;
    struct ovl_usb_device *usb;
    char spec[4096];
    tap_begin();
    if (argc < 3)
        return 2;
    snprintf(spec, sizeof spec, "%s,id=USB\\VID_1209&PID_0001", argv[1]);
    if (ovl_driver_load(spec, &driver) != 0 || ovl_usb_attach("mutt", argv[2], &usb) != 0) {
        printf("Bail out! no driver or no device\n");
        return 3;
    }
    HANDLE device = open_device();
    ok(device != INVALID_HANDLE_VALUE, "the driver's device opens");
    parts_run(device, usb);
    ok(CloseHandle(device), "it closes");
    ovl_usb_detach(usb);
    ok(ovl_driver_unload(driver) == 0, "the driver unloads");
    return tap_end();
}
