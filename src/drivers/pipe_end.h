/* SPDX-License-Identifier: MIT */
/* An open end of a pipe. */
#ifndef DRIVERS_PIPE_END_H
#define DRIVERS_PIPE_END_H

#include "drivers/pipe_link.h"

struct pipe {
    struct file file;
    struct lock lock;       /* guards `link` and the links in requests (irp->driver[0]) */
    struct pipe_link *link; /* NULL: disconnected, servers only */
    bool server;
    struct pipe_params params;
    struct pipe_place *place; /* servers of named pipes */
    char *name;               /* clients of named pipes: to count the instances */
    _Atomic bool message_mode, nowait;
};

static inline struct pipe *pipe_of(struct file *file)
{
    return container_of(file, struct pipe, file);
}

/* The link, connected and referenced; STATUS_PIPE_DISCONNECTED, STATUS_PIPE_LISTENING. */
int32_t pipe_link_get(struct pipe *pipe, struct pipe_link **link);

/* The dispatch functions of pipe_request.c. */
int32_t pipe_read(struct irp *irp);
int32_t pipe_write(struct irp *irp);
int32_t pipe_flush(struct irp *irp);
int32_t pipe_control(struct irp *irp);
int32_t pipe_listen(struct irp *irp);

#endif
