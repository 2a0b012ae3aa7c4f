/* SPDX-License-Identifier: MIT */
/* `ovl wpp`: the .tmh of each source, for builds that do not compile with ovcc. Options as tracewpp
 * has them. */
#include "../wpp.h"

#include "ovl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct choice {
    const char *directory; /* -odir: */
    const char *keep;      /* -preserveext: */
};

static int usage(void)
{
    return complain("usage: ovl wpp [-km|-um|-dll] [-scan:FILE] [-func:NAME(ARGS)] [-IDIR] "
                    "[-DMACRO[=TEXT]] [-odir:DIR] [-preserveext:EXT,...] FILE...");
}

/* "dir/Device.c" gives "Device.tmh"; with an ending that is kept, "Device.h.tmh". */
static void name_make(const struct choice *choice, const char *source, char name[PATH_MAX])
{
    const char *slash = strrchr(source, '/'), *file = slash == NULL ? source : slash + 1,
               *dot = strrchr(file, '.');
    int length = dot == NULL ? (int)strlen(file) : (int)(dot - file);
    size_t ending = dot == NULL ? 0 : strlen(dot);
    for (const char *at = choice->keep; dot != NULL && at != NULL && *at != '\0';) {
        size_t item = strcspn(at, ",");
        if (item == ending && strncmp(at, dot, item) == 0)
            length = (int)strlen(file);
        at += item + (at[item] == ',');
    }
    snprintf(name, PATH_MAX, "%s/%.*s.tmh", choice->directory, length, file);
}

static int header_write(const struct wpp *wpp, const char *name)
{
    FILE *file = fopen(name, "we");
    if (file == NULL)
        return complain("%s: %s", name, strerror(errno));
    if ((wpp_print(wpp, file) | fclose(file)) != 0) {
        remove(name);
        return complain("%s: it cannot be written", name);
    }
    return 0;
}

/* What goes for all sources. 0: it is no option; -1: it is a wrong one. */
static int option_read(struct wpp *wpp, struct choice *choice, const char *word)
{
    char statement[4096];
    if (*word != '-')
        return 0;
    if (strcmp(word, "-km") == 0 || strcmp(word, "-um") == 0 || strcmp(word, "-dll") == 0)
        return 1; /* the same macros serve all three */
    if (strncmp(word, "-odir:", 6) == 0)
        choice->directory = word + 6;
    else if (strncmp(word, "-preserveext:", 13) == 0)
        choice->keep = word + 13;
    else if (strncmp(word, "-I", 2) == 0 && word[2] != '\0')
        wpp_string_add(&wpp->directories, word + 2, strlen(word + 2));
    else if (strncmp(word, "-D", 2) == 0 && word[2] != '\0')
        wpp_string_add(&wpp->macros, word + 2, strlen(word + 2));
    else if (strncmp(word, "-scan:", 6) == 0)
        return wpp_read(wpp, word + 6) == 0 ? 1 : -1;
    else if (strncmp(word, "-func:", 6) == 0 &&
             snprintf(statement, sizeof statement, "FUNC %s", word + 6) > 0)
        return wpp_statement(wpp, statement, word, 1) == 0 ? 1 : -1;
    else
        return usage(), -1;
    return 1;
}

/* A source has the functions that it and its headers define, and those of the options. */
static int source_write(int argc, char **argv, const char *source)
{
    struct wpp wpp;
    struct choice choice = {.directory = "."};
    char name[PATH_MAX];
    wpp_begin(&wpp, "ovl wpp");
    int status = 0;
    for (int i = 1; i < argc && status == 0; i++)
        status = option_read(&wpp, &choice, argv[i]) < 0;
    if (status == 0)
        status = wpp_read(&wpp, source);
    name_make(&choice, source, name);
    if (status == 0)
        status = header_write(&wpp, name);
    wpp_end(&wpp);
    return status;
}

int command_wpp(int argc, char **argv)
{
    int status = 0, sources = 0;
    for (int i = 1; i < argc && status == 0; i++)
        if (*argv[i] != '-') {
            status = source_write(argc, argv, argv[i]);
            sources++;
        }
    return sources == 0 ? usage() : status;
}
