/* SPDX-License-Identifier: MIT */
/* Messages of WPP as text. */
#ifndef WDM_WPP_H
#define WDM_WPP_H
#include <stdbool.h>

#include "base/format.h"

/* Where a message stands, and what its configuration says of it. `types`:
 * "NAME=KIND:item,item=5,...;" for each custom type, KIND being L (a list) or S (a set of bits). */
struct ovl_wpp_complex;

struct wpp_site {
    const char *level, *flags, *prefix, *suffix, *types;
    const char *file, *function;
    unsigned line;
    const struct ovl_wpp_complex *complexes; /* up to one without a name; or NULL */
};

/* Appends `format` with its values. False: the rest of the values cannot be found, because a type
 * in the format is not known. */
bool wpp_print(struct format_target *target, const char *format, const struct wpp_site *site,
               struct format_args *args);
/* The complex type with that name, or NULL. */
const struct ovl_wpp_complex *wpp_complex_find(const struct wpp_site *site, const char *name,
                                               size_t length);
struct _GUID;
void wpp_put_guid(struct format_target *target, const struct _GUID *guid);
void wpp_put(struct format_target *target, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
