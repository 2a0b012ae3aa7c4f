/* SPDX-License-Identifier: MIT */
/* What the open files of one inode share: the share modes that let a new open in or not, and a
 * delete that waits for the last handle. The rules are those of IoCheckShareAccess; the table sees
 * this process only. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "drivers/file.h"

enum { BUCKETS = 64 };

static struct bucket {
    struct lock lock;
    struct list inodes; /* zeroed until first use */
} buckets[BUCKETS];

static struct bucket *bucket_lock(uint64_t device, uint64_t number)
{
    uint64_t hash = (number ^ device << 32 ^ device >> 32) * 0x9e3779b97f4a7c15u;
    struct bucket *bucket = &buckets[hash >> 58];
    lock_acquire(&bucket->lock);
    if (bucket->inodes.next == NULL)
        list_init(&bucket->inodes);
    return bucket;
}

static struct inode *bucket_find(struct bucket *bucket, uint64_t device, uint64_t number)
{
    list_for_each (node, &bucket->inodes) {
        struct inode *inode = container_of(node, struct inode, link);
        if (inode->device == device && inode->number == number)
            return inode;
    }
    return NULL;
}

static struct inode *inode_create(uint64_t device, uint64_t number)
{
    struct inode *inode = calloc(1, sizeof *inode);
    if (inode == NULL)
        return NULL;
    inode->device = device;
    inode->number = number;
    list_init(&inode->ranges);
    list_init(&inode->waiting);
    return inode;
}

static bool access_reads(uint32_t access)
{
    return access & (RIGHT_READ | RIGHT_EXECUTE);
}

static bool access_writes(uint32_t access)
{
    return access & (RIGHT_WRITE | RIGHT_APPEND);
}

static bool share_permits(const struct share_counts *count, uint32_t access, uint32_t share)
{
    if (!access_reads(access) && !access_writes(access) && !(access & RIGHT_DELETE))
        return true;
    return !(access_reads(access) && count->allow_read < count->opens) &&
           !(access_writes(access) && count->allow_write < count->opens) &&
           !((access & RIGHT_DELETE) && count->allow_delete < count->opens) &&
           !(count->readers > 0 && !(share & SHARE_READ)) &&
           !(count->writers > 0 && !(share & SHARE_WRITE)) &&
           !(count->deleters > 0 && !(share & SHARE_DELETE));
}

/* Adds (1) or takes away (-1) an open. */
static void share_count(struct share_counts *count, uint32_t access, uint32_t share, uint32_t by)
{
    if (!access_reads(access) && !access_writes(access) && !(access & RIGHT_DELETE))
        return;
    count->opens += by;
    count->readers += access_reads(access) ? by : 0;
    count->writers += access_writes(access) ? by : 0;
    count->deleters += (access & RIGHT_DELETE) ? by : 0;
    count->allow_read += (share & SHARE_READ) ? by : 0;
    count->allow_write += (share & SHARE_WRITE) ? by : 0;
    count->allow_delete += (share & SHARE_DELETE) ? by : 0;
}

int32_t inode_join(struct disk_file *file, const struct stat *st)
{
    int32_t status = STATUS_SUCCESS;
    struct bucket *bucket = bucket_lock(st->st_dev, st->st_ino);
    struct inode *inode = bucket_find(bucket, st->st_dev, st->st_ino);
    if (inode == NULL) {
        inode = inode_create(st->st_dev, st->st_ino);
        if (inode != NULL)
            list_push_back(&bucket->inodes, &inode->link);
    }
    if (inode == NULL)
        status = STATUS_NO_MEMORY;
    else if (inode->delete_pending)
        status = STATUS_DELETE_PENDING;
    else if (!share_permits(&inode->share, file->access, file->share))
        status = STATUS_SHARING_VIOLATION;
    if (status == STATUS_SUCCESS) {
        share_count(&inode->share, file->access, file->share, 1);
        inode->references++;
        file->inode = inode;
        file->joined = true;
    }
    lock_release(&bucket->lock);
    return status;
}

/* Removes the name that the descriptor has now: it may have been renamed since it was opened. */
static void descriptor_unlink(int fd, bool directory)
{
    char link[32], path[PATH_BYTES];
    struct stat open_st, path_st;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0 || fstat(fd, &open_st) != 0 || open_st.st_nlink == 0)
        return;
    path[length] = 0;
    if (lstat(path, &path_st) != 0 || path_st.st_dev != open_st.st_dev ||
        path_st.st_ino != open_st.st_ino)
        return;
    if (directory)
        rmdir(path);
    else
        unlink(path);
}

/* Nobody is told when the removal fails: CloseHandle has no such answer on Windows either. */
void inode_leave(struct disk_file *file)
{
    struct inode *inode = file->inode;
    if (inode == NULL || !file->joined)
        return;
    struct bucket *bucket = bucket_lock(inode->device, inode->number);
    file->joined = false;
    share_count(&inode->share, file->access, file->share, (uint32_t)-1);
    if (file->delete_on_close)
        inode->delete_pending = true;
    /* With the bucket locked no open can come between. */
    if (inode->delete_pending && inode->share.opens == 0)
        descriptor_unlink(file->fd, file->directory);
    lock_release(&bucket->lock);
}

void inode_drop(struct disk_file *file)
{
    struct inode *inode = file->inode;
    if (inode == NULL)
        return;
    struct bucket *bucket = bucket_lock(inode->device, inode->number);
    bool last = --inode->references == 0;
    if (last)
        list_remove(&inode->link);
    lock_release(&bucket->lock);
    if (last)
        free(inode);
    file->inode = NULL;
}

int32_t inode_set_delete(struct disk_file *file, bool delete)
{
    struct bucket *bucket = bucket_lock(file->inode->device, file->inode->number);
    file->inode->delete_pending = delete;
    lock_release(&bucket->lock);
    return STATUS_SUCCESS;
}

bool inode_is_deleted(struct disk_file *file)
{
    struct bucket *bucket = bucket_lock(file->inode->device, file->inode->number);
    bool pending = file->inode->delete_pending;
    lock_release(&bucket->lock);
    return pending;
}

int32_t inode_check(const struct stat *st, uint32_t access, uint32_t share)
{
    int32_t status = STATUS_SUCCESS;
    struct bucket *bucket = bucket_lock(st->st_dev, st->st_ino);
    struct inode *inode = bucket_find(bucket, st->st_dev, st->st_ino);
    if (inode != NULL && inode->delete_pending)
        status = STATUS_DELETE_PENDING;
    else if (inode != NULL && !share_permits(&inode->share, access, share))
        status = STATUS_SHARING_VIOLATION;
    lock_release(&bucket->lock);
    return status;
}
