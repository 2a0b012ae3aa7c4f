/* SPDX-License-Identifier: MIT */
/* From bytes to sections, lines and fields, by the rules that setup files have: comments begin with a semicolon outside quotes, a
 * backslash at the end continues a line, "" in a quoted value is a quote, %name% comes from [Strings], %% is a percent sign. */
#include "wdm/inf_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf16.h"

/* ---- Bytes --------------------------------------------------------------------------------------------------------- */

static char *decode_utf16(const unsigned char *bytes, size_t length, bool big)
{
    size_t units = length / 2;
    char16_t *wide = malloc((units + 1) * sizeof *wide);
    char *text = malloc(units * 3 + 1);
    if (wide == NULL || text == NULL) {
        free(wide);
        free(text);
        return NULL;
    }
    for (size_t i = 0; i < units; i++) {
        char16_t unit = (char16_t)(big ? bytes[2 * i] << 8 | bytes[2 * i + 1] : bytes[2 * i + 1] << 8 | bytes[2 * i]);
        wide[i] = unit == 0 ? ' ' : unit;
    }
    size_t used = utf8_from_utf16(text, units * 3, wide, units);
    text[used <= units * 3 ? used : 0] = '\0';
    free(wide);
    return text;
}

char *inf_decode(const void *bytes, size_t length)
{
    enum { LARGEST = 16 << 20 };
    const unsigned char *at = bytes;
    if (length > LARGEST)
        return NULL;
    if (length >= 2 && at[0] == 0xff && at[1] == 0xfe)
        return decode_utf16(at + 2, length - 2, false);
    if (length >= 2 && at[0] == 0xfe && at[1] == 0xff)
        return decode_utf16(at + 2, length - 2, true);
    if (length >= 3 && at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf) {
        at += 3;
        length -= 3;
    }
    char *text = malloc(length + 1);
    if (text == NULL)
        return NULL;
    if (length != 0)
        memcpy(text, at, length);
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    text[length] = '\0';
    return text;
}

/* ---- Lines --------------------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts the comment off and the blanks at both ends; gives the first character. */
static char *line_trim(char *line)
{
    bool quoted = false;
    while (is_blank(*line))
        line++;
    char *end = line;
    for (; *end != '\0' && (quoted || *end != ';'); end++)
        quoted ^= *end == '"';
    while (end > line && is_blank(end[-1]))
        end--;
    *end = '\0';
    return line;
}

/* The line that begins at *at, with those that continue it, in place; *at moves behind it. */
static char *line_next(char **at, uint32_t *number)
{
    char *first = *at, *end = strchr(*at, '\n');
    *at = end == NULL ? *at + strlen(*at) : end + 1;
    if (end != NULL)
        *end = '\0';
    (*number)++;
    char *line = line_trim(first);
    size_t length = strlen(line);
    while (length > 0 && line[length - 1] == '\\' && **at != '\0') {
        char *more = *at;
        end = strchr(more, '\n');
        *at = end == NULL ? more + strlen(more) : end + 1;
        if (end != NULL)
            *end = '\0';
        (*number)++;
        more = line_trim(more);
        memmove(line + length - 1, more, strlen(more) + 1); /* it stands behind, so it can only move forwards */
        length = strlen(line);
    }
    return line;
}

static bool line_add(struct inf_text *text, size_t *room, const char *section, const char *line, uint32_t number)
{
    if (text->count == *room) {
        *room = *room * 2 + 64;
        struct inf_line *grown = realloc(text->lines, *room * sizeof *grown);
        if (grown == NULL)
            return false;
        text->lines = grown;
    }
    text->lines[text->count++] = (struct inf_line){section, line, number};
    return true;
}

