/* SPDX-License-Identifier: MIT */
/* The registry file: a few lines of keys and values that a test gives its driver. inf.h has the grammar. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf16.h"
#include "wdm/inf.h"
#include "wdm/inf_text.h"

enum { TYPE_SZ = 1, TYPE_EXPAND_SZ = 2, TYPE_BINARY = 3, TYPE_DWORD = 4, TYPE_MULTI_SZ = 7, TYPE_QWORD = 11, DATA_BYTES = 8192 };

struct value {
    uint32_t type;
    size_t length;
    unsigned char data[DATA_BYTES];
};

static const char *skip(const char *at)
{
    return at + strspn(at, " \t\r");
}

/* A quoted text at *at, added in UTF-16 with its terminator; *at moves behind the quote. */
static bool text_add(struct value *value, const char **at)
{
    char text[INF_FIELD];
    size_t used = 0;
    const char *from = skip(*at);
    if (*from++ != '"')
        return false;
    for (; *from != '"'; from++) {
        if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
            from++;
        if (*from == '\0' || used + 1 >= sizeof text)
            return false;
        text[used++] = *from;
    }
    *at = from + 1;
    size_t room = (DATA_BYTES - value->length) / sizeof(char16_t);
    char16_t units[INF_FIELD];
    size_t count = utf16_from_utf8(units, INF_FIELD - 1, text, used);
    if (count >= INF_FIELD || count + 2 > room)
        return false;
    units[count] = 0;
    memcpy(value->data + value->length, units, (count + 1) * sizeof *units);
    value->length += (count + 1) * sizeof *units;
    return true;
}

static bool texts_add(struct value *value, const char **at)
{
    do {
        if (!text_add(value, at))
            return false;
        *at = skip(*at);
    } while (*(*at)++ == ',');
    (*at)--;
    memset(value->data + value->length, 0, sizeof(char16_t));
    value->length += sizeof(char16_t);
    return true;
}

static bool number_add(struct value *value, const char **at, uint64_t most, size_t size)
{
    char *end;
    const char *from = skip(*at);
    uint64_t number = strtoull(from, &end, 0);
    if (end == from || *from == '-' || number > most)
        return false;
    memcpy(value->data, &number, size); /* little-endian, as the registry is */
    value->length = size;
    *at = end;
    return true;
}

static bool bytes_add(struct value *value, const char **at)
{
    const char *from = skip(*at);
    while (*from != '\0') {
        char *end;
        unsigned long byte = strtoul(from, &end, 16);
        if (end == from || byte > 0xff || *from == '-' || value->length == DATA_BYTES)
            return false;
        value->data[value->length++] = (unsigned char)byte;
        from = skip(end);
        if (*from != ',')
            break;
        from = skip(from + 1);
    }
    *at = from;
    return true;
}

static bool value_parse(const char *at, struct value *value)
{
    static const struct {
        const char *text;
        uint32_t type;
    } kinds[] = {{"dword:", TYPE_DWORD}, {"qword:", TYPE_QWORD}, {"hex:", TYPE_BINARY}, {"expand:", TYPE_EXPAND_SZ},
                 {"multi:", TYPE_MULTI_SZ}, {"", TYPE_SZ}};
    size_t kind = 0;
    at = skip(at);
    while (strncasecmp(at, kinds[kind].text, strlen(kinds[kind].text)) != 0)
        kind++;
    at += strlen(kinds[kind].text);
    value->type = kinds[kind].type;
    value->length = 0;
    bool good = value->type == TYPE_DWORD      ? number_add(value, &at, UINT32_MAX, 4)
                : value->type == TYPE_QWORD    ? number_add(value, &at, UINT64_MAX, 8)
                : value->type == TYPE_BINARY   ? bytes_add(value, &at)
                : value->type == TYPE_MULTI_SZ ? texts_add(value, &at)
                                               : text_add(value, &at);
    return good && *skip(at) == '\0';
}

/* Cuts [first, at) to a name: without blanks at its end, quotes round it, and "@" for none. */
static char *name_cut(char *first, char *at)
{
    while (at > first && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    if (at - first >= 2 && *first == '"' && at[-1] == '"') {
        first++;
        at--;
    }
    *at = '\0';
    return strcmp(first, "@") == 0 ? at : first;
}

/* One line, trimmed. NULL: it is well; else what is wrong. */
static const char *line_read(char *line, const char **section, const struct inf_sink *sink, void *context, struct value *value)
{
    if (*line == '\0' || *line == '#' || *line == ';')
        return NULL;
    if (*line == '[') {
        char *close = strchr(line, ']');
        if (close == NULL)
            return "a key's name has no ]";
        *close = '\0';
        *section = line + 1;
        return NULL;
    }
    char *equals = line;
    for (bool quoted = false; *equals != '\0' && (quoted || *equals != '='); equals++)
        quoted ^= *equals == '"';
    if (*equals == '\0')
        return "this is neither [key] nor name = value";
    if (!value_parse(equals + 1, value))
        return "a value is dword:N, qword:N, \"text\", expand:\"text\", multi:\"a\",\"b\" or hex:00,ff";
    bool is_device = strncasecmp(*section, "Device", 6) == 0 && ((*section)[6] == '\0' || (*section)[6] == '\\');
    const char *key = !is_device ? *section : (*section)[6] == '\0' ? "" : *section + 7;
    sink->value(context, is_device ? INF_HARDWARE : INF_SERVICE, key, name_cut(line, equals), value->type, value->data,
                value->length);
    return NULL;
}

bool registry_file_read(const void *bytes, size_t length, const struct inf_sink *sink, void *context, struct inf_error *error)
{
    const char *section = "Parameters";
    char *text = inf_decode(bytes, length);
    struct value *value = malloc(sizeof *value);
    *error = (struct inf_error){0, text == NULL || value == NULL ? "there is no memory for it" : NULL};
    for (char *at = text; error->what == NULL && *at != '\0';) {
        char *line = at, *end = strchr(at, '\n');
        at = end == NULL ? at + strlen(at) : end + 1;
        if (end == NULL)
            end = at;
        while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
            end--;
        *end = '\0';
        line += strspn(line, " \t");
        error->line++;
        error->what = line_read(line, &section, sink, context, value);
    }
    free(text);
    free(value);
    return error->what == NULL;
}
