/* SPDX-License-Identifier: MIT */
/* URBs with the kernel: cut into its own, submitted, reaped through the engine's epoll, joined and ended. What the kernel has no memory
 * for (usbfs_memory.c) waits here in its order and never fails for that. The device's lock keeps a transfer and its pieces
 * alive from the first submit to the last reap, so a discard never names freed memory. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "base/trace.h"
#include "usb/usbfs.h"

enum { SETUP_BYTES = 8, RETRY_NS = 10000000 };

static const struct usb_endpoint *endpoint_of(const struct urb *urb)
{
    return urb->pipe != NULL ? &urb->pipe->endpoint : &urb->device->pipes[0]->endpoint;
}

static struct usbfs_pipe *stream_of(const struct urb *urb)
{
    return urb->pipe != NULL && urb->pipe->endpoint.type == USB_ISOCH ? urb->pipe->host : NULL;
}

/* ---- Making and freeing -------------------------------------------------------------------------------------------- */

/* The kernel has it no longer. */
static void piece_settle(struct usbdevfs_urb *piece)
{
    struct usbfs_piece *it = container_of(piece, struct usbfs_piece, urb);
    if (it->cost != 0)
        usbfs_memory_give(it->cost);
    it->cost = 0;
}

static void transfer_free(struct usbfs_transfer *transfer)
{
    for (uint32_t i = 0; i < transfer->count; i++) {
        piece_settle(transfer->pieces[i]); /* not reaped: the device is gone */
        free(container_of(transfer->pieces[i], struct usbfs_piece, urb));
    }
    free(transfer->control);
    free(transfer);
}

static struct usbdevfs_urb *piece_create(struct usbfs_transfer *transfer, uint32_t packets)
{
    struct usbfs_piece *made = calloc(1, sizeof *made + packets * sizeof made->urb.iso_frame_desc[0]);
    if (made == NULL)
        return NULL;
    struct usbdevfs_urb *piece = &made->urb;
    piece->endpoint = endpoint_of(transfer->urb)->address;
    piece->usercontext = transfer;
    transfer->pieces[transfer->count++] = piece;
    return piece;
}

static int make_control(struct usbfs_transfer *transfer)
{
    struct urb *urb = transfer->urb;
    const struct usb_setup *setup = &urb->setup;
    struct usbdevfs_urb *piece = piece_create(transfer, 0);
    transfer->control = piece == NULL ? NULL : malloc(SETUP_BYTES + (size_t)setup->length);
    if (transfer->control == NULL)
        return -ENOMEM;
    uint8_t bytes[SETUP_BYTES] = {setup->type, setup->request, (uint8_t)setup->value, (uint8_t)(setup->value >> 8),
        (uint8_t)setup->index, (uint8_t)(setup->index >> 8), (uint8_t)setup->length, (uint8_t)(setup->length >> 8)};
    memcpy(transfer->control, bytes, sizeof bytes);
    if (!(urb->flags & URB_IN) && setup->length != 0)
        memcpy(transfer->control + SETUP_BYTES, urb->buffer, setup->length);
    piece->type = USBDEVFS_URB_TYPE_CONTROL;
    piece->flags = urb->flags & URB_SHORT_NOT_OK ? USBDEVFS_URB_SHORT_NOT_OK : 0;
    piece->buffer = transfer->control;
    piece->buffer_length = SETUP_BYTES + setup->length;
    return 0;
}

static int make_bulk(struct usbfs_transfer *transfer, uint32_t pieces)
{
    struct urb *urb = transfer->urb;
    bool in = urb->flags & URB_IN;
    for (uint32_t i = 0, at = 0; i < pieces; i++) {
        struct usbdevfs_urb *piece = piece_create(transfer, 0);
        if (piece == NULL)
            return -ENOMEM;
        bool last = i + 1 == pieces;
        uint32_t length = last ? urb->length - at : USBFS_CONTINUATION_BYTES;
        piece->type = endpoint_of(urb)->type == USB_BULK ? USBDEVFS_URB_TYPE_BULK : USBDEVFS_URB_TYPE_INTERRUPT;
        piece->buffer = (char *)urb->buffer + at;
        piece->buffer_length = (int)length;
        piece->stream_id = urb->stream;
        piece->flags = (i != 0 ? USBDEVFS_URB_BULK_CONTINUATION : 0u) |
                       (in && (!last || (urb->flags & URB_SHORT_NOT_OK)) ? USBDEVFS_URB_SHORT_NOT_OK : 0u) |
                       (last && !in && (urb->flags & URB_ZERO_PACKET) ? USBDEVFS_URB_ZERO_PACKET : 0u);
        at += length;
    }
    return 0;
}

