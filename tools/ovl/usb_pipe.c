/* SPDX-License-Identifier: MIT */
/* Opens the pipe that a transfer command means, as any Windows program does: the function's path,
 * WinUsb_Initialize, the associated interfaces, the setting; and shows how the transfers go on. */
#include "usb_pipe.h"

#include <inttypes.h>
#include <stdlib.h>

#include "overlapped.h"
#include "ovl.h"

static HANDLE interrupt_port;

int pipe_failed(const char *what)
{
    DWORD error = GetLastError();
    const char *why = error == ERROR_FILE_NOT_FOUND        ? "no such device"
                      : error == ERROR_ACCESS_DENIED       ? "access is denied, or it is in use"
                      : error == ERROR_NO_SYSTEM_RESOURCES ? "there is no bandwidth for it"
                      : error == ERROR_SEM_TIMEOUT         ? "timed out"
                      : error == ERROR_GEN_FAILURE         ? "the device refused it, or failed"
                      : error == ERROR_NO_SUCH_DEVICE || error == ERROR_DEVICE_NOT_CONNECTED
                          ? "the device is gone"
                          : NULL;
    if (why != NULL)
        complain("%s: %s", what, why);
    else
        complain("%s: error %u", what, (unsigned)error);
    return 1;
}

/* ---- Finding the pipe ------------------------------------------------------------------------ */

static bool pipe_fits(const struct transfer_options *options,
                      const WINUSB_PIPE_INFORMATION_EX *pipe)
{
    bool kind = options->isoch
                    ? pipe->PipeType == UsbdPipeTypeIsochronous
                    : pipe->PipeType == UsbdPipeTypeBulk || pipe->PipeType == UsbdPipeTypeInterrupt;
    if (options->pipe >= 0)
        return pipe->PipeId == options->pipe && kind;
    return kind && !(pipe->PipeId & 0x80) == !options->in;
}

/* In one interface; false: it has none. */
static bool setting_find(const struct transfer_options *options, struct transfer_pipe *pipe,
                         WINUSB_INTERFACE_HANDLE usb)
{
    USB_INTERFACE_DESCRIPTOR setting;
    for (int n = 0; n < 256 && WinUsb_QueryInterfaceSettings(usb, (UCHAR)n, &setting); n++) {
        if (options->setting >= 0 && setting.bAlternateSetting != options->setting)
            continue;
        if (options->interface >= 0 && setting.bInterfaceNumber != options->interface)
            return false;
        for (UCHAR i = 0; i < setting.bNumEndpoints; i++) {
            if (!WinUsb_QueryPipeEx(usb, setting.bAlternateSetting, i, &pipe->pipe) ||
                !pipe_fits(options, &pipe->pipe))
                continue;
            pipe->usb = usb;
            pipe->interface = setting.bInterfaceNumber;
            pipe->setting = setting.bAlternateSetting;
            return true;
        }
    }
    return false;
}

