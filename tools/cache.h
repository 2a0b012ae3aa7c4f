/* SPDX-License-Identifier: MIT */
/* The directory of what the tools make once and keep. */
#ifndef TOOLS_CACHE_H
#define TOOLS_CACHE_H

#include <limits.h>

/* It and what is above it, with mode 0700. 0, or -1 and errno. */
int directory_make(char *path);
int cache_directory(char path[PATH_MAX]);

#endif
