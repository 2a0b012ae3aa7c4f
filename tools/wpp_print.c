/* SPDX-License-Identifier: MIT */
/* The .tmh: for each trace function a macro that asks whether its provider is enabled and only then
 * looks at its arguments. ovl_wpp.h has the rest. */
#include "wpp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_condition(const char *argument)
{
    return strcmp(argument, "MSG") != 0 && strcmp(argument, "...") != 0;
}

static bool has_argument(const struct wpp_function *function, const char *name)
{
    for (size_t i = 0; i < function->argument_count; i++)
        if (strcmp(function->arguments[i], name) == 0)
            return true;
    return false;
}

/* "LEVEL_FLAGS": presets first, as WPP orders them. */
static void signature_print(const struct wpp_function *function, FILE *to)
{
    const char *between = "";
    for (size_t i = 0; i < function->preset_count; i++, between = "_")
        fprintf(to, "%s%s", between, function->preset_names[i]);
    for (size_t i = 0; i < function->argument_count; i++)
        if (is_condition(function->arguments[i])) {
            fprintf(to, "%s%s", between, function->arguments[i]);
            between = "_";
        }
}

/* The conditions as arguments: `named`, as a macro's parameters; else with the values of the
 * presets. */
static void conditions_print(const struct wpp_function *function, bool named, FILE *to)
{
    const char *between = "";
    for (size_t i = 0; i < function->preset_count; i++, between = ", ")
        fprintf(to, "%s%s", between,
                named ? function->preset_names[i] : function->preset_values[i]);
    for (size_t i = 0; i < function->argument_count; i++)
        if (is_condition(function->arguments[i])) {
            fprintf(to, "%s%s", between, function->arguments[i]);
            between = ", ";
        }
}

static void condition_macro_print(const struct wpp_function *function, const char *what, FILE *to)
{
    fputs("WPP_", to);
    signature_print(function, to);
    fprintf(to, "_%s(", what);
    conditions_print(function, false, to);
    fputc(')', to);
}

/* WPP_..._PRE and _POST may be defined by the source; with the recorder's log in front, so may
 * _ENABLED and _LOGGER. */
static void defaults_print(const struct wpp_function *function, FILE *to)
{
    static const char *const around[] = {"PRE", "POST"}, *const asked[] = {"ENABLED", "LOGGER"};
    bool any = function->preset_count + function->argument_count >
               has_argument(function, "MSG") + (size_t)has_argument(function, "...");
    for (size_t i = 0; i < 2; i++) {
        fputs("#ifndef WPP_", to);
        signature_print(function, to);
        fprintf(to, "_%s\n#define WPP_", around[i]);
        signature_print(function, to);
        fprintf(to, "_%s(%s)\n#endif\n", around[i], any ? "..." : "");
    }
    if (function->argument_count == 0 || strcmp(function->arguments[0], "IFRLOG") != 0 ||
        function->preset_count != 0)
        return;
    struct wpp_function without = *function;
    memmove(without.arguments, without.arguments + 1,
            --without.argument_count * sizeof *without.arguments);
    for (size_t i = 0; i < 2; i++) {
        fputs("#ifndef WPP_", to);
        signature_print(function, to);
        fprintf(to, "_%s\n#define WPP_", asked[i]);
        signature_print(function, to);
        fprintf(to, "_%s(", asked[i]);
        conditions_print(function, true, to);
        fputs(") ", to);
        condition_macro_print(&without, asked[i], to);
        fputs("\n#endif\n", to);
    }
}

/* The text of a level or flag: as the caller spells it, or the preset's value. */
static bool spelling_print(const struct wpp_function *function, const char *name, FILE *to)
{
    for (size_t i = 0; i < function->preset_count; i++)
        if (strcmp(function->preset_names[i], name) == 0)
            return fprintf(to, "\"%s\" ", function->preset_values[i]) > 0;
    return has_argument(function, name) && fprintf(to, "#%s ", name) > 0;
}

