/* SPDX-License-Identifier: MIT */
/* Devices that come and go: CM_Register_Notification by interface class, instance and handle, and
 * the lists that programs look at. */
#include "usb_device.h"

#include <initguid.h>
#include <cfgmgr32.h>
#include <setupapi.h>

/* {6c1f1d52-3a0e-4f27-9c8e-6d757474f001} */
DEFINE_GUID(guid_mutt, 0x6c1f1d52, 0x3a0e, 0x4f27, 0x9c, 0x8e, 0x6d, 0x75, 0x74, 0x74, 0xf0, 0x01);

enum { EVENTS = 32 };

struct heard {
    HANDLE event; /* automatic: set for each */
    volatile LONG count;
    CM_NOTIFY_ACTION actions[EVENTS];
    WCHAR texts[EVENTS][200];
    DWORD sizes[EVENTS];
    BOOL leaves; /* unregisters itself */
    BOOL opens;  /* opens the device that has come */
    volatile LONG opened;
};

static void text_keep(WCHAR *to, const WCHAR *from, DWORD units)
{
    DWORD i = 0;
    for (; i + 1 < 200 && i < units && from[i]; i++)
        to[i] = from[i];
    to[i] = 0;
}

static BOOL text_is(const WCHAR *wide, const char *narrow)
{
    for (; *narrow != 0; wide++, narrow++)
        if (*wide != (WCHAR)(unsigned char)*narrow)
            return FALSE;
    return *wide == 0;
}

