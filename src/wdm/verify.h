/* SPDX-License-Identifier: MIT */
/* The driver verifier: what the runtime's routines call at their entry so that a driver's broken rules are seen. Everything here is a load
 * and a branch while the verifier is off. OVERLAPPED_VERIFIER turns it on (verify_options.c has the words); it is fixed before a
 * driver is loaded.
 *
 *   verify_place.c   module, function and line of an address        verify_lock.c    spin locks: owner, order, how long
 *   verify_track.c   what a driver allocated; leaks at unload        verify_irp.c     each dispatch of each IRP
 *   verify_pool.c    pool blocks, guards, delayed frees              verify_urb.c     URBs under way
 *   verify_call.c    callbacks and levels                            verify_fault.c   no memory, cancels, delays, by seed */
#ifndef WDM_VERIFY_H
#define WDM_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntddk.h"
#include "wdm/verifier.h"

struct wdm_driver;
struct irp;

/* ---- Options (verify_options.c) ------------------------------------------------------------------------------------- */

enum { VERIFY_RULES = 1, VERIFY_LOW_MEMORY = 2, VERIFY_CANCEL = 4, VERIFY_DELAY = 8 };
extern uint32_t verify_flags; /* written once, before main */

struct verify_options {
    bool log;               /* reports do not change the exit status */
    bool abort;             /* a stop leaves a core */
    uint64_t seed;
    uint32_t low_memory_at; /* the allocation (from 1) that fails; 0: see low_memory_chance */
    uint32_t low_memory_chance, cancel_chance; /* in 1000 */
    uint32_t delay_us;      /* of a delayed completion, at most */
    uint32_t spin_ms;       /* processor time that a spin lock may be held */
    uint32_t wait_ms;       /* a removal that waits longer for a driver's request is reported */
    int result_fd;          /* where an injected fault is told to `ovl run`; -1: nowhere */
    char ignored[512];      /* rules that are not reported, each between commas */
};
extern struct verify_options verify_options;

/* Parses the words; false: *wrong is the first that is none. Pure. */
bool verify_options_parse(const char *text, struct verify_options *options, uint32_t *flags, char wrong[64]);

#define verify_on() __builtin_expect((verify_flags & VERIFY_RULES) != 0, 0)
#define VERIFY_CALLER __builtin_return_address(0)

/* ---- Modules (verify_track.c) ---------------------------------------------------------------------------------------------- */

/* Behind dlopen, before DriverEntry; behind DriverUnload, before dlclose (or when DriverEntry failed): leaks are reported. */
void verify_driver_loaded(struct wdm_driver *driver);
void verify_driver_unloaded(struct wdm_driver *driver);
/* DriverEntry has succeeded. */
void verify_driver_started(struct wdm_driver *driver);
/* The name of the driver whose code that is, or NULL: the library's or a program's. */
const char *verify_driver_name(const void *code);

/* ---- What a driver allocated (verify_track.c) -------------------------------------------------------------------------- */

enum verify_kind { VERIFY_POOL, VERIFY_MDL, VERIFY_IRP, VERIFY_WORK_ITEM, VERIFY_URB, VERIFY_TIMER, VERIFY_THREAD, VERIFY_KINDS };

struct verify_entry {
    struct verify_entry *next;
    const void *address;
    const void *caller, *freed_by;
    const char *driver;    /* NULL: no driver's */
    void *base;            /* pool: what malloc gave */
    size_t size;
    uint64_t check;        /* an active URB's sum */
    const void *user;      /* what uses it: an IRP */
    uint32_t tag;
    uint32_t uses;
    uint8_t kind;          /* enum verify_kind */
    bool freed, paged;
};

void verify_track(enum verify_kind kind, const void *address, size_t size, uint32_t tag, const void *caller);
/* It is freed: false when it was not known, or was freed before, which is reported by the kind's rule. */
bool verify_untrack(enum verify_kind kind, const void *address, const void *caller);
void verify_forget(enum verify_kind kind, const void *address);
/* Something uses it: freeing it meanwhile is reported. Unknown ones are left alone. */
void verify_use(enum verify_kind kind, const void *address, const void *user, int change);
void verify_work_queued(const void *item, const void *caller);
/* What lies in memory that goes: timers that run, locks of the order graph. */
void verify_memory_gone(const void *memory, size_t size, const void *caller);

