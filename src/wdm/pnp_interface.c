/* SPDX-License-Identifier: MIT */
/* Device interfaces: IoRegisterDeviceInterface names one, IoSetDeviceInterfaceState shows it to programs. One that is enabled before
 * the device has started is shown when it has, as on Windows. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf16.h"
#include "wdm/pnp.h"
#include "wdm/verify.h"

_Static_assert(sizeof(struct usb_guid) == sizeof(GUID), "both are 16 bytes as they lie in memory");

/* With wdm_lock held. */
static struct pnp_interface *interface_find(struct pnp_device *device, const struct usb_guid *guid)
{
    list_for_each (link, &device->interfaces) {
        struct pnp_interface *interface = container_of(link, struct pnp_interface, link);
        if (usb_guid_equal(&interface->guid, guid))
            return interface;
    }
    return NULL;
}

void pnp_interfaces_free(struct pnp_device *device)
{
    for (struct list *link; (link = list_pop_front(&device->interfaces)) != NULL;)
        free(container_of(link, struct pnp_interface, link));
}

/* The nth interface, if it is enabled; false at the end. Interfaces are only added while the device is there. */
static bool interface_nth(struct pnp_device *device, uint32_t index, bool *enabled, struct usb_guid *guid)
{
    bool found = false;
    lock_acquire(&wdm_lock);
    list_for_each (link, &device->interfaces) {
        struct pnp_interface *interface = container_of(link, struct pnp_interface, link);
        if (index-- == 0) {
            *enabled = interface->enabled;
            *guid = interface->guid;
            found = true;
            break;
        }
    }
    lock_release(&wdm_lock);
    return found;
}

void pnp_interfaces_show(struct pnp_device *device)
{
    struct usb_guid guid;
    bool enabled;
    for (uint32_t i = 0; interface_nth(device, i, &enabled, &guid); i++)
        if (enabled)
            usb_node_add_interface(device->node, &guid);
}

/* A string in pool, which the driver frees by RtlFreeUnicodeString. */
static NTSTATUS string_give(const char *text, UNICODE_STRING *string)
{
    size_t room = strlen(text) + 1; /* no UTF-16 text has more units than its UTF-8 has bytes */
    WCHAR *units = ExAllocatePoolWithTag(PagedPool, room * sizeof(WCHAR), 0x20706e50 /* "Pnp " */);
    if (units == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    size_t length = utf16_from_utf8((char16_t *)units, room - 1, text, strlen(text));
    units[length] = 0;
    *string = (UNICODE_STRING){.Length = (USHORT)(length * sizeof(WCHAR)),
                               .MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR)),
                               .Buffer = units};
    return STATUS_SUCCESS;
}

enum { LINK_BYTES = 600 };

static bool link_format(const struct pnp_device *device, const struct usb_guid *guid, const UNICODE_STRING *reference, char *text)
{
    size_t used = 4;
    memcpy(text, "\\??\\", used);
    if (!usb_interface_name(device->node->instance_id, guid, text + used, LINK_BYTES - used))
        return false;
    if (reference == NULL || reference->Length == 0)
        return true;
    used = strlen(text);
    text[used++] = '\\';
    size_t length = utf8_from_utf16(text + used, LINK_BYTES - 1 - used, (const char16_t *)reference->Buffer,
                                    reference->Length / sizeof(WCHAR));
    if (length >= LINK_BYTES - used)
        return false;
    text[used + length] = '\0';
    return true;
}

NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, const GUID *InterfaceClassGuid,
                                         PUNICODE_STRING ReferenceString, PUNICODE_STRING SymbolicLinkName)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct pnp_device *device = pnp_device_of(PhysicalDeviceObject);
    char text[LINK_BYTES];
    if (device == NULL)
        return STATUS_INVALID_DEVICE_REQUEST; /* no PDO that was enumerated */
    struct usb_guid guid;
    memcpy(&guid, InterfaceClassGuid, sizeof guid);
    if (!link_format(device, &guid, ReferenceString, text))
        return STATUS_INVALID_PARAMETER;
    struct pnp_interface *made = verify_memory_fails(NULL) ? NULL : calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    made->guid = guid;
    NTSTATUS status = string_give(text, SymbolicLinkName);
    lock_acquire(&wdm_lock);
    if (NT_SUCCESS(status) && interface_find(device, &guid) == NULL) {
        list_push_back(&device->interfaces, &made->link);
        made = NULL;
    }
    lock_release(&wdm_lock);
    free(made);
    return status;
}

/* Two devices have one name when a device comes back before the files of its former self are closed. The one that is there is meant,
 * but for the hiding of what the former one still shows. With wdm_lock held. */
static bool link_prefers(struct pnp_device *device, const struct pnp_device *found, const struct usb_guid *guid, bool hides)
{
    if (found == NULL)
        return true;
    if (atomic_load(&device->state) != PNP_SURPRISED)
        return !hides || atomic_load(&found->state) != PNP_SURPRISED;
    const struct pnp_interface *interface = interface_find(device, guid);
    return hides && interface != NULL && interface->enabled;
}

