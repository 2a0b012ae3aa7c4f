/* SPDX-License-Identifier: MIT */
/* Questions about an open disk file, and changes to it that move no bytes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drivers/attribute.h"
#include "drivers/file.h"

static int32_t get_standard(struct disk_file *file, struct file_standard *standard)
{
    struct path_info info;
    int32_t status = attribute_read(file->fd, NULL, false, &info);
    if (status != STATUS_SUCCESS)
        return status;
    *standard = info.standard;
    standard->delete_pending = inode_is_deleted(file);
    if (standard->delete_pending && standard->links > 0)
        standard->links--;
    return STATUS_SUCCESS;
}

static int32_t get_name(struct disk_file *file, char *name)
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file->fd);
    ssize_t length = readlink(link, name, PATH_BYTES - 1);
    if (length < 0)
        return status_from_errno(errno);
    name[length] = 0;
    return STATUS_SUCCESS;
}

int32_t file_get(struct file *file, enum file_info info, void *data)
{
    struct disk_file *disk = disk_file_of(file);
    struct path_info all;
    int32_t status;
    switch (info) {
    case INFO_BASIC:
    case INFO_IDENTITY:
        status = attribute_read(disk->fd, NULL, false, &all);
        if (status != STATUS_SUCCESS)
            return status;
        if (info == INFO_BASIC)
            *(struct file_basic *)data = all.basic;
        else
            *(struct file_identity *)data = all.identity;
        return STATUS_SUCCESS;
    case INFO_STANDARD:
        return get_standard(disk, data);
    case INFO_NAME:
        return get_name(disk, data);
    case INFO_DESCRIPTOR:
        *(int *)data = disk->fd;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static int32_t set_end_of_file(struct disk_file *file, uint64_t size)
{
    int result;
    if (!(file->access & RIGHT_WRITE))
        return STATUS_ACCESS_DENIED;
    if (size > INT64_MAX)
        return STATUS_INVALID_PARAMETER;
    do
        result = ftruncate(file->fd, (off_t)size);
    while (result != 0 && errno == EINTR);
    if (result == 0)
        return STATUS_SUCCESS;
    return errno == EFBIG ? STATUS_DISK_FULL : status_from_errno(errno);
}

/* Less than the file holds cuts it; more is room behind its end, where the file system can. */
static int32_t set_allocation(struct disk_file *file, uint64_t size)
{
    struct stat st;
    if (!(file->access & RIGHT_WRITE))
        return STATUS_ACCESS_DENIED;
    if (size > INT64_MAX)
        return STATUS_INVALID_PARAMETER;
    if (fstat(file->fd, &st) != 0)
        return status_from_errno(errno);
    if (size < (uint64_t)st.st_size)
        return set_end_of_file(file, size);
    if (size == 0 || fallocate(file->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0 ||
        errno == EOPNOTSUPP)
        return STATUS_SUCCESS;
    return status_from_errno(errno);
}

static int32_t set_disposition(struct disk_file *file, bool delete)
{
    struct stat st;
    if (!(file->access & RIGHT_DELETE))
        return STATUS_ACCESS_DENIED;
    if (fstat(file->fd, &st) != 0)
        return status_from_errno(errno);
    if (delete &&S_ISREG(st.st_mode) && (st.st_mode & 0222) == 0)
        return STATUS_CANNOT_DELETE;
    return inode_set_delete(file, delete);
}

static int32_t set_name(struct disk_file *file, const struct file_rename *rename)
{
    char name[PATH_BYTES];
    if (!(file->access & RIGHT_DELETE))
        return STATUS_ACCESS_DENIED;
    int32_t status = get_name(file, name);
    return status == STATUS_SUCCESS ? path_rename(name, rename->target, rename->replace) : status;
}

int32_t file_set(struct file *file, enum file_info info, const void *data)
{
    struct disk_file *disk = disk_file_of(file);
    switch (info) {
    case INFO_BASIC:
        return attribute_write(disk->fd, NULL, data);
    case INFO_END_OF_FILE:
        return set_end_of_file(disk, *(const uint64_t *)data);
    case INFO_ALLOCATION:
        return set_allocation(disk, *(const uint64_t *)data);
    case INFO_DISPOSITION:
        return set_disposition(disk, *(const bool *)data);
    case INFO_RENAME:
        return set_name(disk, data);
    case INFO_UNLOCK:
        return file_unlock(disk, data);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}
