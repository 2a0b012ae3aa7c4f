/* SPDX-License-Identifier: MIT */
/* From a Windows name to what it means here, by one table: drive letters and network shares are
 * directories, `\\.\X` is a device, a POSIX path is itself. Pure functions on buffers, but for
 * name_table_system, which reads the configuration once. */
#ifndef NT_NAME_H
#define NT_NAME_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

#include "drivers/drivers.h"

enum { NAME_BYTES = 4096 }; /* with the NUL; what Linux takes */

struct name_share {
    struct name_share *next;
    char *unc; /* "server\share" */
    char *directory;
};

struct name_table {
    char *drives[26]; /* directories without a slash at the end ("" is the root); NULL: no such
                         drive */
    struct name_share *shares;
    char host[65]; /* this machine's name, which "\\name\pipe\..." may spell */
};

struct name {
    enum device_kind kind;
    uint32_t number;       /* COMn, LPTn, PHYSICALDRIVEn: n; DEVICE_DRIVE: 0 for A */
    char text[NAME_BYTES]; /* UTF-8: a POSIX path, the pipe's name, the device's name;
                              NUL-terminated */
};

/* The defaults: C: is the root directory. STATUS_NO_MEMORY. */
int32_t name_table_init(struct name_table *table);
void name_table_free(struct name_table *table);

/* Reads lines `X: /directory` and `\\server\share /directory`; `#` begins a comment, other lines
 * mean nothing here. A drive of `-` is taken away. */
int32_t name_table_parse(struct name_table *table, const char *text, size_t length);

/* The process's table: the defaults and $OVERLAPPED_NAMES, or names.conf in ~/.config/overlapped.
 */
const struct name_table *name_table_system(void);

/* Resolves `source` (UTF-8, `length` bytes). STATUS_OBJECT_NAME_INVALID,
 * STATUS_OBJECT_PATH_NOT_FOUND (an empty name, a drive that is not there), STATUS_BAD_NETWORK_PATH,
 * STATUS_NAME_TOO_LONG. */
int32_t name_resolve(const struct name_table *table, const char *source, size_t length,
                     struct name *name);
int32_t name_resolve_wide(const struct name_table *table, const char16_t *source, size_t length,
                          struct name *name);

/* The Windows form of an absolute POSIX path: `C:\...` by the drive with the longest directory.
 * Returns the bytes it has without the NUL; writes (and terminates) only if they are fewer than
 * `capacity`. */
size_t name_to_windows(const struct name_table *table, const char *path, char *to, size_t capacity);

#endif
