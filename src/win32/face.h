/* SPDX-License-Identifier: MIT */
/* What the faces share: handles as numbers, time-outs as deadlines, names as UTF-16. */
#ifndef WIN32_FACE_H
#define WIN32_FACE_H

#include <stdint.h>
#include <uchar.h>

#include "base/futex.h"
#include "nt/handle.h"
#include "nt/wait.h"
#include "ntstatus.h"
#include "win32/error.h"
#include "windows.h"

enum { NS_PER_MS = 1000000 };

static inline uint64_t handle_number(HANDLE handle)
{
    return (uint64_t)(uintptr_t)handle;
}

static inline HANDLE handle_pointer(uint64_t number)
{
    return (HANDLE)(uintptr_t)number;
}

/* 0 stays 0 ("only look") and INFINITE is WAIT_FOREVER; only what lies between asks the clock. */
static inline uint64_t deadline_from_ms(DWORD timeout_ms)
{
    if (timeout_ms == 0)
        return 0;
    return timeout_ms == INFINITE ? WAIT_FOREVER
                                  : clock_deadline_ns((uint64_t)timeout_ms * NS_PER_MS);
}

static inline uint32_t handle_flags_of(const SECURITY_ATTRIBUTES *attributes)
{
    return attributes != NULL && attributes->bInheritHandle ? HANDLE_INHERIT : 0;
}

/* The name of an ANSI call, as UTF-16; `name` NULL stays NULL. Longer ones are cut behind the point
 * where they are refused anyway. */
enum { FACE_NAME_UNITS = 300 };
struct face_name {
    char16_t units[FACE_NAME_UNITS];
};
const char16_t *face_name_from(struct face_name *buffer, const char *name);

/* CreateEvent and its like: gives a new object (NULL: no memory) its handle and name, and sets the
 * last error to what these calls document: 0 for a new one, ERROR_ALREADY_EXISTS for one that was
 * there. */
HANDLE face_publish(struct object *object, const char16_t *name, DWORD access,
                    const SECURITY_ATTRIBUTES *attributes);
HANDLE face_open(const char16_t *name, const struct object_type *type, DWORD access, BOOL inherit);

#endif
