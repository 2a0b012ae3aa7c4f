/* SPDX-License-Identifier: MIT */
/* ovl usb iso-read and iso-write: transfers of whole frames on one registered buffer, each sent
 * again when it has ended, continuing the stream. A transfer that comes too late for that fails; it
 * is sent once more and the stream begins anew, which is counted. */
#include <stdlib.h>
#include <string.h>

#include "ovl.h"
#include "usb_pipe.h"

enum { PATTERN = 251 };

struct isoch {
    const struct transfer_options *options;
    struct transfer_pipe pipe;
    struct progress progress;
    WINUSB_ISOCH_BUFFER_HANDLE registered;
    uint8_t *buffer, *silence; /* silence: one packet */
    ULONG packets, bytes;      /* of a transfer */
    uint64_t started, most;    /* transfers; most 0: not by count */
    uint32_t under_way;
    uint8_t *sound; /* what is played */
    size_t sound_bytes, sound_at;
    FILE *file;
    struct sound_format format;
    uint64_t recorded;
    bool at_end;
    int status;
};

struct slot {
    OVERLAPPED overlapped; /* first: the port gives its address */
    ULONG offset;
    ULONG used; /* bytes of the buffer that are the input's */
    USBD_ISO_PACKET_DESCRIPTOR *packets;
};

/* ---- Data ------------------------------------------------------------------------------------ */

static void data_next(struct isoch *isoch, struct slot *slot)
{
    uint8_t *to = isoch->buffer + slot->offset;
    size_t got = isoch->bytes;
    if (isoch->sound != NULL) {
        size_t left = isoch->sound_bytes - isoch->sound_at;
        got = left < got ? left : got;
        memcpy(to, isoch->sound + isoch->sound_at, got);
        isoch->sound_at += got;
    } else if (isoch->file != NULL) {
        got = fread(to, 1, got, isoch->file);
        isoch->at_end = got < isoch->bytes;
    } else {
        for (ULONG i = 0; i < isoch->bytes; i++)
            to[i] = (uint8_t)((isoch->started * isoch->bytes + i) % PATTERN);
    }
    memset(to + got, 0, isoch->bytes - got); /* silence to the end of the transfer */
    slot->used = (ULONG)got;
}

static void write_bytes(struct isoch *isoch, const void *bytes, size_t length)
{
    if (isoch->file == NULL || length == 0)
        return;
    if (fwrite(bytes, 1, length, isoch->file) == length) {
        isoch->recorded += length;
        return;
    }
    if (isoch->status == 0)
        isoch->status = complain("the recording cannot be written") - 1;
    isoch->at_end = true;
}

/* A recording keeps its time: what is lost of it is silence. */
static void data_take(struct isoch *isoch, const struct slot *slot)
{
    for (ULONG i = 0; i < isoch->packets; i++) {
        const USBD_ISO_PACKET_DESCRIPTOR *packet = &slot->packets[i];
        isoch->progress.packets++;
        isoch->progress.bytes += packet->Length;
        if (packet->Status == USBD_STATUS_ISO_NA_LATE_USBPORT ||
            packet->Status == USBD_STATUS_ISO_NOT_ACCESSED_LATE)
            isoch->progress.late++;
        else if (packet->Status != USBD_STATUS_SUCCESS)
            isoch->progress.lost++;
        write_bytes(isoch, isoch->buffer + slot->offset + packet->Offset, packet->Length);
        if (packet->Status != USBD_STATUS_SUCCESS && isoch->options->wav != NULL)
            write_bytes(isoch, isoch->silence,
                        isoch->pipe.pipe.MaximumBytesPerInterval - packet->Length);
    }
}

/* ---- Transfers ------------------------------------------------------------------------------- */

static bool may_start(const struct isoch *isoch)
{
    return !isoch->at_end && (isoch->most == 0 || isoch->started < isoch->most) &&
           !progress_over(&isoch->progress);
}

static void slot_send(struct isoch *isoch, struct slot *slot, BOOL goes_on)
{
    memset(&slot->overlapped, 0, sizeof slot->overlapped);
    BOOL done =
        isoch->options->in
            ? WinUsb_ReadIsochPipeAsap(isoch->registered, slot->offset, isoch->bytes, goes_on,
                                       isoch->packets, slot->packets, &slot->overlapped)
            : WinUsb_WriteIsochPipeAsap(isoch->registered, slot->offset, isoch->bytes, goes_on,
                                        &slot->overlapped);
    if (done || GetLastError() == ERROR_IO_PENDING) {
        isoch->under_way++;
        return;
    }
    if (isoch->status == 0)
        isoch->status = pipe_failed(isoch->options->device);
    isoch->at_end = true;
}

static void slot_next(struct isoch *isoch, struct slot *slot, BOOL goes_on)
{
    if (!isoch->options->in)
        data_next(isoch, slot);
    if (!isoch->options->in && slot->used == 0)
        return;
    isoch->started++;
    slot_send(isoch, slot, goes_on);
}

