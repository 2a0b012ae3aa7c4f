/* SPDX-License-Identifier: MIT */
/* overlapped.h's USB part: attaching, plugging, scripts, the record of packets, the clock, lists,
 * descriptions, models of one's own; and the ways in which CreateFile spells a device path. */
#include "usb_device.h"

static const uint8_t device_descriptor[18] = {18,   1,    0x10, 0x02, 0xff, 0, 0, 64, 0x09,
                                              0x12, 0x78, 0,    0,    1,    1, 2, 0,  1};
/* clang-format off */
static const uint8_t configuration[] = {9, 2, 46, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 4, 0xff, 0, 0, 0, 7, 5, 0x81, 2, 0, 2, 0,
                                        7, 5, 0x02, 2, 0, 2, 0, 7, 5, 0x83, 1, 64, 0, 1, 7, 5, 0x04, 1, 64, 0, 1};
/* clang-format on */

static uint32_t devices_now(void)
{
    struct ovl_usb_info *list = NULL;
    uint32_t count = 0;
    is_int(ovl_usb_list(&list, &count), 0, "ovl_usb_list");
    ovl_free(list);
    return count;
}

/* ---- Attaching ------------------------------------------------------------------------------- */

static void attaching(void)
{
    struct ovl_usb_device *it = NULL;
    is_int(ovl_usb_attach("nothing", NULL, &it), ERROR_FILE_NOT_FOUND, "no such model");
    is_int(ovl_usb_attach("mutt", "speed=warp", &it), ERROR_INVALID_PARAMETER,
           "a speed that is none");
    is_int(ovl_usb_attach("mutt", "clock=0", &it), ERROR_INVALID_PARAMETER,
           "a clock that would stand");
    is_int(ovl_usb_attach("mutt", "idle=soon", &it), ERROR_INVALID_PARAMETER,
           "a time that is none");
    is_int(ovl_usb_attach("mutt", "faults=melt:ep=81", &it), ERROR_INVALID_PARAMETER,
           "a script that is none");
    is_int(ovl_usb_attach("mutt", "faults=@/nonexistent", &it), ERROR_FILE_NOT_FOUND,
           "a script's file that is not there");
    is_int(ovl_usb_attach("audio", "speed=super", &it), ERROR_NOT_SUPPORTED, "not at this speed");
    uint32_t before = devices_now();
    is_int(ovl_usb_attach("fx2", NULL, &it), 0, "without options");
    is_int(devices_now(), before + 1, "is in the list");
    is_int(ovl_usb_plug(it, 0), 0, "unplugged");
    is_int(devices_now(), before, "is not");
    is_int(ovl_usb_plug(it, 0), 0, "once more: nothing happens");
    is_int(ovl_usb_plug(it, 1), 0, "plugged in");
    is_int(devices_now(), before + 1, "is again");
    is_int(ovl_usb_faults(it, "stall:ep=88:at=1", 7), 0, "a script");
    is_int(ovl_usb_faults(it, "stall:at=x", 7), ERROR_INVALID_PARAMETER, "a script that is none");
    is_int(ovl_usb_faults(it, "", 0), 0, "an empty one");
    ovl_usb_detach(it);
    is_int(devices_now(), before, "detached");
    ovl_usb_detach(NULL);
    ok(1, "detaching nothing");
}

