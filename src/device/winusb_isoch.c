/* SPDX-License-Identifier: MIT */
/* Isochronous transfers on registered buffers, frame numbers, time synchronisation. Offset and
 * length are judged here, before anything is queued; what the bus makes of a transfer arrives as
 * its completion. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/futex.h"
#include "device/winusb_handle.h"

enum { BUFFER_MAGIC = 0x42554649, TICK_NS = 100, FRAME_TICKS = 10000, MICROFRAME_NS = 125000 };

struct isoch_buffer {
    uint32_t magic;
    struct winusb_buffer buffer;
};

static struct isoch_buffer *buffer_from(WINUSB_ISOCH_BUFFER_HANDLE handle)
{
    struct isoch_buffer *own = handle;
    if (own != NULL && handle != INVALID_HANDLE_VALUE && own->magic == BUFFER_MAGIC)
        return own;
    error_set(ERROR_INVALID_HANDLE);
    return NULL;
}

BOOL WINAPI WinUsb_RegisterIsochBuffer(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
                                       PUCHAR Buffer, ULONG BufferLength,
                                       PWINUSB_ISOCH_BUFFER_HANDLE IsochBufferHandle)
{
    struct winusb_handle *handle = winusb_handle_from(InterfaceHandle);
    if (handle != NULL && (Buffer == NULL || BufferLength == 0 || IsochBufferHandle == NULL)) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct winusb_file *winusb = handle == NULL ? NULL : winusb_reference(handle);
    if (winusb == NULL)
        return FALSE;
    struct usb_endpoint endpoint;
    int32_t status =
        winusb_endpoint(winusb, handle->number, PipeID, &endpoint); /* of the active setting */
    if (status == STATUS_SUCCESS && endpoint.type != USB_ISOCH)
        status = STATUS_INVALID_PARAMETER;
    struct isoch_buffer *own = status == STATUS_SUCCESS ? calloc(1, sizeof *own) : NULL;
    if (status == STATUS_SUCCESS && own == NULL)
        status = STATUS_NO_MEMORY;
    if (own != NULL) {
        own->magic = BUFFER_MAGIC;
        own->buffer.memory = Buffer;
        own->buffer.length = BufferLength;
        own->buffer.interface = handle->number;
        own->buffer.address = PipeID;
        own->buffer.handle = handle->device;
        *IsochBufferHandle = own;
    }
    winusb_release(winusb);
    return error_from_status(status);
}

BOOL WINAPI WinUsb_UnregisterIsochBuffer(WINUSB_ISOCH_BUFFER_HANDLE IsochBufferHandle)
{
    struct isoch_buffer *own = buffer_from(IsochBufferHandle);
    if (own == NULL)
        return FALSE;
    for (uint32_t pending; (pending = atomic_load(&own->buffer.pending)) != 0;)
        futex_wait(&own->buffer.pending, pending, FUTEX_NO_DEADLINE);
    own->magic = 0;
    free(own);
    return TRUE;
}

/* ---- Transfers ------------------------------------------------------------------------------- */

static BOOL isoch(struct isoch_buffer *own, bool in, ULONG offset, ULONG length,
                  struct winusb_transfer *transfer, LPOVERLAPPED overlapped)
{
    const struct winusb_buffer *buffer = &own->buffer;
    bool fits = (uint64_t)offset + length <= buffer->length && length != 0 &&
                in == !!(buffer->address & USB_ENDPOINT_IN) && (!in || transfer->packets != NULL);
    if (!fits) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    transfer->buffer = &own->buffer;
    uint64_t information;
    struct io_call call = {
        .handle = buffer->handle,
        .major = IRP_USB,
        .driver = &winusb_driver,
        .code = WINUSB_ISOCH,
        .minor = (uint32_t)buffer->interface << 8 | buffer->address,
        .block = (struct status_block *)overlapped,
        .buffer = buffer->memory + offset,
        .length = length,
        .driver_data = transfer,
        .has_offset = true,
    };
    int32_t status = nt_io(&call, &information);
    if (status == STATUS_PENDING) {
        error_set(ERROR_IO_PENDING);
        return FALSE;
    }
    return error_from_status(status);
}

_Static_assert(sizeof(struct winusb_packet) == sizeof(USBD_ISO_PACKET_DESCRIPTOR),
               "the caller's descriptors are filled");

