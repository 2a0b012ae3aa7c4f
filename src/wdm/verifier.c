/* SPDX-License-Identifier: MIT */
/* Reports of broken rules: one line on standard error that names the driver, the rule, what happened, and the place in the driver's code.
 * The same rule at the same place is printed once and counted always. */
#include "wdm/verifier.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lock.h"
#include "wdm/verify.h"
#include "wdm/verify_place.h"
#include "wdm/wdm_host.h"

static _Atomic uint32_t reports;

uint32_t wdm_verifier_count(void)
{
    return atomic_load(&reports);
}

static bool rule_ignored(const char *rule)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, ",%s,", rule);
    return strstr(verify_options.ignored, wanted) != NULL;
}

/* True when that rule was printed for that place before. */
static bool printed_before(const char *rule, const void *place)
{
    enum { REMEMBERED = 256 };
    static struct lock lock;
    static struct { const char *rule; const void *place; } printed[REMEMBERED];
    static unsigned count;
    bool found = false;
    lock_acquire(&lock);
    for (unsigned i = 0; i < count && !found; i++)
        found = printed[i].place == place && strcmp(printed[i].rule, rule) == 0;
    if (!found && count < REMEMBERED && place != NULL) {
        printed[count].rule = rule;
        printed[count++].place = place;
    }
    lock_release(&lock);
    return found;
}

/* The module's name without its ending. */
static void module_name(const void *code, char *name, size_t size)
{
    struct verify_place place;
    if (verify_place_find(code, false, &place))
        snprintf(name, size, "%.*s", (int)strcspn(place.module, "."), place.module);
}

void wdm_verifier_report_list(const char *driver, const char *rule, const void *caller, const char *format, va_list arguments)
{
    char place[384] = "", inside[448] = "", text[512], name[64] = "?";
    const char *what = NULL;
    const void *callback = verify_callback(&what), *code = caller;
    bool call = true;
    if (rule_ignored(rule))
        return;
    atomic_fetch_add(&reports, 1);
    vsnprintf(text, sizeof text, format, arguments);
    if (callback != NULL && (caller == NULL || verify_driver_name(caller) == NULL)) {
        code = callback;
        call = false;
    }
    if (printed_before(rule, code))
        return;
    verify_place_print(code, call, place, sizeof place);
    if (callback != NULL) {
        char at[384];
        verify_place_print(callback, false, at, sizeof at);
        snprintf(inside, sizeof inside, ", in %s %s", what, at);
    }
    if (driver == NULL)
        driver = verify_driver_name(code);
    if (driver == NULL)
        module_name(code, name, sizeof name);
    fprintf(stderr, "overlapped: verifier: %s: %s: %s%s%s%s\n", driver == NULL ? name : driver, rule, text,
            place[0] == '\0' ? "" : " at ", place, call ? inside : "");
}

void wdm_verifier_report_at(const char *driver, const char *rule, const void *caller, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    wdm_verifier_report_list(driver, rule, caller, format, arguments);
    va_end(arguments);
}

void wdm_verifier_end(void)
{
    fflush(NULL);
    if (verify_on() && !verify_options.abort)
        _exit(WDM_VERIFIER_EXIT);
    abort();
}

void wdm_verifier_stop_at(const char *driver, const char *rule, const void *caller, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    wdm_verifier_report_list(driver, rule, caller, format, arguments);
    va_end(arguments);
    fprintf(stderr, "overlapped: driver: %s stops the system\n", rule);
    wdm_verifier_end();
}

/* Behind the program's own exit handlers, so that a test's verdict is only ever made worse. */
__attribute__((destructor)) static void verifier_exit(void)
{
    if (atomic_load(&reports) == 0 || !verify_on() || verify_options.log)
        return;
    fprintf(stderr, "overlapped: verifier: %u reports\n", atomic_load(&reports));
    fflush(NULL);
    _exit(WDM_VERIFIER_EXIT);
}
