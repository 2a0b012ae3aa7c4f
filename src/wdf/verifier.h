/* SPDX-License-Identifier: MIT */
/* Reports of rules that a driver broke: who, which rule, where. A report is one line on standard error and is counted; with
 * the verifier on (wdm/verify.h) a process with reports ends with WDM_VERIFIER_EXIT, so that CI sees it. What stops Windows stops
 * the process behind its report. */
#ifndef WDF_VERIFIER_H
#define WDF_VERIFIER_H

#include <stdint.h>

struct wdf_driver;

/* `driver` may be NULL (none yet). `caller`: an address in the driver, or NULL. */
void wdf_verifier_report_at(struct wdf_driver *driver, const char *rule, const void *caller, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define wdf_verifier_report(driver, rule, ...) wdf_verifier_report_at((driver), (rule), __builtin_return_address(0), __VA_ARGS__)
/* The same, and the process ends there. */
_Noreturn void wdf_verifier_stop_at(struct wdf_driver *driver, const char *rule, const void *caller, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define wdf_verifier_stop(driver, rule, ...) wdf_verifier_stop_at((driver), (rule), __builtin_return_address(0), __VA_ARGS__)

/* All reports of the process so far. */
uint32_t wdf_verifier_count(void);

#endif
