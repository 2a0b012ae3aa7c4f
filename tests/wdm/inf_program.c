/* SPDX-License-Identifier: MIT */
/* What a driver's INF says of its devices, as programs see it: description, friendly name, manufacturer, class. */
#include "../tap.h"

#include <initguid.h>
#include <cfgmgr32.h>
#include <devpkey.h>
#include <setupapi.h>

#include "overlapped.h"

DEFINE_GUID(class_sample, 0x78a1c341, 0x4539, 0x11d3, 0xb8, 0x8d, 0x00, 0xc0, 0x4f, 0xad, 0x51, 0x71);

static HDEVINFO set;
static SP_DEVINFO_DATA data = {.cbSize = sizeof data};

/* The device whose hardware ids begin with that, among those of the class; NULL: of all. */
static BOOL device_find(const GUID *class, const WCHAR *id)
{
    WCHAR text[600];
    set = SetupDiGetClassDevsW(class, NULL, NULL, DIGCF_PRESENT | (class == NULL ? DIGCF_ALLCLASSES : 0));
    for (DWORD i = 0; SetupDiEnumDeviceInfo(set, i, &data); i++)
        if (SetupDiGetDeviceRegistryPropertyW(set, &data, SPDRP_HARDWAREID, NULL, (BYTE *)text, sizeof text, NULL) &&
            wcsncmp(text, id, wcslen(id)) == 0)
            return TRUE;
    SetupDiDestroyDeviceInfoList(set);
    return FALSE;
}

static BOOL property_is(DWORD property, const WCHAR *expected)
{
    WCHAR text[300] = {0};
    return SetupDiGetDeviceRegistryPropertyW(set, &data, property, NULL, (BYTE *)text, sizeof text, NULL) &&
           _wcsicmp(text, expected) == 0;
}

static BOOL key_is(const DEVPROPKEY *key, const WCHAR *expected)
{
    WCHAR text[300] = {0};
    DEVPROPTYPE type;
    return SetupDiGetDevicePropertyW(set, &data, key, &type, (BYTE *)text, sizeof text, NULL, 0) &&
           type == DEVPROP_TYPE_STRING && _wcsicmp(text, expected) == 0;
}

static void test_board(void)
{
    ok(device_find(&class_sample, L"USB\\VID_0547&PID_1002"), "the board is in the INF's class");
    ok(property_is(SPDRP_DEVICEDESC, L"Learning board"), "its description is its model's");
    ok(property_is(SPDRP_FRIENDLYNAME, L"The friendly board"), "its friendly name is what AddReg wrote");
    ok(property_is(SPDRP_MFG, L"Overlapped"), "its manufacturer is the INF's");
    ok(property_is(SPDRP_CLASS, L"Sample"), "its class");
    ok(property_is(SPDRP_CLASSGUID, L"{78a1c341-4539-11d3-b88d-00c04fad5171}"), "and its class's GUID");
    ok(property_is(SPDRP_SERVICE, L"OvlRegistry"), "its service");
    ok(key_is(&DEVPKEY_Device_FriendlyName, L"The friendly board") && key_is(&DEVPKEY_NAME, L"The friendly board"),
       "the newer properties say the same");
    ok(key_is(&DEVPKEY_Device_DeviceDesc, L"Learning board"), "as the description");
    ok(key_is(&DEVPKEY_Device_BusReportedDeviceDesc, L"USB-FX2 look-alike"), "what the bus reports is the device's own string");
    SetupDiDestroyDeviceInfoList(set);
}

int main(int argc, char **argv)
{
    struct ovl_driver *driver;
    tap_begin();
    if (argc < 2 || ovl_driver_load(argv[1], &driver) != 0) {
        printf("Bail out! the driver cannot be loaded\n");
        return 3;
    }
    test_board();
    ok(device_find(&class_sample, L"USB\\VID_1209&PID_0001") && property_is(SPDRP_DEVICEDESC, L"Other, one"),
       "another model has another description");
    is_int(ovl_driver_unload(driver), 0, "the driver unloads");
    ok(device_find(NULL, L"USB\\VID_0547&PID_1002") && property_is(SPDRP_DEVICEDESC, L"USB-FX2 look-alike") &&
           !property_is(SPDRP_FRIENDLYNAME, L"The friendly board") && !property_is(SPDRP_CLASS, L"Sample"),
       "without its driver the device is what it says itself");
    SetupDiDestroyDeviceInfoList(set);
    return tap_end();
}