static void looking(void)
{
    char *text = NULL, *path = NULL;
    device_attach("mutt", "speed=super,serial=LOOK-1");
    const char *name = device_name();
    is_int(ovl_usb_describe(name, 0, &text), 0, "ovl_usb_describe of one that is open");
    ok(text != NULL && strstr(text, "1209") != NULL && strstr(text, "LOOK-1") != NULL,
       "has ids and serial number");
    size_t whole = text != NULL ? strlen(text) : 0;
    ovl_free(text);
    is_int(ovl_usb_describe(name, 1, &text), 0, "brief");
    ok(text != NULL && strlen(text) < whole, "is shorter");
    ovl_free(text);
    is_int(ovl_usb_describe("virtual-0", 0, &text), ERROR_FILE_NOT_FOUND, "no such device");
    is_int(ovl_usb_winusb(name, 9, &path), ERROR_FILE_NOT_FOUND, "no such interface");
    is_int(ovl_usb_winusb("virtual-0", 0, &path), ERROR_FILE_NOT_FOUND, "no such device");
    is_int(ovl_usb_winusb(name, 0, &path), 0, "ovl_usb_winusb");
    ok(path != NULL && strncmp(path, "\\\\?\\usb#vid_1209&pid_0001#look-1#{", 34) == 0,
       "is its path: %s", path);
    ovl_free(path);
    device_detach();
}

/* ---- A model of one's own -------------------------------------------------------------------- */

struct own {
    volatile LONG resets, destroyed, in_calls, ready, out_bytes, wrong_stream;
    HANDLE gone;
};

static void own_reset(void *context, struct ovl_usb_device *it)
{
    struct own *own = context;
    (void)it;
    InterlockedIncrement(&own->resets);
}

static int64_t own_control(void *context, struct ovl_usb_device *it,
                           const struct ovl_usb_setup *setup, void *data)
{
    struct own *own = context;
    switch (setup->request) {
    case 1: /* the IN endpoint has data now */
        tap_write(own->ready, setup->value);
        ovl_usb_ready(it, 0x81);
        return 0;
    case 2:
        memset(data, 0x33, setup->length);
        return setup->length;
    case 3:
        return setup->length + 100; /* says more than it may */
    default:
        return OVL_USB_STALL;
    }
}

static int64_t own_in(void *context, struct ovl_usb_device *it, uint8_t endpoint, uint16_t stream,
                      void *buffer, uint32_t room)
{
    struct own *own = context;
    (void)it;
    InterlockedIncrement(&own->in_calls);
    own->wrong_stream += stream != 0 || endpoint != 0x81;
    LONG value = InterlockedExchange(&own->ready, 0);
    if (value == 0)
        return OVL_USB_NAK;
    if (value == 2)
        return OVL_USB_STALL;
    if (value == 3)
        return (int64_t)room + 5; /* babble */
    memset(buffer, value, room < 40 ? room : 40);
    return room < 40 ? room : 40;
}

static int64_t own_out(void *context, struct ovl_usb_device *it, uint8_t endpoint, uint16_t stream,
                       const void *data, uint32_t length)
{
    struct own *own = context;
    (void)it, (void)endpoint, (void)stream, (void)data;
    LONG whole = (LONG)(length > 512 ? 512 : length); /* a packet at a time */
    InterlockedExchangeAdd(&own->out_bytes, whole);
    return whole;
}

static void own_destroyed(void *context)
{
    struct own *own = context;
    InterlockedIncrement(&own->destroyed);
    SetEvent(own->gone);
}

static struct ovl_usb_model own_model = {.size = sizeof own_model,
                                         .device_descriptor = device_descriptor,
                                         .configuration = configuration,
                                         .configuration_length = sizeof configuration,
                                         .strings = {NULL, "Maker",
                                                     "Gr\xc3\xbc\xc3\x9f"
                                                     "e"},
                                         .interface_guid = "{6c1f1d52-3a0e-4f27-9c8e-617069746573}",
                                         .os_vendor_code = 0x20,
                                         .reset = own_reset,
                                         .control = own_control,
                                         .in = own_in,
                                         .out = own_out,
                                         .destroyed = own_destroyed};

