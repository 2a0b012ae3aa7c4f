/* SPDX-License-Identifier: MIT */
/* ovl usb read and write: bulk and interrupt transfers, several under way, their ends taken from a
 * completion port. */
#include <stdlib.h>
#include <string.h>

#include "ovl.h"
#include "usb_pipe.h"

enum { PATTERN = 251, DUMP_BYTES = 256 };

struct bulk {
    const struct transfer_options *options;
    struct transfer_pipe pipe;
    struct progress progress;
    FILE *file;
    uint64_t started, pattern_at;
    uint32_t under_way;
    bool at_end; /* of the input, or a transfer has failed */
    int status;
};

struct slot {
    OVERLAPPED overlapped; /* first: the port gives its address */
    uint8_t *buffer;
    uint32_t length;
};

/* ---- Data ------------------------------------------------------------------------------------ */

static void bytes_show(const uint8_t *bytes, uint32_t length)
{
    uint32_t shown = length < DUMP_BYTES ? length : DUMP_BYTES;
    for (uint32_t i = 0; i < shown; i++) {
        if (i % 16 == 0)
            printf("%s%04x ", i > 0 ? "\n" : "", i);
        printf(" %02x", bytes[i]);
    }
    printf("%s%s", shown > 0 ? "\n" : "", shown < length ? "...\n" : "");
}

static uint32_t data_next(struct bulk *bulk, uint8_t *buffer)
{
    uint32_t size = bulk->options->size;
    if (bulk->file == NULL) {
        for (uint32_t i = 0; i < size; i++)
            buffer[i] = (uint8_t)((bulk->pattern_at + i) % PATTERN);
        bulk->pattern_at += size;
        return size;
    }
    size_t got = fread(buffer, 1, size, bulk->file);
    if (got < size) {
        bulk->at_end = true;
        if (ferror(bulk->file))
            bulk->status = complain("%s: cannot be read", bulk->options->file) - 1;
    }
    return (uint32_t)got;
}

static void data_take(struct bulk *bulk, const uint8_t *bytes, uint32_t length)
{
    if (bulk->file != NULL) {
        if (fwrite(bytes, 1, length, bulk->file) != length) {
            bulk->status = complain("%s: cannot be written", bulk->options->file) - 1;
            bulk->at_end = true;
        }
    } else if (bulk->options->count == 1) {
        bytes_show(bytes, length);
    }
}

static bool file_open(struct bulk *bulk)
{
    const char *name = bulk->options->file;
    bool in = bulk->options->in;
    if (name == NULL)
        return true;
    bulk->file = strcmp(name, "-") == 0 ? (in ? stdout : stdin) : fopen(name, in ? "we" : "re");
    if (bulk->file == NULL)
        complain("%s: cannot be opened", name);
    return bulk->file != NULL;
}

static void file_close(struct bulk *bulk)
{
    if (bulk->file == NULL || bulk->file == stdin)
        return;
    if ((bulk->file == stdout ? fflush(stdout) : fclose(bulk->file)) != 0)
        bulk->status = complain("%s: cannot be written", bulk->options->file) - 1;
}

/* ---- Transfers ------------------------------------------------------------------------------- */

static bool may_start(const struct bulk *bulk)
{
    bool counted_out = bulk->options->count != 0 && bulk->started == bulk->options->count;
    return !bulk->at_end && !counted_out && !progress_over(&bulk->progress);
}

static void slot_start(struct bulk *bulk, struct slot *slot)
{
    UCHAR id = bulk->pipe.pipe.PipeId;
    slot->length = bulk->options->in ? bulk->options->size : data_next(bulk, slot->buffer);
    if (slot->length == 0 && bulk->at_end)
        return;
    memset(&slot->overlapped, 0, sizeof slot->overlapped);
    BOOL done = bulk->options->in ? WinUsb_ReadPipe(bulk->pipe.usb, id, slot->buffer, slot->length,
                                                    NULL, &slot->overlapped)
                                  : WinUsb_WritePipe(bulk->pipe.usb, id, slot->buffer, slot->length,
                                                     NULL, &slot->overlapped);
    if (!done && GetLastError() != ERROR_IO_PENDING) {
        bulk->status = pipe_failed(bulk->options->device);
        bulk->at_end = true;
        return;
    }
    bulk->started++;
    bulk->under_way++;
}

