/* SPDX-License-Identifier: MIT */
/* Structured exception handling by macros. What RaiseException, ExRaiseStatus and faults (bad addresses, division by
 * zero, bad instructions) raise in a guarded block is offered to its filter; __finally runs at the end of the
 * block, after __leave, and after an exception, which then goes on. Less than Microsoft's compiler can do:
 * - return and goto leave a block without its __finally; break and continue in it mean __leave, and in C __leave inside a
 *   loop of the block's own continues that loop;
 * - a filter runs after the unwinding, so EXCEPTION_CONTINUE_EXECUTION ends the program;
 * - a local variable that is changed in the block and read after an exception must be volatile. */
#ifndef OVL_CRT_EXCPT
#define OVL_CRT_EXCPT
#include "../shared/ovl_exception.h"

/* A guarded block under way, of its thread. The library's src/nt/seh.h says what is what. */
struct ovl_seh {
    __attribute__((__aligned__(16))) ULONG_PTR context[48];
    struct ovl_seh *outer;
    EXCEPTION_RECORD record;
    EXCEPTION_POINTERS pointers;
    void *site;
    unsigned phase, kernel;
};
enum { OVL_SEH_GUARDED = 1, OVL_SEH_RAISED = 3 };

OVL_BEGIN_C
/* Whether the block has another part to run. */
int ovl_seh_next(struct ovl_seh *seh, int kernel);
/* Whether __except takes it; one that only searches goes on to the next block and does not return. */
int ovl_seh_filter(struct ovl_seh *seh, int answer);
/* However the block was left. */
void ovl_seh_end(struct ovl_seh *seh);
int ovl_seh_setjmp(void *context) OVL_SYMBOL(_setjmp) __attribute__((__returns_twice__));
OVL_END_C

#ifndef OVL_SEH_KERNEL
#define OVL_SEH_KERNEL 0 /* wdm.h says 1 */
#endif
/* The switch makes break mean __leave too. */
#define OVL_SEH_TRY                                                                               \
    for (struct ovl_seh ovl_seh __attribute__((__cleanup__(ovl_seh_end))) = {};                   \
         ovl_seh_next(&ovl_seh, OVL_SEH_KERNEL);)                                                 \
        switch (0)                                                                                \
        default:                                                                                  \
            if (ovl_seh.phase == OVL_SEH_GUARDED && ovl_seh_setjmp(ovl_seh.context) == 0)
#define OVL_SEH_EXCEPT(answer) else if (ovl_seh.phase != OVL_SEH_RAISED || !ovl_seh_filter(&ovl_seh, answer)) {} else

#if defined(__cplusplus) && __cpp_exceptions
extern "C++" { /* drivers include their headers inside extern "C" */
#include <exception> /* its __try is not ours */
struct ovl_seh_leave {
};
}
#undef __try
#define __try            OVL_SEH_TRY try
#define __leave          throw ovl_seh_leave()
#define __finally        catch (const ovl_seh_leave &) {} else
#define __except(filter) catch (const ovl_seh_leave &) {} OVL_SEH_EXCEPT(filter)
#else
#undef __try
#define __try            OVL_SEH_TRY
#define __leave          continue
#define __finally        else
#define __except(filter) OVL_SEH_EXCEPT(filter)
#endif
#if OVL_SEH_KERNEL
#define _exception_code() ((NTSTATUS)ovl_seh.record.ExceptionCode)
#else
#define _exception_code() (ovl_seh.record.ExceptionCode)
#endif
/* The spelling of the first compilers. */
#define _try     __try
#define _except  __except
#define _finally __finally
#define _leave   __leave
#define _exception_info()         (&ovl_seh.pointers)
#define _abnormal_termination()   (ovl_seh.phase == OVL_SEH_RAISED)
#define exception_code            _exception_code
#define exception_info            _exception_info
#define GetExceptionCode()        _exception_code()
#define GetExceptionInformation() _exception_info()
#define AbnormalTermination()     _abnormal_termination()

#endif
