/* SPDX-License-Identifier: MIT */
/* The life of device information sets, and enumerating them. A set is a snapshot: devices that go
 * stay in it, and say so. */
#include "device/setup_set.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/error.h"

static pthread_mutex_t sets_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list sets = {&sets, &sets};

BOOL setup_fail(DWORD error)
{
    error_set(error);
    return FALSE;
}

struct setup_set *setup_set_new(const GUID *class_guid)
{
    struct setup_set *set = calloc(1, sizeof *set);
    if (set == NULL) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (class_guid != NULL)
        set->class_guid = *class_guid;
    pthread_mutex_lock(&sets_lock);
    list_push_back(&sets, &set->link);
    pthread_mutex_unlock(&sets_lock);
    return set;
}

struct setup_set *setup_set_hold(HDEVINFO handle)
{
    pthread_mutex_lock(&sets_lock);
    list_for_each (link, &sets) {
        struct setup_set *set = container_of(link, struct setup_set, link);
        if (set == handle)
            return set;
    }
    pthread_mutex_unlock(&sets_lock);
    error_set(ERROR_INVALID_HANDLE);
    return NULL;
}

void setup_set_release(void)
{
    pthread_mutex_unlock(&sets_lock);
}

int32_t setup_set_add(struct setup_set *set, struct usb_node *node)
{
    for (uint32_t i = 0; i < set->node_count; i++)
        if (set->nodes[i] == node)
            return (int32_t)i;
    struct usb_node **more = realloc(set->nodes, (set->node_count + 1) * sizeof *more);
    if (more == NULL)
        return -1;
    set->nodes = more;
    usb_node_reference(node);
    set->nodes[set->node_count] = node;
    return (int32_t)set->node_count++;
}

int32_t setup_set_add_interface(struct setup_set *set, struct usb_node_interface *interface)
{
    for (uint32_t i = 0; i < set->interface_count; i++)
        if (set->interfaces[i].interface == interface)
            return (int32_t)i;
    if (setup_set_add(set, interface->node) < 0)
        return -1;
    struct setup_interface *more =
        realloc(set->interfaces, (set->interface_count + 1) * sizeof *more);
    if (more == NULL)
        return -1;
    set->interfaces = more;
    usb_node_reference(interface->node);
    more[set->interface_count] = (struct setup_interface){interface->node, interface};
    return (int32_t)set->interface_count++;
}

struct usb_node *setup_set_node(struct setup_set *set, const SP_DEVINFO_DATA *data)
{
    if (data == NULL || data->cbSize != sizeof *data) {
        error_set(data == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_USER_BUFFER);
        return NULL;
    }
    ULONG_PTR place = data->Reserved - 1;
    if (place < set->node_count && set->nodes[place]->number == data->DevInst)
        return set->nodes[place];
    error_set(ERROR_INVALID_PARAMETER);
    return NULL;
}

struct setup_interface *setup_set_interface(struct setup_set *set,
                                            const SP_DEVICE_INTERFACE_DATA *data)
{
    if (data == NULL || data->cbSize != sizeof *data) {
        error_set(data == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_USER_BUFFER);
        return NULL;
    }
    ULONG_PTR place = data->Reserved - 1;
    if (place < set->interface_count && memcmp(&set->interfaces[place].interface->guid,
                                               &data->InterfaceClassGuid, sizeof(GUID)) == 0)
        return &set->interfaces[place];
    error_set(ERROR_INVALID_PARAMETER);
    return NULL;
}

void setup_set_describe(const struct setup_set *set, uint32_t place, SP_DEVINFO_DATA *data)
{
    const char *name;
    device_class(set->nodes[place], &data->ClassGuid, &name);
    data->DevInst = set->nodes[place]->number;
    data->Reserved = place + 1;
}

void setup_set_describe_interface(const struct setup_set *set, uint32_t place,
                                  SP_DEVICE_INTERFACE_DATA *data)
{
    const struct setup_interface *it = &set->interfaces[place];
    memcpy(&data->InterfaceClassGuid, &it->interface->guid, sizeof(GUID));
    data->Flags = atomic_load(&it->node->gone) ? SPINT_REMOVED : SPINT_ACTIVE;
    data->Reserved = place + 1;
}

/* ---- The calls ------------------------------------------------------------------------------- */

HDEVINFO WINAPI SetupDiCreateDeviceInfoList(const GUID *ClassGuid, HWND hwndParent)
{
    struct setup_set *set = setup_set_new(ClassGuid);
    return set == NULL ? INVALID_HANDLE_VALUE : set;
}

BOOL WINAPI SetupDiDestroyDeviceInfoList(HDEVINFO DeviceInfoSet)
{
    struct setup_set *set = setup_set_hold(DeviceInfoSet);
    if (set == NULL)
        return FALSE;
    list_remove(&set->link);
    setup_set_release();
    for (uint32_t i = 0; i < set->interface_count; i++)
        usb_node_dereference(set->interfaces[i].node);
    for (uint32_t i = 0; i < set->node_count; i++)
        usb_node_dereference(set->nodes[i]);
    free(set->interfaces);
    free(set->nodes);
    free(set);
    return TRUE;
}

BOOL WINAPI SetupDiEnumDeviceInfo(HDEVINFO DeviceInfoSet, DWORD MemberIndex,
                                  PSP_DEVINFO_DATA DeviceInfoData)
{
    struct setup_set *set = setup_set_hold(DeviceInfoSet);
    if (set == NULL)
        return FALSE;
    if (DeviceInfoData == NULL)
        return setup_end(ERROR_INVALID_PARAMETER);
    if (DeviceInfoData->cbSize != sizeof *DeviceInfoData)
        return setup_end(ERROR_INVALID_USER_BUFFER);
    if (MemberIndex >= set->node_count)
        return setup_end(ERROR_NO_MORE_ITEMS);
    setup_set_describe(set, MemberIndex, DeviceInfoData);
    return setup_end(ERROR_SUCCESS);
}

BOOL WINAPI SetupDiEnumDeviceInterfaces(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
                                        const GUID *InterfaceClassGuid, DWORD MemberIndex,
                                        PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData)
{
    struct setup_set *set = setup_set_hold(DeviceInfoSet);
    struct usb_node *node = NULL;
    if (set == NULL)
        return FALSE;
    if (InterfaceClassGuid == NULL || DeviceInterfaceData == NULL)
        return setup_end(ERROR_INVALID_PARAMETER);
    if (DeviceInterfaceData->cbSize != sizeof *DeviceInterfaceData)
        return setup_end(ERROR_INVALID_USER_BUFFER);
    if (DeviceInfoData != NULL && (node = setup_set_node(set, DeviceInfoData)) == NULL) {
        setup_set_release();
        return FALSE;
    }
    for (uint32_t i = 0; i < set->interface_count; i++) {
        const struct setup_interface *it = &set->interfaces[i];
        if (memcmp(&it->interface->guid, InterfaceClassGuid, sizeof(GUID)) != 0 ||
            (node != NULL && it->node != node))
            continue;
        if (MemberIndex-- == 0) {
            setup_set_describe_interface(set, i, DeviceInterfaceData);
            return setup_end(ERROR_SUCCESS);
        }
    }
    return setup_end(ERROR_NO_MORE_ITEMS);
}
