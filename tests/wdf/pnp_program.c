/* SPDX-License-Identifier: MIT */
/* The program of the framework's Plug and Play driver: devices come, go, fail and fall asleep; the driver's trace says in which order it was
 * called. Its argument is the driver. */
#include "../tap.h"

#include <winioctl.h>
#include <cfgmgr32.h>

#include "overlapped.h"
#include "pnp_test.h"

#define DRIVER_IDS ",id=USB\\VID_0547&PID_1002"
#define STARTS "add prepare entry-9 post init"
#define LEAVES "suspend pre exit-9 release"
#define ENDS   "flush smcleanup cleanup destroy"

static const char *driver_path;
static struct ovl_driver *driver;
static HANDLE control;
static GUID interface_guid = PNP_GUID;

static int driver_load(void)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s", driver_path, DRIVER_IDS);
    return (int)ovl_driver_load(text, &driver);
}

static void control_open(void)
{
    control = CreateFileW(PNP_CONTROL, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    ok(control != INVALID_HANDLE_VALUE, "the driver's control device opens");
}

static void mode_set(const char *fails_at, unsigned int idle_ms)
{
    struct pnp_mode mode = {.idle_ms = idle_ms};
    DWORD bytes;
    snprintf(mode.fails_at, sizeof mode.fails_at, "%s", fails_at);
    ok(DeviceIoControl(control, IOCTL_PNP_MODE, &mode, sizeof mode, NULL, 0, &bytes, NULL), "devices %s from now on",
       *fails_at == '\0' ? "work" : "fail");
}

/* The trace since the last time, once it has as many words as `expected`. */
static void expect(const char *expected, const char *what)
{
    char text[PNP_TEXT + 1];
    DWORD bytes = 0, words = *expected != '\0';
    for (const char *at = expected; *at != '\0'; at++)
        words += *at == ' ';
    if (!DeviceIoControl(control, IOCTL_PNP_TRACE, &words, sizeof words, text, PNP_TEXT, &bytes, NULL))
        bytes = 0;
    text[bytes] = '\0';
    ok(strcmp(text, expected) == 0, "%s: %s", what, text);
}

static const WCHAR *interface_path(void)
{
    static WCHAR paths[512];
    paths[0] = 0;
    CM_Get_Device_Interface_ListW(&interface_guid, NULL, paths, 512, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    return paths;
}

static HANDLE device_open(void)
{
    return CreateFileW(interface_path(), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

/* A request on the overlapped handle, waited for: 0 or its error. */
static DWORD request(HANDLE device, DWORD code, void *input, DWORD input_length, void *output, DWORD length, DWORD *bytes)
{
    OVERLAPPED block = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD moved = 0, error = 0;
    if (!DeviceIoControl(device, code, input, input_length, output, length, NULL, &block) && GetLastError() != ERROR_IO_PENDING)
        error = GetLastError();
    else if (!GetOverlappedResult(device, &block, &moved, TRUE))
        error = GetLastError();
    CloseHandle(block.hEvent);
    if (bytes != NULL)
        *bytes = moved;
    return error;
}

static ULONG power_state(HANDLE device)
{
    ULONG state = 0;
    request(device, IOCTL_PNP_STATE, NULL, 0, &state, sizeof state, NULL);
    return state;
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
    static char text[PNP_TEXT + 1];
    struct ovl_usb_device *usb;
    DWORD bytes = 0;
    is_int(driver_load(), 0, "the driver loads");
    control_open();
    expect("", "nothing is called without a device");
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device is plugged in");
    HANDLE device = device_open();
    ok(device != INVALID_HANDLE_VALUE, "its interface opens");
    expect(STARTS, "the start's order");
    is_int(request(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, NULL), 0, "a request is served");
    expect("work", "by the driver's queue");
    is_int(request(device, IOCTL_PNP_FACTS, NULL, 0, text, PNP_TEXT, &bytes), 0, "the driver tells of its device");
    text[bytes] = '\0';
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        InterlockedIncrement(&tap_checks);
        if (strncmp(line, "not ", 4) == 0)
            InterlockedIncrement(&tap_failures);
        printf("%s\n", line);
    }
    HANDLE by_link = CreateFileW(PNP_LINK, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    ok(by_link != INVALID_HANDLE_VALUE, "the symbolic link reaches the stack too");
    CloseHandle(by_link);
    UCHAR show = 0;
    is_int(request(device, IOCTL_PNP_HIDE, &show, 1, NULL, 0, NULL), 0, "the driver disables its interface");
    ok(interface_path()[0] == 0, "it is not found");
    show = 1;
    is_int(request(device, IOCTL_PNP_HIDE, &show, 1, NULL, 0, NULL), 0, "and enables it");
    ok(interface_path()[0] != 0, "it is found");
    OVERLAPPED held = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    ok(!DeviceIoControl(device, IOCTL_PNP_HOLD, NULL, 0, NULL, 0, NULL, &held) && GetLastError() == ERROR_IO_PENDING,
       "a request waits in the driver");
    expect("hold", "which has it");
    ovl_usb_detach(usb);
    ok(!GetOverlappedResult(device, &held, &bytes, TRUE), "the device is pulled: the request fails, error %u", GetLastError());
    expect("surprise " LEAVES, "the surprise removal's order");
    ok(request(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, NULL) != 0, "the open file serves nothing any more");
    expect("", "and the driver is not asked");
    CloseHandle(device);
    expect(ENDS, "the last close ends the device");
    CloseHandle(held.hEvent);
}

static void test_replug(void)
{
    struct ovl_usb_device *usb;
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "another one");
    for (int i = 0; i < 5; i++) {
        expect(STARTS, "plugged in");
        ovl_usb_plug(usb, 0);
        expect("surprise " LEAVES " " ENDS, "pulled");
        ovl_usb_plug(usb, 1);
    }
    expect(STARTS, "plugged in");
    ovl_usb_detach(usb);
    expect("surprise " LEAVES " " ENDS, "gone");
}

static void test_failures(void)
{
    static const struct {
        const char *step, *trace;
        ULONG problem;
    } steps[] = {{"add", "add cleanup destroy", CM_PROB_FAILED_ADD},
                 {"prepare", "add prepare release cleanup destroy", CM_PROB_FAILED_START},
                 {"entry", "add prepare entry-9 release cleanup destroy", CM_PROB_FAILED_START},
                 {"post", "add prepare entry-9 post exit-9 release cleanup destroy", CM_PROB_FAILED_START},
                 {"init", "add prepare entry-9 post init pre exit-9 release " ENDS, CM_PROB_FAILED_START}};
    struct ovl_usb_device *usb;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        mode_set(steps[i].step, 0);
        is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device that fails at %s", steps[i].step);
        expect(steps[i].trace, "it is taken down");
        ok(interface_path()[0] == 0, "it has no interface");
        is_int(problem_of_device(), steps[i].problem, "and a problem");
        ovl_usb_detach(usb);
        expect("", "its departure is not the driver's any more");
    }
    mode_set("", 0);
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device");
    HANDLE device = device_open();
    expect(STARTS, "that works");
    is_int(request(device, IOCTL_PNP_FAIL, NULL, 0, NULL, 0, NULL), 0, "until its driver says that it failed");
    expect("surprise " LEAVES, "it is surprise-removed");
    CloseHandle(device);
    expect(ENDS, "and ends with the last close");
    is_int(problem_of_device(), CM_PROB_FAILED_POST_START, "CM_PROB_FAILED_POST_START");
    ovl_usb_detach(usb);
}

/* The interface is back a moment after the driver's last callback. */
static HANDLE device_open_anew(void)
{
    ULONGLONG start = GetTickCount64();
    while (interface_path()[0] == 0 && GetTickCount64() - start < PATIENCE_MS)
        SwitchToThread();
    return device_open();
}

static void test_restarts(void)
{
    static const char once[] = STARTS " surprise " LEAVES " " ENDS;
    char whole[8 * sizeof once] = "";
    struct ovl_usb_device *usb;
    BYTE restart = 1;
    mode_set("", 0);
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device");
    HANDLE device = device_open();
    expect(STARTS, "that works");
    is_int(request(device, IOCTL_PNP_FAIL, &restart, 1, NULL, 0, NULL), 0, "until its driver says that it failed, and wants to begin anew");
    expect("surprise " LEAVES, "it is surprise-removed");
    CloseHandle(device);
    expect(ENDS " " STARTS, "it ends with the last close, and begins anew");
    is_int(problem_of_device(), 0, "without a problem");
    device = device_open_anew();
    is_int(request(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, NULL), 0, "and works");
    CloseHandle(device);
    expect("work", "as before");
    restart = 2;
    device = device_open_anew();
    is_int(request(device, IOCTL_PNP_FAIL, &restart, 1, NULL, 0, NULL), 0, "its driver asks the bus driver to enumerate it anew");
    expect("surprise " LEAVES, "it is surprise-removed");
    CloseHandle(device);
    expect(ENDS " " STARTS, "and begins anew");
    ovl_usb_detach(usb);
    expect("surprise " LEAVES " " ENDS, "gone");
    mode_set("failed", 0);
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device that always fails and wants a restart");
    for (int i = 0; i < 6; i++)
        snprintf(whole + strlen(whole), sizeof whole - strlen(whole), "%s%s", i == 0 ? "" : " ", once);
    expect(whole, "gets it five times");
    is_int(problem_of_device(), CM_PROB_FAILED_POST_START, "and then no more");
    ovl_usb_detach(usb);
    mode_set("", 0);
}

enum { IDLE_MS = 30, D0 = 1, D2 = 3 };

static void test_idle(void)
{
    struct ovl_usb_device *usb;
    mode_set("", IDLE_MS);
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device that may sleep");
    HANDLE device = device_open();
    expect(STARTS " suspend arm pre exit-2", "left alone it is suspended");
    is_int(power_state(device), D2, "it is in D2");
    expect("", "asking so did not wake it");
    is_int(request(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, NULL), 0, "a request wakes it");
    expect("entry-2 post disarm work restart suspend arm pre exit-2", "queues go on behind the entry to D0; then it sleeps again");
    OVERLAPPED held = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    ok(!DeviceIoControl(device, IOCTL_PNP_HOLD, NULL, 0, NULL, 0, NULL, &held) && GetLastError() == ERROR_IO_PENDING,
       "a request that the driver keeps");
    expect("entry-2 post disarm hold restart", "wakes it");
    Sleep(IDLE_MS * 3);
    is_int(power_state(device), D0, "and keeps it awake");
    DWORD bytes;
    ok(CancelIoEx(device, &held) && !GetOverlappedResult(device, &held, &bytes, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED,
       "until it is cancelled");
    expect("suspend arm pre exit-2", "then it sleeps");
    /* The bus is told behind the driver's last callback: a signal before that is none. */
    ULONGLONG start = GetTickCount64();
    while (power_state(device) != D0 && GetTickCount64() - start < PATIENCE_MS)
        ovl_usb_ready(usb, 0x81);
    expect("entry-2 post woken disarm restart suspend arm pre exit-2", "the device wakes its host; its driver is told; then it sleeps again");
    is_int(request(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, NULL), 0, "a request");
    expect("entry-2 post disarm work restart suspend arm pre exit-2", "is no wake signal");
    CloseHandle(device);
    ovl_usb_detach(usb);
    expect("surprise release " ENDS, "a sleeping device that is pulled is not woken");
    CloseHandle(held.hEvent);
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "another");
    expect(STARTS " suspend arm pre exit-2", "asleep");
    CloseHandle(control);
    is_int((int)ovl_driver_unload(driver), 0, "the driver unloads meanwhile");
    ovl_usb_detach(usb);
}

static void test_cycles(void)
{
    enum { CYCLES = 300 };
    struct ovl_usb_device *usb;
    int good = 0;
    is_int(ovl_usb_attach("fx2", NULL, &usb), 0, "a device");
    for (int i = 0; i < CYCLES; i++) {
        if (driver_load() != 0)
            break;
        HANDLE device = device_open();
        good += request(device, IOCTL_PNP_WORK, NULL, 0, NULL, 0, NULL) == 0;
        CloseHandle(device);
        if (ovl_driver_unload(driver) != 0)
            break;
    }
    is_int(good, CYCLES, "again and again: load, start, a request, stop, unload");
    ovl_usb_detach(usb);
}

int main(int argc, char **argv)
{
    driver_path = argc > 1 ? argv[1] : "";
    tap_begin();
    part(test_start);
    part(test_replug);
    part(test_failures);
    part(test_restarts);
    part(test_idle);
    part(test_cycles);
    return tap_end();
}
