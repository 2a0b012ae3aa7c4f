/* SPDX-License-Identifier: MIT */
/* CreateFile on a path: finds or makes what the disposition says, opens it with what the access
 * needs, lets the share modes decide, and only then truncates. What turns out to be no disk file
 * becomes a stream. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "drivers/attribute.h"
#include "drivers/file.h"
#include "drivers/stream.h"

enum { OPEN_TRIES = 16, SECTOR = 512 };

/* File systems whose buffered calls end soon: memory and local disks. */
static const uint32_t local_file_systems[] = {
    0xef53 /* ext2, 3, 4 */, 0x58465342 /* xfs */,      0x9123683e /* btrfs */,
    0x01021994 /* tmpfs */,  0x858458f6 /* ramfs */,    0x794c7630 /* overlay */,
    0xf2f52010 /* f2fs */,   0x2fc12fc1 /* zfs */,      0xca451a4e /* bcachefs */,
    0x3153464a /* jfs */,    0x4d44 /* vfat */,         0x2011bab0 /* exfat */,
    0x7366746e /* ntfs3 */,  0x73717368 /* squashfs */, 0xe0f5e1e2 /* erofs */,
    0x9660 /* iso9660 */,    0x9fa0 /* proc */,         0x62656572 /* sysfs */,
};

bool file_system_is_local(int fd)
{
    struct statfs fs;
    if (fstatfs(fd, &fs) != 0)
        return false;
    for (size_t i = 0; i < sizeof local_file_systems / sizeof *local_file_systems; i++)
        if ((uint32_t)fs.f_type == local_file_systems[i])
            return true;
    return false;
}

static bool wants_read(uint32_t access)
{
    return access & (RIGHT_READ | RIGHT_EXECUTE);
}

static bool wants_write(uint32_t access)
{
    return access & (RIGHT_WRITE | RIGHT_APPEND);
}

/* What open(2) is asked for. Replacing the contents needs a descriptor that writes, whatever the
 * program asked. */
static int open_mode(const struct open_request *request, bool directory)
{
    bool writes = wants_write(request->access) || request->disposition == OPEN_REPLACE ||
                  request->disposition == OPEN_TRUNCATE;
    int mode = O_CLOEXEC | O_NOCTTY;
    if (directory)
        return mode | O_RDONLY | O_DIRECTORY;
    if (!writes)
        return mode | O_RDONLY;
    return mode | (wants_read(request->access) ? O_RDWR : O_WRONLY) |
           (request->flags & OPEN_WRITE_THROUGH ? O_DSYNC : 0);
}

/* Opens; without a right to the contents a descriptor that only names the file will do. Unbuffered
 * where the file system can: the rules of alignment hold all the same. */
