/* SPDX-License-Identifier: MIT */
/* The program of the contracts' driver: runs its parts, has it relay a large request piece by piece, loads a copy of it beside it, and sends its
 * device out of the port and back. Arguments: the driver, the device's options. */
#include "../tap.h"

#include <cfgmgr32.h>
#include <winioctl.h>

#include "contract_test.h"
#include "overlapped.h"

enum { RELAYED = 64 * RELAY_PIECE };

static const char *driver_path, *options;
static struct ovl_driver *driver;
static struct ovl_usb_device *usb;
static HANDLE device;

/* The first interface whose path has that text. */
static HANDLE device_open(const WCHAR *text)
{
    static WCHAR list[4096];
    list[0] = 0;
    CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_USB_TEST, NULL, list, sizeof list / sizeof *list,
                                  CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    for (const WCHAR *path = list; *path != 0; path += wcslen(path) + 1)
        if (wcsstr(path, text) != NULL)
            return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    return INVALID_HANDLE_VALUE;
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

static void test_parts(void)
{
    static char text[USB_BYTES + 1];
    char faults[128] = "";
    DWORD bytes = 0, number = 0;
    for (; DeviceIoControl(device, IOCTL_USB_FAULTS, &number, sizeof number, faults, sizeof faults, &bytes, NULL); number++) {
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
        is_int(ovl_usb_faults(usb, faults, 1), 0, "faults of part %u: %s", (unsigned)number, faults);
        ok(DeviceIoControl(device, IOCTL_USB_PART, &number, sizeof number, text, USB_BYTES, &bytes, NULL) && bytes != 0,
           "part %u checked something", (unsigned)number);
        lines_print(text, bytes);
    }
    ok(GetLastError() == ERROR_NO_MORE_ITEMS && number > 0, "all parts ran");
    is_int(ovl_usb_faults(usb, "", 1), 0, "no faults any more");
}

static void test_relay(void)
{
    static BYTE out[RELAYED], in[RELAYED];
    DWORD bytes = 0;
    for (DWORD i = 0; i < RELAYED; i++)
        out[i] = (BYTE)(i * 31 + i / 1021);
    ok(DeviceIoControl(device, IOCTL_RELAY_WRITE, NULL, 0, out, RELAYED, &bytes, NULL) && bytes == RELAYED, "a request goes out in 64 pieces");
    ok(DeviceIoControl(device, IOCTL_RELAY_READ, NULL, 0, in, RELAYED, &bytes, NULL) && bytes == RELAYED, "one comes in");
    ok(memcmp(in, out, RELAYED) == 0, "each piece was where the partial MDL said");
    ok(DeviceIoControl(device, IOCTL_RELAY_WRITE, NULL, 0, out, RELAY_PIECE + 7, &bytes, NULL) && bytes == RELAY_PIECE + 7, "an odd end");
    memset(in, 0, sizeof in);
    ok(DeviceIoControl(device, IOCTL_RELAY_READ, NULL, 0, in, RELAYED, &bytes, NULL) && bytes == RELAY_PIECE + 7 &&
           memcmp(in, out, bytes) == 0 && in[bytes] == 0, "a short piece ends the read");
}

static DWORD keep(HANDLE of, DWORD add)
{
    DWORD sum = 0, bytes = 0;
    return DeviceIoControl(of, IOCTL_KEEP, &add, sizeof add, &sum, sizeof sum, &bytes, NULL) && bytes == sizeof sum ? sum : ~0u;
}

/* Two modules with the same names for everything: DriverEntry, the context's record, the variables. */
static void test_copy(void)
{
    const char *copy = "./contract-copy.so";
    char spec[1100], with_ids[128];
    struct ovl_driver *second;
    struct ovl_usb_device *other;
    ok(CopyFileA(driver_path, copy, FALSE), "a copy of the driver");
    snprintf(spec, sizeof spec, "%s,id=USB\\VID_1234&PID_5678", copy);
    snprintf(with_ids, sizeof with_ids, "%s,id=1234:5678", options);
    is_int(ovl_usb_attach("mutt", with_ids, &other), 0, "a second device, for it");
    is_int(ovl_driver_load(spec, &second), 0, "both are loaded");
    HANDLE theirs = device_open(L"vid_1234");
    ok(theirs != INVALID_HANDLE_VALUE, "the copy serves its device");
    is_int(keep(device, 5), 5, "one keeps a number");
    is_int(keep(theirs, 9), 9, "the other its own");
    is_int(keep(device, 1), 6, "neither has the other's");
    is_int(keep(theirs, 1), 10, "nor changes it");
    CloseHandle(theirs);
    is_int(ovl_driver_unload(second), 0, "the copy unloads");
    is_int(keep(device, 0), 6, "the first goes on");
    ovl_usb_detach(other);
    DeleteFileA(copy);
}

/* Whether it comes true within our patience. */
static int comes(int (*true_now)(void))
{
    int seen = true_now();
    for (int ms = 0; !seen && ms < PATIENCE_MS; ms += 10) {
        Sleep(10);
        seen = true_now();
    }
    return seen;
}

static int is_dead(void)
{
    return keep(device, 0) == ~0u;
}

static int opens(void)
{
    device = device_open(L"vid_1209");
    return device != INVALID_HANDLE_VALUE;
}

/* Surprise removal and a new device in the same place: whatever was open is dead, and has to be closed. */
static void test_cycle(void)
{
    BYTE data[16] = {0};
    DWORD bytes = 0;
    ok(DeviceIoControl(device, IOCTL_CYCLE, NULL, 0, NULL, 0, &bytes, NULL), "the port is cycled");
    ok(comes(is_dead), "the old handle dies");
    ok(!DeviceIoControl(device, IOCTL_RELAY_WRITE, NULL, 0, data, sizeof data, &bytes, NULL), "for transfers too");
    CloseHandle(device);
    ok(comes(opens), "the device is back, as another one");
    ok(DeviceIoControl(device, IOCTL_RELAY_WRITE, NULL, 0, data, sizeof data, &bytes, NULL) && bytes == sizeof data, "which works");
}

int main(int argc, char **argv)
{
    char spec[1100];
    tap_begin();
    if (argc < 3)
        return 2;
    driver_path = argv[1];
    options = argv[2];
    snprintf(spec, sizeof spec, "%s,id=USB\\VID_1209&PID_0001", driver_path);
    if (ovl_driver_load(spec, &driver) != 0 || ovl_usb_attach("mutt", options, &usb) != 0) {
        printf("Bail out! no driver or no device\n");
        return 3;
    }
    device = device_open(L"vid_1209");
    ok(device != INVALID_HANDLE_VALUE, "the driver's device opens");
    part(test_parts);
    part(test_relay);
    part(test_copy);
    part(test_cycle);
    CloseHandle(device);
    ovl_usb_detach(usb);
    is_int(ovl_driver_unload(driver), 0, "the driver unloads");
    return tap_end();
}