static int pipe_find(const struct transfer_options *options, struct transfer_pipe *pipe)
{
    WINUSB_INTERFACE_HANDLE other;
    if (setting_find(options, pipe, pipe->first))
        return 0;
    for (UCHAR i = 0; WinUsb_GetAssociatedInterface(pipe->first, i, &other); i++) {
        if (setting_find(options, pipe, other))
            return 0;
        WinUsb_Free(other);
    }
    complain("%s: no %s %s pipe%s", options->device,
             options->isoch ? "isochronous" : "bulk or interrupt", options->in ? "IN" : "OUT",
             options->pipe >= 0 || options->setting >= 0 ? " like that" : " (try --interface)");
    return 1;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int function_open(const struct transfer_options *options, struct transfer_pipe *pipe)
{
    char *path;
    uint32_t error =
        ovl_usb_winusb(usb_device_named(options->device),
                       (uint8_t)(options->interface >= 0 ? options->interface : 0), &path);
    if (error != 0) {
        SetLastError(error);
        return pipe_failed(options->device);
    }
    pipe->device =
        CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                    OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    ovl_free(path);
    if (pipe->device == INVALID_HANDLE_VALUE)
        return pipe_failed(options->device);
    if (!WinUsb_Initialize(pipe->device, &pipe->first))
        return pipe_failed("WinUsb_Initialize");
    pipe->port = CreateIoCompletionPort(pipe->device, NULL, KEY_TRANSFER, 1);
    return pipe->port == NULL ? pipe_failed("CreateIoCompletionPort") : 0;
}

static int request_send(const char *text, WINUSB_INTERFACE_HANDLE usb)
{
    unsigned type, request, value, index;
    char behind;
    if (sscanf(text, "%x:%x:%x:%x%c", &type, &request, &value, &index, &behind) != 4 ||
        type > 0x7f || request > 0xff || value > 0xffff || index > 0xffff)
        return complain(
            "--request=%s: TYPE:REQUEST:VALUE:INDEX, hexadecimal, of a request to the device",
            text);
    WINUSB_SETUP_PACKET setup = {(UCHAR)type, (UCHAR)request, (USHORT)value, (USHORT)index, 0};
    return WinUsb_ControlTransfer(usb, setup, NULL, 0, NULL, NULL) ? 0 : pipe_failed("the request");
}

static BOOL WINAPI interrupt(DWORD event)
{
    return event == CTRL_C_EVENT &&
           PostQueuedCompletionStatus(interrupt_port, 0, KEY_INTERRUPT, NULL);
}

static int setting_select(const struct transfer_options *options, struct transfer_pipe *pipe)
{
    UCHAR speed = 0;
    ULONG length = sizeof speed;
    if (pipe->setting != 0 && !WinUsb_SetCurrentAlternateSetting(pipe->usb, pipe->setting))
        return pipe_failed("the setting");
    if (!WinUsb_QueryDeviceInformation(pipe->usb, DEVICE_SPEED, &length, &speed))
        return pipe_failed("WinUsb_QueryDeviceInformation");
    pipe->frame_packets = speed < HighSpeed         ? 1
                          : pipe->pipe.Interval < 5 ? 8u >> (pipe->pipe.Interval - 1)
                                                    : 0;
    if (options->isoch && pipe->frame_packets == 0) {
        complain("pipe %02x: its interval is longer than a frame", pipe->pipe.PipeId);
        return 1;
    }
    return options->request != NULL ? request_send(options->request, pipe->first) : 0;
}

int pipe_open(const struct transfer_options *options, struct transfer_pipe *pipe)
{
    *pipe = (struct transfer_pipe){.device = INVALID_HANDLE_VALUE};
    int status = function_open(options, pipe);
    if (status == 0)
        status = pipe_find(options, pipe);
    if (status == 0)
        status = setting_select(options, pipe);
    if (status != 0) {
        pipe_close(pipe);
        return status;
    }
    interrupt_port = pipe->port;
    SetConsoleCtrlHandler(interrupt, TRUE);
    return 0;
}

void pipe_close(struct transfer_pipe *pipe)
{
    if (pipe->usb != NULL && pipe->setting != 0)
        WinUsb_SetCurrentAlternateSetting(pipe->usb, 0);
    if (pipe->usb != NULL && pipe->usb != pipe->first)
        WinUsb_Free(pipe->usb);
    if (pipe->first != NULL)
        WinUsb_Free(pipe->first);
    if (pipe->device != INVALID_HANDLE_VALUE)
        CloseHandle(pipe->device);
}

/* ---- The running figures --------------------------------------------------------------------- */

static uint64_t now_ms(void)
{
    return GetTickCount64();
}

void progress_begin(struct progress *progress, const struct transfer_options *options)
{
    *progress = (struct progress){.options = options, .begin = now_ms(), .shown = now_ms()};
}

double progress_seconds(const struct progress *progress)
{
    return (double)(now_ms() - progress->begin) / 1000;
}

bool progress_over(const struct progress *progress)
{
    return progress->interrupted || (progress->options->seconds != 0 &&
                                     progress_seconds(progress) >= progress->options->seconds);
}

static void progress_show(struct progress *progress)
{
    uint64_t now = now_ms();
    if (now - progress->shown < 1000)
        return;
    double rate =
        (double)(progress->bytes - progress->shown_bytes) / (double)(now - progress->shown) / 1000;
    progress->shown = now;
    progress->shown_bytes = progress->bytes;
    if (progress->options->quiet)
        return;
    fprintf(stderr, "%6.1f s  %9.3f MB/s  %" PRIu64 " bytes", progress_seconds(progress), rate,
            progress->bytes);
    if (progress->options->isoch)
        fprintf(stderr, "  %" PRIu64 " late  %" PRIu64 " lost", progress->late, progress->lost);
    fputc('\n', stderr);
}

OVERLAPPED *progress_wait(struct progress *progress, const struct transfer_pipe *pipe, DWORD *error,
                          DWORD *bytes)
{
    OVERLAPPED *ended = NULL;
    ULONG_PTR key = KEY_TRANSFER;
    progress_show(progress);
    uint64_t now = now_ms(), next = progress->shown + 1000;
    if (!progress->interrupted &&
        progress->options->seconds != 0) { /* look again when the time is over */
        uint64_t end = progress->begin + (uint64_t)(progress->options->seconds * 1000);
        next = end > now && end < next ? end : next;
    }
    BOOL good = GetQueuedCompletionStatus(pipe->port, bytes, &key, &ended,
                                          next > now ? (DWORD)(next - now) : 1);
    *error = good ? ERROR_SUCCESS : GetLastError();
    if (key == KEY_INTERRUPT)
        progress->interrupted = true;
    return ended;
}

/* What is for a person stands beside the data when those go to standard output. */
void progress_end(const struct progress *progress)
{
    const struct transfer_options *options = progress->options;
    FILE *to = options->in && options->file != NULL && options->file[0] == '-' ? stderr : stdout;
    double seconds = progress_seconds(progress);
    fprintf(to, "%" PRIu64 " bytes in %.2f s (%.3f MB/s)", progress->bytes, seconds,
            seconds > 0 ? (double)progress->bytes / seconds / 1e6 : 0);
    if (options->isoch)
        fprintf(to,
                ", %" PRIu64 " packets, %" PRIu64 " late, %" PRIu64 " lost, %" PRIu64 " restarts",
                progress->packets, progress->late, progress->lost, progress->restarts);
    fputc('\n', to);
}