static void own_device(void)
{
    static struct own own;
    static UCHAR bytes[2000];
    struct ovl_usb_model wrong = own_model;
    struct ovl_usb_device *it;
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    ULONG moved = 0;
    wrong.size--;
    is_int(ovl_usb_attach_model(&wrong, &own, NULL, &it), ERROR_INVALID_PARAMETER, "another size");
    wrong = own_model;
    wrong.configuration_length = 20;
    is_int(ovl_usb_attach_model(&wrong, &own, NULL, &it), ERROR_INVALID_PARAMETER,
           "a configuration that is cut");
    is_int(ovl_usb_attach_model(&own_model, &own, "speed=super", &it), ERROR_INVALID_PARAMETER,
           "one that does not fit the speed");
    is_int(tap_read(own.destroyed), 0, "what was refused is not destroyed");
    own.gone = event_manual();
    model_attach(&own_model, &own, "speed=high");
    ok(tap_read(own.resets) > 0, "reset is called");
    struct ovl_usb_info *list = NULL;
    uint32_t count = 0;
    ok(ovl_usb_list(&list, &count) == 0 && strcmp(list[count - 1].product, "Gr\xc3\xbc\xc3\x9f"
                                                                           "e") == 0,
       "a name in UTF-8");
    ovl_free(list);
    WinUsb_ReadPipe(usb, 0x81, bytes, 512, NULL, &overlapped);
    ok(stays_unsignalled(overlapped.hEvent), "a NAK lets a read wait");
    LONG calls = tap_read(own.in_calls);
    settle();
    is_int(tap_read(own.in_calls), calls, "and it is not asked over and over");
    ok(control_out(1, 9), "ovl_usb_ready, by a request");
    ok(WinUsb_GetOverlappedResult(usb, &overlapped, &moved, TRUE) && moved == 40 && bytes[0] == 9,
       "serves it");
    ok(control_out(1, 2) && !WinUsb_ReadPipe(usb, 0x81, bytes, 512, &moved, NULL) &&
           GetLastError() == ERROR_GEN_FAILURE,
       "a stall");
    ok(WinUsb_ResetPipe(usb, 0x81), "is cleared");
    ok(control_out(1, 3) && !WinUsb_ReadPipe(usb, 0x81, bytes, 512, &moved, NULL) &&
           GetLastError() == ERROR_GEN_FAILURE,
       "babble");
    WinUsb_ResetPipe(usb, 0x81);
    ok(WinUsb_WritePipe(usb, 0x02, bytes, 1300, &moved, NULL) && moved == 1300 &&
           tap_read(own.out_bytes) == 1300,
       "out, in parts");
    is_int(tap_read(own.wrong_stream), 0, "endpoint and stream are told");
    WINUSB_SETUP_PACKET setup = {0xc0, 2, 0, 0, 8};
    ok(WinUsb_ControlTransfer(usb, setup, bytes, 8, &moved, NULL) && moved == 8 && bytes[7] == 0x33,
       "control in");
    setup.Request = 3;
    ok(WinUsb_ControlTransfer(usb, setup, bytes, 8, &moved, NULL) && moved == 8,
       "what it says too much is cut");
    fails_with(control_out(0x77, 0), ERROR_GEN_FAILURE, "OVL_USB_STALL");
    device_detach();
    ok(signalled_soon(own.gone), "destroyed is called");
    is_int(tap_read(own.destroyed), 1, "once");
    CloseHandle(own.gone);
    CloseHandle(overlapped.hEvent);
}

/* ---- Clock and record ------------------------------------------------------------------------ */

