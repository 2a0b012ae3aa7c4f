/* SPDX-License-Identifier: MIT */
/* Microsoft's printf and scanf as pure functions on buffers, for char and for 16-bit strings. `l` means
 * 32 bits, as Windows' long has; I64, I32, I, ll, z, t, j are known; S and C are of the other width. */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* So that a va_list can be passed by address: it may be an array. */
struct format_args {
    va_list list;
};

struct format_target {
    void *units; /* char or char16_t, as `wide` says; may be NULL when capacity is 0 */
    size_t capacity;
    size_t used;
    size_t total; /* units produced in all, also those that did not fit */
    bool wide;
    bool failed;
    /* Empties the buffer when it is full; NULL for a fixed buffer, where the rest is only counted.
     * Returns how many units it took (it may leave half a surrogate pair); 0 is failure. */
    size_t (*drain)(void *context, const void *units, size_t count);
    void *context;
};

/* `format` has the target's width. Returns the total, or -1: bad format (%n is one), a failed drain,
 * no memory, or more than INT_MAX units. Nothing is terminated. */
int format_print(struct format_target *target, const void *format, struct format_args *args);

struct scan_source {
    /* The next character (a code point for a wide source, a byte for a narrow one), or -1 at the end. */
    int (*next)(void *context);
    void (*back)(void *context, int character); /* never more than one */
    void *context;
    bool wide;
    bool sized; /* the _s functions: c, s and [ take their buffer's size after its address */
};

/* Returns the number of assignments, or -1 when the input ends before the first one. */
int scan_input(struct scan_source *source, const void *format, struct format_args *args);

#endif
