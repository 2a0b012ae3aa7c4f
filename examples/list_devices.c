/* SPDX-License-Identifier: MIT */
/* Lists the USB devices that are present: description, ids, and the path that CreateFile opens. */
#include <windows.h>
#include <initguid.h>
#include <setupapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

DEFINE_GUID(interface_usb_device, 0xa5dcbf10, 0x6530, 0x11d2, 0x90, 0x1f, 0x00, 0xc0, 0x4f, 0xb9,
            0x51, 0xed);

static void property_print(HDEVINFO set, SP_DEVINFO_DATA *device, DWORD property, const char *label)
{
    char text[2048] = "";
    DWORD type = 0, size = 0;
    if (!SetupDiGetDeviceRegistryPropertyA(set, device, property, &type, (BYTE *)text,
                                           sizeof text - 2, &size))
        return; /* ERROR_INVALID_DATA: it has none */
    for (const char *at = text; *at; at += strlen(at) + 1) {
        printf("    %-12s %s\n", label, at);
        if (type != REG_MULTI_SZ)
            break;
    }
}

static int interface_print(HDEVINFO set, SP_DEVICE_INTERFACE_DATA *interface)
{
    SP_DEVINFO_DATA device = {.cbSize = sizeof device};
    DWORD size = 0;
    SetupDiGetDeviceInterfaceDetailA(set, interface, NULL, 0, &size, NULL);
    if (GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return 0;
    SP_DEVICE_INTERFACE_DETAIL_DATA_A *detail = malloc(size);
    if (!detail)
        return 0;
    detail->cbSize = sizeof *detail;
    int done = SetupDiGetDeviceInterfaceDetailA(set, interface, detail, size, NULL, &device);
    if (done) {
        printf("%s\n", detail->DevicePath);
        property_print(set, &device, SPDRP_DEVICEDESC, "description");
        property_print(set, &device, SPDRP_MFG, "maker");
        property_print(set, &device, SPDRP_SERVICE, "service");
        property_print(set, &device, SPDRP_HARDWAREID, "hardware id");
        property_print(set, &device, SPDRP_COMPATIBLEIDS, "compatible");
        property_print(set, &device, SPDRP_LOCATION_PATHS, "location");
    }
    free(detail);
    return done;
}

int main(void)
{
    HDEVINFO set = SetupDiGetClassDevsA(NULL, NULL, NULL,
                                        DIGCF_PRESENT | DIGCF_ALLCLASSES | DIGCF_DEVICEINTERFACE);
    if (set == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "no list of devices: error %lu\n", (unsigned long)GetLastError());
        return 1;
    }
    SP_DEVICE_INTERFACE_DATA interface = {.cbSize = sizeof interface};
    DWORD count = 0;
    while (SetupDiEnumDeviceInterfaces(set, NULL, &interface_usb_device, count, &interface)) {
        if (!interface_print(set, &interface)) {
            fprintf(stderr, "device %lu: error %lu\n", (unsigned long)count,
                    (unsigned long)GetLastError());
            break;
        }
        count++;
    }
    int complete = GetLastError() == ERROR_NO_MORE_ITEMS;
    printf("%lu USB devices\n", (unsigned long)count);
    SetupDiDestroyDeviceInfoList(set);
    return !complete;
}
