/* SPDX-License-Identifier: MIT */
/* Windows' file attributes and times on Linux files. Read-only is the absence of every write
 * permission; hidden, system, archive and the like are kept in the extended attribute
 * user.overlapped.attributes where the file system has those. */
#ifndef DRIVERS_ATTRIBUTE_H
#define DRIVERS_ATTRIBUTE_H

#include <sys/stat.h>

#include "drivers/driver.h"
#include "drivers/path.h"

/* Of an open descriptor (also O_PATH), or, with fd -1, of a path. Follows links unless `link` is
 * set. */
int32_t attribute_read(int fd, const char *path, bool link, struct path_info *info);

/* What a new file gets: `attributes` plus ARCHIVE. Losing the marks is no failure. */
void attribute_write_new(int fd, uint32_t attributes);

/* `attributes` 0 and times 0 stay as they are. */
int32_t attribute_write(int fd, const char *path, const struct file_basic *basic);

uint64_t time_from_unix(int64_t seconds, uint32_t nanoseconds);

#endif
