/* SPDX-License-Identifier: MIT */
/* What the crt_*.c files share. Their functions are the C runtime's under symbols of our own: programs
 * reach them by the assembler labels in include/overlapped/crt/, GetProcAddress by exports.def. */
#ifndef WIN32_CRT_H
#define WIN32_CRT_H

#include <stddef.h>
#include <stdio.h>
#include <uchar.h>

/* Declares and begins a function that no header of the library's own declares. */
#define CRT(type, name, ...) \
    type name(__VA_ARGS__);  \
    type name(__VA_ARGS__)

#define CRT_TRUNCATE ((size_t)-1)
#define CRT_STRUNCATE 80

/* What Microsoft's runtime does on a bad argument: sets errno and calls the program's handler, if any.
 * Without one it ends the process; here the function returns the error. Returns `error`. */
int crt_invalid(int error);

/* A 16-bit string as UTF-8, allocated; NULL without memory (errno is set) or for NULL. */
char *crt_narrow(const char16_t *text);
/* The way back into a buffer of `size` units; returns the units needed with the terminator. */
size_t crt_widen(char16_t *to, size_t size, const char *from);

/* One character of UTF-8 from the stream as one or two units; the second waits for the next call. */
int crt_get_unit(FILE *stream);
void crt_unget_unit(FILE *stream, int unit);

#endif
