/* SPDX-License-Identifier: MIT */
/* The program of the plug-and-play driver: devices come, go and fail, and the driver tells what it was asked to do, in order. Its
 * argument is the driver. */
#include "../tap.h"

#include <winioctl.h>
#include <cfgmgr32.h>

#include "overlapped.h"
#include "pnp.h"

static const char *driver_path;
static struct ovl_driver *driver;
static HANDLE control;
static GUID interface_guid = PNP_GUID;

/* The driver's next event, or 0 when none comes. */
static ULONG event_next(void)
{
    OVERLAPPED block = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    ULONG event = 0;
    DWORD bytes = 0;
    BOOL done = DeviceIoControl(control, IOCTL_PNP_EVENT, NULL, 0, &event, sizeof event, NULL, &block);
    if (!done && GetLastError() == ERROR_IO_PENDING && WaitForSingleObject(block.hEvent, PATIENCE_MS) != WAIT_OBJECT_0)
        CancelIoEx(control, &block);
    if (!GetOverlappedResult(control, &block, &bytes, TRUE))
        event = 0;
    CloseHandle(block.hEvent);
    return event;
}

/* An event is not there, now. */
static int quiet(void)
{
    OVERLAPPED block = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    ULONG event = 0;
    DWORD bytes;
    BOOL done = DeviceIoControl(control, IOCTL_PNP_EVENT, NULL, 0, &event, sizeof event, NULL, &block);
    if (!done)
        CancelIoEx(control, &block);
    GetOverlappedResult(control, &block, &bytes, TRUE);
    CloseHandle(block.hEvent);
    return !done;
}

#define expect(event, text) is_int(event_next(), event, text)

static void mode_set(LONG mode)
{
    OVERLAPPED block = {0};
    DWORD bytes;
    if (!DeviceIoControl(control, IOCTL_PNP_MODE, &mode, sizeof mode, NULL, 0, NULL, &block))
        GetOverlappedResult(control, &block, &bytes, TRUE);
}

static void control_open(void)
{
    control = CreateFileW(L"\\\\.\\OvlPnp", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    ok(control != INVALID_HANDLE_VALUE, "the driver's own device opens");
}

static int driver_load(const char *ids)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s", driver_path, ids);
    return (int)ovl_driver_load(text, &driver);
}

