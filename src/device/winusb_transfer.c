/* SPDX-License-Identifier: MIT */
/* Bulk, interrupt and control transfers, and what may be done with a pipe. A NULL OVERLAPPED makes
 * a call wait: nt_io does. */
#include <string.h>

#include "device/winusb_handle.h"

static BOOL transfer(WINUSB_INTERFACE_HANDLE handle, enum winusb_code code, UCHAR pipe,
                     uint64_t setup, PUCHAR buffer, ULONG length, PULONG done,
                     LPOVERLAPPED overlapped)
{
    struct winusb_handle *own = winusb_handle_from(handle);
    if (own == NULL)
        return FALSE;
    if (done != NULL)
        *done = 0;
    /* Who waits is told how much; only a control transfer without data has nothing to tell. */
    bool must_tell = overlapped == NULL && (code != WINUSB_CONTROL || length != 0);
    if ((must_tell && done == NULL) || (buffer == NULL && length != 0)) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    uint64_t information;
    struct io_call call = {
        .handle = own->device,
        .major = IRP_USB,
        .driver = &winusb_driver,
        .code = code,
        .minor = (uint32_t)own->number << 8 | pipe,
        .argument = setup,
        .block = (struct status_block *)overlapped,
        .buffer = buffer,
        .length = length,
        .has_offset = true,
    };
    int32_t status = nt_io(&call, &information);
    if (status == STATUS_PENDING) {
        error_set(ERROR_IO_PENDING);
        return FALSE;
    }
    if (done != NULL)
        *done = (ULONG)information;
    return error_from_status(status);
}

BOOL WINAPI WinUsb_ReadPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
                            ULONG BufferLength, PULONG LengthTransferred, LPOVERLAPPED Overlapped)
{
    return transfer(InterfaceHandle, WINUSB_READ, PipeID, 0, Buffer, BufferLength,
                    LengthTransferred, Overlapped);
}

BOOL WINAPI WinUsb_WritePipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
                             ULONG BufferLength, PULONG LengthTransferred, LPOVERLAPPED Overlapped)
{
    return transfer(InterfaceHandle, WINUSB_WRITE, PipeID, 0, Buffer, BufferLength,
                    LengthTransferred, Overlapped);
}

BOOL WINAPI WinUsb_ControlTransfer(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                   WINUSB_SETUP_PACKET SetupPacket, PUCHAR Buffer,
                                   ULONG BufferLength, PULONG LengthTransferred,
                                   LPOVERLAPPED Overlapped)
{
    uint64_t setup;
    memcpy(&setup, &SetupPacket, sizeof setup);
    return transfer(InterfaceHandle, WINUSB_CONTROL, 0, setup, Buffer, BufferLength,
                    LengthTransferred, Overlapped);
}

BOOL WINAPI WinUsb_GetOverlappedResult(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                       LPOVERLAPPED lpOverlapped,
                                       LPDWORD lpNumberOfBytesTransferred, BOOL bWait)
{
    struct winusb_handle *own = winusb_handle_from(InterfaceHandle);
    if (own == NULL)
        return FALSE;
    return GetOverlappedResult(handle_pointer(own->device), lpOverlapped,
                               lpNumberOfBytesTransferred, bWait);
}

/* ---- Pipes ----------------------------------------------------------------------------------- */

typedef int32_t pipe_call(struct winusb_file *winusb, uint8_t interface, uint8_t address);

static BOOL pipe_do(WINUSB_INTERFACE_HANDLE handle, UCHAR pipe, pipe_call *call)
{
    struct winusb_handle *own = winusb_handle_from(handle);
    struct winusb_file *winusb = own == NULL ? NULL : winusb_reference(own);
    if (winusb == NULL)
        return FALSE;
    BOOL done = error_from_status(call(winusb, own->number, pipe));
    winusb_release(winusb);
    return done;
}

BOOL WINAPI WinUsb_AbortPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID)
{
    return pipe_do(InterfaceHandle, PipeID, winusb_abort);
}

BOOL WINAPI WinUsb_ResetPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID)
{
    return pipe_do(InterfaceHandle, PipeID, winusb_reset);
}

BOOL WINAPI WinUsb_FlushPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID)
{
    return pipe_do(InterfaceHandle, PipeID, winusb_flush);
}

/* ---- Policies -------------------------------------------------------------------------------- */

static struct winusb_file *policy_begin(WINUSB_INTERFACE_HANDLE handle, const void *length,
                                        const void *value, struct winusb_handle **own)
{
    *own = winusb_handle_from(handle);
    if (*own == NULL)
        return NULL;
    if (length == NULL || value == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return winusb_reference(*own);
}

BOOL WINAPI WinUsb_SetPipePolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
                                 ULONG PolicyType, ULONG ValueLength, PVOID Value)
{
    struct winusb_handle *own;
    struct winusb_file *winusb = policy_begin(InterfaceHandle, &ValueLength, Value, &own);
    if (winusb == NULL)
        return FALSE;
    BOOL done = error_from_status(
        winusb_policy_set(winusb, own->number, PipeID, PolicyType, ValueLength, Value));
    winusb_release(winusb);
    return done;
}

BOOL WINAPI WinUsb_GetPipePolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
                                 ULONG PolicyType, PULONG ValueLength, PVOID Value)
{
    struct winusb_handle *own;
    struct winusb_file *winusb = policy_begin(InterfaceHandle, ValueLength, Value, &own);
    if (winusb == NULL)
        return FALSE;
    BOOL done = error_from_status(
        winusb_policy_get(winusb, own->number, PipeID, PolicyType, ValueLength, Value));
    winusb_release(winusb);
    return done;
}

BOOL WINAPI WinUsb_SetPowerPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
                                  ULONG ValueLength, PVOID Value)
{
    struct winusb_handle *own;
    struct winusb_file *winusb = policy_begin(InterfaceHandle, &ValueLength, Value, &own);
    if (winusb == NULL)
        return FALSE;
    BOOL done = error_from_status(winusb_power_set(winusb, PolicyType, ValueLength, Value));
    winusb_release(winusb);
    return done;
}

BOOL WINAPI WinUsb_GetPowerPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
                                  PULONG ValueLength, PVOID Value)
{
    struct winusb_handle *own;
    struct winusb_file *winusb = policy_begin(InterfaceHandle, ValueLength, Value, &own);
    if (winusb == NULL)
        return FALSE;
    BOOL done = error_from_status(winusb_power_get(winusb, PolicyType, ValueLength, Value));
    winusb_release(winusb);
    return done;
}
