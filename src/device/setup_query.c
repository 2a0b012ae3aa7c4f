/* SPDX-License-Identifier: MIT */
/* What a program asks of the members of an information set: interface paths, instance ids,
 * properties. Too small a buffer is ERROR_INSUFFICIENT_BUFFER with the size that is needed. */
#include <stddef.h>
#include <string.h>

#include "device/setup_set.h"
#include "win32/error.h"

enum { PATH_PREFIX = 4 };
static const char path_prefix[] = "\\\\?\\";

/* ---- Paths ----------------------------------------------------------------------------------- */

/* Common to both kinds of strings: checks, the size, the device; true: `path` is to be copied.
 * `unit` bytes a character. */
static BOOL detail_begin(HDEVINFO handle, SP_DEVICE_INTERFACE_DATA *data, void *detail,
                         DWORD capacity, DWORD *required, SP_DEVINFO_DATA *device, size_t unit,
                         char path[static 300])
{
    enum {
        HEADER = sizeof(DWORD),
        FIXED = 8
    }; /* sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA), either kind */
    struct setup_set *set = setup_set_hold(handle);
    if (set == NULL)
        return FALSE;
    struct setup_interface *it = setup_set_interface(set, data);
    if (it == NULL) {
        setup_set_release();
        return FALSE;
    }
    if ((detail == NULL && capacity != 0) ||
        (detail != NULL && (capacity < HEADER || *(DWORD *)detail != FIXED)) ||
        (device != NULL && device->cbSize != sizeof *device))
        return setup_end(ERROR_INVALID_USER_BUFFER);
    DWORD need = (DWORD)(HEADER + (PATH_PREFIX + strlen(it->interface->device.name) + 1) * unit);
    if (required != NULL)
        *required = need;
    if (device != NULL)
        for (uint32_t i = 0; i < set->node_count; i++)
            if (set->nodes[i] == it->node)
                setup_set_describe(set, i, device);
    if (capacity < need)
        return setup_end(ERROR_INSUFFICIENT_BUFFER);
    memcpy(path, path_prefix, PATH_PREFIX);
    memcpy(path + PATH_PREFIX, it->interface->device.name, strlen(it->interface->device.name) + 1);
    return setup_end(ERROR_SUCCESS);
}

BOOL WINAPI SetupDiGetDeviceInterfaceDetailA(
    HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
    PSP_DEVICE_INTERFACE_DETAIL_DATA_A DeviceInterfaceDetailData,
    DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize, PSP_DEVINFO_DATA DeviceInfoData)
{
    char path[300];
    if (!detail_begin(DeviceInfoSet, DeviceInterfaceData, DeviceInterfaceDetailData,
                      DeviceInterfaceDetailDataSize, RequiredSize, DeviceInfoData, 1, path))
        return FALSE;
    memcpy((char *)DeviceInterfaceDetailData + sizeof(DWORD), path, strlen(path) + 1);
    return TRUE;
}

BOOL WINAPI SetupDiGetDeviceInterfaceDetailW(
    HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
    PSP_DEVICE_INTERFACE_DETAIL_DATA_W DeviceInterfaceDetailData,
    DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize, PSP_DEVINFO_DATA DeviceInfoData)
{
    char path[300];
    char16_t wide[300];
    if (!detail_begin(DeviceInfoSet, DeviceInterfaceData, DeviceInterfaceDetailData,
                      DeviceInterfaceDetailDataSize, RequiredSize, DeviceInfoData, sizeof(WCHAR),
                      path))
        return FALSE;
    size_t units = device_text_widen(wide, 300, path);
    memcpy((char *)DeviceInterfaceDetailData + sizeof(DWORD), wide, units * sizeof(char16_t));
    return TRUE;
}

/* ---- Instance ids ---------------------------------------------------------------------------- */

/* The id of the device, by value, or NULL with the last error set. */
static bool instance_id_get(HDEVINFO handle, const SP_DEVINFO_DATA *data, char id[static 256])
{
    struct setup_set *set = setup_set_hold(handle);
    struct usb_node *node = set == NULL ? NULL : setup_set_node(set, data);
    if (node != NULL)
        memcpy(id, node->instance_id, sizeof node->instance_id);
    if (set != NULL)
        setup_set_release();
    return node != NULL;
}