/* The path of the enabled interface, "" for none. */
static const WCHAR *interface_path(void)
{
    static WCHAR paths[512];
    paths[0] = 0;
    CM_Get_Device_Interface_ListW(&interface_guid, NULL, paths, 512, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    return paths;
}

static HANDLE device_open(void)
{
    return CreateFileW(interface_path(), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static ULONG problem_of_device(void)
{
    DEVINST root = 0, node = 0;
    ULONG status = 0, problem = 0;
    CM_Locate_DevNodeW(&root, NULL, 0);
    CM_Get_Child(&node, root, 0);
    CM_Get_DevNode_Status(&status, &problem, node, 0);
    return problem;
}

static void test_start(void)
{
    struct ovl_usb_device *usb;
    DWORD bytes = 0;
    is_int(driver_load(",id=USB\\VID_045E&PID_0001,id=usb\\vid_0547&pid_1002"), 0, "the driver loads");
    control_open();
    ok(quiet(), "nothing is added without a device");
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device is plugged in");
    HANDLE device = device_open();
    ok(device != INVALID_HANDLE_VALUE, "the interface's path opens the driver's device");
    expect(PNP_ADD, "AddDevice");
    expect(PNP_START, "then START_DEVICE");
    expect(PNP_POWER_DONE, "a power request of the driver's ends");
    expect(PNP_CAPABILITIES, "then QUERY_CAPABILITIES");
    expect(PNP_STATE, "then QUERY_PNP_DEVICE_STATE");
    ok(quiet(), "nothing else");
    ok(DeviceIoControl(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, &bytes, NULL) && bytes == 77, "requests reach the driver");
    struct pnp_facts facts = {.address = 0};
    ok(DeviceIoControl(device, IOCTL_PNP_FACTS, NULL, 0, &facts, sizeof facts, &bytes, NULL), "the driver tells of its device");
    ok(wcsncmp((WCHAR *)facts.hardware_id, L"USB\\VID_0547&PID_1002", 21) == 0 && facts.hardware_bytes > 44,
       "its hardware ids, and their size");
    is_int(facts.small_status, 0xC0000023, "a small buffer is STATUS_BUFFER_TOO_SMALL");
    is_int(facts.removal_policy, 3, "surprise removal is expected");
    ok(wcsncmp((WCHAR *)facts.link, L"\\??\\usb#vid_0547&pid_1002#", 26) == 0, "its symbolic link's form");
    fails_with(ovl_driver_unload(driver) == 0, 0xdead, "the driver cannot be unloaded while its device is open");
    ok(quiet(), "and was not asked");
    ovl_usb_detach(usb);
    expect(PNP_SURPRISE, "the device is pulled: SURPRISE_REMOVAL");
    ok(quiet(), "REMOVE_DEVICE waits for the open file");
    ok(interface_path()[0] == 0, "the interface is gone");
    ok(DeviceIoControl(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, &bytes, NULL), "requests still reach the driver, which decides");
    CloseHandle(device);
    expect(PNP_REMOVE, "the last close brings REMOVE_DEVICE");
    ok(quiet(), "once");
}

static void test_replug(void)
{
    struct ovl_usb_device *usb;
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "another one");
    for (int i = 0; i < 5; i++) {
        expect(PNP_ADD, "AddDevice");
        expect(PNP_START, "START_DEVICE");
        expect(PNP_POWER_DONE, "power");
        expect(PNP_CAPABILITIES, "capabilities");
        expect(PNP_STATE, "state");
        ovl_usb_plug(usb, 0);
        expect(PNP_SURPRISE, "SURPRISE_REMOVAL");
        expect(PNP_REMOVE, "REMOVE_DEVICE at once: nothing is open");
        ovl_usb_plug(usb, 1);
    }
    ovl_usb_detach(usb);
    expect(PNP_ADD, "a last time");
    for (int i = 0; i < 4; i++)
        event_next();
    expect(PNP_SURPRISE, "SURPRISE_REMOVAL");
    expect(PNP_REMOVE, "REMOVE_DEVICE");
}

static void test_failures(void)
{
    struct ovl_usb_device *usb;
    mode_set(PNP_FAIL_ADD);
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device whose AddDevice fails");
    ok(interface_path()[0] == 0, "it has no interface");
    expect(PNP_ADD, "AddDevice");
    ok(quiet(), "a stack that was not made is not started");
    is_int(problem_of_device(), CM_PROB_FAILED_ADD, "CM_PROB_FAILED_ADD");
    ovl_usb_detach(usb);
    mode_set(PNP_FAIL_START);
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device whose start fails");
    ok(interface_path()[0] == 0, "it has no interface");
    expect(PNP_ADD, "AddDevice");
    expect(PNP_START, "START_DEVICE");
    expect(PNP_REMOVE, "REMOVE_DEVICE follows a failed start");
    ok(quiet(), "that is all");
    is_int(problem_of_device(), CM_PROB_FAILED_START, "CM_PROB_FAILED_START");
    ovl_usb_detach(usb);
    ok(quiet(), "its departure is not the driver's any more");
    mode_set(PNP_GOOD);
}

static void test_state(void)
{
    struct ovl_usb_device *usb;
    DWORD bytes;
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device");
    HANDLE device = device_open();
    for (int i = 0; i < 5; i++)
        event_next();
    ok(DeviceIoControl(device, IOCTL_PNP_HIDE, NULL, 0, NULL, 0, &bytes, NULL), "the driver disables its interface");
    ok(interface_path()[0] == 0, "it is not found");
    ok(DeviceIoControl(device, IOCTL_PNP_FAIL, NULL, 0, NULL, 0, &bytes, NULL), "the driver says that its device failed");
    expect(PNP_STATE, "it is asked for the state");
    expect(PNP_SURPRISE, "PNP_DEVICE_FAILED is a surprise removal");
    CloseHandle(device);
    expect(PNP_REMOVE, "then REMOVE_DEVICE");
    is_int(problem_of_device(), CM_PROB_FAILED_POST_START, "CM_PROB_FAILED_POST_START");
    ovl_usb_detach(usb);
}

static void test_unload(void)
{
    struct ovl_usb_device *usb;
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device");
    for (int i = 0; i < 5; i++)
        event_next();
    is_int(ovl_driver_unload(driver), ERROR_BUSY, "the driver's own device is open");
    mode_set(PNP_REFUSE_REMOVE);
    CloseHandle(control);
    ok(ovl_driver_unload(driver) != 0, "the driver refuses QUERY_REMOVE_DEVICE");
    HANDLE device = device_open();
    ok(device != INVALID_HANDLE_VALUE, "the device goes on");
    CloseHandle(device);
    control_open();
    expect(PNP_QUERY_REMOVE, "QUERY_REMOVE_DEVICE");
    expect(PNP_CANCEL_REMOVE, "CANCEL_REMOVE_DEVICE");
    mode_set(PNP_GOOD);
    CloseHandle(control);
    is_int(ovl_driver_unload(driver), 0, "then it unloads");
    ok(interface_path()[0] == 0, "its interface is gone");
    is_int(driver_load(",id=USB\\VID_0547&PID_1002"), 0, "loaded again, the device is offered to it");
    device = device_open();
    ok(device != INVALID_HANDLE_VALUE, "and opens");
    CloseHandle(device);
    is_int(ovl_driver_unload(driver), 0, "unloaded again");
    is_int(driver_load(",id=USB\\VID_9999&PID_0001"), 0, "loaded for another device");
    ok(interface_path()[0] == 0, "it does not take this one");
    is_int(ovl_driver_unload(driver), 0, "unloaded");
    is_int(driver_load(",id="), ERROR_INVALID_PARAMETER, "an empty id is refused");
    ovl_usb_detach(usb);
}

static void test_cycles(void)
{
    struct ovl_usb_device *usb;
    int good = 0;
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device");
    for (int i = 0; i < 1000; i++) {
        DWORD bytes = 0;
        if (driver_load(",id=USB\\VID_0547&PID_1002") != 0)
            break;
        HANDLE device = device_open();
        good += DeviceIoControl(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, &bytes, NULL) && bytes == 77;
        CloseHandle(device);
        if (ovl_driver_unload(driver) != 0)
            break;
    }
    is_int(good, 1000, "1000 times: load, start, a request, stop, unload");
    ovl_usb_detach(usb);
}

int main(int argc, char **argv)
{
    driver_path = argc > 1 ? argv[1] : "";
    tap_begin();
    part(test_start);
    part(test_replug);
    part(test_failures);
    part(test_state);
    part(test_unload);
    part(test_cycles);
    return tap_end();
}
