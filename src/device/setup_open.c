/* SPDX-License-Identifier: MIT */
/* How devices come into an information set: by class, by instance id, by interface path. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device/setup_set.h"
#include "win32/error.h"

enum { ID_BYTES = 512 };

static bool guid_is(const void *one, const void *other)
{
    return memcmp(one, other, sizeof(GUID)) == 0;
}

/* Whether the enumerator's name, or an instance id in its place, names this device. */
static bool node_is_named(const struct usb_node *node, const char *enumerator)
{
    return enumerator == NULL || strcasecmp(enumerator, "USB") == 0 ||
           strcasecmp(enumerator, node->instance_id) == 0;
}

static bool set_take_interfaces(struct setup_set *set, struct usb_node *node, const GUID *guid,
                                DWORD flags)
{
    for (uint32_t i = 0; i < node->interface_count_guid; i++) {
        struct usb_node_interface *interface = &node->interfaces[i];
        if (!interface->enabled ||
            (!(flags & DIGCF_ALLCLASSES) && !guid_is(&interface->guid, guid)))
            continue;
        if (setup_set_add_interface(set, interface) < 0)
            return false;
    }
    return true;
}

static bool set_take(struct setup_set *set, struct usb_node *node, const GUID *guid, DWORD flags)
{
    GUID class_guid;
    const char *name;
    if (flags & DIGCF_DEVICEINTERFACE)
        return set_take_interfaces(set, node, guid, flags);
    device_class(node, &class_guid, &name);
    return (!(flags & DIGCF_ALLCLASSES) && !guid_is(&class_guid, guid)) ||
           setup_set_add(set, node) >= 0;
}

