/* SPDX-License-Identifier: MIT */
/* From a resolved name to a handle, and the few questions about a file object that no driver
 * answers. */
#ifndef NT_OPEN_H
#define NT_OPEN_H

#include "nt/file.h"
#include "nt/name.h"

/* Opens what `name` means: a registered device of that name first, then the built-in class. Of
 * `request` the caller fills access (specific rights), share, disposition, flags and attributes. */
int32_t nt_open_name(const struct name *name, struct open_request *request, bool inherit,
                     uint64_t *handle);

/* A handle to a descriptor that the process was born with; the descriptor is duplicated, its flags
 * are left alone. */
int32_t nt_open_descriptor(int fd, uint64_t *handle);

/* SetFilePointerEx: `origin` 0 start, 1 current, 2 end. SEEK_BEFORE_START, STATUS_INVALID_PARAMETER
 * for a position that unbuffered I/O cannot use, STATUS_INVALID_DEVICE_REQUEST for what has no file
 * pointer. */
#define SEEK_BEFORE_START ((int32_t)0xC0070083) /* no status is published for ERROR_NEGATIVE_SEEK  \
                                                 */
int32_t nt_file_seek(uint64_t handle, int64_t distance, uint32_t origin, int64_t *position);

/* enum file_kind. */
int32_t nt_file_kind(uint64_t handle, uint32_t *kind);

#endif
