/* SPDX-License-Identifier: MIT */
/* Events: a dispatcher with a handle. Setting and waiting are its own (nt/dispatcher.c). */
#include <stdlib.h>

#include "nt/sync.h"

static void event_destroy(struct object *object)
{
    free(container_of(object, struct event, object));
}

const struct object_type event_type = {
    .name = "Event",
    .valid_access = 0x1f0003,
    .generic_read = 0x20001,
    .generic_write = 0x20002,
    .generic_execute = 0x120000,
    .dispatcher_offset = offsetof(struct event, dispatcher),
    .handle_closed = object_name_drop,
    .destroy = event_destroy,
};

struct event *event_create(bool manual, bool set)
{
    struct event *event = malloc(sizeof *event);
    if (event == NULL)
        return NULL;
    object_init(&event->object, &event_type);
    dispatcher_init(&event->dispatcher,
                    manual ? DISPATCHER_NOTIFICATION : DISPATCHER_SYNCHRONIZATION, set);
    return event;
}
