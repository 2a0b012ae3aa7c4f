/* SPDX-License-Identifier: MIT */
/* WinUSB: opening, interface handles, descriptors, settings, pipes, policies: what needs no
 * transfer. */
#include "winusb_common.h"

static void opening(void)
{
    HANDLE synchronous = device_open(0);
    WINUSB_INTERFACE_HANDLE handle = NULL;
    ok(synchronous != INVALID_HANDLE_VALUE, "a synchronous open succeeds");
    fails_with(WinUsb_Initialize(synchronous, &handle), ERROR_INVALID_HANDLE,
               "Initialize wants an overlapped handle");
    CloseHandle(synchronous);
    fails_with(WinUsb_Initialize(NULL, &handle), ERROR_INVALID_HANDLE, "Initialize of NULL");
    fails_with(WinUsb_Initialize(INVALID_HANDLE_VALUE, &handle), ERROR_INVALID_HANDLE,
               "Initialize of no handle");
    HANDLE event = event_manual();
    fails_with(WinUsb_Initialize(event, &handle), ERROR_INVALID_HANDLE, "Initialize of an event");
    CloseHandle(event);
    device_begin();
    no_handle(device_open(FILE_FLAG_OVERLAPPED), ERROR_ACCESS_DENIED, "the device is opened once");
    device_end();
    device_begin();
    ok(usb != NULL, "and again after it was closed");
}

static void null_handles(void)
{
    UCHAR byte = 0;
    ULONG length = 1, got;
    WINUSB_PIPE_INFORMATION pipe;
    USB_INTERFACE_DESCRIPTOR descriptor;
    fails_with(WinUsb_Free(NULL), ERROR_INVALID_HANDLE, "Free");
    fails_with(WinUsb_GetDescriptor(NULL, 1, 0, 0, &byte, 1, &got), ERROR_INVALID_HANDLE,
               "GetDescriptor");
    fails_with(WinUsb_QueryInterfaceSettings(NULL, 0, &descriptor), ERROR_INVALID_HANDLE,
               "QueryInterfaceSettings");
    fails_with(WinUsb_QueryDeviceInformation(NULL, DEVICE_SPEED, &length, &byte),
               ERROR_INVALID_HANDLE, "QueryDeviceInformation");
    fails_with(WinUsb_QueryPipe(NULL, 0, 0, &pipe), ERROR_INVALID_HANDLE, "QueryPipe");
    fails_with(WinUsb_ReadPipe(NULL, BULK_IN, &byte, 1, &got, NULL), ERROR_INVALID_HANDLE,
               "ReadPipe");
    fails_with(WinUsb_AbortPipe(NULL, BULK_IN), ERROR_INVALID_HANDLE, "AbortPipe");
    fails_with(WinUsb_UnregisterIsochBuffer(NULL), ERROR_INVALID_HANDLE, "UnregisterIsochBuffer");
#ifndef __MINGW32__ /* does not have it */
    fails_with(WinUsb_StartTrackingForTimeSync(usb, NULL), ERROR_INVALID_HANDLE,
               "StartTrackingForTimeSync of no structure");
#endif
}

