/* SPDX-License-Identifier: MIT */
/* The configuration manager: documented results, the tree, lists of interfaces; notifications are registered and ended. */
#include "../tap.h"
#include <initguid.h>
#include <setupapi.h>
#include <cfgmgr32.h>
#include <devpkey.h>

DEFINE_GUID(usb_device, 0xa5dcbf10, 0x6530, 0x11d2, 0x90, 0x1f, 0x00, 0xc0, 0x4f, 0xb9, 0x51, 0xed);
DEFINE_GUID(nobody, 0x11111111, 0x2222, 0x3333, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66, 0x77, 0x77);

#ifdef __MINGW32__ /* its library has them, its header does not */
CMAPI CONFIGRET WINAPI CM_Register_Notification(PCM_NOTIFY_FILTER filter, PVOID context, PCM_NOTIFY_CALLBACK callback,
                                                PHCMNOTIFICATION notification);
CMAPI CONFIGRET WINAPI CM_Unregister_Notification(HCMNOTIFICATION notification);
CMAPI DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET result, DWORD otherwise);
#endif

static void interface_lists(void)
{
    GUID guid = nobody;
    ULONG length = 77;
    WCHAR room[4] = {9, 9, 9, 9};
    ok(CM_Get_Device_Interface_List_SizeW(NULL, &guid, NULL, 0) == CR_INVALID_POINTER, "no room for the size");
    ok(CM_Get_Device_Interface_List_SizeW(&length, &guid, NULL, 0) == CR_SUCCESS && length == 1, "nobody's list is one NUL");
    ok(CM_Get_Device_Interface_ListW(&guid, NULL, room, 4, 0) == CR_SUCCESS && room[0] == 0, "an empty list");
    ok(CM_Get_Device_Interface_ListW(&guid, NULL, NULL, 4, 0) == CR_INVALID_POINTER, "no buffer");
    ok(CM_Get_Device_Interface_List_SizeA(&length, &guid, NULL, 0x8000) == CR_INVALID_FLAG, "unknown flags");
    guid = usb_device;
    ok(CM_Get_Device_Interface_List_SizeA(&length, &guid, NULL, 0) == CR_SUCCESS, "size");
    char *list = malloc(length);
    ok(CM_Get_Device_Interface_ListA(&guid, NULL, list, length, 0) == CR_SUCCESS && list[length - 1] == 0, "list");
    if (length > 1)
        ok(CM_Get_Device_Interface_ListA(&guid, NULL, list, length - 1, 0) == CR_BUFFER_SMALL, "too little room");
    else
        skip(1, "no USB device is present");
    free(list);
}

static void the_tree(void)
{
    DEVINST root = 0, child = 0, parent = 0, none = 0;
    char id[MAX_DEVICE_ID_LEN];
    char text[MAX_DEVICE_ID_LEN];
    ULONG length = 0, status = 0, problem = 0;
    ok(CM_Locate_DevNodeA(NULL, NULL, 0) == CR_INVALID_POINTER, "no room");
    ok(CM_Locate_DevNodeA(&root, NULL, CM_LOCATE_DEVNODE_NORMAL) == CR_SUCCESS && root != 0, "the root");
    strcpy(text, "no id");
    ok(CM_Locate_DevNodeA(&none, text, 0) == CR_INVALID_DEVICE_ID, "not an id");
    strcpy(text, "USB\\VID_FFFF&PID_FFFF\\NOBODY");
    ok(CM_Locate_DevNodeA(&none, text, 0) == CR_NO_SUCH_DEVNODE, "nobody's id");
    ok(CM_Get_Device_ID_Size(&length, root, 0) == CR_SUCCESS && length == strlen("HTREE\\ROOT\\0"), "size of the root's id");
    ok(CM_Get_Device_IDA(root, id, sizeof id, 0) == CR_SUCCESS && strcmp(id, "HTREE\\ROOT\\0") == 0, "the root's id");
    ok(CM_Get_Device_IDA(root, id, length, 0) == CR_BUFFER_SMALL, "needs room for its NUL");
    ok(CM_Get_DevNode_Status(&status, &problem, root, 0) == CR_SUCCESS && (status & DN_STARTED) && problem == 0, "the root is started");
    ok(CM_Get_Parent(&parent, root, 0) == CR_NO_SUCH_DEVNODE, "and has no parent");
    if (CM_Get_Child(&child, root, 0) != CR_SUCCESS) {
        skip(1, "no USB device is present");
        return;
    }
    ok(CM_Get_Parent(&parent, child, 0) == CR_SUCCESS && parent != 0, "a child has a parent");
}

static DWORD CALLBACK notified(HCMNOTIFICATION notification, PVOID context, CM_NOTIFY_ACTION action, PCM_NOTIFY_EVENT_DATA data, DWORD size)
{
    (void)notification, (void)action, (void)data, (void)size;
    InterlockedIncrement(context);
    return ERROR_SUCCESS;
}

static void notifications(void)
{
    static volatile LONG calls;
    CM_NOTIFY_FILTER filter = {.cbSize = sizeof filter, .FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE};
    HCMNOTIFICATION notification = NULL;
    filter.u.DeviceInterface.ClassGuid = usb_device;
    ok(CM_Register_Notification(NULL, NULL, notified, &notification) == CR_INVALID_POINTER, "no filter");
    filter.cbSize = 8;
    ok(CM_Register_Notification(&filter, NULL, notified, &notification) == CR_INVALID_DATA, "its size is checked");
    filter.cbSize = sizeof filter;
    ok(CM_Register_Notification(&filter, (void *)&calls, notified, &notification) == CR_SUCCESS && notification, "registered");
    ok(CM_Unregister_Notification(notification) == CR_SUCCESS, "unregistered");
    ok(calls == 0, "devices that are there already are not told");
    ok(CM_MapCrToWin32Err(CR_SUCCESS, 5) == ERROR_SUCCESS && CM_MapCrToWin32Err(CR_BUFFER_SMALL, 5) == ERROR_INSUFFICIENT_BUFFER,
       "results as errors");
    ok(CM_MapCrToWin32Err(0x7777, 5) == 5, "an unknown one is the default");
}

int main(void)
{
    tap_begin();
    part(interface_lists);
    part(the_tree);
    part(notifications);
    return tap_end();
}