/* Counts what has ended, and sends it again when it came too late. */
static void slot_ended(struct isoch *isoch, struct slot *slot, DWORD error)
{
    isoch->under_way--;
    if (error == ERROR_INVALID_PARAMETER && !progress_over(&isoch->progress) &&
        isoch->status == 0) {
        isoch->progress.restarts++;
        isoch->progress.late += isoch->packets;
        slot_send(isoch, slot, FALSE);
        return;
    }
    if (isoch->options->in) {
        if (error == ERROR_SUCCESS || error == ERROR_GEN_FAILURE)
            data_take(isoch, slot);
    } else if (error == ERROR_SUCCESS) {
        isoch->progress.packets += isoch->packets;
        isoch->progress.bytes += slot->used;
    }
    bool goes_on = error == ERROR_SUCCESS || error == ERROR_GEN_FAILURE ||
                   error == ERROR_OPERATION_ABORTED || error == ERROR_INVALID_PARAMETER;
    if (error == ERROR_GEN_FAILURE && !isoch->options->in) /* all its packets */
        isoch->progress.lost += isoch->packets;
    if (!goes_on) {
        SetLastError(error);
        if (isoch->status == 0)
            isoch->status = pipe_failed(isoch->options->device);
        isoch->at_end = true;
    }
    if (may_start(isoch))
        slot_next(isoch, slot, error == ERROR_SUCCESS);
}

static void stream_run(struct isoch *isoch, struct slot *slots)
{
    progress_begin(&isoch->progress, isoch->options);
    for (uint32_t i = 0; i < isoch->options->depth && may_start(isoch); i++)
        slot_next(isoch, &slots[i], i > 0);
    while (isoch->under_way > 0) {
        DWORD error, bytes;
        OVERLAPPED *ended = progress_wait(&isoch->progress, &isoch->pipe, &error, &bytes);
        if (ended != NULL)
            slot_ended(isoch, (struct slot *)ended, error);
        if (isoch->progress.interrupted && isoch->options->in)
            WinUsb_AbortPipe(isoch->pipe.usb, isoch->pipe.pipe.PipeId);
    }
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static bool files_open(struct isoch *isoch)
{
    const struct transfer_options *options = isoch->options;
    if (options->wav != NULL && options->in)
        return (isoch->file = sound_create(options->wav, &isoch->pipe, &isoch->format)) != NULL;
    if (options->wav != NULL)
        return (isoch->sound = sound_read(options->wav, &isoch->pipe, &isoch->sound_bytes)) != NULL;
    if (options->file == NULL)
        return true;
    isoch->file = strcmp(options->file, "-") == 0 ? (options->in ? stdout : stdin)
                                                  : fopen(options->file, options->in ? "we" : "re");
    if (isoch->file == NULL)
        complain("%s: cannot be opened", options->file);
    return isoch->file != NULL;
}

static void files_close(struct isoch *isoch)
{
    const struct transfer_options *options = isoch->options;
    free(isoch->sound);
    if (isoch->file == NULL || isoch->file == stdin)
        return;
    if (options->wav != NULL)
        isoch->status |= sound_close(options->wav, isoch->file, &isoch->format, isoch->recorded);
    else if ((isoch->file == stdout ? fflush(stdout) : fclose(isoch->file)) != 0)
        isoch->status = complain("%s: cannot be written", options->file) - 1;
}

static struct slot *slots_make(struct isoch *isoch)
{
    uint32_t depth = isoch->options->depth;
    struct slot *slots = calloc(depth, sizeof *slots);
    USBD_ISO_PACKET_DESCRIPTOR *packets = calloc((size_t)depth * isoch->packets, sizeof *packets);
    isoch->buffer = calloc(depth, isoch->bytes);
    isoch->silence = calloc(1, isoch->pipe.pipe.MaximumBytesPerInterval);
    if (slots == NULL || packets == NULL || isoch->buffer == NULL || isoch->silence == NULL) {
        complain("no memory for %u transfers", depth);
        free(slots);
        free(packets);
        return NULL;
    }
    for (uint32_t i = 0; i < depth; i++) {
        slots[i].offset = i * isoch->bytes;
        slots[i].packets = packets + (size_t)i * isoch->packets;
    }
    return slots;
}

static void stream(struct isoch *isoch)
{
    const struct transfer_options *options = isoch->options;
    isoch->packets = options->frames * isoch->pipe.frame_packets;
    isoch->bytes = isoch->packets * isoch->pipe.pipe.MaximumBytesPerInterval;
    struct slot *slots = slots_make(isoch);
    isoch->status = slots == NULL || !files_open(isoch);
    if (isoch->status == 0 &&
        !WinUsb_RegisterIsochBuffer(isoch->pipe.usb, isoch->pipe.pipe.PipeId, isoch->buffer,
                                    options->depth * isoch->bytes, &isoch->registered))
        isoch->status = pipe_failed("WinUsb_RegisterIsochBuffer");
    if (isoch->status == 0) {
        stream_run(isoch, slots);
        progress_end(&isoch->progress);
    }
    if (isoch->registered != NULL)
        WinUsb_UnregisterIsochBuffer(isoch->registered);
    files_close(isoch);
    if (slots != NULL)
        free(slots[0].packets);
    free(slots);
}

int usb_isoch(const struct transfer_options *options)
{
    struct transfer_options own = *options;
    struct isoch isoch = {.options = &own};
    int status = pipe_open(options, &isoch.pipe);
    if (status != 0)
        return status;
    isoch.most = own.count;
    if (own.in &&
        own.seconds != 0) { /* exactly so much of the device's time, however long that takes */
        uint64_t frames = (uint64_t)(own.seconds * 1000 + 0.5);
        isoch.most = (frames + own.frames - 1) / own.frames;
        own.seconds = 0;
    }
    if (own.depth > UINT32_MAX / (own.frames * 8u * (isoch.pipe.pipe.MaximumBytesPerInterval + 1u)))
        isoch.status = complain("too much memory for %u transfers", own.depth);
    else
        stream(&isoch);
    pipe_close(&isoch.pipe);
    free(isoch.buffer);
    free(isoch.silence);
    return isoch.status;
}