static void descriptors(void)
{
    USB_DEVICE_DESCRIPTOR own;
    UCHAR bytes[1024], text[255];
    ULONG got = 77;
    ok(WinUsb_GetDescriptor(usb, USB_DEVICE_DESCRIPTOR_TYPE, 0, 0, (PUCHAR)&own, sizeof own,
                            &got) &&
           got == 18,
       "the device descriptor");
    ok(own.idVendor == 0x1209 && own.idProduct == 1, "is the test device's");
    memset(bytes, 0xee, sizeof bytes);
    ok(!WinUsb_GetDescriptor(usb, USB_CONFIGURATION_DESCRIPTOR_TYPE, 0, 0, bytes, 9, &got) &&
           bytes[0] == 0xee,
       "too small a buffer: nothing is copied");
    ok(WinUsb_GetDescriptor(usb, USB_CONFIGURATION_DESCRIPTOR_TYPE, 0, 0, bytes, sizeof bytes,
                            &got),
       "the configuration descriptor");
    PUSB_CONFIGURATION_DESCRIPTOR config = (PUSB_CONFIGURATION_DESCRIPTOR)bytes;
    is_int(got, config->wTotalLength, "is whole");
    ok(WinUsb_GetDescriptor(usb, USB_STRING_DESCRIPTOR_TYPE, own.iProduct, 0x0409, text,
                            sizeof text, &got) &&
           got == text[0],
       "a string descriptor");
    PUSB_INTERFACE_DESCRIPTOR found =
        WinUsb_ParseConfigurationDescriptor(config, config, 0, 1, -1, -1, -1);
    ok(found != NULL && found->bAlternateSetting == 1,
       "ParseConfigurationDescriptor finds setting 1");
    ok(WinUsb_ParseConfigurationDescriptor(config, config, 9, -1, -1, -1, -1) == NULL,
       "and no interface 9");
    ok((void *)WinUsb_ParseDescriptors(bytes, got, bytes, USB_CONFIGURATION_DESCRIPTOR_TYPE) !=
           bytes + 1,
       "ParseDescriptors");
    ok((void *)WinUsb_ParseDescriptors(bytes, config->wTotalLength, bytes,
                                       USB_CONFIGURATION_DESCRIPTOR_TYPE) == bytes,
       "ParseDescriptors begins with where it starts");
}

static void settings(void)
{
    USB_INTERFACE_DESCRIPTOR descriptor;
    WINUSB_PIPE_INFORMATION_EX pipe;
    UCHAR setting = 77;
    ok(WinUsb_GetCurrentAlternateSetting(usb, &setting) && setting == 0, "setting 0 is active");
    UCHAR count = 0;
    while (WinUsb_QueryInterfaceSettings(usb, count, &descriptor)) {
        is_int(descriptor.bAlternateSetting, count, "setting %u", count);
        for (UCHAR i = 0; i < descriptor.bNumEndpoints; i++)
            ok(WinUsb_QueryPipeEx(usb, count, i, &pipe) &&
                   (pipe.PipeType != UsbdPipeTypeIsochronous || pipe.MaximumBytesPerInterval > 0),
               "setting %u pipe %u", count, i);
        fails_with(WinUsb_QueryPipeEx(usb, count, descriptor.bNumEndpoints, &pipe),
                   ERROR_NO_MORE_ITEMS, "a pipe too many");
        count++;
    }
    is_int(GetLastError(), ERROR_NO_MORE_ITEMS, "a setting too many");
    ok(count >= 4, "there were %u", count);
    fails_with(WinUsb_QueryPipe(usb, 77, 0, (PWINUSB_PIPE_INFORMATION)&pipe),
               ERROR_INVALID_PARAMETER, "a pipe of no setting");
    fails_with(WinUsb_QueryPipe(usb, 0, 0, NULL), ERROR_INVALID_PARAMETER, "nowhere to put it");
    ok(WinUsb_SetCurrentAlternateSetting(usb, 1), "setting 1 is selected");
    ok(WinUsb_GetCurrentAlternateSetting(usb, &setting) && setting == 1, "and is active");
    ok(!WinUsb_SetCurrentAlternateSetting(usb, 77), "setting 77 is not");
    ok(WinUsb_SetCurrentAlternateSetting(usb, 0), "setting 0 again");
}

static void associated(void)
{
    WINUSB_INTERFACE_HANDLE other;
    fails_with(WinUsb_GetAssociatedInterface(usb, 0, &other), ERROR_NO_MORE_ITEMS,
               "there is one interface");
    fails_with(WinUsb_GetAssociatedInterface(usb, 255, &other), ERROR_INVALID_PARAMETER,
               "an index that overflows");
    UCHAR speed = 0;
    ULONG length = sizeof speed;
    ok(WinUsb_QueryDeviceInformation(usb, DEVICE_SPEED, &length, &speed), "the speed");
    ok(speed == 1 || speed == 3, "is 1 or 3: %u", speed);
    fails_with(WinUsb_QueryDeviceInformation(usb, 2, &length, &speed), ERROR_INVALID_PARAMETER,
               "no other information");
}

static ULONG policy_value(UCHAR pipe, ULONG policy, ULONG size)
{
    ULONG value = 0;
    if (!WinUsb_GetPipePolicy(usb, pipe, policy, &size, &value))
        return 0xffffffff;
    return value;
}

