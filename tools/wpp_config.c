/* SPDX-License-Identifier: MIT */
/* The statements of WPP's configuration blocks: FUNC, USEPREFIX, USESUFFIX, CUSTOM_TYPE. */
#include "wpp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("wpp: no memory\n", stderr);
        exit(1);
    }
    return memory;
}

/* Without blanks around it. */
static char *copy(const char *text, size_t length)
{
    while (length > 0 && isspace((unsigned char)*text))
        text++, length--;
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    return must(strndup(text, length));
}

void wpp_string_add(struct wpp_strings *strings, const char *text, size_t length)
{
    if (strings->count == strings->room) {
        strings->room = strings->room * 2 + 8;
        strings->items = must(realloc(strings->items, strings->room * sizeof *strings->items));
    }
    strings->items[strings->count++] = must(strndup(text, length));
}

static void strings_free(struct wpp_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->items[i]);
    free(strings->items);
}

void wpp_begin(struct wpp *wpp, const char *tool)
{
    *wpp = (struct wpp){.tool = tool};
    wpp_statement(wpp, "FUNC DoTraceMessage(LEVEL, MSG, ...)", "", 0);
}

static void parameters_free(struct wpp_function *function)
{
    for (size_t i = 0; i < function->preset_count; i++) {
        free(function->preset_names[i]);
        free(function->preset_values[i]);
    }
    for (size_t i = 0; i < function->argument_count; i++)
        free(function->arguments[i]);
    function->preset_count = function->argument_count = 0;
}

static void function_free(struct wpp_function *function)
{
    parameters_free(function);
    free(function->name);
    free(function->prefix);
    free(function->prefix_values);
    free(function->suffix);
    free(function->suffix_values);
}

void wpp_end(struct wpp *wpp)
{
    for (size_t i = 0; i < wpp->function_count; i++)
        function_free(&wpp->functions[i]);
    free(wpp->functions);
    for (size_t i = 0; i < wpp->type_count; i++) {
        free(wpp->types[i].name);
        free(wpp->types[i].kind);
        free(wpp->types[i].items);
    }
    free(wpp->types);
    for (size_t i = 0; i < wpp->complex_count; i++) {
        free(wpp->complexes[i].name);
        free(wpp->complexes[i].macro);
        free(wpp->complexes[i].type);
        free(wpp->complexes[i].item);
    }
    free(wpp->complexes);
    strings_free(&wpp->directories);
    strings_free(&wpp->paths);
    strings_free(&wpp->texts);
    strings_free(&wpp->macros);
    strings_free(&wpp->headers);
    strings_free(&wpp->spelled);
    strings_free(&wpp->meant);
}

static int wrong(const struct wpp *wpp, const char *path, unsigned line, const char *what,
                 const char *of)
{
    fprintf(stderr, "%s: %s:%u: %s%s\n", wpp->tool, path, line, what, of);
    return 1;
}

/* The function with that name; a new one behind the others when there is none. */
static struct wpp_function *function_named(struct wpp *wpp, const char *name, size_t length)
{
    char *wanted = copy(name, length);
    for (size_t i = 0; i < wpp->function_count; i++)
        if (strcmp(wpp->functions[i].name, wanted) == 0) {
            free(wanted);
            return &wpp->functions[i];
        }
    wpp->functions =
        must(realloc(wpp->functions, (wpp->function_count + 1) * sizeof *wpp->functions));
    wpp->functions[wpp->function_count] = (struct wpp_function){.name = wanted};
    return &wpp->functions[wpp->function_count++];
}

/* How far to `end` or a comma that stand outside of quotes and brackets. */
static size_t span_to(const char *text, char end)
{
    size_t at = 0;
    int depth = 0;
    for (bool quoted = false; text[at] != '\0'; at++) {
        if (quoted && text[at] == '\\' && text[at + 1] != '\0')
            at++;
        else if (text[at] == '"')
            quoted = !quoted;
        else if (!quoted && depth == 0 && (text[at] == end || text[at] == ','))
            break;
        else if (!quoted && (text[at] == '(' || text[at] == '{'))
            depth++;
        else if (!quoted && (text[at] == ')' || text[at] == '}'))
            depth--;
    }
    return at;
}

/* "{A=B, C=D}" from behind the brace; the place behind the closing one, NULL: it is none. */
static const char *presets_read(struct wpp_function *function, const char *at)
{
    while (*at != '}' && *at != '\0') {
        size_t length = span_to(at, '}');
        const char *equal = memchr(at, '=', length);
        if (equal == NULL || function->preset_count == WPP_ARGUMENTS)
            return NULL;
        function->preset_names[function->preset_count] = copy(at, (size_t)(equal - at));
        function->preset_values[function->preset_count++] =
            copy(equal + 1, length - (size_t)(equal + 1 - at));
        at += length + (at[length] == ',');
    }
    return *at == '}' ? at + 1 : NULL;
}

static bool is_parameter(const char *text)
{
    if (strcmp(text, "...") == 0)
        return true;
    for (const char *at = text; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && *at != '_')
            return false;
    return isalpha((unsigned char)*text) || *text == '_';
}

