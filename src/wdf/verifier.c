/* SPDX-License-Identifier: MIT */
/* The framework's reports: those of wdm/verifier.h by the framework's driver object. */
#include "wdf/verifier.h"

#include <stdarg.h>
#include <stdio.h>

#include "wdf/driver.h"
#include "wdm/verifier.h"

uint32_t wdf_verifier_count(void)
{
    return wdm_verifier_count();
}

static void report(struct wdf_driver *driver, const char *rule, const void *caller, const char *format, va_list arguments)
{
    wdm_verifier_report_list(driver == NULL ? NULL : driver->name, rule, caller, format, arguments);
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
    fprintf(stderr, "overlapped: driver: %s: %s stops the system\n", driver == NULL ? "?" : driver->name, rule);
    wdm_verifier_end();
}
