/* SPDX-License-Identifier: MIT */
/* The table that exports.py makes of exports.def: one row per exported Windows name, sorted by name.
 * GetProcAddress and the import check of drivers look in it. */
#ifndef BASE_EXPORTS_H
#define BASE_EXPORTS_H

struct export_row {
    const char *module; /* "kernel32"; "-" for our own names */
    const char *name;   /* the Windows name */
    void (*function)(void);
};

extern const struct export_row export_rows[];
extern const unsigned export_row_count;

#endif
