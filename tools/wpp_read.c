/* SPDX-License-Identifier: MIT */
/* Reading a source as WPP's preprocessor does: begin_wpp blocks, and the headers that it includes.
 * Conditions of the C preprocessor are not looked at. */
#include "wpp.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static int file_read(struct wpp *wpp, const char *path, char **text)
{
    FILE *file = fopen(path, "rbe");
    size_t size = 0, room = 65536;
    char *bytes = file == NULL ? NULL : malloc(room);
    while (bytes != NULL) {
        size_t more = fread(bytes + size, 1, room - size - 1, file);
        size += more;
        if (more == 0)
            break;
        if (size + 1 == room) {
            char *grown = realloc(bytes, room *= 2);
            if (grown == NULL)
                free(bytes);
            bytes = grown;
        }
    }
    int failed = bytes == NULL || ferror(file);
    if (failed)
        fprintf(stderr, "%s: %s: %s\n", wpp->tool, path, strerror(errno));
    else
        bytes[size] = '\0';
    if (file != NULL)
        fclose(file);
    *text = failed ? NULL : bytes;
    if (failed)
        free(bytes);
    return failed;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

/* Past blanks and the marks of a comment. */
static const char *comment_skip(const char *at)
{
    at += strspn(at, " \t");
    if (at[0] == '/' && (at[1] == '/' || at[1] == '*'))
        at += 2;
    else if (*at == '*')
        at++;
    return at + strspn(at, " \t/");
}

static bool begins_statement(const char *at)
{
    static const char *const words[] = {"FUNC",          "USEPREFIX",        "USESUFFIX",
                                        "CUSTOM_TYPE",   "DEFINE_CPLX_TYPE", "DEFINE_SIMPLE_TYPE",
                                        "DEFINE_FLAVOR", "WPP_FLAGS"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(at, words[i], length) == 0 &&
            (at[length] == '(' || at[length] == ' ' || at[length] == '\t'))
            return true;
    }
    return false;
}

/* Whether the outermost brackets of a statement are closed. */
static bool is_whole(const char *text)
{
    int depth = 0;
    bool quoted = false, any = false;
    for (; *text != '\0'; text++) {
        if (quoted && *text == '\\' && text[1] != '\0')
            text++;
        else if (*text == '"')
            quoted = !quoted;
        else if (!quoted && *text == '(')
            depth++, any = true;
        else if (!quoted && *text == ')' && --depth <= 0)
            return any;
    }
    return false;
}

static const char *line_next(const char *at)
{
    at += strcspn(at, "\n");
    return at + (*at == '\n');
}

/* From the line behind begin_wpp to the one with end_wpp; statements may take several lines, and
 * words between them are passed over. */
static int block_read(struct wpp *wpp, const char **text, const char *path, unsigned *line)
{
    char statement[8192] = "";
    unsigned begun = *line;
    int status = 0;
    const char *at = *text;
    for (; *at != '\0'; at = line_next(at), ++*line) {
        const char *words = comment_skip(at);
        size_t length = strcspn(words, "\r\n"), used = strlen(statement);
        if (strncmp(words, "end_wpp", 7) == 0)
            break;
        if (used == 0 && !begins_statement(words))
            continue;
        if (used == 0)
            begun = *line;
        if (used + length + 2 > sizeof statement)
            return fprintf(stderr, "%s: %s:%u: a statement is too long\n", wpp->tool, path, begun),
                   1;
        snprintf(statement + used, sizeof statement - used, "%s%.*s", used == 0 ? "" : " ",
                 (int)length, words);
        if (is_whole(statement)) {
            status |= wpp_statement(wpp, statement, path, begun);
            *statement = '\0';
        }
    }
    *text = at;
    if (*statement != '\0')
        return fprintf(stderr, "%s: %s:%u: a statement is not closed\n", wpp->tool, path, begun), 1;
    return status;
}

/* ---- Includes -------------------------------------------------------------------------------- */

static bool in_directory(char path[PATH_MAX], const char *directory, size_t directory_length,
                         const char *name, size_t length)
{
    int made = snprintf(path, PATH_MAX, "%.*s%s%.*s", (int)directory_length, directory,
                        directory_length == 0 ? "" : "/", (int)length, name);
    return made < PATH_MAX && access(path, R_OK) == 0;
}

static bool include_find(const struct wpp *wpp, const char *from, bool quoted, const char *name,
                         size_t length, char path[PATH_MAX])
{
    const char *slash = strrchr(from, '/');
    if (quoted &&
        in_directory(path, from, slash == NULL ? 0 : (size_t)(slash - from), name, length))
        return true;
    for (size_t i = 0; i < wpp->directories.count; i++)
        if (in_directory(path, wpp->directories.items[i], strlen(wpp->directories.items[i]), name,
                         length))
            return true;
    return false;
}

