/* SPDX-License-Identifier: MIT */
/* How a driver is named to the loader: PATH[,inf=FILE][,id=ID]...[,reg=FILE]. Pure. */
#ifndef WDM_DRIVER_SPEC_H
#define WDM_DRIVER_SPEC_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { DRIVER_SPEC_IDS = 2048 };

struct driver_spec {
    char path[PATH_MAX];
    char inf[PATH_MAX]; /* "": not given */
    char reg[PATH_MAX];
    char ids[DRIVER_SPEC_IDS]; /* strings one behind the other, an empty one ends them */
};

/* false: an option's value is empty or too long, or there is no path; *wrong points at it in `text`. */
bool driver_spec_parse(const char *text, size_t length, struct driver_spec *spec, const char **wrong);

/* OVERLAPPED_DRIVERS: the next item of a list with ';' or ':' between, its length in *length; NULL: none is left. */
const char *driver_spec_next(const char *list, size_t *length);

#endif
