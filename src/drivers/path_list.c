/* SPDX-License-Identifier: MIT */
/* Listing a directory, and what its file system says of itself. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "drivers/attribute.h"
#include "drivers/path.h"

struct path_list {
    DIR *directory;
};

int32_t path_list_open(const char *directory, struct path_list **list)
{
    DIR *opened = opendir(directory);
    if (opened == NULL)
        return errno == ENOENT || errno == ENOTDIR ? STATUS_OBJECT_PATH_NOT_FOUND
                                                   : status_from_errno(errno);
    *list = malloc(sizeof **list);
    if (*list == NULL) {
        closedir(opened);
        return STATUS_NO_MEMORY;
    }
    (*list)->directory = opened;
    return STATUS_SUCCESS;
}

int32_t path_list_next(struct path_list *list, char name[256], struct path_info *info)
{
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(list->directory);
        if (entry == NULL)
            return errno == 0 ? STATUS_NO_MORE_FILES : status_from_errno(errno);
        int fd = openat(dirfd(list->directory), entry->d_name, O_PATH | O_CLOEXEC);
        if (fd < 0) /* a link to nothing is still an entry */
            fd = openat(dirfd(list->directory), entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return status_from_errno(errno);
        int32_t status = attribute_read(fd, NULL, false, info);
        close(fd);
        if (status != STATUS_SUCCESS)
            return status;
        size_t length = strnlen(entry->d_name, 255);
        memcpy(name, entry->d_name, length);
        name[length] = 0;
        return STATUS_SUCCESS;
    }
}

void path_list_close(struct path_list *list)
{
    closedir(list->directory);
    free(list);
}

/* What Windows calls the kind of a drive. */
enum { DRIVE_KIND_FIXED = 3, DRIVE_KIND_REMOTE = 4, DRIVE_KIND_OPTICAL = 5, DRIVE_KIND_MEMORY = 6 };

static const struct file_system {
    uint32_t magic;
    const char *name;
    uint32_t type;
} file_systems[] = {
    {0xef53, "EXT4", DRIVE_KIND_FIXED},       {0x58465342, "XFS", DRIVE_KIND_FIXED},
    {0x9123683e, "BTRFS", DRIVE_KIND_FIXED},  {0x01021994, "TMPFS", DRIVE_KIND_MEMORY},
    {0x858458f6, "RAMFS", DRIVE_KIND_MEMORY}, {0x794c7630, "OVERLAY", DRIVE_KIND_FIXED},
    {0xf2f52010, "F2FS", DRIVE_KIND_FIXED},   {0x2fc12fc1, "ZFS", DRIVE_KIND_FIXED},
    {0x4d44, "FAT32", DRIVE_KIND_FIXED},      {0x2011bab0, "exFAT", DRIVE_KIND_FIXED},
    {0x7366746e, "NTFS", DRIVE_KIND_FIXED},   {0x9660, "CDFS", DRIVE_KIND_OPTICAL},
    {0x6969, "NFS", DRIVE_KIND_REMOTE},       {0xff534d42, "CIFS", DRIVE_KIND_REMOTE},
    {0xfe534d42, "SMB2", DRIVE_KIND_REMOTE},  {0x01021997, "9P", DRIVE_KIND_REMOTE},
};

int32_t path_space(const char *path, struct path_space *space)
{
    struct statfs fs;
    struct statvfs vfs;
    if (statfs(path, &fs) != 0 || statvfs(path, &vfs) != 0)
        return path_status(path, errno);
    *space = (struct path_space){
        .total = (uint64_t)vfs.f_blocks * vfs.f_frsize,
        .free = (uint64_t)vfs.f_bfree * vfs.f_frsize,
        .available = (uint64_t)vfs.f_bavail * vfs.f_frsize,
        .sector = 512,
        .cluster = (uint32_t)vfs.f_frsize,
        .type = DRIVE_KIND_FIXED,
        .serial = (uint32_t)vfs.f_fsid,
        .name_bytes = (uint32_t)vfs.f_namemax,
        .file_system = "UNKNOWN",
        .read_only = vfs.f_flag & ST_RDONLY,
    };
    for (size_t i = 0; i < sizeof file_systems / sizeof *file_systems; i++) {
        if ((uint32_t)fs.f_type == file_systems[i].magic) {
            space->file_system = file_systems[i].name;
            space->type = file_systems[i].type;
        }
    }
    if (space->cluster < space->sector)
        space->sector = space->cluster;
    return STATUS_SUCCESS;
}
