/* SPDX-License-Identifier: MIT */
/* Where the instances of a named pipe meet their clients: a directory per name in the runtime
 * directory. Whoever creates or removes an instance holds the lock of its `info` file; clients take
 * no lock. */
#ifndef DRIVERS_PIPE_PLACE_H
#define DRIVERS_PIPE_PLACE_H

#include "drivers/pipe.h"
#include "drivers/pipe_name.h"

/* This process's share in one name: kept from its first instance to its last. */
struct pipe_place {
    struct list link;
    char key[PIPE_KEY_BYTES];
    struct pipe_params params;
    int directory, info, presence;
    int32_t owner;      /* a forked child closes its copies and changes nothing */
    uint32_t instances; /* of this process; under the lock of all places */
    _Atomic uint64_t next_id;
};

/* Enters one more instance. `params` must be like those of the instances that exist. */
int32_t pipe_place_join(const char *name, const struct pipe_params *params, bool first,
                        struct pipe_place **place);
void pipe_place_leave(struct pipe_place *place);

/* The open directory of `name` and its parameters, for clients. STATUS_OBJECT_NAME_NOT_FOUND. */
int32_t pipe_place_visit(const char *name, struct pipe_params *params, int *directory);

/* Whether the process `server` lives and has instances here. */
bool pipe_server_lives(int directory, uint32_t server);

/* Instances of all living servers; 0: the pipe does not exist, whatever lies about. */
uint32_t pipe_count_instances(int directory);

/* Calls `visit` for each entry until it returns true; whether it did. */
bool pipe_each_entry(int directory,
                     bool (*visit)(int directory, const char *text, const struct pipe_entry *entry,
                                   void *context),
                     void *context);

/* The path by which sockets are bound and reached: it fits where a full one may not. */
enum { PIPE_PATH_BYTES = 108 };
void pipe_socket_path(int directory, const char *entry, char path[PIPE_PATH_BYTES]);

#endif
