/* SPDX-License-Identifier: MIT */
/* WPP's providers: each trace macro of a .tmh (see ovl_wpp.h) asks its module's control block
 * whether level and flag are enabled, and then writes a line of the trace: provider, place, level,
 * flag, message. */
#include "ovl_wpp.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/trace.h"
#include "base/utf16.h"
#include "wdm/wpp.h"

enum { LINE = 512, LEVEL_ALL = 255 };

static const char *const level_names[] = {"none",    "critical",    "error",
                                          "warning", "information", "verbose"};

struct setting {
    unsigned char level;
    unsigned int flags;
};

static bool level_read(const char *text, const char **end, unsigned char *level)
{
    for (unsigned i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (strncasecmp(text, level_names[i], strlen(level_names[i])) == 0) {
            *level = (unsigned char)i;
            *end = text + strlen(level_names[i]);
            return true;
        }
    char *behind;
    unsigned long value = strtoul(text, &behind, 0);
    *level = (unsigned char)(value > LEVEL_ALL ? LEVEL_ALL : value);
    *end = behind;
    return behind != text;
}

static bool is_for(const char *item, size_t length, const WPP_TRACE_CONTROL_BLOCK *control)
{
    if (length == 1 && *item == '*')
        return true;
    return strlen(control->FriendlyName) == length &&
           strncasecmp(control->FriendlyName, item, length) == 0;
}

/* OVERLAPPED_WPP: "NAME=LEVEL[:FLAGS];..." with * for all names. Without the variable everything is
 * on, with it what it names. */
static struct setting setting_of(const WPP_TRACE_CONTROL_BLOCK *control)
{
    struct setting setting = {LEVEL_ALL, 0xffffffffu};
    const char *list = getenv("OVERLAPPED_WPP");
    if (list == NULL || *list == '\0')
        return setting;
    setting = (struct setting){0, 0};
    while (*list != '\0') {
        size_t length = strcspn(list, ";"), name = strcspn(list, "=;");
        unsigned char level = LEVEL_ALL;
        const char *end = list + name;
        bool good = *end != '=' || level_read(list + name + 1, &end, &level);
        char *behind = (char *)end;
        unsigned long flags = good && *end == ':' ? strtoul(end + 1, &behind, 0) : 0xffffffffu;
        if (!good || behind != list + length)
            trace_note(TRACE_DRIVER, "OVERLAPPED_WPP: NAME=LEVEL:FLAGS is expected, not %.*s",
                       (int)length, list);
        else if (is_for(list, name, control))
            setting = (struct setting){level, (unsigned int)flags};
        list += length + (list[length] == ';');
    }
    return setting;
}

static void control_set(WPP_TRACE_CONTROL_BLOCK *control, struct setting setting, bool on)
{
    for (int i = 0; i < OVL_WPP_FLAG_WORDS; i++)
        __atomic_store_n(&control->Flags[i],
                         !on      ? 0
                         : i == 0 ? setting.flags
                                  : 0xffffffffu,
                         __ATOMIC_RELAXED);
    __atomic_store_n(&control->Level, on ? setting.level : 0, __ATOMIC_RELAXED);
    __atomic_store_n(&control->Logger, on ? (unsigned long long)(uintptr_t)control : 0,
                     __ATOMIC_RELEASE);
}

/* Control blocks follow each other as WPP_CB_TYPE, which holds one. */
void ovl_wpp_start(WPP_TRACE_CONTROL_BLOCK *controls, unsigned count,
                   PFN_WPP_PRIVATE_ENABLE_CALLBACK callback, ...)
{
    for (unsigned i = 0; i < count && trace_on(DRIVER); i++) {
        struct setting setting = setting_of(&controls[i]);
        __atomic_store_n(&controls[i].Started, 1, __ATOMIC_RELAXED);
        if (setting.flags == 0)
            continue;
        control_set(&controls[i], setting, true);
        if (callback != NULL)
            callback(&controls[i].ControlGuid, (long long)controls[i].Logger, TRUE, setting.flags,
                     setting.level);
    }
}

void ovl_wpp_stop(WPP_TRACE_CONTROL_BLOCK *controls, unsigned count,
                  PFN_WPP_PRIVATE_ENABLE_CALLBACK callback, ...)
{
    for (unsigned i = 0; i < count; i++) {
        __atomic_store_n(&controls[i].Started, 0, __ATOMIC_RELAXED);
        if (controls[i].Logger == 0)
            continue;
        control_set(&controls[i], (struct setting){0, 0}, false);
        if (callback != NULL)
            callback(&controls[i].ControlGuid, 0, FALSE, 0, 0);
    }
}

static const char *next_part(const char **at)
{
    const char *part = *at;
    *at += strlen(part) + 1;
    return part;
}

/* "TRACE_LEVEL_ERROR" is shown as error; the 2 of a macro around the macro as well. */
static const char *level_short(const char *level)
{
    char *end;
    unsigned long value = strtoul(level, &end, 0);
    if (end != level && *end == '\0' && value < sizeof level_names / sizeof *level_names)
        return level_names[value];
    for (size_t i = 0;
         i < sizeof level_names / sizeof *level_names && strncmp(level, "TRACE_LEVEL_", 12) == 0;
         i++)
        if (strcasecmp(level + 12, level_names[i]) == 0)
            return level_names[i];
    return level;
}

static void line_head(struct format_target *target, const WPP_TRACE_CONTROL_BLOCK *control,
                      const struct wpp_site *site)
{
    const char *slash = strrchr(site->file, '/');
    wpp_put(target, "%s: %s:%u:", control->FriendlyName, slash == NULL ? site->file : slash + 1,
            site->line);
    if (*site->level != '\0')
        wpp_put(target, " %s", level_short(site->level));
    if (*site->flags != '\0')
        wpp_put(target, " %s", site->flags);
    wpp_put(target, *site->level != '\0' || *site->flags != '\0' ? ": " : " ");
}

void ovl_wpp_write(unsigned long long logger, const char *site_text, const char *file,
                   unsigned line, const char *function, size_t unit,
                   const struct ovl_wpp_complex *complexes, const void *message, ...)
{
    char text[LINE], narrow[LINE];
    struct format_target target = {.units = text, .capacity = sizeof text - 1};
    struct wpp_site site = {.file = file, .line = line, .function = function};
    if (logger == 0 || !trace_on(DRIVER))
        return;
    site.level = next_part(&site_text);
    site.flags = next_part(&site_text);
    site.prefix = next_part(&site_text);
    site.suffix = next_part(&site_text);
    site.types = site_text;
    site.complexes = complexes;
    if (unit == sizeof(char16_t)) {
        const char16_t *wide = message;
        size_t length = utf16_length(wide),
               used = utf8_from_utf16(narrow, sizeof narrow - 1, wide, length);
        narrow[used < sizeof narrow ? used : sizeof narrow - 1] = '\0';
        message = narrow;
    }
    line_head(&target, (const WPP_TRACE_CONTROL_BLOCK *)(uintptr_t)logger, &site);
    struct format_args args;
    va_start(args.list, message);
    if (wpp_print(&target, site.prefix, &site, &args) && wpp_print(&target, message, &site, &args))
        wpp_print(&target, site.suffix, &site, &args);
    va_end(args.list);
    text[target.used] = '\0';
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n' || *at == '\r')
            *at = ' ';
    for (size_t end = target.used; end > 0 && text[end - 1] == ' '; end--)
        text[end - 1] = '\0';
    trace_note(TRACE_DRIVER, "%s", text);
}