static void slot_ended(struct bulk *bulk, struct slot *slot, DWORD error, DWORD bytes)
{
    bulk->under_way--;
    bulk->progress.bytes += bytes;
    if (bulk->options->in && bytes > 0)
        data_take(bulk, slot->buffer, bytes);
    if (error == ERROR_SUCCESS || error == ERROR_OPERATION_ABORTED)
        return; /* aborted: by us, for the time is over */
    if (bulk->status == 0) {
        SetLastError(error);
        bulk->status = pipe_failed(bulk->options->device);
    }
    bulk->at_end = true;
}

static void transfers_run(struct bulk *bulk, struct slot *slots)
{
    bool aborted = false;
    progress_begin(&bulk->progress, bulk->options);
    for (uint32_t i = 0; i < bulk->options->depth && may_start(bulk); i++)
        slot_start(bulk, &slots[i]);
    while (bulk->under_way > 0) {
        DWORD error, bytes;
        OVERLAPPED *ended = progress_wait(&bulk->progress, &bulk->pipe, &error, &bytes);
        struct slot *slot = (struct slot *)ended;
        if (slot != NULL)
            slot_ended(bulk, slot, error, bytes);
        if (slot != NULL && may_start(bulk))
            slot_start(bulk, slot);
        bool over = progress_over(&bulk->progress) || (bulk->at_end && bulk->status != 0);
        if (over && !aborted && bulk->under_way > 0) {
            aborted = true;
            WinUsb_AbortPipe(bulk->pipe.usb, bulk->pipe.pipe.PipeId);
        }
    }
}

/* Reads of whole packets go to the bus several at a time; others take their turns, so that nothing
 * is lost. */
static bool policies_set(const struct bulk *bulk)
{
    const struct transfer_options *options = bulk->options;
    const WINUSB_PIPE_INFORMATION_EX *pipe = &bulk->pipe.pipe;
    ULONG timeout = options->timeout_ms, maximum = 0, length = sizeof maximum;
    UCHAR raw = TRUE;
    if (!WinUsb_SetPipePolicy(bulk->pipe.usb, pipe->PipeId, PIPE_TRANSFER_TIMEOUT, sizeof timeout,
                              &timeout))
        return false;
    bool fits = WinUsb_GetPipePolicy(bulk->pipe.usb, pipe->PipeId, MAXIMUM_TRANSFER_SIZE, &length,
                                     &maximum) &&
                options->size <= maximum && pipe->MaximumPacketSize != 0 &&
                options->size % pipe->MaximumPacketSize == 0;
    return !options->in || !fits ||
           WinUsb_SetPipePolicy(bulk->pipe.usb, pipe->PipeId, RAW_IO, sizeof raw, &raw);
}

int usb_bulk(const struct transfer_options *options)
{
    struct bulk bulk = {.options = options};
    if (!file_open(&bulk))
        return 2;
    int status = pipe_open(options, &bulk.pipe);
    if (status != 0) {
        file_close(&bulk);
        return status;
    }
    struct slot *slots = calloc(options->depth, sizeof *slots);
    uint8_t *memory = malloc((size_t)options->depth * options->size);
    if (slots == NULL || memory == NULL) {
        bulk.status = complain("no memory for %u transfers", options->depth) - 1;
    } else if (!policies_set(&bulk)) {
        bulk.status = pipe_failed("the pipe's policies");
    } else {
        for (uint32_t i = 0; i < options->depth; i++)
            slots[i].buffer = memory + (size_t)i * options->size;
        transfers_run(&bulk, slots);
        progress_end(&bulk.progress);
    }
    pipe_close(&bulk.pipe);
    file_close(&bulk);
    free(slots);
    free(memory);
    return bulk.status;
}