/* The first frame behind a transfer that begins in `frame`; 0 and the last error: the pipe is gone.
 */
static bool frame_behind(const struct winusb_buffer *buffer, ULONG length, ULONG frame,
                         ULONG *behind)
{
    struct usb_endpoint endpoint;
    struct winusb_file *winusb = winusb_reference_device(buffer->handle);
    if (winusb == NULL)
        return false;
    int32_t status = winusb_endpoint(winusb, buffer->interface, buffer->address, &endpoint);
    winusb_release(winusb);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    uint32_t bytes = usb_endpoint_packets_per_frame(&endpoint) * endpoint.interval_bytes;
    *behind = bytes == 0 ? frame : frame + length / bytes;
    return true;
}

/* FrameNumber is written before the transfer can end, and only if it is on its way. */
static BOOL isoch_at(WINUSB_ISOCH_BUFFER_HANDLE handle, bool in, ULONG offset, ULONG length,
                     PULONG frame, struct winusb_transfer *transfer, LPOVERLAPPED overlapped)
{
    struct isoch_buffer *own = buffer_from(handle);
    ULONG behind = 0;
    if (own == NULL)
        return FALSE;
    if (frame == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    ULONG start = *frame;
    if (!frame_behind(&own->buffer, length, start, &behind))
        return FALSE;
    transfer->start_frame = start;
    *frame = behind;
    if (isoch(own, in, offset, length, transfer, overlapped))
        return TRUE;
    if (error_get() != ERROR_IO_PENDING)
        *frame = start;
    return FALSE;
}

BOOL WINAPI WinUsb_WriteIsochPipe(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
                                  ULONG Length, PULONG FrameNumber, LPOVERLAPPED Overlapped)
{
    struct winusb_transfer transfer = {.asap = false};
    return isoch_at(BufferHandle, false, Offset, Length, FrameNumber, &transfer, Overlapped);
}

BOOL WINAPI WinUsb_ReadIsochPipe(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
                                 ULONG Length, PULONG FrameNumber, ULONG NumberOfPackets,
                                 PUSBD_ISO_PACKET_DESCRIPTOR IsoPacketDescriptors,
                                 LPOVERLAPPED Overlapped)
{
    struct winusb_transfer transfer = {.packets = (struct winusb_packet *)IsoPacketDescriptors,
                                       .packet_count = NumberOfPackets};
    return isoch_at(BufferHandle, true, Offset, Length, FrameNumber, &transfer, Overlapped);
}

BOOL WINAPI WinUsb_WriteIsochPipeAsap(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
                                      ULONG Length, BOOL ContinueStream, LPOVERLAPPED Overlapped)
{
    struct winusb_transfer transfer = {.asap = true, .continues = ContinueStream};
    struct isoch_buffer *own = buffer_from(BufferHandle);
    return own != NULL && isoch(own, false, Offset, Length, &transfer, Overlapped);
}

BOOL WINAPI WinUsb_ReadIsochPipeAsap(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
                                     ULONG Length, BOOL ContinueStream, ULONG NumberOfPackets,
                                     PUSBD_ISO_PACKET_DESCRIPTOR IsoPacketDescriptors,
                                     LPOVERLAPPED Overlapped)
{
    struct winusb_transfer transfer = {.packets = (struct winusb_packet *)IsoPacketDescriptors,
                                       .packet_count = NumberOfPackets,
                                       .asap = true,
                                       .continues = ContinueStream};
    struct isoch_buffer *own = buffer_from(BufferHandle);
    return own != NULL && isoch(own, true, Offset, Length, &transfer, Overlapped);
}

/* ---- Frames ---------------------------------------------------------------------------------- */

/* Reads the device's clock. false: the last error is set. */
static bool frame_read(WINUSB_INTERFACE_HANDLE handle, struct usb_frame *frame)
{
    struct winusb_handle *own = winusb_handle_from(handle);
    struct winusb_file *winusb = own == NULL ? NULL : winusb_reference(own);
    if (winusb == NULL)
        return false;
    int error = usb_device_frame(winusb_device(winusb), frame);
    winusb_release(winusb);
    return error == 0 ||
           error_from_status(error == -ENODEV ? STATUS_NO_SUCH_DEVICE : STATUS_UNSUCCESSFUL);
}

BOOL WINAPI WinUsb_GetCurrentFrameNumber(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                         PULONG CurrentFrameNumber, LARGE_INTEGER *TimeStamp)
{
    struct usb_frame frame;
    if (winusb_handle_from(InterfaceHandle) == NULL)
        return FALSE;
    if (CurrentFrameNumber == NULL || TimeStamp == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!frame_read(InterfaceHandle, &frame))
        return FALSE;
    *CurrentFrameNumber = (ULONG)(frame.microframe / 8);
    TimeStamp->QuadPart = (LONGLONG)(frame.at_ns / TICK_NS); /* as QueryPerformanceCounter counts */
    return TRUE;
}

BOOL WINAPI WinUsb_GetAdjustedFrameNumber(PULONG CurrentFrameNumber, LARGE_INTEGER TimeStamp)
{
    LARGE_INTEGER now;
    if (CurrentFrameNumber == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    QueryPerformanceCounter(&now);
    if (now.QuadPart > TimeStamp.QuadPart)
        *CurrentFrameNumber += (ULONG)((now.QuadPart - TimeStamp.QuadPart) / FRAME_TICKS);
    return TRUE;
}

/* ---- Time synchronisation -------------------------------------------------------------------- */

/* The clock is always kept, so tracking needs no start; the handle only says who asked. */
static bool tracking_check(WINUSB_INTERFACE_HANDLE handle, const void *information)
{
    if (winusb_handle_from(handle) == NULL)
        return false;
    if (information == NULL) {
        error_set(ERROR_INVALID_HANDLE);
        return false;
    }
    return true;
}

BOOL WINAPI
WinUsb_StartTrackingForTimeSync(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                PUSB_START_TRACKING_FOR_TIME_SYNC_INFORMATION StartTrackingInfo)
{
    struct usb_frame frame;
    if (!tracking_check(InterfaceHandle, StartTrackingInfo) || !frame_read(InterfaceHandle, &frame))
        return FALSE;
    StartTrackingInfo->TimeTrackingHandle = InterfaceHandle;
    return TRUE;
}

BOOL WINAPI
WinUsb_GetCurrentFrameNumberAndQpc(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                   PUSB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION FrameQpcInfo)
{
    struct usb_frame frame;
    if (!tracking_check(InterfaceHandle, FrameQpcInfo))
        return FALSE;
    if (FrameQpcInfo->TimeTrackingHandle != InterfaceHandle) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!frame_read(InterfaceHandle, &frame))
        return FALSE;
    /* Frame numbers have 32 bits: the nearest of that number is meant. */
    int64_t ahead =
        (int64_t)(int32_t)(FrameQpcInfo->InputFrameNumber - (ULONG)(frame.microframe / 8)) * 8 +
        FrameQpcInfo->InputMicroFrameNumber - (int64_t)(frame.microframe % 8);
    int64_t at_ns = (int64_t)frame.at_ns - frame.into_ns + ahead * MICROFRAME_NS;
    static const ULONG accuracy_us[] = {
        [USB_CLOCK_EXACT] = 1, [USB_CLOCK_SEEDED] = 1000, [USB_CLOCK_ESTIMATED] = 2000};
    FrameQpcInfo->QueryPerformanceCounterAtInputFrameOrMicroFrame.QuadPart = at_ns / TICK_NS;
    QueryPerformanceFrequency(&FrameQpcInfo->QueryPerformanceCounterFrequency);
    FrameQpcInfo->PredictedAccuracyInMicroSeconds = accuracy_us[frame.quality];
    FrameQpcInfo->CurrentGenerationID = 1;
    FrameQpcInfo->CurrentQueryPerformanceCounter.QuadPart = (LONGLONG)(frame.at_ns / TICK_NS);
    FrameQpcInfo->CurrentHardwareFrameNumber = (ULONG)(frame.microframe / 8) & 0x7ff;
    FrameQpcInfo->CurrentHardwareMicroFrameNumber = (ULONG)(frame.microframe & 7);
    FrameQpcInfo->CurrentUSBFrameNumber = (ULONG)(frame.microframe / 8);
    return TRUE;
}

BOOL WINAPI
WinUsb_StopTrackingForTimeSync(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                               PUSB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION StopTrackingInfo)
{
    if (!tracking_check(InterfaceHandle, StopTrackingInfo))
        return FALSE;
    if (StopTrackingInfo->TimeTrackingHandle != InterfaceHandle) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    return TRUE;
}