static int make_isoch(struct usbfs_transfer *transfer)
{
    struct urb *urb = transfer->urb;
    for (uint32_t at = urb->late_packets; at < urb->packet_count;) {
        uint32_t packets = usbfs_isoch_piece(urb->packets, at, urb->packet_count);
        struct usbdevfs_urb *piece = piece_create(transfer, packets);
        if (piece == NULL)
            return -ENOMEM;
        piece->type = USBDEVFS_URB_TYPE_ISO;
        piece->buffer = (char *)urb->buffer + urb->packets[at].offset;
        piece->number_of_packets = (int)packets;
        for (uint32_t i = 0; i < packets; i++) {
            piece->iso_frame_desc[i].length = urb->packets[at + i].length;
            piece->buffer_length += (int)urb->packets[at + i].length;
        }
        at += packets;
    }
    return 0;
}

static struct usbfs_transfer *transfer_create(struct usbfs_device *usbfs, struct urb *urb)
{
    const struct usb_endpoint *endpoint = endpoint_of(urb);
    uint32_t pieces = usbfs_pieces(urb, endpoint, usbfs->capabilities);
    struct usbfs_transfer *transfer = calloc(1, sizeof *transfer + pieces * sizeof transfer->pieces[0]);
    if (transfer == NULL)
        return NULL;
    transfer->urb = urb;
    list_init(&transfer->link);
    int error = endpoint->type == USB_CONTROL ? make_control(transfer)
                : endpoint->type == USB_ISOCH ? make_isoch(transfer) : make_bulk(transfer, pieces);
    if (error == 0)
        return transfer;
    transfer_free(transfer);
    return NULL;
}

/* ---- The clock ------------------------------------------------------------------------------------------------------- */

int usbfs_frame(struct usb_device *device, struct usb_frame *frame)
{
    struct usbfs_device *usbfs = device->host_data;
    usb_clock_read(&usbfs->clock, frame);
    return 0;
}

/* The first microframe behind the packets of a URB. */
static uint64_t end_of(const struct urb *urb)
{
    return urb->start_microframe + (uint64_t)urb->packet_count * (urb->pipe->endpoint.period_us / 125);
}

/* ---- Out --------------------------------------------------------------------------------------------------------------- */

/* Without ASAP a packet follows the one before or fails as late, so only a stream's start has the flag. */
static void stream_mark(struct usbfs_transfer *transfer, const struct usbfs_pipe *stream)
{
    transfer->fresh = stream->outstanding == 0 || stream->next_microframe != transfer->urb->start_microframe;
    transfer->pieces[0]->flags = transfer->fresh ? USBDEVFS_URB_ISO_ASAP : 0;
}

static void stream_begin(const struct usbfs_transfer *transfer, struct usbfs_pipe *stream)
{
    const struct urb *urb = transfer->urb;
    stream->outstanding++;
    stream->next_microframe = end_of(urb);
}

static void transfer_discard(struct usbfs_device *usbfs, struct usbfs_transfer *transfer)
{
    for (uint32_t i = transfer->submitted; i-- > 0;)
        usbfs_ioctl(usbfs->fd, USBDEVFS_DISCARDURB, transfer->pieces[i]); /* -EINVAL: it is done, and will be reaped */
}

