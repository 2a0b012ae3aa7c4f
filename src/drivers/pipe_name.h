/* SPDX-License-Identifier: MIT */
/* From a pipe's name to the name of its directory, and what stands in that directory. Pure
 * functions. */
#ifndef DRIVERS_PIPE_NAME_H
#define DRIVERS_PIPE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PIPE_NAME_MAX = 256, /* characters (UTF-16 units), as documented */
    PIPE_KEY_BYTES = 200 /* of a directory's name, with the NUL */
};

/* The directory of the pipe called `name` (UTF-8): case does not matter, whatever Linux or a reader
 * of `ls` would trip over is escaped, and long names end in a hash. false: no pipe can be called
 * so. */
bool pipe_key(const char *name, char key[PIPE_KEY_BYTES]);

/* The entries of a pipe's directory. `id` is the server's process and a number. */
enum pipe_entry_kind {
    PIPE_ENTRY_OTHER,
    PIPE_ENTRY_FREE,    /* l.PID.N: the socket of an instance that waits for a client */
    PIPE_ENTRY_CLAIMED, /* c.PID.N.CLIENT: the same, taken by the process CLIENT, which is
                           connecting */
    PIPE_ENTRY_PAGE,    /* p.PID.N: the page that both ends of that instance share */
    PIPE_ENTRY_SERVER,  /* s.PID: a process with instances; locked while it lives; how many */
};

struct pipe_entry {
    enum pipe_entry_kind kind;
    uint32_t server;
    uint64_t number;
    uint32_t client;
};

enum { PIPE_ENTRY_BYTES = 64 };

void pipe_entry_parse(const char *text, struct pipe_entry *entry);
void pipe_entry_format(const struct pipe_entry *entry, char text[PIPE_ENTRY_BYTES]);

#endif