static void clock_and_record(void)
{
    static UCHAR buffer[8 * 1024], got[1024];
    WINUSB_ISOCH_BUFFER_HANDLE writing;
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    struct ovl_usb_packet packet;
    ULONG first = 0, second = 0;
    LARGE_INTEGER stamp;
    DWORD moved;
    device_attach("mutt", "speed=high");
    ok(WinUsb_SetCurrentAlternateSetting(usb, 1) &&
           WinUsb_RegisterIsochBuffer(usb, 0x03, buffer, sizeof buffer, &writing),
       "a buffer");
    is_int(ovl_usb_packet(plugged, 0, &packet, got, sizeof got), ERROR_FILE_NOT_FOUND,
           "no packet yet");
    ovl_usb_clock(0);
    WinUsb_GetCurrentFrameNumber(usb, &first, &stamp);
    settle();
    WinUsb_GetCurrentFrameNumber(usb, &second, &stamp);
    is_int(second, first, "the clock stands");
    for (int i = 0; i < 8; i++)
        memset(buffer + i * 1024, i + 1, 1024);
    ULONG next = first + 3;
    WinUsb_WriteIsochPipe(writing, 0, sizeof buffer, &next, &overlapped);
    ovl_usb_clock_step(3 * 8);
    ok(stays_unsignalled(overlapped.hEvent), "its frame is not over");
    ovl_usb_clock_step(8);
    ok(WinUsb_GetOverlappedResult(usb, &overlapped, &moved, TRUE), "one step more, and it is");
    ovl_usb_clock(1000);
    is_int(ovl_usb_packet(plugged, 7, &packet, got, sizeof got), 0, "the eighth packet");
    ok(packet.length == 1024 && packet.endpoint == 3 &&
           packet.microframe == (uint64_t)(first + 3) * 8 + 7 && got[0] == 8 && got[1023] == 8,
       "with its microframe and data");
    is_int(ovl_usb_packet(plugged, 8, &packet, got, sizeof got), ERROR_FILE_NOT_FOUND,
           "there is no ninth");
    WinUsb_UnregisterIsochBuffer(writing);
    CloseHandle(overlapped.hEvent);
    device_detach();
}

/* ---- The path's spellings -------------------------------------------------------------------- */

static void open_as(const char *path, BOOL opens)
{
    HANDLE handle = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                                FILE_FLAG_OVERLAPPED, NULL);
    DWORD error = GetLastError();
    if (opens)
        ok(handle != INVALID_HANDLE_VALUE, "%s opens", path);
    else
        ok(handle == INVALID_HANDLE_VALUE &&
               (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ||
                error == ERROR_INVALID_NAME),
           "%s does not: %u", path, (unsigned)error);
    if (handle != INVALID_HANDLE_VALUE)
        CloseHandle(handle);
}

static void spellings(void)
{
    struct ovl_usb_device *it;
    is_int(ovl_usb_attach("mutt", "serial=SpElL", &it), 0, "a device");
    open_as("\\\\?\\usb#vid_1209&pid_0001#spell#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}", TRUE);
    open_as("\\\\.\\usb#vid_1209&pid_0001#spell#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}", TRUE);
    open_as("\\\\?\\USB#VID_1209&PID_0001#SPELL#{6C1F1D52-3A0E-4F27-9C8E-6D757474F001}", TRUE);
    open_as("\\\\.\\Usb#Vid_1209&Pid_0001#Spell#{6c1F1d52-3a0e-4f27-9C8e-6d757474f001}", TRUE);
    open_as("\\\\?\\usb#vid_1209&pid_0001#other#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}", FALSE);
    open_as("\\\\?\\usb#vid_1209&pid_0001#spell", FALSE);
    open_as("\\\\?\\usb#vid_1209&pid_0001#spell#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}\\pipe",
            FALSE);
    open_as("\\\\?\\GLOBALROOT\\Device\\usb#vid_1209&pid_0001#spell#{6c1f1d52-3a0e-4f27-9c8e-"
            "6d757474f001}",
            FALSE);
    open_as(
        "\\\\?\\GLOBALROOT\\??\\usb#vid_1209&pid_0001#spell#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}",
        FALSE);
    ovl_usb_detach(it);
    open_as("\\\\?\\usb#vid_1209&pid_0001#spell#{6c1f1d52-3a0e-4f27-9c8e-6d757474f001}", FALSE);
}

int main(void)
{
    tap_begin();
    part(attaching);
    part(looking);
    part(own_device);
    part(clock_and_record);
    part(spellings);
    return tap_end();
}
