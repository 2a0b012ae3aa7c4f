/* SPDX-License-Identifier: MIT */
/* Structured exceptions: a thread's guarded blocks, the innermost first. A raise leaves for the
 * innermost block by longjmp; the block's filter is looked at there, after the unwinding, so
 * execution cannot be continued where it was raised. excpt.h makes __try, __except and __finally of
 * it and shows the same structures to programs and drivers. */
#ifndef NT_SEH_H
#define NT_SEH_H

#include <stdbool.h>
#include <stdint.h>

enum seh_phase {
    SEH_START,   /* zero: excpt.h's initial value */
    SEH_GUARDED, /* the block runs */
    SEH_ENDED,   /* it came to its end, or was left by __leave */
    SEH_RAISED,  /* an exception ended it; its filter or __finally is next */
    SEH_HANDLED, /* the filter took it */
};

enum { SEH_PARAMETERS = 15, SEH_CONTEXT_WORDS = 48 };

/* EXCEPTION_RECORD */
struct seh_record {
    uint32_t code, flags;
    struct seh_record *chained;
    void *address;
    uint32_t parameter_count;
    uintptr_t parameters[SEH_PARAMETERS];
};

/* struct ovl_seh of excpt.h */
struct seh_frame {
    _Alignas(16) uintptr_t context[SEH_CONTEXT_WORDS]; /* a jmp_buf */
    struct seh_frame *outer;
    struct seh_record record;
    struct {
        struct seh_record *record;
        void *context;
    } pointers; /* EXCEPTION_POINTERS */
    void *site; /* the code that has the block */
    uint32_t phase;
    uint32_t kernel; /* a driver's block: it sees what drivers raise, and no other */
};

/* The block begins; the first one of the process makes exceptions of faults. */
void seh_enter(struct seh_frame *frame, bool kernel, void *site);

/* The block is over, and every block inside it. */
void seh_leave(struct seh_frame *frame);

/* Goes to the innermost block, if it is of this kind. Returns if there is none. */
void seh_raise(const struct seh_record *record, bool kernel);

#endif
