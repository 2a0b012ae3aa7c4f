/* SPDX-License-Identifier: MIT */
/* The current process as an object. It can be waited for (nobody in it will see it signalled), duplicated
 * and named in DuplicateHandle; other processes come with CreateProcess. */
#include "nt/process.h"

#include <pthread.h>

struct process {
    struct object object;
    struct dispatcher dispatcher;
};

const struct object_type process_type = {
    .name = "Process",
    .valid_access = 0x1fffff,
    .generic_read = 0x20410,
    .generic_write = 0x20beb,
    .generic_execute = 0x121001,
    .dispatcher_offset = offsetof(struct process, dispatcher),
};

static struct process this_process;

static void process_init(void)
{
    object_init(&this_process.object, &process_type);
    dispatcher_init(&this_process.dispatcher, DISPATCHER_NOTIFICATION, 0);
}

struct object *process_self(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, process_init);
    return &this_process.object;
}