static int descriptor_open(const struct open_request *request, int mode, mode_t permissions)
{
    const char *path = request->path;
    bool contents = wants_read(request->access) || wants_write(request->access);
    int direct =
        (request->flags & OPEN_NO_BUFFERING) && contents && !(mode & O_DIRECTORY) ? O_DIRECT : 0;
    /* As Windows is set up, a read does not change the time of last access; only the owner may ask for that. */
    int fd = open(path, mode | direct | O_NOATIME, permissions);
    if (fd < 0 && errno == EPERM)
        fd = open(path, mode | direct, permissions);
    if (fd < 0 && errno == EINVAL && direct != 0 && !(mode & O_EXCL))
        fd = open(path, mode, permissions);
    if (fd < 0 && errno == EACCES && !contents && !(mode & O_CREAT))
        fd = open(path, O_PATH | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

/* A file of a file system without O_DIRECT was made before that showed: open it again. */
static int descriptor_create(const struct open_request *request)
{
    mode_t permissions = request->attributes & ATTRIBUTE_READONLY ? 0444 : 0666;
    int mode = open_mode(request, false) | O_CREAT | O_EXCL;
    int fd = descriptor_open(request, mode, permissions);
    if (fd == -EINVAL && (request->flags & OPEN_NO_BUFFERING)) {
        fd = open(request->path, mode & ~O_EXCL, permissions);
        fd = fd >= 0 ? fd : -errno;
    }
    if (fd >= 0)
        attribute_write_new(fd, request->attributes);
    return fd;
}

static bool path_names_directory(const char *path)
{
    size_t length = strlen(path);
    return length > 1 && path[length - 1] == '/';
}

/* What speaks against opening the file that is there. */
static int32_t existing_check(const struct open_request *request, const struct stat *st)
{
    if (request->disposition == OPEN_NEW)
        return STATUS_OBJECT_NAME_COLLISION;
    if (S_ISDIR(st->st_mode)) {
        if (request->disposition == OPEN_REPLACE || request->disposition == OPEN_TRUNCATE ||
            !(request->flags & OPEN_BACKUP))
            return STATUS_FILE_IS_A_DIRECTORY;
        return STATUS_SUCCESS;
    }
    bool changes = wants_write(request->access) || request->disposition == OPEN_REPLACE ||
                   request->disposition == OPEN_TRUNCATE || (request->flags & OPEN_DELETE_ON_CLOSE);
    /* Permissions do not bind the superuser; the attribute binds everybody. */
    if (S_ISREG(st->st_mode) && changes && (st->st_mode & 0222) == 0)
        return STATUS_ACCESS_DENIED;
    if (request->disposition == OPEN_REPLACE) {
        struct path_info info;
        uint32_t hidden = ATTRIBUTE_HIDDEN | ATTRIBUTE_SYSTEM;
        if (attribute_read(-1, request->path, false, &info) == STATUS_SUCCESS &&
            (info.basic.attributes & hidden & ~request->attributes))
            return STATUS_ACCESS_DENIED; /* CREATE_ALWAYS must name these attributes again */
    }
    return STATUS_SUCCESS;
}

static int existing_open(const struct open_request *request, const struct stat *st)
{
    if (S_ISLNK(st->st_mode)) {
        int fd = open(request->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        return fd >= 0 ? fd : -errno;
    }
    int mode = open_mode(request, S_ISDIR(st->st_mode));
    bool contents = wants_read(request->access) || wants_write(request->access);
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) && !contents)
        mode = O_PATH | O_CLOEXEC; /* opening a FIFO would wait, opening a device may do things */
    else if (S_ISCHR(st->st_mode))
        mode |= O_NONBLOCK; /* a serial line would wait for its carrier */
    return descriptor_open(request, mode, 0);
}

/* Finds or makes the file. A descriptor, or an error status in *status. */
static int request_open(struct open_request *request, int32_t *status)
{
    bool creates = request->disposition != OPEN_IF_THERE && request->disposition != OPEN_TRUNCATE;
    *status = STATUS_OBJECT_NAME_COLLISION;
    for (int tries = 0; tries < OPEN_TRIES; tries++) {
        struct stat st;
        int found =
            request->flags & OPEN_REPARSE ? lstat(request->path, &st) : stat(request->path, &st);
        if (found != 0 && path_names_directory(request->path) && (errno == ENOTDIR || creates)) {
            *status =
                STATUS_OBJECT_NAME_INVALID; /* a separator at the end of what is no directory */
            return -1;
        }
        if (found != 0 && (errno != ENOENT || !creates)) {
            *status = path_status(request->path, errno);
            return -1;
        }
        request->existed = found == 0;
        int fd;
        if (found == 0) {
            *status = existing_check(request, &st);
            if (*status != STATUS_SUCCESS)
                return -1;
            fd = existing_open(request, &st);
        } else {
            fd = descriptor_create(request);
        }
        if (fd >= 0)
            return fd;
        *status = path_status(request->path, -fd);
        /* Between the look and the open it came or went, or a signal came. */
        if (!(found == 0 ? fd == -ENOENT && creates : fd == -EEXIST) && fd != -EINTR)
            return -1;
    }
    return -1;
}

static void choose_means(struct disk_file *file, const struct open_request *request)
{
    bool synchronous = !(request->flags & OPEN_OVERLAPPED);
    bool direct = file->alignment != 0, through = request->flags & OPEN_WRITE_THROUGH;
    enum means read = synchronous && file->local ? MEANS_INLINE
                      : direct                   ? MEANS_ENGINE
                                                 : MEANS_NOWAIT;
    bool write_inline = file->local && (synchronous || (!direct && !through));
    atomic_init(&file->read_means, read);
    file->write_means = write_inline ? MEANS_INLINE : MEANS_ENGINE;
}

/* Sizes that unbuffered transfers must be multiples of. */
static void find_alignment(struct disk_file *file)
{
    file->alignment = SECTOR;
    file->memory_alignment = 4;
#ifdef STATX_DIOALIGN
    struct statx stx;
    if (statx(file->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) == 0 &&
        (stx.stx_mask & STATX_DIOALIGN) && stx.stx_dio_offset_align != 0) {
        file->alignment = stx.stx_dio_offset_align;
        file->memory_alignment = stx.stx_dio_mem_align;
        return;
    }
#endif
    int flags = fcntl(file->fd, F_GETFL);
    if (flags >= 0 && (flags & O_DIRECT))
        file->memory_alignment = SECTOR;
}

static void advise(const struct disk_file *file, uint32_t flags)
{
    if (flags & OPEN_SEQUENTIAL)
        posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    else if (flags & OPEN_RANDOM)
        posix_fadvise(file->fd, 0, 0, POSIX_FADV_RANDOM);
}

static int32_t file_from_descriptor(int fd, const struct stat *st,
                                    const struct open_request *request, struct file **file)
{
    uint32_t flags = request->flags & OPEN_OVERLAPPED ? 0 : FILE_SYNCHRONOUS;
    if (S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode) || S_ISSOCK(st->st_mode))
        return stream_create(fd, st, flags, false, file);
    if (request->flags & OPEN_NO_BUFFERING)
        flags |= FILE_NO_BUFFERING;
    if (request->flags & OPEN_WRITE_THROUGH)
        flags |= FILE_WRITES_THROUGH;
    struct disk_file *disk = (struct disk_file *)file_create(&file_driver, sizeof *disk, flags);
    if (disk == NULL) {
        close(fd);
        return STATUS_NO_MEMORY;
    }
    disk->fd = fd;
    disk->access = request->access;
    disk->share = request->share;
    disk->directory = S_ISDIR(st->st_mode);
    disk->local = file_system_is_local(fd);
    if (request->flags & OPEN_NO_BUFFERING)
        find_alignment(disk);
    choose_means(disk, request);
    int32_t status = inode_join(disk, st);
    if (status != STATUS_SUCCESS) {
        object_dereference(&disk->file.object);
        return status;
    }
    disk->delete_on_close = request->flags & OPEN_DELETE_ON_CLOSE;
    advise(disk, request->flags);
    *file = &disk->file;
    return STATUS_SUCCESS;
}

