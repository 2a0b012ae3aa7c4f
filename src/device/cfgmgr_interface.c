/* SPDX-License-Identifier: MIT */
/* CM: the lists of interface paths and their properties, and what its results mean as Win32 errors.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cfgmgr32.h"
#include "device/device_property.h"
#include "setupapi.h"
#include "win32/error.h"

enum { ID_BYTES = 512, PATH_UNITS = 300 };

/* Calls `visit` for each path of the class; its sum is returned. */
typedef size_t path_visit_fn(const char *path, void *context);

static CONFIGRET paths_visit(const GUID *guid, const char *instance_id, path_visit_fn *visit,
                             void *context, size_t *sum)
{
    uint32_t count;
    struct usb_node **nodes = usb_nodes(&count);
    char path[PATH_UNITS] = "\\\\?\\";
    *sum = 0;
    if (nodes == NULL)
        return CR_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        if (instance_id != NULL && instance_id[0] != 0 &&
            strcasecmp(instance_id, nodes[i]->instance_id) != 0)
            continue;
        for (uint32_t j = 0; j < nodes[i]->interface_count_guid; j++) {
            const struct usb_node_interface *interface = &nodes[i]->interfaces[j];
            if (!interface->enabled || memcmp(&interface->guid, guid, sizeof *guid) != 0)
                continue;
            memcpy(path + 4, interface->device.name, strlen(interface->device.name) + 1);
            *sum += visit(path, context);
        }
    }
    usb_nodes_free(nodes, count);
    return CR_SUCCESS;
}

/* A list that is being written; `used` counts what does not fit, too. */
struct path_list {
    char *narrow;
    char16_t *wide;
    size_t capacity, used;
};

static size_t path_put(const char *path, void *context)
{
    struct path_list *list = context;
    char16_t units[PATH_UNITS];
    size_t count =
        list->narrow != NULL ? strlen(path) + 1 : device_text_widen(units, PATH_UNITS, path);
    if (list->used + count < list->capacity) {
        if (list->narrow != NULL)
            memcpy(list->narrow + list->used, path, count);
        else if (list->wide != NULL)
            memcpy(list->wide + list->used, units, count * sizeof *units);
    }
    list->used += count;
    return count;
}

static CONFIGRET list_size(ULONG *length, const GUID *guid, const char *instance_id, ULONG flags,
                           bool ansi)
{
    char none[1];
    struct path_list list = {.narrow = ansi ? none : NULL};
    size_t sum;
    if (length == NULL || guid == NULL)
        return CR_INVALID_POINTER;
    if (flags & ~(ULONG)CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES)
        return CR_INVALID_FLAG;
    CONFIGRET result = paths_visit(guid, instance_id, path_put, &list, &sum);
    *length = result == CR_SUCCESS ? (ULONG)sum + 1 : 0;
    return result;
}

