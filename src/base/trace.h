/* SPDX-License-Identifier: MIT */
/* Seeing what happens: one line per event, to standard error or the file named by OVERLAPPED_TRACE_FILE, for
 * the categories named in OVERLAPPED_TRACE (irp,apc,port,wait,file,handle,driver,unsupported,usb,urb or all). Costs
 * one load and a branch where it is off. */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdatomic.h>
#include <stdint.h>

enum trace_category {
    TRACE_IRP = 1 << 0,
    TRACE_APC = 1 << 1,
    TRACE_PORT = 1 << 2,
    TRACE_WAIT = 1 << 3,
    TRACE_FILE = 1 << 4,
    TRACE_HANDLE = 1 << 5,
    TRACE_DRIVER = 1 << 6,
    TRACE_UNSUPPORTED = 1 << 7,
    TRACE_USB = 1 << 8,
    TRACE_URB = 1 << 9,
    TRACE_UNREAD = 1 << 31, /* the environment has not been looked at */
};

enum trace_event {
#define TRACE_EVENT(name, category, fields) trace_id_##name,
#include "base/trace.def"
#undef TRACE_EVENT
};

enum { TRACE_FIELDS_MAX = 6 };

extern _Atomic uint32_t trace_mask;
void trace_write(enum trace_event event, uint32_t category, const uint64_t fields[TRACE_FIELDS_MAX]);

/* A line in words, for what has no fixed fields. */
void trace_note(enum trace_category category, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* trace_on(PORT) is true where a note in that category would be written. */
#define trace_on(category)                                                                         \
    __builtin_expect((atomic_load_explicit(&trace_mask, memory_order_relaxed) &                    \
                      ((uint32_t)TRACE_##category | (uint32_t)TRACE_UNREAD)) != 0,                 \
                     0)

/* TRACE(PORT, port_queued, a, b, ...): the fields of trace.def, each an integer or a pointer. */
#define TRACE(category, event, ...)                                                                \
    do {                                                                                           \
        if (trace_on(category))                                                                    \
            trace_write(trace_id_##event, TRACE_##category,                                        \
                        (const uint64_t[TRACE_FIELDS_MAX]){__VA_ARGS__});                          \
    } while (0)
#define TRACE_POINTER(pointer) ((uint64_t)(uintptr_t)(pointer))

#endif
