/* SPDX-License-Identifier: MIT */
/* Attributes and times: statx on one side, the numbers of Windows on the other. */
#include "drivers/attribute.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "drivers/rights.h"

#define ATTRIBUTE_NAME "user.overlapped.attributes"

enum {
    /* What only the extended attribute can say. */
    ATTRIBUTES_KEPT = ATTRIBUTE_HIDDEN | ATTRIBUTE_SYSTEM | ATTRIBUTE_ARCHIVE |
                      ATTRIBUTE_TEMPORARY | ATTRIBUTE_OFFLINE | ATTRIBUTE_NOT_INDEXED,
    WRITE_BITS = 0222,
};

#define UNIX_EPOCH 116444736000000000u /* 1970 in units of 100 ns since 1601 */

uint64_t time_from_unix(int64_t seconds, uint32_t nanoseconds)
{
    return UNIX_EPOCH + (uint64_t)seconds * 10000000u + nanoseconds / 100;
}

static struct timespec time_to_unix(uint64_t time)
{
    int64_t ticks = (int64_t)(time - UNIX_EPOCH), seconds = ticks / 10000000,
            rest = ticks % 10000000;
    if (rest < 0) {
        seconds--;
        rest += 10000000;
    }
    return (struct timespec){.tv_sec = seconds, .tv_nsec = rest * 100};
}

/* Descriptors that were opened with O_PATH refuse most calls; their name in /proc does not. */
static const char *name_of(int fd, const char *path, char link[32])
{
    if (fd < 0)
        return path;
    snprintf(link, 32, "/proc/self/fd/%d", fd);
    return link;
}

static uint32_t attributes_kept(const char *name, bool link, uint32_t otherwise)
{
    char text[16];
    ssize_t length = link ? lgetxattr(name, ATTRIBUTE_NAME, text, sizeof text - 1)
                          : getxattr(name, ATTRIBUTE_NAME, text, sizeof text - 1);
    if (length <= 0)
        return otherwise;
    text[length] = 0;
    return (uint32_t)strtoul(text, NULL, 16) & ATTRIBUTES_KEPT;
}

static uint32_t attributes_of(const char *name, bool link, uint32_t mode)
{
    bool directory = S_ISDIR(mode);
    /* A file nobody has marked has ARCHIVE, as any new file on Windows. */
    uint32_t attributes = 0;
    if (S_ISREG(mode) || directory)
        attributes = attributes_kept(name, link, directory ? 0 : ATTRIBUTE_ARCHIVE);
    if (directory)
        attributes |= ATTRIBUTE_DIRECTORY;
    if (S_ISLNK(mode))
        attributes |= ATTRIBUTE_REPARSE_POINT;
    else if (!directory && (mode & WRITE_BITS) == 0)
        attributes |= ATTRIBUTE_READONLY; /* on a directory it means nothing to Windows either */
    return attributes == 0 ? ATTRIBUTE_NORMAL : attributes;
}

static uint64_t time_of(const struct statx_timestamp *time)
{
    return time_from_unix(time->tv_sec, time->tv_nsec);
}

static uint64_t block_device_size(int fd)
{
    uint64_t size = 0;
    return fd >= 0 && ioctl(fd, BLKGETSIZE64, &size) == 0 ? size : 0;
}