static DWORD CALLBACK hear(HCMNOTIFICATION notification, PVOID context, CM_NOTIFY_ACTION action,
                           PCM_NOTIFY_EVENT_DATA data, DWORD size)
{
    struct heard *heard = context;
    LONG at = tap_read(heard->count);
    if (at < EVENTS) {
        heard->actions[at] = action;
        heard->sizes[at] = size;
        heard->texts[at][0] = 0;
        if (data->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE)
            text_keep(heard->texts[at], data->u.DeviceInterface.SymbolicLink, 200);
        else if (data->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE)
            text_keep(heard->texts[at], data->u.DeviceInstance.InstanceId, 200);
    }
    if (heard->opens && action == CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL) {
        HANDLE handle =
            CreateFileW(data->u.DeviceInterface.SymbolicLink, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                        OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
        if (handle != INVALID_HANDLE_VALUE) {
            InterlockedIncrement(&heard->opened);
            CloseHandle(handle);
        }
    }
    if (heard->leaves)
        CM_Unregister_Notification(notification);
    tap_write(heard->count, at + 1);
    SetEvent(heard->event);
    return ERROR_SUCCESS;
}

/* Waits until so many have been heard. */
static BOOL heard_of(struct heard *heard, LONG count)
{
    while (tap_read(heard->count) < count)
        if (WaitForSingleObject(heard->event, PATIENCE_MS) != WAIT_OBJECT_0)
            return FALSE;
    return tap_read(heard->count) == count;
}

static HCMNOTIFICATION listen_to(struct heard *heard, CM_NOTIFY_FILTER *filter)
{
    HCMNOTIFICATION notification = NULL;
    filter->cbSize = sizeof *filter;
    heard->event = event_auto();
    ok(CM_Register_Notification(filter, heard, hear, &notification) == CR_SUCCESS &&
           notification != NULL,
       "registered");
    return notification;
}

static ULONG listed(void)
{
    ULONG length = 0;
    CM_Get_Device_Interface_List_SizeA(&length, (GUID *)&guid_mutt, NULL,
                                       CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    return length;
}

static const char path[] =
    "\\\\?\\usb#vid_1209&pid_0001#plug-1#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}";

static void interfaces(void)
{
    struct heard heard = {.opens = TRUE}, all = {0};
    CM_NOTIFY_FILTER filter = {.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE};
    CM_NOTIFY_FILTER every = {.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE,
                              .Flags = CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES};
    struct ovl_usb_device *it, *other;
    filter.u.DeviceInterface.ClassGuid = guid_mutt;
    HCMNOTIFICATION one = listen_to(&heard, &filter), two = listen_to(&all, &every);
    ULONG before = listed();
    is_int(ovl_usb_attach("mutt", "serial=PLUG-1", &it), 0, "a device is attached");
    ok(listed() > before, "it is in the list at once");
    ok(heard_of(&heard, 1), "one arrival of the class");
    is_int(heard.actions[0], CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL, "is an arrival");
    ok(text_is(heard.texts[0], path), "with the path");
    is_int(heard.sizes[0],
           offsetof(CM_NOTIFY_EVENT_DATA, u.DeviceInterface.SymbolicLink) +
               sizeof path * sizeof(WCHAR),
           "and its size, the end's zero included");
    is_int(tap_read(heard.opened), 1, "the callback can open it");
    ok(heard_of(&all, 2), "it has two classes: its own and that of USB devices");
    is_int(ovl_usb_plug(it, 0), 0, "unplugged");
    is_int(listed(), before, "it is out of the list at once");
    ok(heard_of(&heard, 2) && heard.actions[1] == CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL &&
           text_is(heard.texts[1], path),
       "a removal");
    is_int(ovl_usb_plug(it, 1), 0, "plugged in");
    ok(heard_of(&heard, 3) && heard.actions[2] == CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL,
       "it comes again");
    is_int(ovl_usb_attach("fx2", NULL, &other), 0, "a device of another class");
    ok(heard_of(&all, 8), "is heard of by who listens to all");
    is_int(tap_read(heard.count), 3, "and by nobody else");
    ok(CM_Unregister_Notification(one) == CR_SUCCESS, "unregistered");
    ovl_usb_detach(it);
    ovl_usb_detach(other);
    ok(heard_of(&all, 12), "detaching both");
    is_int(tap_read(heard.count), 3, "who has left hears nothing");
    ok(CM_Unregister_Notification(two) == CR_SUCCESS, "unregistered");
    ok(CM_Unregister_Notification(two) == CR_INVALID_DATA, "once");
    CloseHandle(heard.event);
    CloseHandle(all.event);
}

static void instances(void)
{
    struct heard heard = {0};
    CM_NOTIFY_FILTER filter = {.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE};
    static const char id[] = "USB\\VID_1209&PID_0001\\PLUG-2";
    struct ovl_usb_device *it, *other;
    for (ULONG i = 0; i < sizeof id; i++)
        filter.u.DeviceInstance.InstanceId[i] = (WCHAR)id[i];
    HCMNOTIFICATION one = listen_to(&heard, &filter);
    is_int(ovl_usb_attach("mutt", "serial=OTHER", &other), 0, "another device");
    is_int(ovl_usb_attach("mutt", "serial=PLUG-2", &it), 0, "the device");
    ok(heard_of(&heard, 2), "two events");
    ok(heard.actions[0] == CM_NOTIFY_ACTION_DEVICEINSTANCEENUMERATED &&
           heard.actions[1] == CM_NOTIFY_ACTION_DEVICEINSTANCESTARTED,
       "enumerated, then started");
    ok(text_is(heard.texts[0], id), "with its instance id");
    ovl_usb_detach(it);
    ok(heard_of(&heard, 3) && heard.actions[2] == CM_NOTIFY_ACTION_DEVICEINSTANCEREMOVED,
       "removed");
    ovl_usb_detach(other);
    ok(CM_Unregister_Notification(one) == CR_SUCCESS, "unregistered");
    is_int(tap_read(heard.count), 3, "the other's are not heard");
    CloseHandle(heard.event);
}

static void handles(void)
{
    struct heard heard = {0};
    CM_NOTIFY_FILTER filter = {.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE};
    UCHAR bytes[64];
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    DWORD moved;
    device_attach("mutt", "serial=PLUG-3");
    filter.u.DeviceHandle.hTarget = device;
    HCMNOTIFICATION one = listen_to(&heard, &filter);
    WinUsb_ReadPipe(usb, 0x81, bytes, sizeof bytes, NULL, &overlapped);
    is_int(ovl_usb_plug(plugged, 0), 0, "unplugged with a read under way");
    ok(heard_of(&heard, 1) && heard.actions[0] == CM_NOTIFY_ACTION_DEVICEREMOVECOMPLETE,
       "the handle's device is gone");
    BOOL good = WinUsb_GetOverlappedResult(usb, &overlapped, &moved, TRUE);
    DWORD error = GetLastError();
    ok(!good && (error == ERROR_DEVICE_NOT_CONNECTED || error == ERROR_NO_SUCH_DEVICE),
       "the read has failed: %u", (unsigned)error);
    is_int(ovl_usb_plug(plugged, 1), 0, "plugged in again");
    fails_with(WinUsb_ReadPipe(usb, 0x81, bytes, sizeof bytes, &moved, NULL), ERROR_NO_SUCH_DEVICE,
               "the old handle stays dead");
    ok(CM_Unregister_Notification(one) == CR_SUCCESS, "unregistered");
    WinUsb_Free(usb);
    CloseHandle(device);
    device_open_newest();
    ok(1, "a new one works");
    device_detach();
    CloseHandle(heard.event);
    CloseHandle(overlapped.hEvent);
}

static void leaving(void)
{
    struct heard heard = {.leaves = TRUE};
    CM_NOTIFY_FILTER filter = {.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE};
    struct ovl_usb_device *it;
    filter.u.DeviceInterface.ClassGuid = guid_mutt;
    listen_to(&heard, &filter);
    is_int(ovl_usb_attach("mutt", NULL, &it), 0, "a device");
    ok(heard_of(&heard, 1), "its arrival; the callback unregisters itself");
    ovl_usb_detach(it);
    is_int(ovl_usb_attach("mutt", NULL, &it), 0, "another");
    listed();
    settle();
    is_int(tap_read(heard.count), 1, "nothing more is heard");
    ovl_usb_detach(it);
    CloseHandle(heard.event);
}

/* Many times, with a program that looks all the while. */
static volatile LONG stop;

static DWORD WINAPI look(void *counter)
{
    while (!tap_read(stop)) {
        HDEVINFO set =
            SetupDiGetClassDevsA(&guid_mutt, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
        SP_DEVICE_INTERFACE_DATA interface = {.cbSize = sizeof interface};
        for (DWORD i = 0; set != INVALID_HANDLE_VALUE &&
                          SetupDiEnumDeviceInterfaces(set, NULL, &guid_mutt, i, &interface);
             i++)
            InterlockedIncrement(counter);
        if (set != INVALID_HANDLE_VALUE)
            SetupDiDestroyDeviceInfoList(set);
    }
    return 0;
}

static void often(void)
{
    volatile LONG seen = 0;
    struct ovl_usb_device *it;
    is_int(ovl_usb_attach("mutt", NULL, &it), 0, "a device");
    HANDLE thread = thread_start(look, (void *)&seen);
    int failed = 0;
    for (int i = 0; i < 100; i++)
        failed += ovl_usb_plug(it, 0) != 0 || ovl_usb_plug(it, 1) != 0;
    is_int(failed, 0, "pulled and put back a hundred times");
    while (tap_read(seen) == 0)
        SwitchToThread();
    tap_write(stop, 1);
    is_int(thread_join(thread), 0, "while another thread lists it");
    ovl_usb_detach(it);
}

int main(void)
{
    tap_begin();
    part(interfaces);
    part(instances);
    part(handles);
    part(leaving);
    part(often);
    return tap_end();
}
