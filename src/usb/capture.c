/* SPDX-License-Identifier: MIT */
/* Writes URBs to a capture file, each event with one writev: nothing is lost when the program ends
 * or dies. An error of the file ends the capture, said in the trace; transfers go on. */
#include "usb/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/trace.h"
#include "usb/capture_wire.h"
#include "usb/device.h"

enum {
    LINUX_SHORT_NOT_OK = 0x01,
    LINUX_ISO_ASAP = 0x02,
    LINUX_ZERO_PACKET = 0x40,
    LINUX_IN = 0x200
};

_Atomic bool usb_capture_on;

/* The lock keeps events whole and is taken only while a capture runs. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int file = -1;
static uint8_t descriptors[CAPTURE_PACKETS_MAX * CAPTURE_PACKET_BYTES];

/* 0 or -errno; all of it. `parts` is used up. */
static int write_all(struct iovec *parts, int count)
{
    while (count > 0) {
        ssize_t done = writev(file, parts, count);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        for (; count > 0 && (size_t)done >= parts->iov_len; parts++, count--)
            done -= (ssize_t)parts->iov_len;
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + done;
            parts->iov_len -= (size_t)done;
        }
    }
    return 0;
}

/* The same, where the file may be a FIFO that nobody reads any more: no SIGPIPE comes of it. */
static int write_quietly(struct iovec *parts, int count)
{
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    int error = write_all(parts, count);
    if (error == -EPIPE && !sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_only, NULL, &(struct timespec){0}) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void file_close(void)
{
    atomic_store(&usb_capture_on, false);
    close(file);
    file = -1;
}

static uint32_t linux_flags(const struct urb *urb)
{
    uint32_t flags = urb->flags & URB_IN ? LINUX_IN : 0;
    flags |= urb->flags & URB_SHORT_NOT_OK ? LINUX_SHORT_NOT_OK : 0;
    flags |= urb->flags & URB_ZERO_PACKET ? LINUX_ZERO_PACKET : 0;
    return flags | (urb->flags & URB_ISO_ASAP ? LINUX_ISO_ASAP : 0);
}

/* Bytes at the buffer's front that the event's data lies in. */
static uint32_t data_extent(const struct urb *urb, bool is_complete)
{
    if (!is_complete || urb->packet_count == 0)
        return is_complete ? urb->actual : urb->length;
    const struct urb_packet *packet = &urb->packets[urb->packet_count];
    while (packet-- != urb->packets)
        if (packet->actual != 0)
            return packet->offset + packet->actual;
    return 0;
}

static void event_fill(struct capture_event *event, const struct urb *urb,
                       const struct usb_pipe *pipe, bool is_complete)
{
    const struct usb_identity *id = &pipe->device->id;
    const struct usb_endpoint *endpoint = &pipe->endpoint;
    bool in = urb->flags & URB_IN;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *event = (struct capture_event){
        .id = (uintptr_t)urb,
        .time_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
        .is_complete = is_complete,
        .has_data = in == is_complete,
        .transfer = endpoint->type,
        .endpoint = (uint8_t)((endpoint->address & 0x0f) | (in ? USB_ENDPOINT_IN : 0)),
        .address = (uint8_t)id->address,
        .bus = id->bus,
        .has_setup = endpoint->type == USB_CONTROL && !is_complete,
        .setup = urb->setup,
        .status = urb->status,
        .length = is_complete ? urb->actual : urb->length,
        .error_count = is_complete ? urb->error_count : 0,
        .interval = endpoint->period_us / (id->speed >= USB_SPEED_HIGH ? 125 : 1000),
        .flags = linux_flags(urb),
    };
    if (endpoint->type == USB_ISOCH) {
        event->packet_count = urb->packet_count;
        event->start_frame = urb->start_frame;
    }
    if (event->has_data)
        event->data_bytes = data_extent(urb, is_complete);
    capture_fit(event);
}

void usb_capture_write(const struct urb *urb, const struct usb_pipe *pipe, bool is_complete)
{
    struct capture_event event;
    uint8_t head[CAPTURE_HEAD_BYTES], tail[CAPTURE_TAIL_MAX];
    event_fill(&event, urb, pipe, is_complete);
    capture_head(head, &event);
    uint32_t tail_bytes = capture_tail(tail, &event);
    pthread_mutex_lock(&mutex);
    if (file >= 0) {
        for (uint32_t i = 0; i < event.packet_kept; i++)
            capture_packet(descriptors + i * CAPTURE_PACKET_BYTES, &urb->packets[i], is_complete);
        struct iovec parts[] = {{head, sizeof head},
                                {descriptors, (size_t)event.packet_kept * CAPTURE_PACKET_BYTES},
                                {urb->buffer, event.data_bytes},
                                {tail, tail_bytes}};
        int error = write_quietly(parts, 4);
        if (error != 0) {
            trace_note(TRACE_USB, "the capture ends: %s", strerror(-error));
            file_close();
        }
    }
    pthread_mutex_unlock(&mutex);
}

int usb_capture_start(const char *path)
{
    uint8_t begin[CAPTURE_BEGIN_BYTES];
    capture_begin(begin);
    pthread_mutex_lock(&mutex);
    int error = -EBUSY;
    if (file < 0) {
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        error = file < 0 ? -errno : write_quietly(&(struct iovec){begin, sizeof begin}, 1);
        if (error == 0)
            atomic_store(&usb_capture_on, true);
        else if (file >= 0)
            file_close();
    }
    pthread_mutex_unlock(&mutex);
    return error;
}

void usb_capture_stop(void)
{
    pthread_mutex_lock(&mutex);
    if (file >= 0)
        file_close();
    pthread_mutex_unlock(&mutex);
}
