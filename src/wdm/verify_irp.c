/* SPDX-License-Identifier: MIT */
/* What each dispatch routine returns against what becomes of the IRP. A record stands for one call of a dispatch routine; it goes when the
 * routine has returned and the completion has passed its stack location, whichever is second. Between the two nobody else may
 * look at the IRP, so all is judged under the lock of the IRP's shard: an IRP that has not passed the location is still there. */
#include <stdlib.h>
#include <string.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

struct call {
    struct call *next;
    const IRP *irp;
    const void *function;
    const void *caller;
    int location;
    NTSTATUS returned_status, passed_status;
    UCHAR passed_control;
    bool returned, passed, forwarded;
};

enum { SHARDS = 64 };
static struct {
    struct lock lock;
    struct call *calls; /* newest first */
} shards[SHARDS];

static unsigned shard_of(const IRP *irp)
{
    return (unsigned)(((uintptr_t)irp >> 5) * 0x9e3779b97f4a7c15 >> 58);
}

static void call_remove(unsigned shard, const struct call *call)
{
    struct call **at = &shards[shard].calls;
    while (*at != NULL && *at != call)
        at = &(*at)->next;
    if (*at != NULL)
        *at = call->next;
}

/* Both halves are known. The rules are those of IoCallDriver's and IoMarkIrpPending's pages. */
static void call_judge(const struct call *call)
{
    bool pending = call->returned_status == STATUS_PENDING, marked = (call->passed_control & SL_PENDING_RETURNED) != 0;
    const char *name = verify_driver_name(call->function);
    if (name == NULL)
        return;
    if (pending && !marked)
        wdm_verifier_report_at(name, "irp-pending-unmarked", call->function, "STATUS_PENDING was returned for IRP %p, which was not marked pending, by the dispatch routine",
                               (const void *)call->irp);
    else if (!pending && marked)
        wdm_verifier_report_at(name, "irp-marked-not-pending", call->function, "0x%08x was returned for IRP %p, which was marked pending, by the dispatch routine",
                               (unsigned)call->returned_status, (const void *)call->irp);
    else if (!pending && !call->forwarded && call->returned_status != call->passed_status)
        wdm_verifier_report_at(name, "irp-status-mismatch", call->function, "0x%08x was returned for IRP %p, which was completed with 0x%08x, by the dispatch routine",
                               (unsigned)call->returned_status, (const void *)call->irp, (unsigned)call->passed_status);
}

static struct call *call_begin(IRP *irp, const void *function, const void *caller)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL)
        return NULL;
    unsigned shard = shard_of(irp);
    *call = (struct call){.irp = irp, .function = function, .caller = caller, .location = irp->CurrentLocation};
    lock_acquire(&shards[shard].lock);
    for (struct call *other = shards[shard].calls; other != NULL; other = other->next)
        if (other->irp == irp && !other->passed)
            other->forwarded = true;
    call->next = shards[shard].calls;
    shards[shard].calls = call;
    lock_release(&shards[shard].lock);
    return call;
}

/* The routine has returned. The IRP may be looked at only while it has not passed. */
static void call_end(struct call *call, const IO_STACK_LOCATION *stack, NTSTATUS status)
{
    unsigned shard = shard_of(call->irp);
    const char *name = verify_driver_name(call->function);
    const char *rule = NULL;
    lock_acquire(&shards[shard].lock);
    call->returned = true;
    call->returned_status = status;
    bool ends = call->passed;
    if (!call->passed && status != STATUS_PENDING)
        rule = "irp-not-completed";
    else if (!call->passed && !call->forwarded && !(stack->Control & SL_PENDING_RETURNED))
        rule = "irp-pending-unmarked";
    if (ends || rule != NULL)
        call_remove(shard, call);
    lock_release(&shards[shard].lock);
    if (rule != NULL && name != NULL)
        wdm_verifier_report_at(name, rule, call->function,
                               status == STATUS_PENDING ? "0x%08x was returned for IRP %p, which is not marked pending, by the dispatch routine"
                                                        : "0x%08x was returned for IRP %p, which nobody completed, by the dispatch routine",
                               (unsigned)status, (const void *)call->irp);
    if (ends)
        call_judge(call);
    if (ends || rule != NULL)
        free(call);
}

NTSTATUS verify_irp_call(DEVICE_OBJECT *device, IRP *irp, const void *caller)
{
    IO_STACK_LOCATION *stack = irp->Tail.Overlay.CurrentStackLocation;
    PDRIVER_DISPATCH dispatch = device->DriverObject->MajorFunction[stack->MajorFunction];
    struct call *call = call_begin(irp, (const void *)dispatch, caller);
    verify_enter("dispatch routine", (const void *)dispatch);
    NTSTATUS status = dispatch(device, irp);
    verify_leave();
    if (call != NULL)
        call_end(call, stack, status);
    return status;
}

void verify_irp_pass(IRP *irp, int location, UCHAR control)
{
    unsigned shard = shard_of(irp);
    struct call *ended = NULL;
    lock_acquire(&shards[shard].lock);
    for (struct call **at = &shards[shard].calls; *at != NULL;) {
        struct call *call = *at;
        if (call->irp != irp || call->location != location || call->passed) {
            at = &call->next;
            continue;
        }
        call->passed = true;
        call->passed_control = control;
        call->passed_status = irp->IoStatus.Status;
        if (!call->returned) {
            at = &call->next;
            continue;
        }
        *at = call->next;
        call->next = ended;
        ended = call;
    }
    lock_release(&shards[shard].lock);
    for (struct call *call; (call = ended) != NULL;) {
        ended = call->next;
        call_judge(call);
        free(call);
    }
}

/* Its memory goes: what was not passed never will be. A record whose routine still runs is that routine's. */
void verify_irp_gone(const IRP *irp)
{
    unsigned shard = shard_of(irp);
    lock_acquire(&shards[shard].lock);
    for (struct call **at = &shards[shard].calls; *at != NULL;) {
        struct call *call = *at;
        if (call->irp != irp || !call->returned) {
            at = &call->next;
            continue;
        }
        *at = call->next;
        free(call);
    }
    lock_release(&shards[shard].lock);
}

void verify_irp_completing(IRP *irp, const void *caller)
{
    if (__atomic_load_n(&irp->CancelRoutine, __ATOMIC_ACQUIRE) != NULL)
        wdm_verifier_report_at(NULL, "irp-cancel-routine", caller, "IRP %p is completed, but its cancel routine is set", (void *)irp);
}

void verify_irp_freed(IRP *irp, const void *caller)
{
    unsigned shard = shard_of(irp);
    const void *function = NULL;
    lock_acquire(&shards[shard].lock);
    for (const struct call *call = shards[shard].calls; call != NULL && function == NULL; call = call->next)
        if (call->irp == irp && !call->passed)
            function = call->function;
    lock_release(&shards[shard].lock);
    if (function != NULL)
        wdm_verifier_stop_at(NULL, "irp-in-use", caller, "IRP %p is freed, but a driver that it was sent to has not completed it",
                             (void *)irp);
    verify_forget(VERIFY_IRP, irp);
}
