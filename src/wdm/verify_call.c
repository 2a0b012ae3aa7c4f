/* SPDX-License-Identifier: MIT */
/* Levels at which routines may be called, and the driver's callbacks: what a thread is in, whether it comes back at the level and with
 * the locks that it went with. */
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

void verify_level(const char *routine, KIRQL highest, const void *caller)
{
    verify_level_was(routine, KeGetCurrentIrql(), highest, caller);
}

void verify_level_was(const char *routine, KIRQL irql, KIRQL highest, const void *caller)
{
    if (irql > highest && verify_driver_name(caller) != NULL)
        wdm_verifier_report_at(NULL, "irql", caller, "%s at IRQL %u, which is for levels up to %u", routine, irql, highest);
}

VOID NTAPI OvlPagedCode(void)
{
    if (KeGetCurrentIrql() > APC_LEVEL && verify_on())
        wdm_verifier_report_at(NULL, "paged-code", VERIFY_CALLER, "PAGED_CODE at IRQL %u", KeGetCurrentIrql());
}

enum { FRAMES = 64 };

struct frame {
    const char *what;
    const void *function;
    uint32_t locks;
    KIRQL irql;
};

static __thread struct frame frames[FRAMES];
static __thread unsigned depth;

void verify_enter(const char *what, const void *function)
{
    if (depth < FRAMES)
        frames[depth] = (struct frame){what, function, verify_locks_held(), KeGetCurrentIrql()};
    depth++;
}

const void *verify_callback(const char **what)
{
    for (unsigned i = depth < FRAMES ? depth : FRAMES; i-- > 0;)
        if (verify_driver_name(frames[i].function) != NULL) {
            *what = frames[i].what;
            return frames[i].function;
        }
    return NULL;
}

static void leave(uint32_t given, const KIRQL *level)
{
    if (depth-- > FRAMES)
        return;
    struct frame frame = frames[depth];
    KIRQL irql = KeGetCurrentIrql(), expected = level == NULL ? frame.irql : *level;
    if (verify_locks_held() + given > frame.locks)
        verify_locks_report(frame.locks - given, frame.function, frame.what);
    if (irql == expected)
        return;
    wdm_verifier_report_at(verify_driver_name(frame.function), "irql-changed", frame.function,
                           "IRQL %u instead of %u at the return of the %s", irql, expected, frame.what);
    wdm_irql_set(expected);
}

void verify_leave(void)
{
    leave(0, NULL);
}

void verify_leave_cancel(KIRQL expected)
{
    leave(1, &expected);
}