/* The entry of a directory that is `name` in any case; its spelling replaces the name's. */
static bool entry_find(const char *directory, char *name, size_t length)
{
    DIR *entries = opendir(directory);
    bool found = false;
    for (struct dirent *entry; !found && entries != NULL && (entry = readdir(entries)) != NULL;) {
        found = strlen(entry->d_name) == length && strncasecmp(entry->d_name, name, length) == 0;
        if (found)
            memcpy(name, entry->d_name, length);
    }
    if (entries != NULL)
        closedir(entries);
    return found;
}

/* Below a directory as Windows finds it: any case, backslashes. */
static bool in_directory_folded(char path[PATH_MAX], const char *directory, size_t directory_length,
                                const char *name, size_t length)
{
    int made =
        snprintf(path, PATH_MAX, "%.*s/%.*s", directory_length == 0 ? 1 : (int)directory_length,
                 directory_length == 0 ? "." : directory, (int)length, name);
    if (made >= PATH_MAX)
        return false;
    for (char *at = path + made - length; *at != '\0';) {
        size_t part = strcspn(at, "/\\");
        char behind = at[part];
        at[part] = '\0';
        if (access(path, F_OK) != 0) {
            at[-1] = '\0';
            bool found = part != 0 && entry_find(path, at, part);
            at[-1] = '/';
            if (!found)
                return false;
        }
        at[part] = behind == '\\' ? '/' : behind;
        at += part + (behind != '\0');
    }
    return access(path, R_OK) == 0;
}

static bool include_find_folded(const struct wpp *wpp, const char *from, bool quoted,
                                const char *name, size_t length, char path[PATH_MAX])
{
    const char *slash = strrchr(from, '/');
    if (quoted &&
        in_directory_folded(path, from, slash == NULL ? 0 : (size_t)(slash - from), name, length))
        return true;
    for (size_t i = 0; i < wpp->directories.count; i++)
        if (in_directory_folded(path, wpp->directories.items[i], strlen(wpp->directories.items[i]),
                                name, length))
            return true;
    return false;
}

static bool has_string(const struct wpp_strings *strings, const char *text, size_t length)
{
    for (size_t i = 0; i < strings->count; i++)
        if (strlen(strings->items[i]) == length && strncmp(strings->items[i], text, length) == 0)
            return true;
    return false;
}

static int include_read(struct wpp *wpp, const char *from, const char *at)
{
    char path[PATH_MAX];
    bool quoted = *at == '"';
    size_t length = strcspn(at + 1, quoted ? "\"\r\n" : ">\r\n");
    const char *name = at + 1;
    if (length == 0 || (name[length] != '"' && name[length] != '>'))
        return 0;
    bool found = include_find(wpp, from, quoted, name, length, path);
    bool is_tmh = length > 4 && strncasecmp(name + length - 4, ".tmh", 4) == 0;
    if (is_tmh && !found && !has_string(&wpp->headers, name, length))
        wpp_string_add(&wpp->headers, name, length);
    if (!is_tmh && !found && (found = include_find_folded(wpp, from, quoted, name, length, path)) &&
        !has_string(&wpp->spelled, name, length)) {
        char whole[PATH_MAX];
        const char *meant = realpath(path, whole) == NULL ? path : whole;
        wpp_string_add(&wpp->spelled, name, length);
        wpp_string_add(&wpp->meant, meant, strlen(meant));
    }
    return is_tmh || !found ? 0 : wpp_read(wpp, path);
}

/* The mark of a block: "begin_wpp config" in a comment. */
static bool is_block(const char *line)
{
    const char *at = comment_skip(line);
    if (strncmp(at, "begin_wpp", 9) != 0)
        return false;
    at += 9 + strspn(at + 9, " \t");
    return strncmp(at, "config", 6) == 0 || strncmp(at, "func", 4) == 0;
}

int wpp_read(struct wpp *wpp, const char *path)
{
    char *text, whole[PATH_MAX];
    unsigned line = 1;
    int status = 0;
    const char *name = realpath(path, whole) == NULL ? path : whole;
    if (has_string(&wpp->paths, name, strlen(name)))
        return 0;
    if (file_read(wpp, path, &text) != 0)
        return 1;
    wpp_string_add(&wpp->paths, name, strlen(name));
    wpp_string_add(&wpp->texts, text, strlen(text));
    for (const char *at = text; *at != '\0'; at = line_next(at), line++) {
        const char *word = at + strspn(at, " \t");
        if (*word == '#') {
            word += 1 + strspn(word + 1, " \t");
            if (strncmp(word, "include", 7) == 0 &&
                (word += 7 + strspn(word + 7, " \t"), *word == '"' || *word == '<'))
                status |= include_read(wpp, path, word);
        } else if (is_block(at)) {
            at = line_next(at);
            line++;
            status |= block_read(wpp, &at, path, &line);
        }
        if (*at == '\0')
            break;
    }
    free(text);
    return status;
}