/* For the kinds' files: calls back with the shard locked; NULL entry: not known. */
void verify_find(enum verify_kind kind, const void *address, void (*found)(struct verify_entry *entry, void *context), void *context);

/* free(), but under the verifier a while later, so that what touches it meanwhile meets what it was. */
void verify_free(void *memory);

/* ---- Pool (verify_pool.c) --------------------------------------------------------------------------------------------- */

void *verify_pool_allocate(POOL_TYPE type, size_t size, ULONG tag, bool zeroed, const void *caller);
void verify_pool_free(void *memory, ULONG tag, bool any_tag, const void *caller);
void verify_pool_settle(void); /* the delayed frees are looked at */

/* ---- Calls and callbacks (verify_call.c) --------------------------------------------------------------------------------- */

void verify_level(const char *routine, KIRQL highest, const void *caller);
void verify_level_was(const char *routine, KIRQL irql, KIRQL highest, const void *caller);
/* First line of a routine that is for levels up to `highest`. */
#define VERIFY_IRQL(highest)                                            \
    do {                                                                \
        if (verify_on())                                                \
            verify_level(__func__, (highest), VERIFY_CALLER);           \
    } while (0)

/* Around a callback of the driver's; nests. `function` is its address, `what` says which ("EvtIoRead", "completion routine"). */
void verify_enter(const char *what, const void *function);
void verify_leave(void);
/* Behind a cancel routine, which gives the cancel spin lock back and goes to the level before it. */
void verify_leave_cancel(KIRQL expected);
/* The callback that runs on this thread, for reports; NULL: none. */
const void *verify_callback(const char **what);
/* ---- Locks (verify_lock.c) ------------------------------------------------------------------------------------------------ */

enum verify_lock { VERIFY_SPIN_LOCK, VERIFY_WAIT_LOCK, VERIFY_CALLBACK_LOCK };

/* Before a lock is taken (recursion is a stop, as the thread would wait for itself) and behind it; when it is given back. */
void verify_lock_taking(const void *lock, enum verify_lock kind, const void *caller);
void verify_lock_taken(const void *lock, enum verify_lock kind, const void *caller);
void verify_lock_given(const void *lock, enum verify_lock kind, const void *caller);
/* A lock that is initialised anew, or whose memory goes. */
void verify_lock_forget(const void *memory, size_t size);
uint32_t verify_locks_held(void);
void verify_locks_report(uint32_t above, const void *function, const char *what);

/* ---- IRPs (verify_irp.c) ---------------------------------------------------------------------------------------------------- */

NTSTATUS verify_irp_call(DEVICE_OBJECT *device, IRP *irp, const void *caller);
void verify_irp_completing(IRP *irp, const void *caller);
/* The completion goes past stack location `location` (1: the lowest). */
void verify_irp_pass(IRP *irp, int location, UCHAR control);
void verify_irp_gone(const IRP *irp);
/* IoFreeIrp. */
void verify_irp_freed(IRP *irp, const void *caller);

/* ---- URBs (verify_urb.c): by the bus's driver, around the time that it has the URB ------------------------------------------- */

void verify_urb_begin(void *urb, IRP *irp);
void verify_urb_end(void *urb, IRP *irp);
/* The driver above the bus, whose request that is; or NULL. */
const char *verify_sender_name(const IRP *irp);

/* ---- Faults (verify_fault.c) ------------------------------------------------------------------------------------------------- */

bool verify_low_memory(const void *caller);
/* An allocation that a driver asked for, by itself or by what it called, is to fail. */
static inline bool verify_memory_fails(const void *caller)
{
    return __builtin_expect((verify_flags & VERIFY_LOW_MEMORY) != 0, 0) && verify_low_memory(caller);
}
uint64_t verify_random(void);
/* The program's request, which has just pended: maybe it is cancelled a little later. */
void verify_cancel_later(struct irp *irp);
/* True: the completion goes on later, on the DPC thread; the caller returns. `go_on` is called there. */
bool verify_delay(IRP *irp, void (*go_on)(IRP *irp));
/* Until no completion and no cancel is waiting. */
void verify_fault_settle(void);

#endif
