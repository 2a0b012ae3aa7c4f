/* SPDX-License-Identifier: MIT */
/* The table of device properties. A value is made when it is asked for, from the node: nothing is
 * stored, nothing is read from the device. The registry's numbers (SPDRP_*) are the keys' numbers
 * less two. */
#include <initguid.h>

#include "device/device_property.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf16.h"
#include "cfgmgr32.h"
#include "devguid.h"
#include "devpkey.h"
#include "setupapi.h"

/* {88BAE032-5A81-49F0-BC3D-A4FF138216D6}, the class of WinUSB's devices */
static const GUID class_usb_device = {
    0x88bae032, 0x5a81, 0x49f0, {0xbc, 0x3d, 0xa4, 0xff, 0x13, 0x82, 0x16, 0xd6}};
/* GUID_BUS_TYPE_USB */
static const GUID bus_type_usb = {
    0x9d7debbc, 0xc85d, 0x11d1, {0x9e, 0xb4, 0x00, 0x60, 0x08, 0xc3, 0xa1, 0x9a}};
enum { PNP_BUS = 15, SURPRISE_REMOVAL = 3 };

/* ---- Text ------------------------------------------------------------------------------------ */

size_t device_text_widen(char16_t *to, size_t capacity, const char *text)
{
    size_t count = utf16_from_utf8(to, capacity == 0 ? 0 : capacity - 1, text, strlen(text));
    if (capacity > 0)
        to[count < capacity ? count : capacity - 1] = 0;
    return count + 1;
}

bool device_text_narrow(char *to, size_t capacity, const char16_t *text)
{
    size_t count = utf8_from_utf16(to, capacity - 1, text, utf16_length(text));
    if (count >= capacity)
        return false;
    to[count] = 0;
    return true;
}

const char *path_bare(const char *path)
{
    bool prefixed = strncmp(path, "\\\\?\\", 4) == 0 || strncmp(path, "\\\\.\\", 4) == 0;
    return prefixed ? path + 4 : path;
}

struct usb_node_interface *interface_by_path(const char *path)
{
    uint32_t count;
    struct usb_node **nodes = usb_nodes(&count);
    struct usb_node_interface *found = NULL;
    path = path_bare(path);
    for (uint32_t i = 0; i < count && found == NULL; i++) {
        for (uint32_t j = 0; j < nodes[i]->interface_count_guid && found == NULL; j++) {
            struct usb_node_interface *interface = &nodes[i]->interfaces[j];
            if (interface->enabled && strcasecmp(interface->device.name, path) == 0)
                found = interface;
        }
        if (found != NULL)
            usb_node_reference(nodes[i]);
    }
    usb_nodes_free(nodes, count);
    return found;
}

/* ---- Values ---------------------------------------------------------------------------------- */

