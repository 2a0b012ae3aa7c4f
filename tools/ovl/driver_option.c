/* SPDX-License-Identifier: MIT */
/* `ovl run --driver`: a driver, as shared object or source, with its setup file, for the program's process. Paths become absolute,
 * as the program may change its directory. */
#include "ovl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct text {
    char bytes[4 * PATH_MAX];
    size_t used;
};

static int add(struct text *text, const char *bytes, size_t length)
{
    if (text->used + length >= sizeof text->bytes)
        return complain("run: the drivers' names are too long");
    memcpy(text->bytes + text->used, bytes, length);
    text->used += length;
    text->bytes[text->used] = '\0';
    return 0;
}

static int path_add(struct text *text, const char *name, size_t length)
{
    char given[PATH_MAX], whole[PATH_MAX];
    snprintf(given, sizeof given, "%.*s", (int)length, name);
    if (realpath(given, whole) == NULL)
        return complain("%s: %s", given, strerror(errno));
    if (strpbrk(whole, ":;") != NULL)
        return complain("%s: a driver's path may have no ':' and no ';'", whole);
    return add(text, whole, strlen(whole));
}

/* The setup file beside a source: a driver that is compiled into the cache has none beside it. */
static int inf_add(struct text *text, const char *source)
{
    static const char *const endings[] = {".inf", ".inx", ".INF", ".INX"};
    char inf[PATH_MAX];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(inf, sizeof inf, "%.*s%s", (int)(strrchr(source, '.') - source), source, endings[i]);
        if (access(inf, R_OK) != 0)
            continue;
        int status = add(text, ",inf=", 5);
        return status != 0 ? status : path_add(text, inf, strlen(inf));
    }
    return 0;
}

static int driver_add(struct text *text, const char *name, size_t length, int has_inf)
{
    char source[PATH_MAX], built[PATH_MAX];
    snprintf(source, sizeof source, "%.*s", (int)length, name);
    if (!is_source(source))
        return path_add(text, name, length);
    int status = driver_build(source, built);
    if (status == 0)
        status = path_add(text, built, strlen(built));
    return status == 0 && !has_inf ? inf_add(text, source) : status;
}

/* Where the next ",inf=", ",id=" or ",reg=" begins, or the end. */
static const char *option_next(const char *at)
{
    for (; *at != '\0'; at++)
        if (strncmp(at, ",inf=", 5) == 0 || strncmp(at, ",id=", 4) == 0 || strncmp(at, ",reg=", 5) == 0)
            break;
    return at;
}

int driver_option(const char *spec)
{
    static struct text text;
    const char *end = option_next(spec);
    text.used = 0;
    const char *before = getenv("OVERLAPPED_DRIVERS");
    int status = before == NULL || *before == '\0' ? 0 : add(&text, before, strlen(before));
    if (status == 0 && text.used != 0)
        status = add(&text, ";", 1);
    if (end == spec)
        return complain("run: --driver which driver?");
    if (status == 0)
        status = driver_add(&text, spec, (size_t)(end - spec), strstr(end, ",inf=") != NULL);
    while (status == 0 && *end != '\0') {
        const char *value = strchr(end, '=') + 1, *next = option_next(value);
        status = add(&text, end, (size_t)(value - end));
        if (status == 0)
            status = end[1] == 'i' && end[2] == 'd' ? add(&text, value, (size_t)(next - value))
                                                    : path_add(&text, value, (size_t)(next - value));
        end = next;
    }
    if (status != 0)
        return status;
    setenv("OVERLAPPED_VERIFIER", "on", 0);
    return setenv("OVERLAPPED_DRIVERS", text.bytes, 1);
}