int32_t attribute_read(int fd, const char *path, bool link, struct path_info *info)
{
    struct statx stx;
    char own_name[32];
    int flags = link ? AT_SYMLINK_NOFOLLOW : 0;
    if (statx(fd < 0 ? AT_FDCWD : fd, fd < 0 ? path : "", flags | (fd < 0 ? 0 : AT_EMPTY_PATH),
              STATX_BASIC_STATS | STATX_BTIME, &stx) != 0)
        return fd < 0 ? path_status(path, errno) : status_from_errno(errno);
    const char *name = name_of(fd, path, own_name);
    info->basic.write = time_of(&stx.stx_mtime);
    info->basic.access = time_of(&stx.stx_atime);
    info->basic.change = time_of(&stx.stx_ctime);
    info->basic.creation = stx.stx_mask & STATX_BTIME ? time_of(&stx.stx_btime) : info->basic.write;
    info->basic.attributes = attributes_of(name, link, stx.stx_mode);
    info->standard.directory = S_ISDIR(stx.stx_mode);
    info->standard.end_of_file = S_ISBLK(stx.stx_mode)      ? block_device_size(fd)
                                 : info->standard.directory ? 0
                                                            : stx.stx_size;
    info->standard.allocation = info->standard.directory ? 0 : stx.stx_blocks * 512;
    info->standard.links = stx.stx_nlink;
    info->standard.delete_pending = false;
    info->identity.volume = (uint64_t)stx.stx_dev_major << 32 | stx.stx_dev_minor;
    info->identity.index = stx.stx_ino;
    return STATUS_SUCCESS;
}

static int attributes_keep(const char *name, uint32_t attributes)
{
    char text[16];
    int length = snprintf(text, sizeof text, "%x", attributes & ATTRIBUTES_KEPT);
    return setxattr(name, ATTRIBUTE_NAME, text, (size_t)length, 0) == 0 ? 0 : -errno;
}

void attribute_write_new(int fd, uint32_t attributes)
{
    char link[32];
    if (attributes & ATTRIBUTES_KEPT & ~(uint32_t)ATTRIBUTE_ARCHIVE)
        attributes_keep(name_of(fd, NULL, link), attributes | ATTRIBUTE_ARCHIVE);
}

/* READONLY takes every write permission away; taking it off gives the owner's back, and others' as
 * the umask would have. */
static int attributes_set_mode(const char *name, mode_t mode, bool readonly)
{
    mode_t wanted = readonly ? mode & ~(mode_t)WRITE_BITS : mode;
    if (!readonly && (mode & WRITE_BITS) == 0)
        wanted = mode | S_IWUSR;
    return wanted == mode || chmod(name, wanted & 07777) == 0 ? 0 : -errno;
}

int32_t attribute_write(int fd, const char *path, const struct file_basic *basic)
{
    char link[32];
    const char *name = name_of(fd, path, link);
    struct stat st;
    if (stat(name, &st) != 0)
        return fd < 0 ? path_status(path, errno) : status_from_errno(errno);
    if (basic->access != 0 || basic->write != 0) {
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
        if (basic->access != 0)
            times[0] = time_to_unix(basic->access);
        if (basic->write != 0)
            times[1] = time_to_unix(basic->write);
        if (utimensat(AT_FDCWD, name, times, 0) != 0)
            return status_from_errno(errno);
    }
    if (basic->attributes == 0)
        return STATUS_SUCCESS;
    uint32_t attributes = basic->attributes, now = attributes_of(name, false, st.st_mode);
    if ((attributes & ATTRIBUTE_DIRECTORY) && !S_ISDIR(st.st_mode))
        return STATUS_INVALID_PARAMETER;
    int error = 0;
    /* The kept ones first: a read-only file refuses new extended attributes. A file system without
     * them cannot hide files, and that is no reason to fail. */
    if (((attributes ^ now) & ATTRIBUTES_KEPT) && !S_ISDIR(st.st_mode) &&
        (st.st_mode & WRITE_BITS) == 0)
        error = attributes_set_mode(name, st.st_mode, false);
    if (error == 0 && ((attributes ^ now) & ATTRIBUTES_KEPT))
        error = attributes_keep(name, attributes);
    if (error == -EOPNOTSUPP || error == -ENOSPC)
        error = 0;
    if (error == 0 && !S_ISDIR(st.st_mode) && stat(name, &st) == 0)
        error = attributes_set_mode(name, st.st_mode, attributes & ATTRIBUTE_READONLY);
    return status_from_result(error);
}
