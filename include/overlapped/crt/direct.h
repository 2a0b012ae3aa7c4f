/* SPDX-License-Identifier: MIT */
/* Directories under Microsoft's names. */
#ifndef OVL_CRT_DIRECT
#define OVL_CRT_DIRECT
#include "ovl_crt.h"
#include <sys/stat.h>
#include <unistd.h>
#define _mkdir(name)        mkdir((name), 0777)
#define _rmdir              rmdir
#define _chdir              chdir
#define _getcwd(buffer, size) getcwd((buffer), (size_t)(size))

#endif
