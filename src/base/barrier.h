/* SPDX-License-Identifier: MIT */
/* Asymmetric fences: one side of a pair makes plain stores and loads, the other makes all running threads of the
 * process execute a fence (membarrier(2), about a microsecond). For what happens often against what happens
 * seldom: unlocking against going to sleep, looking a handle up against destroying its object. */
#ifndef BASE_BARRIER_H
#define BASE_BARRIER_H

#include <stdbool.h>

/* false where the kernel refuses it (then nothing was fenced). Safe in a forked child. */
bool barrier_all(void);

#endif
