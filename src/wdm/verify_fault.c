/* SPDX-License-Identifier: MIT */
/* Faults by seed: allocations that fail, the program's requests cancelled, completions that come late. Same seed, same draws; which
 * request meets which draw is the threads' affair. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/futex.h"
#include "engine/engine.h"
#include "nt/file.h"
#include "nt/wait.h"
#include "wdm/verify.h"
#include "wdm/verify_place.h"
#include "wdm/wdm_host.h"

enum { PER_MILLE = 1000, NS_PER_US = 1000 };

uint64_t verify_random(void)
{
    static _Atomic uint64_t drawn;
    uint64_t x = (verify_options.seed + atomic_fetch_add(&drawn, 1)) * 0x9e3779b97f4a7c15; /* splitmix64 */
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* ---- No memory ------------------------------------------------------------------------------------------------------------- */

bool verify_low_memory(const void *caller)
{
    static _Atomic uint32_t asked;
    uint32_t number = atomic_fetch_add(&asked, 1) + 1;
    bool fails = verify_options.low_memory_at != 0 ? number == verify_options.low_memory_at
                                                   : verify_random() % PER_MILLE < verify_options.low_memory_chance;
    if (!fails)
        return false;
    char place[384];
    verify_place_print(caller != NULL ? caller : __builtin_return_address(0), true, place, sizeof place);
    if (verify_options.result_fd >= 0)
        dprintf(verify_options.result_fd, "allocation %u fails at %s\n", number, place);
    else
        fprintf(stderr, "overlapped: verifier: allocation %u fails at %s\n", number, place);
    return true;
}

/* ---- Things that are under way ---------------------------------------------------------------------------------------------- */

static _Atomic uint32_t under_way;

static void under_way_end(void)
{
    if (atomic_fetch_sub(&under_way, 1) == 1)
        futex_wake(&under_way, INT32_MAX);
}

void verify_fault_settle(void)
{
    for (uint32_t left; (left = atomic_load(&under_way)) != 0;)
        futex_wait(&under_way, left, FUTEX_NO_DEADLINE);
}

struct late {
    struct engine_timer timer;
    struct engine_op op;
    KDPC dpc;
    IRP *irp;
    void (*go_on)(IRP *irp);
    struct irp *request;
};

static bool late_start(struct late *late, void (*fired)(struct engine_timer *timer))
{
    enum { CANCEL_US = 2000 };
    uint32_t most = verify_options.delay_us != 0 ? verify_options.delay_us : CANCEL_US;
    late->timer.fired = fired;
    atomic_fetch_add(&under_way, 1);
    if (engine_timer_set(&late->timer, clock_now_ns() + verify_random() % most * NS_PER_US) == 0)
        return true;
    under_way_end();
    return false;
}

/* ---- Cancelled by nobody ----------------------------------------------------------------------------------------------------- */

/* At PASSIVE_LEVEL, as a program's own cancel would be: the last reference may close the file. */
static int64_t cancel_run(struct engine_op *op)
{
    struct late *late = container_of(op, struct late, op);
    struct file *file = late->request->file;
    irp_cancel(late->request);
    irp_dereference(late->request);
    object_dereference(&file->object);
    return 0;
}

static void cancel_done(struct engine_op *op, int64_t result)
{
    struct late *late = container_of(op, struct late, op);
    if (result < 0) /* no thread for it */
        cancel_run(op);
    free(late);
    under_way_end();
}

static void cancel_fired(struct engine_timer *timer)
{
    struct late *late = container_of(timer, struct late, timer);
    late->op = (struct engine_op){.code = ENGINE_WORK, .work = cancel_run, .done = cancel_done};
    engine_submit(&late->op);
}

void verify_cancel_later(struct irp *irp)
{
    if (verify_random() % PER_MILLE >= verify_options.cancel_chance)
        return;
    struct late *late = calloc(1, sizeof *late);
    if (late == NULL)
        return;
    late->request = irp;
    object_reference(&irp->file->object);
    irp_reference(irp);
    if (late_start(late, cancel_fired))
        return;
    irp_dereference(irp);
    object_dereference(&irp->file->object);
    free(late);
}

/* ---- Late completions --------------------------------------------------------------------------------------------------------- */

static VOID NTAPI delay_dpc(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    struct late *late = context;
    (void)dpc;
    (void)first;
    (void)second;
    late->go_on(late->irp);
    free(late);
    under_way_end();
}

static void delay_fired(struct engine_timer *timer)
{
    struct late *late = container_of(timer, struct late, timer);
    KeInitializeDpc(&late->dpc, delay_dpc, late);
    KeInsertQueueDpc(&late->dpc, NULL, NULL);
}

bool verify_delay(IRP *irp, void (*go_on)(IRP *irp))
{
    /* Only what was marked pending may end behind its dispatch routine; and what was cancelled is awaited by who cancelled it (an abort of
     * a pipe ends behind the transfers that it cancels). */
    if (irp->IoStatus.Status == STATUS_CANCELLED ||
        irp->CurrentLocation > irp->StackCount || !(irp->Tail.Overlay.CurrentStackLocation->Control & SL_PENDING_RETURNED) ||
        verify_random() % 4 == 0)
        return false;
    struct late *late = calloc(1, sizeof *late);
    if (late == NULL)
        return false;
    late->irp = irp;
    late->go_on = go_on;
    if (late_start(late, delay_fired))
        return true;
    free(late);
    return false;
}
