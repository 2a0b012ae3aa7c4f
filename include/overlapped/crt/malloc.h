/* SPDX-License-Identifier: MIT */
/* libc's malloc.h with Microsoft's aligned allocation. What _aligned_malloc gave, _aligned_free takes. */
#ifndef OVL_CRT_MALLOC
#define OVL_CRT_MALLOC
#include "ovl_crt.h"
#include_next <malloc.h>
#include <alloca.h>

OVL_BEGIN_C
void *_aligned_malloc(size_t size, size_t alignment) OVL_SYMBOL(ovl_crt__aligned_malloc);
void *_aligned_realloc(void *block, size_t size, size_t alignment)
    OVL_SYMBOL(ovl_crt__aligned_realloc);
void _aligned_free(void *block) OVL_SYMBOL(ovl_crt__aligned_free);
OVL_END_C

#define _alloca      alloca
#define _malloca(n)  malloc(n)
#define _freea(p)    free(p)
#define _msize       malloc_usable_size

#endif
