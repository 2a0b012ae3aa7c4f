/* SPDX-License-Identifier: MIT */
#include "nt/seh.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

_Static_assert(sizeof(jmp_buf) <= sizeof(((struct seh_frame *)0)->context),
               "excpt.h's room for a jmp_buf");

static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
enum { FAULT_SIGNALS = sizeof fault_signals / sizeof *fault_signals };

static _Thread_local struct seh_frame *innermost;
static struct sigaction replaced[FAULT_SIGNALS];
static pthread_once_t faults_watched = PTHREAD_ONCE_INIT;

static _Noreturn void frame_go(struct seh_frame *frame, const struct seh_record *record)
{
    innermost = frame->outer;
    frame->record = *record;
    frame->pointers.record = &frame->record;
    frame->pointers.context = NULL; /* registers are not captured */
    frame->phase = SEH_RAISED;
    longjmp(*(jmp_buf *)(void *)frame->context, 1);
}

void seh_leave(struct seh_frame *frame)
{
    if (frame->phase == SEH_GUARDED)
        innermost = frame->outer;
}

void seh_raise(const struct seh_record *record, bool kernel)
{
    struct seh_frame *frame = innermost;
    if (frame != NULL && frame->kernel == kernel)
        frame_go(frame, record);
}

/* ---- Faults ------------------------------------------------------------------------- */

/* Where the code at an address was loaded; safe in a signal handler. */
static const void *module_of(void *address)
{
    struct dl_find_object found;
    return _dl_find_object(address, &found) == 0 ? found.dlfo_map_start : NULL;
}

/* Only the block's own module and libc's functions, which it calls, may be left in the middle: who
 * jumps out of this library, or from a driver into its program, leaves locks behind. A sanitizer
 * has a memcpy of its own. */
static bool fault_is_of(const struct seh_frame *frame, void *at)
{
    const void *module = module_of(at);
    return module != NULL &&
           (module == module_of(frame->site) || module == module_of((void *)gnu_get_libc_version) ||
            module == module_of((void *)memcpy));
}

static uint32_t fault_code(int number, const siginfo_t *info)
{
    switch (number) {
    case SIGSEGV:
        return 0xC0000005; /* access violation */
    case SIGBUS:
        return info->si_code == BUS_ADRALN ? 0x80000002
                                           : 0xC0000006; /* misaligned; in page error */
    case SIGILL:
        return 0xC000001D; /* illegal instruction */
    }
    switch (info->si_code) {
    case FPE_INTDIV:
        return 0xC0000094;
    case FPE_INTOVF:
        return 0xC0000095;
    case FPE_FLTDIV:
        return 0xC000008E;
    case FPE_FLTOVF:
        return 0xC0000091;
    case FPE_FLTUND:
        return 0xC0000093;
    case FPE_FLTRES:
        return 0xC000008F;
    default:
        return 0xC0000090; /* invalid operation */
    }
}

static void *fault_place(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (void *)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (void *)context->uc_mcontext.pc;
#else
#error "where does this machine keep the program counter?"
#endif
}

static bool fault_is_write(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (context->uc_mcontext.gregs[REG_ERR] & 2) != 0; /* the page fault's W bit */
#else
    (void)context;
    return false;
#endif
}

/* As it was before, or as it would have been without us: a fault happens again, and ends the process;
 * a signal that somebody sent does not, and is sent again. */
static void fault_passed_on(int number, siginfo_t *info, void *context)
{
    for (int i = 0; i < FAULT_SIGNALS; i++) {
        if (fault_signals[i] != number)
            continue;
        if (replaced[i].sa_flags & SA_SIGINFO)
            replaced[i].sa_sigaction(number, info, context);
        else if (replaced[i].sa_handler != SIG_DFL && replaced[i].sa_handler != SIG_IGN)
            replaced[i].sa_handler(number);
        else if (info->si_code > 0 || replaced[i].sa_handler == SIG_DFL) {
            signal(number, SIG_DFL);
            if (info->si_code <= 0)
                raise(number); /* blocked until this handler returns */
        }
    }
}

static void fault_taken(int number, siginfo_t *info, void *context)
{
    struct seh_frame *frame = innermost;
    void *at = fault_place(context);
    if (frame == NULL || info->si_code <= 0 /* sent by somebody */ || !fault_is_of(frame, at)) {
        fault_passed_on(number, info, context);
        return;
    }
    struct seh_record record = {.code = fault_code(number, info), .address = at};
    if (number == SIGSEGV || number == SIGBUS) {
        record.parameter_count = 2;
        record.parameters[0] = fault_is_write(context);
        record.parameters[1] = (uintptr_t)info->si_addr;
    }
    sigset_t unblocked;
    sigemptyset(&unblocked);
    sigaddset(&unblocked, number);
    pthread_sigmask(SIG_UNBLOCK, &unblocked, NULL);
    frame_go(frame, &record);
}

static void faults_watch(void)
{
    struct sigaction action = {.sa_sigaction = fault_taken, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < FAULT_SIGNALS; i++)
        sigaction(fault_signals[i], &action, &replaced[i]);
}

void seh_enter(struct seh_frame *frame, bool kernel, void *site)
{
    pthread_once(&faults_watched, faults_watch);
    frame->site = site;
    frame->kernel = kernel;
    frame->outer = innermost;
    frame->phase = SEH_GUARDED;
    innermost = frame;
}