bool inf_text_read(const void *bytes, size_t length, struct inf_text *text, struct inf_error *error)
{
    size_t room = 0;
    uint32_t number = 0;
    const char *section = "";
    *text = (struct inf_text){.memory = inf_decode(bytes, length)};
    *error = (struct inf_error){0, "there is no memory for it"};
    if (text->memory == NULL)
        return false;
    for (char *at = text->memory; *at != '\0';) {
        uint32_t first = number + 1;
        char *line = line_next(&at, &number);
        if (*line == '[') {
            char *close = strchr(line, ']');
            if (close == NULL) {
                *error = (struct inf_error){first, "a section's name has no ]"};
                inf_text_free(text);
                return false;
            }
            *close = '\0';
            section = line + 1;
            line = close; /* "": an entry that says that the section is there */
        } else if (*line == '\0') {
            continue;
        }
        if (!line_add(text, &room, section, line, first)) {
            inf_text_free(text);
            return false;
        }
    }
    return true;
}

void inf_text_free(struct inf_text *text)
{
    free(text->memory);
    free(text->lines);
    *text = (struct inf_text){.memory = NULL};
}

bool inf_has_section(const struct inf_text *text, const char *section)
{
    for (size_t i = 0; i < text->count; i++)
        if (strcasecmp(text->lines[i].section, section) == 0)
            return true;
    return false;
}

/* ---- Fields ----------------------------------------------------------------------------------------------------------- */

struct output {
    char *text;
    size_t used; /* of INF_FIELD; what does not fit is cut */
};

static void put(struct output *out, const char *text, size_t length)
{
    size_t room = INF_FIELD - 1 - out->used;
    length = length < room ? length : room;
    memcpy(out->text + out->used, text, length);
    out->used += length;
    out->text[out->used] = '\0';
}

static void unquoted_put(struct output *out, const char *at, const char *end)
{
    for (bool quoted = false; at < end; at++) {
        if (*at != '"')
            put(out, at, 1);
        else if (quoted && at + 1 < end && at[1] == '"')
            put(out, at++, 1);
        else
            quoted = !quoted;
    }
}

/* The value of %name%, as it stands in [Strings]; NULL: there is none. */
static const char *string_find(const struct inf_text *text, const char *name, size_t length)
{
    for (size_t i = 0; i < text->count; i++) {
        const struct inf_line *line = &text->lines[i];
        if (strcasecmp(line->section, "Strings") != 0 || strncasecmp(line->text, name, length) != 0)
            continue;
        const char *at = line->text + length;
        while (is_blank(*at))
            at++;
        if (*at == '=')
            return at + 1 + strspn(at + 1, " \t");
    }
    return NULL;
}

/* [at, end) without quotes and with the strings put in. */
static void field_put(const struct inf_text *text, const char *at, const char *end, char field[INF_FIELD])
{
    struct output out = {.text = field};
    char plain[INF_FIELD];
    struct output raw = {.text = plain};
    field[0] = plain[0] = '\0';
    unquoted_put(&raw, at, end);
    for (const char *p = plain; *p != '\0';) {
        const char *close = *p == '%' ? strchr(p + 1, '%') : NULL;
        if (close == NULL) {
            put(&out, p++, 1);
        } else if (close == p + 1) {
            put(&out, "%", 1);
            p += 2;
        } else {
            const char *value = string_find(text, p + 1, (size_t)(close - p - 1));
            if (value == NULL)
                put(&out, p, (size_t)(close - p + 1));
            else
                unquoted_put(&out, value, value + strlen(value));
            p = close + 1;
        }
    }
}

static const char *outside_quotes(const char *at, char wanted)
{
    bool quoted = false;
    for (; *at != '\0' && (quoted || *at != wanted); at++)
        quoted ^= *at == '"';
    return at;
}

static void trim(const char **at, const char **end)
{
    while (*at < *end && is_blank(**at))
        (*at)++;
    while (*end > *at && is_blank((*end)[-1]))
        (*end)--;
}

bool inf_key(const struct inf_text *text, const struct inf_line *line, char key[INF_FIELD], const char **values)
{
    const char *at = line->text, *end = outside_quotes(at, '=');
    if (*end == '\0')
        return false;
    *values = end + 1;
    trim(&at, &end);
    field_put(text, at, end, key);
    return true;
}

bool inf_value(const struct inf_text *text, const char **at, char value[INF_FIELD])
{
    if (*at == NULL)
        return false;
    const char *first = *at, *end = outside_quotes(first, ',');
    *at = *end == '\0' ? NULL : end + 1;
    trim(&first, &end);
    field_put(text, first, end, value);
    return true;
}