static bool give_text(struct property_value *value, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool give_text(struct property_value *value, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    value->type = DEVPROP_TYPE_STRING;
    value->size =
        (uint32_t)(device_text_widen(value->units, PROPERTY_UNITS, text) * sizeof(char16_t));
    return text[0] != 0;
}

/* Strings one behind the other, an empty one ends them: of ASCII, so a byte is a unit. */
static bool give_list(struct property_value *value, const char *list)
{
    size_t size = usb_id_list_size(list);
    if (size > PROPERTY_UNITS)
        return false;
    for (size_t i = 0; i < size; i++)
        value->units[i] = (unsigned char)list[i];
    value->type = DEVPROP_TYPE_STRING_LIST;
    value->size = (uint32_t)(size * sizeof(char16_t));
    return size > 1;
}

static bool give_number(struct property_value *value, uint32_t number)
{
    value->type = DEVPROP_TYPE_UINT32;
    value->size = sizeof number;
    value->number = number;
    return true;
}

static bool give_truth(struct property_value *value, bool truth)
{
    value->type = DEVPROP_TYPE_BOOLEAN;
    value->size = sizeof value->truth;
    value->truth = truth ? DEVPROP_TRUE : DEVPROP_FALSE;
    return true;
}

static bool give_guid(struct property_value *value, const void *guid)
{
    value->type = DEVPROP_TYPE_GUID;
    value->size = sizeof(GUID);
    memcpy(&value->guid, guid, sizeof(GUID));
    return true;
}

void property_to_ansi(struct property_value *value)
{
    if (value->type != DEVPROP_TYPE_STRING && value->type != DEVPROP_TYPE_STRING_LIST)
        return;
    char text[PROPERTY_UNITS * 2];
    size_t length =
        utf8_from_utf16(text, sizeof text, value->units, value->size / sizeof(char16_t));
    value->size = (uint32_t)(length < sizeof text ? length : sizeof text);
    memcpy(value->data, text, value->size);
}

/* ---- What a device is ------------------------------------------------------------------------ */

void device_class(const struct usb_node *node, GUID *guid, const char **name)
{
    const char *own = atomic_load(&node->inf[USB_INF_CLASS_GUID]);
    const char *own_name = atomic_load(&node->inf[USB_INF_CLASS]);
    if (own != NULL && own_name != NULL &&
        usb_guid_parse(own, strlen(own), (struct usb_guid *)guid)) {
        *name = own_name;
        return;
    }
    bool by_winusb = node->function_driver == NULL ? node->wants_winusb : !node->is_composite;
    *guid = by_winusb ? class_usb_device : GUID_DEVCLASS_USB;
    *name = by_winusb ? "USBDevice" : "USB";
}

uint32_t device_status(const struct usb_node *node, uint32_t *problem)
{
    uint32_t status = DN_DISABLEABLE | DN_REMOVABLE;
    *problem = node->problem;
    if (node->problem != 0)
        return status | DN_HAS_PROBLEM;
    if (node->service != NULL)
        return status | DN_DRIVER_LOADED | DN_STARTED;
    *problem = CM_PROB_FAILED_INSTALL; /* no driver for it */
    return status | DN_HAS_PROBLEM;
}

/* What the INF of its driver says. */
static bool give_inf(const struct usb_node *node, enum usb_inf_text which,
                     struct property_value *value)
{
    const char *text = atomic_load(&node->inf[which]);
    return text != NULL && give_text(value, "%s", text);
}

static bool give_description(const struct usb_node *node, struct property_value *value)
{
    if (give_inf(node, USB_INF_DESCRIPTION, value))
        return true;
    if (node->description[0] != 0)
        return give_text(value, "%s", node->description);
    return give_text(value, "%s",
                     node->is_composite   ? "USB Composite Device"
                     : node->wants_winusb ? "WinUsb Device"
                                          : "USB Device");
}

static bool give_driver_key(const struct usb_node *node, struct property_value *value)
{
    char text[USB_GUID_TEXT];
    struct usb_guid guid;
    const char *name;
    if (node->service == NULL)
        return false;
    device_class(node, (GUID *)&guid, &name);
    usb_guid_format(&guid, text);
    return give_text(value, "%s\\%04u", text, (unsigned)node->number);
}

static bool give_class(const struct usb_node *node, struct property_value *value, bool name_wanted)
{
    GUID guid;
    const char *name;
    device_class(node, &guid, &name);
    return name_wanted ? give_text(value, "%s", name) : give_guid(value, &guid);
}

static bool give_location_paths(const struct usb_node *node, struct property_value *value)
{
    char list[sizeof node->location + 1] = "";
    memcpy(list, node->location, strlen(node->location) + 1);
    list[strlen(node->location) + 1] = 0;
    return give_list(value, list);
}

static bool give_capabilities(const struct usb_node *node, struct property_value *value)
{
    uint32_t own = node->parent != NULL ? 0 : CM_DEVCAP_REMOVABLE;
    if (node->parent == NULL && usb_serial_is_valid(node->device->id.serial))
        own |= CM_DEVCAP_UNIQUEID;
    return give_number(value, own | CM_DEVCAP_SURPRISEREMOVALOK);
}

/* Instance ids of the nodes that have `node` as their parent. */
static bool give_children(const struct usb_node *node, struct property_value *value)
{
    char text[PROPERTY_UNITS];
    struct usb_id_list list;
    uint32_t count;
    struct usb_node **nodes = usb_nodes(&count);
    usb_id_list_init(&list, text, sizeof text);
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i]->parent == node)
            usb_id_list_add(&list, "%s", nodes[i]->instance_id);
    usb_nodes_free(nodes, count);
    return give_list(value, text);
}

