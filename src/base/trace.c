/* SPDX-License-Identifier: MIT */
/* Writes trace lines: `seconds thread event field=value ...`, each with one write(2), so that lines of several
 * threads never mix. The environment is read at the first event. */
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/futex.h"

_Atomic uint32_t trace_mask = (uint32_t)TRACE_UNREAD;
static _Atomic int trace_fd = STDERR_FILENO;

enum { LINE_MAX_BYTES = 512 };

static const struct {
    const char *name;
    const char *fields;
} events[] = {
#define TRACE_EVENT(name, category, fields) {#name, fields},
#include "base/trace.def"
#undef TRACE_EVENT
};

static const char *const majors[] = {"read", "write", "control", "flush", "lock", "listen", "socket", "usb"};

static uint32_t category_from_name(const char *name, size_t length)
{
    static const char *const names[] = {"irp",  "apc",    "port",   "wait",
                                        "file", "handle", "driver", "unsupported", "usb", "urb"};
    if (length == 3 && memcmp(name, "all", 3) == 0)
        return (1u << (sizeof names / sizeof *names)) - 1;
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return 1u << i;
    return 0;
}

static uint32_t trace_start(void)
{
    uint32_t mask = 0;
    const char *list = getenv("OVERLAPPED_TRACE");
    for (const char *at = list; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ",");
        mask |= category_from_name(at, length);
        at += length + (at[length] == ',');
    }
    const char *path = getenv("OVERLAPPED_TRACE_FILE");
    if (mask != 0 && path != NULL) {
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd >= 0)
            atomic_store(&trace_fd, fd);
    }
    uint32_t unread = (uint32_t)TRACE_UNREAD;
    atomic_compare_exchange_strong(&trace_mask, &unread, mask);
    return atomic_load(&trace_mask);
}

static bool trace_wanted(uint32_t category)
{
    uint32_t mask = atomic_load(&trace_mask);
    if (mask & (uint32_t)TRACE_UNREAD)
        mask = trace_start();
    return (mask & category) != 0;
}

static void line_send(char *line, size_t length)
{
    if (length >= LINE_MAX_BYTES)
        length = LINE_MAX_BYTES - 1;
    line[length++] = '\n';
    ssize_t written = write(atomic_load(&trace_fd), line, length);
    (void)written; /* a trace that cannot be written must not change what is traced */
}

static size_t line_begin(char *line, size_t size, const char *event)
{
    uint64_t now = clock_now_ns();
    int length = snprintf(line, size, "%llu.%06llu %ld %s",
                          (unsigned long long)(now / 1000000000), (unsigned long long)(now / 1000 % 1000000),
                          (long)gettid(), event);
    return (size_t)length;
}

/* " name=value" for one field of the form name:type; returns the bytes that it needed. */
static size_t field_print(char *out, size_t size, const char *field, size_t name_length, char type,
                          uint64_t value)
{
    int length;
    if (type == 'm' && value < sizeof majors / sizeof *majors)
        length = snprintf(out, size, " %.*s=%s", (int)name_length, field, majors[value]);
    else if (type == 's')
        length = snprintf(out, size, " %.*s=0x%08x", (int)name_length, field, (unsigned)value);
    else
        length = snprintf(out, size, type == 'x' ? " %.*s=0x%llx" : " %.*s=%llu", (int)name_length,
                          field, (unsigned long long)value);
    return (size_t)length;
}

void trace_write(enum trace_event event, uint32_t category, const uint64_t fields[TRACE_FIELDS_MAX])
{
    int saved = errno;
    if (!trace_wanted(category))
        return;
    char line[LINE_MAX_BYTES + 1];
    size_t length = line_begin(line, LINE_MAX_BYTES, events[event].name);
    const char *at = events[event].fields;
    for (int i = 0; i < TRACE_FIELDS_MAX && *at != '\0' && length < LINE_MAX_BYTES; i++) {
        size_t name = strcspn(at, ":");
        length += field_print(line + length, LINE_MAX_BYTES - length, at, name, at[name + 1],
                              fields[i]);
        at += name + 2;
        at += *at == ' ';
    }
    line_send(line, length);
    errno = saved;
}

void trace_note(enum trace_category category, const char *format, ...)
{
    int saved = errno;
    if (!trace_wanted((uint32_t)category))
        return;
    char line[LINE_MAX_BYTES + 1];
    size_t length = line_begin(line, LINE_MAX_BYTES, "note ");
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(line + length, LINE_MAX_BYTES - length, format, arguments);
    va_end(arguments);
    line_send(line, length + (more > 0 ? (size_t)more : 0));
    errno = saved;
}