static void function_print(const struct wpp_function *function, FILE *to)
{
    const char *inner = function->doubled ? "OVL_WPP_" : "";
    bool message = has_argument(function, "MSG"), more = has_argument(function, "..."),
         logged = has_argument(function, "IFRLOG");
    defaults_print(function, to);
    fprintf(to, "#undef %s\n", function->name);
    if (function->doubled)
        fprintf(to, "#define %s(ARGUMENTS) OVL_WPP_%s ARGUMENTS\n#undef OVL_WPP_%s\n",
                function->name, function->name, function->name);
    fprintf(to, "#define %s%s(", inner, function->name);
    for (size_t i = 0; i < function->argument_count; i++)
        fprintf(to, "%s%s", i == 0 ? "" : ", ", function->arguments[i]);
    fputs(") ", to);
    condition_macro_print(function, "PRE", to);
    fputs(" \\\n    ((void)((WPP_CHECK_INIT ", to);
    condition_macro_print(function, "ENABLED", to);
    fputs(") ? (", to);
    if (message)
        fprintf(to, "OVL_WPP_DEBUG((MSG%s)) ", more ? ", ##__VA_ARGS__" : "");
    fputs("ovl_wpp_write(", to);
    condition_macro_print(function, "LOGGER", to);
    fputs(" \\\n    ", to);
    spelling_print(function, "LEVEL", to);
    fputs("\"\\0\" ", to);
    if (!spelling_print(function, "FLAGS", to))
        spelling_print(function, "FLAG", to);
    fprintf(to,
            "\"\\0\" %s %s \"\\0\" %s \"\\0\" OVL_WPP_TYPES, __FILE__, (unsigned)__LINE__, "
            "__func__, \\\n    %s",
            logged ? "\"%!RECORDER!\"" : "", function->prefix == NULL ? "" : function->prefix,
            function->suffix == NULL ? "" : function->suffix,
            message ? "sizeof *(MSG), OVL_WPP_COMPLEXES, (MSG)"
                    : "(size_t)1, OVL_WPP_COMPLEXES, \"\"");
    if (logged)
        fputs(", OVL_WPP_LOG(IFRLOG)", to);
    if (function->prefix_values != NULL)
        fprintf(to, ", %s", function->prefix_values);
    if (more)
        fputs(", ##__VA_ARGS__", to);
    if (function->suffix_values != NULL)
        fprintf(to, ", %s", function->suffix_values);
    fputs("), 0) : 0)) ", to);
    condition_macro_print(function, "POST", to);
    fputc('\n', to);
}

/* ---- Custom types ---------------------------------------------------------------------------- */

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || at[length] == '_')
        length++;
    return length;
}

static const char *blank_skip(const char *at)
{
    for (;;) {
        at += strspn(at, " \t\r\n");
        if (at[0] == '/' && at[1] == '/') {
            at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end == NULL ? at + strlen(at) : end + 2;
        } else {
            return at;
        }
    }
}

/* The enumeration's list, behind its brace, when its tag or a name behind it is `name`; else NULL.
 * `at` stands behind the word enum. */
static const char *enumeration_is(const char *at, const char *name)
{
    const char *tag = blank_skip(at), *list = blank_skip(tag + word_length(tag));
    if (word_length(tag) == 5 && strncmp(tag, "class", 5) == 0) {
        tag = list;
        list = blank_skip(tag + word_length(tag));
    }
    if (*list == ':') /* a type below */
        list += strcspn(list, "{;");
    if (*list != '{')
        return NULL;
    const char *end = strchr(list, '}');
    bool same = word_length(tag) == strlen(name) && strncmp(tag, name, strlen(name)) == 0;
    if (end == NULL)
        return NULL;
    for (at = blank_skip(end + 1); !same && *at != ';' && *at != '\0'; at = blank_skip(at)) {
        size_t length = word_length(at);
        same = length == strlen(name) && strncmp(at, name, length) == 0;
        at += length == 0 ? 1 : length;
    }
    return same ? list + 1 : NULL;
}

/* "A=0,B=7,": members whose value can be read; one that is an expression, and those counted from
 * it, have numbers only. */
static void members_print(const char *at, FILE *to)
{
    long long value = 0;
    bool known = true;
    for (at = blank_skip(at); *at != '}' && *at != '\0'; at = blank_skip(at)) {
        size_t length = word_length(at);
        const char *name = at, *behind = blank_skip(at + length);
        if (*behind == '=') {
            char *end;
            behind = blank_skip(behind + 1);
            value = strtoll(behind, &end, 0);
            end += strspn(end, "uUlL");
            known = end != behind && (*blank_skip(end) == ',' || *blank_skip(end) == '}');
            behind += strcspn(behind, ",}");
        }
        if (known && length != 0)
            fprintf(to, "%.*s=%lld,", (int)length, name, value);
        value++;
        at = behind + strcspn(behind, ",}");
        at += *at == ',';
    }
}

