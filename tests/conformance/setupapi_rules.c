/* SPDX-License-Identifier: MIT */
/* Device information sets: the documented errors, with and without devices; with devices (OVERLAPPED_USB), that the
 * list, its paths and its properties agree with each other. */
#include "../tap.h"
#include <initguid.h>
#include <setupapi.h>
#include <devpkey.h>

DEFINE_GUID(usb_device, 0xa5dcbf10, 0x6530, 0x11d2, 0x90, 0x1f, 0x00, 0xc0, 0x4f, 0xb9, 0x51, 0xed);
DEFINE_GUID(nobody, 0x11111111, 0x2222, 0x3333, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66, 0x77, 0x77);

static void bad_arguments(void)
{
    SP_DEVINFO_DATA device = {.cbSize = sizeof device};
    SP_DEVICE_INTERFACE_DATA interface = {.cbSize = sizeof interface};
    no_handle(SetupDiGetClassDevsA(NULL, NULL, NULL, DIGCF_PRESENT), ERROR_INVALID_PARAMETER, "no class and not all classes");
    fails_with(SetupDiEnumDeviceInfo(INVALID_HANDLE_VALUE, 0, &device), ERROR_INVALID_HANDLE, "no set");
    fails_with(SetupDiDestroyDeviceInfoList(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE, "destroying no set");
    HDEVINFO set = SetupDiCreateDeviceInfoList(NULL, NULL);
    ok(set != INVALID_HANDLE_VALUE, "an empty set");
    fails_with(SetupDiEnumDeviceInfo(set, 0, &device), ERROR_NO_MORE_ITEMS, "an empty set has no devices");
    fails_with(SetupDiEnumDeviceInterfaces(set, NULL, &usb_device, 0, &interface), ERROR_NO_MORE_ITEMS, "and no interfaces");
    device.cbSize = 5;
    fails_with(SetupDiEnumDeviceInfo(set, 0, &device), ERROR_INVALID_USER_BUFFER, "cbSize of a device is checked");
    interface.cbSize = 0;
    fails_with(SetupDiEnumDeviceInterfaces(set, NULL, &usb_device, 0, &interface), ERROR_INVALID_USER_BUFFER, "and of an interface");
    ok(SetupDiDestroyDeviceInfoList(set), "destroy");
    set = SetupDiGetClassDevsW(&nobody, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    ok(set != INVALID_HANDLE_VALUE, "a class that nobody has gives a set");
    interface.cbSize = sizeof interface;
    fails_with(SetupDiEnumDeviceInterfaces(set, NULL, &nobody, 0, &interface), ERROR_NO_MORE_ITEMS, "that is empty");
    ok(SetupDiDestroyDeviceInfoList(set), "destroy");
}

static void properties_of(HDEVINFO set, SP_DEVINFO_DATA *device)
{
    WCHAR wide[1024];
    char narrow[1024];
    DWORD type = 0, size = 0, need = 0;
    DEVPROPTYPE kind = 0;
    ok(SetupDiGetDeviceRegistryPropertyW(set, device, SPDRP_HARDWAREID, &type, (BYTE *)wide, sizeof wide, &size), "hardware ids");
    ok(type == REG_MULTI_SZ && size >= 4 && wide[size / 2 - 1] == 0 && wide[size / 2 - 2] == 0, "are a list that ends twice");
    ok(wide[0] == 'U' && wide[3] == '\\' && wide[4] == 'V', "and begin with USB and the vendor");
    fails_with(SetupDiGetDeviceRegistryPropertyW(set, device, SPDRP_HARDWAREID, &type, (BYTE *)wide, 4, &need),
          ERROR_INSUFFICIENT_BUFFER, "too little room");
    ok(need == size, "tells the size");
    ok(SetupDiGetDeviceRegistryPropertyA(set, device, SPDRP_HARDWAREID, &type, (BYTE *)narrow, sizeof narrow, &need) && need * 2 == size,
       "ANSI takes half of it");
    fails_with(SetupDiGetDeviceRegistryPropertyW(set, device, SPDRP_UI_NUMBER, &type, (BYTE *)wide, sizeof wide, &size),
          ERROR_INVALID_DATA, "a property that it has not");
    ok(SetupDiGetDevicePropertyW(set, device, &DEVPKEY_Device_InstanceId, &kind, (BYTE *)wide, sizeof wide, &size, 0) &&
           kind == DEVPROP_TYPE_STRING, "instance id as a property");
    ok(SetupDiGetDeviceInstanceIdA(set, device, narrow, sizeof narrow, &need) && need * 2 == size, "and by its own call");
    fails_with(SetupDiGetDeviceInstanceIdA(set, device, narrow, 3, &need), ERROR_INSUFFICIENT_BUFFER, "too little room for it");
    ok(SetupDiGetDevicePropertyW(set, device, &DEVPKEY_Device_ContainerId, &kind, (BYTE *)wide, sizeof wide, &size, 0) &&
           kind == DEVPROP_TYPE_GUID && size == sizeof(GUID), "container id");
    fails_with(SetupDiGetDevicePropertyW(set, device, &DEVPKEY_Device_DriverRank, &kind, (BYTE *)wide, sizeof wide, &size, 0),
          ERROR_NOT_FOUND, "a key that it has not");
}

static void present_devices(void)
{
    SP_DEVICE_INTERFACE_DATA interface = {.cbSize = sizeof interface};
    SP_DEVINFO_DATA device = {.cbSize = sizeof device};
    union {
        SP_DEVICE_INTERFACE_DETAIL_DATA_A detail;
        char room[600];
    } narrow;
    DWORD count = 0, need = 0, again = 0;
    HDEVINFO set = SetupDiGetClassDevsA(&usb_device, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    for (; SetupDiEnumDeviceInterfaces(set, NULL, &usb_device, count, &interface); count++) {
        ok(interface.Flags & SPINT_ACTIVE, "interface %u is active", (unsigned)count);
        fails_with(SetupDiGetDeviceInterfaceDetailA(set, &interface, NULL, 0, &need, NULL), ERROR_INSUFFICIENT_BUFFER, "size first");
        narrow.detail.cbSize = 4;
        fails_with(SetupDiGetDeviceInterfaceDetailA(set, &interface, &narrow.detail, sizeof narrow, &again, NULL),
              ERROR_INVALID_USER_BUFFER, "cbSize of the detail is checked");
        narrow.detail.cbSize = sizeof narrow.detail;
        ok(SetupDiGetDeviceInterfaceDetailA(set, &interface, &narrow.detail, sizeof narrow, &again, &device) && again == need, "detail");
        ok(strlen(narrow.detail.DevicePath) + 1 + sizeof(DWORD) == need, "has the size that was told");
        ok(strncmp(narrow.detail.DevicePath, "\\\\?\\", 4) == 0 && strstr(narrow.detail.DevicePath, "{a5dcbf10-"), "path %s",
           narrow.detail.DevicePath);
        properties_of(set, &device);
        HDEVINFO other = SetupDiCreateDeviceInfoList(NULL, NULL);
        ok(SetupDiOpenDeviceInterfaceA(other, narrow.detail.DevicePath, 0, NULL), "its path finds it");
        fails_with(SetupDiOpenDeviceInterfaceA(other, "\\\\?\\usb#nothing", 0, NULL), ERROR_NO_SUCH_DEVICE_INTERFACE, "a wrong one does not");
        ok(SetupDiDestroyDeviceInfoList(other), "destroy");
    }
    ok(GetLastError() == ERROR_NO_MORE_ITEMS, "the list ends with no more items");
    if (count == 0)
        skip(1, "no USB device is present");
    ok(SetupDiDestroyDeviceInfoList(set), "destroy");
}

int main(void)
{
    tap_begin();
    part(bad_arguments);
    part(present_devices);
    return tap_end();
}