static HDEVINFO class_devices(const GUID *guid, const char *enumerator, DWORD flags, HDEVINFO into)
{
    const DWORD known =
        DIGCF_DEFAULT | DIGCF_PRESENT | DIGCF_ALLCLASSES | DIGCF_PROFILE | DIGCF_DEVICEINTERFACE;
    struct setup_set *set;
    uint32_t count;
    bool fits = true;
    if (flags & ~known) {
        error_set(ERROR_INVALID_FLAGS);
        return INVALID_HANDLE_VALUE;
    }
    if (guid == NULL && !(flags & DIGCF_ALLCLASSES)) {
        error_set(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    struct usb_node **nodes = usb_nodes(&count); /* may start the hosts: before the lock */
    HDEVINFO result =
        into != NULL ? into : setup_set_new(flags & DIGCF_DEVICEINTERFACE ? NULL : guid);
    if (nodes == NULL)
        error_set(ERROR_NOT_ENOUGH_MEMORY);
    if (nodes == NULL || result == NULL || (set = setup_set_hold(result)) == NULL) {
        usb_nodes_free(nodes, count);
        if (result != NULL && into == NULL)
            SetupDiDestroyDeviceInfoList(result);
        return INVALID_HANDLE_VALUE;
    }
    for (uint32_t i = 0; i < count && fits; i++)
        fits = !node_is_named(nodes[i], enumerator) || set_take(set, nodes[i], guid, flags);
    setup_set_release();
    usb_nodes_free(nodes, count);
    if (fits)
        return result;
    if (into == NULL)
        SetupDiDestroyDeviceInfoList(result);
    error_set(ERROR_NOT_ENOUGH_MEMORY);
    return INVALID_HANDLE_VALUE;
}

HDEVINFO WINAPI SetupDiGetClassDevsExA(const GUID *ClassGuid, PCSTR Enumerator, HWND hwndParent,
                                       DWORD Flags, HDEVINFO DeviceInfoSet, PCSTR MachineName,
                                       PVOID Reserved)
{
    if (MachineName != NULL || Reserved != NULL) {
        error_set(MachineName != NULL ? ERROR_MACHINE_UNAVAILABLE : ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    return class_devices(ClassGuid, Enumerator, Flags, DeviceInfoSet);
}

HDEVINFO WINAPI SetupDiGetClassDevsExW(const GUID *ClassGuid, PCWSTR Enumerator, HWND hwndParent,
                                       DWORD Flags, HDEVINFO DeviceInfoSet, PCWSTR MachineName,
                                       PVOID Reserved)
{
    char text[ID_BYTES];
    if (Enumerator != NULL && !device_text_narrow(text, sizeof text, Enumerator)) {
        error_set(ERROR_INVALID_DATA);
        return INVALID_HANDLE_VALUE;
    }
    return SetupDiGetClassDevsExA(ClassGuid, Enumerator == NULL ? NULL : text, hwndParent, Flags,
                                  DeviceInfoSet, MachineName == NULL ? NULL : "", Reserved);
}

HDEVINFO WINAPI SetupDiGetClassDevsA(const GUID *ClassGuid, PCSTR Enumerator, HWND hwndParent,
                                     DWORD Flags)
{
    return SetupDiGetClassDevsExA(ClassGuid, Enumerator, hwndParent, Flags, NULL, NULL, NULL);
}

HDEVINFO WINAPI SetupDiGetClassDevsW(const GUID *ClassGuid, PCWSTR Enumerator, HWND hwndParent,
                                     DWORD Flags)
{
    return SetupDiGetClassDevsExW(ClassGuid, Enumerator, hwndParent, Flags, NULL, NULL, NULL);
}

/* ---- One device, one interface --------------------------------------------------------------- */

BOOL WINAPI SetupDiOpenDeviceInfoA(HDEVINFO DeviceInfoSet, PCSTR DeviceInstanceId, HWND hwndParent,
                                   DWORD OpenFlags, PSP_DEVINFO_DATA DeviceInfoData)
{
    if (DeviceInfoData != NULL && DeviceInfoData->cbSize != sizeof *DeviceInfoData)
        return setup_fail(ERROR_INVALID_USER_BUFFER);
    usb_nodes_start();
    struct usb_node *node =
        DeviceInstanceId == NULL ? NULL : usb_node_by_instance(DeviceInstanceId);
    struct setup_set *set = setup_set_hold(DeviceInfoSet);
    DWORD error = node == NULL ? ERROR_NO_SUCH_DEVINST : ERROR_SUCCESS;
    if (set != NULL && node != NULL) {
        int32_t place = setup_set_add(set, node);
        if (place < 0)
            error = ERROR_NOT_ENOUGH_MEMORY;
        else if (DeviceInfoData != NULL)
            setup_set_describe(set, (uint32_t)place, DeviceInfoData);
    }
    if (node != NULL)
        usb_node_dereference(
            node); /* not its last: the set or the list has it, or it frees no lock of ours */
    return set != NULL && setup_end(error);
}

BOOL WINAPI SetupDiOpenDeviceInfoW(HDEVINFO DeviceInfoSet, PCWSTR DeviceInstanceId, HWND hwndParent,
                                   DWORD OpenFlags, PSP_DEVINFO_DATA DeviceInfoData)
{
    char text[ID_BYTES];
    if (DeviceInstanceId != NULL && !device_text_narrow(text, sizeof text, DeviceInstanceId))
        return setup_fail(ERROR_INVALID_DEVINST_NAME);
    return SetupDiOpenDeviceInfoA(DeviceInfoSet, DeviceInstanceId == NULL ? NULL : text, hwndParent,
                                  OpenFlags, DeviceInfoData);
}

BOOL WINAPI SetupDiOpenDeviceInterfaceA(HDEVINFO DeviceInfoSet, PCSTR DevicePath, DWORD OpenFlags,
                                        PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData)
{
    if (DevicePath == NULL || (OpenFlags & ~(DWORD)DIODI_NO_ADD))
        return setup_fail(DevicePath == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_FLAGS);
    if (DeviceInterfaceData != NULL && DeviceInterfaceData->cbSize != sizeof *DeviceInterfaceData)
        return setup_fail(ERROR_INVALID_USER_BUFFER);
    struct usb_node_interface *interface = interface_by_path(DevicePath);
    struct setup_set *set = setup_set_hold(DeviceInfoSet);
    DWORD error = interface == NULL ? ERROR_NO_SUCH_DEVICE_INTERFACE : ERROR_SUCCESS;
    if (set != NULL && interface != NULL) {
        int32_t place = setup_set_add_interface(set, interface);
        if (place < 0)
            error = ERROR_NOT_ENOUGH_MEMORY;
        else if (DeviceInterfaceData != NULL)
            setup_set_describe_interface(set, (uint32_t)place, DeviceInterfaceData);
    }
    if (interface != NULL)
        usb_node_dereference(interface->node);
    return set != NULL && setup_end(error);
}

BOOL WINAPI SetupDiOpenDeviceInterfaceW(HDEVINFO DeviceInfoSet, PCWSTR DevicePath, DWORD OpenFlags,
                                        PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData)
{
    char text[ID_BYTES];
    if (DevicePath == NULL || !device_text_narrow(text, sizeof text, DevicePath))
        return setup_fail(DevicePath == NULL ? ERROR_INVALID_PARAMETER
                                             : ERROR_NO_SUCH_DEVICE_INTERFACE);
    return SetupDiOpenDeviceInterfaceA(DeviceInfoSet, text, OpenFlags, DeviceInterfaceData);
}

/* ---- Classes --------------------------------------------------------------------------------- */

static const struct class_row {
    const char *name;
    GUID guid;
} classes[] = {
    {"USB", {0x36fc9e60, 0xc465, 0x11cf, {0x80, 0x56, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00}}},
    {"USBDevice", {0x88bae032, 0x5a81, 0x49f0, {0xbc, 0x3d, 0xa4, 0xff, 0x13, 0x82, 0x16, 0xd6}}},
};

BOOL WINAPI SetupDiClassGuidsFromNameA(PCSTR ClassName, LPGUID ClassGuidList,
                                       DWORD ClassGuidListSize, PDWORD RequiredSize)
{
    if (ClassName == NULL || RequiredSize == NULL ||
        (ClassGuidList == NULL && ClassGuidListSize != 0))
        return setup_fail(ERROR_INVALID_PARAMETER);
    *RequiredSize = 0;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strcasecmp(classes[i].name, ClassName) != 0)
            continue;
        *RequiredSize = 1;
        if (ClassGuidListSize < 1)
            return setup_fail(ERROR_INSUFFICIENT_BUFFER);
        ClassGuidList[0] = classes[i].guid;
    }
    return TRUE;
}

BOOL WINAPI SetupDiClassGuidsFromNameW(PCWSTR ClassName, LPGUID ClassGuidList,
                                       DWORD ClassGuidListSize, PDWORD RequiredSize)
{
    char text[64];
    if (ClassName == NULL)
        return setup_fail(ERROR_INVALID_PARAMETER);
    return SetupDiClassGuidsFromNameA(device_text_narrow(text, sizeof text, ClassName) ? text : "",
                                      ClassGuidList, ClassGuidListSize, RequiredSize);
}