/* The device that a symbolic link of ours belongs to, referenced, and the GUID in it: "...#{guid}" and perhaps a reference string. */
static struct pnp_device *link_device(const UNICODE_STRING *name, struct usb_guid *guid, bool hides)
{
    enum { GUID_TEXT = USB_GUID_TEXT - 1 };
    char text[LINK_BYTES], expected[LINK_BYTES];
    if (!wdm_name_convert(name, text, sizeof text) || strncmp(text, "\\??\\", 4) != 0)
        return NULL;
    const char *brace = strstr(text, "#{");
    if (brace == NULL || strlen(brace) < 1 + GUID_TEXT || !usb_guid_parse(brace + 1, GUID_TEXT, guid))
        return NULL;
    text[(size_t)(brace - text) + 1 + GUID_TEXT] = '\0';
    struct pnp_device *found = NULL;
    lock_acquire(&wdm_lock);
    list_for_each (link, &wdm_drivers) {
        list_for_each (at, &container_of(link, struct wdm_driver, link)->pnp_devices) {
            struct pnp_device *device = container_of(at, struct pnp_device, link);
            if (link_format(device, guid, NULL, expected) && strcasecmp(expected, text) == 0 &&
                link_prefers(device, found, guid, hides))
                found = device;
        }
    }
    if (found != NULL)
        pnp_reference(found);
    lock_release(&wdm_lock);
    return found;
}

struct pnp_device *pnp_link_device(const UNICODE_STRING *name, struct usb_guid *guid)
{
    return link_device(name, guid, false);
}

static NTSTATUS interface_set(struct pnp_device *device, const struct usb_guid *guid, bool Enable)
{
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    lock_acquire(&wdm_lock);
    struct pnp_interface *interface = interface_find(device, guid);
    bool shown = false;
    if (interface != NULL && Enable && interface->enabled) {
        status = STATUS_OBJECT_NAME_EXISTS;
    } else if (interface != NULL && !Enable && !interface->enabled) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (interface != NULL) {
        interface->enabled = Enable;
        status = STATUS_SUCCESS;
        shown = atomic_load(&device->state) == PNP_STARTED;
    }
    lock_release(&wdm_lock);
    if (status == STATUS_SUCCESS && (shown || !Enable)) {
        NTSTATUS told = usb_node_show_interface(device->node, guid, Enable);
        if (Enable)
            status = told; /* hiding one that was never shown, or whose device is gone, is no error */
    }
    return status;
}

NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct usb_guid guid;
    struct pnp_device *device = link_device(SymbolicLinkName, &guid, !Enable);
    if (device == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    NTSTATUS status = interface_set(device, &guid, Enable != 0);
    pnp_dereference(device);
    return status;
}

NTSTATUS pnp_interface_set(PDEVICE_OBJECT pdo, const GUID *class, bool enable)
{
    struct usb_guid guid;
    struct pnp_device *device = pnp_device_of(pdo);
    memcpy(&guid, class, sizeof guid);
    return device == NULL ? STATUS_OBJECT_NAME_NOT_FOUND : interface_set(device, &guid, enable);
}

/* ---- Looking for interfaces ------------------------------------------------------------------------------------------ */

/* Adds the names, "\??\..." one behind the other, of the enabled interfaces of one node. */
static bool list_add(char **list, size_t *used, const struct usb_node *node, const struct usb_guid *guid)
{
    for (uint32_t i = 0; i < node->interface_count_guid; i++) {
        const struct usb_node_interface *interface = &node->interfaces[i];
        if (!interface->enabled || !usb_guid_equal(&interface->guid, guid))
            continue;
        size_t length = strlen(interface->device.name) + 5;
        char *grown = realloc(*list, *used + length + 1);
        if (grown == NULL)
            return false;
        *list = grown;
        memcpy(grown + *used, "\\??\\", 4);
        memcpy(grown + *used + 4, interface->device.name, length - 4);
        *used += length;
    }
    return true;
}

/* Only active interfaces are remembered, so the flag that asks for the others changes nothing. */
NTSTATUS NTAPI IoGetDeviceInterfaces(const GUID *InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject, ULONG Flags,
                                     PZZWSTR *SymbolicLinkList)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)Flags;
    struct usb_guid guid;
    struct pnp_device *only = pnp_device_of(PhysicalDeviceObject);
    memcpy(&guid, InterfaceClassGuid, sizeof guid);
    uint32_t count;
    size_t used = 0;
    usb_nodes_hurry(true);
    struct usb_node **nodes = usb_nodes(&count);
    usb_nodes_hurry(false);
    char *list = malloc(1);
    bool good = list != NULL && nodes != NULL;
    for (uint32_t i = 0; i < count && good; i++)
        if (only == NULL || nodes[i] == only->node)
            good = list_add(&list, &used, nodes[i], &guid);
    usb_nodes_free(nodes, count);
    WCHAR *units = good ? ExAllocatePoolWithTag(PagedPool, (used + 2) * sizeof(WCHAR), 0x20706e50) : NULL;
    if (units != NULL) {
        size_t length = utf16_from_utf8((char16_t *)units, used, list, used);
        units[length] = units[length + 1] = 0;
        *SymbolicLinkList = units;
    }
    free(list);
    return units == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* Another class's name for the same device and reference string. */
NTSTATUS NTAPI IoGetDeviceInterfaceAlias(PUNICODE_STRING SymbolicLinkName, const GUID *AliasInterfaceClassGuid,
                                         PUNICODE_STRING AliasSymbolicLinkName)
{
    struct usb_guid guid, alias;
    char text[LINK_BYTES];
    memcpy(&alias, AliasInterfaceClassGuid, sizeof alias);
    struct pnp_device *device = link_device(SymbolicLinkName, &guid, false);
    if (device == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    lock_acquire(&wdm_lock);
    bool known = interface_find(device, &alias) != NULL;
    lock_release(&wdm_lock);
    NTSTATUS status = known && link_format(device, &alias, NULL, text) ? string_give(text, AliasSymbolicLinkName)
                                                                       : STATUS_NOT_SUPPORTED;
    pnp_dereference(device);
    return status;
}
