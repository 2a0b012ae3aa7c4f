/* SPDX-License-Identifier: MIT */
/* Reports of rules that a driver broke: who, which rule, where. A report is one line on standard error and is counted; with
 * the verifier on (wdm/verify.h) a process with reports ends with WDM_VERIFIER_EXIT, so that CI sees it. What stops Windows stops
 * the process behind its report. */
#ifndef WDF_VERIFIER_H
#define WDF_VERIFIER_H

#include <stdatomic.h>
#include <stdint.h>

#include "wdf.h"
#include "wdm/verify.h"

struct wdf_driver;

/* WDF_CALLBACK("EvtTimerFunc", function, result = function(arguments)): the verifier knows what the thread is in, and looks at the level
 * and the locks that it comes back with. */
#define WDF_CALLBACK(what, function, call)                         \
    do {                                                           \
        const void *called = (const void *)(function);             \
        if (verify_on())                                           \
            verify_enter((what), called);                          \
        call;                                                      \
        if (verify_on())                                           \
            verify_leave();                                        \
    } while (0)

/* The highest level that a method may be called at; looked up by name once for each place. */
struct verify_method {
    const char *name;      /* "ovl_WdfDeviceCreate" */
    _Atomic uint8_t level; /* plus one; 0: not looked up */
};
void verify_method(struct verify_method *method, PWDF_DRIVER_GLOBALS globals, const void *caller);
#define VERIFY_METHOD(globals, caller)                             \
    do {                                                           \
        if (verify_on()) {                                         \
            static struct verify_method method = {__func__, 0};    \
            verify_method(&method, (globals), (caller));           \
        }                                                          \
    } while (0)

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