BOOL WINAPI SetupDiGetDeviceInstanceIdA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
                                        PSTR DeviceInstanceId, DWORD DeviceInstanceIdSize,
                                        PDWORD RequiredSize)
{
    char id[256];
    if (!instance_id_get(DeviceInfoSet, DeviceInfoData, id))
        return FALSE;
    DWORD need = (DWORD)strlen(id) + 1;
    if (RequiredSize != NULL)
        *RequiredSize = need;
    if (DeviceInstanceId == NULL && DeviceInstanceIdSize != 0)
        return setup_fail(ERROR_INVALID_PARAMETER);
    if (DeviceInstanceIdSize < need)
        return setup_fail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(DeviceInstanceId, id, need);
    return TRUE;
}

BOOL WINAPI SetupDiGetDeviceInstanceIdW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
                                        PWSTR DeviceInstanceId, DWORD DeviceInstanceIdSize,
                                        PDWORD RequiredSize)
{
    char id[256];
    char16_t wide[256];
    if (!instance_id_get(DeviceInfoSet, DeviceInfoData, id))
        return FALSE;
    DWORD need = (DWORD)device_text_widen(wide, 256, id);
    if (RequiredSize != NULL)
        *RequiredSize = need;
    if (DeviceInstanceId == NULL && DeviceInstanceIdSize != 0)
        return setup_fail(ERROR_INVALID_PARAMETER);
    if (DeviceInstanceIdSize < need)
        return setup_fail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(DeviceInstanceId, wide, need * sizeof(char16_t));
    return TRUE;
}

/* ---- Properties ------------------------------------------------------------------------------ */

static BOOL value_give(const struct property_value *value, void *buffer, DWORD capacity,
                       DWORD *required)
{
    if (required != NULL)
        *required = value->size;
    if (capacity < value->size)
        return setup_fail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(buffer, value->data, value->size);
    return TRUE;
}

/* A reference on the device, so that its properties are made without the lock of the sets. */
static struct usb_node *node_get(HDEVINFO handle, const SP_DEVINFO_DATA *data)
{
    struct setup_set *set = setup_set_hold(handle);
    struct usb_node *node = set == NULL ? NULL : setup_set_node(set, data);
    if (node != NULL)
        usb_node_reference(node);
    if (set != NULL)
        setup_set_release();
    return node;
}

static BOOL registry_property(HDEVINFO handle, SP_DEVINFO_DATA *data, DWORD property, DWORD *type,
                              BYTE *buffer, DWORD capacity, DWORD *required, bool ansi)
{
    struct property_value value;
    uint32_t registry_type;
    struct usb_node *node = node_get(handle, data);
    if (node == NULL)
        return FALSE;
    bool found = device_property_registry(node, property, &value, &registry_type);
    usb_node_dereference(node);
    if (property >= SPDRP_MAXIMUM_PROPERTY)
        return setup_fail(ERROR_INVALID_REG_PROPERTY);
    if (buffer == NULL && capacity != 0)
        return setup_fail(ERROR_INVALID_USER_BUFFER);
    if (!found)
        return setup_fail(ERROR_INVALID_DATA);
    if (ansi)
        property_to_ansi(&value);
    if (type != NULL)
        *type = registry_type;
    return value_give(&value, buffer, capacity, required);
}

BOOL WINAPI SetupDiGetDeviceRegistryPropertyA(HDEVINFO DeviceInfoSet,
                                              PSP_DEVINFO_DATA DeviceInfoData, DWORD Property,
                                              PDWORD PropertyRegDataType, PBYTE PropertyBuffer,
                                              DWORD PropertyBufferSize, PDWORD RequiredSize)
{
    return registry_property(DeviceInfoSet, DeviceInfoData, Property, PropertyRegDataType,
                             PropertyBuffer, PropertyBufferSize, RequiredSize, true);
}

