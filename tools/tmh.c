/* SPDX-License-Identifier: MIT */
#include "tmh.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"
#include "wpp.h"

int tmh_option(const char *word)
{
    return strncmp(word, "-scan:", 6) == 0 || strncmp(word, "-func:", 6) == 0;
}

static int is_source(const char *word)
{
    static const char *const endings[] = {".c", ".cpp", ".cc", ".cxx", ".C", ".c++"};
    const char *dot = strrchr(word, '.');
    for (size_t i = 0; dot != NULL && *word != '-' && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0)
            return 1;
    return 0;
}

/* The directory of an -I; `*i` moves over its value. NULL: it is none. */
static const char *directory_of(int argc, char **argv, int *i)
{
    static const char *const options[] = {"-I", "-iquote", "-isystem"};
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        size_t length = strlen(options[o]);
        if (strncmp(argv[*i], options[o], length) != 0)
            continue;
        if (argv[*i][length] != '\0')
            return argv[*i] + length;
        return *i + 1 < argc ? argv[++*i] : NULL;
    }
    return NULL;
}

static int words_read(struct wpp *wpp, int argc, char **argv)
{
    char statement[4096];
    int status = 0;
    for (int i = 1; i < argc; i++) {
        const char *directory = directory_of(argc, argv, &i);
        if (directory != NULL)
            wpp_string_add(&wpp->directories, directory, strlen(directory));
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0 || strcmp(argv[i], "-MF") == 0 ||
            strcmp(argv[i], "-MT") == 0 || strcmp(argv[i], "-MQ") == 0)
            i++;
        else if (is_source(argv[i]) && access(argv[i], R_OK) == 0)
            status |= wpp_read(wpp, argv[i]);
        else if (strncmp(argv[i], "-scan:", 6) == 0)
            status |= wpp_read(wpp, argv[i] + 6);
        else if (strncmp(argv[i], "-func:", 6) == 0 &&
                 snprintf(statement, sizeof statement, "FUNC %s", argv[i] + 6) > 0)
            status |= wpp_statement(wpp, statement, argv[i], 1);
    }
    return status;
}

static uint64_t hash_add(uint64_t hash, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
    return hash;
}

/* Whether the file is there with that text. */
static int has_text(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "rbe");
    char part[4096];
    size_t at = 0, more;
    while (file != NULL && (more = fread(part, 1, sizeof part, file)) > 0 && at + more <= length &&
           memcmp(part, text + at, more) == 0)
        at += more;
    int same = file != NULL && at == length && feof(file);
    if (file != NULL)
        fclose(file);
    return same;
}

static int file_write(char *path, const char *text, size_t length)
{
    char fresh[PATH_MAX + 32], *slash = strrchr(path, '/');
    if (has_text(path, text, length))
        return 0;
    *slash = '\0';
    int made = directory_make(path);
    *slash = '/';
    snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    FILE *file = made == 0 ? fopen(fresh, "wbxe") : NULL;
    if (file == NULL)
        return -1;
    int failed = fwrite(text, 1, length, file) != length;
    if (fclose(file) != 0 || failed || rename(fresh, path) != 0) {
        unlink(fresh);
        return -1;
    }
    return 0;
}

static int wrong(const struct wpp *wpp, const char *path)
{
    fprintf(stderr, "%s: %s: %s\n", wpp->tool, path, strerror(errno));
    return 1;
}

/* Whether an include finds the name without us. */
static bool is_known(const char *headers, const char *name)
{
    static const char *const folders[] = {"/crt/", "/km/", "/um/", "/shared/"};
    char path[2 * PATH_MAX];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s%s%s", headers, folders[i], name);
        if (access(path, F_OK) == 0)
            return true;
    }
    snprintf(path, sizeof path, "/usr/include/%s", name);
    return access(path, F_OK) == 0 || strstr(name, "../") != NULL || *name == '/';
}

/* The cache's directory for that text. */
static int directory_name(const struct wpp *wpp, uint64_t hash, const char *kind,
                          char directory[PATH_MAX])
{
    char cache[PATH_MAX];
    if (cache_directory(cache) != 0)
        return wrong(wpp, cache);
    snprintf(directory, PATH_MAX, "%.4000s/%s-%016llx", cache, kind, (unsigned long long)hash);
    return 0;
}

static int traces_write(const struct wpp *wpp, const char *text, size_t length,
                        char directory[PATH_MAX])
{
    char path[PATH_MAX];
    uint64_t hash = hash_add(0xcbf29ce484222325, text, length);
    for (size_t i = 0; i < wpp->headers.count; i++)
        hash = hash_add(hash, wpp->headers.items[i], strlen(wpp->headers.items[i]) + 1);
    if (directory_name(wpp, hash, "wpp", directory) != 0)
        return 1;
    for (size_t i = 0; i < wpp->headers.count; i++) {
        const char *name = wpp->headers.items[i];
        if (strstr(name, "..") != NULL || *name == '/') {
            fprintf(stderr, "%s: %s: it does not exist, and is not made there\n", wpp->tool, name);
            return 1;
        }
        if (snprintf(path, sizeof path, "%s/%s", directory, name) >= PATH_MAX ||
            file_write(path, text, length) != 0)
            return wrong(wpp, path);
    }
    return 0;
}

static int names_write(const struct wpp *wpp, const char *headers, char directory[PATH_MAX])
{
    char path[PATH_MAX], text[PATH_MAX + 16];
    uint64_t hash = 0xcbf29ce484222325;
    size_t count = 0;
    for (size_t i = 0; i < wpp->spelled.count; i++) {
        if (is_known(headers, wpp->spelled.items[i]))
            continue;
        hash = hash_add(hash, wpp->spelled.items[i], strlen(wpp->spelled.items[i]) + 1);
        hash = hash_add(hash, wpp->meant.items[i], strlen(wpp->meant.items[i]) + 1);
        count++;
    }
    if (count == 0)
        return 0;
    if (directory_name(wpp, hash, "names", directory) != 0)
        return 1;
    for (size_t i = 0; i < wpp->spelled.count; i++) {
        if (is_known(headers, wpp->spelled.items[i]))
            continue;
        int length = snprintf(text, sizeof text, "#include \"%s\"\n", wpp->meant.items[i]);
        if (snprintf(path, sizeof path, "%s/%s", directory, wpp->spelled.items[i]) >= PATH_MAX ||
            file_write(path, text, (size_t)length) != 0)
            return wrong(wpp, path);
    }
    return 0;
}

int tmh_prepare(int argc, char **argv, const char *headers, struct tmh_places *places)
{
    struct wpp wpp;
    char *text = NULL;
    size_t length = 0;
    *places->traces = *places->names = '\0';
    wpp_begin(&wpp, "ovcc");
    int status = words_read(&wpp, argc, argv);
    if (status == 0 && wpp.headers.count != 0) {
        FILE *memory = open_memstream(&text, &length);
        if (memory == NULL || (wpp_print(&wpp, memory) | fclose(memory)) != 0)
            status = fprintf(stderr, "ovcc: no memory\n") > 0;
        else
            status = traces_write(&wpp, text, length, places->traces);
        free(text);
    }
    if (status == 0)
        status = names_write(&wpp, headers, places->names);
    wpp_end(&wpp);
    return status;
}
