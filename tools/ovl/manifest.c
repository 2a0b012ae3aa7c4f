/* SPDX-License-Identifier: MIT */
/* Reading XML: elements, attributes, the five entities and character references; comments, declarations and text are passed over. */
#include "manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ovl.h"
#include "wdm/inf_text.h"

struct reader {
    const char *path;
    struct manifest *manifest;
    size_t room;
    char *at;
    unsigned line;
    int open; /* the innermost open element */
};

static int wrong(const struct reader *reader, const char *what)
{
    complain("%s:%u: %s", reader->path, reader->line, what);
    return 1;
}

static void skip_to(struct reader *reader, char *to)
{
    for (; reader->at < to; reader->at++)
        reader->line += *reader->at == '\n';
}

static void skip_blank(struct reader *reader)
{
    skip_to(reader, reader->at + strspn(reader->at, " \t\r\n"));
}

/* Cuts a name off, without its prefix. NULL: there is none. The character behind it goes to *behind. */
static char *name_take(struct reader *reader, char *behind)
{
    size_t length = strcspn(reader->at, " \t\r\n=/<>\"'");
    char *name = reader->at, *colon;
    if (length == 0)
        return NULL;
    reader->at += length;
    *behind = *reader->at;
    *reader->at = '\0';
    return (colon = strchr(name, ':')) != NULL && colon[1] != '\0' ? colon + 1 : name;
}

/* &lt; and its kind, in place. */
static void entities_replace(char *text)
{
    static const struct {
        const char *name;
        char character;
    } entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    char *to = text;
    while (*text != '\0') {
        size_t i = 0, count = sizeof entities / sizeof *entities;
        while (i < count && strncmp(text, entities[i].name, strlen(entities[i].name)) != 0)
            i++;
        if (i < count) {
            *to++ = entities[i].character;
            text += strlen(entities[i].name);
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

static int attribute_read(struct reader *reader, struct element *element)
{
    char behind, *name = name_take(reader, &behind);
    if (name == NULL)
        return wrong(reader, "an attribute or > is expected");
    if (behind != '=') {
        reader->at++;
        reader->line += behind == '\n';
        skip_blank(reader);
        if (*reader->at != '=')
            return wrong(reader, "an attribute has no =");
    }
    reader->at++;
    skip_blank(reader);
    char quote = *reader->at;
    char *end = quote == '"' || quote == '\'' ? strchr(reader->at + 1, quote) : NULL;
    if (end == NULL)
        return wrong(reader, "an attribute's value is not quoted");
    char *value = reader->at + 1;
    skip_to(reader, end + 1);
    *end = '\0';
    entities_replace(value);
    size_t room = sizeof element->attributes / sizeof *element->attributes;
    if (element->attribute_count < room)
        element->attributes[element->attribute_count++] = (struct attribute){name, value};
    return 0;
}

static struct element *element_add(struct reader *reader)
{
    struct manifest *manifest = reader->manifest;
    if (manifest->count == reader->room) {
        reader->room = reader->room * 2 + 64;
        struct element *grown = realloc(manifest->elements, reader->room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        manifest->elements = grown;
    }
    struct element *element = &manifest->elements[manifest->count++];
    *element = (struct element){.parent = reader->open, .line = reader->line};
    return element;
}

/* Behind '<'. */
static int element_read(struct reader *reader)
{
    char behind;
    struct element *element = element_add(reader);
    if (element == NULL)
        return wrong(reader, "no memory");
    element->name = name_take(reader, &behind);
    if (element->name == NULL)
        return wrong(reader, "an element has no name");
    if (behind != '>' && behind != '/') {
        reader->at++;
        reader->line += behind == '\n';
        behind = '\0';
    }
    for (;;) {
        if (behind == '\0')
            skip_blank(reader);
        char now = behind != '\0' ? behind : *reader->at;
        behind = '\0';
        if (now == '/' && reader->at[1] == '>') {
            reader->at += 2;
            return 0;
        }
        if (now == '>') {
            reader->at++;
            reader->open = (int)(element - reader->manifest->elements);
            return 0;
        }
        if (now == '\0')
            return wrong(reader, "an element is not closed");
        int status = attribute_read(reader, element);
        if (status != 0)
            return status;
    }
}

static int closing_read(struct reader *reader)
{
    char behind, *end = strchr(reader->at, '>');
    char *name = name_take(reader, &behind);
    if (end == NULL || name == NULL || reader->open < 0 || strcmp(reader->manifest->elements[reader->open].name, name) != 0)
        return wrong(reader, "this closes an element that is not open");
    reader->open = reader->manifest->elements[reader->open].parent;
    skip_to(reader, end + 1);
    return 0;
}

static int document_read(struct reader *reader)
{
    int status = 0;
    while (status == 0) {
        char *next = strchr(reader->at, '<'), *end;
        if (next == NULL)
            return reader->open < 0 ? 0 : wrong(reader, "an element is not closed");
        skip_to(reader, next + 1);
        if (strncmp(reader->at, "!--", 3) == 0) {
            end = strstr(reader->at, "-->");
            status = end == NULL ? wrong(reader, "a comment is not closed") : 0;
            skip_to(reader, end == NULL ? reader->at : end + 3);
        } else if (*reader->at == '?' || *reader->at == '!') {
            end = strchr(reader->at, '>');
            status = end == NULL ? wrong(reader, "a declaration is not closed") : 0;
            skip_to(reader, end == NULL ? reader->at : end + 1);
        } else if (*reader->at == '/') {
            reader->at++;
            status = closing_read(reader);
        } else {
            status = element_read(reader);
        }
    }
    return status;
}

int manifest_read(const char *path, struct manifest *manifest)
{
    enum { LARGEST = 16 << 20 };
    FILE *file = fopen(path, "rbe");
    char *bytes = file == NULL ? NULL : malloc(LARGEST);
    *manifest = (struct manifest){.count = 0};
    if (bytes == NULL) {
        complain("%s: %s", path, strerror(errno));
        if (file != NULL)
            fclose(file);
        return 1;
    }
    size_t length = fread(bytes, 1, LARGEST, file);
    int failed = ferror(file) || length == LARGEST;
    fclose(file);
    manifest->memory = failed ? NULL : inf_decode(bytes, length);
    free(bytes);
    if (manifest->memory == NULL) {
        complain("%s: it cannot be read", path);
        return 1;
    }
    struct reader reader = {.path = path, .manifest = manifest, .at = manifest->memory, .line = 1, .open = -1};
    return document_read(&reader);
}

void manifest_free(struct manifest *manifest)
{
    free(manifest->elements);
    free(manifest->memory);
}

const char *attribute_of(const struct element *element, const char *name)
{
    for (size_t i = 0; i < element->attribute_count; i++)
        if (strcmp(element->attributes[i].name, name) == 0)
            return element->attributes[i].value;
    return NULL;
}

int element_next(const struct manifest *manifest, int parent, const char *name, int from)
{
    for (size_t i = (size_t)(from < 0 ? 0 : from); i < manifest->count; i++) {
        if (strcmp(manifest->elements[i].name, name) != 0)
            continue;
        int up = manifest->elements[i].parent;
        while (up >= 0 && up != parent)
            up = manifest->elements[up].parent;
        if (parent < 0 || up == parent)
            return (int)i;
    }
    return -1;
}
