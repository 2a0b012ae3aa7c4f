/* SPDX-License-Identifier: MIT */
/* Byte-range locks, mandatory for reads and writes through this process's other handles. A range
 * belongs to the file object that locked it. A LockFileEx that must wait is an ordinary pending
 * request in the inode's queue: unlocking grants it, cancelling takes it out, under the same lock.
 */
#include <stdlib.h>

#include "drivers/file.h"

struct range {
    struct list link;
    struct disk_file *owner;
    uint64_t offset, length; /* the end does not wrap round */
    bool exclusive;
};

static bool ranges_meet(uint64_t offset, uint64_t length, const struct range *range)
{
    return length > 0 && range->length > 0 && offset <= range->offset + (range->length - 1) &&
           range->offset <= offset + (length - 1);
}

/* An exclusive lock lets nobody in, its owner neither; but the owner may put a shared one over it.
 */
static bool range_is_free(const struct inode *inode, const struct range *wanted)
{
    list_for_each (node, &inode->ranges) {
        const struct range *held = container_of(node, struct range, link);
        if (!ranges_meet(wanted->offset, wanted->length, held))
            continue;
        if (wanted->exclusive || (held->exclusive && held->owner != wanted->owner))
            return false;
    }
    return true;
}

static void range_hold(struct inode *inode, struct range *range)
{
    list_push_back(&inode->ranges, &range->link);
    atomic_fetch_add(&inode->locks, 1);
}

static void range_let_go(struct inode *inode, struct range *range)
{
    list_remove(&range->link);
    atomic_fetch_sub(&inode->locks, 1);
    free(range);
}

/* A shared lock denies writing to everybody, its owner too; an exclusive one denies everything to
 * others. */
bool inode_denies(struct disk_file *file, uint64_t offset, uint32_t length, bool writes)
{
    struct inode *inode = file->inode;
    bool denied = false;
    lock_acquire(&inode->lock);
    list_for_each (node, &inode->ranges) {
        const struct range *held = container_of(node, struct range, link);
        if (ranges_meet(offset, length, held))
            denied |= held->exclusive ? held->owner != file : writes;
    }
    lock_release(&inode->lock);
    return denied;
}

static void lock_cancel(struct irp *irp)
{
    struct inode *inode = disk_file_of(irp->file)->inode;
    lock_acquire(&inode->lock);
    bool waits = !list_empty(&irp->queue_link);
    if (waits)
        list_remove(&irp->queue_link);
    lock_release(&inode->lock);
    if (!waits)
        return;
    free(irp->driver[0]);
    irp_complete(irp, STATUS_CANCELLED, 0);
}

int32_t file_lock(struct irp *irp)
{
    struct disk_file *file = disk_file_of(irp->file);
    struct inode *inode = file->inode;
    uint64_t length = irp->argument;
    if (length > 0 && irp->offset + (length - 1) < irp->offset)
        return STATUS_INVALID_LOCK_RANGE;
    if (!(file->access & (RIGHT_READ | RIGHT_WRITE | RIGHT_APPEND)))
        return STATUS_ACCESS_DENIED;
    struct range *range = malloc(sizeof *range);
    if (range == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *range = (struct range){.owner = file,
                            .offset = irp->offset,
                            .length = length,
                            .exclusive = irp->minor & LOCK_EXCLUSIVE};

    lock_acquire(&inode->lock);
    if (range_is_free(inode, range)) {
        range_hold(inode, range);
        lock_release(&inode->lock);
        return STATUS_SUCCESS;
    }
    if (irp->minor & LOCK_FAIL_IMMEDIATELY) {
        lock_release(&inode->lock);
        free(range);
        return STATUS_LOCK_NOT_GRANTED;
    }
    irp->driver[0] = range;
    list_init(&irp->queue_link);
    irp_pend(irp,
             lock_cancel); /* a canceller waits for the inode's lock, and then finds it queued */
    list_push_back(&inode->waiting, &irp->queue_link);
    lock_release(&inode->lock);
    return STATUS_PENDING;
}

/* Takes the first waiter whose range is free now, and gives it that range. */
static struct irp *inode_take_granted(struct inode *inode)
{
    struct irp *granted = NULL;
    lock_acquire(&inode->lock);
    list_for_each (node, &inode->waiting) {
        struct irp *irp = container_of(node, struct irp, queue_link);
        if (!range_is_free(inode, irp->driver[0]))
            continue;
        range_hold(inode, irp->driver[0]);
        list_remove(&irp->queue_link);
        granted = irp;
        break;
    }
    lock_release(&inode->lock);
    return granted;
}

static void inode_grant(struct inode *inode)
{
    for (struct irp *irp; (irp = inode_take_granted(inode)) != NULL;)
        irp_complete(irp, STATUS_SUCCESS, 0);
}

/* Of an exclusive and a shared lock on the same range the exclusive one goes first (LockFileEx). */
int32_t file_unlock(struct disk_file *file, const struct file_range *range)
{
    struct inode *inode = file->inode;
    struct range *found = NULL;
    lock_acquire(&inode->lock);
    list_for_each (node, &inode->ranges) {
        struct range *held = container_of(node, struct range, link);
        if (held->owner != file || held->offset != range->offset || held->length != range->length)
            continue;
        if (found == NULL || (held->exclusive && !found->exclusive))
            found = held;
    }
    if (found != NULL)
        range_let_go(inode, found);
    lock_release(&inode->lock);
    if (found == NULL)
        return STATUS_RANGE_NOT_LOCKED;
    inode_grant(inode);
    return STATUS_SUCCESS;
}

void file_unlock_all(struct disk_file *file)
{
    struct inode *inode = file->inode;
    bool any = false;
    if (inode == NULL)
        return;
    lock_acquire(&inode->lock);
    list_for_each_safe (node, &inode->ranges) {
        struct range *held = container_of(node, struct range, link);
        if (held->owner != file)
            continue;
        range_let_go(inode, held);
        any = true;
    }
    lock_release(&inode->lock);
    if (any)
        inode_grant(inode);
}
