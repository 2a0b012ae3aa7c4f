/* SPDX-License-Identifier: MIT */
/* The directory in which the processes of one user meet. */
#ifndef DRIVERS_RUNTIME_H
#define DRIVERS_RUNTIME_H

/* A descriptor of the directory `part` below $XDG_RUNTIME_DIR/overlapped or /tmp/overlapped-UID,
 * both made if they are not there, or -errno. -EPERM: what is there is not ours alone. */
int runtime_open(const char *part);

#endif
