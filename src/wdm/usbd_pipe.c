/* SPDX-License-Identifier: MIT */
/* Pipe handles: values that point at nothing. Bits 0 to 15 are a row of the PDO's table, bits 16 to 47 the row's generation, and the rest a
 * mark that no address has, so that a stale or a made-up handle is only ever refused. */
#include <stdlib.h>

#include "wdm/usbd.h"
#include "wdm/verify.h"

enum { ROW_BITS = 16, ROWS_MAX = 1 << ROW_BITS, GENERATION_BITS = 32, ROWS_AT_FIRST = 16 };
#define HANDLE_MARK 0x5055ull /* bits 48 to 63 */

/* Of the whole process, so that one device's handle fits no other's row. 0 is skipped: it says that a row is free. */
uint32_t usbd_generation_next(void)
{
    static _Atomic uint32_t last;
    uint32_t generation = atomic_fetch_add(&last, 1) + 1;
    return generation != 0 ? generation : atomic_fetch_add(&last, 1) + 1;
}

static USBD_PIPE_HANDLE handle_of(uint32_t row, uint32_t generation)
{
    return (USBD_PIPE_HANDLE)(uintptr_t)(HANDLE_MARK << (ROW_BITS + GENERATION_BITS) | (uint64_t)generation << ROW_BITS | row);
}

/* The row, or NULL. Under the lock. */
static struct usbd_pipe *pipe_row(struct usb_pdo *pdo, USBD_PIPE_HANDLE handle)
{
    uint64_t value = (uintptr_t)handle;
    uint32_t row = (uint32_t)(value & (ROWS_MAX - 1));
    if (value >> (ROW_BITS + GENERATION_BITS) != HANDLE_MARK || row >= pdo->pipe_room)
        return NULL;
    struct usbd_pipe *pipe = &pdo->pipes[row];
    return pipe->generation != 0 && pipe->generation == (uint32_t)(value >> ROW_BITS) ? pipe : NULL;
}

bool usbd_pipe_find(struct usb_pdo *pdo, USBD_PIPE_HANDLE handle, struct usbd_pipe *pipe)
{
    lock_acquire(&pdo->lock);
    const struct usbd_pipe *row = pipe_row(pdo, handle);
    if (row != NULL)
        *pipe = *row;
    lock_release(&pdo->lock);
    return row != NULL;
}

/* Under the lock. UINT32_MAX: no memory. */
static uint32_t row_free(struct usb_pdo *pdo)
{
    for (uint32_t i = 0; i < pdo->pipe_room; i++)
        if (pdo->pipes[i].generation == 0)
            return i;
    uint32_t room = pdo->pipe_room == 0 ? ROWS_AT_FIRST : pdo->pipe_room * 2;
    struct usbd_pipe *larger = room > ROWS_MAX || verify_memory_fails(NULL) ? NULL : realloc(pdo->pipes, room * sizeof *larger);
    if (larger == NULL)
        return UINT32_MAX;
    for (uint32_t i = pdo->pipe_room; i < room; i++)
        larger[i] = (struct usbd_pipe){.generation = 0};
    uint32_t row = pdo->pipe_room;
    pdo->pipes = larger;
    pdo->pipe_room = room;
    return row;
}

USBD_PIPE_HANDLE usbd_pipe_add(struct usb_pdo *pdo, const struct usbd_pipe *pipe)
{
    uint32_t generation = usbd_generation_next();
    lock_acquire(&pdo->lock);
    uint32_t row = row_free(pdo);
    if (row != UINT32_MAX) {
        pdo->pipes[row] = *pipe;
        pdo->pipes[row].generation = generation;
    }
    lock_release(&pdo->lock);
    return row == UINT32_MAX ? NULL : handle_of(row, generation);
}

void usbd_pipes_remove(struct usb_pdo *pdo, int interface)
{
    lock_acquire(&pdo->lock);
    for (uint32_t i = 0; i < pdo->pipe_room; i++)
        if (interface < 0 || pdo->pipes[i].interface == interface)
            pdo->pipes[i].generation = 0;
    lock_release(&pdo->lock);
}

void usbd_streams_remove(struct usb_pdo *pdo, uint8_t address)
{
    lock_acquire(&pdo->lock);
    for (uint32_t i = 0; i < pdo->pipe_room; i++)
        if (pdo->pipes[i].address == address && pdo->pipes[i].stream != 0)
            pdo->pipes[i].generation = 0;
    lock_release(&pdo->lock);
}

void usbd_pipe_mark_streamed(struct usb_pdo *pdo, USBD_PIPE_HANDLE handle)
{
    lock_acquire(&pdo->lock);
    struct usbd_pipe *pipe = pipe_row(pdo, handle);
    if (pipe != NULL)
        pipe->was_streamed = true;
    lock_release(&pdo->lock);
}

void usbd_pipes_abort(struct usb_pdo *pdo)
{
    for (uint32_t i = 0;; i++) {
        lock_acquire(&pdo->lock);
        bool more = i < pdo->pipe_room;
        struct usb_pipe *pipe = more && pdo->pipes[i].generation != 0 ? pdo->pipes[i].pipe : NULL;
        lock_release(&pdo->lock);
        if (!more)
            return;
        if (pipe != NULL)
            usb_pipe_abort(pipe, false);
    }
}
