/* SPDX-License-Identifier: MIT */
/* Directories under Microsoft's names. */
#ifndef OVL_CRT_DIRECT
#define OVL_CRT_DIRECT
#include "ovl_crt.h"
#include <sys/stat.h>
#include <unistd.h>
OVL_BEGIN_C
int _mkdir(const char *name) OVL_SYMBOL(ovl_crt__mkdir);
int _rmdir(const char *name) OVL_SYMBOL(ovl_crt__rmdir);
int _chdir(const char *name) OVL_SYMBOL(ovl_crt__chdir);
OVL_END_C
#define _getcwd(buffer, size) getcwd((buffer), (size_t)(size))

#endif
