/* SPDX-License-Identifier: MIT */
/* Where the configuration file lies, and reading it (configuration.h). */
#include "drivers/configuration.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONFIGURATION_BYTES = 65536 };

static FILE *configuration_open(void)
{
    const char *path = getenv("OVERLAPPED_NAMES"), *base = getenv("XDG_CONFIG_HOME"),
               *home = getenv("HOME");
    char text[PATH_MAX];
    if (path != NULL)
        return fopen(path, "re");
    if (base != NULL && base[0] == '/')
        snprintf(text, sizeof text, "%s/overlapped/names.conf", base);
    else if (home != NULL)
        snprintf(text, sizeof text, "%s/.config/overlapped/names.conf", home);
    else
        return NULL;
    return fopen(text, "re");
}

char *configuration_read(size_t *length)
{
    FILE *file = configuration_open();
    if (file == NULL)
        return NULL;
    char *text = malloc(CONFIGURATION_BYTES);
    if (text != NULL)
        *length = fread(text, 1, CONFIGURATION_BYTES, file);
    fclose(file);
    return text;
}
