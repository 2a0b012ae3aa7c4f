/* SPDX-License-Identifier: MIT */
/* Reports of rules that a driver broke: who, which rule (verify.def lists them), where. A report is one line on standard error, printed
 * once for each rule and place, and counted. With the verifier on (OVERLAPPED_VERIFIER, verify.h) a process with reports ends with
 * WDM_VERIFIER_EXIT, so that CI sees it. What stops Windows stops the process behind its report, verifier or not. */
#ifndef WDM_VERIFIER_H
#define WDM_VERIFIER_H

#include <stdarg.h>
#include <stdint.h>

enum { WDM_VERIFIER_EXIT = 86 };

/* `driver`: its name; NULL: that of the module that `caller`, an address in the driver or NULL, lies in. Where `caller` is the
 * library's own, the callback that runs on this thread is named instead. */
void wdm_verifier_report_at(const char *driver, const char *rule, const void *caller, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void wdm_verifier_report_list(const char *driver, const char *rule, const void *caller, const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));
#define wdm_verifier_report(driver, rule, ...) wdm_verifier_report_at((driver), (rule), __builtin_return_address(0), __VA_ARGS__)

/* The same, and the process ends there. */
_Noreturn void wdm_verifier_stop_at(const char *driver, const char *rule, const void *caller, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define wdm_verifier_stop(rule, ...) wdm_verifier_stop_at(NULL, (rule), __builtin_return_address(0), __VA_ARGS__)

/* Ends the process after a report: with WDM_VERIFIER_EXIT when the verifier is on and not asked to abort, else by abort(). */
_Noreturn void wdm_verifier_end(void);

/* All reports of the process so far. */
uint32_t wdm_verifier_count(void);

#endif
