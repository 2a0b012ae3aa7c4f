/* SPDX-License-Identifier: MIT */
/* Exceptions that a program raises itself: RaiseException calls the vectored handlers in order,
 * then goes to the guarded blocks (nt/seh.h), then to the unhandled filter, and ends the process if
 * none takes it. Faults go to guarded blocks alone. */
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/lock.h"
#include "nt/seh.h"
#include "win32/face.h"
#include "crt/excpt.h"

enum { CONTINUE_EXECUTION = -1 };

struct vectored {
    struct list link;
    PVECTORED_EXCEPTION_HANDLER handler;
    uint32_t calls; /* under way; a removed one is freed by the last */
    bool removed;
};

static struct lock lock;
static struct list handlers = {&handlers, &handlers};
static _Atomic(LPTOP_LEVEL_EXCEPTION_FILTER) unhandled;
static _Atomic UINT error_mode;

PVOID WINAPI AddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    struct vectored *vectored = calloc(1, sizeof *vectored);
    if (vectored == NULL) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    vectored->handler = handler;
    lock_acquire(&lock);
    if (first)
        list_push_front(&handlers, &vectored->link);
    else
        list_push_back(&handlers, &vectored->link);
    lock_release(&lock);
    return vectored;
}

/* Under the lock. */
static void vectored_settle(struct vectored *vectored)
{
    if (!vectored->removed || vectored->calls != 0)
        return;
    list_remove(&vectored->link);
    free(vectored);
}

ULONG WINAPI RemoveVectoredExceptionHandler(PVOID handle)
{
    ULONG found = 0;
    lock_acquire(&lock);
    list_for_each (node, &handlers) {
        struct vectored *vectored = container_of(node, struct vectored, link);
        if (vectored != handle || vectored->removed)
            continue;
        vectored->removed = true;
        vectored_settle(vectored);
        found = 1;
        break;
    }
    lock_release(&lock);
    return found;
}

/* Whether a vectored handler says that execution goes on. */
static bool vectored_call(struct _EXCEPTION_POINTERS *pointers)
{
    bool handled = false;
    lock_acquire(&lock);
    for (struct list *node = handlers.next, *next; node != &handlers && !handled; node = next) {
        struct vectored *vectored = container_of(node, struct vectored, link);
        next = node->next;
        if (vectored->removed)
            continue;
        vectored->calls++; /* keeps it on the list while the lock is dropped */
        lock_release(&lock);
        handled = vectored->handler(pointers) == CONTINUE_EXECUTION;
        lock_acquire(&lock);
        vectored->calls--;
        next = node->next;
        vectored_settle(vectored);
    }
    lock_release(&lock);
    return handled;
}

LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER filter)
{
    return atomic_exchange(&unhandled, filter);
}

LONG WINAPI UnhandledExceptionFilter(struct _EXCEPTION_POINTERS *pointers)
{
    LPTOP_LEVEL_EXCEPTION_FILTER filter = atomic_load(&unhandled);
    return filter == NULL ? EXCEPTION_EXECUTE_HANDLER : filter(pointers);
}

static _Noreturn void exception_ends(const EXCEPTION_RECORD *record)
{
    fprintf(stderr, "overlapped: unhandled exception 0x%08x at %p\n", record->ExceptionCode,
            record->ExceptionAddress);
    abort();
}

void WINAPI RaiseException(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = code & ~0x10000000u, /* documented: bit 28 is the system's */
        .ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE,
        .ExceptionAddress = __builtin_return_address(0),
    };
    struct _EXCEPTION_POINTERS pointers = {&record, NULL}; /* registers are not captured */
    if (arguments != NULL)
        record.NumberParameters =
            count < EXCEPTION_MAXIMUM_PARAMETERS ? count : EXCEPTION_MAXIMUM_PARAMETERS;
    for (DWORD i = 0; i < record.NumberParameters; i++)
        record.ExceptionInformation[i] = arguments[i];
    if (vectored_call(&pointers)) {
        if (!record.ExceptionFlags)
            return;
        record.ExceptionCode = STATUS_NONCONTINUABLE_EXCEPTION;
    }
    seh_raise((struct seh_record *)&record, false);
    if (UnhandledExceptionFilter(&pointers) != CONTINUE_EXECUTION || record.ExceptionFlags)
        exception_ends(&record);
}

/* ---- Guarded blocks: what excpt.h calls --------------------------------------------- */

_Static_assert(sizeof(struct ovl_seh) == sizeof(struct seh_frame) &&
                   sizeof(EXCEPTION_RECORD) == sizeof(struct seh_record) &&
                   offsetof(struct ovl_seh, record) == offsetof(struct seh_frame, record) &&
                   offsetof(struct ovl_seh, phase) == offsetof(struct seh_frame, phase) &&
                   (int)OVL_SEH_GUARDED == SEH_GUARDED && (int)OVL_SEH_RAISED == SEH_RAISED,
               "excpt.h shows what nt/seh.h has");

/* On to the block outside this one. */
static _Noreturn void frame_search(struct ovl_seh *seh)
{
    seh_raise((struct seh_record *)&seh->record, seh->kernel);
    if (!seh->kernel)
        UnhandledExceptionFilter(
            &seh->pointers); /* whatever it says: nothing is left to go on with */
    exception_ends(&seh->record);
}

int ovl_seh_next(struct ovl_seh *seh, int kernel)
{
    struct seh_frame *frame = (struct seh_frame *)seh;
    switch ((enum seh_phase)seh->phase) {
    case SEH_START:
        seh_enter(frame, kernel, __builtin_return_address(0));
        return 1;
    case SEH_GUARDED:
        seh_leave(frame);
        frame->phase = SEH_ENDED;
        return 1;
    case SEH_RAISED:
        frame_search(seh); /* a __finally has run */
    case SEH_ENDED:
    case SEH_HANDLED:
        break;
    }
    return 0;
}

int ovl_seh_filter(struct ovl_seh *seh, int answer)
{
    if (answer == EXCEPTION_CONTINUE_SEARCH)
        frame_search(seh);
    if (answer < 0) {
        fputs("overlapped: a filter cannot continue where the exception was raised\n", stderr);
        exception_ends(&seh->record);
    }
    seh->phase = SEH_HANDLED;
    return 1;
}

void ovl_seh_end(struct ovl_seh *seh)
{
    seh_leave((struct seh_frame *)seh);
}

/* The mode has no effect: there are no message boxes to suppress. It is told as it was set. */
UINT WINAPI SetErrorMode(UINT mode)
{
    return atomic_exchange(&error_mode, mode);
}

UINT WINAPI GetErrorMode(void)
{
    return error_mode;
}