static CONFIGRET list_get(const GUID *guid, const char *instance_id, struct path_list *list,
                          ULONG flags)
{
    size_t sum;
    if (guid == NULL || (list->narrow == NULL && list->wide == NULL) || list->capacity == 0)
        return CR_INVALID_POINTER;
    if (flags & ~(ULONG)CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES)
        return CR_INVALID_FLAG;
    CONFIGRET result = paths_visit(guid, instance_id, path_put, list, &sum);
    if (result != CR_SUCCESS)
        return result;
    size_t end = sum + 1 > list->capacity ? 0 : sum;
    if (list->narrow != NULL)
        list->narrow[end] = 0;
    else
        list->wide[end] = 0;
    return sum + 1 > list->capacity ? CR_BUFFER_SMALL : CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG pulLen, LPGUID InterfaceClassGuid,
                                                    DEVINSTID_A pDeviceID, ULONG ulFlags)
{
    return list_size(pulLen, InterfaceClassGuid, pDeviceID, ulFlags, true);
}

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG pulLen, LPGUID InterfaceClassGuid,
                                                    DEVINSTID_W pDeviceID, ULONG ulFlags)
{
    char id[ID_BYTES];
    if (pDeviceID != NULL && !device_text_narrow(id, sizeof id, pDeviceID))
        return CR_INVALID_DEVICE_ID;
    return list_size(pulLen, InterfaceClassGuid, pDeviceID == NULL ? NULL : id, ulFlags, false);
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListA(LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID,
                                               PCHAR Buffer, ULONG BufferLen, ULONG ulFlags)
{
    struct path_list list = {.narrow = Buffer, .capacity = BufferLen};
    return list_get(InterfaceClassGuid, pDeviceID, &list, ulFlags);
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListW(LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID,
                                               PWCHAR Buffer, ULONG BufferLen, ULONG ulFlags)
{
    struct path_list list = {.wide = (char16_t *)Buffer, .capacity = BufferLen};
    char id[ID_BYTES];
    if (pDeviceID != NULL && !device_text_narrow(id, sizeof id, pDeviceID))
        return CR_INVALID_DEVICE_ID;
    return list_get(InterfaceClassGuid, pDeviceID == NULL ? NULL : id, &list, ulFlags);
}

CONFIGRET WINAPI CM_Get_Device_Interface_PropertyW(LPCWSTR pszDeviceInterface,
                                                   const DEVPROPKEY *PropertyKey,
                                                   DEVPROPTYPE *PropertyType, PBYTE PropertyBuffer,
                                                   PULONG PropertyBufferSize, ULONG ulFlags)
{
    struct property_value value;
    char path[ID_BYTES];
    if (pszDeviceInterface == NULL || PropertyKey == NULL || PropertyType == NULL ||
        PropertyBufferSize == NULL || (PropertyBuffer == NULL && *PropertyBufferSize != 0))
        return CR_INVALID_POINTER;
    if (ulFlags != 0)
        return CR_INVALID_FLAG;
    struct usb_node_interface *interface =
        device_text_narrow(path, sizeof path, pszDeviceInterface) ? interface_by_path(path) : NULL;
    if (interface == NULL)
        return CR_NO_SUCH_DEVICE_INTERFACE;
    bool found = interface_property_get(interface, PropertyKey, &value);
    usb_node_dereference(interface->node);
    if (!found)
        return CR_NO_SUCH_VALUE;
    ULONG capacity = *PropertyBufferSize;
    *PropertyType = value.type;
    *PropertyBufferSize = value.size;
    if (capacity < value.size)
        return CR_BUFFER_SMALL;
    memcpy(PropertyBuffer, value.data, value.size);
    return CR_SUCCESS;
}

DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET CmReturnCode, DWORD DefaultErr)
{
    static const struct {
        CONFIGRET result;
        DWORD error;
    } rows[] = {
        {CR_SUCCESS, ERROR_SUCCESS},
        {CR_OUT_OF_MEMORY, ERROR_NOT_ENOUGH_MEMORY},
        {CR_INVALID_POINTER, ERROR_INVALID_USER_BUFFER},
        {CR_INVALID_FLAG, ERROR_INVALID_FLAGS},
        {CR_INVALID_DEVNODE, ERROR_NO_SUCH_DEVINST},
        {CR_NO_SUCH_DEVNODE, ERROR_NO_SUCH_DEVINST},
        {CR_INVALID_DEVICE_ID, ERROR_INVALID_DEVINST_NAME},
        {CR_ALREADY_SUCH_DEVNODE, ERROR_DEVINST_ALREADY_EXISTS},
        {CR_BUFFER_SMALL, ERROR_INSUFFICIENT_BUFFER},
        {CR_INVALID_DATA, ERROR_INVALID_DATA},
        {CR_NO_SUCH_VALUE, ERROR_NOT_FOUND},
        {CR_NO_SUCH_REGISTRY_KEY, ERROR_FILE_NOT_FOUND},
        {CR_INVALID_PROPERTY, ERROR_INVALID_REG_PROPERTY},
        {CR_NO_SUCH_DEVICE_INTERFACE, ERROR_NO_SUCH_DEVICE_INTERFACE},
        {CR_INVALID_REFERENCE_STRING, ERROR_INVALID_REFERENCE_STRING},
        {CR_DEVICE_INTERFACE_ACTIVE, ERROR_DEVICE_INTERFACE_ACTIVE},
        {CR_ACCESS_DENIED, ERROR_ACCESS_DENIED},
        {CR_CALL_NOT_IMPLEMENTED, ERROR_CALL_NOT_IMPLEMENTED},
        {CR_NOT_DISABLEABLE, ERROR_NOT_DISABLEABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].result == CmReturnCode)
            return rows[i].error;
    return DefaultErr;
}
