/* SPDX-License-Identifier: MIT */
/* Resolves Windows names. The rules, in their order: `\\.\` and `\\?\` begin a device or a path
 * that is taken literally; `\\server\...` is a pipe, a mailslot or a configured share; `X:` is a
 * drive's directory; a leading `/` is a POSIX path; a bare CON, NUL, COM1 is a device; the rest is
 * relative.
 *
 * What is written the Windows way is made tidy the Windows way: `.` and `..` are removed by their
 * spelling, dots and spaces at the end of a part are dropped, and characters that Windows forbids
 * are refused. POSIX paths and `\\?\` names keep every byte; only `\` separates everywhere. */
#include "nt/name.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf16.h"
#include "ntstatus.h"

/* A span of the source that is still to be read. */
struct span {
    const char *at;
    size_t length;
};

struct path {
    char *text; /* NAME_BYTES */
    size_t used;
    size_t floor; /* `..` does not go back behind this */
    bool overflow;
};

static bool is_separator(char c)
{
    return c == '\\' || c == '/';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static bool span_is(struct span span, const char *word)
{
    size_t i = 0;
    while (i < span.length && word[i] != 0 && upper(span.at[i]) == upper(word[i]))
        i++;
    return i == span.length && word[i] == 0;
}

/* Takes the part before the next separator off `span`, and that separator; `rest` is left in
 * `span`. */
static struct span span_part(struct span *span)
{
    size_t i = 0;
    while (i < span->length && !is_separator(span->at[i]))
        i++;
    struct span part = {span->at, i};
    size_t skip = i < span->length ? i + 1 : i;
    span->at += skip;
    span->length -= skip;
    return part;
}

static void path_add(struct path *path, const char *bytes, size_t length)
{
    if (length >= NAME_BYTES - path->used) {
        path->overflow = true;
        return;
    }
    memcpy(path->text + path->used, bytes, length);
    path->used += length;
    path->text[path->used] = 0;
}

static void path_add_part(struct path *path, struct span part)
{
    if (path->used > 0 && path->text[path->used - 1] != '/')
        path_add(path, "/", 1);
    path_add(path, part.at, part.length);
}

/* `..` by its spelling. In a relative path the leading ones stay. */
static void path_go_up(struct path *path, bool relative)
{
    if (path->used <= path->floor) {
        if (relative) {
            path_add_part(path, (struct span){"..", 2});
            path->floor = path->used;
        }
        return;
    }
    while (path->used > path->floor && path->text[path->used - 1] != '/')
        path->used--;
    if (path->used > path->floor)
        path->used--;
    path->text[path->used] = 0;
}

/* Dots and spaces at the end of a part mean nothing to Windows; but `.` and `..` do. */
static struct span part_trim(struct span part)
{
    if (span_is(part, ".") || span_is(part, ".."))
        return part;
    while (part.length > 0 && (part.at[part.length - 1] == '.' || part.at[part.length - 1] == ' '))
        part.length--;
    return part;
}

/* `file::$DATA` is the file; other streams do not exist here, and the name is then not valid. */
static bool part_is_valid(struct span *part)
{
    static const char unnamed[] = "::$DATA";
    size_t tail = sizeof unnamed - 1;
    if (part->length > tail &&
        span_is((struct span){part->at + part->length - tail, tail}, unnamed))
        part->length -= tail;
    for (size_t i = 0; i < part->length; i++)
        if ((unsigned char)part->at[i] < 0x20 || strchr("<>\"|?*:", part->at[i]) != NULL)
            return false;
    return true;
}

static int32_t path_finish(struct path *path, bool ends_in_separator)
{
    if (path->used == 0)
        path_add(path, ".", 1);
    if (ends_in_separator && path->text[path->used - 1] != '/')
        path_add(path, "/", 1);
    return path->overflow ? STATUS_NAME_TOO_LONG : STATUS_SUCCESS;
}

/* Appends a name that is written the Windows way. */
static int32_t path_add_tidy(struct path *path, struct span rest, bool relative)
{
    bool ends_in_separator = rest.length > 0 && is_separator(rest.at[rest.length - 1]);
    while (rest.length > 0) {
        struct span part = part_trim(span_part(&rest));
        if (part.length == 0 || span_is(part, "."))
            continue;
        if (span_is(part, "..")) {
            path_go_up(path, relative);
            continue;
        }
        if (!part_is_valid(&part))
            return STATUS_OBJECT_NAME_INVALID;
        path_add_part(path, part);
    }
    return path_finish(path, ends_in_separator);
}

/* Appends a name as it is; only the separators become slashes. */
static int32_t path_add_literal(struct path *path, struct span rest)
{
    if (rest.length > 0 && path->used > 0 && path->text[path->used - 1] != '/' &&
        !is_separator(rest.at[0]))
        path_add(path, "/", 1);
    path_add(path, rest.at, rest.length);
    for (size_t i = 0; i < path->used; i++)
        if (path->text[i] == '\\')
            path->text[i] = '/';
    return path_finish(path, false);
}

/* An absolute path below `directory` ("" is the root). */
static int32_t resolve_below(const char *directory, struct span rest, bool literal,
                             struct name *name)
{
    struct path path = {.text = name->text};
    name->kind = DEVICE_FILE;
    name->text[0] = 0;
    path_add(&path, directory, strlen(directory));
    if (path.used == 0)
        path_add(&path, "/", 1);
    path.floor = path.used;
    while (rest.length > 0 && is_separator(rest.at[0]))
        rest.at++, rest.length--;
    return literal ? path_add_literal(&path, rest) : path_add_tidy(&path, rest, false);
}

static int32_t resolve_relative(struct span rest, struct name *name)
{
    struct path path = {.text = name->text};
    name->kind = DEVICE_FILE;
    name->text[0] = 0;
    return path_add_tidy(&path, rest, true);
}

static int32_t resolve_drive(const struct name_table *table, struct span source, bool literal,
                             struct name *name)
{
    const char *directory = table->drives[upper(source.at[0]) - 'A'];
    struct span rest = {source.at + 2, source.length - 2};
    if (directory == NULL)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    /* `C:name` is relative to the current directory of that drive. Every directory lies on the
     * drive of the root; the others have no current directory but their own. */
    if (!literal && directory[0] == 0 && (rest.length == 0 || !is_separator(rest.at[0])))
        return resolve_relative(rest, name);
    return resolve_below(directory, rest, literal, name);
}

static int32_t name_take(struct name *name, enum device_kind kind, struct span text)
{
    if (text.length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (text.length >= NAME_BYTES)
        return STATUS_NAME_TOO_LONG;
    name->kind = kind;
    memcpy(name->text, text.at, text.length);
    name->text[text.length] = 0;
    return STATUS_SUCCESS;
}

/* `prefix` and a decimal number. */
static bool span_numbered(struct span span, const char *prefix, uint32_t *number)
{
    size_t length = strlen(prefix);
    uint32_t value = 0;
    if (span.length <= length || span.length > length + 6 ||
        !span_is((struct span){span.at, length}, prefix))
        return false;
    for (size_t i = length; i < span.length; i++) {
        if (span.at[i] < '0' || span.at[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(span.at[i] - '0');
    }
    *number = value;
    return true;
}

/* The DOS devices. `bare`: without the `\\.\` prefix, where COM10 and above are files. */
static bool resolve_dos_device(struct span word, bool bare, struct name *name)
{
    static const struct {
        const char *word;
        enum device_kind kind;
    } words[] = {
        {"NUL", DEVICE_NULL},
        {"CON", DEVICE_CONSOLE},
        {"CONIN$", DEVICE_CONSOLE_INPUT},
        {"CONOUT$", DEVICE_CONSOLE_OUTPUT},
        {"AUX", DEVICE_SERIAL},
        {"PRN", DEVICE_PARALLEL},
    };
    enum device_kind kind = DEVICE_NAMED;
    name->number = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (span_is(word, words[i].word)) {
            kind = words[i].kind;
            name->number = kind == DEVICE_SERIAL || kind == DEVICE_PARALLEL;
        }
    }
    if (span_numbered(word, "COM", &name->number))
        kind = DEVICE_SERIAL;
    else if (span_numbered(word, "LPT", &name->number))
        kind = DEVICE_PARALLEL;
    else if (!bare && span_numbered(word, "PHYSICALDRIVE", &name->number))
        kind = DEVICE_PHYSICAL_DRIVE;
    if (kind == DEVICE_NAMED || (bare && name->number > 9))
        return false;
    return name_take(name, kind, word) == STATUS_SUCCESS;
}

static int32_t resolve_unc(const struct name_table *table, struct span source, bool literal,
                           struct name *name)
{
    struct span whole = source, server = span_part(&source), rest = source,
                share = span_part(&rest);
    bool here = span_is(server, ".") || span_is(server, "localhost") ||
                span_is(server, "127.0.0.1") ||
                (table->host[0] != 0 && span_is(server, table->host));
    if (server.length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (here && span_is(share, "pipe"))
        return name_take(name, DEVICE_PIPE, rest);
    if ((here || span_is(server, "*")) && span_is(share, "mailslot"))
        return name_take(name, DEVICE_MAILSLOT, rest);
    struct span both = {whole.at, (size_t)(share.at + share.length - whole.at)};
    for (const struct name_share *entry = table->shares; entry != NULL; entry = entry->next)
        if (span_is(both, entry->unc))
            return resolve_below(entry->directory, rest, literal, name);
    return STATUS_BAD_NETWORK_PATH;
}

/* What follows `\\.\` or (literal) `\\?\`. */
static int32_t resolve_device(const struct name_table *table, struct span source, bool literal,
                              struct name *name)
{
    struct span rest = source, first = span_part(&rest);

    if (span_is(first, "UNC") && rest.length > 0)
        return resolve_unc(table, rest, literal, name);
    if (span_is(first, "pipe"))
        return name_take(name, DEVICE_PIPE, rest);
    if (span_is(first, "mailslot"))
        return name_take(name, DEVICE_MAILSLOT, rest);
    if (span_is(first, "Global") && rest.length > 0) {
        source = rest;
        first = span_part(&rest);
    }
    if (first.length == 2 && is_letter(first.at[0]) && first.at[1] == ':') {
        if (source.length > 2) /* with a separator it is the root directory, not the volume */
            return resolve_drive(table, source, literal, name);
        if (table->drives[upper(first.at[0]) - 'A'] == NULL)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        name->number = (uint32_t)(upper(first.at[0]) - 'A');
        return name_take(name, DEVICE_DRIVE, first);
    }
    if (first.length == source.length && resolve_dos_device(first, false, name))
        return STATUS_SUCCESS;
    return name_take(name, DEVICE_NAMED, source);
}

int32_t name_resolve(const struct name_table *table, const char *source, size_t length,
                     struct name *name)
{
    struct span all = {source, length}, word = all;

    name->number = 0;
    if (length == 0)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (memchr(source, 0, length) != NULL)
        return STATUS_OBJECT_NAME_INVALID;
    if (length >= 4 && is_separator(source[0]) && is_separator(source[1]) &&
        is_separator(source[3]) && (source[2] == '.' || source[2] == '?'))
        return resolve_device(table, (struct span){source + 4, length - 4}, source[2] == '?', name);
    if (length >= 2 && source[0] == '\\' && source[1] == '\\')
        return resolve_unc(table, (struct span){source + 2, length - 2}, false, name);
    if (length >= 2 && is_letter(source[0]) && source[1] == ':')
        return resolve_drive(table, all, false, name);
    if (source[0] == '/')
        return resolve_below("", all, true, name);
    if (source[0] == '\\')
        return resolve_below("", all, false, name);
    while (word.length > 0 && (word.at[word.length - 1] == ' ' || word.at[word.length - 1] == ':'))
        word.length--;
    if (resolve_dos_device(word, true, name))
        return STATUS_SUCCESS;
    name->number = 0;
    return resolve_relative(all, name);
}

int32_t name_resolve_wide(const struct name_table *table, const char16_t *source, size_t length,
                          struct name *name)
{
    char bytes[NAME_BYTES + 64];
    size_t needed = utf8_from_utf16(bytes, sizeof bytes, source, length);
    return needed > sizeof bytes ? STATUS_NAME_TOO_LONG : name_resolve(table, bytes, needed, name);
}

size_t name_to_windows(const struct name_table *table, const char *path, char *to, size_t capacity)
{
    size_t best = 0, best_length = 0, length = strlen(path);
    bool found = false;
    for (size_t i = 0; i < 26; i++) {
        const char *directory = table->drives[i];
        size_t count = directory == NULL ? 0 : strlen(directory);
        if (directory == NULL || strncmp(path, directory, count) != 0 ||
            (path[count] != '/' && path[count] != 0))
            continue;
        if (!found || count > best_length)
            best = i, best_length = count;
        found = true;
    }
    bool root = found && best_length == length;
    size_t needed = found ? length - best_length + 2 + root : length;
    if (needed >= capacity)
        return needed;
    size_t at = 0;
    if (found) {
        to[at++] = (char)('A' + best);
        to[at++] = ':';
    }
    if (root)
        to[at++] = '\\';
    for (size_t i = best_length; i < length; i++)
        to[at++] = path[i] == '/' && found ? '\\' : path[i];
    to[at] = 0;
    return needed;
}
