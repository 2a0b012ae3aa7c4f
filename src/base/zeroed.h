/* SPDX-License-Identifier: MIT */
/* Zeroed memory for what is made and freed with each request. glibc before 2.41 serves malloc from the thread's cache, but not calloc: of small
 * blocks, made and freed in turn, malloc and a memset cost a third. */
#ifndef BASE_ZEROED_H
#define BASE_ZEROED_H

#include <stdlib.h>
#include <string.h>

/* NULL: no memory. free() frees it. */
static inline void *zeroed(size_t size)
{
    void *memory = malloc(size);
    __asm__("" : "+r"(memory)); /* or the compiler makes it a calloc again */
    return memory == NULL ? NULL : memset(memory, 0, size);
}

#endif
