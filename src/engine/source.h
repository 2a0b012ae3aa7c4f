/* SPDX-License-Identifier: MIT */
/* What the reactor asks of sources. */
#ifndef ENGINE_SOURCE_H
#define ENGINE_SOURCE_H

#include <stdint.h>

/* Notes an event (EPOLL* bits) of the source with this id, if it is still there, and attempts and
 * completes what it lets proceed. No lock held. */
void source_run(uint64_t id, uint32_t events);

#endif
