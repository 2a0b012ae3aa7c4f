/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_TMH_H
#define TOOLS_TMH_H

#include <limits.h>

struct tmh_places {
    char traces[PATH_MAX]; /* a directory for -isystem, or "" */
    char names[PATH_MAX];  /* one for -I, or "" */
};

/* Makes the .tmh files that the sources of a command line include and that do not exist, and
 * headers that lead to those that Windows would find: their includes have another case or
 * backslashes. Names that `headers` (ours) or the system has are left alone. The files stay, under
 * a name that their text decides: depfiles name them, and compiles at the same time do not meet. 0,
 * or 1 after a complaint. */
int tmh_prepare(int argc, char **argv, const char *headers, struct tmh_places *places);

/* -scan:FILE and -func:SPEC, which the compiler must not see. */
int tmh_option(const char *word);

#endif
