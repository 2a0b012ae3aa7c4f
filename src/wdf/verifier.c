/* SPDX-License-Identifier: MIT */
/* Reports of broken rules: one line on standard error that names the driver, the rule and the place in the driver's code. */
#include "wdf/verifier.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wdf/driver.h"
#include "wdm/wdm_host.h"

static _Atomic uint32_t reports;

uint32_t wdf_verifier_count(void)
{
    return atomic_load(&reports);
}

/* "echo.so!EvtIoRead+0x1c": what a symbolizer and a reader can use. */
static void place_describe(char *text, size_t size, const void *caller)
{
    Dl_info info;
    text[0] = '\0';
    if (caller == NULL || dladdr(caller, &info) == 0 || info.dli_fname == NULL)
        return;
    const char *slash = strrchr(info.dli_fname, '/');
    const char *file = slash == NULL ? info.dli_fname : slash + 1;
    if (info.dli_sname != NULL)
        snprintf(text, size, " at %s!%s+0x%zx", file, info.dli_sname,
                 (size_t)((const char *)caller - (const char *)info.dli_saddr));
    else
        snprintf(text, size, " at %s+0x%zx", file, (size_t)((const char *)caller - (const char *)info.dli_fbase));
}

static void report(struct wdf_driver *driver, const char *rule, const void *caller, const char *format, va_list arguments)
{
    char place[256], text[512];
    place_describe(place, sizeof place, caller);
    vsnprintf(text, sizeof text, format, arguments);
    atomic_fetch_add(&reports, 1);
    fprintf(stderr, "overlapped: verifier: %s: %s: %s%s\n", driver == NULL ? "?" : driver->name, rule, text, place);
}

void wdf_verifier_report_at(struct wdf_driver *driver, const char *rule, const void *caller, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(driver, rule, caller, format, arguments);
    va_end(arguments);
}

void wdf_verifier_stop_at(struct wdf_driver *driver, const char *rule, const void *caller, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(driver, rule, caller, format, arguments);
    va_end(arguments);
    wdm_stop("%s: %s stops the system", driver == NULL ? "?" : driver->name, rule);
}

/* Behind the program's own exit handlers, so that a test's verdict is only ever made worse. */
__attribute__((destructor)) static void verifier_exit(void)
{
    const char *mode = getenv("OVERLAPPED_VERIFIER");
    if (atomic_load(&reports) == 0 || mode == NULL || strcmp(mode, "exit") != 0)
        return;
    fprintf(stderr, "overlapped: verifier: %u reports\n", atomic_load(&reports));
    fflush(NULL);
    _exit(WDF_VERIFIER_EXIT);
}
