/* SPDX-License-Identifier: MIT */
/* Static bulk streams: opened all at once on an endpoint that has them, each with a pipe handle of its own, after the client has asked for
 * the capability by the handle that its URB comes from. The endpoint's handle takes no transfers from then on. */
#include <errno.h>
#include <stdlib.h>

#include "base/trace.h"
#include "usb/host.h"
#include "wdm/usbd.h"

enum { STREAMS_MOST = 255 }; /* the documented limit of Windows' stack */

uint32_t usbd_stream_limit(const struct usb_pdo *pdo)
{
    return pdo->device->host->open_streams == NULL || pdo->device->id.speed < USB_SPEED_SUPER ? 0 : STREAMS_MOST;
}

static USBD_STATUS refuse(USBD_STATUS usbd, const char *reason)
{
    if (trace_on(USB))
        trace_note(TRACE_USB, "streams refused: %s", reason);
    return usbd;
}

/* Drivers in the field leave the version 0 in a zeroed URB, where the documentation demands 0x100: that is accepted, unless
 * OVERLAPPED_STRICT_STREAMS is set. */
static bool version_is_good(const struct _URB_OPEN_STATIC_STREAMS *open)
{
    return open->StreamInfoVersion == URB_OPEN_STATIC_STREAMS_VERSION_100 ||
           (open->StreamInfoVersion == 0 && getenv("OVERLAPPED_STRICT_STREAMS") == NULL);
}

static USBD_STATUS open_check(struct usb_pdo *pdo, const URB *urb, const struct usbd_pipe *pipe)
{
    const struct _URB_OPEN_STATIC_STREAMS *open = &urb->UrbOpenStaticStreams;
    const struct usb_endpoint *endpoint = &pipe->pipe->endpoint;
    if (!usbd_handle_asked(pdo, urb, USBD_STATIC_STREAMS))
        return refuse(USBD_STATUS_INVALID_PARAMETER, "the handle that the URB was allocated from has not asked for the capability");
    if (!version_is_good(open) || open->Streams == NULL)
        return refuse(USBD_STATUS_INVALID_PARAMETER, "the version of the stream information");
    if (open->StreamInfoSize != sizeof(USBD_STREAM_INFORMATION))
        return refuse(USBD_INFO_LENGTH_MISMATCH, "the size of the stream information");
    if (pipe->stream != 0 || endpoint->type != USB_BULK || endpoint->streams_exponent == 0)
        return refuse(USBD_STATUS_INVALID_PARAMETER, "the endpoint has no streams");
    uint32_t limit = usbd_stream_limit(pdo);
    if (limit == 0)
        return refuse(USBD_STATUS_NOT_SUPPORTED, "the host has none");
    if (open->NumberOfStreams == 0 || open->NumberOfStreams > limit || open->NumberOfStreams > 1u << endpoint->streams_exponent)
        return refuse(USBD_STATUS_INVALID_PARAMETER, "the number of streams");
    return USBD_STATUS_SUCCESS;
}

/* A handle for each; ids are sequential from 1. */
static USBD_STATUS streams_fill(struct usb_pdo *pdo, const struct usbd_pipe *endpoint, const struct _URB_OPEN_STATIC_STREAMS *open)
{
    for (ULONG i = 0; i < open->NumberOfStreams; i++) {
        struct usbd_pipe row = *endpoint;
        row.was_streamed = false;
        row.stream = (uint16_t)(i + 1);
        USBD_PIPE_HANDLE handle = usbd_pipe_add(pdo, &row);
        if (handle == NULL)
            return USBD_STATUS_INSUFFICIENT_RESOURCES;
        open->Streams[i] = (USBD_STREAM_INFORMATION){.PipeHandle = handle, .StreamID = i + 1,
                                                     .MaximumTransferSize = usbd_transfer_maximum(pdo->device, &row.pipe->endpoint),
                                                     .PipeFlags = open->Streams[i].PipeFlags};
    }
    return USBD_STATUS_SUCCESS;
}

USBD_STATUS usbd_open_streams(struct usb_pdo *pdo, URB *urb)
{
    const struct _URB_OPEN_STATIC_STREAMS *open = &urb->UrbOpenStaticStreams;
    struct usbd_pipe pipe;
    if (!usbd_pipe_find(pdo, open->PipeHandle, &pipe))
        return USBD_STATUS_INVALID_PIPE_HANDLE;
    USBD_STATUS usbd = open_check(pdo, urb, &pipe);
    if (usbd != USBD_STATUS_SUCCESS)
        return usbd;
    int opened = usb_pipe_open_streams(pipe.pipe, (uint16_t)open->NumberOfStreams);
    if (opened == -EALREADY)
        return refuse(USBD_STATUS_INVALID_PARAMETER, "they are open already");
    if (opened < 0)
        return refuse(usbd_status_from_errno(opened), "by the host");
    usbd = (ULONG)opened < open->NumberOfStreams ? USBD_STATUS_INSUFFICIENT_RESOURCES : streams_fill(pdo, &pipe, open);
    if (usbd == USBD_STATUS_SUCCESS) {
        usbd_pipe_mark_streamed(pdo, open->PipeHandle);
    } else {
        usbd_streams_remove(pdo, pipe.address);
        usb_pipe_close_streams(pipe.pipe);
    }
    return usbd;
}

USBD_STATUS usbd_close_streams(struct usb_pdo *pdo, URB *urb)
{
    struct usbd_pipe pipe;
    if (!usbd_pipe_find(pdo, urb->UrbPipeRequest.PipeHandle, &pipe))
        return USBD_STATUS_INVALID_PIPE_HANDLE;
    if (pipe.stream != 0 || pipe.pipe->streams == 0)
        return refuse(USBD_STATUS_INVALID_PARAMETER, "none are open on this handle");
    usbd_streams_remove(pdo, pipe.address);
    return usbd_status_from_errno(usb_pipe_close_streams(pipe.pipe));
}