static void policies(void)
{
    ULONG timeout = 250;
    UCHAR yes = 1;
    is_int(policy_value(BULK_IN, ALLOW_PARTIAL_READS, 1), 1,
           "ALLOW_PARTIAL_READS is TRUE at first");
    is_int(policy_value(BULK_IN, RAW_IO, 1), 0, "RAW_IO is FALSE");
    is_int(policy_value(BULK_IN, PIPE_TRANSFER_TIMEOUT, 4), 0, "no time-out");
    is_int(policy_value(0, PIPE_TRANSFER_TIMEOUT, 4), 5000, "5 seconds for control transfers");
    is_int(policy_value(BULK_IN, MAXIMUM_TRANSFER_SIZE, 4), 2 << 20, "2 MiB");
    fails_with(WinUsb_SetPipePolicy(usb, BULK_IN, MAXIMUM_TRANSFER_SIZE, 4, &timeout),
               ERROR_INVALID_PARAMETER, "which is read-only");
    fails_with(WinUsb_SetPipePolicy(usb, BULK_IN, RAW_IO, 4, &timeout), ERROR_INVALID_PARAMETER,
               "a value too large");
    fails_with(WinUsb_SetPipePolicy(usb, BULK_IN, PIPE_TRANSFER_TIMEOUT, 1, &yes),
               ERROR_INVALID_PARAMETER, "a value too small");
    fails_with(WinUsb_SetPipePolicy(usb, BULK_IN, 77, 1, &yes), ERROR_INVALID_PARAMETER,
               "no such policy");
    fails_with(WinUsb_SetPipePolicy(usb, 0x8f, RAW_IO, 1, &yes), ERROR_INVALID_PARAMETER,
               "no such pipe");
    ok(WinUsb_SetPipePolicy(usb, BULK_OUT, AUTO_CLEAR_STALL, 1, &yes),
       "a policy that the pipe does not heed is accepted");
    ok(WinUsb_SetPipePolicy(usb, BULK_IN, PIPE_TRANSFER_TIMEOUT, 4, &timeout), "a time-out");
    is_int(policy_value(BULK_IN, PIPE_TRANSFER_TIMEOUT, 4), 250, "is kept");
    WinUsb_Free(usb);
    ok(WinUsb_Initialize(device, &usb), "Initialize");
    is_int(policy_value(BULK_IN, PIPE_TRANSFER_TIMEOUT, 4), 0, "makes policies what they were");
    UCHAR suspend = 7;
    ULONG size = 1, delay = 0, four = 4;
    ok(WinUsb_GetPowerPolicy(usb, AUTO_SUSPEND, &size, &suspend) && suspend <= 1, "AUTO_SUSPEND");
    ok(WinUsb_GetPowerPolicy(usb, SUSPEND_DELAY, &four, &delay) && delay == 5000, "SUSPEND_DELAY");
    fails_with(WinUsb_SetPowerPolicy(usb, SUSPEND_DELAY, 1, &yes), ERROR_INVALID_PARAMETER,
               "of the wrong size");
}

static void direct(void)
{
    char byte = 0;
    DWORD done;
    OVERLAPPED overlapped = {0};
    fails_with(ReadFile(device, &byte, 1, &done, &overlapped), ERROR_INVALID_FUNCTION, "ReadFile");
    fails_with(WriteFile(device, &byte, 1, &done, &overlapped), ERROR_INVALID_FUNCTION,
               "WriteFile");
    fails_with(DeviceIoControl(device, 0x220000, NULL, 0, NULL, 0, &done, &overlapped),
               ERROR_INVALID_FUNCTION, "DeviceIoControl");
    HMODULE module = LoadLibraryA("winusb.dll");
    ok(module != NULL && (void *)GetProcAddress(module, "WinUsb_ReadPipe") != NULL,
       "GetProcAddress finds the calls");
}

int main(void)
{
    device_find();
    tap_begin();
    part(opening);
    part(null_handles);
    part(descriptors);
    part(settings);
    part(associated);
    part(policies);
    part(direct);
    device_end();
    return tap_end();
}