static bool is_mapped(const struct usbfs_device *usbfs, const void *buffer)
{
    list_for_each (node, &usbfs->regions) {
        const struct usbfs_region *region = container_of(node, struct usbfs_region, link);
        if ((uintptr_t)buffer - (uintptr_t)region->memory < region->length)
            return true;
    }
    return false;
}

/* 0, -EAGAIN: our own account says that the kernel has no memory for it now, -ENOMEM: the kernel says so, -ENOBUFS: it never has, or
 * -errno. */
static int piece_submit(struct usbfs_device *usbfs, struct usbdevfs_urb *piece)
{
    uint32_t packets = piece->type == USBDEVFS_URB_TYPE_ISO ? (uint32_t)piece->number_of_packets : 0;
    uint64_t cost = USBFS_URB_BYTES + packets * sizeof piece->iso_frame_desc[0];
    if (!is_mapped(usbfs, piece->buffer)) /* else it was counted when it was mapped */
        cost += (uint32_t)piece->buffer_length;
    if (!usbfs_memory_fits(cost)) {
        trace_note(TRACE_USB, "%s: a transfer of %d bytes is more than the kernel's usbfs_memory_mb", usbfs->device->id.path, piece->buffer_length);
        return -ENOBUFS;
    }
    if (!usbfs_memory_take(usbfs, cost))
        return -EAGAIN;
    container_of(piece, struct usbfs_piece, urb)->cost = cost;
    int error = usbfs_ioctl(usbfs->fd, USBDEVFS_SUBMITURB, piece);
    if (error < 0)
        piece_settle(piece);
    return error;
}

/* Gives what is left of a transfer. -EAGAIN, -ENOMEM: later; other errors are in transfer->status. Under the device's lock. */
static int transfer_give(struct usbfs_device *usbfs, struct usbfs_transfer *transfer)
{
    struct usbfs_pipe *stream = stream_of(transfer->urb);
    if (stream != NULL && transfer->submitted == 0)
        stream_mark(transfer, stream);
    while (transfer->submitted < transfer->count && transfer->status == 0) {
        int error = piece_submit(usbfs, transfer->pieces[transfer->submitted]);
        if (error == -ENOMEM || error == -EAGAIN)
            return error;
        if (error == -EREMOTEIO && transfer->submitted != 0)
            break; /* a piece before was short: the rest is not wanted any more */
        if (error < 0) {
            transfer->status = error == -EINVAL || error == -EMSGSIZE ? -EINVAL : error == -ENOBUFS ? -ENOMEM : usbfs_status(error);
            transfer_discard(usbfs, transfer);
            break;
        }
        if (transfer->submitted++ == 0 && stream != NULL)
            stream_begin(transfer, stream);
    }
    return 0;
}

static bool transfer_is_over(const struct usbfs_transfer *transfer, bool given)
{
    return given && transfer->reaped == transfer->submitted;
}

/* A URB of the same pipe waits: later ones go behind it, those of other pipes need not. */
static bool pipe_waits(const struct usbfs_device *usbfs, const struct urb *urb)
{
    list_for_each (node, &usbfs->waiting) {
        const struct urb *other = container_of(node, struct usbfs_transfer, link)->urb;
        if (other->pipe == urb->pipe && other->stream == urb->stream)
            return true;
    }
    return false;
}

/* What our own account refuses is woken by it. What only the kernel refuses waits for other programs, of which nothing tells. */
static void transfer_wait(struct usbfs_device *usbfs, struct usbfs_transfer *transfer, int why)
{
    list_push_back(&usbfs->waiting, &transfer->link);
    if (why == -ENOMEM)
        engine_timer_set(&usbfs->retry, clock_now_ns() + RETRY_NS); /* without memory for it the next reap looks again */
}

