/* SPDX-License-Identifier: MIT */
/* Semaphores: a counting dispatcher and its maximum. */
#include <stdlib.h>

#include "nt/sync.h"

static void semaphore_destroy(struct object *object)
{
    free(container_of(object, struct semaphore, object));
}

const struct object_type semaphore_type = {
    .name = "Semaphore",
    .valid_access = 0x1f0003,
    .generic_read = 0x20001,
    .generic_write = 0x20002,
    .generic_execute = 0x120000,
    .dispatcher_offset = offsetof(struct semaphore, dispatcher),
    .handle_closed = object_name_drop,
    .destroy = semaphore_destroy,
};

struct semaphore *semaphore_create(int32_t initial, int32_t maximum)
{
    struct semaphore *semaphore = malloc(sizeof *semaphore);
    if (semaphore == NULL)
        return NULL;
    object_init(&semaphore->object, &semaphore_type);
    dispatcher_init(&semaphore->dispatcher, DISPATCHER_SEMAPHORE, initial);
    semaphore->maximum = maximum;
    return semaphore;
}
