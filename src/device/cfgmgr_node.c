/* SPDX-License-Identifier: MIT */
/* CM: the tree of device nodes and what is asked of one. Number 1 is the root; every device hangs
 * on it, for hubs and controllers have no nodes here, and the functions of a composite device hang
 * on that device. */
#include <string.h>

#include "cfgmgr32.h"
#include "device/device_property.h"

enum { ID_BYTES = 512 };

/* The node by number, referenced, with the checks that all calls make. *node NULL and CR_SUCCESS:
 * the root. */
static CONFIGRET node_find(DEVINST number, ULONG flags, struct usb_node **node)
{
    *node = NULL;
    if (flags != 0)
        return CR_INVALID_FLAG;
    if (number == DEVINST_ROOT)
        return CR_SUCCESS;
    usb_nodes_start();
    *node = number == 0 ? NULL : usb_node_by_number(number);
    return *node == NULL ? (number == 0 ? CR_INVALID_DEVNODE : CR_NO_SUCH_DEVNODE) : CR_SUCCESS;
}

static void node_end(struct usb_node *node)
{
    if (node != NULL)
        usb_node_dereference(node);
}

/* ---- The tree -------------------------------------------------------------------------------- */

CONFIGRET WINAPI CM_Locate_DevNodeA(PDEVINST pdnDevInst, DEVINSTID_A pDeviceID, ULONG ulFlags)
{
    if (pdnDevInst == NULL)
        return CR_INVALID_POINTER;
    *pdnDevInst = 0;
    if (ulFlags & ~(ULONG)(CM_LOCATE_DEVNODE_PHANTOM | CM_LOCATE_DEVNODE_CANCELREMOVE |
                           CM_LOCATE_DEVNODE_NOVALIDATION))
        return CR_INVALID_FLAG;
    if (pDeviceID == NULL || pDeviceID[0] == 0 || strcasecmp(pDeviceID, ROOT_INSTANCE_ID) == 0) {
        *pdnDevInst = DEVINST_ROOT;
        return CR_SUCCESS;
    }
    const char *first = strchr(pDeviceID, '\\');
    if (first == NULL || strchr(first + 1, '\\') == NULL || strlen(pDeviceID) > MAX_DEVICE_ID_LEN)
        return CR_INVALID_DEVICE_ID;
    usb_nodes_start();
    struct usb_node *node = usb_node_by_instance(pDeviceID);
    if (node == NULL)
        return CR_NO_SUCH_DEVNODE;
    *pdnDevInst = node->number;
    usb_node_dereference(node);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Locate_DevNodeW(PDEVINST pdnDevInst, DEVINSTID_W pDeviceID, ULONG ulFlags)
{
    char id[ID_BYTES];
    if (pDeviceID != NULL && !device_text_narrow(id, sizeof id, pDeviceID))
        return CR_INVALID_DEVICE_ID;
    return CM_Locate_DevNodeA(pdnDevInst, pDeviceID == NULL ? NULL : id, ulFlags);
}

/* The first node whose parent is `parent` (NULL: the root), behind the one numbered `after` (0:
 * none). */
static CONFIGRET child_find(const struct usb_node *parent, DEVINST after, DEVINST *found)
{
    uint32_t count;
    struct usb_node **nodes = usb_nodes(&count);
    bool passed = after == 0;
    *found = 0;
    for (uint32_t i = 0; i < count && *found == 0; i++) {
        if (passed && nodes[i]->parent == parent)
            *found = nodes[i]->number;
        passed |= nodes[i]->number == after;
    }
    usb_nodes_free(nodes, count);
    return *found == 0 ? CR_NO_SUCH_DEVNODE : CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Parent(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags)
{
    struct usb_node *node;
    if (pdnDevInst == NULL)
        return CR_INVALID_POINTER;
    CONFIGRET result = node_find(dnDevInst, ulFlags, &node);
    if (result != CR_SUCCESS)
        return result;
    if (node == NULL)
        return CR_NO_SUCH_DEVNODE; /* the root has none */
    *pdnDevInst = node->parent == NULL ? DEVINST_ROOT : node->parent->number;
    node_end(node);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Child(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags)
{
    struct usb_node *node;
    if (pdnDevInst == NULL)
        return CR_INVALID_POINTER;
    CONFIGRET result = node_find(dnDevInst, ulFlags, &node);
    if (result != CR_SUCCESS)
        return result;
    result = child_find(node, 0, pdnDevInst);
    node_end(node);
    return result;
}

CONFIGRET WINAPI CM_Get_Sibling(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags)
{
    struct usb_node *node;
    if (pdnDevInst == NULL)
        return CR_INVALID_POINTER;
    CONFIGRET result = node_find(dnDevInst, ulFlags, &node);
    if (result != CR_SUCCESS)
        return result;
    result = node == NULL ? CR_NO_SUCH_DEVNODE : child_find(node->parent, dnDevInst, pdnDevInst);
    node_end(node);
    return result;
}

/* ---- Ids and state --------------------------------------------------------------------------- */

static CONFIGRET id_get(DEVINST number, ULONG flags, char id[static 256])
{
    struct usb_node *node;
    CONFIGRET result = node_find(number, flags, &node);
    if (result != CR_SUCCESS)
        return result;
    memcpy(id, node == NULL ? ROOT_INSTANCE_ID : node->instance_id,
           node == NULL ? sizeof ROOT_INSTANCE_ID : sizeof node->instance_id);
    node_end(node);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Device_ID_Size(PULONG pulLen, DEVINST dnDevInst, ULONG ulFlags)
{
    char id[256];
    if (pulLen == NULL)
        return CR_INVALID_POINTER;
    CONFIGRET result = id_get(dnDevInst, ulFlags, id);
    *pulLen = result == CR_SUCCESS ? (ULONG)strlen(id) : 0;
    return result;
}

CONFIGRET WINAPI CM_Get_Device_IDA(DEVINST dnDevInst, PSTR Buffer, ULONG BufferLen, ULONG ulFlags)
{
    char id[256];
    if (Buffer == NULL)
        return CR_INVALID_POINTER;
    CONFIGRET result = id_get(dnDevInst, ulFlags, id);
    if (result != CR_SUCCESS)
        return result;
    if (BufferLen < strlen(id) + 1)
        return CR_BUFFER_SMALL;
    memcpy(Buffer, id, strlen(id) + 1);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Device_IDW(DEVINST dnDevInst, PWSTR Buffer, ULONG BufferLen, ULONG ulFlags)
{
    char id[256];
    char16_t wide[256];
    if (Buffer == NULL)
        return CR_INVALID_POINTER;
    CONFIGRET result = id_get(dnDevInst, ulFlags, id);
    if (result != CR_SUCCESS)
        return result;
    size_t units = device_text_widen(wide, 256, id);
    if (BufferLen < units)
        return CR_BUFFER_SMALL;
    memcpy(Buffer, wide, units * sizeof *wide);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_DevNode_Status(PULONG pulStatus, PULONG pulProblemNumber, DEVINST dnDevInst,
                                       ULONG ulFlags)
{
    struct usb_node *node;
    if (pulStatus == NULL || pulProblemNumber == NULL)
        return CR_INVALID_POINTER;
    CONFIGRET result = node_find(dnDevInst, ulFlags, &node);
    if (result != CR_SUCCESS)
        return result;
    uint32_t problem = 0;
    *pulStatus = node == NULL ? DN_ROOT_ENUMERATED | DN_DRIVER_LOADED | DN_STARTED
                              : device_status(node, &problem);
    *pulProblemNumber = problem;
    node_end(node);
    return CR_SUCCESS;
}

/* ---- Properties ------------------------------------------------------------------------------ */

/* `length` has the room and gets the size. */
static CONFIGRET value_give(const struct property_value *value, void *buffer, ULONG *length)
{
    ULONG capacity = *length;
    *length = value->size;
    if (capacity < value->size)
        return CR_BUFFER_SMALL;
    memcpy(buffer, value->data, value->size);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_DevNode_PropertyW(DEVINST dnDevInst, const DEVPROPKEY *PropertyKey,
                                          DEVPROPTYPE *PropertyType, PBYTE PropertyBuffer,
                                          PULONG PropertyBufferSize, ULONG ulFlags)
{
    struct property_value value;
    struct usb_node *node;
    if (PropertyKey == NULL || PropertyType == NULL || PropertyBufferSize == NULL ||
        (PropertyBuffer == NULL && *PropertyBufferSize != 0))
        return CR_INVALID_POINTER;
    CONFIGRET result = node_find(dnDevInst, ulFlags, &node);
    if (result != CR_SUCCESS)
        return result;
    bool found = node != NULL && device_property_get(node, PropertyKey, &value);
    node_end(node);
    if (!found)
        return CR_NO_SUCH_VALUE;
    *PropertyType = value.type;
    return value_give(&value, PropertyBuffer, PropertyBufferSize);
}

static CONFIGRET registry_property(DEVINST number, ULONG property, ULONG *type, void *buffer,
                                   ULONG *length, ULONG flags, bool ansi)
{
    struct property_value value;
    struct usb_node *node;
    uint32_t registry_type;
    if (length == NULL || (buffer == NULL && *length != 0))
        return CR_INVALID_POINTER;
    CONFIGRET result = node_find(number, flags, &node);
    if (result != CR_SUCCESS)
        return result;
    bool found = node != NULL && property > 0 &&
                 device_property_registry(node, property - 1, &value, &registry_type);
    node_end(node);
    if (property < CM_DRP_DEVICEDESC || property > CM_DRP_BASE_CONTAINERID)
        return CR_INVALID_PROPERTY;
    if (!found)
        return CR_NO_SUCH_VALUE;
    if (ansi)
        property_to_ansi(&value);
    if (type != NULL)
        *type = registry_type;
    return value_give(&value, buffer, length);
}

CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyA(DEVINST dnDevInst, ULONG ulProperty,
                                                   PULONG pulRegDataType, PVOID Buffer,
                                                   PULONG pulLength, ULONG ulFlags)
{
    return registry_property(dnDevInst, ulProperty, pulRegDataType, Buffer, pulLength, ulFlags,
                             true);
}

CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyW(DEVINST dnDevInst, ULONG ulProperty,
                                                   PULONG pulRegDataType, PVOID Buffer,
                                                   PULONG pulLength, ULONG ulFlags)
{
    return registry_property(dnDevInst, ulProperty, pulRegDataType, Buffer, pulLength, ulFlags,
                             false);
}
