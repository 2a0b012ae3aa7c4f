/* SPDX-License-Identifier: MIT */
/* The configuration file: $OVERLAPPED_NAMES, else overlapped/names.conf in $XDG_CONFIG_HOME or
 * ~/.config. Each reader takes the lines that it knows and leaves the others alone. */
#ifndef DRIVERS_CONFIGURATION_H
#define DRIVERS_CONFIGURATION_H

#include <stddef.h>

/* The whole text (not more than 64 KiB), to be freed; NULL: no file, or no memory. */
char *configuration_read(size_t *length);

#endif