/* NAME{PRESET=VALUE,...}(ARG, ..., MSG, ...) */
static bool function_read(struct wpp *wpp, const char *at)
{
    size_t length = strcspn(at, "{( \t\r\n");
    if (length == 0)
        return false;
    struct wpp_function *function = function_named(wpp, at, length);
    parameters_free(function); /* the later of two statements counts */
    function->defined = true;
    at += length + strspn(at + length, " \t\r\n");
    if (*at == '{' && (at = presets_read(function, at + 1)) == NULL)
        return false;
    at += strspn(at, " \t\r\n");
    if (*at++ != '(')
        return false;
    at += strspn(at, " \t\r\n");
    if ((function->doubled = *at == '('))
        at++;
    while (*at != ')') {
        size_t argument = span_to(at, ')');
        if (at[argument] == '\0' || function->argument_count == WPP_ARGUMENTS)
            return false;
        char *text = copy(at, argument);
        function->arguments[function->argument_count++] = text;
        if (!is_parameter(text) && (*text != '\0' || function->argument_count > 1))
            return false;
        at += argument + (at[argument] == ',');
    }
    if (function->argument_count == 1 && *function->arguments[0] == '\0')
        free(function->arguments[--function->argument_count]);
    return true;
}

/* (NAME, "format", values) */
static bool around_read(struct wpp *wpp, const char *at, bool is_suffix)
{
    if (*at++ != '(')
        return false;
    size_t name = span_to(at, ')');
    if (at[name] != ',')
        return false;
    struct wpp_function *function = function_named(wpp, at, name);
    at += name + 1;
    size_t format = span_to(at, ')'), rest = format;
    while (at[rest] == ',')
        rest += 1 + span_to(at + rest + 1, ')');
    if (at[rest] != ')')
        return false;
    char **literal = is_suffix ? &function->suffix : &function->prefix;
    char **values = is_suffix ? &function->suffix_values : &function->prefix_values;
    free(*literal);
    free(*values);
    *literal = copy(at, format);
    *values = rest > format ? copy(at + format + 1, rest - format - 1) : NULL;
    return **literal == '"';
}

/* (NAME, ItemListLong(a, b, c)) */
static bool type_read(struct wpp *wpp, const char *at)
{
    if (*at++ != '(')
        return false;
    size_t name = span_to(at, ')');
    if (at[name] != ',')
        return false;
    const char *kind = at + name + 1;
    size_t kind_length = strcspn(kind, "(,)");
    const char *items = kind + kind_length + (kind[kind_length] == '('), *end = strrchr(items, ')');
    if (kind[kind_length] == '(' && end != NULL)
        end = memchr(items, ')', (size_t)(end - items) + 1);
    wpp->types = must(realloc(wpp->types, (wpp->type_count + 1) * sizeof *wpp->types));
    wpp->types[wpp->type_count++] =
        (struct wpp_type){copy(at, name), copy(kind, kind_length),
                          end == NULL ? copy("", 0) : copy(items, (size_t)(end - items))};
    return end != NULL;
}

/* (NAME, MACRO, type of the argument, Item, "s", _signature_, priority, slots) */
static bool complex_read(struct wpp *wpp, const char *at)
{
    char *parts[4];
    size_t count = 0;
    bool more = *at++ == '(';
    while (more && count < 4) {
        size_t length = span_to(at, ')');
        parts[count++] = copy(at, length);
        more = at[length] == ',';
        at += length + more;
    }
    bool good = count == 4 && is_parameter(parts[0]) && is_parameter(parts[1]);
    if (!good) {
        while (count > 0)
            free(parts[--count]);
        return false;
    }
    /* A value, no reference, and without const: that is what va_arg takes. */
    for (char *reference; (reference = strchr(parts[2], '&')) != NULL;)
        *reference = ' ';
    if (strncmp(parts[2], "const ", 6) == 0 && strchr(parts[2], '*') == NULL)
        memset(parts[2], ' ', 5);
    wpp->complexes =
        must(realloc(wpp->complexes, (wpp->complex_count + 1) * sizeof *wpp->complexes));
    wpp->complexes[wpp->complex_count++] =
        (struct wpp_complex){parts[0], parts[1], parts[2], parts[3]};
    return true;
}

/* (-DMACRO(x) text) */
static bool flags_read(struct wpp *wpp, const char *at)
{
    if (strncmp(at, "(-D", 3) != 0)
        return false;
    at += 3;
    char text[4096];
    size_t length = span_to(at, ')'), name = strcspn(at, " \t=(");
    if (at[name] == '(')
        name += strcspn(at + name, ")") + 1;
    if (at[length] != ')' || name > length || length >= sizeof text - 1)
        return false;
    size_t blank = at[name] == '=' || at[name] == ' ';
    snprintf(text, sizeof text, "%.*s=%.*s", (int)name, at,
             name + blank > length ? 0 : (int)(length - name - blank), at + name + blank);
    wpp_string_add(&wpp->macros, text, strlen(text));
    return true;
}

int wpp_statement(struct wpp *wpp, const char *text, const char *path, unsigned line)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    const char *rest = text + length + strspn(text + length, " \t\r\n");
    bool good = true;
    if (length == 4 && strncmp(text, "FUNC", 4) == 0)
        good = function_read(wpp, rest);
    else if (length == 9 && strncmp(text, "USEPREFIX", 9) == 0)
        good = around_read(wpp, rest, false);
    else if (length == 9 && strncmp(text, "USESUFFIX", 9) == 0)
        good = around_read(wpp, rest, true);
    else if (length == 11 && strncmp(text, "CUSTOM_TYPE", 11) == 0)
        good = type_read(wpp, rest);
    else if (length == 16 && strncmp(text, "DEFINE_CPLX_TYPE", 16) == 0)
        good = complex_read(wpp, rest);
    else if (length == 9 && strncmp(text, "WPP_FLAGS", 9) == 0)
        good = flags_read(wpp, rest);
    else /* DEFINE_SIMPLE_TYPE and its kind */
        fprintf(stderr,
                "%s: %s:%u: warning: there is no %.*s here: messages end where they use its type\n",
                wpp->tool, path, line, (int)length, text);
    return good ? 0 : wrong(wpp, path, line, "this is not understood: ", text);
}
