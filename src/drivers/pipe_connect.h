/* SPDX-License-Identifier: MIT */
/* What pipe_link.c and pipe_connect.c have of each other. */
#ifndef DRIVERS_PIPE_CONNECT_H
#define DRIVERS_PIPE_CONNECT_H

#include "drivers/pipe_link.h"

struct pipe_link *pipe_link_new(bool server, bool message, struct pipe_shared *shared);
void pipe_link_size_buffer(struct pipe_link *link);

/* Removes a listening instance's entries from its directory. */
void pipe_unpublish(struct pipe_link *link);

#endif