BOOL WINAPI SetupDiGetDeviceRegistryPropertyW(HDEVINFO DeviceInfoSet,
                                              PSP_DEVINFO_DATA DeviceInfoData, DWORD Property,
                                              PDWORD PropertyRegDataType, PBYTE PropertyBuffer,
                                              DWORD PropertyBufferSize, PDWORD RequiredSize)
{
    return registry_property(DeviceInfoSet, DeviceInfoData, Property, PropertyRegDataType,
                             PropertyBuffer, PropertyBufferSize, RequiredSize, false);
}

/* What both calls that take a key check first. */
static DWORD key_check(const DEVPROPKEY *key, const DEVPROPTYPE *type, const BYTE *buffer,
                       DWORD capacity, DWORD flags)
{
    if (flags != 0)
        return ERROR_INVALID_FLAGS;
    if (key == NULL || type == NULL)
        return ERROR_INVALID_PARAMETER;
    return buffer == NULL && capacity != 0 ? ERROR_INVALID_USER_BUFFER : ERROR_SUCCESS;
}

BOOL WINAPI SetupDiGetDevicePropertyW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
                                      const DEVPROPKEY *PropertyKey, DEVPROPTYPE *PropertyType,
                                      PBYTE PropertyBuffer, DWORD PropertyBufferSize,
                                      PDWORD RequiredSize, DWORD Flags)
{
    struct property_value value;
    struct usb_node *node = node_get(DeviceInfoSet, DeviceInfoData);
    if (node == NULL)
        return FALSE;
    DWORD error = key_check(PropertyKey, PropertyType, PropertyBuffer, PropertyBufferSize, Flags);
    if (error == ERROR_SUCCESS && !device_property_get(node, PropertyKey, &value))
        error = ERROR_NOT_FOUND;
    usb_node_dereference(node);
    if (error != ERROR_SUCCESS)
        return setup_fail(error);
    *PropertyType = value.type;
    return value_give(&value, PropertyBuffer, PropertyBufferSize, RequiredSize);
}

BOOL WINAPI SetupDiGetDeviceInterfacePropertyW(HDEVINFO DeviceInfoSet,
                                               PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
                                               const DEVPROPKEY *PropertyKey,
                                               DEVPROPTYPE *PropertyType, PBYTE PropertyBuffer,
                                               DWORD PropertyBufferSize, PDWORD RequiredSize,
                                               DWORD Flags)
{
    struct property_value value;
    struct setup_set *set = setup_set_hold(DeviceInfoSet);
    if (set == NULL)
        return FALSE;
    struct setup_interface *it = setup_set_interface(set, DeviceInterfaceData);
    if (it == NULL) {
        setup_set_release();
        return FALSE;
    }
    DWORD error = key_check(PropertyKey, PropertyType, PropertyBuffer, PropertyBufferSize, Flags);
    if (error == ERROR_SUCCESS && !interface_property_get(it->interface, PropertyKey, &value))
        error = ERROR_NOT_FOUND;
    if (!setup_end(error))
        return FALSE;
    *PropertyType = value.type;
    return value_give(&value, PropertyBuffer, PropertyBufferSize, RequiredSize);
}

BOOL WINAPI SetupDiGetDevicePropertyKeys(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
                                         DEVPROPKEY *PropertyKeyArray, DWORD PropertyKeyCount,
                                         PDWORD RequiredPropertyKeyCount, DWORD Flags)
{
    struct property_value value;
    DEVPROPKEY key;
    DWORD count = 0;
    struct usb_node *node = node_get(DeviceInfoSet, DeviceInfoData);
    if (node == NULL)
        return FALSE;
    for (uint32_t i = 0; device_property_key(i, &key); i++) {
        if (!device_property_get(node, &key, &value))
            continue;
        if (PropertyKeyArray != NULL && count < PropertyKeyCount)
            PropertyKeyArray[count] = key;
        count++;
    }
    usb_node_dereference(node);
    if (Flags != 0)
        return setup_fail(ERROR_INVALID_FLAGS);
    if (PropertyKeyArray == NULL && PropertyKeyCount != 0)
        return setup_fail(ERROR_INVALID_USER_BUFFER);
    if (RequiredPropertyKeyCount != NULL)
        *RequiredPropertyKeyCount = count;
    return count <= PropertyKeyCount || setup_fail(ERROR_INSUFFICIENT_BUFFER);
}