/* The family of DEVPKEY_Device_DeviceDesc, which the registry's properties have too. */
static bool give_registry(const struct usb_node *node, uint32_t spdrp, struct property_value *value)
{
    const struct usb_identity *id = &node->device->id;
    switch (spdrp) {
    case SPDRP_DEVICEDESC:
        return give_description(node, value);
    case SPDRP_HARDWAREID:
        return give_list(value, node->hardware_ids);
    case SPDRP_COMPATIBLEIDS:
        return give_list(value, node->compatible_ids);
    case SPDRP_SERVICE:
        return node->service != NULL && give_text(value, "%s", node->service);
    case SPDRP_CLASS:
        return give_class(node, value, true);
    case SPDRP_CLASSGUID:
        return give_class(node, value, false);
    case SPDRP_DRIVER:
        return give_driver_key(node, value);
    case SPDRP_FRIENDLYNAME:
        return give_inf(node, USB_INF_FRIENDLY_NAME, value);
    case SPDRP_MFG:
        return give_inf(node, USB_INF_MANUFACTURER, value) ||
               give_text(value, "%s", id->manufacturer);
    case SPDRP_LOCATION_INFORMATION:
        return node->parent == NULL
                   ? give_text(value, "Port_#%04u.Hub_#%04u", (unsigned)id->port, id->bus)
                   : give_text(value, "%04u.%04u.%04u.%03u", 0, 0, (unsigned)id->port, id->address);
    case SPDRP_PHYSICAL_DEVICE_OBJECT_NAME:
        return give_text(value, "\\Device\\USBPDO-%u", (unsigned)node->number);
    case SPDRP_CAPABILITIES:
        return give_capabilities(node, value);
    case SPDRP_BUSTYPEGUID:
        return give_guid(value, &bus_type_usb);
    case SPDRP_LEGACYBUSTYPE:
        return give_number(value, PNP_BUS);
    case SPDRP_CONFIGFLAGS:
    case SPDRP_INSTALL_STATE:
        return give_number(value, 0);
    case SPDRP_BUSNUMBER:
        return give_number(value, id->bus);
    case SPDRP_ENUMERATOR_NAME:
        return give_text(value, "USB");
    case SPDRP_ADDRESS:
        return give_number(value, node->parent == NULL ? id->port : node->first_interface);
    case SPDRP_REMOVAL_POLICY:
    case SPDRP_REMOVAL_POLICY_HW_DEFAULT:
        return give_number(value, SURPRISE_REMOVAL);
    case SPDRP_LOCATION_PATHS:
        return give_location_paths(node, value);
    case SPDRP_BASE_CONTAINERID:
        return give_guid(value, &node->container);
    default:
        return false;
    }
}

/* As Windows shows the device: by its friendly name, where it has one. */
static bool give_name(const struct usb_node *node, struct property_value *value)
{
    return give_inf(node, USB_INF_FRIENDLY_NAME, value) || give_description(node, value);
}

static bool give_instance(const struct usb_node *node, struct property_value *value)
{
    return give_text(value, "%s", node->instance_id);
}

static bool give_container(const struct usb_node *node, struct property_value *value)
{
    return give_guid(value, &node->container);
}

static bool give_parent(const struct usb_node *node, struct property_value *value)
{
    return give_text(value, "%s",
                     node->parent == NULL ? ROOT_INSTANCE_ID : node->parent->instance_id);
}

static bool give_status(const struct usb_node *node, struct property_value *value)
{
    uint32_t problem;
    return give_number(value, device_status(node, &problem));
}

static bool give_problem(const struct usb_node *node, struct property_value *value)
{
    uint32_t problem;
    device_status(node, &problem);
    return give_number(value, problem);
}

static bool give_has_problem(const struct usb_node *node, struct property_value *value)
{
    return give_truth(value, node->service == NULL);
}

static bool give_reported(const struct usb_node *node, struct property_value *value)
{
    return give_text(value, "%s", node->description);
}

static bool give_present(const struct usb_node *node, struct property_value *value)
{
    return give_truth(value, !atomic_load(&node->gone));
}

