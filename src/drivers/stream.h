/* SPDX-License-Identifier: MIT */
/* Descriptors that are no disk files: FIFOs, terminals, character devices, sockets, and the
 * standard handles whatever they are. */
#ifndef DRIVERS_STREAM_H
#define DRIVERS_STREAM_H

#include "drivers/driver.h"

struct stat;

extern const struct driver stream_driver;

/* Takes the descriptor over, also when it fails. `inherited`: its status flags belong to other
 * processes too, so O_NONBLOCK is never set on it. */
int32_t stream_create(int fd, const struct stat *st, uint32_t flags, bool inherited,
                      struct file **file);

/* A standard handle's file object: the descriptor is duplicated, its flags are left alone. *access:
 * what it allows. */
int32_t stream_inherit(int fd, uint32_t *access, struct file **file);

#endif