/* An existing file loses its contents only after everybody who has it open agreed. */
static int32_t file_replace(const struct disk_file *file, const struct open_request *request)
{
    int result;
    do
        result = ftruncate(file->fd, 0);
    while (result != 0 && errno == EINTR);
    if (result != 0)
        return status_from_errno(errno);
    if (request->disposition == OPEN_TRUNCATE)
        return STATUS_SUCCESS;
    struct file_basic basic = {.attributes = (request->attributes & 0x7fff & ~ATTRIBUTE_NORMAL) |
                                             ATTRIBUTE_ARCHIVE};
    return attribute_write(file->fd, request->path, &basic);
}

int32_t file_open(struct open_request *request, struct file **file)
{
    struct stat st;
    int32_t status;
    if (request->disposition == OPEN_TRUNCATE && !(request->access & RIGHT_WRITE))
        return STATUS_INVALID_PARAMETER;
    if (request->flags & OPEN_DELETE_ON_CLOSE)
        request->access |= RIGHT_DELETE;
    int fd = request_open(request, &status);
    if (fd < 0)
        return status;
    if (fstat(fd, &st) != 0) {
        status = status_from_errno(errno);
        close(fd);
        return status;
    }
    if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISBLK(st.st_mode))
        request->existed = true;
    status = file_from_descriptor(fd, &st, request, file);
    if (status != STATUS_SUCCESS || (*file)->driver != &file_driver)
        return status;
    bool replaces = request->existed &&
                    (request->disposition == OPEN_REPLACE || request->disposition == OPEN_TRUNCATE);
    if (replaces && S_ISREG(st.st_mode))
        status = file_replace(disk_file_of(*file), request);
    if (status != STATUS_SUCCESS) {
        disk_file_of(*file)->delete_on_close = false;
        inode_leave(disk_file_of(*file));
        object_dereference(&(*file)->object);
    }
    return status;
}

static void file_cleanup(struct file *file)
{
    file_unlock_all(disk_file_of(file));
    inode_leave(disk_file_of(file));
}

static void file_close(struct file *file)
{
    struct disk_file *disk = disk_file_of(file);
    file_unlock_all(disk); /* a lock that was granted while the last handle went */
    inode_leave(disk);
    inode_drop(disk);
    close(disk->fd);
}

const struct driver file_driver = {
    .name = "file",
    .flags = DRIVER_SEEKABLE,
    .kind = FILE_KIND_DISK,
    .open = file_open,
    .dispatch = {[IRP_READ] = file_read,
                 [IRP_WRITE] = file_write,
                 [IRP_FLUSH] = file_flush,
                 [IRP_LOCK] = file_lock},
    .get = file_get,
    .set = file_set,
    .cleanup = file_cleanup,
    .close = file_close,
};
