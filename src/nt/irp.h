/* SPDX-License-Identifier: MIT */
/* What irp.c, complete.c and file.c know of each other. */
#ifndef NT_IRP_H
#define NT_IRP_H

#include "drivers/driver.h"
#include "nt/file.h"

/* Takes a pended request off its file's and its thread's list. */
void irp_unlist(struct irp *irp);

/* Tells the issuer of a synchronous request that it has ended; the request is the issuer's from here on. */
void irp_rendezvous(struct irp *irp, struct thread *issuer);

/* The status block says that the request is on its way, before anybody can end it. */
static inline void block_pending(struct status_block *block)
{
    atomic_store_explicit(&block->status, STATUS_PENDING, memory_order_relaxed);
}

/* Ends a request: of one that pended everything is delivered; of one that ended inside its dispatch an error
 * is only returned (no packet, no APC, no event). */
void irp_finish(struct irp *irp, int32_t status, uint64_t information, bool pended);

/* Asks every request of the file to cancel. */
void file_cancel_all(struct file *file);

#endif