int usbfs_submit(struct usb_device *device, struct urb *urb)
{
    struct usbfs_device *usbfs = device->host_data;
    const struct usb_endpoint *endpoint = endpoint_of(urb);
    urb->host[0] = NULL;
    if (engine_is_dead())
        return -EOWNERDEAD;
    if (endpoint->type == USB_ISOCH && stream_of(urb) == NULL)
        return -ENOMEM;
    struct usbfs_transfer *transfer = transfer_create(usbfs, urb);
    if (transfer == NULL)
        return -ENOMEM;
    int error = 0;
    lock_acquire(&usbfs->lock);
    int later = 0;
    if (usbfs->dead || usbfs->fd < 0)
        error = -ENODEV;
    else if (pipe_waits(usbfs, urb) || (later = transfer_give(usbfs, transfer)) != 0)
        transfer_wait(usbfs, transfer, later);
    else if (transfer->submitted == 0)
        error = transfer->status != 0 ? transfer->status : -EINVAL;
    else
        list_push_back(&usbfs->sent, &transfer->link);
    if (error == 0)
        urb->host[0] = transfer;
    lock_release(&usbfs->lock);
    if (error != 0)
        transfer_free(transfer);
    return error;
}

/* ---- The end --------------------------------------------------------------------------------------------------------------- */

/* What the pieces brought. */
static int transfer_join(struct usbfs_transfer *transfer)
{
    struct urb *urb = transfer->urb;
    int status = transfer->status;
    if (endpoint_of(urb)->type == USB_ISOCH) {
        for (uint32_t i = 0, at = urb->late_packets; i < transfer->count; at += (uint32_t)transfer->pieces[i++]->number_of_packets) {
            if (i < transfer->reaped) {
                usbfs_isoch_join(transfer->pieces[i], &urb->packets[at]);
                if (transfer->pieces[i]->status != 0 && status == 0)
                    status = usbfs_status(transfer->pieces[i]->status);
                continue;
            }
            for (int k = 0; k < transfer->pieces[i]->number_of_packets; k++) {
                urb->packets[at + (uint32_t)k].actual = 0;
                urb->packets[at + (uint32_t)k].status = -EXDEV;
            }
        }
        return status;
    }
    int joined;
    urb->actual = usbfs_bulk_join(transfer->pieces, transfer->reaped, urb->flags & URB_SHORT_NOT_OK, &joined);
    if (urb->actual > urb->length)
        urb->actual = urb->length;
    if (transfer->control != NULL && (urb->flags & URB_IN) && urb->actual != 0)
        memcpy(urb->buffer, transfer->control + SETUP_BYTES, urb->actual);
    return joined != 0 ? joined : status;
}

/* Off its list; to be ended after the lock. Under the device's lock. */
static void transfer_take(struct usbfs_device *usbfs, struct usbfs_transfer *transfer, struct list *ended)
{
    struct usbfs_pipe *stream = stream_of(transfer->urb);
    if (stream != NULL && transfer->submitted != 0) {
        if (stream->outstanding != 0)
            stream->outstanding--;
        if (transfer->status == 0 && !transfer->cancelled && transfer->reaped == transfer->count)
            usb_clock_observe(&usbfs->clock, end_of(transfer->urb), clock_now_ns());
    }
    transfer->urb->host[0] = NULL;
    list_remove(&transfer->link);
    list_push_back(ended, &transfer->link);
}

static void transfers_end(struct list *ended)
{
    for (struct list *node; (node = list_pop_front(ended)) != NULL;) {
        struct usbfs_transfer *transfer = container_of(node, struct usbfs_transfer, link);
        struct urb *urb = transfer->urb;
        int status = transfer_join(transfer);
        transfer_free(transfer);
        usb_urb_ended(urb, status);
    }
}

/* Tries what waits, in order; a pipe whose first still waits keeps its others. Under the device's lock. */
static void waiting_give(struct usbfs_device *usbfs, struct list *ended)
{
    struct list all;
    list_init(&all);
    list_splice_back(&all, &usbfs->waiting);
    for (struct list *node; (node = list_pop_front(&all)) != NULL;) {
        struct usbfs_transfer *transfer = container_of(node, struct usbfs_transfer, link);
        int later = 0;
        if (usbfs->dead)
            transfer->status = -ENODEV;
        else if (pipe_waits(usbfs, transfer->urb) || (later = transfer_give(usbfs, transfer)) != 0) {
            transfer_wait(usbfs, transfer, later);
            continue;
        }
        list_push_back(&usbfs->sent, &transfer->link);
        if (transfer_is_over(transfer, true))
            transfer_take(usbfs, transfer, ended);
    }
}