static void enumeration_print(const struct wpp *wpp, const char *name, FILE *to)
{
    for (size_t i = 0; i < wpp->texts.count; i++) {
        const char *text = wpp->texts.items[i];
        for (const char *at = strstr(text, "enum"); at != NULL; at = strstr(at + 4, "enum")) {
            const char *list =
                isspace((unsigned char)at[4]) || at[4] == '{' ? enumeration_is(at + 4, name) : NULL;
            if (list != NULL) {
                members_print(list, to);
                return;
            }
        }
    }
}

static void types_print(const struct wpp *wpp, FILE *to)
{
    fputs("#undef OVL_WPP_TYPES\n#define OVL_WPP_TYPES \"", to);
    for (size_t i = 0; i < wpp->type_count; i++) {
        const struct wpp_type *type = &wpp->types[i];
        fprintf(to, "%s=%c:", type->name, strncmp(type->kind, "ItemSet", 7) == 0 ? 'S' : 'L');
        if (strcmp(type->kind, "ItemEnum") == 0)
            enumeration_print(wpp, type->items, to);
        else
            for (const char *at = type->items; *at != '\0'; at++)
                if (!isspace((unsigned char)*at) && *at != '"' && *at != '\\')
                    fputc(*at, to);
        fputc(';', to);
    }
    fputs("\"\n", to);
}

/* A function for each complex type, which takes its value from the arguments: only a file that
 * includes the .tmh knows the type. */
static void complexes_print(const struct wpp *wpp, FILE *to)
{
    if (wpp->complex_count == 0) {
        fputs("#ifndef OVL_WPP_COMPLEXES\n#define OVL_WPP_COMPLEXES 0\n#endif\n", to);
        return;
    }
    fputs("#ifndef OVL_WPP_COMPLEXES\n#define OVL_WPP_COMPLEXES ovl_wpp_complexes\n", to);
    for (size_t i = 0; i < wpp->complex_count; i++) {
        const struct wpp_complex *complex = &wpp->complexes[i];
        fprintf(to,
                "static void ovl_wpp_take_%s(void *target, va_list *values)\n{\n    %s value = "
                "va_arg(*values, %s);\n"
                "    const struct ovl_wpp_pair pairs[] = {%s(value)};\n"
                "    ovl_wpp_pairs(target, \"%s\", pairs, sizeof pairs / sizeof *pairs);\n}\n",
                complex->name, complex->type, complex->type, complex->macro, complex->item);
    }
    fputs("static const struct ovl_wpp_complex ovl_wpp_complexes[] = {", to);
    for (size_t i = 0; i < wpp->complex_count; i++)
        fprintf(to, "{\"%s\", ovl_wpp_take_%s}, ", wpp->complexes[i].name, wpp->complexes[i].name);
    fputs("{0, 0}};\n#endif\n", to);
}

int wpp_print(const struct wpp *wpp, FILE *to)
{
    fputs("/* Made from begin_wpp blocks by ovcc or `ovl wpp`: not to be edited. */\n#pragma GCC "
          "system_header\n",
          to);
    for (size_t i = 0; i < wpp->macros.count; i++) {
        const char *macro = wpp->macros.items[i];
        size_t name = strcspn(macro, "=");
        fprintf(to, "#define %.*s %s\n", (int)name, macro,
                macro[name] == '=' ? macro + name + 1 : "");
    }
    fputs("#ifndef WPP_CONTROL_GUIDS\n#error \"WPP_CONTROL_GUIDS must be defined before a .tmh is "
          "included\"\n#endif\n#include \"ovl_wpp.h\"\n",
          to);
    types_print(wpp, to);
    complexes_print(wpp, to);
    for (size_t i = 0; i < wpp->function_count; i++)
        if (wpp->functions[i].defined)
            function_print(&wpp->functions[i], to);
    return ferror(to) ? EOF : 0;
}