static const struct property_row {
    const DEVPROPKEY *key;
    bool (*give)(const struct usb_node *node,
                 struct property_value *value); /* NULL: give_registry */
} rows[] = {
    {&DEVPKEY_Device_DeviceDesc, NULL},
    {&DEVPKEY_Device_FriendlyName, NULL},
    {&DEVPKEY_Device_HardwareIds, NULL},
    {&DEVPKEY_Device_CompatibleIds, NULL},
    {&DEVPKEY_Device_Service, NULL},
    {&DEVPKEY_Device_Class, NULL},
    {&DEVPKEY_Device_ClassGuid, NULL},
    {&DEVPKEY_Device_Driver, NULL},
    {&DEVPKEY_Device_ConfigFlags, NULL},
    {&DEVPKEY_Device_Manufacturer, NULL},
    {&DEVPKEY_Device_LocationInfo, NULL},
    {&DEVPKEY_Device_PDOName, NULL},
    {&DEVPKEY_Device_Capabilities, NULL},
    {&DEVPKEY_Device_BusTypeGuid, NULL},
    {&DEVPKEY_Device_LegacyBusType, NULL},
    {&DEVPKEY_Device_BusNumber, NULL},
    {&DEVPKEY_Device_EnumeratorName, NULL},
    {&DEVPKEY_Device_Address, NULL},
    {&DEVPKEY_Device_RemovalPolicy, NULL},
    {&DEVPKEY_Device_RemovalPolicyDefault, NULL},
    {&DEVPKEY_Device_InstallState, NULL},
    {&DEVPKEY_Device_LocationPaths, NULL},
    {&DEVPKEY_Device_BaseContainerId, NULL},
    {&DEVPKEY_NAME, give_name},
    {&DEVPKEY_Device_InstanceId, give_instance},
    {&DEVPKEY_Device_ContainerId, give_container},
    {&DEVPKEY_Device_Parent, give_parent},
    {&DEVPKEY_Device_Children, give_children},
    {&DEVPKEY_Device_DevNodeStatus, give_status},
    {&DEVPKEY_Device_ProblemCode, give_problem},
    {&DEVPKEY_Device_HasProblem, give_has_problem},
    {&DEVPKEY_Device_IsPresent, give_present},
    {&DEVPKEY_Device_BusReportedDeviceDesc, give_reported},
};

bool device_property_get(const struct usb_node *node, const DEVPROPKEY *key,
                         struct property_value *value)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (IsEqualDevPropKey(*rows[i].key, *key))
            return rows[i].give == NULL
                       ? give_registry(node, key->pid - DEVPROPID_FIRST_USABLE, value)
                       : rows[i].give(node, value);
    return false;
}

bool device_property_key(uint32_t index, DEVPROPKEY *key)
{
    if (index >= sizeof rows / sizeof *rows)
        return false;
    *key = *rows[index].key;
    return true;
}

bool device_property_registry(const struct usb_node *node, uint32_t spdrp,
                              struct property_value *value, uint32_t *registry_type)
{
    if (!give_registry(node, spdrp, value))
        return false;
    if (value->type == DEVPROP_TYPE_GUID && spdrp != SPDRP_BUSTYPEGUID) {
        char text[USB_GUID_TEXT];
        usb_guid_format((const struct usb_guid *)&value->guid, text);
        give_text(value, "%s", text);
    }
    *registry_type = value->type == DEVPROP_TYPE_STRING        ? REG_SZ
                     : value->type == DEVPROP_TYPE_STRING_LIST ? REG_MULTI_SZ
                     : value->type == DEVPROP_TYPE_UINT32      ? REG_DWORD
                                                               : REG_BINARY;
    return true;
}

bool interface_property_get(const struct usb_node_interface *interface, const DEVPROPKEY *key,
                            struct property_value *value)
{
    if (IsEqualDevPropKey(*key, DEVPKEY_DeviceInterface_ClassGuid))
        return give_guid(value, &interface->guid);
    if (IsEqualDevPropKey(*key, DEVPKEY_DeviceInterface_Enabled))
        return give_truth(value, interface->enabled);
    if (IsEqualDevPropKey(*key, DEVPKEY_Device_InstanceId))
        return give_instance(interface->node, value);
    if (IsEqualDevPropKey(*key, DEVPKEY_Device_ContainerId))
        return give_container(interface->node, value);
    return false;
}