void usbfs_cancel(struct usb_device *device, struct urb *urb)
{
    struct usbfs_device *usbfs = device->host_data;
    struct list ended;
    list_init(&ended);
    lock_acquire(&usbfs->lock);
    struct usbfs_transfer *transfer = urb->host[0];
    if (transfer != NULL && !transfer->cancelled) {
        bool waits = false;
        list_for_each (node, &usbfs->waiting)
            waits |= node == &transfer->link;
        transfer->cancelled = true;
        if (waits) {
            transfer->status = -ECANCELED;
            list_remove(&transfer->link);
            list_push_back(&usbfs->sent, &transfer->link);
        }
        transfer_discard(usbfs, transfer);
        if (waits && transfer_is_over(transfer, true))
            transfer_take(usbfs, transfer, &ended);
    }
    lock_release(&usbfs->lock);
    transfers_end(&ended);
}

void usbfs_retry(struct engine_timer *timer)
{
    struct usbfs_device *usbfs = container_of(timer, struct usbfs_device, retry);
    struct list ended;
    list_init(&ended);
    lock_acquire(&usbfs->lock);
    waiting_give(usbfs, &ended);
    lock_release(&usbfs->lock);
    transfers_end(&ended);
}

/* ---- In ----------------------------------------------------------------------------------------------------------------------- */

int64_t usbfs_reap_attempt(struct engine_op *op)
{
    struct usbfs_device *usbfs = container_of(op, struct usbfs_device, reap);
    void *reaped = NULL;
    int error = usbfs_ioctl(usbfs->fd, USBDEVFS_REAPURBNDELAY, &reaped);
    usbfs->reaped = reaped;
    return error < 0 ? error : 0;
}

/* Under the device's lock. */
static void piece_done(struct usbfs_device *usbfs, struct usbdevfs_urb *piece, struct list *ended)
{
    struct usbfs_transfer *transfer = piece->usercontext;
    transfer->reaped++;
    piece_settle(piece);
    bool given = !list_empty(&transfer->link);
    list_for_each (node, &usbfs->waiting)
        given &= node != &transfer->link;
    if (transfer_is_over(transfer, given))
        transfer_take(usbfs, transfer, ended);
}

/* The device is gone and nothing more can be reaped: what the kernel did not hand back ends as well. */
static void all_gone(struct usbfs_device *usbfs, struct list *ended)
{
    usbfs->dead = true;
    waiting_give(usbfs, ended);
    while (!list_empty(&usbfs->sent)) {
        struct usbfs_transfer *transfer = container_of(usbfs->sent.next, struct usbfs_transfer, link);
        transfer->status = -ENODEV;
        transfer_take(usbfs, transfer, ended);
    }
}

void usbfs_reap_done(struct engine_op *op, int64_t result)
{
    struct usbfs_device *usbfs = container_of(op, struct usbfs_device, reap);
    struct usb_device *device = usbfs->device;
    struct list ended;
    list_init(&ended);
    atomic_store(&op->state, 0); /* before the look at `closing`: a close after it marks the operation */
    lock_acquire(&usbfs->lock);
    bool closing = usbfs->closing, dead = result < 0 && !closing;
    if (result == 0) {
        piece_done(usbfs, usbfs->reaped, &ended);
        waiting_give(usbfs, &ended);
    } else if (dead) {
        all_gone(usbfs, &ended);
    }
    lock_release(&usbfs->lock);
    transfers_end(&ended);
    if (!closing && !dead) {
        engine_source_submit(&usbfs->source, ENGINE_OUT, op);
        return;
    }
    if (dead) {
        engine_source_close(&usbfs->source); /* its hang-up stays for ever */
        usbfs_device_gone(usbfs);
    }
    atomic_store(&usbfs->reaping, 0);
    futex_wake(&usbfs->reaping, INT_MAX);
    usb_device_dereference(device); /* the operation's */
}
