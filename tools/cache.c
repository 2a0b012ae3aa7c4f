/* SPDX-License-Identifier: MIT */
#include "cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int directory_make(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        *slash = '/';
        if (failed)
            return -1;
    }
    return mkdir(path, 0700) != 0 && errno != EEXIST ? -1 : 0;
}

int cache_directory(char path[PATH_MAX])
{
    const char *base = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int length;
    if (base != NULL && *base != '\0')
        length = snprintf(path, PATH_MAX, "%s/overlapped", base);
    else if (home != NULL && *home != '\0')
        length = snprintf(path, PATH_MAX, "%s/.cache/overlapped", home);
    else
        length = snprintf(path, PATH_MAX, "/tmp/overlapped-cache-%u", (unsigned)getuid());
    if (length >= PATH_MAX)
        errno = ENAMETOOLONG;
    return length >= PATH_MAX ? -1 : directory_make(path);
}
