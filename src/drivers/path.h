/* SPDX-License-Identifier: MIT */
/* What can be done with a name that is not open: look, change, remove, move, list. All paths are
 * POSIX, UTF-8; what is not found is tried again ignoring case. */
#ifndef DRIVERS_PATH_H
#define DRIVERS_PATH_H

#include <stddef.h>

#include "drivers/driver.h"

enum { PATH_BYTES = 4096 };

struct path_info {
    struct file_basic basic;
    struct file_standard standard;
    struct file_identity identity;
};

/* If nothing is at `path` (PATH_BYTES large), each part that does not exist becomes the entry of
 * its directory that differs only in case, as far as there is one. */
void path_locate(char *path);

/* What ENOENT and its like mean for a name: STATUS_OBJECT_NAME_NOT_FOUND, or ...PATH_NOT_FOUND when
 * its directory is missing. */
int32_t path_status(const char *path, int error);

int32_t path_get(const char *path, struct path_info *info);
int32_t path_set_attributes(const char *path, uint32_t attributes);
int32_t path_delete(const char *path);
int32_t path_make_directory(const char *path);
int32_t path_remove_directory(const char *path);
/* STATUS_NOT_SAME_DEVICE for a move between file systems. */
int32_t path_move(const char *from, const char *to, bool replace);
/* The same through a handle: its own share mode does not stand in its way. */
int32_t path_rename(const char *from, const char *to, bool replace);
int32_t path_copy(const char *from, const char *to, bool fail_if_exists);
int32_t path_change_current(const char *path);
int32_t path_current(char path[PATH_BYTES]);
/* An absolute path without `.`, `..` and double slashes, by its spelling. */
int32_t path_absolute(const char *path, char absolute[PATH_BYTES]);

struct path_space {
    uint64_t total, free, available; /* bytes */
    uint32_t sector, cluster;        /* bytes */
    uint32_t type; /* GetDriveType's: 2 removable, 3 fixed, 4 remote, 6 RAM disk */
    uint32_t serial, name_bytes;
    const char *file_system;
    bool read_only;
};
int32_t path_space(const char *path, struct path_space *space);

/* A directory's entries, in the directory's order. */
struct path_list;
int32_t path_list_open(const char *directory, struct path_list **list);
/* STATUS_NO_MORE_FILES at the end. What vanished meanwhile is left out. */
int32_t path_list_next(struct path_list *list, char name[256], struct path_info *info);
void path_list_close(struct path_list *list);

#endif
