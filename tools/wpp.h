/* SPDX-License-Identifier: MIT */
/* WPP's preprocessor: the trace functions that begin_wpp blocks of a source and its headers define,
 * as macros in a .tmh. Used by ovcc, which makes the .tmh files that a source includes and nobody
 * has, and by `ovl wpp`. */
#ifndef TOOLS_WPP_H
#define TOOLS_WPP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct wpp_strings {
    char **items;
    size_t count, room;
};

enum { WPP_ARGUMENTS = 16 };

struct wpp_function {
    char *name;
    char *preset_names[WPP_ARGUMENTS], *preset_values[WPP_ARGUMENTS];
    size_t preset_count;
    char *arguments[WPP_ARGUMENTS]; /* MSG and ... among them */
    size_t argument_count;
    bool defined; /* not just given a prefix */
    bool doubled; /* TRACE((LEVEL, MSG, ...)) */
    char *prefix, *prefix_values, *suffix,
        *suffix_values; /* literals, and what follows them; or NULL */
};

struct wpp_type {
    char *name, *kind, *items; /* "ItemListLong", "a,b,c" */
};

/* DEFINE_CPLX_TYPE */
struct wpp_complex {
    char *name, *macro, *type, *item;
};

struct wpp {
    struct wpp_function *functions;
    size_t function_count;
    struct wpp_type *types;
    size_t type_count;
    struct wpp_complex *complexes;
    size_t complex_count;
    struct wpp_strings directories;  /* -I */
    struct wpp_strings paths, texts; /* of the files that were read */
    struct wpp_strings macros;       /* -D of `ovl wpp`: "NAME" or "NAME=VALUE" */
    struct wpp_strings headers;      /* the .tmh files that nobody has */
    /* Includes as they are spelled and the file that Windows would find: another case, or
     * backslashes. */
    struct wpp_strings spelled, meant;
    const char *tool; /* who complains */
};

void wpp_begin(struct wpp *wpp, const char *tool);
void wpp_end(struct wpp *wpp);
void wpp_string_add(struct wpp_strings *strings, const char *text, size_t length);

/* Reads a source, and the headers that it includes and that can be found. 0, or 1 after a
 * complaint. */
int wpp_read(struct wpp *wpp, const char *path);

/* A statement of a configuration block, without comment marks. 0, or 1 after a complaint. */
int wpp_statement(struct wpp *wpp, const char *text, const char *path, unsigned line);

/* 0, or EOF as of stdio. */
int wpp_print(const struct wpp *wpp, FILE *to);

#endif
